"""Country names and codes of the publishers, and refusals of any other."""

import pandas as pd
import pytest
from babel import Locale
from babel.core import get_global
from hypothesis import given, settings
from hypothesis import strategies as st
from publisher_files import junk

from crimjust_research import document
from crimjust_research.errors import VocabularyError
from crimjust_research.vocabulary import countries


def column(*values: str, name: str = "Country") -> pd.Series:
    return pd.Series(values, name=name, dtype="str", index=range(2, 2 + len(values)))


@pytest.mark.parametrize(
    ("published", "iso3"),
    [
        ("Bolivia (Plurinational State of)", "BOL"),
        ("Bolivia, Plurinational State of", "BOL"),
        ("Burma", "MMR"),
        ("China (PRC)", "CHN"),
        ("China, Hong Kong SAR", "HKG"),
        ("China, Taiwan Province of China", "TWN"),
        ("Congo, the Democratic Republic of the", "COD"),
        ("Congo", "COG"),
        ("Côte d'Ivoire", "CIV"),
        ("Dominica", "DMA"),
        ("Dominican Republic", "DOM"),
        ("England", "GBR"),
        ("Guinea", "GIN"),
        ("Guinea-Bissau", "GNB"),
        ("Iraq (Kurdistan Region)", "IRQ"),
        ("Korea, Democratic People's Republic of", "PRK"),
        ("Korea, Republic of", "KOR"),
        ("Kosovo under UNSCR 1244", "XKX"),
        ("Lao Peoples Democratic Republic", "LAO"),
        ("Macau, SAR of China", "MAC"),
        ("Macau (China)", "MAC"),
        ("Namibia", "NAM"),
        ("Netherlands Antilles", "ANT"),
        ("Niger", "NER"),
        ("Nigeria", "NGA"),
        ("State of Palestine", "PSE"),
        ("Swaziland", "SWZ"),
        ("The former Yugoslav Republic of Macedonia", "MKD"),
        ("USA", "USA"),
        ("United Kingdom (Northern Ireland)", "GBR"),
        ("Venezuela, RB", "VEN"),
    ],
)
def test_names_of_all_publishers_have_one_code(published: str, iso3: str) -> None:
    assert countries.iso3_of(column(published), "file.csv").tolist() == [iso3]


@pytest.mark.parametrize(
    ("published", "iso3"),
    [
        ("Estados Unidos", "USA"),
        ("Guinea Ecuatorial", "GNQ"),
        ("Perú", "PER"),
        ("República Dominicana", "DOM"),
        ("Allemagne", "DEU"),
        ("Côte d’Ivoire", "CIV"),
        ("République dominicaine", "DOM"),
        ("Moçambique", "MOZ"),
        ("Reino Unido", "GBR"),
    ],
)
def test_names_are_read_in_the_programme_s_languages(published: str, iso3: str) -> None:
    assert countries.iso3_of(column(published), "file.csv").tolist() == [iso3]


