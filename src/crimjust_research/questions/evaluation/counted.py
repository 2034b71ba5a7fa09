"""Yearly figures that are counted: events, persons, seizures, deaths, reports, controls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.counts.clustered_shares import MEMBER, clustered_shares
from crimjust_research.questions.evaluation.rows import row, table
from crimjust_research.questions.evaluation.scores import FEWEST
from crimjust_research.questions.precursors.chain import MADE

_MONTHS = 12


def events(public: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Public events of a kind that began in the year: n_obs the public events of all kinds, n_units the events counted.

    Parameters
    ----------
    public : raw table `programme_events`. The year of its last event is left out, which may not be over.
    """
    year = public["date_start"].str[:4].astype(int)
    found = [(y, int(((year == y) & (public["type"] == kind)).sum()), int((year == y).sum())) for y in _to_last(year)]
    return table(row(y, number, of, number, f"{number} of {of} public events") for y, number, of in found)


def states_at(named: pd.DataFrame, kind: str | None, phases: Mapping[str, int]) -> pd.DataFrame:
    """States named at public events of a kind (None: of any) that began in the year; of any kind by phase, too.

    Parameters
    ----------
    named : panel `cooperation_events`. The year of its last event is left out. n_obs are events that name a State.
    """
    found = []
    for year in _to_last(named["year"]):
        own = named[(named["year"] == year) & (named["type"].eq(kind) if kind else True)]
        states, held = set(own["iso3"]), own["event"].nunique()
        note = (
            f"at {held} events that name any; by phase those of the phases alone"
            if kind is None
            else f"at {held} events"
        )
        found.append(row(year, len(states), held, len(states), note))
        for phase in sorted(set(phases.values())) if kind is None else ():
            of_phase = [iso3 for iso3 in states if phases.get(iso3) == phase]
            found.append(row(year, len(of_phase), held, len(of_phase), group_by="phase", group=str(phase)))
    return table(found)


def pairs(dyads: pd.DataFrame) -> pd.DataFrame:
    """Pairs of States named at one public event of the year; n_obs are the pairs looked at. The last year on record is left
    out, which may not be over.

    Parameters
    ----------
    dyads : panel `dyad_year`.
    """
    own = dyads[dyads["year"].isin(_to_last(dyads["year"]))]
    found = []
    for year, of_year in own.groupby("year"):
        met = int((of_year["joint_events"] > 0).sum())
        found.append(row(year, met, len(of_year), met, "one event with many States makes many pairs"))
    return table(found)


def persons(public: pd.DataFrame) -> pd.DataFrame:
    """Persons at public events that say how many took part, from the first event to the end of each year; by kind and by sex.

    Parameters
    ----------
    public : raw table `programme_events`. n_obs are its events by then, n_units those that say it.
    """
    found = []
    for year, note, own in _by_then(public):
        told = own[own["participants"].notna()]
        say = f"{len(told)} of {len(own)} public events {note} say how many"
        found.append(row(year, told["participants"].sum(), len(own), len(told), say))
        for kind, of_kind in told.groupby("type"):
            held = int((own["type"] == kind).sum())
            group = {"group_by": "kind", "group": str(kind)}
            found.append(row(year, of_kind["participants"].sum(), held, len(of_kind), **group))
        both = _both_sexes(own)
        for sex in ("women", "men") if len(both) else ():
            found.append(
                row(year, both[sex].sum(), len(own), len(both), group_by="sex", group=f"{sex}, where both are stated")
            )
    return table(found)


def women(public: pd.DataFrame, level: float) -> pd.DataFrame:
    """Share of women of the persons at public events that state both sexes, from the first event to the end of each year.

    Persons of one event are alike, so the interval is of shares clustered by event. n_obs are persons, n_units events. By kind
    of event, too.
    """
    found = []
    for year, note, own in _by_then(public):
        both = _both_sexes(own)
        if both.empty:
            continue
        had, of = both["women"].sum(), (both["women"] + both["men"]).sum()
        say = f"{had:.0f} of {of:.0f} persons at {len(both)} of {len(own)} public events {note}"
        found.append(row(year, had / of, of, len(both), say, **_clustered(both, level)))
        for kind, of_kind in both.groupby("type"):
            persons = (of_kind["women"] + of_kind["men"]).sum()
            more: dict[str, Any] = {"group_by": "kind", "group": str(kind)}
            more |= _clustered(of_kind, level)
            found.append(row(year, of_kind["women"].sum() / persons, persons, len(of_kind), **more))
    return table(found)


