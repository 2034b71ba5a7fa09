"""What is told of a country: each fact worked out by hand from a small world, each gap in words."""

import pytest
from country_facts import event, facts, known, met, seen, year

from crimjust_research.errors import VocabularyError
from crimjust_research.report.country import assembly, assessed, assistance, drugs, pairs, programme, scores, text
from crimjust_research.report.country.told import Country, Fact, Part, of_all, signed, span, weight, years
from crimjust_research.report.tables import Table

SCORES = {"PAN": 0.4, "COL": 0.8, "PER": 0.4, "CHL": 0.6}


def test_years_that_follow_each_other_are_one_span() -> None:
    assert years([2017, 2011, 2013, 2012]) == "2011 to 2013, 2017"
    assert years([]) == ""
    assert (span("2016", "2016"), span(2016, 2017)) == ("2016", "2016 to 2017")


def test_numbers_are_told_as_people_read_them() -> None:
    assert [weight(kg) for kg in (None, 0.0, 0.00059, 0.226, 3.0, 10.6, 116870.2)] == [
        *("not weighed", "0", "< 0.01", "0.23", "3", "11", "116,870"),
    ]
    assert signed(-0.345) == "−0.34"
    assert of_all(list("abcdefg")) == "a, b, c, d, e and 2 more"


# --- Lists, entry, events ----------------------------------------------------------------------------------------------


def test_lists_name_their_years_and_those_that_were_read() -> None:
    rows = [year(2016, majors_list=True), year(2017), year(2018, majors_list=True, failed_demonstrably=True)]
    told = facts(programme.lists(known(years={"PAN": rows}), "PAN"))
    assert told["Majors List"] == "fiscal years 2016, 2018 (lists read: 2016, 2018)"
    assert told["Found to have failed demonstrably"] == "fiscal years 2018"
    none = facts(programme.lists(known(years={"PAN": rows}), "CHL"))
    assert none["Majors List"] == "on none (lists read: 2016, 2018)"
    assert "Found to have failed demonstrably" not in none


def test_what_the_document_says_of_a_country_stands_with_its_place() -> None:
    told = facts(programme.lists(known(), "PAN"))
    assert told["Proposal of 2021"] == "one of the 17 countries it was proposed for"
    assert told["Phase"] == "phase 1 of 6: Spanish-speaking countries, Central America and Caribbean"
    assert told["Presence"] == (
        "named as one of 10 countries where there is a presence (Q1, Annex 1, Rationale, bullet 2)"
    )
    assert "not among the 10 countries named" in facts(programme.lists(known(), "CHL"))["Presence"]
    assert facts(programme.lists(known(), "MEX" if "MEX" in known().countries else "COL"))["Phase"].startswith(
        "phase 3"
    )


@pytest.mark.parametrize(
    ("precision", "documented", "when"),
    [
        ("exact", "2016-07-20", "joined on 2016-07-20"),
        ("by", "2017-08", "documented by 2017-08, joined between 2016-07-20 and 2017-08-31"),
        ("unknown", None, "no date is documented; joined between 2016-07-20 and 2017-08-31"),
    ],
)
def test_an_entry_is_as_exact_as_it_is_documented(precision: str, documented: str | None, when: str) -> None:
    row = {"tier": "I", "precision": precision, "documented": documented, "basis": "news"}
    entry = {"PAN": [{**row, "earliest": "2016-07-20", "latest": "2017-08-31"}]}
    told = facts(programme.lists(known(entry=entry), "PAN"))
    assert told["Entry into CRIMJUST"] == f"tier I: {when} (news)"
    assert facts(programme.lists(known(), "PAN"))["Entry into CRIMJUST"] == "no public page names it as joining"


