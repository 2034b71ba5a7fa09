"""Declared corrections: what they change, what they leave, and when they fail."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crimjust_research.data import catalog, corrections
from crimjust_research.data.corrections import Correction

FRAME = pd.DataFrame(
    {
        "iso3": pd.Series(["PAN", "PAN", "PER", "BOL"], dtype="str"),
        "year": [2019, 2020, 2020, 2020],
        "kilograms": [5.0, 6.0, 7.0, None],
        "job": pd.Series(["V1", "V2", "V2", None], dtype="str"),
    }
)
CORRECTIONS = corrections.load()
RULE = Correction(
    name="peru-job",
    table="reviews",
    key={"iso3": "PER"},
    column="job",
    wrong=("V2",),
    action="override",
    right=None,
    reason="it is Panama's",
    reported_by="a test",
    status="to be reported",
)


def replace(rule: Correction, **changes: object) -> Correction:
    return Correction(**{**dict(rule), **changes})


def test_override_puts_the_right_value_in_the_rows_it_names() -> None:
    corrected = corrections.apply(FRAME, "reviews", "2024", [RULE])
    assert corrected["job"].fillna("-").tolist() == ["V1", "V2", "-", "-"]
    assert corrected["correction"].fillna("-").tolist() == ["-", "-", "peru-job", "-"]
    # The frame given is as it was.
    assert FRAME["job"].tolist()[2] == "V2"
    assert list(FRAME.columns) == ["iso3", "year", "kilograms", "job"]


def test_drop_takes_rows_out_and_flag_only_marks_them() -> None:
    drop = replace(RULE, name="drop", key={"year": 2020}, column="kilograms", wrong=(6.0, 7.0), action="drop")
    flag = replace(RULE, name="flag", key={"year": 2020}, column="kilograms", wrong=(None,), action="flag")
    corrected = corrections.apply(FRAME, "reviews", "2024", [drop, flag])
    assert corrected["iso3"].tolist() == ["PAN", "BOL"]
    assert corrected["correction"].fillna("-").tolist() == ["-", "flag"]
    assert corrected["kilograms"].isna().tolist() == [False, True]


def test_a_missing_value_can_be_the_wrong_one() -> None:
    rule = replace(RULE, key={"iso3": "BOL"}, column="kilograms", wrong=(None,), right=8.0)
    assert corrections.apply(FRAME, "reviews", "2024", [rule])["kilograms"].tolist() == [5.0, 6.0, 7.0, 8.0]


def test_types_are_kept() -> None:
    rule = replace(RULE, key={"iso3": "PER"}, column="year", wrong=(2020,), right=2021)
    corrected = corrections.apply(FRAME, "reviews", "2024", [rule])
    assert corrected.dtypes.drop("correction").to_dict() == FRAME.dtypes.to_dict()
    assert corrected["year"].tolist() == [2019, 2020, 2021, 2020]


@settings(max_examples=20)
@given(st.permutations(range(3)), st.permutations(range(4)))
def test_neither_the_order_of_rules_nor_of_rows_matters(rules: list[int], rows: list[int]) -> None:
    declared = [
        RULE,
        replace(RULE, name="a", key={"year": 2020}, column="kilograms", wrong=(6.0,), right=60.0),
        replace(RULE, name="b", key={"year": 2020}, column="job", wrong=("V2",), action="flag"),
    ]
    shuffled = corrections.apply(FRAME.iloc[rows], "reviews", "2024", [declared[i] for i in rules]).sort_index()
    plain = corrections.apply(FRAME, "reviews", "2024", declared)
    pd.testing.assert_frame_equal(shuffled.drop(columns="correction"), plain.drop(columns="correction"))
    assert [set(str(m).split()) for m in shuffled["correction"]] == [set(str(m).split()) for m in plain["correction"]]


def test_a_key_of_several_values_is_met_by_any_of_them() -> None:
    rule = replace(RULE, key={"iso3": ["PAN", "BOL"], "year": 2020}, action="flag", wrong=("V2", None))
    assert corrections.apply(FRAME, "reviews", "2024", [rule])["correction"].notna().tolist() == [
        False,
        True,
        False,
        True,
    ]


def told_idle(frame: pd.DataFrame, rule: Correction, vintage: str) -> str:
    """Why a rule is idle, which changes nothing."""
    corrected = corrections.apply(frame, "reviews", vintage, [rule])
    assert corrected["correction"].isna().all()
    assert corrected.drop(columns="correction").equals(frame)
    (why,) = corrections.idle(frame, "reviews", vintage, [rule])
    return why


def test_a_rule_that_matches_nothing_is_told_and_changes_nothing() -> None:
    assert told_idle(FRAME, replace(RULE, key={"iso3": "ECU"}), "2024").startswith(
        "correction 'peru-job' of 'reviews' does not apply to vintage 2024: no row has iso3 = 'ECU'; mend"
    )


def test_a_rule_whose_error_the_publisher_mended_is_told_and_changes_nothing() -> None:
    mended = FRAME.assign(job=FRAME["job"].replace({"V2": "V3"}))
    assert told_idle(mended, RULE, "2025") == (
        "correction 'peru-job' of 'reviews' does not apply to vintage 2025: the publisher has 'V3' as job where "
        "iso3 = 'PER', not 'V2'; if it was mended, set the rule's `until` to the vintage before, in data/corrections.yaml"
    )


def test_a_mended_rule_is_kept_for_the_vintages_before() -> None:
    rule = replace(RULE, until="2024")
    assert corrections.apply(FRAME, "reviews", "2024", [rule])["correction"].notna().sum() == 1
    assert corrections.idle(FRAME, "reviews", "2024", [rule]) == ()
    # Later figures are let alone, whatever they hold.
    assert told_idle(FRAME, rule, "2025-06").endswith("does not apply to vintage 2025-06: it is of vintages up to 2024")


def test_rules_of_other_tables_are_left_alone() -> None:
    corrected = corrections.apply(FRAME, "another", "2024", [RULE])
    assert corrected["correction"].isna().all()
    assert corrected.drop(columns="correction").equals(FRAME)


@pytest.mark.parametrize("table", sorted({rule.table for rule in CORRECTIONS}))
def test_every_declared_rule_still_finds_its_error(table: str) -> None:
    raw = catalog.raw()
    frame = raw.open(table)
    vintage = raw.resource(table).vintage
    corrected = corrections.apply(frame, table, vintage)
    assert corrections.idle(frame, table, vintage) == ()
    named = {name for marks in corrected["correction"].dropna() for name in marks.split()}
    assert named == {rule.name for rule in CORRECTIONS if rule.table == table}
    assert corrected.dtypes.drop("correction").to_dict() == frame.dtypes.to_dict()


def test_rules_are_told_apart_and_say_why() -> None:
    assert len({rule.name for rule in CORRECTIONS}) == len(CORRECTIONS)
    assert all(rule.reason and rule.reported_by for rule in CORRECTIONS)
    assert all((rule.action == "override") == (rule.right not in rule.wrong) for rule in CORRECTIONS if rule.right)


@pytest.mark.parametrize(
    ("written", "value"),
    [("null", None), ("true", True), ("2017", 2017), ("45.0", 45.0), ("V1187232", "V1187232"), ("2024-05", "2024-05")],
)
def test_a_value_is_read_as_the_cell_holds_it(written: str, value: object) -> None:
    read = replace(RULE, wrong=(written,), key={"year": written})
    assert (read.wrong[0], read.key["year"]) == (value, value)
    assert type(read.wrong[0]) is type(read.key["year"]) is type(value)