def by_event(public: pd.DataFrame) -> pd.DataFrame:
    """Events that state both sexes: event, type, place, women, men, share (of women)."""
    both = _both_sexes(public)
    told = both[["event", "type", "place", "women", "men"]].astype({"women": int, "men": int})
    return told.assign(share=both["women"] / (both["women"] + both["men"])).reset_index(drop=True)


def joined(entries: pd.DataFrame) -> pd.DataFrame:
    """Proposed countries that had joined by the end of each year at the latest, and how many of them by phase.

    Parameters
    ----------
    entries : panel `countries`: iso3, proposed, phase, entry_latest (a year). n_obs are the countries looked at.
    """
    dated = entries["entry_latest"]
    proposed = entries[entries["proposed"]]
    groups: list[tuple[dict[str, str], pd.DataFrame]] = [({}, proposed)]
    for phase in sorted(proposed["phase"].dropna().astype(int).unique()):
        groups.append(({"group_by": "phase", "group": str(phase)}, proposed[proposed["phase"] == phase]))
    found = []
    for year in range(int(dated.min()), int(dated.max()) + 1):
        for group, own in groups:
            number = int((own["entry_latest"] <= year).sum())
            note = "" if group else f"at least, of {len(own)} proposed: joined by then at the latest"
            found.append(row(year, number, len(own), number, note, **group))
    return table(found)


def reviews(listed: pd.DataFrame, phases: Mapping[str, int]) -> pd.DataFrame:
    """States of the phases with an executive summary of the second cycle by the end of each year; by phase.

    Parameters
    ----------
    listed : panel `reviews`. n_obs are the States of the phases whose page was read.
    """
    own = listed[(listed["cycle"] == 2) & listed["iso3"].isin(list(phases))]
    done = own[own["is_complete"]]
    found = []
    for year in range(int(listed["year"].min()), int(listed["censoring_year"].max()) + 1):
        by_then = done.loc[done["year"] <= year, "iso3"]
        note = f"done by then, of {len(own)} of the {len(phases)} countries whose second review is on record"
        found.append(row(year, len(by_then), len(own), len(by_then), note))
        for phase in sorted({phases[iso3] for iso3 in own["iso3"]}):
            number = sum(phases[iso3] == phase for iso3 in by_then)
            of = sum(phases[iso3] == phase for iso3 in own["iso3"])
            found.append(row(year, number, of, number, group_by="phase", group=str(phase)))
    return table(found)


def monthly(national: pd.DataFrame, column: str, others: Mapping[str, str] = {}) -> pd.DataFrame:
    """Sum of a column of months (month, and the column) over calendar years all of whose months are there.

    `others` are further columns, which are no part of it, told beside it by other drug, with the drug each is of.
    """
    year = national["month"].str[:4].astype(int)
    found = []
    for name, group in {
        column: {},
        **{c: {"group_by": "other drug", "group": drug} for c, drug in others.items()},
    }.items():
        for y, own in national[name].groupby(year):
            if own.notna().sum() == _MONTHS:
                found.append(row(y, own.sum(), _MONTHS, _MONTHS, **group))
    return table(found)


def deaths_by_state(months: pd.DataFrame) -> pd.DataFrame:
    """Deaths in calendar years all of whose months are there, over States and months that are not hidden.

    Parameters
    ----------
    months : raw table `overdose_monthly_state`; its row of all States together is left out. n_obs are cells not hidden,
        n_units States.
    """
    own = months[months["state"] != "US"]
    found = []
    for year, of_year in own.groupby(own["month"].str[:4].astype(int)):
        if of_year["month"].nunique() < _MONTHS:
            continue
        hidden = int(of_year["suppressed"].sum())
        note = f"cells of fewer than ten, hidden: {hidden}"
        told = of_year["deaths"].dropna()
        found.append(row(year, told.sum(), len(told), of_year["state"].nunique(), note))
    return table(found)


def share_of_reports(half_years: pd.DataFrame, part: str, whole: str) -> pd.DataFrame:
    """One column of reports over another in calendar years both of whose half-years are complete; n_obs are reports, n_units
    States (half_year, state, complete, and the two columns)."""
    found = [
        (y, own[part].sum(), own[whole].sum(), own.loc[own[whole] > 0, "state"].nunique())
        for y, own in _complete_years(half_years)
    ]
    return table(
        row(y, some / of, of, states, f"{some:,.0f} of {of:,.0f} reports") for y, some, of, states in found if of
    )


