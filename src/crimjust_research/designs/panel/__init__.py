"""Regressions of panels, which see their units repeatedly: linear ones, and Poisson ones of counts."""
