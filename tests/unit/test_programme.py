"""The registry holds what the document says: counted by hand here, and searched for in the document itself."""

import csv
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import country_converter
import pandas as pd
import pytest

from crimjust_research import programme
from crimjust_research.errors import DataError, VocabularyError
from crimjust_research.programme.model import Claim, at_least, between, over, stated

SHARED = Path(__file__).parents[2].parent / "shared"
EXTERNAL_PLACES = {programme.MAJORS_DETERMINATION, programme.AZURE_RESULTS}

NUMBER_WORDS = {
    "no": 0,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "twelve": 12,
    "thirteen": 13,
    "seventeen": 17,
    "half": 0.5,
    "two thirds": 2 / 3,
}


def shared(path: str) -> Path:
    file = SHARED / path
    if not file.exists():
        pytest.skip(f"{path} is not at hand: the publishers' originals are not part of this repository")
    return file


def read_rows(path: str) -> list[dict[str, str]]:
    with shared(path).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


# ---------------------------------------------------------------- the document, cut at its headings and bullets

# A line that starts so opens a part of the document; True if the line itself is the part's text.
HEADINGS = (
    (r"\(1\) ", "Q1", "Q1, question"),
    (r"What additional resources", "Q1, resources", "Q1, resources, question"),
    (r"Annex 1\.", "Q1, Annex 1", None),
    (r"CRIMJUST intervention - Rationale", "Q1, Annex 1, Rationale", None),
    (r"CRIMJUST intervention - Scope", "Q1, Annex 1, Scope", None),
    (r"CRIMJUST – Nature of Intervention", "Q1, Annex 1, Nature", None),
    (r"The support outlined above", "Q1, Annex 1, Nature", "Q1, Annex 1, Nature, Outcomes"),
    (r"Estimates of resources", "Q1, Annex 1, Estimates", None),
    (r"\(2\) ", "Q2", "Q2, question"),
    (r"I\. Most", "Q2, I", None),
    (r"While legal frameworks", "Q2, I", "Q2, I, paragraph 3"),
    (r"II\. ", "Q2, II", None),
    (r"III\. ", "Q2, III", None),
)
# Bullets and paragraphs the document gives a name or number of its own; relative to the part they stand in.
NAMED = (
    (r"· (Component \d) would see", "Q1", "{}"),
    (r"(?:· )?(Component \d): ", "Q1, Annex 1, Nature", "{}"),
    (r"· (Phase \d): ", "Q1, Annex 1, Nature", "Component 2, {}"),
    (r"· (Outcome \d): ", "Q1, Annex 1, Nature", "{}"),
    (r"(Chapter [IV]+) [–-] ", "Q2, I", "{}"),
    (r"(Vienna-based Anti-corruption Experts): ", "Q2, III", "{}"),
    (r"(Field-based Anti-Corruption Advisers): ", "Q2, III", "{}"),
    (r"(Regional Platforms): ", "Q2, III", "{}"),
    (r"(Anti-Corruption Hubs): ", "Q2, III", "{}"),
)


def squeeze(text: str) -> str:
    return " ".join(text.split())


def cut_into_places(source: str) -> dict[str, str]:
    """The document's text by place, as `place` in the registry spells it."""
    footnote = re.compile(r"\[(\d+):(.*?) ?\](?=\s|$)", re.DOTALL)
    places = {f"footnote {number}": squeeze(text) for number, text in footnote.findall(source)}
    body = re.sub(r"\[footnoteRef:\d+\]", "", footnote.sub("", source))
    part, parent = "Title", "Title"
    counts: Counter[str] = Counter()

    def add(place: str, text: str) -> None:
        places[place] = f"{places[place]} {text}" if place in places else text

    for line in filter(None, map(squeeze, body.splitlines())):
        heading = next((h for h in HEADINGS if re.match(h[0], line)), None)
        named = next(
            ((m, n) for n in NAMED if (m := re.match(n[0], line)) and part == n[1]),
            None,
        )
        if heading:
            part = parent = heading[1]
            if heading[2]:
                add(heading[2], line)
        elif named:
            match, (_, _, template) = named
            name = template.format(match[1])
            add(f"{part}, {name}", line)
            # A phase, an outcome and a named paragraph of Q2, III hold no bullets; the part goes on.
            parent = f"{part}, {name}" if re.fullmatch(r"Component \d|Chapter [IV]+", name) else parent
        elif numbered := re.match(r"(\d)\. ?", line):
            component = re.match(r".*Component \d", parent)
            assert component, line
            kind = "pillar" if component[0].endswith("1") else "step"
            parent = f"{component[0]}, {kind} {numbered[1]}"
            add(parent, line)
        elif part == "Title":
            add("Title", line)
        else:
            kind = "bullet" if line.startswith("·") else "paragraph"
            counts[f"{parent}, {kind}"] += 1
            add(f"{parent}, {kind} {counts[f'{parent}, {kind}']}", line)
    return places


