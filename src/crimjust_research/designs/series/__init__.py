"""Designs for one series or a few over time."""