WRITTEN = {
    "ALA": ["Åland Islands"],
    "ARE": ["United Arab Emirates", "Emiratos Árabes Unidos", "Émirats arabes unis", "UAE"],
    "BEN": ["Bénin", "Benín"],
    "BHS": ["Bahamas, The", "The Bahamas"],
    "BIH": ["Bosnia & Herzegovina", "Bosnia Herzegovina"],
    "BOL": ["Bolivia (Plurinational State of)", "Bolivia (Plur. State of)", "Estado Plurinacional de Bolivia"],
    "BRA": ["Brasil", "Brésil"],
    "BRN": ["Brunei", "Brunei Darussalam"],
    "CAF": ["Central African Rep.", "República Centroafricana", "Rép. centrafricaine"],
    "CHN": ["China, mainland", "China", "People's Republic of China"],
    "CIV": ["Côte d'Ivoire", "Cote d Ivoire", "Cote d'Ivoire", "COTE D’IVOIRE", "Costa de Marfil", "Ivory Coast"],
    "CMR": ["Cameroun", "Camerún"],
    "COD": [
        "Rép. dém. du Congo",
        "République démocratique du Congo",
        "Congo (RDC)",
        "RDC",
        "Congo-Kinshasa",
        "Congo (Kinshasa)",
        "Congo, Dem. Rep. of the",
        "D.R. Congo",
        "Dem. Rep. Congo",
        "Dem. Rep. of the Congo",
        "Congo, Dem. Rep.",
    ],
    "COG": [
        "Congo-Brazzaville",
        "Congo, Rep.",
        "Rép. du Congo",
        "République du Congo",
        "Republic of the Congo",
        "Congo (Brazzaville)",
    ],
    "CPV": ["Cabo Verde", "Cape Verde"],
    "CUW": ["Curaçao", "Curacao"],
    "CYM": ["Cayman Is."],
    "CZE": ["Czechia", "Czech Rep."],
    "DEU": ["Alemania", "Allemagne"],
    "DOM": ["Dominican Rep.", "Rep. Dominicana", "Rép. dominicaine"],
    "EGY": ["Egypt, Arab Rep.", "Egypt"],
    "ESP": ["España", "Espagne"],
    "FRO": ["Faroe Islands", "Faeroe Islands"],
    "FSM": ["Micronesia, Fed. Sts.", "Micronesia (Fed. States of)"],
    "GBR": [
        "United Kingdom",
        "U.K.",
        "United Kingdom of Great Britain and Northern Ireland",
        "Royaume-Uni",
        "Reino Unido",
    ],
    "GMB": ["Gambia, The", "Gambia (Republic of The)"],
    "GNB": ["Guinea Bissau", "Guinée-Bissau", "Guiné-Bissau"],
    "GNQ": ["Guinée équatoriale", "Equatorial Guinea"],
    "HKG": ["Hong Kong SAR, China", "Hong Kong, China", "Hong Kong SAR"],
    "HTI": ["Haití", "Haïti"],
    "IRN": ["Iran, Islamic Rep.", "Iran (Islamic Rep. of)"],
    "KGZ": ["Kyrgyzstan", "Kyrgyz Rep."],
    "KNA": ["Saint Kitts and Nevis", "St. Kitts and Nevis", "St. Kitts & Nevis"],
    "KOR": [
        "Korea, Rep.",
        "Rep. of Korea",
        "Republic of Korea",
        "Korea (Republic of)",
        "South Korea",
        "Corea del Sur",
        "Corée du Sud",
    ],
    "LAO": ["Lao PDR", "Lao People's Dem. Rep.", "Laos"],
    "LBY": ["Libya", "Libyan Arab Jamahiriya"],
    "MAC": ["Macao SAR", "Macao SAR, China", "Macau", "Macao, China"],
    "MAF": ["St. Martin (French part)"],
    "MDA": ["Rep. of Moldova", "Republic of Moldova", "Moldova, Rep. of"],
    "MEX": ["México", "Mexique"],
    "MHL": ["Marshall Is."],
    "MKD": ["The former Yugoslav Rep. of Macedonia", "North Macedonia", "Republic of North Macedonia", "FYR Macedonia"],
    "MMR": ["Myanmar", "Burma"],
    "MUS": ["Mauritius", "Maurice"],
    "NLD": ["Países Bajos", "Pays-Bas", "Netherlands (Kingdom of the)", "Netherlands", "Holland"],
    "PAN": ["Panamá"],
    "PER": ["Perú", "Pérou"],
    "PRK": [
        "Korea, Dem. People's Rep.",
        "North Korea",
        "Dem. People's Rep. of Korea",
        "Democratic People's Republic of Korea",
    ],
    "PSE": [
        "Palestine",
        "West Bank and Gaza",
        "State of Palestine",
        "Palestine, State of",
        "Occupied Palestinian Territory",
        "Palestinian Territories",
    ],
    "REU": ["Réunion"],
    "RUS": ["Russian Federation", "Russia"],
    "SAU": ["Saudi Arabia", "Arabia Saudita"],
    "SEN": ["Sénégal"],
    "SLB": ["Solomon Is."],
    "SOM": ["Somalia, Fed. Rep."],
    "SSD": ["South Sudan", "S. Sudan", "Soudan du Sud"],
    "STP": ["São Tomé and Príncipe", "Sao Tome and Principe"],
    "SVK": ["Slovak Rep."],
    "SWZ": ["Eswatini", "Swaziland"],
    "SYR": ["Syrian Arab Rep."],
    "TLS": ["Timor-Leste", "East Timor"],
    "TUR": ["Türkiye", "Turkiye", "Turkey", "Republic of Türkiye", "Turquía", "Turquie"],
    "TWN": ["Chinese Taipei", "Taiwan", "Taiwan, Province of China", "Taiwan Province of China"],
    "TZA": [
        "Tanzania",
        "United Rep. of Tanzania",
        "United Republic of Tanzania",
        "Rép.-Unie de Tanzanie",
        "République-Unie de Tanzanie",
    ],
    "USA": [
        "United States",
        "United States of America",
        "U.S.A.",
        "U.S.",
        "Etats-Unis",
        "États-Unis d'Amérique",
        "Estados Unidos de América",
        "EE. UU.",
    ],
    "VAT": ["Holy See", "Vatican City"],
    "VCT": ["St. Vincent and the Grenadines", "St Vincent & the Grenadines"],
    "VEN": ["Venezuela, RB", "Venezuela (Bolivarian Rep. of)"],
    "VIR": ["Virgin Islands (U.S.)", "US Virgin Islands"],
    "VNM": ["Viet Nam", "Vietnam", "Socialist Republic of Vietnam"],
    "XKX": ["Kosovo", "Kosovo*"],
    "YEM": ["Yemen, Rep."],
    "ZAF": ["South Africa", "Afrique du Sud", "Sudáfrica"],
}


