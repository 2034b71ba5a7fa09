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

ESTIMATES: dict[str, Kind] = {
    "verdict": {**_VERDICTS, "estimand": "Claims that come to the verdict: {verdict}"},
    "own_lists": {**_VERDICTS, "estimand": "Claims that hold against the document's own lists alone"},
    # The programme
    "listed": {**_PUBLISHED, "estimand": "Number of {unit} the document names"},
    "majors": {**_PUBLISHED, "estimand": "Countries on the Majors List of fiscal year {fiscal_year}"},
    "proposed_majors": {
        **_PUBLISHED,
        "estimand": "Proposed countries on the Majors List of fiscal year {fiscal_year}",
    },
    "first_joined": {
        **_PUBLISHED,
        "estimand": "Calendar years between {claimed} and the first State known to have joined",
    },
    "first_activity": {
        **_PUBLISHED,
        "estimand": "Calendar years between {claimed} and the first public activity of Operation Azure",
    },
    "took_part": {**_PUBLISHED, "estimand": "Countries that took part in Operation Azure"},
    # Deaths in the twelve months to May 2020
    "announced": {
        **_PUBLISHED,
        "estimand": "Deaths by overdose in the twelve months to May 2020, as first announced",
    },
    "deaths": {**_PUBLISHED, "estimand": "Deaths by overdose in the twelve months to May 2020, {measure}"},
    "residents": {
        **_PUBLISHED,
        "estimand": "Deaths of residents by overdose in the twelve months to May 2020, from State counts by month",
    },
    "record": {
        **_PUBLISHED,
        "estimand": "Deaths in the twelve months to May 2020, relative to the highest total before",
    },
    "share": {
        **_PUBLISHED,
        "estimand": "Share of overdose deaths in the twelve months to May 2020 that involve synthetic opioids, {measure}",
    },
    "residents_share": {
        **_PUBLISHED,
        "estimand": "Share of residents' overdose deaths in the twelve months to May 2020 that involve synthetic opioids",
    },
    "months_inside": {
        **_PUBLISHED,
        "estimand": "Months from {first} to {last} that lie within the twelve months to May 2020",
    },
    "months_risen": {
        **_PUBLISHED,
        "estimand": "Months from March to May {year} with more deaths than in the same month of the year before",
    },
    # Reviews under the Convention
    "reviews_since": {
        **_PUBLISHED,
        "estimand": "Calendar years between {claimed} and the year from which reviews are counted",
    },
    "reviewed": {**_PUBLISHED, "estimand": "States reviewed in the first cycle by {as_of}"},
    "pages_read": {
        **_PUBLISHED,
        "estimand": "Share of the States whose pages were read that had a summary of the first cycle by {by}",
    },
    "counted": {**_PUBLISHED, "estimand": "Number of {unit} counted by {as_of}"},
    "at_mean_pace": {
        **_PUBLISHED,
        "estimand": "Number of {unit} by the end of {by} at the mean pace of {first} to {last}",
    },
    "asked": {
        **_PUBLISHED,
        "estimand": "Share of States that have asked for assistance, of all parties at least and of those reviewed at most",
    },
}
