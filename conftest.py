"""Files that take longest begin first; nbval starts the kernels of `crimjust run`, or they would not show what it showed."""

import gc
import os
import signal
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest

# Whole files go to processes that are free: one of these begun last would be waited for alone.
LONGEST_FIRST = (
    "test_parameters_alive.py",
    "test_site.py",
    "test_sweep.py",
    "test_extremes.py",
    "test_own_records_notebook.py",
    "test_own_records_as_kept.py",
    "test_own_records_simulation.py",
    "test_joining.py",
    "test_awkward_places.py",
    "test_own_records_damaged.py",
    "test_runner.py",
    "test_lab.py",
    "test_markets.py",
    "test_nothing_stale.py",
    "test_landing.py",
    "test_crates_judged.py",
    "test_own_records_attack.py",
    "test_own_records_steps.py",
    "test_guides.py",
    "test_own_records.py",
    "test_warm_kernel.py",
    "15_ratings.ipynb",
    "test_charts.py",
    "test_figures.py",
    "03_outcome1_routes.ipynb",
    "test_seen.py",
    "test_residual_sharing.py",
    "test_explain.py",
    "test_printed.py",
    "test_figures_command.py",
    "test_exports.py",
    "test_disclosure_tables.py",
    "test_contributing.py",
    "05_outcome2_joining.ipynb",
    "test_hostile_files.py",
    "test_hostile_text.py",
    "test_ratings.py",
    "test_ingest_cdc.py",
    "test_keyboard.py",
    "test_totals.py",
    "test_every_reader.py",
    "test_rollout_design.py",
    "test_hostile_charts.py",
    "test_misuse.py",
    "test_cascade.py",
    "test_match_steps.py",
    "11_own_records.ipynb",
    "test_interruptions.py",
    "test_joining_steps.py",
    "09_outcome3_match.ipynb",
    "test_ingest_fatf.py",
    "test_staggered.py",
    "test_origins.py",
    "test_citations.py",
    "test_paper.py",
    "test_reference_paper.py",
    "test_codebook.py",
    "test_rollout_nuisance.py",
    "test_case_stages.py",
    "test_refresh.py",
    "test_reviews.py",
    "test_own_records_cells.py",
    "test_axe.py",
    "test_cascade_steps.py",
    "test_sensitivity.py",
    "test_print.py",
    "test_warm_session.py",
    "test_counts.py",
    "test_ingest_cbp.py",
    "test_own_records_folders.py",
    "test_design_command.py",
    "test_form_filled_in.py",
)


# Next to nothing of what is imported to collect the tests is garbage, and looking for some takes a third of the time.
gc.disable()


def pytest_collection_finish() -> None:
    # What is imported stays to the end, out of the collector's sight.
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    # Other notebooks come next: the last files should be short, so that processes end together.
    items.sort(key=lambda item: place.get(item.path.name, len(place) + (item.path.suffix != ".ipynb")))


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts background jobs with Ctrl-C ignored, and programs they start inherit that; tests of interruption
    # would then wait for nothing. A handler of our own is not inherited, so those programs get the system's default.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("nbval", default=False):
        config.pluginmanager.register(KernelsOfRuns(config))


class KernelsOfRuns:
    """Has nbval start kernels as `crimjust run` does; tests of other kinds in the same process see nothing of it."""

    def __init__(self, config: pytest.Config) -> None:
        from crimjust_research.runs.warm_kernel import KERNEL

        config.option.nbval_kernel_name = config.option.nbval_kernel_name or KERNEL
        scratch = TemporaryDirectory(prefix="crimjust-nbval-")
        config.add_cleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        if item.path.suffix != ".ipynb":
            return (yield)
        from crimjust_research.runs.environment import kernel_environment

        root = Path(__file__).parent
        with patch.dict(os.environ, kernel_environment(self.scratch / "output", root, self.scratch / "ipython")):
            return (yield)
