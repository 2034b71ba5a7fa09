"""Linear regressions of panels."""
