"""Random sets of parameters over all notebooks: each runs to an answer that reads well, or is refused in words.

A case draws a notebook, values that its class admits together, and some that it must not. Those are refused before a cell
runs; the admitted ones run through the notebook's own cells to the answer, or are refused by a cell in words because of
what the figures, or a file of records, hold.
"""

import json
import math
import re
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from crimjust_research import shown
from crimjust_research.errors import CrimjustError, ParameterError, printable
from crimjust_research.evidence.estimates import csv_bytes
from crimjust_research.evidence.words import plain
from crimjust_research.results import Assessment
from crimjust_research.runs import notebooks, parameters, steps
from crimjust_research.runs.notebooks import Notebook
from reliability import own_process, parameter_values
from reliability.campaign import Chosen, Section, drawn, one_by_one

CAMPAIGN, CASES = 4, 1000
ANSWERED, TOLD = "an answer", "a refusal by a cell, in words"
_DRAWN = 20  # every so many cases all files are made as well, drawings among them
# What a sentence with a gap reads like.
GAP = re.compile(r"(?<!\w)(nan|NaN|-?inf|NaT|<NA>|None,|Undefined)(?!\w)|[{}]|\(\)|  +\S|\w [,.;:](\s|$)")
TEXT = """Each case draws a notebook, in proportion to the number of its parameters, and values of some or all of them: at
the ends of what is admitted, in the shortest windows, with files under unusual names, of few records or of none. Numbers of
draws and of SIMULATED cases are among the lowest admitted. The values are given as from a file and as typed, which must come to
the same. A result counts only if every sentence reads without a gap, no number is infinite, no warning is given, and everything
it saves can be written. Of every {drawn}th case all files are made, drawings among them.

| what came of it | sets |
|---|---:|
{outcomes}
| sets drawn that do not go together, refused before a cell runs | {refused:,} |
| values that no parameter admits, refused before a cell runs | {wrong:,} |"""


def tried(chosen: Chosen) -> Section:
    """Try sets of parameters."""
    outcomes: Counter[str] = Counter()
    refused, wrong, failed = 0, 0, []
    cases = chosen.of(CASES)
    own_process.prepare(notebooks.find("all"))
    for case in one_by_one(cases):
        try:
            came = own_process.answer(one, case)
        except RuntimeError as error:
            failed.append(f"Case {case}: {error}.")
            continue
        outcomes[came["outcome"]] += 1
        refused += came["refused"]
        wrong += came["wrong"]
        failed += [f"Case {case} ({came['set']}): {fault}" for fault in came["faults"]]
    lines = "\n".join(f"| {what} | {outcomes[what]:,} |" for what in (ANSWERED, TOLD))
    text = TEXT.format(drawn=_DRAWN, outcomes=lines, refused=refused, wrong=wrong)
    return Section("Random sets of parameters", text, len(cases), tuple(failed))


def one(case: int) -> dict[str, Any]:
    """What came of a case: `outcome`, the `set` in words, how many sets and values were `refused` and `wrong`, and `faults`."""
    rng = drawn(CAMPAIGN, case)
    every = notebooks.find("all")
    weights = np.array([len(each.defaults) for each in every])
    notebook = every[rng.choice(len(every), p=weights / weights.sum())]
    with tempfile.TemporaryDirectory() as folder:
        given, refused = parameter_values.drawn_set(notebook, rng, Path(folder))
        unfit = [parameter_values.wrong(notebook, rng) for _ in range(3)]
        faults = [fault for each in refused for fault in _refusal(notebook, each)]
        faults += [fault for each in unfit for fault in _refusal(notebook, given | each)]
        with warnings.catch_warnings(), patch.object(shown, "warning") as warned:  # by which a study has them shown
            warnings.simplefilter("always")
            warnings.showwarning = warned
            outcome, more = _ran(notebook, given, case)
        faults += more
        for call in warned.call_args_list:
            message, category, *_ = call.args
            faults.append(f"it warns: {category.__name__}: {message}")
        told = f"{notebook.name} {given}".replace(folder, "FOLDER")
    return {
        "outcome": outcome,
        "set": told,
        "refused": len(refused),
        "wrong": len(unfit),
        "faults": list(dict.fromkeys(fault.replace(folder, "FOLDER") for fault in faults)),
    }