def test_events_are_counted_by_kind_and_year_and_the_last_are_listed() -> None:
    at = [seen(f"2017-0{month}-01", "training", "PAN") for month in range(1, 6)] + [seen("2019-05-01", "forum", None)]
    part = programme.events(known(seen={"PAN": at}, events=[{"place": None}] * 9), "PAN")
    told = facts(part)
    assert told["Took part in"] == "6 events of 9"
    assert told["By kind"] == "training 5, forum 1"
    assert told["By year"] == "2017: 5, 2019: 1"
    assert told["The last"] == "2019-05-01, forum"
    (table,) = part.tables
    assert [row[0] for row in table.rows] == ["2019-05-01", *(f"2017-0{month}-01" for month in (5, 4, 3, 2))]
    assert table.rows[0][2] == "online or not stated"
    assert table.rows[1][2] == "Panama"


def test_persons_at_events_are_those_that_were_published() -> None:
    held = [
        event("2016-08-16", "training", "PAN", participants=31, women=15),
        event("2017-07-14", "training", "PAN", participants=30),
        event("2018-05-28", "integrity", "PAN"),
        event("2018-05-29", "integrity", "COL", participants=99),
    ]
    told = facts(programme.events(known(events=held), "PAN"))
    assert told["Held there"] == "3 events: 2016-08-16 (training), 2017-07-14 (training), 2018-05-28 (integrity)"
    assert told["Persons at them"] == "61 at 2 of 3 events; 15 women of 31 at 1 of them"
    assert told["Took part in"] == "none of 4 public events names it"
    untold = facts(programme.events(known(events=held[2:]), "PAN"))
    assert untold["Persons at them"] == "no count is published"
    unsplit = facts(programme.events(known(events=held[1:2]), "PAN"))
    assert unsplit["Persons at them"] == "30 at 1 of 1 event; how many were women is not published"
    assert facts(programme.events(known(events=held[3:]), "PAN"))["Held there"] == "no event"


def reach(channel: str, posting: str, **told: str) -> dict[str, str]:
    """A row of notebook 13's table of presence, for Panama."""
    about = {"status": "present", "told_by": "the document", "how": "serves its region", "region": "South America"}
    return {
        "iso3": "PAN",
        "channel": channel,
        "posting": posting,
        **about,
        "reading": "either reading",
        "since": "2019-05",
        "dated": "published",
        **told,
    }


def test_advisers_platforms_and_hubs_of_its_region_are_told_with_their_dates() -> None:
    rows = [
        reach("adviser", "SEN", region="West and Central Africa", since="2021-12-12", dated="by then"),
        reach("adviser", "MEX", how="posted in the State", region="", since="2021-12-12", dated="by then"),
        reach("platform", "south_america", reading="M49 alone"),
        reach("platform", "of_the_north", told_by="UNODC", region="North", since="2023-04"),
        reach("hub", "eastern_africa", region="Eastern Africa", status="planned", since="2022", dated="planned"),
        reach("platform", "of_others", iso3="COL"),
    ]
    part = assistance.channels(known(presence=rows), "PAN")
    assert [fact.says for fact in part.facts] == [
        "Anti-corruption adviser in Senegal, for West and Central Africa, there by 2021-12-12 "
        "(the document, Q2, III, Field-based Anti-Corruption Advisers)",
        "Anti-corruption adviser in Mexico, there by 2021-12-12 "
        "(the document, Q2, III, Field-based Anti-Corruption Advisers)",
        "Regional platform: South America, since 2019-05; a region of which it is by M49 alone "
        "(the document, Q2, III, Regional Platforms; dated by UNODC)",
        "Regional platform: North, since 2023-04 (UNODC, not in the document)",
        "Hub planned for early 2022, alongside the African Union Convention against corruption, for Eastern Africa "
        "(the document, Q2, III, Anti-Corruption Hubs)",
    ]
    assert part.facts[0].brief == (
        "adviser for West and Central Africa, there by 2021-12-12; adviser, there by 2021-12-12; "
        "platform for South America, since 2019-05; platform for North, since 2023-04; "
        "hub for Eastern Africa, planned 2022"
    )
    assert [fact.brief for fact in part.facts[1:]] == [""] * 4
    none = facts(assistance.channels(known(presence=rows), "PER"))
    assert none == {"Advisers, platforms, hubs": "none by the document, nor by UNODC's pages of platforms"}


