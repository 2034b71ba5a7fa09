"""Mutual evaluations of measures against money laundering: how effective each State was found, and what it mended since."""

from typing import TYPE_CHECKING

from crimjust_research.data.ingest import licences
from crimjust_research.data.ingest.fatf import EVALUATION
from crimjust_research.data.panels.countries import PROGRAMME_FIELDS, REGION_FIELD, countries
from crimjust_research.data.panels.declaration import UNREAD, Panel, derived, require
from crimjust_research.data.tables import Field, Table
from crimjust_research.vocabulary import fatf

if TYPE_CHECKING:
    import pandas as pd

_FATF = fatf.load()
# Law enforcement and international cooperation: what programmes such as CRIMJUST mean to better.
_READ = ("IO.2", "IO.4", "IO.7", "IO.8")
RECOMMENDATIONS = ("R.30", "R.31", "R.36", "R.37", "R.38", "R.39", "R.40")
_COLUMNS = {measure: measure.lower().replace(".", "_") for measure in _FATF.measures}
_EFFECTIVENESS = ", ".join(f"{n} {rating}" for n, rating in enumerate(_FATF.effectiveness))
_COMPLIANCE = ", ".join(f"{n} {rating}" for n, rating in enumerate(_FATF.compliance))

COUNTRY_EVALUATIONS = Table(
    name="country_evaluations",
    title="Mutual evaluations by jurisdiction: effectiveness, and compliance at first and at last",
    description="One row is a mutual evaluation of a jurisdiction, with the follow-ups to it: ratings as numbers from 0, "
    "the lowest, to 3. A cell is empty where a measure does not apply.",
    fields=(
        Field("iso3", "string", "Jurisdiction.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field("evaluated", "yearmonth", "Month of the evaluation's report.", constraints={"required": True}),
        Field("body", "string", "Bodies that assessed."),
        Field("followups", "integer", "Reports that re-rated it since.", "reports", {"required": True, "minimum": 0}),
        Field("last_report", "yearmonth", "Month of the last report on it.", constraints={"required": True}),
        *(
            Field(
                _COLUMNS[measure],
                "integer",
                f"{measure}, {about}, as evaluated: {_EFFECTIVENESS}.{'' if measure in _READ else f' {UNREAD}'}",
                None,
                {"minimum": 0, "maximum": 3},
            )
            for measure, about in _FATF.outcomes.items()
        ),
        *(
            Field(
                f"{_COLUMNS[measure]}_{when}",
                "integer",
                f"{measure}, {_FATF.recommendations[measure]}, {says}: {_COMPLIANCE}.",
                None,
                {"minimum": 0, "maximum": 3},
            )
            for measure in RECOMMENDATIONS
            for when, says in (("first", "as evaluated"), ("last", "in the last report"))
        ),
        REGION_FIELD,
        *PROGRAMME_FIELDS,
    ),
    primary_key=("iso3", "evaluated"),
    licences=(licences.FATF, licences.UNODC, licences.EUROPEAN_UNION, licences.INTERPOL),
    sources=derived("fatf_ratings", "programme", "programme_entry"),
    time="evaluated",
    caveats=(
        "Outcomes are those of the evaluation itself; assessments that rated them again are in `fatf_ratings`.",
        "Follow-ups are asked for by the jurisdictions they rate, so what is mended is seen where it was asked for.",
        "An evaluation rates what was in place about a year before its report.",
        "Ratings are ordinal: their numbers are in order, and say nothing of how far apart they are.",
        "`entry_documented` is when the State joined CRIMJUST, mostly an upper bound; it may lie after the evaluation.",
    ),
)


def country_evaluations(
    fatf_ratings: "pd.DataFrame", programme: "pd.DataFrame", programme_entry: "pd.DataFrame"
) -> "pd.DataFrame":
    """Mutual evaluations as rows; ratings as numbers, region and part in the programme as columns.

    Parameters
    ----------
    fatf_ratings, programme, programme_entry
        Corrected frames of the raw tables of those names.

    Raises
    ------
    DataError
        If a measure of the panel has no rating at all, or a jurisdiction is in no region.
    """
    import pandas as pd

    wanted = [*_FATF.outcomes, *RECOMMENDATIONS]
    require(wanted, fatf_ratings["measure"], "fatf_ratings", "measure")
    rank = {rating: n for scale in (_FATF.effectiveness, _FATF.compliance) for n, rating in enumerate(scale)}
    rated = fatf_ratings[fatf_ratings["measure"].isin(wanted)]
    rated = rated.assign(number=rated["rating"].map(rank).astype("Int64"))
    key = ["iso3", "month", "report"]
    numbers = {str(measure): rows.set_index(key)["number"] for measure, rows in rated.groupby("measure")}
    reports = rated.groupby(key, as_index=False)["body"].first().join(pd.DataFrame(numbers), on=key)
    # A follow-up to the evaluation before can fall into the month of one.
    reports["is_evaluation"] = reports["report"] == _FATF.reports[EVALUATION]
    reports = reports.sort_values(["iso3", "month", "is_evaluation"], ignore_index=True)
    reports["evaluated"] = reports["month"].where(reports["is_evaluation"]).groupby(reports["iso3"]).ffill()
    of_evaluation = ["iso3", "evaluated"]
    by = reports.dropna(subset="evaluated").groupby(of_evaluation)
    # The first and last row, with what is missing in them, not the first and last number.
    first, last, n = by.head(1).set_index(of_evaluation), by.tail(1).set_index(of_evaluation), by.size()
    columns = {
        "body": first["body"],
        "followups": n - 1,
        "last_report": last["month"],
        **{_COLUMNS[measure]: first[measure] for measure in _FATF.outcomes},
        **{
            f"{_COLUMNS[measure]}_{when}": of[measure]
            for measure in RECOMMENDATIONS
            for when, of in (("first", first), ("last", last))
        },
    }
    static = countries(programme, programme_entry).set_index("iso3")
    frame = pd.DataFrame(columns).reset_index().join(static, on="iso3")
    return frame[[field.name for field in COUNTRY_EVALUATIONS.fields]]


PANELS = (Panel(COUNTRY_EVALUATIONS, ("fatf_ratings", "programme", "programme_entry"), country_evaluations),)
