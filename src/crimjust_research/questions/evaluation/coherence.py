"""Who else works there: other programmes at work in the countries proposed, by phase and year.

What is counted is what public pages tell (`data/raw/other_programmes`): programmes on record as begun and not as ended.
Pages seldom tell an end, and not every country; a count is neither of all that were at work nor of none that had stopped.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def at_work(programmes: "pd.DataFrame", year: int) -> "pd.DataFrame":
    """Programmes on record as at work in a year: columns country and programme, each pair once.

    Parameters
    ----------
    programmes : rows of other_programmes: country, programme, first_year, last_year (empty where no end is told).
    """
    begun = programmes["first_year"] <= year
    not_ended = programmes["last_year"].isna() | (programmes["last_year"] >= year).fillna(False)
    pairs = programmes.loc[begun & not_ended, ["country", "programme"]].drop_duplicates()
    return pairs.sort_values(["programme", "country"], ignore_index=True)


def overlap(programmes: "pd.DataFrame", countries: "pd.DataFrame", year: int) -> "pd.DataFrame":
    """In how many countries of each phase each programme is on record as at work in a year.

    Parameters
    ----------
    programmes : as `at_work` takes them.
    countries : the countries proposed: iso3 and phase, one row each.

    Returns
    -------
    One row a programme of `programmes` and a phase, in order of both: `programme`, `phase`, `year`, `at_work` (countries,
    none included as 0) and `proposed`, the countries of the phase.
    """
    import pandas as pd

    proposed = countries.groupby("phase")["iso3"].count()
    grid = pd.MultiIndex.from_product(
        [sorted(programmes["programme"].unique()), proposed.index], names=["programme", "phase"]
    )
    found = at_work(programmes, year).merge(countries, left_on="country", right_on="iso3")
    counts = found.groupby(["programme", "phase"])["iso3"].count().reindex(grid, fill_value=0)
    frame = counts.rename("at_work").reset_index().assign(year=year)
    frame["proposed"] = frame["phase"].map(proposed)
    return frame[["programme", "phase", "year", "at_work", "proposed"]]


def beside(programmes: "pd.DataFrame", countries: "pd.DataFrame", year: int) -> "pd.DataFrame":
    """What else is on record as at work in each country in a year, in the order of `countries`.

    Returns
    -------
    `iso3`, `phase`, `year`, `programmes` (their words, sorted) and `at_work`, how many; 0 where nothing is on record.
    """
    words = at_work(programmes, year).groupby("country")["programme"].agg(tuple)
    told = countries[["iso3", "phase"]].assign(year=year, programmes=countries["iso3"].map(words))
    told["programmes"] = [names if isinstance(names, tuple) else () for names in told["programmes"]]
    return told.assign(at_work=[len(names) for names in told["programmes"]]).reset_index(drop=True)


def by_year(programmes: "pd.DataFrame", countries: "pd.DataFrame", years: Iterable[int]) -> "pd.DataFrame":
    """Countries proposed with another programme on record as at work, and programmes a country, by year.

    Returns
    -------
    One row a year: `year`, `proposed` (countries), `with_another`, `without` (nothing on record), and `mean`, programmes
    a country.
    """
    import pandas as pd

    rows = []
    for year in years:
        counts = beside(programmes, countries, year)["at_work"]
        another = int((counts > 0).sum())
        rows.append(
            {
                "year": year,
                "proposed": len(counts),
                "with_another": another,
                "without": len(counts) - another,
                "mean": float(counts.mean()),
            }
        )
    return pd.DataFrame(rows)