def test_without_notebook_13_only_what_the_document_posts_in_the_country_is_told() -> None:
    missing = "the results of notebook 13 are missing; run `crimjust run 13_assistance`"
    assert facts(assistance.channels(known(presence=None), "PAN")) == {"For its region": missing}
    told = facts(assistance.channels(known(presence=None), "MEX"))
    assert told["In the country"].startswith("Anti-corruption adviser in Mexico (present; Q2, III,")


def test_results_that_a_notebook_would_not_find_now_are_said_to_be_such() -> None:
    old = "the results of notebook {} are not what it would find now; run `crimjust run {}`"
    unmoved = known(moved={"01_outcome1_markets"})
    assert "Not up to date" not in facts(assistance.channels(unmoved, "PAN")) | facts(pairs.others(unmoved, "PAN"))
    moved = known(moved={"13_assistance", "09_outcome3_match", "03_outcome1_routes"})
    assert facts(assistance.channels(moved, "PAN"))["Not up to date"] == old.format("13", "13_assistance")
    assert facts(pairs.others(moved, "PAN"))["Not up to date"] == old.format("09", "09_outcome3_match")
    estimate = {"run": "03_outcome1_routes", "id": "one", "estimand": "Cases of Panama", "specification": "all"}
    row = {**estimate, "estimate": "0.594", "unit": "share", "ci_low": "", "ci_high": ""}
    told = facts(pairs.others(known(moved=moved.moved, estimates=[row]), "PAN"))["Not up to date"]
    assert told == " | ".join(old.format(run[:2], run) for run in ("03_outcome1_routes", "09_outcome3_match"))


def test_other_programmes_are_told_by_name_and_years() -> None:
    def work(word: str, first: int, last: int | None) -> dict[str, object]:
        return {"programme": word, "first_year": first, "last_year": last}

    rows = [work("copolad", 2011, 2015), work("copolad", 2016, 2020), work("carsi", 2008, None)]

    def told(word: str, first: int, precision: str, publisher: str) -> dict[str, object]:
        return {"programme": word, "first_year": first, "precision": precision, "publisher": publisher}

    sources = [
        told("copolad", 2011, "exact", "FIIAPP"),
        told("copolad", 2016, "inferred", "An agency"),
        told("carsi", 2008, "by", "FIIAPP"),
    ]
    part = programme.others_at_work(known(programmes={"PAN": rows}, programme_sources={"PAN": sources}), "PAN")
    (fact,) = part.facts
    vintage = known().stored["other_programmes"].vintage
    assert known().sources(part.read, part.publishers) == f"FIIAPP; An agency ({vintage})"
    assert fact.says == "2 programmes"
    assert (
        fact.brief
        == "COPOLAD 2011 to 2015, 2016 to 2020 (inferred); Central America Regional Security Initiative by 2008"
    )
    assert part.tables[0].rows[1] == ("Central America Regional Security Initiative", "by 2008")
    assert facts(programme.others_at_work(known(), "PAN"))["On record"].startswith("none that public pages tell of")


# --- Scores ------------------------------------------------------------------------------------------------------------


def test_an_interval_is_the_estimate_and_1_96_standard_errors() -> None:
    row = year(2019, rule_of_law=0.5, rule_of_law_std_error=0.25)
    assert scores.interval(row, "rule_of_law") == pytest.approx((0.01, 0.99))
    assert scores.interval(year(2019, rule_of_law=0.5), "rule_of_law") is None


