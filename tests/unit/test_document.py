"""`data/document` holds what the source document says: counted by hand here, and held to the text by its hashes."""

import hashlib
import re
import runpy
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crimjust_research import document, yaml_files
from crimjust_research.data import catalog
from crimjust_research.data.catalog import serialise
from crimjust_research.data.ingest.programme_document import PROGRAMME, as_table
from crimjust_research.document import Claim, Document, Quantity
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries

ROOT = Path(__file__).parents[2]
FILES = ROOT / "data" / "document"
SCRIPT = ROOT / "tests" / "data" / "published" / "document_places.py"
CLAIMS = document.load().claims

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


@pytest.fixture(scope="module")
def said() -> Document:
    return document.load()


@pytest.fixture(scope="module")
def table(said: Document) -> pd.DataFrame:
    return as_table(said)


@pytest.fixture(scope="module")
def hashes(published: Callable[[str], pd.DataFrame]) -> dict[str, set[tuple[str, str]]]:
    """Place and sha256, of whole bullets, paragraphs and footnotes and of the phrases cited from them."""
    rows = published("document_places")
    return {str(part): set(zip(of["place"], of["sha256"], strict=True)) for part, of in rows.groupby("part")}


@pytest.fixture(scope="module")
def places(hashes: dict[str, set[tuple[str, str]]]) -> set[str]:
    """Every place of the document."""
    return {place for place, _ in hashes["whole"]}


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], None]:
    """Copies the files to a checkout of their own and exchanges a text in one of them."""

    def edit(file: str, old: str, new: str) -> None:
        folder = tmp_path / "data" / "document"
        folder.mkdir(parents=True, exist_ok=True)
        for path in FILES.glob("*.yaml"):
            (folder / path.name).write_bytes(path.read_bytes())
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))

    return edit


def squeezed_hash(text: str) -> str:
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


# The document, by the hashes of its places


def unconfirmed(table: pd.DataFrame, said: Document, phrases: set[tuple[str, str]]) -> list[str]:
    """A sentence for each wording that has not been found in the document where its entry says it stands."""
    return [
        f"{document.FOLDER}, {row.kind} {row.key}: {row.wording!r} has not been found at {place!r}; put the document's "
        "words back, or run tests/data/published/document_places.py with the document at hand"
        for row in table.dropna(subset="wording").itertuples()
        for place in row.place.split("; ")
        if place not in said.other_sources and (place, squeezed_hash(row.wording)) not in phrases
    ]


def test_every_wording_stands_at_each_place_it_cites(
    table: pd.DataFrame, said: Document, hashes: dict[str, set[tuple[str, str]]]
) -> None:
    assert unconfirmed(table, said, hashes["phrase"]) == []
    cited = {
        (place, squeezed_hash(row.wording))
        for row in table.dropna(subset="wording").itertuples()
        for place in row.place.split("; ")
    }
    assert hashes["phrase"] <= cited  # none is left of a wording that is gone


def test_a_wording_that_is_not_the_document_s_is_named(
    table: pd.DataFrame, said: Document, hashes: dict[str, set[tuple[str, str]]]
) -> None:
    changed = table["wording"].str.replace("some 8,000 implementation gaps", "some 8,000 gaps in implementation")
    faults = unconfirmed(table.assign(wording=changed), said, hashes["phrase"])
    # The finding and the claim that cite it.
    assert len(faults) == 2
    assert "claim gaps_8000: 'some 8,000 gaps in implementation' has not been found at 'Q2, II, par" in "".join(faults)


def test_every_note_cites_places_that_exist(said: Document, places: set[str]) -> None:
    assert {place for note in said.notes for place in note.places} - places == set(said.other_sources)


def test_the_files_leave_out_no_bullet_and_no_footnote(table: pd.DataFrame, places: set[str]) -> None:
    cited = {place for row in table["place"] for place in row.split("; ")}
    # Footnote 3 only points to the annex; the rest introduce lists whose items are all held.
    assert places - cited == {
        "footnote 3",
        "Q1, resources, bullet 2",
        "Q1, Annex 1, Nature, Component 2, paragraph 1",
    }


