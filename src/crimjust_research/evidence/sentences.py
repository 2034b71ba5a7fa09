"""Sentences from the Jinja templates beside the questions: every number in them is a value of the run, none is typed.

A template is a file of macros. It is given `p` (parameters), `e` (estimates by id), `c` (checks: passed, table, facts),
`f` (facts the notebook noted) and, for verdicts, `v` (pooled results by question). A name that is not there is an error.
"""

from __future__ import annotations

import math
from calendar import month_name
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from crimjust_research.errors import RunError
from crimjust_research.evidence.words import interval_text, number, p_text, refer, unit_told
from crimjust_research.numbers import chance, count, per_cent_signs, percent, plural

if TYPE_CHECKING:
    import jinja2

    from crimjust_research.evidence.estimates import Estimate

FILE = "answer.j2"
_MOST_LOG = 700.0  # whose exponential is a number still


class Teller:
    """The macros of one question's template, bound to values."""

    def __init__(self, package: str, context: Mapping[str, Any]) -> None:
        """`package` is the dotted name of the question's package, where its `answer.j2` lies."""
        self._place = f"{package.rpartition('.')[2]}/{FILE}"
        self._module = self._told("", lambda: template(package).make_module(dict(context)))

    def has(self, macro: str) -> bool:
        return hasattr(self._module, macro)

    def __call__(self, macro: str, *given: Any) -> str:
        """The text of a macro, called with what is `given`, on one line, ending without space.

        Raises
        ------
        RunError
            If the template has no such macro, or the macro asks for a value that is not there (yet).
        """
        if not self.has(macro):
            raise RunError(f"{self._place} has no macro {macro!r}; write one: {{% macro {macro}() %}}…{{% endmacro %}}")
        told = self._told(macro, lambda: " ".join(str(getattr(self._module, macro)(*given)).split()))
        return per_cent_signs(told)

    def _told(self, macro: str, say: Callable[[], Any]) -> Any:
        import jinja2

        try:
            return say()
        except (jinja2.UndefinedError, TypeError, KeyError, AttributeError, ValueError) as error:
            where = f"{self._place}, macro {macro!r}" if macro else self._place
            raise RunError(f"{where}: {error}; run the cells that record it, or mend the template") from error


@cache
def environment(package: str) -> jinja2.Environment:
    """Where templates of a package are found, with the filters that write numbers as words."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader(package, ""),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    made.filters |= {
        "number": number,
        "p": p_equals,
        "count": count,
        "percent": percent,
        "chance": chance,
        "change": change,
        "level": level_text,
        "plural": plural,
        "span": span,
        "date": date_text,
        "listed": listed,
        "ref": refer,
        "interval": interval_text,
        "estimate": estimate_text,
        "calibrated": calibrated_text,
        "unsimulated": unsimulated_text,
        "initial": initial,
        "lower_initial": lower_initial,
    }
    return made


def template(package: str) -> jinja2.Template:
    """The template of a question's package, compiled once a process."""
    return environment(package).get_template(FILE)


def p_equals(value: float) -> str:
    """A p-value with its sign: "p = 0.037", "p < 0.001"."""
    text = p_text(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def change(log_points: float, digits: int = 2) -> str:
    """A difference of logarithms as the per cent it comes to, the sign of per cent left to the sentence: 0.061 is 6.3."""
    return number(100 * math.expm1(log_points) if log_points < _MOST_LOG else math.inf, digits)


def level_text(value: float) -> str:
    """The level of a test as papers write it: "0.05", "0.1"."""
    return f"{value:.3g}"


def span(first: object, last: object) -> str:
    """A range of years or other things, without repeating one that is alone: "2018 to 2022", "2021"."""
    return str(first) if first == last else f"{first} to {last}"


def date_text(date: str) -> str:
    """An ISO date as precise as it is: "2010", "May 2020", "20 July 2016"; of two parted by a slash, "2021 to 2025"."""
    if "/" in date:
        return " to ".join(date_text(end) for end in date.split("/"))
    parts = [int(part) for part in date.split("-")]
    return " ".join([*map(str, parts[2:]), *(month_name[m] for m in parts[1:2]), str(parts[0])])


def listed(items: Iterable[object], joint: str = "and") -> str:
    """Items in a sentence: "a, b and c"; "none" where there are none."""
    texts = [str(item) for item in items]
    if not texts:
        return "none"
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {joint} {texts[-1]}"


def estimate_text(e: Estimate, digits: int = 3, unit: bool = True) -> str:
    """An estimate as a sentence quotes it, linked to its row: value and unit, interval and raw p as far as it has them."""
    value = f"{number(e.estimate, digits)}{f' {unit_told(e.unit)}' if unit else ''}"
    parts = [
        *([f"{100 * e.ci_level:.3g}% interval {interval_text(e, digits)}"] if e.ci_low == e.ci_low else []),
        *([p_equals(e.p_value)] if e.p_value == e.p_value else []),
    ]
    return refer(f"{value} ({', '.join(parts)})" if parts else value, e.id)


def calibrated_text(calibrated: Estimate, own: Estimate) -> str:
    """What samples without an effect do to the p of a registered test, as a sentence, linked to the row of the calibrated p."""
    if math.isnan(own.p_value):
        return ""
    if calibrated.p_value > own.p_value:
        told = refer(p_equals(calibrated.p_value), calibrated.id)
        return f"Among samples without an effect it has {told}, which counts in place of {p_equals(own.p_value)}."
    return f"Samples without an effect leave its p {refer('as it is', calibrated.id)}."


def unsimulated_text(power: Estimate) -> str:
    """That the power against a size could not be simulated, as a sentence linked to its row; empty where it could."""
    if not math.isnan(power.estimate):
        return ""
    told = refer("not known", power.id)
    return f"The power against an effect of that size is {told}, as no samples with one can be simulated and tested."


def initial(text: str) -> str:
    """`text` with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def lower_initial(text: str) -> str:
    """`text` with a small first letter, the rest as it is, to go on with a sentence."""
    return text[:1].lower() + text[1:]


def ranges(years: Sequence[int]) -> str:
    """Years in words, runs of them by their ends: "2012, 2014 to 2024"."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs) or "none"
