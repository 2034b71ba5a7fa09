"""Precursor chemicals by one name each, the drugs they are diverted for, and the names UNODC gives them.

What a chemical makes is what the International Narcotics Control Board (INCB) traces it for in its yearly reports on
precursors (https://www.incb.org/incb/en/precursors/technical_reports/precursors-technical-reports.html). `table` is the
table of the United Nations Convention of 1988 that lists it, None where none does. A chemical that serves the
manufacture of several drugs is `is_shared` and counts for the drug most of it is seized on the way to: the acids and
solvents of Table II serve cocaine before heroin. Acetic anhydride also serves the making of phenylacetone, which takes
so little of it that it is not marked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from crimjust_research.errors import VocabularyError

if TYPE_CHECKING:
    import pandas as pd

COCAINE, HEROIN, STIMULANTS, FENTANYLS = "cocaine", "heroin", "amphetamine-type stimulants", "fentanyls"
OTHER, UNKNOWN = "other", "unknown"
MAKES = (COCAINE, HEROIN, STIMULANTS, FENTANYLS, OTHER, UNKNOWN)


@dataclass(frozen=True)
class Chemical:
    """A precursor: the drugs it makes, its table of the 1988 Convention, and the names it is published under."""

    name: str
    makes: str
    table: str | None
    published: tuple[str, ...]
    is_shared: bool = False


def _chemical(name: str, makes: str, table: str | None, published: str, is_shared: bool = False) -> Chemical:
    return Chemical(name, makes, table, tuple(" ".join(part.split()) for part in published.split(";")), is_shared)


CHEMICALS = (
    _chemical("potassium permanganate", COCAINE, "I", "Potassium Permanganate; Potassium permanganate"),
    _chemical("acetone", COCAINE, "II", "Acetone", is_shared=True),
    _chemical("acetone or ethyl ether", COCAINE, "II", "Acetone/Ethyl Ether", is_shared=True),
    _chemical("ethyl ether", COCAINE, "II", "Ethyl ether", is_shared=True),
    _chemical("hydrochloric acid", COCAINE, "II", "Hydrochloric Acid; Hydrochloric acid", is_shared=True),
    _chemical("methyl ethyl ketone", COCAINE, "II", "Methyl Ethyl Ketone", is_shared=True),
    _chemical("sulphuric acid", COCAINE, "II", "Sulphuric Acid; Sulphuric acid", is_shared=True),
    _chemical("toluene", COCAINE, "II", "Toluene; Toluol", is_shared=True),
    _chemical("sodium carbonate", COCAINE, None, "Sodium Carbonate", is_shared=True),
    _chemical("acetic anhydride", HEROIN, "I", "Acetic Anhydride; Acetic anhydride"),
    _chemical("ammonium chloride", HEROIN, None, "Ammonium chloride", is_shared=True),
    _chemical("ephedrine", STIMULANTS, "I", "Ephedrine"),
    _chemical("pseudoephedrine", STIMULANTS, "I", "Pseudoephedrine"),
    _chemical(
        "norephedrine",
        STIMULANTS,
        "I",
        "Norephedrine; Phenylpropanalamine (norephedrine, norpseudoephedrine)",
    ),
    _chemical(
        "phenylacetone (P-2-P)",
        STIMULANTS,
        "I",
        "Phenylacetone; Phenylacetone (P-2-P); Phenylacetone (P2P); BMK (1-phenyl-2-propanone)",
    ),
    _chemical("phenylacetic acid", STIMULANTS, "I", "Phenylacetic acid (PAA)"),
    _chemical("APAAN", STIMULANTS, "I", "APAAN (alpha-phenylacetoacetonitrile)"),
    _chemical("APAA", STIMULANTS, "I", "APAA"),
    _chemical(
        "3,4-MDP-2-P (PMK)",
        STIMULANTS,
        "I",
        "3,4-Methylenedioxyphenyl-2-propanone (3,4-MDP-2-P, PMK); MDP2P",
    ),
    _chemical("PMK glycidate", STIMULANTS, "I", "PMK-glycidate"),
    _chemical("1-phenyl-2-propanol", STIMULANTS, None, "1-Phenyl-2-propanol"),
    _chemical("phenyl-2-nitropropene", STIMULANTS, None, "Phenyl-2-nitropropene"),
    _chemical("formamides", STIMULANTS, None, "Formamides; Formetorex (N-formylamphetamine, formetamide)"),
    _chemical("N-acetylmethamphetamine", STIMULANTS, None, "N-acetylmethamphetamine"),
    _chemical("methylamine", STIMULANTS, None, "Methylamine"),
    _chemical("iodine", STIMULANTS, None, "Iodine"),
    _chemical("hypophosphorous acid", STIMULANTS, None, "Hypophosphorous Acid"),
    _chemical("phosphorous acid", STIMULANTS, None, "Phosphorous Acid"),
    _chemical("NPP", FENTANYLS, "I", "N-Phenethyl-4-piperidinone (NPP)"),
    _chemical("1-phenethyl-4-hydroxypiperidine", FENTANYLS, None, "1-phenethyl-4-hydroxypiperidine"),
    _chemical("lysergic acid", OTHER, "I", "Lysergic acid"),
    _chemical("piperidine", OTHER, "II", "Piperidine"),
    _chemical("phenylpiperidine", OTHER, None, "Phenylpiperidine"),
    _chemical("cyclohexanone", OTHER, None, "Cyclohexanone"),
    _chemical("pyrrolidine", OTHER, None, "Pyrrolidine"),
    _chemical("dimethylamine", UNKNOWN, None, "Dimethylamine"),
    _chemical("hydroxylammonium chloride", UNKNOWN, None, "Hydroxylammonium chloride"),
    _chemical("sodium hydroxide", UNKNOWN, None, "Sodium hydroxide"),
    _chemical("acids, not specified", UNKNOWN, None, "Acids"),
    _chemical("precursors, not specified", UNKNOWN, None, "Non-specified precursors; Other precursors"),
)
BY_NAME: Mapping[str, Chemical] = MappingProxyType({chemical.name: chemical for chemical in CHEMICALS})
PUBLISHED: Mapping[str, str] = MappingProxyType(
    {published: chemical.name for chemical in CHEMICALS for published in chemical.published}
)


def chemicals_of(published: "pd.Series[str]", where: str) -> "pd.Series[str]":
    """This project's name of each precursor; `where` names the file or table in an error.

    Raises
    ------
    VocabularyError
        Naming place, row, column and value of the first unknown name, and the nearest known one.
    """
    unknown = published[~published.isin(list(PUBLISHED))]
    if len(unknown):
        from difflib import get_close_matches

        row, value = next(unknown.items())
        near = get_close_matches(str(value), PUBLISHED, n=1)
        hint = f"did the publisher mean {near[0]!r}? " if near else ""
        raise VocabularyError(
            f"{where}: row {row}, {published.name} = {value!r} is not a known precursor; {hint}mend the cell, or add "
            f"the name to its chemical in vocabulary/precursors.py ({unknown.nunique()} unknown in all)"
        )
    return published.map(PUBLISHED).astype("str")