def test_outcomes_are_quoted_whole(said: Document, hashes: dict[str, set[tuple[str, str]]]) -> None:
    quoted = {(o.place, squeezed_hash(f"· Outcome {o.number}: {o.wording}")) for o in said.outcomes}
    assert len(quoted) == 3
    assert quoted <= hashes["whole"]


def test_challenges_are_the_bullets_under_their_chapter(said: Document, places: set[str]) -> None:
    bullets = {place for place in places if re.match(r"Q2, I, Chapter [IV]+, bullet", place)}
    assert bullets == {challenge.place for challenge in said.challenges}
    assert all(f"Chapter {challenge.chapter}," in challenge.place for challenge in said.challenges)


def test_the_document_is_cut_at_headings_bullets_and_footnotes() -> None:
    # Made up: the form of the document, not its words.
    text = """A title
(1) May it grow?
· Yes,[footnoteRef:2]  it  may. [2: A work
 of two lines ]
· Component 1 would see growth:
1. Roots – deep.
2. Leaves.
CRIMJUST – Nature of Intervention
Component 2: Light
· Component 2: Much light
· In phases:
· Phase 1: Spring
1. First:
· Water
(2) What else?
I. Most
Chapter IV - Rain
· heavy
· light
"""
    assert runpy.run_path(str(SCRIPT))["cut_into_places"](text) == {
        "footnote 2": "A work of two lines",
        "Title": "A title",
        "Q1, question": "(1) May it grow?",
        "Q1, bullet 1": "· Yes, it may.",
        "Q1, Component 1": "· Component 1 would see growth:",
        "Q1, Component 1, pillar 1": "1. Roots – deep.",
        "Q1, Component 1, pillar 2": "2. Leaves.",
        "Q1, Annex 1, Nature, Component 2": "Component 2: Light · Component 2: Much light",
        "Q1, Annex 1, Nature, Component 2, bullet 1": "· In phases:",
        "Q1, Annex 1, Nature, Component 2, Phase 1": "· Phase 1: Spring",
        "Q1, Annex 1, Nature, Component 2, step 1": "1. First:",
        "Q1, Annex 1, Nature, Component 2, step 1, bullet 1": "· Water",
        "Q2, question": "(2) What else?",
        "Q2, I, Chapter IV": "Chapter IV - Rain",
        "Q2, I, Chapter IV, bullet 1": "· heavy",
        "Q2, I, Chapter IV, bullet 2": "· light",
    }


# What it says


def test_only_the_majors_and_azures_ten_come_from_elsewhere(table: pd.DataFrame, said: Document) -> None:
    external = table[table["place"].isin(said.other_sources)]
    assert Counter(external["kind"]) == {"major": 22, "operation_azure": 1}


def test_counts_of_the_country_lists(said: Document) -> None:
    assert len(said.majors_iso3) == 22
    assert len(said.proposed_iso3) == 17
    assert len(said.presence.countries) == 10
    assert said.precursor_sources.quantity == Quantity(low=12, high=12, unit="countries", qualifier="stated")


def test_both_lists_of_the_proposed_countries_hold_the_same_set_in_another_order(said: Document) -> None:
    answer, annex = list(said.proposed_in_answer.countries), list(said.proposed_in_annex.countries)
    assert answer != annex
    assert sorted(answer) == sorted(annex)


def test_proposed_countries_are_majors_and_those_with_presence_are_proposed(said: Document) -> None:
    proposed = set(said.proposed_iso3)
    assert set(said.majors_iso3) - proposed == {"AFG", "MMR", "HTI", "LAO", "VEN"}
    assert proposed <= set(said.majors_iso3)
    assert proposed - set(said.presence.countries) == {"BHS", "BLZ", "GTM", "HND", "JAM", "NIC", "PAK"}


def test_majors_are_those_of_the_determination_for_2021(said: Document) -> None:
    listed = catalog.raw().open("majors_list")
    assert set(listed.loc[listed["fiscal_year"] == 2021, "iso3"]) == set(said.majors_iso3)


