"""Which fentanyl precursors laboratories report by State and half-year, beside when each came under control."""

from typing import TYPE_CHECKING

from crimjust_research.data.ingest import licences
from crimjust_research.data.ingest.dea import PRECURSOR_REPORTS
from crimjust_research.data.panels.declaration import UNREAD, Panel, derived
from crimjust_research.data.panels.united_states import HALFYEAR_STATE, halfyear_state
from crimjust_research.data.tables import Field, Table
from crimjust_research.vocabulary import fentanyl

if TYPE_CHECKING:
    import pandas as pd

# By-products and intermediates that no control reaches.
UNCONTROLLED = "none"
_PRECURSORS = (*sorted(set(fentanyl.load().controls.values())), UNCONTROLLED)
# Where what is reported in the United States may have been made or have come through, and the Convention of 1988.
JURISDICTIONS = {
    "USA": "the United States",
    "UN": "the United Nations Convention of 1988",
    "CHN": "China",
    "MEX": "Mexico",
}
TARGETED, _IN_FORCE = "targeted", "in_force"

HALFYEAR_STATE_PRECURSORS = Table(
    name="halfyear_state_precursors",
    title="Fentanyl precursors in forensic laboratory reports by State, half-year and precursor",
    description="One row is a half-year, a State or the District of Columbia and a precursor, with the reports of the "
    "whole fentanyl family to count them against. A State that reported some of the family and none of the precursor "
    "has a zero; counts are empty where it reported nothing of the family.",
    fields=(
        HALFYEAR_STATE.field("half_year"),
        HALFYEAR_STATE.field("state"),
        Field(
            "precursor",
            "string",
            f"Name in `precursor_controls` of what is controlled, with all whose listing reaches it; {UNCONTROLLED} for "
            "by-products and intermediates under no control of their own.",
            constraints={"required": True, "enum": list(_PRECURSORS)},
        ),
        Field("reports", "integer", "Reports of it.", "reports", {"minimum": 0}),
        HALFYEAR_STATE.field("reports_family"),
        *(
            Field(
                f"controlled_{code.lower()}",
                "yearmonth",
                f"First month a control aimed at it by name was in force in {name} or, where the source does not say "
                f"when, was published or voted; empty if there is none on record. {UNREAD}",
            )
            for code, name in JURISDICTIONS.items()
        ),
        HALFYEAR_STATE.field("complete"),
    ),
    primary_key=("half_year", "state", "precursor"),
    licences=(licences.US_GOVERNMENT,),
    sources=derived("lab_reports_fentanyl", "precursor_reports", "precursor_controls"),
    time="half_year",
    caveats=(
        *PRECURSOR_REPORTS.caveats,
        "A zero is no report: laboratories need not have looked for the precursor.",
        "One item can be reported for several of the family, so shares of it do not add up to anything.",
        "Territories and reports of unknown State are left out.",
    ),
)


def halfyear_state_precursors(
    lab_reports_fentanyl: "pd.DataFrame", precursor_reports: "pd.DataFrame", precursor_controls: "pd.DataFrame"
) -> "pd.DataFrame":
    """Half-years, States and precursors as rows; reports, those of the family and months of control as columns.

    Parameters
    ----------
    lab_reports_fentanyl, precursor_reports, precursor_controls
        Frames of the raw tables of those names.

    Raises
    ------
    DataError
        If half-years between the first and the last are missing, or there are no reports of fentanyl or 4-ANPP.
    """
    import pandas as pd

    family = halfyear_state(lab_reports_fentanyl)[["half_year", "state", "reports_family", "complete"]]
    frame = family.merge(pd.DataFrame({"precursor": list(_PRECURSORS)}), how="cross")
    named = precursor_reports.assign(precursor=precursor_reports["falls_under"].fillna(UNCONTROLLED))
    counts = named.groupby(["half_year", "state", "precursor"], as_index=False)["reports"].sum()
    frame = frame.merge(counts, how="left", on=["half_year", "state", "precursor"])
    frame["reports"] = frame["reports"].astype("Int64").fillna(0).where(frame["reports_family"].notna())
    for code in JURISDICTIONS:
        frame[f"controlled_{code.lower()}"] = frame["precursor"].map(_first_controls(precursor_controls, code))
    return frame[[field.name for field in HALFYEAR_STATE_PRECURSORS.fields]]


def _first_controls(precursor_controls: "pd.DataFrame", jurisdiction: str) -> dict[str, str]:
    """The first month a precursor was under a control aimed at it, by precursor: in force before published or voted."""
    chosen = precursor_controls[
        (precursor_controls["jurisdiction"] == jurisdiction) & (precursor_controls["kind"] == TARGETED)
    ]
    each = chosen.assign(precursor=chosen["substances"].str.split()).explode("precursor")
    first = each.assign(later=each["status"] != _IN_FORCE).sort_values(["later", "month"]).groupby("precursor")
    return dict(first["month"].first())


PANELS = (
    Panel(
        HALFYEAR_STATE_PRECURSORS,
        ("lab_reports_fentanyl", "precursor_reports", "precursor_controls"),
        halfyear_state_precursors,
    ),
)
