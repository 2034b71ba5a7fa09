"""CDC's twelve-month counts and WONDER's exports: layouts, traps, and refusals."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publisher_files import (
    Rows,
    assert_corruption_is_refused,
    assert_order_is_free,
    assert_refused_unchanged,
    assert_round_trip,
    delimited,
    junk,
    orders,
    table_bytes,
    write,
)

from crimjust_research.data.catalog import Catalog
from crimjust_research.data.ingest import assign, cdc_vsrr, cdc_wonder_state, cdc_wonder_us, ingest
from crimjust_research.data.tables import Release
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import drugs, states

# --- Vital Statistics Rapid Release -----------------------------------------------------------------------------

VSRR = [
    "State", "Year", "Month", "Period", "Indicator", "Data Value", "Percent Complete",
    "Percent Pending Investigation", "State Name", "Footnote", "Footnote Symbol", "Predicted Value",
]  # fmt: skip
DIFFER = "Numbers may differ from published reports using final data. See Technical Notes."
LOW = f"{DIFFER}  Data not shown due to low data quality."
PLACES = [*states.load().states, states.NEW_YORK_CITY]
FILE = "vsrr_2025-01-08.csv"


def vsrr_row(place: str, month: str, indicator: str, value: str, predicted: str = "", note: str = DIFFER) -> list[str]:
    named = states.load().names[place]
    return [place, "2024", month, "12 month-ending", indicator, value, "100", "0.5", named, note, "**", predicted]


def vsrr_rows(months: tuple[str, ...] = ("January", "February")) -> Rows:
    """Every jurisdiction: 1,000 deaths, ten of them overdoses; the US their sum, and five deaths for each drug."""
    rows = []
    for month in months:
        for place in PLACES:
            rows.append(vsrr_row(place, month, "Number of Deaths", "1,000"))
            rows.append(vsrr_row(place, month, "Number of Drug Overdose Deaths", "10", "11"))
        total = len(PLACES)
        rows.append(vsrr_row("US", month, "Number of Deaths", f"{1000 * total:,}"))
        rows.append(vsrr_row("US", month, "Number of Drug Overdose Deaths", str(10 * total), str(11 * total)))
        rows.append(vsrr_row("US", month, "Percent with drugs specified", "95.25"))
        rows += [vsrr_row("US", month, name, "5", "6") for name in drugs.load().vsrr if "(T4" in name]
    return rows


def vsrr(rows: Rows) -> str:
    return delimited([VSRR, *rows])


ROWS = vsrr_rows()


def read_vsrr(folder: Path, rows: Rows, name: str = FILE) -> Release:
    (release,) = cdc_vsrr.read([write(folder, name, vsrr(rows))], None)
    return release


def changed(rows: Rows, row: int, column: str, value: str) -> Rows:
    copy = [list(record) for record in rows]
    copy[row][VSRR.index(column)] = value
    return copy


def test_twelve_month_counts_are_read_with_their_separators(tmp_path: Path) -> None:
    release = read_vsrr(tmp_path, ROWS)
    frame = release.frame.set_index(["jurisdiction", "indicator", "month_ending"])
    # 51 States and DC, and New York City: 52 jurisdictions of 1,000 deaths.
    assert frame.loc[("US", "all_deaths", "2024-02"), "reported"] == 52_000
    assert frame.loc[("US", "overdose_deaths", "2024-02"), "predicted"] == 572
    assert frame.loc[("US", "percent_drugs_specified", "2024-01"), "reported"] == 95.25
    assert release.vintage == "2025-01-08"
    assert frame["flags"].isna().all()


def test_footnotes_become_flags_and_hidden_figures_stay_missing(tmp_path: Path) -> None:
    hidden = "Underreported due to incomplete data.  Data suppressed (<10)."
    extra = [
        vsrr_row("AK", "January", "Cocaine (T40.5)", "", note=hidden),
        vsrr_row("AK", "February", "Cocaine (T40.5)", "", note=LOW),
    ]
    extra[0][VSRR.index("Percent Complete")] = "99.5+"
    release = read_vsrr(tmp_path, ROWS + extra)
    found = release.frame[(release.frame["jurisdiction"] == "AK") & (release.frame["indicator"] == "t40_5")]
    assert found["flags"].tolist() == ["incomplete suppressed above_99_5", "low_quality"]
    assert found["reported"].isna().all()
    assert found["percent_complete"].tolist() == [99.5, 100]
    assert release.notes == (f"2 of {len(ROWS) + 2} reported figures not shown by the publisher",)


def test_the_ten_column_layout_has_no_predicted_figures(tmp_path: Path) -> None:
    kept = [i for i, name in enumerate(VSRR) if name not in ("Period", "Predicted Value")]
    content = delimited([[row[i] for i in kept] for row in [VSRR, *ROWS]])
    (release,) = cdc_vsrr.read([write(tmp_path, FILE, content)], None)
    assert release.frame["predicted"].isna().all()
    assert len(release.frame) == len(ROWS)


def test_the_lower_case_header_of_the_other_download_is_known(tmp_path: Path) -> None:
    header = [name.lower().replace(" ", "_") for name in VSRR]
    path = write(tmp_path, "vsrr_20250108.csv", delimited([header, *ROWS]))
    assert assign([path]) == {"cdc_vsrr": (path,)}
    (release,) = cdc_vsrr.read([path], None)
    assert (release.vintage, len(release.frame)) == ("2025-01-08", len(ROWS))


def test_compressed_files_are_read_and_damaged_ones_refused(tmp_path: Path) -> None:
    packed = gzip.compress(vsrr(ROWS).encode())
    path = tmp_path / f"{FILE}.gz"
    path.write_bytes(packed)
    assert len(cdc_vsrr.read([path], None)[0].frame) == len(ROWS)
    path.write_bytes(packed[:-40])
    with pytest.raises(DataError, match=r"\.csv\.gz cannot be read .* download it again"):
        cdc_vsrr.read([path], None)


def test_a_file_of_us_deaths_only_is_a_part_and_never_the_latest(tmp_path: Path) -> None:
    content = "year,month,data_value,predicted_value\n2024,12,530,580\n2025,1,520,572\n"
    path = write(tmp_path / "us", "us_2025-09.csv", content)
    whole = write(tmp_path / "whole", FILE, vsrr(ROWS))
    catalog = Catalog(tmp_path / "raw")
    ingest([path, whole], catalog)
    assert [r.vintage for r in catalog.tables()["overdose_12month"]] == ["2025-01-08", "2025-09"]
    assert catalog.resource("overdose_12month").vintage == "2025-01-08"
    assert catalog.open("overdose_12month", "2025-09")["reported"].tolist() == [530, 520]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("2024,10,1,1\n2024,12,1,1\n", "there is no row for 2024-11"),
        ("2024,13,1,1\n", "row 2, month = '13': must be a month"),
        ("2024,12,-1,1\n", "row 2, data_value = '-1': must be a number"),
    ],
)
def test_bad_files_of_us_deaths_are_refused(tmp_path: Path, content: str, match: str) -> None:
    path = write(tmp_path, "us_2025-09.csv", "year,month,data_value,predicted_value\n" + content)
    with pytest.raises(DataError, match=match):
        cdc_vsrr.read_us([path], None)


def test_a_file_that_does_not_say_its_vintage_needs_one(tmp_path: Path) -> None:
    path = write(tmp_path, "vsrr.csv", vsrr(ROWS))
    with pytest.raises(DataError, match="name it with --vintage"):
        cdc_vsrr.read([path], None)
    assert cdc_vsrr.read([path], "2024-08-14")[0].vintage == "2024-08-14"
    with pytest.raises(DataError, match="vintage 2024-02 is not after 2024-02, the last month in the file"):
        cdc_vsrr.read([path], "2024-02")
    with pytest.raises(DataError, match="ingest them one by one"):
        cdc_vsrr.read([path, path], "2025-01-08")


NO_US = [row for row in ROWS if row[0] != "US"]
NO_VERMONT = [row for row in ROWS if row[0] != "VT"]


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (NO_US, "there is no row with State = 'US'"),
        (NO_VERMONT, "VT has no row with the indicator all_deaths, overdose_deaths"),
        ([r for r in ROWS if (r[0], r[2]) != ("TX", "February")], "TX has 1 of the 2 months from 2024-01 to 2024-02"),
        ([r for r in ROWS if "T40.4)" not in r[4]], "US has no row with the indicator t40_2_to_4, t40_4"),
        (
            changed(ROWS, 0, "Data Value", "1,001"),
            "in 2024-01 the jurisdictions report 52,001 for all_deaths in all, and US",
        ),
        (
            changed(ROWS, 1, "Data Value", "1,003"),
            "reports 1,003 for overdose_deaths, more than the 1,000 for all_deaths",
        ),
        (changed(ROWS, 0, "State", "ZZ"), r"row 2, State = 'ZZ' is not a known jurisdiction"),
        (changed(ROWS, 0, "State", "AK"), "is not the name of the row's state"),
        (changed(ROWS, 0, "Indicator", "Number of Death"), "did the publisher mean 'Number of Deaths'"),
        (changed(ROWS, 0, "Data Value", "-4"), r"row 2, Data Value = '-4': must be a number, zero or more"),
        (changed(ROWS, 0, "Data Value", "4.5"), "must be a whole number of deaths"),
        (changed(ROWS, 0, "Data Value", ""), "is blank and no footnote says why"),
        (changed(ROWS, 0, "Footnote", LOW), "is shown, though its footnote says it is not"),
        (changed(ROWS, 0, "Period", "3 month-ending"), "must be '12 month-ending'"),
        (changed(ROWS, 0, "Footnote", "Something new."), "is not made of the known footnotes"),
    ],
)
def test_faulty_twelve_month_files_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        read_vsrr(tmp_path, rows)


def test_refusals_change_nothing_on_disk(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    ingest([write(tmp_path / "good", FILE, vsrr(ROWS))], catalog)
    later = "vsrr_2025-02-12.csv"
    for number, (content, match) in enumerate(
        [
            (vsrr(ROWS)[:-30], "cut off"),
            (vsrr(NO_US), "no row with State = 'US'"),
            (vsrr(changed(ROWS, 3, "Data Value", "-1")), "row 5, Data Value = '-1'"),
            (vsrr([*ROWS, ROWS[0]]), "the key must be unique"),
        ]
    ):
        path = write(tmp_path / str(number), later, content)
        assert_refused_unchanged(catalog, lambda path=path: ingest([path], catalog), match)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(orders)
def test_any_order_of_twelve_month_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(cdc_vsrr.read, FILE, ROWS, vsrr, seed)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, len(ROWS) - 1), st.sampled_from([c for c in VSRR if c != "Footnote Symbol"]), junk)
def test_any_corrupted_twelve_month_cell_is_refused(row: int, column: str, value: str) -> None:
    assert_corruption_is_refused(cdc_vsrr.read, FILE, ROWS, vsrr, row, VSRR.index(column), value)


def test_the_footnote_symbol_repeats_the_footnote_and_is_not_read(tmp_path: Path) -> None:
    left = read_vsrr(tmp_path, ROWS).frame
    right = read_vsrr(tmp_path, changed(ROWS, 0, "Footnote Symbol", "~")).frame
    pd.testing.assert_frame_equal(left, right)


def test_what_is_written_of_twelve_month_counts_is_read_back() -> None:
    heroin = "Heroin (T40.1)"
    extra = [vsrr_row("AK", "January", heroin, "", note=LOW), vsrr_row("AK", "February", heroin, "7", "8")]
    assert_round_trip(cdc_vsrr.read, FILE, vsrr(ROWS + extra))


# --- WONDER: months of the United States ------------------------------------------------------------------------

US = ["Notes", "Year", "Year Code", "Month", "Month Code", "Deaths", "Population", "Crude Rate"]
NOT = ["Not Applicable", "Not Applicable"]
ABBREVIATIONS = ["Jan.", "Feb.", "Mar.", "Apr.", "May", "Jun.", "Jul.", "Aug.", "Sep.", "Oct.", "Nov.", "Dec."]
QUERY = (
    '---\n"Dataset: Multiple Cause of Death, 1999-2016"\n"Query Parameters:"\n"MCD - ICD-10 Codes: {code} (a class)"\n'
    '"UCD - ICD-10 Codes: X40 (Accidental poisoning)"\n"---"\n"Query Date: Apr 8, 2018 4:49:25 PM"\n"---"\n'
    "Caveats:\n1. Counts may change."
)


def us_rows(years: tuple[int, ...] = (2010, 2011), deaths: int = 2) -> Rows:
    rows = []
    for year in years:
        for number, name in enumerate(ABBREVIATIONS, start=1):
            rows.append(["", str(year), str(year), f"{name}, {year}", f"{year}/{number:02}", str(deaths), *NOT])
        rows.append(["Total", str(year), str(year), "", "", str(12 * deaths), *NOT])
    rows.append(["Total", "", "", "", "", str(12 * len(years) * deaths), *NOT])
    return rows


def us_export(rows: Rows, code: str = "T40.4") -> str:
    return delimited([US, *rows], "\t") + QUERY.format(code=code)


MONTHS = us_rows()


def test_months_are_read_totals_dropped_and_the_class_taken_from_the_query(tmp_path: Path) -> None:
    paths = [
        write(tmp_path, f"{n}.txt", us_export(us_rows(deaths=n + 1), code))
        for n, code in enumerate(("T40.1", "T40.2", "T40.4", "T40.5"))
    ]
    final = write(tmp_path, "final.csv", "month,deaths,source_flag\n2012-01,9,derived: from 2012-02\n2012-02,8,read\n")
    (release,) = cdc_wonder_us.read_monthly_us([*paths, final], None)
    frame = release.frame
    # 24 months of four classes, and two more of T40.4; no Total row among them.
    assert len(frame) == 4 * 24 + 2
    assert frame.groupby("icd10")["deaths"].sum().to_dict() == {"T40.1": 24, "T40.2": 48, "T40.4": 72 + 17, "T40.5": 96}
    assert frame.dropna(subset="derivation")[["month", "derivation"]].to_numpy().tolist() == [
        ["2012-01", "from 2012-02"]
    ]
    assert (release.vintage, release.complete) == ("2012-02", True)
    assert "T40.1: queried 2018-04-08" in release.notes


def test_a_class_missing_makes_the_release_a_part(tmp_path: Path) -> None:
    (release,) = cdc_wonder_us.read_monthly_us([write(tmp_path, "a.txt", us_export(MONTHS))], None)
    assert not release.complete


def us_changed(row: int, column: str, value: str) -> Rows:
    copy = [list(record) for record in MONTHS]
    copy[row][US.index(column)] = value
    return copy


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (us_export(MONTHS[1:]), "the months of 2010 add up to 22, the Total row says 24"),
        (us_export(us_changed(0, "Deaths", "3")), "row 14, the months of 2010 add up to 25"),
        (us_export(MONTHS[:-1]), "there is no Total row over all years"),
        (us_export(MONTHS).split("---")[0], "no line of dashes after the figures, so the file was cut off"),
        (us_export(MONTHS, "T40.4, T40.1"), "the query asks for 2 drug classes"),
        (us_export(MONTHS, "T50.9"), "'T50.9' is not a known ICD-10 code of a drug class"),
        (us_export(MONTHS).replace("Query Date", "Date"), "gives no query date"),
        (us_export(us_rows((2010, 2012))), "T40.4 lacks 2011-01, 2011-02"),
        (us_export(us_changed(0, "Deaths", "")), "row 2, Deaths = ''"),
        (us_export(us_changed(0, "Month", "Feb., 2010")), "must name the month of the code beside it"),
    ],
)
def test_faulty_monthly_exports_are_refused(tmp_path: Path, content: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        cdc_wonder_us.read_monthly_us([write(tmp_path, "a.txt", content)], None)


def test_two_files_with_the_same_months_are_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path, name, us_export(MONTHS)) for name in ("a.txt", "b.txt")]
    with pytest.raises(DataError, match=r"a\.txt, .*b\.txt: T40.4 has 2010-01 twice"):
        cdc_wonder_us.read_monthly_us(paths, None)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(orders)
def test_any_order_of_monthly_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(cdc_wonder_us.read_monthly_us, "a.txt", MONTHS, us_export, seed)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(0, len(MONTHS) - 1),
    st.sampled_from(["Notes", "Year Code", "Month", "Month Code", "Deaths"]),
    junk | st.integers(0, 99).map(str),
)
def test_any_corrupted_monthly_cell_is_refused(row: int, column: str, value: str) -> None:
    """Totals are held against their months: even a cell with another number in it is refused."""
    if MONTHS[row][US.index(column)] == value or (MONTHS[row][0] == "Total" and column in ("Month", "Month Code")):
        return
    assert_corruption_is_refused(
        cdc_wonder_us.read_monthly_us, "a.txt", MONTHS, us_export, row, US.index(column), value
    )


@pytest.mark.parametrize("column", ["Year", "Population", "Crude Rate"])
def test_monthly_cells_that_are_not_read_change_nothing(column: str) -> None:
    damaged = us_export(us_changed(0, column, "~"))
    read = cdc_wonder_us.read_monthly_us
    assert table_bytes(read, "a.txt", damaged) == table_bytes(read, "a.txt", us_export(MONTHS))


def test_what_is_written_of_months_is_read_back() -> None:
    assert_round_trip(cdc_wonder_us.read_monthly_us, "a.txt", us_export(MONTHS))


# --- WONDER: States by month and by year ------------------------------------------------------------------------

STATE_MONTH = [
    "Notes", "Month", "Month Code", "Residence State", "Residence State Code", "Deaths", "Population", "Crude Rate",
]  # fmt: skip
HIDDEN = ["ND", "SD", "WY"]
FOOTER = QUERY.format(code="none")


def state_months(months: tuple[int, ...] = (1, 2), totals: bool = True, label: str = "", left: int = 4) -> Rows:
    """Every State but three has ten deaths a month; the totals count `left` more."""
    rows = []
    shown = [s for s in states.load().states if s not in HIDDEN]
    for number in months:
        month = [f"{ABBREVIATIONS[number - 1]}, 2018{label}", f"2018/{number:02}"]
        rows += [["", *month, states.load().names[s], str(int(states.load().fips[s])), "10", *NOT] for s in shown]
        if totals:
            rows.append(["Total", *month, "", "", str(10 * len(shown) + left), *NOT])
    if totals:
        rows.append(["Total", "", "", "", "", str(len(months) * (10 * len(shown) + left)), *NOT])
    return rows


def state_export(rows: Rows) -> str:
    return delimited([STATE_MONTH, *rows], "\t") + FOOTER


BY_MONTH = state_months()


def read_states(folder: Path, *contents: str) -> Release:
    paths = [write(folder, f"{n}.txt", content) for n, content in enumerate(contents)]
    (release,) = cdc_wonder_state.read_monthly_state(paths, None)
    return release


def test_totals_are_kept_apart_and_absent_states_are_marked_suppressed(tmp_path: Path) -> None:
    release = read_states(tmp_path, state_export(BY_MONTH))
    nation = release.frame[release.frame["state"] == "US"]
    by_state = release.frame[release.frame["state"] != "US"]
    # 48 States of ten deaths and four suppressed deaths: 484 in each of two months.
    assert nation["deaths"].tolist() == [484, 484]
    assert by_state["deaths"].sum() == 960
    assert sorted(by_state.loc[by_state["suppressed"], "state"].unique()) == HIDDEN
    assert by_state.loc[by_state["suppressed"], "deaths"].isna().all()
    assert (release.vintage, release.complete) == ("2018-04-08", True)
    assert release.notes == (
        "6 of 102 State-months not shown by the publisher",
        "2018: 968 deaths in all, 960 in the rows shown",
    )


def test_provisional_months_say_so_and_suppressed_cells_may_be_spelt_out(tmp_path: Path) -> None:
    later = state_months((2,), totals=False, label=" (provisional)")
    later.append(["", "Feb., 2018 (provisional)", "2018/02", "Wyoming", "56", "Suppressed", *NOT])
    release = read_states(tmp_path, state_export(state_months((1,))), state_export(later))
    by_month = release.frame.groupby("month")["status"].unique()
    assert [list(found) for found in by_month] == [["final"], ["provisional"]]
    assert release.frame["suppressed"].sum() == 6


def state_changed(row: int, column: str, value: str) -> Rows:
    copy = [list(record) for record in BY_MONTH]
    copy[row][STATE_MONTH.index(column)] = value
    return copy


@pytest.mark.parametrize(
    ("contents", "match"),
    [
        ((state_export(state_months(left=28)),), "says 508 deaths, its States add up to 480 and 3 of them are hidden"),
        ((state_export(state_months(left=-1)),), "says 479 deaths, its States add up to 480"),
        (
            (state_export(BY_MONTH[:-1]),),
            "the monthly totals add up to 968, the Total row over all months says nothing",
        ),
        ((state_export(state_changed(0, "Residence State", "Alabema")),), "did the publisher mean 'Alabama'"),
        ((state_export(state_changed(0, "Residence State Code", "2")),), "is not the FIPS code of the row's State"),
        ((state_export(state_changed(0, "Deaths", "-1")),), "row 2, Deaths = '-1'"),
        ((state_export([BY_MONTH[0], *BY_MONTH]),), "is the second figure of its State and month"),
        ((state_export(BY_MONTH), state_export(state_months((2,)))), "a State has 2018-02 twice"),
        ((state_export(BY_MONTH), state_export(state_months((4,)))), "a State lacks 2018-03"),
        ((state_export(BY_MONTH)[:500],), "no line of dashes|cells, the last"),
        ((state_export(state_changed(0, "Month", "Jan., 2018 (draft)")),), "ends in words not known"),
    ],
)
def test_faulty_exports_by_state_are_refused(tmp_path: Path, contents: tuple[str, ...], match: str) -> None:
    with pytest.raises(DataError, match=match):
        read_states(tmp_path, *contents)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(orders)
def test_any_order_of_rows_by_state_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(cdc_wonder_state.read_monthly_state, "a.txt", BY_MONTH, state_export, seed)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 47), st.integers(0, 5), junk)
def test_any_corrupted_cell_by_state_is_refused(row: int, column: int, value: str) -> None:
    assert_corruption_is_refused(
        cdc_wonder_state.read_monthly_state, "a.txt", BY_MONTH, state_export, row, column, value
    )


RATES = [
    "Crude Rate", "Crude Rate Lower 95% Confidence Interval", "Crude Rate Upper 95% Confidence Interval",
    "Crude Rate Standard Error", "Age Adjusted Rate", "Age Adjusted Rate Lower 95% Confidence Interval",
    "Age Adjusted Rate Upper 95% Confidence Interval", "Age Adjusted Rate Standard Error",
]  # fmt: skip
STATE_YEAR = ["Notes", "State", "State Code", "Year", "Year Code", "Deaths", "Population", *RATES]
# 30 deaths among 200,000 residents are 15 per 100,000.
RATE = ["15.000000000", "10", "20", "2.5", "16", "11", "21", "2.5"]
UNRELIABLE = ["Unreliable", "1", "4", "0.5", "Unreliable", "1", "4", "0.5"]


def state_years(years: tuple[int, ...] = (2019, 2020), label: str = "") -> Rows:
    rows = []
    for name in ("Alabama", "Wyoming"):
        code = states.load().fips[states.load().codes[name]]
        deaths, rate = ("30", RATE) if name == "Alabama" else ("12", UNRELIABLE)
        rows += [["", name, code, f"{year}{label}", str(year), deaths, "200000", *rate] for year in years]
        rows.append(["Total", name, code, "", "", str(int(deaths) * len(years)), "400000", *RATE])
    rows.append(["Total", "", "", "", "", str(42 * len(years)), "800000", *RATE])
    return rows


def year_export(rows: Rows, header: list[str] = STATE_YEAR) -> str:
    return delimited([header, *rows], "\t") + FOOTER


BY_YEAR = state_years()


def read_years(folder: Path, *contents: str) -> Release:
    paths = [write(folder, f"{n}.txt", content) for n, content in enumerate(contents)]
    (release,) = cdc_wonder_state.read_annual_state(paths, None)
    return release


def test_rates_are_read_and_unreliable_ones_left_out(tmp_path: Path) -> None:
    newer = [
        "Residence State" if c == "State" else "Residence State Code" if c == "State Code" else c for c in STATE_YEAR
    ]
    later = year_export(state_years((2021,), " (provisional and partial)"), newer)
    release = read_years(tmp_path, year_export(BY_YEAR), later)
    frame = release.frame.set_index(["state", "year"])
    assert len(frame) == 6
    assert frame.loc[("AL", 2020), ["deaths", "crude_rate", "adjusted_rate_ci_high"]].tolist() == [30, 15, 21]
    assert frame.loc[("WY", 2019), "unreliable"]
    assert pd.isna(frame.loc[("WY", 2019), "crude_rate"])
    assert frame["status"].unique().tolist() == ["final", "partial"]
    assert not release.complete


def year_changed(row: int, column: str, value: str) -> Rows:
    copy = [list(record) for record in BY_YEAR]
    copy[row][STATE_YEAR.index(column)] = value
    return copy


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (BY_YEAR[1:], "row 3, the years of Alabama add up to 30 deaths, the Total row says 60"),
        (year_changed(1, "Crude Rate", "15.1"), "is not the row's deaths by its population"),
        (year_changed(1, "Age Adjusted Rate", "25"), "lies outside its confidence limits"),
        (year_changed(1, "Age Adjusted Rate", "Unreliable"), "contradicts the crude rate of its row"),
        (year_changed(1, "Year Code", "2019"), "must name the year of the code beside it"),
        ([row for row in BY_YEAR if row[0] != "Total"], "there is no Total row for each State and over all"),
        (state_years((2018, 2020)), "AL lacks 2019"),
    ],
)
def test_faulty_exports_by_year_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        read_years(tmp_path, year_export(rows))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.sampled_from([0, 1, 3, 4]), st.integers(0, len(STATE_YEAR) - 1), junk)
def test_any_corrupted_cell_by_year_is_refused(row: int, column: int, value: str) -> None:
    assert_corruption_is_refused(cdc_wonder_state.read_annual_state, "a.txt", BY_YEAR, year_export, row, column, value)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(orders)
def test_any_order_of_rows_by_year_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(cdc_wonder_state.read_annual_state, "a.txt", BY_YEAR, year_export, seed)


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (cdc_wonder_state.read_monthly_state, state_export(BY_MONTH)),
        (cdc_wonder_state.read_annual_state, year_export(BY_YEAR)),
    ],
)
def test_what_is_written_by_state_is_read_back(read: Callable[..., list[Release]], content: str) -> None:
    assert_round_trip(read, "a.txt", content)


def test_each_layout_is_known_by_its_header(tmp_path: Path) -> None:
    contents = {
        "cdc_vsrr": vsrr(ROWS),
        "cdc_vsrr_us": "year,month,data_value,predicted_value\n2024,1,1,1\n",
        "cdc_wonder_us_month": us_export(MONTHS),
        "cdc_wonder_state_month": state_export(BY_MONTH),
        "cdc_wonder_state_year": year_export(BY_YEAR),
    }
    for reader, content in contents.items():
        path = write(tmp_path, reader, content)
        assert assign([path]) == {reader: (path,)}