def test_ten_countries_took_part_in_azure_and_thirteen_were_equipped(said: Document) -> None:
    results = catalog.raw().open("programme_results").set_index("metric")
    azure = {fact.key: fact for fact in said.operation_azure}
    assert azure["countries_in_operation"].wording == results.loc["azure1_seizures", "scope"] == "10 countries"
    assert azure["countries_in_operation"].quantity == Quantity(low=10, high=10, unit="countries", qualifier="stated")
    assert azure["countries_equipped"].quantity == Quantity(low=13, high=13, unit="countries", qualifier="stated")


def test_phases_hold_33_countries_of_which_17_are_not_proposed(said: Document) -> None:
    phases = said.phase_frame()
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
    assert phases.set_index("iso3").loc["IND", ["phase", "country"]].tolist() == [4, "India"]
    assert phases.set_index("iso3").loc["CPV", "phase"] == 6


def test_mexico_alone_of_the_proposed_countries_is_in_no_phase(said: Document) -> None:
    assert set(said.proposed_iso3) - set(said.phase_frame()["iso3"]) == {"MEX"}


def test_spellings_resolve_to_their_codes(table: pd.DataFrame, said: Document) -> None:
    listed = table[table["kind"].isin(["major", "proposed_country", "presence", "phase_country"])]
    spelt = dict(zip(listed["wording"], listed["iso3"], strict=True))
    assert {text: iso3 for text, iso3 in spelt.items() if said.countries[iso3] != text} == {
        "Burma": "MMR",
        "Cabe Verde": "CPV",
        "Cote d’Ivoire": "CIV",
        "Guinea Bissau": "GNB",
        "The Bahamas": "BHS",
    }
    # "Cabe Verde" is the document's misprint of Cabo Verde, which no register of names knows.
    resolvable = pd.Series([text for text in spelt if text != "Cabe Verde"], name="wording", dtype="str")
    assert countries.iso3_of(resolvable, "the document").tolist() == [spelt[text] for text in resolvable]


def test_every_country_named_is_in_a_list(table: pd.DataFrame, said: Document) -> None:
    assert set(table["iso3"].dropna()) == set(said.countries)


def test_components_pillars_steps_and_activities(said: Document) -> None:
    assert [component.stream for component in said.components] == ["pillar", "step"]
    assert [len(pillar.activities) for pillar in said.pillars] == [3, 7, 0]
    assert [len(step.activities) for step in said.steps] == [3, 1, 3]
    assert [outcome.number for outcome in said.outcomes] == [1, 2, 3]


def test_costs_add_up_to_14_to_20_million(said: Document) -> None:
    first, second = (cost.quantity for cost in said.costs)
    assert first == Quantity(low=10_000_000, high=14_000_000, unit="USD", qualifier="range")
    assert second == Quantity(low=4_000_000, high=6_000_000, unit="USD", qualifier="range")
    # 10 + 4 and 14 + 6 million.
    assert said.total_cost() == Quantity(low=14_000_000, high=20_000_000, unit="USD", qualifier="range")


