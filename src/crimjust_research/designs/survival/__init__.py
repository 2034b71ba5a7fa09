"""Time to an event, and stages passed."""
