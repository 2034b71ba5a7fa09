"""Drug markets and resilience to organised crime by State and edition, and what the programme has to do with each."""

from typing import TYPE_CHECKING

from crimjust_research.data.ingest import licences
from crimjust_research.data.ingest.gi_toc import ORGANIZED_CRIME_INDEX
from crimjust_research.data.panels.countries import PROGRAMME_FIELDS, REGION_FIELD, countries
from crimjust_research.data.panels.declaration import Panel, derived
from crimjust_research.data.tables import Table

if TYPE_CHECKING:
    import pandas as pd

ORGANIZED_CRIME_EDITION = Table(
    name="organized_crime_edition",
    title="Drug markets, resilience to organised crime and part in the programme, by State and edition",
    description="One row is a State and an edition of the Global Organized Crime Index, with its scores and the State's "
    "part in the programme.",
    fields=(*ORGANIZED_CRIME_INDEX.fields, REGION_FIELD, *PROGRAMME_FIELDS),
    primary_key=ORGANIZED_CRIME_INDEX.primary_key,
    licences=(licences.ORGANIZED_CRIME_INDEX, licences.UNODC, licences.EUROPEAN_UNION, licences.INTERPOL),
    sources=derived("organized_crime_index", "programme", "programme_entry"),
    time="edition",
    caveats=(
        *ORGANIZED_CRIME_INDEX.caveats,
        "Many States had joined the programme before the first edition: for them there is no score from before.",
    ),
)


def organized_crime_edition(
    organized_crime_index: "pd.DataFrame", programme: "pd.DataFrame", programme_entry: "pd.DataFrame"
) -> "pd.DataFrame":
    """States and editions as rows; scores, region and part in the programme as columns.

    Parameters
    ----------
    organized_crime_index, programme, programme_entry
        Corrected frames of the raw tables of those names.

    Raises
    ------
    DataError
        If either table of the programme names a country that is in no region.
    """
    static = countries(programme, programme_entry).set_index("iso3")
    scores = organized_crime_index[[field.name for field in ORGANIZED_CRIME_INDEX.fields]]
    frame = scores.join(static, on="iso3")
    return frame[[field.name for field in ORGANIZED_CRIME_EDITION.fields]]


PANELS = (
    Panel(
        ORGANIZED_CRIME_EDITION,
        ("organized_crime_index", "programme", "programme_entry"),
        organized_crime_edition,
    ),
)