def figure(unit: str, high: float | None = 1) -> Quantity:
    return Quantity(low=1, high=high, unit=unit, qualifier="over")


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ((), "one unit; these have none"),
        ((figure("USD"), figure("EUR")), "one unit; these have EUR, USD"),
        ((figure("USD"), figure("USD", high=None)), "only if each has both bounds"),
    ],
)
def test_ranges_without_a_sum_are_refused(terms: tuple[Quantity, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        document.sum_of_ranges(terms)


def test_challenges_by_chapter(said: Document) -> None:
    chapters = Counter(challenge.chapter for challenge in said.challenges)
    assert chapters == {"II": 5, "III": 6, "IV": 7, "V": 5}
    assert chapters.total() == 23
    assert {chapter.key for chapter in said.chapters} == {f"chapter_{chapter}" for chapter in chapters}


def test_review_totals_keep_their_bounds(said: Document) -> None:
    findings = {fact.key: fact.quantity for fact in said.review_findings}
    # "some 8,000" is a figure rounded to the thousand: 8,000 - 500 to 8,000 + 500.
    assert findings["implementation_gaps"] == Quantity(low=7_500, high=8_500, unit="gaps", qualifier="about")
    assert findings["technical_assistance_needs"] == Quantity(low=4_000, unit="needs", qualifier="over")
    assert findings["states_reviewed"] == Quantity(low=173, high=173, unit="States", qualifier="stated")
    assert findings["states_expressing_need"] == Quantity(low=2 / 3, high=2 / 3, unit="share", qualifier="stated")


def test_assistance_network(said: Document) -> None:
    present = [adviser.iso3 for adviser in said.advisers if adviser.status == "present"]
    planned = [adviser.covers for adviser in said.advisers if adviser.status == "planned"]
    assert present == ["MEX", "SEN", "ZAF", "SOM", "UZB", "THA", "FJI"]
    assert planned == ["Central America", "Eastern Africa", "South Eastern Europe", "the Gulf region"]
    assert len(said.platforms) == 6
    assert [(hub.status, hub.date) for hub in said.hubs] == [
        ("present", "2021-08"),
        ("planned", "2022"),
        ("subject to resources", None),
    ]


def test_postings_name_the_country_of_their_code_and_the_region_they_cover(said: Document) -> None:
    for posting in (*said.advisers, *said.platforms):
        assert posting.iso3 is None or said.countries[posting.iso3] in posting.wording
        assert posting.covers is None or posting.covers in posting.wording


def printed_figures(wording: str) -> list[float]:
    """Figures in digits (dollars in millions where the wording says so) or in words, as the wording has them."""
    text = wording.lower().replace("-", " ")
    dollars = 1_000_000 if "million" in text else 1
    digits = [
        float(figure.replace(",", "")) * (dollars if dollar else 1)
        for dollar, figure in re.findall(r"(\$?)(\d[\d,]*)", text)
    ]
    return digits + [value for word, value in NUMBER_WORDS.items() if re.search(rf"\b{word}\b", text)]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.key)
def test_claims_carry_the_figure_that_is_printed(claim: Claim) -> None:
    figures = printed_figures(claim.wording)
    quantity = claim.quantity
    if quantity is None:
        assert claim.date is not None
        years = {float(year) for year in re.findall(r"\b\d{4}\b", claim.date.replace("/", " "))}
        assert years <= set(figures)
    elif quantity.qualifier == "about":
        assert quantity.high is not None
        assert (quantity.low + quantity.high) / 2 in figures
    elif quantity.qualifier == "range":
        assert {quantity.low, quantity.high} <= set(figures)
    else:
        assert quantity.low in figures


def test_claims_agree_with_the_rest_of_the_files(said: Document) -> None:
    claims = {claim.key: claim for claim in said.claims}

    def low(key: str) -> float | None:
        quantity = claims[key].quantity
        assert quantity is not None
        return quantity.low

    assert low("majors_22") == len(said.majors_iso3)
    assert low("proposed_17") == low("proposed_at_least_17") == len(said.proposed_iso3)
    assert low("phases_6") == len(said.phases)
    assert low("pillars_3") == len(said.pillars)
    assert low("components_2") == len(said.components)
    assert low("outcomes_3") == len(said.outcomes)
    assert low("chapters_4") == len({challenge.chapter for challenge in said.challenges})
    assert claims["synthetic_opioids_over_half"].quantity == Quantity(low=0.5, high=1.0, unit="share", qualifier="over")
    assert claims["hub_august_2021"].date == said.hubs[0].date
    assert [claims[f"cost_{cost.key}"].quantity for cost in said.costs] == [cost.quantity for cost in said.costs]


# Its items, each once


def test_items_are_counted_by_kind(said: Document) -> None:
    # Counted in the document: what it says, once. A list of countries is one item.
    assert Counter(item.kind for item in said.items()) == {
        "activity": 17,
        "adviser": 11,
        "aim": 3,
        "assistance_type": 7,
        "challenge": 23,
        "channel": 4,
        "claim": 34,
        "component": 2,
        "condition": 3,
        "delivery": 5,
        "document": 1,
        "experience": 4,
        "hub": 1,
        "hub_task": 3,
        "interest": 3,
        "list": 2,
        "operation_azure": 6,
        "outcome": 3,
        "partner_body": 14,
        "phase": 6,
        "pillar": 3,
        "platform": 6,
        "platform_task": 3,
        "premise": 18,
        "question": 3,
        "reference": 8,
        "review_finding": 4,
        "review_mechanism": 8,
        "step": 3,
        "vienna_task": 3,
    }
    assert len({item.name for item in said.items()}) == len(said.items()) == 211


def test_what_a_claim_states_already_is_no_item_of_its_own(said: Document) -> None:
    names = {item.name for item in said.items()}
    assert {"claims/hub_august_2021", "claims/cost_component_1", "hubs/south_south_east_asia"} <= names
    assert not {"hubs/mexico_central_south_america", "costs/component_1", "strategy/institutional_strategy"} & names
    assert "operation_azure/countries_in_operation" not in names  # UNODC's own results, not the document


def test_an_item_has_a_place_of_the_document(said: Document, places: set[str]) -> None:
    assert {place for item in said.items() for place in item.place.split("; ")} <= places


def test_success_is_put_as_the_document_puts_it(said: Document) -> None:
    labels = {item.name: item.label for item in said.items()}
    assert labels["experience/cocaine_route_success"].startswith("Successful outcomes")
    assert said.components[0].summary.label.startswith("Interventions successfully applied")


# The raw table made of it


def test_the_raw_table_comes_out_as_committed(table: pd.DataFrame) -> None:
    committed = catalog.raw().resource("programme")
    content = serialise(table, PROGRAMME)
    assert content == (ROOT / "data" / "raw" / committed.path).read_bytes()
    assert hashlib.sha256(content).hexdigest() == committed.sha256


def test_challenges_of_the_raw_table_are_the_document_s(said: Document) -> None:
    stored = catalog.raw().open("uncac_challenges").set_index("challenge")
    assert {key: tuple(row) for key, row in stored[["chapter", "label"]].T.items()} == {
        challenge.key: (challenge.chapter, challenge.label) for challenge in said.challenges
    }


def test_table_has_one_row_per_fact_under_a_unique_key(table: pd.DataFrame) -> None:
    assert not table.duplicated(["kind", "key"]).any()
    assert table[["kind", "key", "label", "place"]].notna().all(axis=None)
    assert (table["wording"].isna() == (table["kind"] == "note")).all()
    bounded = table["value_low"].notna() | table["value_high"].notna()
    assert bounded.equals(table["unit"].notna())
    assert bounded.equals(table["qualifier"].notna())


def test_table_is_complete(table: pd.DataFrame) -> None:
    # Counted in the document; pillars list 3 + 7 + 0 activities, steps 3 + 1 + 3.
    assert table["kind"].value_counts().to_dict() == {
        "activity": 17,
        "aim": 3,
        "adviser": 11,
        "assistance_type": 7,
        "challenge": 23,
        "channel": 4,
        "chapter": 4,
        "claim": 34,
        "component": 2,
        "component_summary": 2,
        "condition": 3,
        "cost": 2,
        "delivery": 5,
        "document": 1,
        "duration": 1,
        "experience": 4,
        "hub": 3,
        "hub_task": 3,
        "interest": 3,
        "major": 22,
        "note": 33,
        "operation_azure": 9,
        "outcome": 3,
        "partner_body": 14,
        "phase": 6,
        "phase_country": 33,
        "pillar": 3,
        "pillar_summary": 3,
        "platform": 6,
        "platform_task": 3,
        "precursor_sources": 1,
        "premise": 19,
        "presence": 10,
        "proposed_country": 17,
        "question": 3,
        "reference": 8,
        "review_finding": 9,
        "review_mechanism": 10,
        "step": 3,
        "step_summary": 3,
        "strategy": 1,
        "vienna_task": 3,
    }


# Faults in the files


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "claims.yaml",
            "    place: Q1, Component 1\n",
            "",
            r"^data/document/claims.yaml: claims\[pillars_3\].place is missing; add it$",
        ),
        (
            "claims.yaml",
            "wording: This component",
            "wordnig: This component",
            r"claims.yaml: claims\[pillars_3\].wordnig is not known; did you mean wording\? mend the name or remove it",
        ),
        (
            "claims.yaml",
            "{low: 22, high: 22,",
            "{low: twenty-two, high: 22,",
            r"claims.yaml: claims\[majors_22\].quantity.low is 'twenty-two': a number is wanted",
        ),
        (
            "claims.yaml",
            "{low: 22, high: 22,",
            "{low: 22, high: 21,",
            r"claims\[majors_22\].quantity does not fit: the lower bound 22 is above the upper bound 21; exchange them",
        ),
        (
            "claims.yaml",
            "high: 22,",
            "high: 23,",
            r"claims\[majors_22\].quantity does not fit: a stated figure is one figure, not 22 to 23",
        ),
        (
            "claims.yaml",
            "restates: [premises/since_2016]",
            "restates: [premises/since_2017]",
            r"crimjust_since_2016 restates 'premises/since_2017'; did you mean 'premises/since_2016'\? there is no such entry",
        ),
        (
            "claims.yaml",
            "restates: [premises/since_2016]",
            "restates: [since_2016]",
            r"crimjust_since_2016\].restates.* is 'since_2016': an item of the document is named by its section and key",
        ),
        ("claims.yaml", "low: 22, ", "", r"claims\[majors_22\].quantity.low is missing; add it"),
        ("claims.yaml", "low: 22, ", "low: nan, ", r"majors_22\].quantity.low is 'nan': it should be a finite number"),
        ("claims.yaml", ", high: 22", "", r"claims\[majors_22\].quantity does not fit: .* 'stated' has an upper bound"),
        (
            "claims.yaml",
            "qualifier: at least",
            "qualifier: roughly",
            r"claims\[proposed_at_least_17\].quantity.qualifier is 'roughly': it should be 'stated', 'about', ",
        ),
        (
            "claims.yaml",
            '    date: "2016"\n',
            "",
            r"claims\[crimjust_since_2016\] does not fit: a claim without quantity and date cannot be checked",
        ),
        (
            "claims.yaml",
            'date: "2016"',
            "date: since 2016",
            r"claims\[crimjust_since_2016\].date is 'since 2016': a date is ISO 8601 and as precise as the text",
        ),
        (
            "claims.yaml",
            "key: majors_22",
            "key: pillars_3",
            r"claims.yaml: claims does not fit: 'pillars_3' names two entries; give one of them another name",
        ),
        ("claims.yaml", "key: majors_22", "key: 22 majors", r"claims\[22 majors\].key is '22 majors': a key is one wo"),
        (
            "components.yaml",
            "key: cyber",
            "key: case_management",
            "components does not fit: 'case_management' names tw",
        ),
        ("phases.yaml", "number: 2", "number: 1", "phases.yaml: phases does not fit: 1 names two entries"),
        (
            "phases.yaml",
            "COL: Colombia",
            "CLO: Colombia",
            r"phases\[3\].countries.CLO is 'CLO': the section `countries` has no such code; did you mean COL\?",
        ),
        ("assistance.yaml", "iso3: SEN", "iso3: Senegal", r"advisers\[SEN\].iso3 is 'Senegal': a country is its ISO"),
        (
            "claims.yaml",
            "label: Component 1 has three pillars",
            "label:",
            r"claims\[pillars_3\].label is '': a text is w",
        ),
        (
            "claims.yaml",
            "label: Component 1 has three pillars",
            "label: [a]",
            "pillars_3.*label does not fit: a text is w",
        ),
        ("outcomes.yaml", "number: 2", "number: two", r"outcomes\[two\].number is 'two': a whole number is wanted"),
        (
            "countries.yaml",
            "presence:\n",
            "presence: everywhere\nabsence:\n",
            "presence is 'everywhere': named fields ar",
        ),
        ("costs.yaml", "duration:\n", "length:\n", "costs.yaml: length is not known;"),
        (
            "costs.yaml",
            "duration:\n",
            "length:\n",
            "data/document has no section `duration`; add it",
        ),
        (
            "costs.yaml",
            "duration:\n",
            "costs:\n",
            r"costs.yaml, line 15: `costs` is given twice in one entry; keep one",
        ),
        (
            "costs.yaml",
            "duration:\n",
            "phases:\n",
            "phases.yaml: `phases` stands in data/document/costs.yaml too; keep one",
        ),
        ("costs.yaml", "unit: USD", "low: 1, unit: USD", r"costs.yaml, line 8: `low` is given twice in one entry"),
        ("costs.yaml", "costs:\n", "costs: [\n", "costs.yaml is not readable as YAML; mend it there: "),
        ("outcomes.yaml", "outcomes:\n", "", "outcomes.yaml holds no sections; begin it with the name of one"),
        (
            "notes.yaml",
            "    places:\n      - Q2, I, paragraph 2\n",
            "    places: Q2\n",
            r"\[challenges_unranked\].places is \'Q2\': a list is w",
        ),
    ],
)
def test_a_fault_is_named_with_its_file_entry_value_and_remedy(
    edited: Callable[[str, str, str], None], file: str, old: str, new: str, message: str
) -> None:
    edited(file, old, new)
    with pytest.raises(DataError, match=message):
        document.load()


