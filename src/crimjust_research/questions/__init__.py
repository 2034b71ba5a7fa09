"""What each question needs beyond the rooms above: parameters, steps, what its estimates are called, its sentences.

A question is a package: `params.py` (types, bounds and a sentence each; opens no table), `estimates.yaml` (what its
estimates are called), modules of tested pure steps, and `answer.j2` (the sentences). The analysis itself is the notebook.
"""
