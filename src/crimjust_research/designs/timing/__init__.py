"""Designs whose timing is as good as random: orders of phases, dates of adoption."""
