"""Who else works there: other programmes at work in the countries of the phases, in a year.

What is counted is what public pages tell (`data/raw/other_programmes`): programmes on record as begun and not as ended.
Pages seldom tell an end, and not every country; a count is neither of all that were at work nor of none that had stopped.
"""

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


def beside(programmes: "pd.DataFrame", countries: "pd.DataFrame", year: int) -> "pd.DataFrame":
    """What else is on record as at work in each country in a year, in the order of `countries`.

    Parameters
    ----------
    programmes : as `at_work` takes them.
    countries : iso3 and phase, one row each.

    Returns
    -------
    `iso3`, `phase`, `year`, `programmes` (their words, sorted) and `at_work`, how many; 0 where nothing is on record.
    """
    words = at_work(programmes, year).groupby("country")["programme"].agg(tuple)
    told = countries[["iso3", "phase"]].assign(year=year, programmes=countries["iso3"].map(words))
    told["programmes"] = [names if isinstance(names, tuple) else () for names in told["programmes"]]
    return told.assign(at_work=[len(names) for names in told["programmes"]]).reset_index(drop=True)
