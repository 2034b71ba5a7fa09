"""Jurisdictions of the United States: USPS codes, names and FIPS codes.

Sources: US Postal Service, Publication 28, appendix B; US Census Bureau, American National Standards Institute codes.
"""

from crimjust_research.errors import VocabularyError

# USPS code: name, FIPS code. The 50 States and the District of Columbia.
STATES = {
    "AL": ("Alabama", "01"),
    "AK": ("Alaska", "02"),
    "AZ": ("Arizona", "04"),
    "AR": ("Arkansas", "05"),
    "CA": ("California", "06"),
    "CO": ("Colorado", "08"),
    "CT": ("Connecticut", "09"),
    "DE": ("Delaware", "10"),
    "DC": ("District of Columbia", "11"),
    "FL": ("Florida", "12"),
    "GA": ("Georgia", "13"),
    "HI": ("Hawaii", "15"),
    "ID": ("Idaho", "16"),
    "IL": ("Illinois", "17"),
    "IN": ("Indiana", "18"),
    "IA": ("Iowa", "19"),
    "KS": ("Kansas", "20"),
    "KY": ("Kentucky", "21"),
    "LA": ("Louisiana", "22"),
    "ME": ("Maine", "23"),
    "MD": ("Maryland", "24"),
    "MA": ("Massachusetts", "25"),
    "MI": ("Michigan", "26"),
    "MN": ("Minnesota", "27"),
    "MS": ("Mississippi", "28"),
    "MO": ("Missouri", "29"),
    "MT": ("Montana", "30"),
    "NE": ("Nebraska", "31"),
    "NV": ("Nevada", "32"),
    "NH": ("New Hampshire", "33"),
    "NJ": ("New Jersey", "34"),
    "NM": ("New Mexico", "35"),
    "NY": ("New York", "36"),
    "NC": ("North Carolina", "37"),
    "ND": ("North Dakota", "38"),
    "OH": ("Ohio", "39"),
    "OK": ("Oklahoma", "40"),
    "OR": ("Oregon", "41"),
    "PA": ("Pennsylvania", "42"),
    "RI": ("Rhode Island", "44"),
    "SC": ("South Carolina", "45"),
    "SD": ("South Dakota", "46"),
    "TN": ("Tennessee", "47"),
    "TX": ("Texas", "48"),
    "UT": ("Utah", "49"),
    "VT": ("Vermont", "50"),
    "VA": ("Virginia", "51"),
    "WA": ("Washington", "53"),
    "WV": ("West Virginia", "54"),
    "WI": ("Wisconsin", "55"),
    "WY": ("Wyoming", "56"),
}
TERRITORIES = {"GU": ("Guam", "66"), "PR": ("Puerto Rico", "72"), "VI": ("Virgin Islands", "78")}
# No postal codes but CDC's own: the country whole, and New York City, which CDC reports apart from New York State.
NATION, NEW_YORK_CITY = "US", "YC"
REPORTING = {NATION: "United States", NEW_YORK_CITY: "New York City"}

NAMES = {code: name for code, (name, _) in (STATES | TERRITORIES).items()} | REPORTING
FIPS = {code: fips for code, (_, fips) in (STATES | TERRITORIES).items()}
BY_NAME = {name: code for code, name in NAMES.items()}
BY_FIPS = {fips: code for code, fips in FIPS.items()}


def state(code_or_name: str) -> str:
    """USPS code of the State, District, territory or reporting area of that code or name.

    Raises
    ------
    VocabularyError
        If there is none; the message suggests the nearest name.
    """
    if code_or_name in NAMES:
        return code_or_name
    if code_or_name in BY_NAME:
        return BY_NAME[code_or_name]
    from difflib import get_close_matches

    near = get_close_matches(code_or_name, [*BY_NAME, *NAMES], n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise VocabularyError(f"{code_or_name!r} is no State or territory of the United States; {hint}write a USPS code")
