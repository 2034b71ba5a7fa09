"""The environment kernels run in: where to save, which checkout, and what keeps results the same anywhere."""

import os
import platform
from pathlib import Path

from crimjust_research.evidence import plan_names
from crimjust_research.results import OUTPUT_VARIABLE, RESULTS_VARIABLE

# What libraries of arithmetic read when they are loaded. A sum depends on how it is split: between threads, and between
# the parts of a register, which OpenBLAS and numpy choose by processor. So there is one thread, and of processors of the
# x86-64 kind no more is asked than this numpy asks of each of them.
ARITHMETIC = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
if platform.machine() in ("x86_64", "AMD64"):
    ARITHMETIC |= {
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    }


# What a run under an evaluator's plan is told, and no other: a variable of the person's own would change the reference.
_OF_OWN_PLANS = (plan_names.VARIABLE, RESULTS_VARIABLE)


def kernel_environment(output: Path, root: Path, scratch: Path) -> dict[str, str]:
    """Environment of a kernel that saves to `output`, reads the checkout at `root`, and may write to `scratch`.

    The same arithmetic everywhere; a fixed order of sets; text in UTF-8 whatever the locale; none of the person's own IPython
    start-up files.
    """
    return {
        **{name: value for name, value in os.environ.items() if name not in _OF_OWN_PLANS},
        **ARITHMETIC,
        OUTPUT_VARIABLE: str(output),
        "CRIMJUST_HOME": str(root),
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8:backslashreplace",
        "PYTHONUTF8": "1",
        "IPYTHONDIR": str(scratch),
    }


def kernels_at_once() -> int:
    """How many kernels to run at once: as many as there are processors, since a forked kernel has nothing to wait for."""
    return os.cpu_count() or 1