def test_a_score_stands_beside_its_region_and_among_the_phases() -> None:
    world = known(years={code: [year(2019, wjp_8_1=score)] for code, score in SCORES.items()})
    panama = scores.beside(world, "PAN", "wjp_8_1", 2019)
    # Of 0.4, 0.4, 0.6 and 0.8 half lie below 0.5; among the three in phases only 0.8 is higher, and Peru is level.
    assert (panama.median, panama.around, panama.place) == (pytest.approx(0.5), 4, "2 of 3")
    assert scores.beside(world, "PER", "wjp_8_1", 2019).place == "2 of 3"
    assert scores.beside(world, "COL", "wjp_8_1", 2019).place == "1 of 3"
    assert scores.beside(world, "CHL", "wjp_8_1", 2019).place == ""
    assert scores.beside(world, "PAN", "wjp_8_1", 2018).median is None


def test_scores_are_told_last_first_and_year_by_year() -> None:
    rows = [
        year(2016, wjp_8_1=0.25),
        year(2018, rule_of_law=-0.5, rule_of_law_std_error=0.1),
        year(2019, wjp_8_1=0.4),
    ]
    part = scores.justice(known(years={"PAN": rows, "COL": [year(2019, wjp_8_1=0.8)]}), "PAN")
    told = facts(part)
    assert told["8.1, criminal investigation is effective"] == (
        "0.40 in 2019; 2016: 0.25; median of the region 0.60 (2 countries); place 2 of the 2 in phases that have a score"
    )
    assert [fact.code for fact in part.facts if fact.code] == [
        *("WJP 8.1", "WJP 8.2", "WJP 8.5", "WJP 8.7", "Rule of law", "Control of corruption"),
    ]
    assert told["Rule of law"].startswith("−0.50 (−0.70 to −0.30) in 2018; median")
    assert told["Control of corruption"] == "no figure"
    assert told["8.2, criminal adjudication is timely and effective"] == "no figure"
    assert "no intervals are published" in told["Rule of Law Index"]
    (table,) = part.tables
    assert table.columns == ("Year", "8.1", "Rule of law")
    assert table.rows == (("2016", "0.25", "–"), ("2018", "–", "−0.50 (−0.70 to −0.30)"), ("2019", "0.40", "–"))


def test_a_country_that_no_edition_covers_is_said_not_to_be() -> None:
    world = known(years={"COL": [year(2018, wjp_8_1=0.8), year(2019, wjp_8_1=0.8)]})
    told = facts(scores.justice(world, "PAN"))
    assert told["Rule of Law Index"] == "not covered by the World Justice Project in 2018 to 2019"
    assert scores.justice(world, "PAN").tables == ()
    assert facts(scores.crime(world, "PAN"))["Scores"].startswith("not covered in")


def test_the_organised_crime_index_says_which_way_is_worse() -> None:
    def edition(at: int, score: float) -> dict[str, object]:
        return {"edition": at, **dict.fromkeys(scores.CRIME, score)}

    crime = {"PAN": [edition(2021, 8.0), edition(2023, 8.5)], "COL": [edition(2023, 9.5)], "CHL": [edition(2023, 5.0)]}
    part = scores.crime(known(crime=crime), "PAN")
    (table,) = part.tables
    assert table.columns == ("Score", "2021", "2023", "Region", "Place")
    assert table.rows[0] == ("Cocaine trade (higher is worse)", "8", "8.5", "8.5", "2 of 2")
    assert ("Law enforcement (higher is better)", "8", "8.5", "8.5", "2 of 2") in table.rows
    (chile,) = scores.crime(known(crime=crime), "CHL").tables
    assert "Place" not in chile.columns


# --- Evaluations, reviews, treaties --------------------------------------------------------------------------------------


def evaluation(**ratings: int | None) -> dict[str, object]:
    columns = {f"r_{number}_{when}": 2 for number in (30, 31, 36, 37, 38, 39, 40) for when in ("first", "last")}
    outcomes = {"io_2": 1, "io_7": 0, "io_8": 3}
    about = {"evaluated": "2018-01", "body": "GAFILAT", "followups": 2, "last_report": "2019-08"}
    return {**about, **outcomes, **columns, **ratings}