def test_all_faults_of_the_files_are_named_at_once(edited: Callable[[str, str, str], None]) -> None:
    edited("costs.yaml", "unit: USD", "units: USD")
    with pytest.raises(DataError) as error:
        document.load()
    assert len(str(error.value).splitlines()) == 2  # the field that is missing and the one that is not known


@settings(max_examples=60)
@given(st.sampled_from(sorted(FILES.glob("*.yaml"))), st.integers(0, 300), st.sampled_from(("drop", "repeat", "junk")))
def test_a_corrupted_line_is_refused_in_words_or_harmless(path: Path, line: int, change: str) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    line %= len(lines)
    name, colon, _ = lines[line].partition(":")
    lines[line] = {"drop": "", "repeat": 2 * lines[line], "junk": f"{name}{colon} {{[\n"}[change]
    files = {p.name: p.read_bytes() for p in sorted(FILES.glob("*.yaml"))} | {path.name: "".join(lines).encode()}
    with suppress(DataError):
        yaml_files._checked(Document, tuple(files.items()))


def test_a_checkout_without_the_files_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    with pytest.raises(DataError, match=r"there is no .*data/document/\*\.yaml; restore it from the repository"):
        document.load()


def test_what_is_not_written_as_a_number_is_text(edited: Callable[[str, str, str], None]) -> None:
    # Other readers of YAML take an unquoted year for a number and "no" for false.
    edited("claims.yaml", 'date: "2016"', "date: 2016")
    assert next(claim.date for claim in document.load().claims if claim.key == "crimjust_since_2016") == "2016"
    edited("claims.yaml", "label: Component 1 has three pillars", "label: no")
    assert next(claim.label for claim in document.load().claims if claim.key == "pillars_3") == "no"


def test_the_files_are_parsed_once_and_again_when_they_change(edited: Callable[[str, str, str], None]) -> None:
    before = document.load()
    assert document.load() is before
    edited("claims.yaml", "Component 1 has three pillars", "Three pillars")
    assert "Three pillars" in {claim.label for claim in document.load().claims}


def test_what_was_read_cannot_be_changed(said: Document) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        said.costs[0].label = "free of charge"  # type: ignore[misc]


def test_import_reads_no_file_and_needs_no_heavy_library(tmp_path: Path) -> None:
    code = "import sys, crimjust_research.document; print({'pandas', 'numpy', 'yaml'} & set(sys.modules))"
    # In a folder without the files, so that reading them at import would fail.
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"CRIMJUST_HOME": str(tmp_path)},
    )
    assert done.stdout.strip() == "set()"
