"""nbval starts the kernels of `crimjust run`, in its environment, or they would not show what it showed."""

import os
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts background jobs with Ctrl-C ignored, and programs they start inherit that; tests of interruption
    # would then wait for nothing. A handler of our own is not inherited, so those programs get the system's default.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not config.getoption("nbval", default=False):
        return
    from crimjust_research.runs.environment import kernel_environment
    from crimjust_research.runs.warm_kernel import KERNEL

    config.option.nbval_kernel_name = config.option.nbval_kernel_name or KERNEL
    scratch = TemporaryDirectory(prefix="crimjust-nbval-")
    config.add_cleanup(scratch.cleanup)
    folder = Path(scratch.name)
    os.environ.update(kernel_environment(folder / "output", Path(__file__).parent, folder / "ipython"))
