"""The forms of chart, and the house style they share."""
