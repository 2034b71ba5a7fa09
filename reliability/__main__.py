"""Run the campaigns that try to break everything and write docs/RELIABILITY.md (`make reliability`).

    .venv/bin/python -m reliability [CAMPAIGN ...] [--share 0.1] [--case NUMBER]

Where campaigns are named only these are run; a section is kept on the page as soon as its campaign ends. A smaller share, or
a case, is tried and told, and leaves the page as it is. Ends with 1 if a case failed.
"""

import argparse
import importlib
import os
import platform
import signal
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.sections import kept, write
from reliability.campaign import Chosen, Section, told

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "RELIABILITY.md"
# In the order of the page. Each is a module with a function `tried(chosen)` that gives the campaign's section.
CAMPAIGNS: tuple[str, ...] = (
    "kills",
    "misbehaving",
    "corruptions",
    "own_files",
    "disks",
    "at_once",
    "workers",
    "invariance",
    "parameter_sets",
)
HEAD = """# Reliability

Written by `make reliability`. Each campaign draws its cases by a fixed seed, so that any of them can be repeated alone, as
`python -m reliability NAME --case NUMBER`. Continuous integration tries the first tenth of each. What is told here is what was
tried on one machine: {processors} processors ({machine}), Python {python}, {packages}. None of it says that nothing else can
break.
"""


def head() -> str:
    """The page's title, and where the campaigns ran."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "papermill", "distributed"))
    return HEAD.format(
        processors=os.cpu_count(), machine=platform.machine(), python=platform.python_version(), packages=packages
    )


def markdown(section: Section) -> str:
    """A campaign's section of the page."""
    outcome = f"Tried: {section.tried:,}. Failed: {len(section.failed):,}."
    return "\n\n".join([f"## {section.title}", section.text.strip(), outcome, *told(section.failed)])


def main(arguments: list[str]) -> int:
    """Run the campaigns chosen, or all; 1 if a case failed."""
    parser = argparse.ArgumentParser(prog="python -m reliability", description="Try to break everything.")
    parser.add_argument("campaigns", nargs="*", metavar="CAMPAIGN", help=", ".join(CAMPAIGNS))
    parser.add_argument("--share", type=float, default=1.0, help="the first share of the cases, above 0 and up to 1")
    parser.add_argument("--case", type=int, help="this case alone")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.campaigns) - set(CAMPAIGNS))
    if unknown or not 0 < given.share <= 1:
        parser.error(f"no campaign is called {', '.join(unknown)}" if unknown else "--share is above 0 and up to 1")
    sections, failed = kept(TARGET), 0
    for name in given.campaigns or CAMPAIGNS:
        print(name, file=sys.stderr, flush=True)
        section = importlib.import_module(f"reliability.{name}").tried(Chosen(given.share, given.case))
        failed += len(section.failed)
        sections[name] = markdown(section)
        print(sections[name], flush=True)
        if given.share == 1 and given.case is None:
            write(TARGET, head(), {each: sections[each] for each in CAMPAIGNS if each in sections})
    return int(failed > 0)


if __name__ == "__main__":
    # Told to end, a campaign ends as if interrupted, and its worlds with it. In the background an interrupt would be ignored
    # by it, and so by all that it begins.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
