"""The environment kernels run in: where to save, which checkout, and what keeps results the same anywhere."""

import os
from pathlib import Path

from crimjust_research.results import OUTPUT_VARIABLE


def kernel_environment(output: Path, root: Path, scratch: Path) -> dict[str, str]:
    """Environment of a kernel that saves to `output`, reads the checkout at `root`, and may write to `scratch`.

    One thread for linear algebra, because a sum depends on how it is split; a fixed order of sets; none of the
    person's own IPython start-up files.
    """
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {
        **os.environ,
        **single,
        OUTPUT_VARIABLE: str(output),
        "CRIMJUST_HOME": str(root),
        "PYTHONHASHSEED": "0",
        "IPYTHONDIR": str(scratch),
    }


def kernels_at_once() -> int:
    """How many kernels to run at once: one more than there are processors, since a kernel that starts mostly waits."""
    return (os.cpu_count() or 1) + 1