def reports(half_years: pd.DataFrame, without: str) -> pd.DataFrame:
    """Reports of all precursors but one in calendar years both of whose half-years are complete (panel
    `halfyear_state_precursors`); n_obs are reports, n_units States with any."""
    others = half_years[half_years["precursor"] != without]
    found = []
    for year, own in _complete_years(others):
        number = own["reports"].sum()
        found.append(row(year, number, number, own.loc[own["reports"] > 0, "state"].nunique()))
    return table(found)


def controls(dated: pd.DataFrame, last: int) -> pd.DataFrame:
    """Controls in force by the end of each year to `last` (month, jurisdiction, status); n_units are jurisdictions.

    Those of which only publication or a vote is on record are left out.
    """
    year = dated["month"].str[:4].astype(int)
    in_force = dated[dated["status"] == "in_force"]
    found = []
    for y in range(int(year.min()), last + 1):
        own = in_force[year[in_force.index] <= y]
        by = sorted(set(own["jurisdiction"]))
        found.append(row(y, len(own), len(own), len(by), f"in force by then, of {', '.join(by)}" if by else ""))
    return table(found)


def precursors_with_drugs(seized: pd.DataFrame) -> pd.DataFrame:
    """Countries that report, in one year, precursors and a drug that these make (panel `seizures_country_year`).

    n_obs are the countries that report any precursor of a known drug.
    """
    sides = []
    for makes, families in MADE.items():
        made = seized[~seized["is_precursor"] & seized["family"].isin(families)]
        precursors = seized[seized["makes"] == makes]
        sides.append(precursors[["iso3", "year"]].merge(made[["iso3", "year"]], on=["iso3", "year"]))
    both = pd.concat(sides).drop_duplicates().groupby("year").size()
    any_precursor = seized[seized["makes"].isin(list(MADE))].groupby("year")["iso3"].nunique()
    return table(
        row(y, int(both.get(y, 0)), of, int(both.get(y, 0)), f"of {of} that report precursors of a known drug")
        for y, of in any_precursor.items()
    )


def precursors_seized(seized: pd.DataFrame, phases: Mapping[str, int]) -> pd.DataFrame:
    """Kilograms of precursors that States of the phases report as seized in the year; n_obs are rows of the panel, n_units
    States. Rows without a weight count as none of it."""
    own = seized[seized["is_precursor"] & seized["iso3"].isin(list(phases))]
    found = []
    for year, of_year in own.groupby("year"):
        states = of_year["iso3"].nunique()
        note = f"{states} of {len(phases)} countries report any, not the same every year"
        found.append(row(year, of_year["kilograms"].sum(), len(of_year), states, note))
    return table(found)


def total(values: pd.DataFrame) -> pd.DataFrame:
    """Sum over countries (iso3, year, value) in years in which every one of them has a value."""
    wide = values.pivot_table(index="year", columns="iso3", values="value").dropna()
    return table(row(y, own.sum(), len(own), len(own), ", ".join(own.index)) for y, own in wide.iterrows())


def _to_last(years: pd.Series[int]) -> range:
    """Years from the first on record to the one before the last, which may not be over."""
    return range(int(years.min()), int(years.max()))


def _by_then(public: pd.DataFrame) -> Iterable[tuple[int, str, pd.DataFrame]]:
    """Each year on record with the events from the first to its end, and a note from when to when they are."""
    first, last = str(public["date_start"].min()), str(public["date_start"].max())
    for year in range(int(first[:4]), int(last[:4]) + 1):
        note = f"from {first[:4]} to {last if year == int(last[:4]) else year}"
        yield year, note, public[public["date_start"].str[:4].astype(int) <= year]


def _both_sexes(public: pd.DataFrame) -> pd.DataFrame:
    return public[public["women"].notna() & public["men"].notna()]


def _clustered(both: pd.DataFrame, level: float) -> dict[str, float]:
    """Interval of the share of women, of events that are alike within; missing of few events."""
    if len(both) < FEWEST:
        return {}
    size = (both["women"] + both["men"]).astype(int)
    event = np.repeat(both["event"].to_numpy(), size)
    is_woman = np.concatenate([np.arange(n) < w for n, w in zip(size, both["women"], strict=True)]).astype(float)
    found = clustered_shares(pd.DataFrame({"event": event, "woman": is_woman}), "woman", "event", alpha=1 - level)
    return {name: float(found[name][MEMBER]) for name in ("ci_low", "ci_high")}


def _complete_years(half_years: pd.DataFrame) -> Iterable[tuple[int, pd.DataFrame]]:
    for year, own in half_years.groupby(half_years["half_year"].str[:4].astype(int)):
        if own["complete"].all() and own["half_year"].nunique() == 2:
            yield int(year), own
