"""Accepted names of places and drugs, the publishers' names for them, and refusals of every other name."""
