"""A programme's own records: every fault found at once, sound ones read as they are."""

import csv
import json
import random
import re
import shutil
import zipfile
from datetime import date
from pathlib import Path

import frictionless
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from workbook_files import write_workbook

from crimjust_research import document
from crimjust_research.cli import crimjust
from crimjust_research.data import own_records
from crimjust_research.data.own_records import checking, layout
from crimjust_research.data.own_records.schemas import kinds, topics
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import seized_drugs

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "data" / "templates"
# Made up for these tests; no case, request or training is meant.
CASE = {
    "case_id": "C-1",
    "country": "PAN",
    "seizure_date": "2020-05-01",
    "drug": "cocaine",
    "kilograms": "120.5",
    "precursor_involved": "false",
    "investigation_opened": "2020-04-20",
    "prosecution_started": "2020-08-01",
    "charges": "trafficking money_laundering",
    "disposition_date": "2021-03-01",
    "disposition": "convicted",
    "transnational_cooperation_used": "TRUE",
    "programme_supported": "",
    "as_of": "2021-06-30",
}
DEFENDANT = {
    "defendant_id": "D-1",
    "case_id": "C-1",
    "role": "organiser",
    "charged": "2020-08-01",
    "decided": "2021-03-01",
    "outcome": "convicted",
    "as_of": "2021-06-30",
}
REQUEST = {
    "request_id": "R-1",
    "case_id": "C-1",
    "requesting": "PAN",
    "requested": "CPV",
    "kind": "mutual_legal_assistance",
    "sent": "2020-06-01",
    "answered": "2020-09-01",
    "outcome": "granted",
    "as_of": "2021-06-30",
}
TRAINING = {
    "training_id": "T-1",
    "start": "2019-02-04",
    "end": "2019-02-08",
    "topic": "pillar_2/financial_investigation",
    "host": "PAN",
    "country": "GTM",
    "agency": "prosecution",
    "participants": "20",
    "women": "11",
    "men": "8",
}
KNOWLEDGE_TEST = {
    "training_id": "T-1",
    "person_code": "P-01",
    "country": "GTM",
    "agency": "prosecution",
    "sex": "female",
    "tested": "2019-02-08",
    "before": "45",
    "after": "72.5",
    "follow_up": "65",
    "as_of": "2019-09-30",
}
EQUIPMENT = {
    "equipment_id": "E-1",
    "country": "GTM",
    "agency": "forensic_laboratory",
    "item": "analysis_device",
    "units": "2",
    "value": "48000",
    "delivered": "2019-03-01",
    "due_diligence": "true",
    "training_id": "T-1",
    "in_use_at_6_months": "true",
    "as_of": "2019-09-30",
}
FORUM = {
    "forum_id": "F-1",
    "held": "2020-06-10",
    "host": "PAN",
    "countries": "PAN CPV GTM",
    "case_ids": "C-1",
    "actions_agreed": "5",
    "actions_done": "3",
    "as_of": "2021-06-30",
}
TEAM = {
    "team_id": "J-1",
    "countries": "PAN CPV",
    "proposed": "2020-06-10",
    "signed": "2020-07-01",
    "ended": "2021-02-01",
    "case_ids": "C-1 C-2",
    "as_of": "2021-06-30",
}
OPERATION = {
    "operation_id": "O-1",
    "countries": "PAN CPV",
    "pre_meeting": "2020-04-01",
    "start": "2020-04-20",
    "end": "2020-05-05",
    "post_meeting": "2020-06-01",
    "seizures": "12",
    "case_ids": "C-1",
    "as_of": "2021-06-30",
}
ASSET = {
    "asset_id": "A-1",
    "case_id": "C-1",
    "kind": "real_estate",
    "frozen": "2020-08-15",
    "value_frozen": "250000",
    "confiscated": "2021-03-01",
    "value_confiscated": "200000",
    "as_of": "2021-06-30",
}
EXPENDITURE = {
    "activity": "pillar_2/financial_investigation",
    "country": "PAN",
    "year": "2020",
    "budget": "100000",
    "spent": "82500.5",
}
OUTCOME = {"country": "PAN", "year": "2019", "value": "-0.25"}
CO_PROGRAMME = {"country": "PAN", "programme": "aircop", "first_year": "2012", "last_year": "2018"}
REVIEW_GAPS = {"iso3": "PAN", "article": "46", "provisions": "9", "gaps": "2"}
READING = {"coder": "C-1", "challenge": "extradition", "level": "near"}
CODED = {
    "iso3": "PAN",
    "cycle": "1",
    "coder": "C-1",
    "chapter": "IV",
    "challenge": "extradition",
    "need": "legislative_assistance",
}
PRECURSOR_SOURCE = {"iso3": "PAN", "report_year": "2021", "listed": "1", "page": "12"}
ASSISTANCE = {
    "assistance_id": "A-1",
    "iso3": "PAN",
    "basis": "review_need",
    "need": "asset_recovery",
    "channel": "hub",
    "partners": "prosecutors judiciary",
    "asked": "2021-03-01",
    "arrived": "2021-06-01",
    "on_site": "true",
    "as_of": "2022-01-31",
}
# A second value of a key that is no code.
OTHER = {"report_year": "2020", "country": "CPV", "iso3": "CPV", "activity": "pillar_1"}
SOUND = {
    "cases": CASE,
    "defendants": DEFENDANT,
    "cooperation_requests": REQUEST,
    "trainings": TRAINING,
    "knowledge_tests": KNOWLEDGE_TEST,
    "equipment": EQUIPMENT,
    "forums": FORUM,
    "joint_teams": TEAM,
    "operations": OPERATION,
    "assets": ASSET,
    "expenditure": EXPENDITURE,
    "outcomes": OUTCOME,
    "co_programmes": CO_PROGRAMME,
    "review_gaps": REVIEW_GAPS,
    "challenge_readings": READING,
    "coded_summaries": CODED,
    "precursor_sources": PRECURSOR_SOURCE,
    "assistance": ASSISTANCE,
}