@pytest.fixture(scope="module")
def document() -> dict[str, str]:
    return cut_into_places(shared("source-document.txt").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return programme.as_table()


@pytest.fixture(scope="module")
def converter() -> country_converter.CountryConverter:
    """country_converter 1.3.2 reads its own file with empty codes turned into missing values by pandas 3.1."""
    path = Path(country_converter.__file__).with_name("country_data.tsv")
    countries = pd.read_csv(path, sep="\t", encoding="utf-8", dtype="str", keep_default_na=False)
    texts = ["name_short", "name_official", "regex", "ISO2", "ISO3", "continent"]
    others = countries.columns.difference(texts)
    countries[others] = countries[others].replace("", float("nan"))
    return country_converter.CountryConverter(country_data=countries)


def test_every_wording_stands_at_each_place_it_cites(table: pd.DataFrame, document: dict[str, str]) -> None:
    cited = table[table["wording"].notna() & ~table["place"].isin(EXTERNAL_PLACES)]
    missing = [
        (row.kind, row.key, place)
        for row in cited.itertuples()
        for place in row.place.split("; ")
        if squeeze(row.wording) not in document.get(place, "")
    ]
    assert missing == []


def test_every_note_cites_places_that_exist(document: dict[str, str]) -> None:
    places = {place for note in programme.NOTES for place in note.place.split("; ")}
    assert places - set(document) == EXTERNAL_PLACES


def test_the_registry_leaves_out_no_bullet_and_no_footnote(table: pd.DataFrame, document: dict[str, str]) -> None:
    cited = {place for places in table["place"] for place in places.split("; ")}
    # Footnote 3 only points to the annex; the rest introduce lists whose items are all registered.
    assert set(document) - cited == {
        "footnote 3",
        "Q1, resources, bullet 2",
        "Q2, III, paragraph 2",
        "Q1, Annex 1, Nature, Component 2, paragraph 1",
    }


def test_only_the_majors_and_azures_ten_come_from_elsewhere(table: pd.DataFrame) -> None:
    external = table[table["place"].isin(EXTERNAL_PLACES)]
    assert Counter(external["kind"]) == {"major": 22, "operation_azure": 1}


def test_counts_of_the_country_lists() -> None:
    assert len(set(programme.majors_iso3())) == len(programme.MAJORS) == 22
    assert len(set(programme.proposed_iso3())) == len(programme.PROPOSED_IN_ANSWER) == 17
    assert len(programme.PRESENCE) == 10
    assert programme.PRECURSOR_SOURCES.quantity == stated(12, "countries")


def test_both_lists_of_the_proposed_countries_hold_the_same_set_in_another_order() -> None:
    answer = [country.iso3 for country in programme.PROPOSED_IN_ANSWER]
    annex = [country.iso3 for country in programme.PROPOSED_IN_ANNEX]
    assert answer != annex
    assert sorted(answer) == sorted(annex)


def test_proposed_countries_are_majors_and_those_with_presence_are_proposed() -> None:
    proposed = set(programme.proposed_iso3())
    assert set(programme.majors_iso3()) - proposed == {"AFG", "MMR", "HTI", "LAO", "VEN"}
    assert proposed <= set(programme.majors_iso3())
    without_presence = proposed - {country.iso3 for country in programme.PRESENCE}
    assert without_presence == {"BHS", "BLZ", "GTM", "HND", "JAM", "NIC", "PAK"}


def test_majors_are_those_of_the_determination_for_2021_and_2020_names_the_same() -> None:
    rows = read_rows("originals/policy/us_majors_list_by_fy.csv")
    by_year = {year: [row["country"] for row in rows if row["fiscal_year"] == year] for year in ("2020", "2021")}
    assert [country.wording for country in programme.MAJORS] == by_year["2021"] == by_year["2020"]


def test_ten_countries_took_part_in_azure_and_thirteen_were_equipped() -> None:
    published = {row["metric"]: row for row in read_rows("originals/crimjust/crimjust_published_results.csv")}
    azure = {fact.key: fact.quantity for fact in programme.OPERATION_AZURE}
    took_part = re.fullmatch(r"(\d+) countries", published["azure1_seizures"]["scope"])
    assert took_part
    assert azure["countries_in_operation"] == stated(int(took_part[1]), "countries") == stated(10, "countries")
    assert azure["countries_equipped"] == stated(13, "countries")


def test_phases_hold_33_countries_of_which_17_are_not_proposed() -> None:
    phases = programme.phase_frame()
    assert phases.groupby("phase").size().tolist() == [7, 5, 6, 6, 4, 5]
    assert phases["iso3"].nunique() == len(phases) == 33
    # Phase by phase: none; TTO BRB; ARG CHL; NGA GHA KEN TZA; all 4; all 5: 0 + 2 + 2 + 4 + 4 + 5 = 17.
    assert (~phases["proposed"]).groupby(phases["phase"]).sum().tolist() == [0, 2, 2, 4, 4, 5]
    # No phase country is a Major without being proposed.
    assert phases["major"].equals(phases["proposed"])
    assert phases.groupby("phase")["language"].first().tolist() == [
        "Spanish",
        "English",
        "Spanish",
        "English",
        "French",
        "Portuguese",
    ]
    assert phases.loc[phases["phase"] == 5, "position"].tolist() == [1, 2, 3, 4]


def test_mexico_alone_of_the_proposed_countries_is_in_no_phase() -> None:
    assert [iso3 for iso3 in programme.proposed_iso3() if programme.phase_of(iso3) is None] == ["MEX"]
    assert programme.phase_of("IND") == 4
    assert programme.phase_of("CPV") == 6


@pytest.mark.parametrize("bad", ["Mexico", "mex", "MX", ""])
def test_phase_of_refuses_what_is_not_a_code(bad: str) -> None:
    with pytest.raises(VocabularyError, match=f"alpha-3 code such as MEX, not '{bad}'"):
        programme.phase_of(bad)


def test_codes_and_names_agree_with_country_converter(converter: country_converter.CountryConverter) -> None:
    iso3 = list(programme.COUNTRY_NAMES)
    assert converter.convert(iso3, src="ISO3", to="name_short") == list(programme.COUNTRY_NAMES.values())


def test_spellings_resolve_to_their_codes(converter: country_converter.CountryConverter, table: pd.DataFrame) -> None:
    countries = table[table["kind"].isin(["major", "proposed_country", "presence", "phase_country"])]
    spelt = dict(zip(countries["wording"], countries["iso3"], strict=True))
    differing = {text: iso3 for text, iso3 in spelt.items() if programme.COUNTRY_NAMES[iso3] != text}
    assert differing == dict(programme.DIFFERING_SPELLINGS)
    # "Cabe Verde" is the document's misprint of Cabo Verde, which no register of names knows.
    resolvable = [text for text in spelt if text != "Cabe Verde"]
    assert converter.convert(resolvable, to="ISO3") == [spelt[text] for text in resolvable]


def test_components_pillars_steps_and_activities() -> None:
    first, second = programme.COMPONENTS
    assert first.streams == programme.PILLARS
    assert second.streams == programme.STEPS
    assert [len(pillar.activities) for pillar in programme.PILLARS] == [3, 7, 0]
    assert [len(step.activities) for step in programme.STEPS] == [3, 1, 3]
    assert [outcome.number for outcome in programme.OUTCOMES] == [1, 2, 3]


def test_outcomes_are_quoted_whole(document: dict[str, str]) -> None:
    for outcome in programme.OUTCOMES:
        assert f"· Outcome {outcome.number}: {outcome.quotation}" == document[outcome.place]


def test_costs_add_up_to_14_to_20_million() -> None:
    first, second = (component.cost.quantity for component in programme.COMPONENTS)
    assert first == between(10_000_000, 14_000_000, "USD")
    assert second == between(4_000_000, 6_000_000, "USD")
    # 10 + 4 and 14 + 6 million.
    assert programme.total_cost() == between(14_000_000, 20_000_000, "USD")


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ((), "one unit; these have none"),
        ((stated(1, "USD"), stated(1, "EUR")), "one unit; these have EUR, USD"),
        ((stated(1, "USD"), at_least(1, "USD")), "only if each has both bounds"),
    ],
)
def test_ranges_without_a_sum_are_refused(terms: tuple[programme.Quantity, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        programme.sum_of_ranges(terms)


def test_quantities_without_or_with_crossed_bounds_are_refused() -> None:
    with pytest.raises(DataError, match="needs a lower or an upper bound"):
        programme.Quantity(None, None, "USD", "range")
    with pytest.raises(DataError, match="lower bound 6 above its upper bound 4"):
        between(6, 4, "USD")


def test_challenges_by_chapter() -> None:
    chapters = Counter(challenge.chapter for challenge in programme.CHALLENGES)
    assert chapters == {"II": 5, "III": 6, "IV": 7, "V": 5}
    assert chapters.total() == 23


def test_challenges_are_the_bullets_under_their_chapter(document: dict[str, str]) -> None:
    bullets = {place for place in document if re.match(r"Q2, I, Chapter [IV]+, bullet", place)}
    assert bullets == {challenge.place for challenge in programme.CHALLENGES}


def test_review_totals_keep_their_bounds() -> None:
    findings = {fact.key: fact.quantity for fact in programme.REVIEW_FINDINGS}
    # "some 8,000" is a figure rounded to the thousand: 8,000 - 500 to 8,000 + 500.
    assert findings["implementation_gaps"] == programme.Quantity(7_500, 8_500, "gaps", "about")
    assert findings["technical_assistance_needs"] == programme.Quantity(4_000, None, "needs", "over")
    assert findings["states_reviewed"] == stated(173, "States")
    assert findings["states_expressing_need"] == stated(2 / 3, "share")


def test_assistance_network() -> None:
    present = [adviser.iso3 for adviser in programme.ADVISERS if adviser.status == "present"]
    planned = [adviser.covers for adviser in programme.ADVISERS if adviser.status == "planned"]
    assert present == ["MEX", "SEN", "ZAF", "SOM", "UZB", "THA", "FJI"]
    assert planned == ["Central America", "Eastern Africa", "South Eastern Europe", "the Gulf region"]
    assert len(programme.PLATFORMS) == 6
    assert [(hub.status, hub.date) for hub in programme.HUBS] == [
        ("present", "2021-08"),
        ("planned", "2022"),
        ("subject to resources", None),
    ]


def test_advisers_country_names_agree_with_their_codes() -> None:
    for adviser in programme.ADVISERS:
        if adviser.iso3 is not None:
            assert programme.COUNTRY_NAMES[adviser.iso3] in adviser.wording


def printed_figures(wording: str) -> list[float]:
    """Figures in digits (dollars in millions where the wording says so) or in words, as the wording has them."""
    text = wording.lower().replace("-", " ")
    dollars = 1_000_000 if "million" in text else 1
    digits = [
        float(figure.replace(",", "")) * (dollars if dollar else 1)
        for dollar, figure in re.findall(r"(\$?)(\d[\d,]*)", text)
    ]
    return digits + [value for word, value in NUMBER_WORDS.items() if re.search(rf"\b{word}\b", text)]


@pytest.mark.parametrize("claim", programme.CLAIMS, ids=lambda claim: claim.key)
def test_claims_carry_the_figure_that_is_printed(claim: Claim) -> None:
    figures = printed_figures(claim.wording)
    quantity = claim.quantity
    if quantity is None:
        assert claim.date is not None
        years = {float(year) for year in re.findall(r"\b\d{4}\b", claim.date.replace("/", " "))}
        assert years <= set(figures)
    elif quantity.qualifier == "about":
        assert quantity.low is not None
        assert quantity.high is not None
        assert (quantity.low + quantity.high) / 2 in figures
    elif quantity.qualifier == "range":
        assert {quantity.low, quantity.high} <= set(figures)
    else:
        assert quantity.low in figures


def test_claims_need_something_to_check() -> None:
    with pytest.raises(DataError, match="Claim empty has neither a quantity nor a date"):
        Claim("empty", "text", "wording", "Q1, bullet 1")


def test_claims_agree_with_the_registry() -> None:
    claims = {claim.key: claim for claim in programme.CLAIMS}

    def low(key: str) -> float | None:
        quantity = claims[key].quantity
        assert quantity is not None
        return quantity.low

    assert low("majors_22") == len(programme.MAJORS)
    assert low("proposed_17") == low("proposed_at_least_17") == len(programme.PROPOSED_IN_ANSWER)
    assert low("phases_6") == len(programme.PHASES)
    assert low("pillars_3") == len(programme.PILLARS)
    assert low("components_2") == len(programme.COMPONENTS)
    assert low("outcomes_3") == len(programme.OUTCOMES)
    assert low("chapters_4") == len({challenge.chapter for challenge in programme.CHALLENGES})
    assert claims["synthetic_opioids_over_half"].quantity == over(0.5, "share", at_most=1.0)
    assert claims["overdose_deaths_81000"].quantity == programme.Quantity(80_500, 81_500, "deaths", "about")
    assert claims["hub_august_2021"].date == programme.HUBS[0].date


def test_table_has_one_row_per_fact_under_a_unique_key(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == programme.COLUMNS
    assert not table.duplicated(["kind", "key"]).any()
    assert table[["kind", "key", "label", "place"]].notna().all(axis=None)
    assert (table["wording"].isna() == (table["kind"] == "note")).all()
    assert not (table["value_low"] > table["value_high"]).any()
    bounded = table["value_low"].notna() | table["value_high"].notna()
    assert bounded.equals(table["unit"].notna())
    assert bounded.equals(table["qualifier"].notna())
    assert table["date"].dropna().str.fullmatch(r"\d{4}(-\d{2}){0,2}(/\d{4}(-\d{2})?)?").all()


def test_table_is_complete(table: pd.DataFrame) -> None:
    assert table["kind"].value_counts(sort=False).to_dict() == {
        "document": 1,
        "question": len(programme.QUESTIONS),
        "major": 22,
        "proposed_country": 17,
        "presence": 10,
        "precursor_sources": 1,
        "premise": len(programme.PREMISES),
        "interest": len(programme.INTERESTS),
        "experience": len(programme.EXPERIENCE),
        "component": 2,
        "component_summary": 2,
        "cost": 2,
        "pillar": 3,
        "pillar_summary": 3,
        # Pillars list 3 + 7 + 0 activities, steps 3 + 1 + 3.
        "activity": 17,
        "step": 3,
        "step_summary": 3,
        "duration": 1,
        "phase": 6,
        "phase_country": 33,
        "outcome": 3,
        "operation_azure": len(programme.OPERATION_AZURE),
        "review_mechanism": len(programme.REVIEW_MECHANISM),
        "chapter": 4,
        "challenge": 23,
        "review_finding": len(programme.REVIEW_FINDINGS),
        "assistance_type": 7,
        "strategy": 1,
        "channel": 4,
        "vienna_task": len(programme.VIENNA_TASKS),
        "adviser": 11,
        "platform": 6,
        "platform_task": len(programme.PLATFORM_TASKS),
        "hub": 3,
        "hub_task": len(programme.HUB_TASKS),
        "partner_body": 14,
        "reference": len(programme.REFERENCES),
        "claim": len(programme.CLAIMS),
        "note": len(programme.NOTES),
    }


def test_table_survives_csv_unchanged(table: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "programme.csv"
    table.to_csv(file, index=False)
    again = pd.read_csv(file, dtype=table.dtypes.to_dict())
    pd.testing.assert_frame_equal(again, programme.as_table())


def test_frames_split_the_table_by_kind(table: pd.DataFrame) -> None:
    frames = programme.registry_frames()
    assert list(frames) == list(dict.fromkeys(table["kind"]))
    assert sum(map(len, frames.values())) == len(table)
    assert list(frames["challenge"].columns) == ["kind", "key", "group", "label", "wording", "place"]
    assert frames["phase_country"].set_index("iso3").loc["PER", "group"] == "phase_3"


def test_import_needs_no_heavy_library() -> None:
    code = "import sys, crimjust_research.programme; print({'pandas', 'numpy', 'country_converter'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