@pytest.mark.parametrize("iso3", WRITTEN)
def test_a_country_is_known_by_every_way_to_write_it(iso3: str) -> None:
    names = WRITTEN[iso3]
    assert countries.iso3_of(column(*names), "file.csv").tolist() == [iso3] * len(names)


def test_every_name_in_every_language_is_of_one_country() -> None:
    for language in ("en", "es", "fr", "pt"):
        for short, name in Locale(language).territories.items():
            iso3 = next(
                (code for code in countries.names() if get_global("territory_aliases").get(code) == [short]), ""
            )
            if iso3:
                assert countries.iso3_of(column(name), "file.csv").tolist() == [iso3], (language, name)


def test_how_a_name_is_written_makes_no_difference() -> None:
    written = ["Korea, Rep.", "REPUBLIC OF KOREA", "Korea (the Republic of)", " korea, republic of "]
    assert countries.iso3_of(column(*written), "file.csv").tolist() == ["KOR"] * 4


def test_an_unknown_name_is_refused_with_its_place_and_the_nearest_name() -> None:
    with pytest.raises(VocabularyError) as error:
        countries.iso3_of(column("Peru", "Pnama", "Atlantis"), "seizures.csv")
    assert "seizures.csv: row 3, Country = 'Pnama' is not a known country; did you mean 'Panama'?" in str(error.value)
    assert f"add Pnama under `spellings` in {countries.FILE}, as `CODE: [its spelling]`" in str(error.value)
    assert "2 unknown in all" in str(error.value)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "the",
        "East Kazakhstan",
        "Unknown",
        "Multiple Countries",
        "China or Peru",
        "Customer due diligence",
    ],
)
def test_what_is_no_single_country_is_refused(name: str) -> None:
    with pytest.raises(VocabularyError, match="is not a known country"):
        countries.iso3_of(column(name), "file.csv")


