"""Validate the estimators and write docs/VALIDATION.md and its parts (`make validate`).

    .venv/bin/python -m validation [PART ...]

Where parts are named only these are made anew.
"""

import importlib
import sys

# In the order of the page.
PARTS = (
    "estimators",
    "primaries",
    "outcome1",
    "outcome2",
    "outcome3",
    "calibrated",
    "registered",
    "evidence",
    "mutants",
    "summary",
)


def main(chosen: list[str]) -> None:
    """Make the parts chosen, or all."""
    unknown = sorted(set(chosen) - set(PARTS))
    if unknown:
        sys.exit(f"No part of the validation is called {', '.join(unknown)}; there are {', '.join(PARTS)}.")
    for part in PARTS:
        if not chosen or part in chosen:
            print(part, file=sys.stderr, flush=True)
            importlib.import_module(f"validation.{part}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
