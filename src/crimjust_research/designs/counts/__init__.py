"""Counts, shares, ratings and amounts with many zeros."""
