"""Large seizures of fentanyl at the border and deaths in the State they were made in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.series.event_changes import event_change, peaks
from crimjust_research.vocabulary import states

DRUG = "fentanyl"
# The State in which a field office or sector of the southwest border lies. El Paso's reach into New Mexico.
OFFICES = {
    "CA": ("SAN DIEGO FIELD OFFICE", "SAN DIEGO SECTOR", "EL CENTRO SECTOR"),
    "AZ": ("TUCSON FIELD OFFICE", "TUCSON SECTOR", "YUMA SECTOR"),
    "TX": (
        "EL PASO FIELD OFFICE",
        "LAREDO FIELD OFFICE",
        "EL PASO SECTOR",
        "BIG BEND SECTOR",
        "DEL RIO SECTOR",
        "LAREDO SECTOR",
        "RIO GRANDE VALLEY SECTOR",
    ),
}
# Months with most seized above the median of the thirteen around them; deaths three months after less three before.
EVENTS, WINDOW, SPAN = 8, 13, 3


def by_office(seizures: pd.DataFrame) -> pd.DataFrame:
    """Weight and events of fentanyl by field office and sector, largest first: office, state, pounds, events, share, total."""
    state_of = {office: state for state, offices in OFFICES.items() for office in offices}
    own = seizures[seizures["drug"] == DRUG]
    table = (
        own.groupby("office")[["pounds", "events"]]
        .sum()
        .sort_values("pounds", ascending=False, kind="stable")
        .reset_index()
    )
    share = table["pounds"] / table["pounds"].sum()
    return table.assign(state=table["office"].map(state_of), share=share, total=share.cumsum())


def by_month(seizures: pd.DataFrame, deaths: pd.DataFrame) -> pd.DataFrame:
    """Months with both on record: state, name, month, day, pounds (none seized is zero), large, relative and unseasonal.

    `large` marks the months of large seizures. `relative` is the log of deaths over those of other States: the ones whose deaths
    the publisher shows in every one of the months, the three of the border apart. `unseasonal` is that less the State's own mean
    of the calendar month: heat kills with stimulants in the desert, drugs seized or not.
    """
    own = seizures[seizures["drug"] == DRUG]
    wide = deaths[deaths["state"] != states.NATION].pivot_table(index="month", columns="state", values="deaths")
    # A month in which nothing is shown for any State is none on record.
    wide = wide.loc[(wide.index >= own["month"].min()) & (wide.index <= own["month"].max())]
    others = wide.drop(columns=list(OFFICES)).dropna(axis=1).sum(axis=1)
    found = []
    for state, offices in OFFICES.items():
        pounds = own[own["office"].isin(offices)].groupby("month")["pounds"].sum().reindex(wide.index).fillna(0.0)
        large = peaks(np.log1p(pounds.to_numpy(np.float64)), EVENTS, window=WINDOW)
        relative = np.log(wide[state].astype("float64") / others)
        calendar_month = relative.groupby(relative.index.str[5:]).transform("mean")
        columns = {"pounds": pounds, "large": large, "relative": relative, "unseasonal": relative - calendar_month}
        name = states.load().states[state].name
        found.append(pd.DataFrame(columns).reset_index().assign(state=state, name=name))
    table = pd.concat(found, ignore_index=True)
    return table.assign(day=pd.to_datetime(table["month"]))


def changes(table: pd.DataFrame) -> pd.DataFrame:
    """Change of deaths around the months of large seizures, a row a State: state, name, numbers, and edge as a ratio."""
    rows: list[dict[str, Any]] = []
    for (state, name), months in table.groupby(["state", "name"], sort=False):
        found = event_change(months["unseasonal"], months["large"], span=SPAN)
        ratio = {"ratio": np.exp(found.estimate), "edge": np.exp(found.null_edge) - 1, "n_obs": len(months)}
        rows.append({"state": state, "name": name, **vars(found), **ratio})
    return pd.DataFrame(rows)
