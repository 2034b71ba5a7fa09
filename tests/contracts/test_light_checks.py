"""What is imported only to check parameters, print help or find that nothing has moved is light."""

import json
import subprocess
import sys

# Libraries that take longer to import than a check takes.
HEAVY = {
    "altair",
    "IPython",
    "ipykernel",
    "numpy",
    "pandas",
    "papermill",
    "pyarrow",
    "scipy",
    "statsmodels",
    "vl_convert",
}


def loaded(code: str) -> set[str]:
    """The packages that a fresh process has imported after some code."""
    told = "\nimport json, sys\nprint(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code + told], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_parameters_are_checked_without_the_libraries_of_the_analysis() -> None:
    assert (
        not loaded(
            "from crimjust_research.runs import notebooks, parameters\nparameters.resolve(notebooks.find('all'), {})"
        )
        & HEAVY
    )


def test_what_a_run_imports_before_it_finds_that_nothing_has_moved_is_light() -> None:
    assert not loaded("from crimjust_research import cli\nfrom crimjust_research.runs import runner") & HEAVY


def test_results_are_pooled_without_the_libraries_of_the_analysis() -> None:
    code = "from crimjust_research import project\nfrom crimjust_research.runs import promotion\n"
    assert not loaded(code + "promotion.pooled(project.root() / 'reports')") & HEAVY


def test_help_needs_no_model_of_parameters() -> None:
    assert not loaded("from crimjust_research import cli") & (HEAVY | {"pydantic", "yaml"})
