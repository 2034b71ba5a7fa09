"""Permutations and bootstraps that several designs share."""
