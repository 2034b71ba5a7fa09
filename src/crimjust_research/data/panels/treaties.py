"""When each State bound itself to the treaties on drugs, organised crime and corruption."""

from typing import TYPE_CHECKING

from crimjust_research.data.ingest import licences
from crimjust_research.data.ingest.un_treaties import TREATIES
from crimjust_research.data.panels.countries import PROGRAMME_FIELDS, REGION_FIELD, countries
from crimjust_research.data.panels.declaration import Panel, derived, require
from crimjust_research.data.tables import Field, Table
from crimjust_research.vocabulary import treaties

if TYPE_CHECKING:
    import pandas as pd

_TREATIES = treaties.load().by_name

COUNTRY_TREATIES = Table(
    name="country_treaties",
    title="Years in which States bound themselves to treaties on drugs, organised crime and corruption",
    description="One row is a State that stands in the status list of any of the treaties, with the year it bound itself "
    "to each.",
    fields=(
        Field("iso3", "string", "State.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        *(
            Field(
                f"{name}_consent",
                "year",
                f"{treaty.title}: year of consent to be bound; empty if there was none by the last act in the treaty's "
                "list (`status_of` in `treaties`).",
            )
            for name, treaty in _TREATIES.items()
        ),
        REGION_FIELD,
        *PROGRAMME_FIELDS,
    ),
    primary_key=("iso3",),
    licences=(licences.UNITED_NATIONS, licences.UNODC, licences.EUROPEAN_UNION, licences.INTERPOL),
    sources=derived("treaties", "programme", "programme_entry"),
    caveats=(
        *TREATIES.caveats,
        "A State bound by the convention of 1961 as amended need not stand in the list of the convention as adopted.",
    ),
)


def country_treaties(
    treaties: "pd.DataFrame", programme: "pd.DataFrame", programme_entry: "pd.DataFrame"
) -> "pd.DataFrame":
    """States as rows; the year of consent to each treaty, region and part in the programme as columns.

    Parameters
    ----------
    treaties, programme, programme_entry
        Corrected frames of the raw tables of those names.

    Raises
    ------
    DataError
        If a treaty is not in the raw table, or either table of the programme names a country that is in no region.
    """
    import pandas as pd

    require(_TREATIES, treaties["treaty"], "treaties", "treaty")
    years = treaties.assign(year=treaties["consent"].str[:4].astype("Int64"))
    by_treaty = {f"{name}_consent": rows.set_index("iso3")["year"] for name, rows in years.groupby("treaty")}
    static = countries(programme, programme_entry).set_index("iso3")
    frame = pd.DataFrame(by_treaty).rename_axis("iso3").reset_index().join(static, on="iso3")
    return frame[[field.name for field in COUNTRY_TREATIES.fields]]


PANELS = (Panel(COUNTRY_TREATIES, ("treaties", "programme", "programme_entry"), country_treaties),)
