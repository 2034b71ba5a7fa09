"""Panels of the United States: what its borders seize, what its laboratories find and who dies of it."""

from typing import TYPE_CHECKING, Any

from crimjust_research.data.ingest import licences
from crimjust_research.data.panels.declaration import DECIMALS, UNREAD, Panel, derived, require
from crimjust_research.data.tables import Field, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import drugs, fentanyl, states

if TYPE_CHECKING:
    import pandas as pd

KILOGRAMS_PER_POUND = 0.45359237  # exactly: the international pound, US Federal Register 24 FR 5348 (1959)

BORDER_DRUGS, _DEATH_CLASSES = drugs.load().border_by_month, drugs.load().monthly_classes
_UNREAD_EVENTS, _UNREAD_CLASSES = ("ketamine", "ecstasy"), ("T40.2",)

MONTHLY_NATIONAL = Table(
    name="monthly_national",
    title="Border seizures and overdose deaths in the United States by month",
    description="One row is a calendar month of the United States: weight and events of border seizures by drug, and "
    "overdose deaths by drug class. A cell is empty where the raw table does not cover its month.",
    fields=(
        Field("month", "yearmonth", "Calendar month.", constraints={"required": True, "unique": True}),
        *(
            Field(f"seized_kg_{drug}", "number", f"{drug.capitalize()} seized.", "kilograms", {"minimum": 0})
            for drug in BORDER_DRUGS
        ),
        *(
            Field(
                f"seizure_events_{drug}",
                "integer",
                f"Events in which {drug} was seized.{f' {UNREAD}' if drug in _UNREAD_EVENTS else ''}",
                "events",
                {"minimum": 0},
            )
            for drug in BORDER_DRUGS
        ),
        *(
            Field(
                f"deaths_{code.lower().replace('.', '_')}",
                "integer",
                f"Overdose deaths that name {code} among the causes.{f' {UNREAD}' if code in _UNREAD_CLASSES else ''}",
                "deaths",
                {"minimum": 0},
            )
            for code in _DEATH_CLASSES
        ),
    ),
    primary_key=("month",),
    licences=(licences.US_GOVERNMENT, licences.CDC_WONDER),
    sources=derived("overdose_monthly_us", "seizures_us_border"),
    time="month",
    caveats=(
        "Pounds became kilograms at 0.45359237 kg to the pound.",
        "Within the months the seizure figures cover, a drug without a row was not seized: zero, not missing.",
        "A death that names several classes is counted in each: classes must not be added up.",
        "Seizures measure the effort of a service as well as the trade it faces.",
    ),
)


def monthly_national(overdose_monthly_us: "pd.DataFrame", seizures_us_border: "pd.DataFrame") -> "pd.DataFrame":
    """Months as rows; weight and events seized by drug, and deaths by class, as columns.

    Parameters
    ----------
    overdose_monthly_us, seizures_us_border
        Frames of the raw tables of those names.

    Raises
    ------
    DataError
        If a drug or class of the panel is in neither frame, or months between the first and last are missing.
    """
    import pandas as pd

    seized = seizures_us_border.pivot_table(
        index="month", columns="drug", values=["pounds", "events"], aggfunc="sum", fill_value=0
    )
    deaths = overdose_monthly_us.pivot_table(index="month", columns="icd10", values="deaths", aggfunc="first")
    require(BORDER_DRUGS, seized["pounds"].columns, "seizures_us_border", "drug")
    require(_DEATH_CLASSES, deaths.columns, "overdose_monthly_us", "icd10")
    months = pd.Index(sorted({*seized.index, *deaths.index}), name="month")
    expected = pd.period_range(months[0], months[-1], freq="M").astype("str")
    if len(months) != len(expected):
        raise DataError(f"monthly_national: no raw table covers {sorted(set(expected) - set(months))}; ingest the gap")
    seized, deaths = seized.reindex(months), deaths.reindex(months)
    columns: dict[str, pd.Series[Any]] = {
        **{
            f"seized_kg_{drug}": (seized["pounds", drug] * KILOGRAMS_PER_POUND).round(DECIMALS) for drug in BORDER_DRUGS
        },
        **{f"seizure_events_{drug}": seized["events", drug].astype("Int64") for drug in BORDER_DRUGS},
        **{f"deaths_{code.lower().replace('.', '_')}": deaths[code].astype("Int64") for code in _DEATH_CLASSES},
    }
    return pd.DataFrame(columns).reset_index()


