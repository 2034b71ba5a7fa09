"""Every estimate by name, for texts that are written around them: as macros of TeX, and as JSON for whatever else.

A name is what `crimjust explain` takes: that of the assessment, a dot and the id of the estimate, as diversification.trend.
That of a variant stands before it, as to-2018/diversification.trend, so that neither is taken for the other. What is told of
an estimate is worded as on the page.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from crimjust_research import __version__, csv_files
from crimjust_research.errors import printable
from crimjust_research.evidence import plan
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.plan import Plan
from crimjust_research.evidence.published import SCORECARD
from crimjust_research.evidence.sentences import estimate_text, p_equals
from crimjust_research.evidence.words import REFERENCE, interval_text, number, plain, unit_told
from crimjust_research.numbers import per_cent_signs
from crimjust_research.report import whose
from crimjust_research.report.exports import tex
from crimjust_research.report.exports.taken import sections
from crimjust_research.report.section import Section
from crimjust_research.runs import record
from crimjust_research.runs.record import Layout

_SIMULATED = "SIMULATED "
_NONE = "n/a"
_OF_A_PLAN = ("whose", "dated", "standing", "sha256", "changes")
# Signs that mean something to TeX before it could read a name.
_COUNTED = re.compile("([A-Za-z]+?)(ies|s)")  # a noun in the plural
_UNTYPED = re.compile(r"[^\w.+'/:=!?*,-]")
_BARE = re.compile(r"\S+ \(")  # a number without its unit
_TEX = r"""% Numbers of crimjust-research {version}{of}, plan version {plan}: {count} estimates by name.
{whose}% Written by `{command}`: type that again, and what your text prints is up to date. What is changed here is lost.
%
% \input this file before \begin{{document}}. It needs no package, and pdfLaTeX, XeLaTeX or LuaLaTeX. Then, of the name of
% an estimate as `crimjust explain` takes it:
%   \cjvalue{{NAME}}     the estimate              \cjunit{{NAME}}   its unit
%   \cjinterval{{NAME}}  its interval              \cjp{{NAME}}      the p to print: adjusted where the plan asks for it
%   \cjrawp{{NAME}}      p before it is adjusted   \cjn{{NAME}}      observations
%   \cjtext{{NAME}}      value, unit, interval and p, as a sentence quotes them
%   \cjgrade{{NAME}}     how firmly it answers a question of the plan
% A name that is not here stops TeX, and is told. What rests on made-up data prints SIMULATED.
% A sign that cannot be typed in a name stands there by its number: a blank is (20).
\makeatletter
\providecommand\cj@def[9]{{%
  \expandafter\gdef\csname cj:\detokenize{{#1}}\endcsname##1{{##1{{#2}}{{#3}}{{#4}}{{#5}}{{#6}}{{#7}}{{#8}}{{#9}}}}}}
\providecommand\cj@of[2]{{%
  \edef\cj@name{{\detokenize{{#2}}}}%
  \expandafter\ifx\csname cj:\detokenize{{#2}}\endcsname\relax
    \PackageError{{crimjust}}{{There is no number `\cj@name'}}%
      {{Look for its name in this file, or type it again: {command}}}%
  \else
    \ifmmode\mbox{{\csname cj:\detokenize{{#2}}\endcsname#1}}\else\csname cj:\detokenize{{#2}}\endcsname#1\fi
  \fi}}
\providecommand\cj@graded[8]{{%
  \if\relax\detokenize{{#8}}\relax
    \PackageError{{crimjust}}{{The number `\cj@name' has no grade}}{{Only what answers a question of the plan is graded}}%
  \else#8\fi}}
\DeclareRobustCommand\cjvalue{{\cj@of\cj@first}}
\DeclareRobustCommand\cjunit{{\cj@of\cj@second}}
\DeclareRobustCommand\cjinterval{{\cj@of\cj@third}}
\DeclareRobustCommand\cjp{{\cj@of\cj@fourth}}
\DeclareRobustCommand\cjrawp{{\cj@of\cj@fifth}}
\DeclareRobustCommand\cjn{{\cj@of\cj@sixth}}
\DeclareRobustCommand\cjtext{{\cj@of\cj@seventh}}
\DeclareRobustCommand\cjgrade{{\cj@of\cj@graded}}
\long\def\cj@first#1#2#3#4#5#6#7#8{{#1}}
\long\def\cj@second#1#2#3#4#5#6#7#8{{#2}}
\long\def\cj@third#1#2#3#4#5#6#7#8{{#3}}
\long\def\cj@fourth#1#2#3#4#5#6#7#8{{#4}}
\long\def\cj@fifth#1#2#3#4#5#6#7#8{{#5}}
\long\def\cj@sixth#1#2#3#4#5#6#7#8{{#6}}
\long\def\cj@seventh#1#2#3#4#5#6#7#8{{#7}}
% Titles of chapters are set in capitals at the head of a page; names of numbers are not.
\ifdefined\AddToNoCaseChangeList
  \AddToNoCaseChangeList{{\cjvalue}}\AddToNoCaseChangeList{{\cjunit}}\AddToNoCaseChangeList{{\cjinterval}}%
  \AddToNoCaseChangeList{{\cjp}}\AddToNoCaseChangeList{{\cjrawp}}\AddToNoCaseChangeList{{\cjn}}%
  \AddToNoCaseChangeList{{\cjtext}}\AddToNoCaseChangeList{{\cjgrade}}%
\fi
% name, estimate, unit, interval, p, p before it is adjusted, observations, text, grade
"""


@dataclass(frozen=True)
class Shown:
    """An estimate as words: every part says SIMULATED if it is."""

    value: str
    interval: str
    p: str
    p_unadjusted: str
    n_obs: str
    text: str


@dataclass(frozen=True)
class Named:
    """An estimate by its `name`, of the run `run`; `grade` is empty where the estimate answers no question of the plan."""

    name: str
    run: str
    estimate: Estimate
    shown: Shown
    grade: str


def named(results: Path, variant: str = "") -> tuple[Named, ...]:
    """Every estimate of the results in a folder, in the order of the page; `variant` is its name if it is one.

    Raises
    ------
    RunError, DataError
        As `contents.read` does.
    """
    planned = plan.of(results)
    grades = {} if variant and not planned.own else _grades(results, planned)
    before = f"{variant}/" if variant else ""
    return tuple(
        Named(
            f"{before}{assessment}.{e.id}",
            section.run,
            e,
            _shown(e, section),
            grades.get((section.run, e.id), ""),
        )
        for section in sections(results, variant)
        for assessment in [record.assessment(Layout(results, section.run))["name"]]
        for e in section.estimates
    )


def as_tex(numbers: tuple[Named, ...], command: str, planned: Plan, variant: str = "") -> bytes:
    """Macros that print an estimate of a name; `command` is what writes them anew, `planned` the plan they were found under."""
    of = f", variant {variant}" if variant else ""
    under = "".join(f"% {' '.join(printable(line).split())}\n" for line in whose.lines(planned))
    count = f"{len(numbers):,}"
    head = _TEX.format(version=__version__, of=of, plan=planned.version, count=count, command=command, whose=under)
    body = "".join(f"\\cj@def{''.join(f'{{{part}}}' for part in _in_tex(one))}\n" for one in numbers)
    return f"{tex.warned(body)}{head}{body}\\makeatother\n".encode()


def as_json(numbers: tuple[Named, ...], command: str, planned: Plan, variant: str = "") -> bytes:
    """All that is known of each estimate, by name. What a method does not give is null; an end without limit is "inf", "-inf".
    An evaluator's own plan that they were found under is told whole, but for its targets."""
    told = {
        "made_by": command,
        "version": __version__,
        "plan_version": planned.version,
        **({"own_plan": {name: getattr(planned.own, name) for name in _OF_A_PLAN}} if planned.own else {}),
        "variant": variant or None,
        "numbers": {one.name: _in_json(one) for one in numbers},
    }
    return (json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def typed(name: str) -> str:
    """A name as it is typed in TeX: a sign that TeX would not take for itself by its number, so that no two names are one."""
    return _UNTYPED.sub(lambda sign: f"({ord(sign[0]):x})", name)


def _grades(results: Path, planned: Plan) -> Mapping[tuple[str, str], str]:
    """Grades of the plan's questions by the run and the id of the estimate that answers each; none where no run graded them."""
    answers = {primary.id: (primary.notebook, primary.name) for primary in planned.primaries}
    cards = [*(results / "tables").glob(f"*/{SCORECARD}")]
    again = "run `crimjust run 90_scorecard` again"
    rows = csv_files.load(cards[0], ("id", "grade", "direction"), again) if cards else ()
    return {
        answers[row["id"]]: ", ".join(filter(None, (row["grade"], row["direction"])))
        for row in rows
        if row["id"] in answers
    }


def _shown(e: Estimate, section: Section) -> Shown:
    flag = _SIMULATED if e.data_status == "simulated" else ""
    raw = _NONE if math.isnan(e.p_value) else p_equals(e.p_value)
    adjusted = "" if math.isnan(e.p_adjusted) else f"adjusted {p_equals(e.p_adjusted)}"
    text = _answered(section.answer, e.id) or plain(estimate_text(replace(e, unit=_unit(e))))
    if adjusted:
        text = f"{text[:-1]}, {adjusted})" if text.endswith(")") else f"{text} ({adjusted})"
    parts = (number(e.estimate), interval_text(e), adjusted or raw, raw, f"{e.n_obs:,}", per_cent_signs(text))
    return Shown(*(f"{flag}{part}" for part in parts))


def _unit(e: Estimate) -> str:
    """The unit of an estimate, of one that is counted in the singular: "1 claim"."""
    one = _COUNTED.fullmatch(e.unit) if e.estimate == 1 else None
    return f"{one[1]}{'y' if one[2] == 'ies' else ''}" if one else e.unit


def _answered(answer: str, name: str) -> str:
    """How the answer tells an estimate, if it does so with its unit and interval."""
    told = (text for text, run, of in REFERENCE.findall(answer) if not run and of == name)
    return next((text for text in told if "% interval " in text and not _BARE.match(text)), "")


def _in_tex(one: Named) -> Iterator[str]:
    shown = one.shown
    yield typed(one.name)
    yield from map(
        tex.escaped, (shown.value, unit_told(_unit(one.estimate)), shown.interval, shown.p, shown.p_unadjusted)
    )
    yield from map(tex.escaped, (shown.n_obs, shown.text, one.grade))


def _in_json(one: Named) -> dict[str, Any]:
    told = {name: _plain(value) for name, value in asdict(one.estimate).items()}
    return {"run": one.run, **told, "grade": one.grade or None, "shown": asdict(one.shown)}


def _plain(value: Any) -> Any:
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return None if math.isnan(value) else str(value)
