"""Where plans lie, and how a process is told of an evaluator's: names alone, for whoever has no need to read a plan."""

REGISTERED = "docs/analysis_plan.toml"
OWN = "plan.toml"
"""How results made under an evaluator's plan keep it, in the folder they lie in."""
VARIABLE = "CRIMJUST_PLAN"
"""Set for a kernel by whoever runs it under an evaluator's plan: the path of that plan."""
