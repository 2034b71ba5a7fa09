"""Drugs as this project names them, and the names, codes and indicators publishers use for them."""

from crimjust_research.errors import VocabularyError

# Codes of the International Classification of Diseases, 10th revision (WHO), that a death certificate lists among
# the causes of a drug overdose death.
ICD10 = {
    "T40.0": "opium",
    "T40.1": "heroin",
    "T40.2": "natural and semi-synthetic opioids",
    "T40.3": "methadone",
    "T40.4": "synthetic opioids other than methadone, mainly fentanyl",
    "T40.5": "cocaine",
    "T40.6": "other and unspecified narcotics",
    "T43.6": "psychostimulants with abuse potential, mainly methamphetamine",
}

# US Customs and Border Protection's drug types. The asterisks point to its list of the other drugs.
CBP = {
    "Cocaine": "cocaine",
    "Ecstasy": "ecstasy",
    "Fentanyl": "fentanyl",
    "Heroin": "heroin",
    "Ketamine": "ketamine",
    "Khat (Catha Edulis)": "khat",
    "Lsd": "lsd",
    "Marijuana": "cannabis",
    "Methamphetamine": "methamphetamine",
    "Other Drugs**": "other",
}
SEIZED = tuple(sorted(CBP.values()))

# Indicators of CDC's Vital Statistics Rapid Release, by its names for them.
VSRR = {
    "Number of Deaths": "all_deaths",
    "Number of Drug Overdose Deaths": "overdose_deaths",
    "Percent with drugs specified": "percent_drugs_specified",
    "Opioids (T40.0-T40.4,T40.6)": "t40_0_to_4_and_6",
    "Heroin (T40.1)": "t40_1",
    "Natural & semi-synthetic opioids (T40.2)": "t40_2",
    "Natural & semi-synthetic opioids, incl. methadone (T40.2, T40.3)": "t40_2_to_3",
    "Natural, semi-synthetic, & synthetic opioids, incl. methadone (T40.2-T40.4)": "t40_2_to_4",
    "Methadone (T40.3)": "t40_3",
    "Synthetic opioids, excl. methadone (T40.4)": "t40_4",
    "Cocaine (T40.5)": "t40_5",
    "Psychostimulants with abuse potential (T43.6)": "t43_6",
}
INDICATORS = tuple(VSRR.values())


def seized(drug: str) -> str:
    """`drug` if border seizures of it are recorded under that name.

    Raises
    ------
    VocabularyError
        If not; the message suggests the nearest name and lists them all.
    """
    return _known(drug, SEIZED, "drug seized at the border")


def indicator(name: str) -> str:
    """`name` if 12-month overdose counts are recorded under that indicator.

    Raises
    ------
    VocabularyError
        If not; the message suggests the nearest indicator and lists them all.
    """
    return _known(name, INDICATORS, "indicator of overdose deaths")


def icd10(code: str) -> str:
    """`code` if overdose deaths are counted under it.

    Raises
    ------
    VocabularyError
        If not; the message suggests the nearest code and lists them all.
    """
    return _known(code, tuple(ICD10), "ICD-10 code of a drug class")


def _known(name: str, accepted: tuple[str, ...], what: str) -> str:
    if name in accepted:
        return name
    from difflib import get_close_matches

    near = get_close_matches(name.strip().lower(), accepted, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise VocabularyError(f"{name!r} is not a known {what}; {hint}accepted are: {', '.join(accepted)}")