def _refusal(notebook: Notebook, given: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with how these values are refused, which no run may have."""
    said = {name: each if len(repr(each)) < 200 else repr(each)[:200] for name, each in given.items()}
    try:
        parameters.resolve([notebook], given)
    except ParameterError as error:
        if not _is_told(notebook, str(error)):
            yield f"{said} is refused in no sentence: {str(error)[:300]!r}"
    except Exception as error:  # whatever else is raised is the fault that is looked for
        yield f"{said} is refused with {type(error).__name__}: {error}"
    else:
        yield f"{said} is admitted"


def _is_told(notebook: Notebook, message: str) -> bool:
    """Whether a refusal names the notebook in each line and holds nothing that would command a terminal."""
    lines = message.splitlines()
    return (
        bool(lines) and all(line.startswith(f"{notebook.place}: ") for line in lines) and printable(message) == message
    )


def _ran(notebook: Notebook, given: Mapping[str, Any], case: int) -> tuple[str, list[str]]:
    """What a run with these values comes to, and every fault of it."""
    try:
        (resolved,) = parameters.resolve([notebook], given)
        faults = list(_typed(notebook, given, resolved))
        names = steps.execute(notebook, resolved.injected, skip={"answer"})
        return ANSWERED, [*faults, *_of(names["study"].answer(), draw=case % _DRAWN == 0)]
    except steps.CellError as error:
        if isinstance(error.error, CrimjustError):
            message = str(error.error)
            sound = message and printable(message) == message and "Error" not in message
            return TOLD, [] if sound else [f"refused in no sentence: {message!r}"]
        return TOLD, [f"{error}\n{_where(error.error)}"]
    except Exception as error:  # whatever else is raised is the fault that is looked for
        return TOLD, [f"{type(error).__name__}: {error}\n{_where(error)}"]


def _where(error: BaseException) -> str:
    """The last places an error passed through."""
    return " < ".join(
        f"{Path(f.filename).name}:{f.lineno}" for f in reversed(traceback.extract_tb(error.__traceback__)[-4:])
    )


def _typed(notebook: Notebook, given: Mapping[str, Any], resolved: parameters.Parameters) -> Iterator[str]:
    """What is not the same if the values are typed, or written into the notebook's cell."""
    texts = {name: (",".join(each) or "[]") if isinstance(each, list) else str(each) for name, each in given.items()}
    again = parameters.resolve([notebook], parameters.overrides(f"{name}={text}" for name, text in texts.items()))[0]
    if again != resolved:
        yield f"typed it is {again.changed}"
    written: dict[str, Any] = {}
    exec(notebooks.assignments(resolved.injected), written)
    if {name: written[name] for name in resolved.injected} != dict(resolved.injected):
        yield "written into the cell it is another"


def _of(made: Assessment, draw: bool) -> Iterator[str]:
    """What is wrong with an answer."""
    if not made.estimates or not made.answer.strip():
        yield "it answers nothing"
    yield from (f"{where} reads {text!r}" for where, text in _sentences(made) if GAP.search(text))
    for each in made.estimates:
        if any(math.isinf(n) for n in (each.estimate, each.std_error)):
            yield f"estimate {each.id!r} is infinite"
        # Percentiles of resamples need not lie about the estimate; at one half, as a level may be, they often do not.
        resampled = "resampl" in f"{each.method} {each.specification}"
        if not resampled and (each.estimate < each.ci_low - 1e-9 or each.estimate > each.ci_high + 1e-9):
            yield f"estimate {each.id!r} lies outside its interval: {each.estimate:g}, {each.ci_low:g} to {each.ci_high:g}"
    told = any("SIMULATED" in text for _, text in _sentences(made))
    if not told and any(each.data_status == "simulated" for each in made.estimates):
        yield "it does not say that data are SIMULATED"
    json.dumps(made._record(), allow_nan=False)
    csv_bytes(made.frame())
    made._repr_mimebundle_()
    for table in made.tables.values():
        csv_bytes(table)
    for figure in made.figures:
        json.dumps(figure.specification, allow_nan=False)
        if figure.data.empty:
            yield f"figure {figure.name} shows nothing"
    if draw:
        with tempfile.TemporaryDirectory() as folder:
            made.save(Path(folder) / "saved")


def _sentences(made: Assessment) -> Iterator[tuple[str, str]]:
    """Every sentence of an answer, with where it stands."""
    yield from (("the title", made.title), ("the question", made.question), ("the answer", plain(made.answer)))
    yield from ((f"check {check.name!r}", plain(check.sentence)) for check in made.checks)
    for figure in made.figures:
        for part in ("title", "caption", "source"):
            yield f"the {part} of figure {figure.name}", getattr(figure, part)
        yield f"what is seen in figure {figure.name}", plain(made.says.get(figure.name, ""))
    for each in made.estimates:
        for part in ("estimand", "method", "specification"):
            yield f"the {part} of {each.id!r}", getattr(each, part)