HALFYEAR_STATE = Table(
    name="halfyear_state",
    title="Fentanyl and its precursor 4-ANPP in forensic laboratory reports by State and half-year",
    description="One row is a half-year and a State or the District of Columbia: reports of fentanyl, of 4-ANPP (alone "
    "and with its substituted forms) and of the whole fentanyl family. Cells are empty where the State reported "
    "nothing of the family.",
    fields=(
        Field(
            "half_year",
            "string",
            "Half-year of submission: H1 is January to June, H2 July to December.",
            constraints={"required": True, "pattern": "20[0-9]{2}H[12]"},
        ),
        Field("state", "string", "USPS code.", constraints={"required": True, "enum": list(states.load().states)}),
        Field("reports_fentanyl", "integer", "Reports of fentanyl.", "reports", {"minimum": 0}),
        Field("reports_4anpp", "integer", "Reports of 4-ANPP, a precursor and an impurity.", "reports", {"minimum": 0}),
        Field(
            "reports_4anpp_substituted",
            "integer",
            "Reports of 4-ANPP together with its substituted forms: members of the family named after it.",
            "reports",
            {"minimum": 0},
        ),
        Field("reports_family", "integer", "Reports of any member of the fentanyl family.", "reports", {"minimum": 1}),
        Field(
            "complete",
            "boolean",
            "False for the last two half-years on record, which laboratories are still reporting on.",
            constraints={"required": True},
        ),
    ),
    primary_key=("half_year", "state"),
    licences=(licences.US_GOVERNMENT,),
    sources=derived("lab_reports_fentanyl"),
    time="half_year",
    caveats=(
        "4-ANPP in a sample is an impurity of finished fentanyl as well as a precursor, and laboratories have changed "
        "which by-products they report: it marks synthesis, not the trade in precursors.",
        "Territories and reports of unknown State are left out.",
        "Reports follow what police seize and what laboratories test for.",
    ),
)
_UNFINISHED_HALVES = 2
# Chloro, fluoro, methyl and other forms: intermediates and impurities of the fentanyls with the same substitution.
_ANPP_FORMS = tuple(
    name for name in fentanyl.load().family if name == fentanyl.ANPP or name.endswith(f" {fentanyl.ANPP}")
)


def halfyear_state(lab_reports_fentanyl: "pd.DataFrame") -> "pd.DataFrame":
    """Half-years and States as rows; reports of fentanyl, 4-ANPP, its forms and the family as columns.

    Parameters
    ----------
    lab_reports_fentanyl
        Frame of the raw table of that name.

    Raises
    ------
    DataError
        If half-years between the first and the last are missing, or there are no reports of fentanyl or 4-ANPP.
    """
    import pandas as pd

    reports = lab_reports_fentanyl[lab_reports_fentanyl["state"].isin(list(states.load().states))]
    require(("Fentanyl", fentanyl.ANPP), reports["substance"], "lab_reports_fentanyl", "substance")
    halves = sorted(reports["half_year"].unique())
    expected = [f"{y}H{h}" for y in range(int(halves[0][:4]), int(halves[-1][:4]) + 1) for h in (1, 2)]
    if missing := [half for half in expected if halves[0] <= half <= halves[-1] and half not in halves]:
        raise DataError(f"halfyear_state: the raw table has no row of {', '.join(missing)}; ingest a whole export")
    grid = pd.MultiIndex.from_product([halves, list(states.load().states)], names=["half_year", "state"])
    by_cell = reports.groupby(["half_year", "state", "substance"])["reports"].sum()
    family = by_cell.groupby(["half_year", "state"]).sum().reindex(grid).astype("Int64")

    def of(*substances: str) -> "pd.Series[int]":
        # A State that reported some of the family, and none of these substances, reported them no times.
        named = by_cell[by_cell.index.get_level_values("substance").isin(substances)]
        counts = named.groupby(["half_year", "state"]).sum().reindex(grid).astype("Int64")
        return counts.fillna(0).where(family.notna())

    frame = pd.DataFrame(
        {
            "reports_fentanyl": of("Fentanyl"),
            "reports_4anpp": of(fentanyl.ANPP),
            "reports_4anpp_substituted": of(*_ANPP_FORMS),
            "reports_family": family,
        }
    ).reset_index()
    return frame.assign(complete=~frame["half_year"].isin(halves[-_UNFINISHED_HALVES:]))


PANELS = (
    Panel(MONTHLY_NATIONAL, ("overdose_monthly_us", "seizures_us_border"), monthly_national),
    Panel(HALFYEAR_STATE, ("lab_reports_fentanyl",), halfyear_state),
)