def test_ratings_are_told_in_words_and_what_changed_apart() -> None:
    part = assessed.evaluations(known(evaluations={"PAN": [evaluation(r_30_first=1, r_30_last=3)]}), "PAN")
    told = facts(part)
    assert told["Evaluated"] == (
        "2018-01 by Financial Action Task Force of Latin America; rated again in 2 reports, the last of 2019-08"
    )
    assert told["Effectiveness"] == "IO.2 moderate; IO.7 low; IO.8 high"
    assert told["Compliance rated anew"] == "R.30 partially compliant, then compliant"
    assert told["Compliance in the last report"] == (
        "R.30 compliant; R.31, R.36, R.37, R.38, R.39, R.40 largely compliant"
    )
    (table,) = part.tables
    assert table.rows[0] == ("IO.2, international cooperation", "moderate", "–")
    assert table.rows[3] == ("R.30, responsibilities of law enforcement", "partially compliant", "compliant")


def test_an_evaluation_that_stands_alone_or_leaves_a_measure_out_says_so() -> None:
    part = assessed.evaluations(known(evaluations={"PAN": [evaluation(followups=0, io_2=None)]}), "PAN")
    told = facts(part)
    assert part.tables[0].columns == ("Measure", "Evaluated")
    assert told["Evaluated"].endswith("; not rated again since")
    assert told["Effectiveness"].startswith("IO.2 does not apply")
    assert "Compliance rated anew" not in told
    assert facts(assessed.evaluations(known(), "PAN"))["Evaluated"].startswith("no mutual evaluation")


def test_reviews_of_both_cycles_are_told_done_or_awaited() -> None:
    done = {"cycle": 1, "is_complete": True, "year": 2014, "correction": None, "years_from_first": None}
    awaited = {**done, "cycle": 2, "is_complete": False, "year": None, "censoring_year": 2025}
    told = facts(assessed.reviews(known(reviews={"PAN": [done, awaited]}), "PAN"))
    assert told == {
        "Cycle 1": "executive summary of 2014",
        "Cycle 2": "no executive summary by the end of the listing, 2025",
    }
    second = {**done, "cycle": 2, "year": 2025, "years_from_first": 11, "correction": "mended"}
    told = facts(assessed.reviews(known(reviews={"PAN": [done, second]}), "PAN"))
    assert told["Cycle 2"] == "executive summary of 2025 (corrected: mended), 11 years after the first"
    assert facts(assessed.reviews(known(reviews={"COL": [done]}), "PAN")) == {
        "Reviews": "not among the 1 States whose reviews were read"
    }


def test_a_treaty_without_consent_is_named_with_the_month_of_its_list() -> None:
    world = known()
    row = {f"{name}_consent": 1990 + place for place, name in enumerate(world.treaty_names.by_name)}
    row["untoc_firearms_consent"] = None  # type: ignore[assignment]
    part = assessed.consents(known(treaties={"PAN": [row]}), "PAN")
    told = facts(part)
    assert told["Consent"] == "bound by 8 of 9, 1990 to 1998"
    assert told["No consent in its list"].endswith("Trafficking in Firearms, 2001 (list of 2014-04)")
    assert part.tables[0].rows[0] == ("Single Convention on Narcotic Drugs, 1961", "1990")
    assert facts(assessed.consents(world, "PAN"))["Consent"] == "in none of the lists of parties"


# --- Seizures, prison, crops -----------------------------------------------------------------------------------------------


def seized(at: int, family: str, kilograms: float | None, chemical: str = "") -> dict[str, object]:
    return {
        "year": at,
        "family": family,
        "drug": chemical or family,
        "is_precursor": bool(chemical),
        "kilograms": kilograms,
    }


