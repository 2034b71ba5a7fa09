"""Runs: notebooks executed with checked parameters, their results promoted whole, recorded and verifiable."""
