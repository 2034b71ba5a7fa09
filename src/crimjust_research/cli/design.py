"""The verb that tries a roll-out out on a panel of one's own."""

from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crimjust_research.cli.group import crimjust, limit_option, say
from crimjust_research.errors import ParameterError
from crimjust_research.numbers import number, p_text, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crimjust_research.data.rollout_files import OwnPanel
    from crimjust_research.designs.rollout.operating import Characteristics, Trial

TOO_OFTEN = 0.075
"""Size above which the plan calls a test's p one that is not to be relied on."""
LEGEND = """\
size       how often an effect is found where there is none; 5% where a test is sound
power      how often the effect put in is found
bias       how far estimates lie on average from the truth, the average effect where it is at work
error      how far a single estimate typically lies from it: root of the mean square
coverage   how often the 95% interval holds it; 95% where it is sound"""


@crimjust.command()
@click.option("--panel", type=click.Path(path_type=Path), required=True, metavar="FILE", help="Outcomes so far.")
@click.option("--phases", type=click.Path(path_type=Path), required=True, metavar="FILE", help="Who would start when.")
@click.option(
    "--effect",
    metavar="E",
    help="Effect that would matter, in units of the outcome: 2, or 0.5/1/2 by period since the start.  [default: one "
    "standard deviation about unit and period means]",
)
@click.option(
    "--lot",
    type=click.Choice(("phases", "units")),
    default="phases",
    show_default=True,
    help="What lots would be drawn for: which phase starts when, or which unit.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, metavar="N", help="Repeats draws.")
@click.option(
    "--draws",
    type=click.IntRange(min=99),
    default=1000,
    show_default=True,
    metavar="N",
    help="Orders tried, where there are more.",
)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the table as CSV to a new file.")
@limit_option
def design(
    panel: Path,
    phases: Path,
    effect: str | None,
    lot: str,
    seed: int,
    draws: int,
    output: Path | None,
    raised: tuple[str, ...],
) -> None:
    """Try a roll-out by phases out on a panel of your own.

    It deals the starts out on your outcomes again and again, puts an effect in, and tells of each estimator how often it
    finds what is there, and what is not. Nothing is assumed of outcomes: trends, shared shocks and gaps are those of your
    figures, which should be of a time before anything started.

    The panel is a table (CSV or Excel) with the columns unit, period and outcome, or unit and a column for each period. The
    phases are one with unit, phase and start: each unit once, units of a phase with one start, which is empty for a phase
    that never starts and is compared with. Periods are years (2024), quarters (2024-Q1), months (2024-01) or numbers. A
    roll-out that lies ahead is tried out on what has been: give starts that lie within the panel.

    \b
    Examples:
      crimjust design --panel provinces.csv --phases phases.csv
      crimjust design --panel provinces.csv --phases phases.csv --effect 2 --lot units --output found.csv
    """
    from crimjust_research.data import limits, rollout_files
    from crimjust_research.data.own_records.fixing import require_new, write_new
    from crimjust_research.designs.rollout import operating
    from crimjust_research.designs.rollout.permutation import reassignments

    held = rollout_files.read(panel, phases, limits.raised(limits.OWN_RECORDS, raised))
    if output:
        require_new([output])
    asked = _steps(effect) if effect else (operating.within_spread(held.outcomes),)
    phase = held.phase if lot == "phases" else None
    reassigned = reassignments(held.starts, phase=phase, draws=draws, seed=seed, most=draws)
    tried = operating.trial(held.outcomes, reassigned, 1.0, path=asked, phase=phase)
    _tell_design(held, tried, lot, effect)
    rows, of = [], len(operating.estimators(tried))
    for place, row in enumerate(operating.characteristics(tried), start=1):
        click.echo(f"  tried {place} of {of}: {row.estimator}", err=True)
        rows.append(row)
    _tell_table(tried, rows)
    _tell_detectable(held, tried)
    if output:
        write_new({output: operating.table(tried, rows).to_csv(index=False).encode()})
        say(f"\nwritten to {output}")


def _steps(effect: str) -> tuple[float, ...]:
    """The effect by period since the start, as typed."""
    try:
        steps = tuple(float(step) for step in effect.replace("−", "-").split("/"))
    except ValueError:
        steps = (nan,)
    if not all(map(isfinite, steps)):
        raise ParameterError(
            f"--effect is {effect!r}; give a number with a decimal point, such as 0.5, or one for each period since the start, "
            "parted by strokes, such as 0.2/0.4/0.6"
        )
    return steps


def _tell_design(held: "OwnPanel", tried: "Trial", lot: str, effect: str | None) -> None:
    """What was read, how many orders there are, and what is tried."""
    starts = [held.periods[int(place)] for place in sorted({*held.starts} - {float("inf")})]
    never = ", one never" if float("inf") in held.starts else ""
    say(
        f"{len(held.units)} units in {len(held.periods)} periods ({held.periods[0]} to {held.periods[-1]}), "
        f"{int(tried.observed.sum()):,} outcomes; {len(set(held.phase))} phases, starts in {', '.join(starts)}{never}"
    )
    how, of_what = "different" if tried.exact else "drawn", "whole phases" if lot == "phases" else "units"
    say(
        f"{len(tried.starts):,} {how} orders of {of_what}: the least p that a permutation test can give is "
        f"{p_text(tried.least_p)}"
    )
    if tried.least_p > tried.alpha:
        remedy = (
            "draw lots for units (--lot units), or plan more starts"
            if lot == "phases"
            else "plan more starts or more units"
        )
        say(f"  so it can never find anything at {percent(tried.alpha)}: {remedy}")
    by = " then ".join(number(step) for step in tried.path)
    say(f"effect put in: {by}{'' if effect else ', one standard deviation about unit and period means'}\n")


def _tell_table(tried: "Trial", rows: "Sequence[Characteristics]") -> None:
    """The characteristics as a table with its legend, and which tests are not to be relied on here."""
    from crimjust_research.designs.rollout.operating import by_chance

    luck = by_chance(tried)
    cells = [
        (_share(row.size, 1), _share(row.power), number(row.bias), number(row.error), _share(row.coverage))
        for row in rows
    ]
    columns = list(zip(("size", "power", "bias", "error", "coverage"), *cells, strict=True))
    widths = [max(7, *(2 + len(cell) for cell in column)) for column in columns]
    for name, *told in zip(("", *(row.estimator for row in rows)), *columns, strict=True):
        say(f"{name:42}" + "".join(f"{cell:>{width}}" for cell, width in zip(told, widths, strict=True)))
    say(
        f"\n{LEGEND}\nover {len(tried.starts):,} orders a sound test may by chance show a size of up to {percent(luck, 1)}"
    )
    loose = [row.estimator for row in rows if row.size > max(TOO_OFTEN, luck)]
    if loose:
        say("\n  ".join(["\nreject too often on this panel, so that their p is too small:", *loose]))


def _share(rate: float, digits: int = 0) -> str:
    """A rate in per cent, or that an estimator cannot be computed."""
    return percent(rate, digits) if rate == rate else number(rate)


def _tell_detectable(held: "OwnPanel", tried: "Trial") -> None:
    """What could be found, by permutation on this panel and in closed form."""
    from crimjust_research.designs.rollout import operating
    from crimjust_research.designs.rollout.closed_form import precision
    from crimjust_research.designs.rollout.covariance import autoregressive
    from crimjust_research.designs.rollout.layout import Layout

    def told(multiple: float) -> str:
        if not multiple < float("inf"):  # nor where no degree of freedom is left to judge by
            return "no effect, however large,"
        alone = len(tried.path) == 1
        return f"an effect of {number(multiple * tried.path[0])}" if alone else f"{number(multiple)} times this effect"

    say(f"\nthe permutation test finds {told(operating.detectable(tried))} in 80 of 100 orders")
    of_units = operating.fading(held.outcomes)
    covariance = autoregressive(len(held.periods), of_units.decay, variance=of_units.variance)
    known = precision(Layout(held.starts, len(held.periods), tried.observed), covariance, path=tried.path)
    found = told(float(known.minimum_detectable()[0]))
    say(
        f"generalised least squares would find {found} in 80 of 100 if units shared nothing\n"
        f"  (closed form; from one period to the next outcomes correlate {number(of_units.decay, 2)})"
    )