def test_weights_are_summed_by_family_and_year_the_heaviest_first() -> None:
    rows = [
        seized(2018, "heroin", 5.0),
        seized(2018, "cocaine", None),
        seized(2018, "cocaine", 10.0),
        seized(2018, "cocaine", 2.0),
        seized(2019, "cocaine", None),
    ]
    assert drugs.weights(rows, "family") == {"cocaine": {2018: 12.0, 2019: None}, "heroin": {2018: 5.0}}
    assert list(drugs.weights(rows, "family")) == ["cocaine", "heroin"]


def test_seizures_tell_years_reported_silent_and_not_covered() -> None:
    rows = [year(2016, seizures_reported=False), *(year(at, seizures_reported=True) for at in (2018, 2019))]
    reported = [
        seized(2018, "cocaine", 12.0),
        seized(2019, "cocaine", None),
        seized(2019, "heroin", 3.0),
        seized(2019, "precursors", 7.0, "acetone"),
    ]
    part = drugs.seizures(known(years={"PAN": rows}, seizures={"PAN": reported}), "PAN")
    told = facts(part)
    assert told["Reported"] == "2018 to 2019; nothing reported in 2016; UNODC's tables at hand have no 2017"
    assert told["Heaviest in 2019, kg"] == "heroin 3"
    assert told["Precursors"] == "1 chemical in 2019"
    families, chemicals = part.tables
    assert families.columns == ("Family", "2018", "2019")
    assert families.rows == (("cocaine", "12", "not weighed"), ("heroin", "–", "3"))
    assert chemicals.rows == (("acetone", "7"),)


def test_years_of_two_publications_stand_in_two_tables() -> None:
    rows = [year(at, seizures_reported=True) for at in (2016, 2018)]
    reported = [seized(2016, "cocaine", 12.0), seized(2018, "cocaine", 3.0), seized(2018, "heroin", 1.0)]
    world = known(years={"PAN": rows}, seizures={"PAN": reported})
    portal, annex = drugs.seizures(world, "PAN").tables
    assert portal.caption.startswith("Drugs seized by family, in kilograms, by UNODC's data portal; ")
    assert (portal.columns, portal.rows) == (("Family", "2016"), (("cocaine", "12"),))
    assert annex.caption.startswith(
        "Drugs seized by family, in kilograms, by statistical annexes of UNODC's World Drug"
    )
    assert (annex.columns, annex.rows) == (("Family", "2018"), (("cocaine", "3"), ("heroin", "1")))
    assert drugs.series(world) == "2016 and 2018 to 2019 are of 2 publications and not one series."


def test_acts_on_precursors_are_told_where_there_are_any() -> None:
    acts = [
        {"month": "2023-05", "substances": "norfentanyl", "status": "published"},
        {"month": "2017-08", "substances": "4_anpp npp", "status": "in_force"},
    ]
    part = drugs.seizures(known(controls={"PAN": acts}), "PAN")
    said = "2017-08: 4-anpp, npp (in force); 2023-05: norfentanyl (published)"
    assert facts(part)["Controls on fentanyl precursors"] == said
    assert part.facts[-1].brief == "2 acts, 2017-08 to 2023-05"
    assert ("precursor_controls", ()) in part.read
    untold = drugs.seizures(known(), "PAN")
    assert "Controls on fentanyl precursors" not in facts(untold)
    assert len(untold.read) == 1


def test_a_country_that_reported_nothing_is_said_to_have_done_so() -> None:
    told = facts(drugs.seizures(known(), "PAN"))
    assert told["Reported"] == "nothing in 2016, 2018 to 2019; UNODC's tables at hand have no 2017"
    assert told["Precursors"] == "none reported"
    # A territory that no row of the yearly panel is of has reported nothing either.
    assert facts(drugs.seizures(known(), "CHL"))["Reported"] == told["Reported"]


