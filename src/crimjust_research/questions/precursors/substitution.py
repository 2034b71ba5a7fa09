"""What laboratories report beside 4-ANPP: controlled precursors and what no control reaches, around each control."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crimjust_research.questions.precursors.controls import TESTED_RULE, middle
from crimjust_research.questions.precursors.params import TESTED_START
from crimjust_research.vocabulary import countries

# Drawn and told apart: it is hundreds of times as frequent as all others.
ANPP = "4_anpp"
# Substances with fewer reports in every half-year are not worth a word.
FEWEST = 10


def by_half_year(reports: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """Reports of each substance, all States and territories, from a half-year to another.

    Columns: substance, falls_under (the control it falls under, or missing), half_year, day (its middle), reports. A half-year
    without a report is zero, which need not mean that laboratories looked for it.
    """
    own = reports[reports["half_year"].between(first, last)]
    wide = own.pivot_table(index="substance", columns="half_year", values="reports", aggfunc="sum", fill_value=0)
    long = wide.reset_index().melt("substance", var_name="half_year", value_name="reports")
    long["falls_under"] = long["substance"].map(
        reports.drop_duplicates("substance").set_index("substance")["falls_under"]
    )
    return long.assign(day=pd.to_datetime([middle(half) for half in long["half_year"]]))


def often_reported(substances: pd.DataFrame) -> pd.DataFrame:
    """Those that a control names, 4-ANPP apart, with more than a few reports in some half-year, and the one of `risen_most`."""
    most = substances.groupby("substance")["reports"].transform("max")
    named = substances["falls_under"].notna() & (substances["falls_under"] != ANPP) & (most >= FEWEST)
    return substances[named | (substances["substance"] == risen_most(substances))]


def risen_most(substances: pd.DataFrame) -> str:
    """Of what no control names, the substance that rose most from before the tested control to as many half-years after."""
    counts, falls = _counts(substances), _falls_under(substances)
    halves = sorted(substances["half_year"].unique())
    after = [half for half in halves if half >= TESTED_START]
    before = [half for half in halves if half < TESTED_START][-len(after) :]
    free = counts.loc[falls.index[falls.isna()]]
    return str((free[after].sum(axis=1) - free[before].sum(axis=1)).idxmax())


def controls_of(substances: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Targeted controls of each substance within the time drawn, a row each: substance, day, event (who)."""
    targeted = rules[rules["kind"] == "targeted"]
    named = targeted.assign(falls_under=targeted["substances"].str.split()).explode("falls_under")
    named = named.assign(
        day=pd.to_datetime(named["month"]),
        event=named["jurisdiction"].map(lambda code: countries.names().get(code, code)),
    )
    each = substances[["substance", "falls_under"]].drop_duplicates()
    found = each.merge(named[["falls_under", "day", "event"]], on="falls_under").drop_duplicates()
    within = found["day"].between(substances["day"].min(), substances["day"].max())
    return found[within].sort_values(["event", "day", "substance"], ignore_index=True)


def wide(substances: pd.DataFrame) -> pd.DataFrame:
    """A row a substance, controlled ones first, with its reports in each half-year."""
    table = _counts(substances).reset_index()
    table.insert(0, "falls_under", table["substance"].map(_falls_under(substances)))
    return table.sort_values(["falls_under", "substance"], ignore_index=True)


def around_the_tested_control(substances: pd.DataFrame, rules: pd.DataFrame) -> list[dict[str, Any]]:
    """What stands out around the tested control: substance, why, reports in the last half-year before and in each after.

    Those it names, those that only a later control names, and of those that none names the one that rose most.
    """
    counts, falls = _counts(substances), _falls_under(substances)
    named = dict(zip(rules["rule"], rules["substances"].str.split(), strict=True))
    month = dict(zip(rules["rule"], rules["month"], strict=True))
    until = {each for rule, listed in named.items() if month[rule] <= month[TESTED_RULE] for each in listed}
    why = {str(name): "named by it" for name, under in falls.items() if under in named[TESTED_RULE]}
    why |= {str(name): "named by a later control" for name, under in falls.dropna().items() if under not in until}
    why[risen_most(substances)] = "named by none"
    halves = sorted(substances["half_year"].unique())
    shown = counts[halves[sum(half < TESTED_START for half in halves) - 1 :]]
    series = {name: [int(count) for count in shown.loc[[name]].to_numpy()[0]] for name in why}
    return [
        {"substance": name, "why": why[name], "reports": counted}
        for name, counted in series.items()
        if max(counted) >= FEWEST
    ]


def _counts(reports: pd.DataFrame) -> pd.DataFrame:
    """Substances as rows, half-years as columns."""
    table = reports.pivot_table(index="substance", columns="half_year", values="reports", aggfunc="sum", fill_value=0)
    return table.rename_axis(columns=None)


def _falls_under(reports: pd.DataFrame) -> pd.Series[str]:
    return reports.drop_duplicates("substance").set_index("substance")["falls_under"]