def write(folder: Path, *records: dict[str, str], delimiter: str = ",", name: str = "records.csv") -> Path:
    columns = list(dict.fromkeys(column for record in records for column in record))
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
    return path


def found(folder: Path, kind: str, *records: dict[str, str]) -> list[tuple[int, str, str, str]]:
    faults = own_records.check(write(folder, *records), kind)
    assert list(faults.columns) == list(own_records.COLUMNS)
    assert set(faults["table"]) <= {kind}
    assert (faults["remedy"] != "").all()
    return list(faults[["row", "column", "value", "rule"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("kind", list(kinds()))
def test_sound_records_have_no_fault_and_an_open_one_neither(tmp_path: Path, kind: str) -> None:
    record = SOUND[kind]
    required = {f.name for f in kinds()[kind].table.fields if f.required}
    key = kinds()[kind].table.primary_key[0]
    slight = {name: value if name in required else "" for name, value in record.items()} | {key: OTHER.get(key, "X-2")}
    assert found(tmp_path, kind, record, slight) == []


def test_records_are_read_in_their_types(tmp_path: Path) -> None:
    frame = own_records.read(write(tmp_path, CASE, {**CASE, "case_id": "C-2", "kilograms": ""}), "cases")
    assert list(frame.columns) == list(CASE)
    assert frame["seizure_date"].tolist() == [pd.Timestamp(2020, 5, 1)] * 2
    assert (frame["disposition_date"] - frame["seizure_date"]).dt.days.tolist() == [304, 304]
    assert frame["kilograms"].tolist()[0] == 120.5
    assert pd.isna(frame["kilograms"][1])
    assert frame["transnational_cooperation_used"].tolist() == [True, True]
    assert frame["precursor_involved"].tolist() == [False, False]
    assert frame["programme_supported"].isna().all()
    assert {str(frame[c].dtype) for c in ("precursor_involved", "programme_supported")} == {"boolean"}
    trainings = own_records.read(write(tmp_path, {**TRAINING, "women": "", "men": ""}), "trainings")
    assert trainings["participants"].tolist() == [20]
    assert str(trainings["women"].dtype) == "Int64"


CASE_FAULTS = [
    ({"case_id": ""}, "case_id", "must not be empty"),
    (
        {"case_id": "Maria Garcia"},
        "case_id",
        "must be a code of letters, digits and the signs . _ / -, with a digit in it",
    ),
    ({"case_id": "C" * 40 + "1"}, "case_id", "no longer than 40 of them"),
    ({"country": "Panonia"}, "country", "must be a country's three letters, such as PAN, or its name"),
    ({"country": "PNA"}, "country", "must be a country's three letters"),
    ({"seizure_date": ""}, "seizure_date", "must not be empty"),
    ({"seizure_date": "01/05/2020"}, "seizure_date", "must be a day such as 2023-07-31"),
    ({"seizure_date": "2020-02-30"}, "seizure_date", "must be a day such as 2023-07-31"),
    ({"drug": "cocain"}, "drug", "must be one of: "),
    ({"kilograms": "1,20,5"}, "kilograms", "must be a number"),
    ({"kilograms": "-1"}, "kilograms", "must be 0 or more"),
    ({"kilograms": "0"}, "kilograms", "must be above zero: something was seized"),
    ({"precursor_involved": "perhaps"}, "precursor_involved", "must be true or false"),
    ({"drug": "precursors"}, "precursor_involved", "cannot be false where the drug is precursors"),
    ({"charges": "trafficking, or corruption"}, "charges", "must be one or more, parted by spaces, of: trafficking, "),
    ({"prosecution_started": "2020-04-30", "investigation_opened": ""}, "prosecution_started", "before seizure_date"),
    ({"investigation_opened": "2020-08-02"}, "prosecution_started", "must not be before investigation_opened"),
    ({"disposition_date": "2020-07-31"}, "disposition_date", "must not be before prosecution_started"),
    ({"disposition_date": "2021-07-01"}, "disposition_date", "must not be after as_of"),
    ({"prosecution_started": "", "charges": ""}, "disposition", "needs prosecution_started"),
    ({"prosecution_started": "", "disposition": "not_prosecuted"}, "charges", "needs prosecution_started"),
    ({"disposition": "not_prosecuted"}, "disposition", "cannot be not_prosecuted"),
    ({"disposition_date": ""}, "disposition", "needs disposition_date"),
    ({"disposition": ""}, "disposition_date", "needs disposition"),
    ({"disposition": "guilty"}, "disposition", "must be one of: "),
]
DEFENDANT_FAULTS = [
    ({"defendant_id": "Maria Garcia"}, "defendant_id", "must be a code of letters, digits"),
    ({"case_id": ""}, "case_id", "must not be empty"),
    ({"role": "capo"}, "role", "must be one of: "),
    ({"charged": ""}, "charged", "must not be empty"),
    ({"decided": "2020-07-31"}, "decided", "must not be before charged"),
    ({"decided": "2021-07-01"}, "decided", "must not be after as_of"),
    ({"decided": ""}, "outcome", "needs decided"),
    ({"outcome": ""}, "decided", "needs outcome"),
    ({"outcome": "pending"}, "outcome", "must be one of: "),
]
REQUEST_FAULTS = [
    ({"answered": "2020-05-31"}, "answered", "must not be before sent"),
    ({"sent": "2021-07-01", "answered": "", "outcome": ""}, "sent", "must not be after as_of"),
    ({"outcome": ""}, "answered", "needs outcome"),
    ({"answered": ""}, "outcome", "needs answered"),
    ({"requested": "PAN"}, "requested", "must be another country than requesting"),
    ({"requested": "CPW"}, "requested", "must be a country's three letters"),
    ({"kind": "letter"}, "kind", "must be one of: "),
]
TRAINING_FAULTS = [
    ({"end": "2019-02-01"}, "end", "must not be before start"),
    ({"women": "13"}, "participants", "must be at least women and men together"),
    ({"participants": "0", "women": "", "men": ""}, "participants", "must be 1 or more"),
    ({"participants": "2.5", "women": "", "men": ""}, "participants", "must be a whole number"),
    ({"topic": "pillar_4"}, "topic", "must be one of: "),
]

PROGRAMME_FAULTS = {
    "defendants": [
        ({"sex": "femal"}, "sex", "must be one of: female, male"),
        ({"sex": "M"}, "sex", "M may stand for masculino or for mujer"),
        ({"pretrial_days": "-3"}, "pretrial_days", "must be 0 or more"),
    ],
    "trainings": [({"speakers": "2", "women_speakers": "3"}, "women_speakers", "must not be above speakers")],
    "knowledge_tests": [
        ({"person_code": "Maria"}, "person_code", "must be a code of letters, digits"),
        ({"after": "172"}, "after", "must be from 0 to 100"),
        ({"tested": "2019-10-01"}, "tested", "must not be after as_of"),
    ],
    "equipment": [
        ({"item": "drone"}, "item", "must be one of: "),
        ({"units": "0"}, "units", "must be 1 or more"),
        ({"delivered": "2019-04-04"}, "in_use_at_6_months", "cannot be known half a year after delivery"),
    ],
    "forums": [
        ({"actions_done": "6"}, "actions_done", "must not be above actions_agreed"),
        ({"countries": "PAN"}, "countries", "must be two countries or more"),
        ({"countries": "PAN CPW"}, "countries", "must be a country's three letters"),
        ({"case_ids": "C-1 and C-2"}, "case_ids", "must be codes of letters, digits"),
    ],
    "joint_teams": [
        ({"signed": "2020-06-09"}, "signed", "must not be before proposed"),
        ({"signed": ""}, "ended", "needs signed"),
    ],
    "operations": [
        ({"pre_meeting": "2020-04-21"}, "start", "must not be before pre_meeting"),
        ({"post_meeting": "2020-05-04"}, "post_meeting", "must not be before end"),
    ],
    "assets": [
        ({"confiscated": ""}, "value_confiscated", "needs confiscated"),
        ({"value_confiscated": "250001"}, "value_confiscated", "must not be above value_frozen"),
    ],
    "expenditure": [
        ({"budget": "-1"}, "budget", "must be 0 or more"),
        ({"year": "20200"}, "year", "must be from 1900 to 2100"),
    ],
}
COUNTRY_FAULTS = {
    "outcomes": [
        ({"country": "Panonia"}, "country", "must be a country's three letters, such as PAN, or its name"),
        ({"year": "2019.5"}, "year", "must be a whole number"),
        ({"year": "20190"}, "year", "must be a calendar year"),
        ({"value": ""}, "value", "must not be empty"),
        ({"value": "high"}, "value", "must be a number"),
    ],
    "co_programmes": [
        ({"programme": "PAcCTO 2"}, "programme", "must be one of: "),
        ({"last_year": "2011"}, "last_year", "must not be before first_year"),
    ],
    "review_gaps": [
        ({"iso3": "ZZZ"}, "iso3", "must be a country's three letters"),
        ({"article": "60"}, "article", "must be from 5 to 59"),
        ({"article": "4"}, "article", "must be from 5 to 59"),
        ({"gaps": "10"}, "gaps", "must not be above provisions"),
        ({"provisions": "x"}, "provisions", "must be a whole number"),
    ],
    "challenge_readings": [
        ({"challenge": "corruption"}, "challenge", "must be one of: "),
        ({"level": "nearly"}, "level", "must be one of: "),
        ({"coder": "Ana Ruiz"}, "coder", "must be a code of letters, digits"),
    ],
    "coded_summaries": [
        ({"cycle": "3"}, "cycle", "must be from 1 to 2"),
        ({"cycle": "2"}, "chapter", "must be III or IV in the first cycle and II or V in the second"),
        ({"challenge": "procurement"}, "challenge", "must be a challenge of its chapter"),
        ({"need": "money"}, "need", "must be one of: "),
    ],
    "precursor_sources": [
        ({"report_year": "21"}, "report_year", "must be from 1987 to 2100"),
        ({"page": "xii"}, "page", "must be a whole number"),
        ({"listed": "12"}, "listed", "must be the number of rows of its report_year: the whole list"),
    ],
    "assistance": [
        ({"basis": "wish"}, "basis", "must be one of: review_need, request, neither"),
        ({"need": "none"}, "need", "must be one of: "),
        ({"partners": "prosecutors police"}, "partners", "must be one or more, parted by spaces, of: "),
        ({"arrived": "2021-02-28"}, "arrived", "must not be before asked"),
        ({"arrived": "2022-02-01"}, "arrived", "must not be after as_of"),
        ({"arrived": ""}, "on_site", "needs arrived: where it was given is known once it was"),
        ({"asked": ""}, "asked", "must"),
    ],
}


@pytest.mark.parametrize(
    ("kind", "change", "column", "rule"),
    [
        (kind, *case)
        for kind, cases in (
            ("cases", CASE_FAULTS),
            ("defendants", DEFENDANT_FAULTS),
            ("cooperation_requests", REQUEST_FAULTS),
            ("trainings", TRAINING_FAULTS),
            *PROGRAMME_FAULTS.items(),
            *COUNTRY_FAULTS.items(),
        )
        for case in cases
    ],
)
def test_a_single_fault_is_found_where_it_is_and_nothing_else(
    tmp_path: Path, kind: str, change: dict[str, str], column: str, rule: str
) -> None:
    key = kinds()[kind].table.primary_key[0]
    ((row, where, value, broken),) = found(
        tmp_path, kind, SOUND[kind] | {key: OTHER.get(key, "X-9")}, SOUND[kind] | change
    )
    assert (row, where) == (3, column)
    assert value == (SOUND[kind] | change)[column]
    assert rule in broken


def test_every_fault_is_listed_at_once_in_order_of_rows(tmp_path: Path) -> None:
    bad = {**CASE, "country": "PNA", "seizure_date": "soon", "kilograms": "0", "as_of": ""}
    assert [(row, column) for row, column, _, _ in found(tmp_path, "cases", CASE, bad)] == [
        (2, "case_id"),
        (3, "case_id"),
        (3, "country"),
        (3, "seizure_date"),
        (3, "kilograms"),
        (3, "as_of"),
    ]


def test_rows_of_one_training_must_agree_on_what_it_was(tmp_path: Path) -> None:
    other = {**TRAINING, "country": "HND", "host": "HND"}
    faults = found(tmp_path, "trainings", TRAINING, other, {**TRAINING, "training_id": "T-2", "host": "HND"})
    assert [(row, column) for row, column, *_ in faults] == [(2, "host"), (3, "host")]
    assert found(tmp_path, "trainings", TRAINING, {**other, "host": "PAN"}) == []


OF_CASE_FAULTS = [
    ({"case_id": "C-9"}, {}, [("case_id", "C-9", "must be a case_id of cases")]),
    (
        {"charged": "2020-04-30"},
        {},
        [("charged", "2020-04-30", "must not be before the seizure_date of its case")],
    ),
    (
        {"charged": "2020-04-01", "decided": "2020-04-30"},
        {},
        [
            ("charged", "2020-04-01", "must not be before the seizure_date of its case"),
            ("decided", "2020-04-30", "must not be before the seizure_date of its case"),
        ],
    ),
    ({"charged": "2020-07-31"}, {}, [("charged", "2020-07-31", "must not be before the prosecution_started")]),
    (
        {"decided": "", "outcome": ""},
        {"prosecution_started": "", "charges": "", "disposition": "not_prosecuted"},
        [("charged", "2020-08-01", "needs prosecution_started in its case")],
    ),
    ({}, {"disposition": "dismissed"}, [("outcome", "convicted", "cannot be convicted where the case ended without")]),
    ({"outcome": "acquitted"}, {}, [("outcome", "acquitted", "must be convicted for one defendant at least")]),
    # A trial that is open may yet end in the conviction that the case says; a case known of no later than the charges may
    # not have them yet.
    ({"decided": "", "outcome": "", "as_of": "2020-12-31"}, {}, []),
    (
        {"decided": "", "outcome": ""},
        {"prosecution_started": "", "charges": "", "disposition_date": "", "disposition": "", "as_of": "2020-07-31"},
        [],
    ),
]


@pytest.mark.parametrize(("change", "of_case", "faults"), OF_CASE_FAULTS)
def test_defendants_are_held_against_their_cases_where_these_are_at_hand(
    tmp_path: Path, change: dict[str, str], of_case: dict[str, str], faults: list[tuple[str, str, str]]
) -> None:
    cases = own_records.read(write(tmp_path, CASE | of_case, {**CASE, "case_id": "C-2"}, name="cases.csv"), "cases")
    sound = {**DEFENDANT, "defendant_id": "D-2", "case_id": "C-2"}
    path = write(tmp_path, sound, DEFENDANT | change)
    if not faults:
        assert len(own_records.read(path, "defendants", beside={"cases": cases})) == 2
        return
    with pytest.raises(DataError) as caught:
        own_records.read(path, "defendants", beside={"cases": cases})
    lines = str(caught.value).splitlines()[1:]
    assert len(lines) == len(faults)
    for line, (column, value, rule) in zip(lines, faults, strict=True):
        assert line.startswith(f"  defendants row 3, {column} = {value!r}: {rule}"), line


REFERENCES = [(kind, column, other) for kind, one in kinds().items() for column, other in one.references.items()]


@pytest.mark.parametrize(("kind", "column", "other"), REFERENCES)
def test_a_code_of_another_record_must_stand_there_where_that_is_at_hand(
    tmp_path: Path, kind: str, column: str, other: str
) -> None:
    known = own_records.read(write(tmp_path, SOUND[other], name="known.csv"), other)
    path = write(tmp_path, {**SOUND[kind], column: "X-9"})
    assert own_records.check(path, kind).empty
    (fault,) = own_records.check(path, kind, beside={other: known}).to_dict("records")
    assert (fault["row"], fault["column"], fault["value"]) == (2, column, "X-9")
    assert fault["rule"] == f"must be a {column.removesuffix('s')} of {other}"


def test_of_several_codes_the_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    cases = own_records.read(write(tmp_path, CASE, name="cases.csv"), "cases")
    path = write(tmp_path, {**FORUM, "case_ids": "C-1 C-7"})
    faults = own_records.check(path, "forums", beside={"cases": cases})
    assert faults["rule"].tolist() == ["must be a case_id of cases"]


def test_a_folder_is_read_as_a_whole_and_says_what_it_did_not_read(tmp_path: Path) -> None:
    write(tmp_path, CASE, {**CASE, "case_id": "C-2"}, name="Cases.csv")
    write(tmp_path, TEAM, name="joint teams.csv")
    (tmp_path / "notes.docx").write_bytes(b"")
    folder = own_records.read_folder(tmp_path)
    assert {kind: len(frame) for kind, frame in folder.records.items()} == {"cases": 2, "joint_teams": 1}
    assert [str(path) for path in folder.others] == ["notes.docx"]
    told = CliRunner().invoke(crimjust, ["data", "check", str(tmp_path)])
    assert told.output.splitlines() == [
        "Cases.csv: 2 cases, no fault",
        "joint teams.csv: 1 joint_teams, no fault",
        "not read, as of no kind of record by name or columns: notes.docx; if one holds records, name it after its kind, "
        "such as cases.csv",
    ]


def test_the_faults_of_every_file_of_a_folder_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, {**CASE, "country": "PANAMAS"}, name="cases.csv")
    write(tmp_path, {**ASSET, "case_id": ""}, name="assets.csv")
    with pytest.raises(DataError) as refused:
        own_records.read_folder(tmp_path)
    assert "cases row 2, country = 'PANAMAS'" in str(refused.value)
    assert "assets row 2, case_id = ''" in str(refused.value)


def test_a_folder_without_records_or_with_two_files_of_a_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no records of any kind: name files after kinds, such as cases\.csv"):
        own_records.read_folder(tmp_path)
    write(tmp_path, CASE, name="cases.csv")
    write(tmp_path, CASE, name="cases.txt")
    with pytest.raises(DataError, match=r"holds cases\.csv and cases\.txt, both of cases: keep one of them there"):
        own_records.read_folder(tmp_path)
    with pytest.raises(DataError, match="is no folder"):
        own_records.read_folder(tmp_path / "elsewhere")


def test_one_convicted_defendant_is_enough_for_a_case_that_ended_in_a_conviction(tmp_path: Path) -> None:
    cases = own_records.read(write(tmp_path, CASE, name="cases.csv"), "cases")
    other = {**DEFENDANT, "defendant_id": "D-2", "outcome": "acquitted"}
    assert len(own_records.read(write(tmp_path, DEFENDANT, other), "defendants", beside={"cases": cases})) == 2


def test_the_command_holds_defendants_against_cases(tmp_path: Path) -> None:
    cases, path = write(tmp_path, CASE, name="cases.csv"), write(tmp_path, {**DEFENDANT, "case_id": "C-9"})
    alone = CliRunner().invoke(crimjust, ["data", "check", str(path), "--as", "defendants"])
    assert alone.exit_code == 0
    assert "1 defendants, no fault" in alone.output
    held = CliRunner().invoke(crimjust, ["data", "check", str(path), "--as", "defendants", "--cases", str(cases)])
    assert held.exit_code != 0
    assert "row 2, case_id = 'C-9': must be a case_id of cases" in str(held.exception)
    none = CliRunner().invoke(crimjust, ["data", "check", str(cases), "--as", "cases", "--cases", str(cases)])
    assert "records of kind 'cases' refer to no cases" in str(none.exception)


def test_a_column_of_a_template_may_be_spelled_with_a_space_and_still_tells_nobody_s_name(tmp_path: Path) -> None:
    record = {("Defendant ID" if name == "defendant_id" else name): value for name, value in DEFENDANT.items()}
    assert own_records.read(write(tmp_path, record), "defendants")["defendant_id"].tolist() == ["D-1"]
    ((row, where, _, rule),) = found(tmp_path, "defendants", {**DEFENDANT, "defendant": "x"})
    assert (row, where, rule) == (1, "defendant", "may tell who a person is: no such column is accepted")


def test_repeated_keys_name_the_other_rows(tmp_path: Path) -> None:
    faults = own_records.check(write(tmp_path, TRAINING, {**TRAINING, "agency": "customs"}, TRAINING), "trainings")
    assert faults["row"].tolist() == [2, 4]
    assert faults["value"].tolist() == ["T-1 | GTM | prosecution"] * 2
    assert faults["remedy"].str.contains("row 4 too").tolist() == [True, False]


@pytest.mark.parametrize(
    "column",
    ["suspect_name", "Nombre", "prénom", "date_of_birth", "Passport no.", "e-mail", "Defendant", "apelido nome"],
)
def test_columns_that_tell_who_a_person_is_are_not_accepted(tmp_path: Path, column: str) -> None:
    ((row, where, _, rule),) = found(tmp_path, "cases", {**CASE, column: "x"})
    assert (row, where) == (1, column)
    assert rule == "may tell who a person is: no such column is accepted"


def test_unknown_missing_and_repeated_columns_suggest_what_was_meant(tmp_path: Path) -> None:
    record = {("Seizure dates" if c == "seizure_date" else c): v for c, v in CASE.items() if c != "drug"} | {
        "colour": "x"
    }
    faults = own_records.check(write(tmp_path, record), "cases").set_index("column")
    assert set(faults.index) == {"Seizure dates", "seizure_date", "drug", "colour"}
    assert set(faults["row"]) == {1}
    assert faults.loc["Seizure dates", "remedy"] == "rename it to seizure_date"
    assert faults.loc["drug", "rule"] == "the column is missing"
    assert faults.loc["colour", "remedy"] == "delete the column"
    path = write(tmp_path, CASE)
    path.write_text("\n".join(f"{line},{line.split(',')[0]}" for line in path.read_text().splitlines()))
    (twice,) = own_records.check(path, "cases").itertuples()
    assert (twice.row, twice.column, twice.rule) == (1, "case_id", "the column stands there more than once")


def plainly(column: str, cell: str) -> object:
    """A cell of a case in its type, on its own; None if it is empty, ValueError if it does not fit."""
    if not cell:
        return None
    if column in ("precursor_involved", "programme_supported"):
        return {"true": True, "false": False}[cell.lower()]
    if column == "kilograms":
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell):
            raise ValueError
        return float(cell)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
        raise ValueError
    return pd.Timestamp(date.fromisoformat(cell))


def test_cells_looked_at_once_are_read_as_one_by_one(tmp_path: Path) -> None:
    """More rows than are held at once; whatever does not fit is found in every row in which it stands, and nothing else."""
    rng = random.Random(1)
    sound = {
        "kilograms": ["", "1", "2.50", "1000"],
        "precursor_involved": ["", "true", "FALSE"],
        "programme_supported": ["", "True", "false"],
        "investigation_opened": ["", "2020-02-29", "2019-12-31"],
    }
    faulty = {
        "kilograms": ["1,50,0", "ten"],
        "precursor_involved": ["x", "perhaps"],
        "programme_supported": ["maybe"],
        "investigation_opened": ["2019-02-29", "1.32.2020"],
    }
    records = [
        {**CASE, "case_id": f"C-{n}", **{column: rng.choice(cells) for column, cells in sound.items()}}
        for n in range(layout.AT_ONCE * 2 + 7)
    ]
    frame = own_records.read(write(tmp_path, *records), "cases")
    for column in sound:
        expected = [plainly(column, record[column]) for record in records]
        assert [None if pd.isna(value) else value for value in frame[column]] == expected
    for record in rng.sample(records, 500):
        column = rng.choice(list(faulty))
        record[column] = rng.choice(faulty[column])
    expected = []
    for row, record in enumerate(records, start=2):
        for column in CASE:
            try:
                if column in sound:
                    plainly(column, record[column])
            except (ValueError, KeyError):
                expected.append((row, column, record[column]))
    assert [fault[:3] for fault in found(tmp_path, "cases", *records)] == expected


def test_a_row_with_a_stray_delimiter_is_found_and_the_others_are_still_checked(tmp_path: Path) -> None:
    path = write(tmp_path, CASE, {**CASE, "case_id": "C-2", "kilograms": "1,250"}, {**CASE, "drug": "cocain"})
    path.write_text(path.read_text().replace('"1,250"', "1,250"))
    faults = own_records.check(path, "cases")
    assert faults[["row", "column"]].to_numpy().tolist() == [[2, "case_id"], [3, ""], [4, "case_id"], [4, "drug"]]
    assert faults["rule"][1] == "must have 14 cells, as the header, and has 15"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_blank_rows_empty_cells_and_a_byte_order_mark_are_taken_as_spreadsheets_leave_them(
    tmp_path: Path, delimiter: str
) -> None:
    path = write(tmp_path, CASE, delimiter=delimiter)
    head, row = path.read_text().splitlines()
    tail = delimiter * 3
    path.write_bytes(
        f"\ufeff{head}{tail}\r\n{row}{tail}\r\n{delimiter * 16}\r\n{row.replace('C-1', 'C-2')}{tail}".encode()
    )
    assert own_records.read(path, "cases")["case_id"].tolist() == ["C-1", "C-2"]
    path.write_bytes(path.read_bytes().replace(b"C-2", b"C 2"))
    assert own_records.check(path, "cases")["row"].tolist() == [4]


def test_a_workbook_is_read_like_a_csv(tmp_path: Path) -> None:
    values: dict[str, str | float] = {**CASE, "kilograms": 120.5}
    plain = write_workbook(tmp_path / "plain.xlsx", {"cases": [list(values), list(values.values())]})
    # A day is the number of days since 1899-12-30 in a cell of format 14: 2020-05-01 is 43952, 2021-06-30 is 44377.
    native = {"2020-05-01": '<c s="1"><v>43952</v></c>', "2021-06-30": '<c s="1"><v>44377</v></c>'}
    native["false"] = '<c t="b"><v>0</v></c>'
    sheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    formats = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    path = tmp_path / "records.xlsx"
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            text = before.read(name).decode()
            for value, cell in native.items():
                text = re.sub(rf'<c t="inlineStr"><is><t [^>]*>{value}</t></is></c>', cell, text)
            after.writestr(name, text)
        after.writestr("xl/styles.xml", f'<styleSheet xmlns="{sheet}">{formats}</styleSheet>')
    expected = own_records.read(write(tmp_path, CASE), "cases")
    assert expected["seizure_date"][0] == pd.Timestamp(2020, 5, 1)
    for book in (plain, path):
        pd.testing.assert_frame_equal(own_records.read(book, "cases"), expected)


def test_reading_faulty_records_says_what_and_where(tmp_path: Path) -> None:
    many = [{**CASE, "case_id": f"C-{n}", "country": "PNA"} for n in range(60)]
    with pytest.raises(DataError) as caught:
        own_records.read(write(tmp_path, *many), "cases")
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("records.csv has 60 fault(s):")
    assert lines[1:] == [
        "  cases row 2, country = 'PNA': must be a country's three letters; did you mean PAN? "
        "(60 such, in rows 2, 3, 4, 5, 6 and on)"
    ]


def test_who_computes_is_told_the_first_faults_and_what_lists_every_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_REFUSED", 2)
    path = write(tmp_path, {**CASE, "country": "PNA", "drug": "x", "supported": "perhaps"})
    with pytest.raises(DataError) as caught:
        own_records.read(path, "cases")
    heading, *faults, more = str(caught.value).splitlines()
    assert (heading, len(faults)) == (f"{path} has 3 fault(s):", 2)
    every = f"crimjust data check {path} --as cases --faults FAULTS.csv"
    assert more == f"  … and 1 more kinds of fault; `{every}` lists every one"
    path.rename(tmp_path / "cases.csv")
    with pytest.raises(DataError, match=f"`crimjust data check {tmp_path} --faults FAULTS.csv` lists every one"):
        own_records.read_folder(tmp_path)


def test_the_command_counts_sound_records_and_lists_the_faults_of_others(tmp_path: Path) -> None:
    path = write(tmp_path, CASE)
    assert CliRunner().invoke(crimjust, ["data", "check", str(path), "--as", "cases"]).output == (
        f"{path}: 1 cases, no fault\n"
    )
    faulty = CliRunner().invoke(
        crimjust, ["data", "check", str(write(tmp_path, {**CASE, "drug": "x"})), "--as", "cases"]
    )
    assert faulty.exit_code == 1
    assert "row 2, drug = 'x'" in str(faulty.exception)


def test_what_is_no_table_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no records of kind 'case'; did you mean 'cases'"):
        own_records.check(write(tmp_path, CASE), "case")
    with pytest.raises(DataError, match=r"missing\.csv is not a file; name one with records"):
        own_records.check(tmp_path / "missing.csv", "cases")
    greek = tmp_path / "greek.csv"
    greek.write_bytes("case_id\nΆ1".encode("iso8859-7"))
    with pytest.raises(DataError, match="is not UTF-8 text"):
        own_records.check(greek, "cases")
    empty = tmp_path / "empty.csv"
    empty.write_text("\n\n")
    with pytest.raises(DataError, match="first row is empty"):
        own_records.check(empty, "cases")
    damaged = tmp_path / "damaged.xlsx"
    damaged.write_bytes(b"PK and nothing")
    with pytest.raises(DataError, match="is not a workbook that can be opened"):
        own_records.check(damaged, "cases")
    with pytest.raises(DataError, match="holds a header and no record"):
        own_records.check(TEMPLATES / "cases.csv", "cases")


def test_none_stands_alone_in_a_chapter_and_beside_a_challenge(tmp_path: Path) -> None:
    nothing = {**CODED, "challenge": "none", "need": "none"}
    other_coder = {**nothing, "coder": "C-2"}
    other_need = {**CODED, "need": "asset_recovery"}
    assert found(tmp_path, "coded_summaries", CODED, other_need, other_coder) == []
    assert found(tmp_path, "coded_summaries", CODED, nothing) == [
        (3, "challenge", "none", "cannot be none where the same coder finds a challenge in the chapter")
    ]
    assert found(tmp_path, "coded_summaries", CODED, {**CODED, "need": "none"}) == [
        (3, "need", "none", "cannot be none where the same coder has a need for the challenge")
    ]


def test_a_list_of_sources_is_whole_or_refused_by_year(tmp_path: Path) -> None:
    two = {**PRECURSOR_SOURCE, "listed": "2"}
    other = {**two, "iso3": "PER"}
    before = {**PRECURSOR_SOURCE, "report_year": "2020"}
    assert found(tmp_path, "precursor_sources", two, other, before) == []
    told = "must be the number of rows of its report_year: the whole list"
    assert found(tmp_path, "precursor_sources", two, before) == [(2, "listed", "2", told)]
    assert found(tmp_path, "precursor_sources", before, two, {**other, "listed": "1"}) == [(3, "listed", "2", told)]


def test_a_path_is_looked_for_in_the_checkout_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for said in ("document", "vocabulary"):
        shutil.copytree(ROOT / "data" / said, tmp_path / "data" / said)
    shutil.copy(ROOT / "data" / "own_records.yaml", tmp_path / "data")
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path, CASE)
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(own_records.read("records.csv", "cases")) == 1