def test_prison_offences_and_crops_are_told_by_year_or_as_missing() -> None:
    rows = [year(2018, persons_held_trafficking=1200.0, coca_hectares=48000.0), year(2019, coca_hectares=62000.0)]
    told = facts(drugs.crops_and_prison(known(years={"PAN": rows}), "PAN"))
    assert told["In prison for drug trafficking"] == "2018: 1,200"
    assert told["Entering prison for drug trafficking"] == "no figure"
    assert told["Coca, hectares"] == "2018: 48,000, 2019: 62,000"
    assert "Coca and opium poppy" not in told
    assert facts(drugs.crops_and_prison(known(), "PAN"))["Coca and opium poppy"].startswith("no figure")


# --- Beside others ----------------------------------------------------------------------------------------------------------


def route(seizing: str, departure: str, destination: str, cases: int, ends: str = "two countries") -> dict[str, object]:
    return {
        "year": 2014,
        "seizing": seizing,
        "departure": departure,
        "destination": destination,
        "ends": ends,
        "cases": cases,
    }


def test_routes_are_counted_by_their_other_end_whoever_seized() -> None:
    rows = [
        route("COL", "PAN", "PER", 5),
        route("PAN", "PER", "PAN", 2),
        route("PAN", "PAN", "unknown", 40, "one end known"),
        route("PAN", "COL", "PER", 9),
    ]
    told = facts(pairs.others(known(routes={"PAN": rows}, met=met(PER=1, COL=3)), "PAN"))
    assert told["Seizures it reported singly"] == "51 in 2014"
    assert told["Routes between it and others"] == "7 cases with 1 country, 2011 to 2016: Peru 7"
    assert told["Joint events"] == "with 2 States: Colombia 3, Peru 1"
    none = facts(pairs.others(known(), "PAN"))
    assert none["Joint events"] == "none with any State, in public"
    assert none["Seizures it reported singly"] == "none, 2011 to 2016"
    assert none["Routes between it and others"] == "none recorded, 2011 to 2016"


def test_pairs_that_did_not_meet_are_found_from_either_side() -> None:
    about = {"kilograms": "12.5", "main_drug": "cocaine", "first_year": "2013", "last_year": "2013"}
    unmet = [
        {"rank": "2", "first": "COL", "second": "PAN", "first_name": "Colombia", "second_name": "Panama", "cases": "8", **about},
        {"rank": "3", "first": "PAN", "second": "PER", "first_name": "Panama", "second_name": "Peru", "cases": "1", **about},
        {"rank": "4", "first": "COL", "second": "PER", "first_name": "Colombia", "second_name": "Peru", "cases": "1", **about},
    ]  # fmt: skip
    part = pairs.others(known(unmet=unmet), "PAN")
    assert facts(part)["Routes but no joint event"] == "2 pairs of notebook 09, by cases: Colombia (8), Peru (1)"
    assert part.tables[0].rows[0] == (2, "Colombia", 8, "12", "cocaine", "2013")
    assert facts(pairs.others(known(), "PAN"))["Routes but no joint event"].startswith("no pair of it")


def test_results_that_are_missing_are_said_to_be_with_the_command_that_makes_them() -> None:
    told = facts(pairs.others(known(unmet=None, estimates=None), "PAN"))
    assert told["Routes but no joint event"] == (
        "the results of notebook 09 are missing; run `crimjust run 09_outcome3_match`"
    )
    assert told["Estimates on it alone"] == "the results are missing; run `crimjust run all`"


def test_estimates_on_a_country_alone_name_it_and_no_other() -> None:
    def estimate(name: str, estimand: str) -> dict[str, str]:
        about = {"specification": "all cases", "estimate": "0.594", "unit": "share", "ci_low": "", "ci_high": ""}
        return {"run": "03_outcome1_routes", "id": name, "estimand": estimand, **about}

    rows = [
        estimate("one", "Cases reported by Panama, of all cases"),
        estimate("two", "Cases of Panama and of Peru"),
        estimate("none", "Cases reported by Panamanians"),
    ]
    told = facts(pairs.others(known(estimates=rows), "PAN"))
    assert told["Estimate on it alone"] == "Cases reported by Panama, of all cases, all cases: 0.594 share [03 one]"
    assert (
        facts(pairs.others(known(estimates=rows), "PER"))["Estimates on it alone"] == "none among the reference results"
    )
    bounded = [rows[0] | {"ci_low": "0.5", "ci_high": "0.7"}]
    assert "(0.500 to 0.700)" in facts(pairs.others(known(estimates=bounded), "PAN"))["Estimate on it alone"]


