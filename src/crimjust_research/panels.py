"""Analysis panels: raw tables into the shapes the assessments read.

A panel is a pure function of raw tables; what is missing in them stays missing here, in a cell of its own.
`build` writes the panels to `data/processed`, in identical bytes as long as the raw tables are the same.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crimjust_research import catalog
from crimjust_research.catalog import Catalog, Field, Release, Resource, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.ingest import licences

if TYPE_CHECKING:
    import pandas as pd

KILOGRAMS_PER_POUND = 0.45359237  # exactly: the international pound, US Federal Register 24 FR 5348 (1959)
_DECIMALS = 6  # milligrams, which no publisher weighs to: the last bits of a sum are not worth a changed file


@dataclass(frozen=True)
class Panel:
    """A panel's declaration, the raw tables it is made of, and the function that makes it of their frames."""

    table: Table
    inputs: tuple[str, ...]
    make: Callable[..., "pd.DataFrame"]


_BORDER_DRUGS = ("fentanyl", "methamphetamine", "cocaine", "heroin", "cannabis", "ketamine", "ecstasy")
_DEATH_CLASSES = ("T40.1", "T40.2", "T40.4", "T40.5")


def _derived(*tables: str) -> tuple[Source, ...]:
    return tuple(Source(f"raw table {name}", f"data/raw/{name}") for name in tables)


MONTHLY_NATIONAL = Table(
    name="monthly_national",
    title="Border seizures and overdose deaths in the United States by month",
    description="One row is a calendar month of the United States: weight and events of border seizures by drug, and "
    "overdose deaths by drug class. A cell is empty where the raw table does not cover its month.",
    fields=(
        Field("month", "yearmonth", "Calendar month.", constraints={"required": True, "unique": True}),
        *(
            Field(f"seized_kg_{drug}", "number", f"{drug.capitalize()} seized.", "kilograms", {"minimum": 0})
            for drug in _BORDER_DRUGS
        ),
        *(
            Field(f"seizure_events_{drug}", "integer", f"Events in which {drug} was seized.", "events", {"minimum": 0})
            for drug in _BORDER_DRUGS
        ),
        *(
            Field(
                f"deaths_{code.lower().replace('.', '_')}",
                "integer",
                f"Overdose deaths that name {code} among the causes.",
                "deaths",
                {"minimum": 0},
            )
            for code in _DEATH_CLASSES
        ),
    ),
    primary_key=("month",),
    licences=(licences.US_GOVERNMENT, licences.CDC_WONDER),
    sources=_derived("overdose_monthly_us", "seizures_us_border"),
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
    _require(_BORDER_DRUGS, seized["pounds"].columns, "seizures_us_border", "drug")
    _require(_DEATH_CLASSES, deaths.columns, "overdose_monthly_us", "icd10")
    months = pd.Index(sorted({*seized.index, *deaths.index}), name="month")
    expected = pd.period_range(months[0], months[-1], freq="M").astype("str")
    if len(months) != len(expected):
        raise DataError(f"monthly_national: no raw table covers {sorted(set(expected) - set(months))}; ingest the gap")
    seized, deaths = seized.reindex(months), deaths.reindex(months)
    columns: dict[str, pd.Series[Any]] = {
        **{
            f"seized_kg_{drug}": (seized["pounds", drug] * KILOGRAMS_PER_POUND).round(_DECIMALS)
            for drug in _BORDER_DRUGS
        },
        **{f"seizure_events_{drug}": seized["events", drug].astype("Int64") for drug in _BORDER_DRUGS},
        **{f"deaths_{code.lower().replace('.', '_')}": deaths[code].astype("Int64") for code in _DEATH_CLASSES},
    }
    return pd.DataFrame(columns).reset_index()


def _require(wanted: Iterable[str], present: Iterable[str], table: str, column: str) -> None:
    missing = sorted(set(wanted) - set(present))
    if missing:
        raise DataError(f"raw table {table!r} has no row with {column} {', '.join(missing)}; ingest the files with it")


PANELS = (Panel(MONTHLY_NATIONAL, ("overdose_monthly_us", "seizures_us_border"), monthly_national),)


def assemble(name: str, raw: Catalog, vintages: Mapping[str, str] | None = None) -> Release:
    """The panel of that name, made of `raw`; `vintages` picks other than the latest release of some raw tables.

    Its vintage is that of its newest input. Its notes name each input's vintage and hash.

    Raises
    ------
    DataError
        If there is no such panel, an input is missing or unsound, or `vintages` names a table it is not made of.
    """
    panel = next((p for p in PANELS if p.table.name == name), None)
    if panel is None:
        from difflib import get_close_matches

        names = [p.table.name for p in PANELS]
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise DataError(f"no panel {name!r}; {hint}there are: {', '.join(names)}")
    chosen = dict(vintages or {})
    if foreign := sorted(set(chosen) - set(panel.inputs)):
        raise DataError(f"panel {name!r} is not made of {', '.join(foreign)} but of {', '.join(panel.inputs)}")
    resources = {table: raw.resource(table, chosen.get(table, "latest")) for table in panel.inputs}
    frames = {table: raw.open(table, resource.vintage) for table, resource in resources.items()}
    return Release(
        table=panel.table,
        vintage=max(resource.vintage for resource in resources.values()),
        frame=panel.make(**frames),
        notes=tuple(f"made of {table} {r.vintage}, sha256 {r.sha256}" for table, r in resources.items()),
    )


def build(names: Iterable[str] | None = None) -> tuple[Resource, ...]:
    """Rebuild panels, all of them if none is named, from the latest raw tables, in place of the stored ones.

    Raises
    ------
    DataError
        If a panel is unknown, an input is missing or unsound, or a panel breaks its schema; nothing is written then.
    """
    raw = catalog.raw()
    wanted = [p.table.name for p in PANELS] if names is None else list(names)
    return catalog.processed().store([assemble(name, raw) for name in wanted], replace=True)