def test_topics_and_drugs_are_those_of_the_registry_and_the_vocabulary() -> None:
    said = document.load()
    activities = {a.key for stream in (*said.pillars, *said.steps) for a in stream.activities}
    assert {topic.split("/")[1] for topic in topics() if "/" in topic} == activities
    assert {topic for topic in topics() if "/" not in topic} == {
        f"{n}_{i}" for n in ("pillar", "step") for i in (1, 2, 3)
    }
    assert kinds()["cases"].table.field("drug").constraints["enum"] == list(seized_drugs.families())


def test_templates_are_headers_with_the_schema_that_is_checked() -> None:
    files = own_records.templates()
    package = json.loads(files["datapackage.json"])
    for resource in package["resources"]:
        fields = [f["name"] for f in resource["schema"]["fields"]]
        assert files[resource["path"]].decode() == ",".join(fields) + "\n"
        # Each column of these stands for itself: nothing must hold across them.
        alone = ("expenditure", "challenge_readings")
        assert bool(resource["rules"]) == (resource["name"] not in alone)
    assert len(files) == len(package["resources"]) + 1


def test_templates_are_valid_frictionless_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TEMPLATES)
    report = frictionless.validate("datapackage.json", skip_errors=["row-error"])
    assert report.flatten(["type", "message"]) == []


@settings(max_examples=20)
@given(st.permutations(range(4)), st.integers(0, 3))
def test_the_order_of_rows_changes_where_faults_are_and_not_which(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], broken: int
) -> None:
    records = [{**CASE, "case_id": f"C-{n}"} for n in range(4)]
    records[broken] |= {"drug": "cocain", "kilograms": "0"}
    folder = tmp_path_factory.mktemp("records")
    faults = found(folder, "cases", *(records[n] for n in order))
    assert [(column, value) for _, column, value, _ in faults] == [("drug", "cocain"), ("kilograms", "0")]
    assert {row for row, *_ in faults} == {order.index(broken) + 2}
