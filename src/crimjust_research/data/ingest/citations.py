"""Citations in hand-compiled files: publishers' own addresses, whatever copy a figure was read from."""

from typing import TYPE_CHECKING

from crimjust_research.data.tables import Source

if TYPE_CHECKING:
    import pandas as pd

UNODC_CRIMJUST = Source(
    "UNODC, CRIMJUST: news of the programme",
    "https://www.unodc.org/unodc/en/drug-trafficking/crimjust/index.html",
)
_SOURCE_DOCUMENT = "UNODC, Responses to Questions for the Record, 12 December 2021"
# What a file cites by a copy or by a name of its own, and the publisher it is from.
_PUBLISHERS = {
    "EU AAP 2018 Annex II header (vdocuments.us copy)": "European Commission, Annual Action Programme 2018, Annex II",
    "fpi.ec.europa.eu news 2024-10-01": "European Commission, Foreign Policy Instruments, news of 1 October 2024",
    "INTERPOL press via foxnaija/lindaikeji": "INTERPOL, press release of March 2017",
    "interpol.int Project CRIMJUST page": "https://www.interpol.int/Crimes/Drug-trafficking/Project-CRIMJUST",
    "Operation Azure news": "UNODC, news of Operation Azure",
    "seed": _SOURCE_DOCUMENT,
    "seed 000_f460d1717b7ad949": _SOURCE_DOCUMENT,
}


def published_addresses(cited: "pd.Series[str]") -> "pd.Series[str]":
    """A column of citations, joined by semicolons, as publishers' addresses; missing cells stay missing.

    An address is completed with its scheme. A pointer to another row (`same`) that was left is taken out.
    """
    return cited.map(_address, na_action="ignore").astype("str")


def _address(cited: str) -> str:
    parts = [part.strip() for part in cited.split(";")]
    return "; ".join(_completed(part) for part in parts if part != "same")


def _completed(part: str) -> str:
    if part in _PUBLISHERS:
        return _PUBLISHERS[part]
    domain = part.split("/", 1)[0]
    is_address = "." in domain and " " not in domain
    return f"https://{'www.' if domain == 'unodc.org' else ''}{part}" if is_address else part