@pytest.mark.parametrize("name", [
    "Southern Africa", "Gulf of Guinea", "Indochina", "Central America", "Western Balkans", "Middle East", "Sahel",
    "Latin America", "Latin America & Caribbean", "the Caribbean", "SOUTH-EASTERN ASIA", "Africa", "Western Africa",
    "Channel Islands", "Virgin Islands", "Arab World", "European Union", "World",
    "Near and Middle East/ South-West Asia", "Europe & Central Asia", "Sub-Saharan Africa", "Golden Triangle",
])  # fmt: skip
def test_a_region_is_no_country_and_none_is_suggested_for_it(name: str) -> None:
    with pytest.raises(VocabularyError, match="is a region, not a country; leave such rows out") as refused:
        countries.iso3_of(column(name), "file.csv")
    assert "did you mean" not in str(refused.value)


def test_no_declared_region_is_a_country() -> None:
    regions = pd.Series(countries.load().regions, dtype="str")
    assert not countries.is_known(regions).any()


@pytest.mark.parametrize(
    ("published", "iso3"),
    [("PAN", "PAN"), ("GBR_E_W", "GBR"), ("IRQ_C", "IRQ"), ("KKK", "XKX"), ("KSV", "XKX"), ("ZAR", "COD")],
)
def test_publishers_own_codes_become_iso_codes(published: str, iso3: str) -> None:
    assert countries.checked_codes(column(published, name="code"), "file.csv").tolist() == [iso3]


@pytest.mark.parametrize("code", ["ARB", "WLD", "CHI", "EAZ", "pan", "PA", ""])
def test_codes_of_no_country_are_refused(code: str) -> None:
    with pytest.raises(VocabularyError, match=f"row 2, code = '{code}' is not a known country"):
        countries.checked_codes(column(code, name="code"), "file.csv")


def test_a_code_beside_another_countrys_name_is_refused() -> None:
    with pytest.raises(VocabularyError, match=r"row 3 gives iso3 = 'PAN' beside Country = 'Peru', which is PER"):
        countries.agreed_codes(column("BOL", "PAN", name="iso3"), column("Bolivia", "Peru"), "file.csv")


def test_short_names() -> None:
    assert [countries.short_name(code) for code in ("COD", "NAM", "XKX", "ANT")] == [
        "DR Congo",
        "Namibia",
        "Kosovo",
        "Netherlands Antilles",
    ]
    with pytest.raises(VocabularyError, match="'PNA' is not an ISO 3166 alpha-3 country code"):
        countries.short_name("PNA")


def test_the_document_s_countries_have_the_same_names() -> None:
    names = document.load().countries
    assert {code: countries.short_name(code) for code in names} == names


def test_every_short_name_leads_back_to_its_code() -> None:
    names = countries.names()
    assert len(names) == 251
    codes = countries.iso3_of(pd.Series(list(names.values()), name="Country", dtype="str"), "names")
    assert codes.tolist() == list(names)


def test_no_two_countries_share_a_name() -> None:
    listed = {(words, code) for name, code in countries._listed().items() if (words := countries._words(name))}
    assert len(listed) == len({words for words, _ in listed})
    aliases = get_global("territory_aliases")
    for language in ("en", "es", "fr", "pt"):
        territories = Locale(language).territories
        for code in set(countries.names()) - {"ANT", "XKX"}:
            name = territories[aliases[code][0]]
            assert countries.iso3_of(column(name), language).tolist() == [code], (language, name)


def test_every_code_of_the_file_has_a_name() -> None:
    said = countries.load()
    assert set(said.spellings) | set(said.publishers_codes.values()) <= set(said.names)
    assert list(said.names) == sorted(said.names)


@settings(max_examples=50)
@given(junk)
def test_junk_is_no_country(text: str) -> None:
    with pytest.raises(VocabularyError):
        countries.iso3_of(column(text), "file.csv")
    with pytest.raises(VocabularyError):
        countries.checked_codes(column(text, name="code"), "file.csv")


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["Panama", "Peru", "Ghana", "Benin"]), min_size=1, max_size=8))
def test_each_cell_is_read_by_itself(names: list[str]) -> None:
    by_name = {"Panama": "PAN", "Peru": "PER", "Ghana": "GHA", "Benin": "BEN"}
    assert countries.iso3_of(column(*names), "f").tolist() == [by_name[name] for name in names]