# --- Which country, and how it is told -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "code"),
    [("PAN", "PAN"), ("pan", "PAN"), ("Panama", "PAN"), ("  panamá ", "PAN"), ("Ivory Coast", "CIV"), ("UK", "GBR")],
)
def test_a_country_is_meant_by_any_accepted_name(given: str, code: str) -> None:
    assert assembly.meant(given) == code


def test_an_unknown_name_is_refused_with_near_ones() -> None:
    with pytest.raises(VocabularyError, match=r"'Panma' is no country .* did you mean 'Panama' .*\? Give its name"):
        assembly.meant("Panma")
    with pytest.raises(VocabularyError) as refusal:
        assembly.meant("x" * 5000)
    assert len(str(refusal.value)) < 200
    with pytest.raises(VocabularyError, match="known here; give its name, or its ISO 3166 alpha-3 code, as PAN"):
        assembly.meant("qqqqqqqq")


def test_a_country_no_panel_knows_is_refused_by_name() -> None:
    with pytest.raises(VocabularyError, match="no publisher at hand has figures of Antarctica"):
        assembly.told(known(), "ATA")


def test_the_report_tells_of_the_phases_and_of_others_it_was_proposed_for() -> None:
    world = known()
    mexico = dict(world.countries["CHL"]) | {"name": "Mexico", "proposed": True}
    told = assembly.in_report(known(countries={**world.countries, "MEX": mexico}))
    assert [one.name for one in told] == ["Colombia", "Mexico", "Panama", "Peru"]


def test_a_fact_in_short_is_its_brief_or_itself() -> None:
    assert Fact("name", "says").in_short == "says"
    assert Fact("name", "says", "in short").in_short == "in short"
    assert Fact("name", "says", "").in_short == ""


def test_a_table_too_wide_for_a_line_goes_on_below_with_its_first_column() -> None:
    table = Table("Weights", ("Family", "2018", "2019"), (("cocaine", "116,870", "96,000"), ("heroin", "–", "3")))
    part = Part("Seizures", (), (table,), (("seizures_country_year", ("seizures_country",)),))
    shown = text.as_text(known(), Country("PAN", "Panama", "Somewhere", (part,)), 20).splitlines()
    assert shown[shown.index("Weights") + 1 :][:6] == [
        "Family      2018",
        "cocaine  116,870",
        "heroin         –",
        "Family     2019",
        "cocaine  96,000",
        "heroin        3",
    ]


def test_a_long_name_of_a_row_is_broken_into_lines() -> None:
    name = "Cooperation Programme between Latin America and the European Union"
    table = Table("Years", ("Programme", "Years"), ((name, "2011 to 2015"), ("CARSI", "from 2008")))
    part = Part("Other programmes", (), (table,), (("other_programmes", ()),))
    shown = text.as_text(known(), Country("PAN", "Panama", "Somewhere", (part,)), 50).splitlines()
    assert shown[shown.index("Years") + 1 :][:4] == [
        "Programme                                    Years",
        "Cooperation Programme between Latin   2011 to 2015",
        "America and the European Union",
        "CARSI                                    from 2008",
    ]
    assert "Panel" not in shown[-1]


def test_a_part_names_publishers_vintages_and_panels_once() -> None:
    world = known()
    panel, raw = world.stored["reviews"], world.stored["uncac_reviews"]
    said = world.sources([("reviews", ("uncac_reviews",)), ("uncac_reviews", ())])
    assert said == f"{raw.table.sources[0].title} ({raw.vintage}). Panel: reviews {panel.vintage}"
