"""What the figures of the audit are called. Rows bring claim, name, unit and source, and what the texts name."""

from crimjust_research.study import Kind

_PUBLISHED: Kind = {
    "id": "{claim}.{name}",
    "method": "published figure",
    "specification": "{source}",
    "unit": "{unit}",
    "null_value": float("nan"),
}
_VERDICTS: Kind = {
    "id": "verdicts.{name}",
    "method": "count of verdicts",
    "specification": "interval rule on the figures of the time and of today",
    "unit": "claims",
    "null_value": float("nan"),
}
_TO_MAY_2020 = "in the twelve months to May 2020"

# What each kind of published figure measures, by part of the document.
_ESTIMANDS = {
    "listed": "Number of {unit} the document names",
    "majors": "Countries on the Majors List of fiscal year {fiscal_year}",
    "proposed_majors": "Proposed countries on the Majors List of fiscal year {fiscal_year}",
    "first_joined": "Calendar years between {claimed} and the first State known to have joined",
    "first_activity": "Calendar years between {claimed} and the first public activity of Operation Azure",
    "took_part": "Countries that took part in Operation Azure",
    # Footnote 4, deaths
    "announced": f"Deaths by overdose {_TO_MAY_2020}, as first announced",
    "deaths": f"Deaths by overdose {_TO_MAY_2020}, {{measure}}",
    "residents": f"Deaths of residents by overdose {_TO_MAY_2020}, from State counts by month",
    "record": f"Deaths {_TO_MAY_2020}, relative to the highest total before",
    "share": f"Share of overdose deaths {_TO_MAY_2020} that involve synthetic opioids, {{measure}}",
    "residents_share": f"Share of residents' overdose deaths {_TO_MAY_2020} that involve synthetic opioids",
    "months_inside": "Months from {first} to {last} that lie within the twelve months to May 2020",
    "months_risen": "Months from March to May {year} with more deaths than in the same month of the year before",
    # Reviews under the Convention
    "reviews_since": "Calendar years between {claimed} and the year from which reviews are counted",
    "reviewed": "States reviewed in the first cycle by {as_of}",
    "pages_read": "Share of the States whose pages were read that had a summary of the first cycle by {by}",
    "counted": "Number of {unit} counted by {as_of}",
    "at_mean_pace": "Number of {unit} by the end of {by} at the mean pace of {first} to {last}",
    "asked": "Share of States that have asked for assistance, of all parties at least and of those reviewed at most",
}

ESTIMATES: dict[str, Kind] = {
    "verdict": {**_VERDICTS, "estimand": "Claims that come to the verdict: {verdict}"},
    "own_lists": {**_VERDICTS, "estimand": "Claims that hold against the document's own lists alone"},
    **{kind: {**_PUBLISHED, "estimand": estimand} for kind, estimand in _ESTIMANDS.items()},
}
