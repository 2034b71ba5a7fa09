"""Two charts of a country: its scores over the years, and what it seized."""

from __future__ import annotations

import pandas as pd

from crimjust_research import charts
from crimjust_research.charts import Figure
from crimjust_research.report.country import drugs, scores
from crimjust_research.report.country.known import Known
from crimjust_research.report.country.told import span

_FAMILIES = 6  # heaviest families of drugs that are drawn


def figures(known: Known, iso3: str) -> tuple[Figure, ...]:
    """The charts of a country as far as there are figures to draw: justice, governance, seizures."""
    drawn = (_scores(known, iso3, scores.JUSTICE), _scores(known, iso3, scores.GOVERNANCE), _seizures(known, iso3))
    return tuple(figure for figure in drawn if figure)


def _scores(known: Known, iso3: str, measures: tuple[str, ...]) -> Figure | None:
    """A group of scores by year, a line each, with bands of their intervals where they have some, and the years of entry."""
    of_justice = measures == scores.JUSTICE
    rows = [row for row in known.years.get(iso3, ()) if row["year"] >= scores.FIRST]
    told = []
    for measure in measures:
        filled = [row["year"] for row in rows if row[measure] is not None]
        for row in rows:
            if filled and min(filled) <= row["year"] <= max(filled):
                low, high = (None, None) if of_justice else scores.interval(row, measure) or (None, None)
                label = known.label("country_year", measure)
                told.append({"year": row["year"], "score": row[measure], "low": low, "high": high, "measure": label})
    if not told:
        return None
    data = pd.DataFrame(told)
    first, last = int(data["year"].min()), int(data["year"].max())
    entered = _entered(known, iso3, first, last)
    name = known.name(iso3)
    drawn = charts.lines(
        data,
        "year",
        "score",
        by="measure",
        x_title="Year",
        bands=() if of_justice else [("low", "high")],
        spans=entered,
        height=130,
    )
    what = "Rule of Law Index" if of_justice else "Worldwide Governance Indicators"
    within = "no intervals are published" if of_justice else "shaded: 95% intervals, 1.96 standard errors either side"
    when = f" Grey: years it can have joined CRIMJUST in, {_years(entered)}." if entered is not None else ""
    source = known.sources([("country_year", ("justice_quality",) if of_justice else ("governance",))])
    return Figure(
        "justice" if of_justice else "governance",
        f"{name}: {what}, {span(first, last)}",
        drawn.chart,
        f"{drawn.alt}{when}",
        f"Scores by year; {within}.{when}",
        source,
        data,
    )


def _entered(known: Known, iso3: str, first: int, last: int) -> pd.DataFrame | None:
    """The years a country can have joined in, as far as they are drawn; a single one half a year either side."""
    row = known.countries[iso3]
    earliest, latest = row["entry_earliest"], row["entry_latest"]
    if earliest is None or latest is None or latest < first or earliest > last:
        return None
    early, late = max(earliest, first), min(latest, last)
    return pd.DataFrame({"start": [early - 0.5], "end": [late + 0.5], "years": [span(early, late)]})


def _years(entered: pd.DataFrame) -> str:
    return str(entered["years"].iloc[0])


def _seizures(known: Known, iso3: str) -> Figure | None:
    """What was seized of the heaviest families by year, a panel each."""
    rows = [row for row in known.seizures.get(iso3, ()) if not row["is_precursor"]]
    weights = drugs.weights(rows, "family")
    families = [name for name, own in weights.items() if any(own.values())][:_FAMILIES]
    if not families:
        return None
    years = range(min(known.covered), max(known.covered) + 1)
    data = pd.DataFrame(
        [
            {"year": str(year), "kilograms": weights[family].get(year), "family": family}
            for family in families
            for year in years
        ]
    ).astype({"kilograms": "float64"})
    drawn = charts.bars(data, "year", "kilograms", panel="family", x_title="Year", columns=2, height=60)
    name, whole = known.name(iso3), span(min(years), max(years))
    more = f" The {len(families)} heaviest of {len(weights)} families." if len(weights) > len(families) else ""
    return Figure(
        "seizures",
        f"{name}: drugs seized, in kilograms, {whole}",
        drawn.chart,
        f"{drawn.alt}{more}",
        f"Kilograms by year, each family on its own scale; no bar where none was reported. {drugs.series(known)}{more}",
        known.sources([("seizures_country_year", ("seizures_country",))]),
        data,
    )
