"""Who works with whom."""
