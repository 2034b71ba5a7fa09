"""Chapter IV, international cooperation, which the first cycle reviewed, beside who met whom in public since."""

from __future__ import annotations

import pandas as pd

from crimjust_research.vocabulary import countries

REVIEW, EVENTS = "review of chapters III and IV", "public events"


def chapter_iv_states(panel: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """States with both a review and a public event: iso3, event, type, event_year, partners, chapter_iv_year,
    years_after (of the event since the review of chapters III and IV)."""
    first = panel.loc[panel["cycle"] == 1, ["iso3", "first_year"]].rename(columns={"first_year": "chapter_iv_year"})
    rows = events.merge(first, on="iso3").rename(columns={"year": "event_year"})
    rows = rows.assign(
        partners=rows["n_states"] - 1,
        years_after=rows["event_year"] - rows["chapter_iv_year"],
    )
    columns = ["iso3", "event", "type", "event_year", "partners", "chapter_iv_year", "years_after"]
    return rows[columns].sort_values(["chapter_iv_year", "iso3", "event"], ignore_index=True)


def coverage(panel: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """How the two lists of States overlap: group, states, second_summaries."""
    second = panel[panel["cycle"] == 2].set_index("iso3")["is_complete"]
    met = set(events["iso3"])
    both = second[second.index.isin(met)]
    alone = second[~second.index.isin(met)]
    return pd.DataFrame(
        {
            "group": ["reviewed and at a public event", "reviewed, at none", "at a public event, review not read"],
            "states": [len(both), len(alone), len(met - set(second.index))],
            "second_summaries": pd.array([int(both.sum()), int(alone.sum()), pd.NA], dtype="Int64"),
        }
    )


def by_state(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a timeline, one a review and one a year with public events: state, year, what, n; earliest reviews first."""
    reviews = rows.drop_duplicates("iso3").assign(year=lambda r: r["chapter_iv_year"], what=REVIEW, n=1)
    events = rows.groupby(["iso3", "event_year"]).size().rename("n").reset_index()
    events = events.rename(columns={"event_year": "year"}).assign(what=EVENTS)
    both = pd.concat([reviews[["iso3", "year", "what", "n"]], events], ignore_index=True)
    return both.assign(state=both["iso3"].map(countries.short_name))
