"""Designs for treatments that reach units at different times."""
