"""CDC's twelve-month counts and WONDER's exports: layouts, traps, and refusals."""

import csv
import gzip
import textwrap
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
from crimjust_research.vocabulary import states, wonder
from crimjust_research.vocabulary import vsrr as vsrr_names

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
    return [place, "2015", month, "12 month-ending", indicator, value, "100", "0.5", named, note, "**", predicted]


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
        rows += [vsrr_row("US", month, name, "5", "6") for name in vsrr_names.load().indicators if "(T4" in name]
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
    assert frame.loc[("US", "all_deaths", "2015-02"), "reported"] == 52_000
    assert frame.loc[("US", "overdose_deaths", "2015-02"), "predicted"] == 572
    assert frame.loc[("US", "percent_drugs_specified", "2015-01"), "reported"] == 95.25
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


# Headers no test of a layout names are CDC's own of June 2026: the feed's.
FEED = ["state", "year", "month", "period", "indicator", "percent_complete", "percent_pending_investigation",
        "state_name", "footnote", "footnote_symbol", "data_value", "predicted_value"]  # fmt: skip


def feed(rows: Rows) -> str:
    """The rows in the order of the feed's columns."""
    order = [[name.lower().replace(" ", "_") for name in VSRR].index(name) for name in FEED]
    return delimited([FEED, *([row[i] for i in order] for row in rows)])


def test_one_indicator_of_every_jurisdiction_but_two_is_a_part_and_never_all_drugs(tmp_path: Path) -> None:
    indicator = "Synthetic opioids, excl. methadone (T40.4)"
    places = [*(p for p in PLACES if p not in ("LA", "PA")), "PR", "US"]
    rows = [vsrr_row(place, "January", indicator, "7", "8") for place in places]
    (release,) = cdc_vsrr.read([write(tmp_path, "vsrr_T40.4_2026-06.csv", feed(rows))], None)
    assert set(release.frame["indicator"]) == {"t40_4"}
    assert "PR" in set(release.frame["jurisdiction"])
    assert release.lacks[:2] == (
        "the jurisdiction(s) LA, PA: give CDC's whole file instead",
        "every indicator but t40_4: give CDC's whole file instead",
    )
    assert release.notes[-1] == "PR (Puerto Rico): published beside the States, and not counted in US"


def test_a_territory_is_kept_and_leaves_the_country_as_it_is(tmp_path: Path) -> None:
    more = [vsrr_row(p, m, "Number of Deaths", "3") for p in ("PR", "GU") for m in ("January", "February")]
    release = read_vsrr(tmp_path, ROWS + more)
    assert release.complete
    assert release.notes[-1].startswith("GU (Guam), PR (Puerto Rico)")
    nation = release.frame[(release.frame["jurisdiction"] == "US") & (release.frame["indicator"] == "all_deaths")]
    assert nation["reported"].tolist() == [52_000, 52_000]
    # Should CDC come to count them in US, the figures still add up, in every month.
    counted = [list(row) for row in ROWS + more]
    for row in counted:
        if row[0] == "US" and row[4] == "Number of Deaths":
            row[VSRR.index("Data Value")] = "52,006"
    assert read_vsrr(tmp_path, counted).complete


def test_what_narrows_the_rows_is_read(tmp_path: Path) -> None:
    """One State's cocaine is not the country's overdoses, whatever else the export leaves out."""
    rows = [["FL", "2015", str(month), "Cocaine (T40.5)", "10", "11"] for month in (1, 2)]
    content = delimited([["state", "year", "month", "indicator", "data_value", "predicted_value"], *rows])
    path = write(tmp_path, "vsrr_2025-11.csv", content)
    assert assign([path]) == {"cdc_vsrr": (path,)}
    (release,) = cdc_vsrr.read([path], None)
    keys = release.frame[["jurisdiction", "indicator", "month_ending"]].to_numpy().tolist()
    assert keys == [["FL", "t40_5", "2015-01"], ["FL", "t40_5", "2015-02"]]
    assert release.lacks == (
        "every jurisdiction but FL: give CDC's whole file instead",
        "every indicator but t40_5: give CDC's whole file instead",
    )


@pytest.mark.parametrize("columns", ["year,month,data_value,predicted_value", "Year,Month,Data Value"])
def test_figures_of_no_place_and_no_indicator_are_refused(tmp_path: Path, columns: str) -> None:
    path = write(
        tmp_path,
        "us_2025-09.csv",
        columns + "\n" + ",".join(["2015", "1", "530", "580"][: columns.count(",") + 1]) + "\n",
    )
    with pytest.raises(DataError, match=r"no column named State, or none named Indicator.* export both"):
        ingest([path], Catalog(tmp_path / "raw"))


def test_a_column_that_may_choose_rows_is_refused_by_name(tmp_path: Path) -> None:
    content = delimited([[*VSRR, "Sex"], *([*row, "Female"] for row in ROWS)])
    with pytest.raises(DataError, match=r"column\(s\) Sex, which .* under `columns_not_read` in data/vocabulary/vsrr"):
        cdc_vsrr.read([write(tmp_path, FILE, content)], None)


def test_layouts_of_the_first_years_are_read(tmp_path: Path) -> None:
    """No predicted figures, State Name a code, 99+, asterisks before the footnote, another spelling of an indicator."""
    header = [
        "State", "State Name", "Year", "Month", "Period", "Indicator", "Data Value", "Percent Complete",
        "Percent Pending Investigation", "Footnote",
    ]  # fmt: skip
    rows = [
        ["US", "United States", "2015", "January", "12 month-ending", "Cocaine (T40.5)", "5,496", "100", "0.14", ""],
        ["AK", "AK", "2015", "January", "12 month-ending", "Number of Deaths", "4,376", "99+", "0.07",
         "*Likely underreported due to incomplete data"],
        ["US", "US", "2015", "January", "12 month-ending", "Opioids (T40.0-T40.4, T40.6)", "9", "100", "0.07",
         "**Numbers may differ from published reports using final data. See Technical Notes"],
    ]  # fmt: skip
    (release,) = cdc_vsrr.read([write(tmp_path, "vsrr_2017-12.csv", delimited([header, *rows]))], None)
    found = release.frame.set_index("indicator")
    assert found["reported"].to_dict() == {"t40_5": 5_496, "all_deaths": 4_376, "t40_0_to_4_and_6": 9}
    assert found["predicted"].isna().all()
    assert found.loc["all_deaths", ["percent_complete", "flags"]].tolist() == [99, "incomplete above_99"]
    assert found["flags"].isna().tolist() == [True, False, True]
    assert release.lacks[0] == "every jurisdiction but US, AK: give CDC's whole file instead"


def test_a_whole_release_of_earlier_or_later_years_is_whole(tmp_path: Path) -> None:
    assert read_vsrr(tmp_path, ROWS).complete
    assert read_vsrr(tmp_path, vsrr_rows(("January", "February", "March"))).complete


def test_a_file_that_does_not_say_its_vintage_needs_one(tmp_path: Path) -> None:
    path = write(tmp_path, "vsrr.csv", vsrr(ROWS))
    with pytest.raises(DataError, match="name it with --vintage"):
        cdc_vsrr.read([path], None)
    assert cdc_vsrr.read([path], "2024-08-14")[0].vintage == "2024-08-14"
    with pytest.raises(DataError, match="vintage 2015-02 is not after 2015-02, the last month in the file"):
        cdc_vsrr.read([path], "2015-02")
    with pytest.raises(DataError, match="ingest them one by one"):
        cdc_vsrr.read([path, path], "2025-01-08")


NO_US = [row for row in ROWS if row[0] != "US"]
NO_VERMONT = [row for row in ROWS if row[0] != "VT"]


@pytest.mark.parametrize(
    ("rows", "lacks"),
    [
        (NO_US, "the jurisdiction(s) US: give"),
        (NO_VERMONT, "the jurisdiction(s) VT: give"),
        ([r for r in ROWS if (r[0], r[2]) != ("TX", "February")], "2015-02 of TX all_deaths, TX overdose_deaths: give"),
        ([r for r in ROWS if "T40.4)" not in r[4]], "the indicator(s) t40_2_to_4, t40_4: give"),
        (
            [r for r in ROWS if r[2] != "January"],
            "some or all of the months 2015-01 to 2015-02 of US all_deaths, US over",
        ),
        ([r for r in ROWS if r[0] == "US"], "every jurisdiction but US: give"),
        ([*ROWS, vsrr_row("AK", "January", "Cocaine (T40.5)", "5")], "2015-01 to 2015-02 of AK t40_5: give"),
    ],
)
def test_a_narrowed_file_of_twelve_months_is_a_part_that_says_what_it_lacks(
    tmp_path: Path, rows: Rows, lacks: str
) -> None:
    release = read_vsrr(tmp_path, rows)
    assert lacks in " ".join(release.lacks)
    assert len(release.frame) == len(rows)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (
            changed(ROWS, 0, "Data Value", "1,001"),
            "in 2015-01 the jurisdictions report 52,001 for all_deaths in all, and US",
        ),
        (
            changed(ROWS, 1, "Data Value", "1,003"),
            "reports 1,003 for overdose_deaths, more than the 1,000 for all_deaths",
        ),
        (
            changed(ROWS, 0, "State", "ZZ"),
            r"row 2, State = 'ZZ' is not a known jurisdiction; .*in data/vocabulary/states.yaml, as `ZZ: \{name",
        ),
        (changed(ROWS, 0, "State", "AK"), "is not the name of the row's state"),
        (changed(ROWS, 0, "Indicator", "Number of Death"), "did the publisher mean 'Number of Deaths'"),
        (changed(ROWS, 0, "Indicator", "Nitazenes"), 'in data/vocabulary/vsrr.yaml, as `"Nitazenes": a_name_for_it`'),
        (changed(ROWS, 0, "Data Value", "-4"), r"row 2, Data Value = '-4': must be a number, zero or more"),
        (changed(ROWS, 0, "Data Value", "4.5"), "must be a whole number of deaths"),
        (changed(ROWS, 0, "Data Value", ""), "is blank and no footnote says why"),
        (changed(ROWS, 0, "Footnote", LOW), "is shown, though its footnote says it is not"),
        (changed(ROWS, 0, "Period", "3 month-ending"), "must be '12 month-ending'"),
        (
            changed(ROWS, 0, "Footnote", "Something new."),
            "is not made of the footnotes known.* in data/vocabulary/vsrr.yaml",
        ),
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
            (vsrr(changed(ROWS, 3, "Data Value", "-1")), "row 5, Data Value = '-1'"),
            (vsrr([*ROWS, ROWS[0]]), "stands more than once; keep one of the rows"),
        ]
    ):
        path = write(tmp_path / str(number), later, content)
        assert_refused_unchanged(catalog, lambda path=path: ingest([path], catalog), match)


@settings(max_examples=8)
@given(orders)
def test_any_order_of_twelve_month_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(cdc_vsrr.read, FILE, ROWS, vsrr, seed)


@settings(max_examples=60)
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
OVERDOSE = "; ".join(
    f"{letter}{number} (a cause, of some intent)"
    for letter, first, last in (("X", 40, 44), ("X", 60, 64), ("X", 85, 85), ("Y", 10, 14))
    for number in range(first, last + 1)
)
INDUCED = (
    "Drug poisonings (overdose) Unintentional (X40-X44); Drug poisonings (overdose) Suicide (X60-X64); "
    "Drug poisonings (overdose) Homicide (X85); Drug poisonings (overdose) Undetermined (Y10-Y14)"
)
Query = dict[str, str]


def footer(database: str, query: Query) -> str:
    """The foot of an export, its long lines wrapped as WONDER wraps them."""
    lines = [f"Dataset: {database}", "Query Parameters:"]
    for name, value in query.items():
        lines += textwrap.wrap(f"{name}: {value}", 128)
    quoted = "\n".join(f'"{line}"' for line in lines)
    return f'"---"\n{quoted}\n"---"\n"Query Date: Apr 8, 2018 4:49:25 PM"\n"---"\nCaveats:\n1. Counts may change.'


def us_query(code: str = "T40.4", years: str = "2010, 2011") -> Query:
    return {
        "Title": "by month",
        "Gender": "All",
        "MCD - ICD-10 Codes": f"{code} (a class)",
        "States": "All",
        "UCD - ICD-10 Codes": OVERDOSE,
        "Year/Month": years,
        "Group By": "Year, Month",
        "Show Totals": "True",
        "Calculate Rates Per": "100,000",
    }


def us_rows(years: tuple[int, ...] = (2010, 2011), deaths: int = 2) -> Rows:
    rows = []
    for year in years:
        for number, name in enumerate(ABBREVIATIONS, start=1):
            rows.append(["", str(year), str(year), f"{name}, {year}", f"{year}/{number:02}", str(deaths), *NOT])
        rows.append(["Total", str(year), str(year), "", "", str(12 * deaths), *NOT])
    rows.append(["Total", "", "", "", "", str(12 * len(years) * deaths), *NOT])
    return rows


def us_export(rows: Rows, code: str = "T40.4", query: Query | None = None) -> str:
    years = ", ".join(dict.fromkeys(row[2] for row in rows if row[2]))
    return delimited([US, *rows], "\t") + footer("Multiple Cause of Death, 1999-2016", query or us_query(code, years))


MONTHS = us_rows()


FINAL_2017 = wonder.load().final_deaths["T40.4"]["2017"]


def final_months(year: int = 2017, total: int = FINAL_2017) -> str:
    rows = [[f"{year}-{month:02}", "2000", "read"] for month in range(1, 12)]
    last = [f"{year}-12", str(total - 22_000), f"derived: from {year + 1}-12"]
    return delimited([["month", "deaths", "source_flag"], *rows, last])


def test_months_are_read_totals_dropped_and_the_class_taken_from_the_query(tmp_path: Path) -> None:
    years = tuple(range(2010, 2017))
    paths = [
        write(tmp_path, f"{n}.txt", us_export(us_rows(years, deaths=n + 1), code))
        for n, code in enumerate(("T40.1", "T40.2", "T40.4", "T40.5"))
    ]
    final = write(tmp_path, "final.csv", final_months())
    (release,) = cdc_wonder_us.read_monthly_us([*paths, final], None)
    frame = release.frame
    # 84 months of four classes, and twelve more of T40.4; no Total row among them.
    assert len(frame) == 4 * 84 + 12
    assert frame.groupby("icd10")["deaths"].sum().to_dict() == {
        "T40.1": 84,
        "T40.2": 168,
        "T40.4": 252 + FINAL_2017,
        "T40.5": 336,
    }
    derived = frame.dropna(subset="derivation")[["month", "derivation"]]
    assert derived.to_numpy().tolist() == [["2017-12", "from 2018-12"]]
    assert (release.vintage, release.complete) == ("2017-12", True)
    assert "T40.1: queried 2018-04-08" in release.notes


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (
            final_months(total=FINAL_2017 + 1),
            "its months of 2017 add up to 28,467, and data/vocabulary/wonder.yaml has 28,",
        ),
        (final_months(2031), "of 2031 add up to 28,466, and .* has no final total of T40.4.*as `YEAR: DEATHS`"),
        ("".join(final_months().splitlines(keepends=True)[:7]), "its months of 2017 add up to 12,000"),
        (
            final_months()
            .replace("source_flag", "source_flag,State")
            .replace("\n", ",Florida\n")
            .replace("State,Florida", "State"),
            r"the column\(s\) State may choose deaths",
        ),
    ],
)
def test_final_months_are_known_by_the_totals_of_their_class(tmp_path: Path, content: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        cdc_wonder_us.read_monthly_us([write(tmp_path, "final.csv", content)], None)


NARROWED = [
    ("Gender", "Female", "`Gender: Female` must be All, or left out"),
    ("States", "Florida (12)", r"`States: Florida \(12\)` must be All, or left out"),
    ("Ten-Year Age Groups", "15-24 years", "`Ten-Year Age Groups: 15-24 years` must be All"),
    ("Race", "White", "`Race: White` must be All"),
    ("Weekday", "Sunday", "`Weekday: Sunday` must be All"),
    (
        "A New Line",
        "something",
        "`A New Line: something` must be All.*added under `harmless` in data/vocabulary/wonder",
    ),
    ("UCD - ICD-10 Codes", "X42", "`UCD - ICD-10 Codes: X42` must be X40-X44, X60-X64, X85, Y10-Y14"),
    ("UCD - ICD-10 Codes", f"{OVERDOSE}; Y15 (another)", "each of them and no other"),
    ("UCD - ICD-10 Codes", f"{OVERDOSE}; Alcohol-induced causes", "each of them and no other"),
    ("UCD - ICD-10 Codes", None, "it has no line `UCD - ICD-10 Codes or UCD - Drug/Alcohol Induced Causes`"),
    ("Group By", "Year, Month, Gender", "`Group By: Year, Month, Gender` must be Year; Month"),
    ("Group By", None, "it has no line `Group By`"),
    ("MCD - ICD-10 Codes", None, "it has no line `MCD - ICD-10 Codes`"),
    ("MCD - ICD-10 Codes", "T40.4; T40.1", r"the query asks for 2 drug classes \(T40.1, T40.4\)"),
    (
        "MCD - ICD-10 Codes",
        "T50.9 (others)",
        "'T50.9' is not a known ICD-10 code.*under `icd10` in data/vocabulary/drugs",
    ),
    ("and MCD - ICD-10 Codes", "T40.1 (another)", r"`and MCD - ICD-10 Codes: T40.1 \(another\)` must be All"),
    ("Age Groups (years), any", "15-24", r"`Age Groups \(years\), any: 15-24` must be All"),
    ("MCD - ICD-10 Codes", "T40.4 (a class) and T40.1 (another)", "the query asks for 0 drug classes"),
    ("Year/Month", "2010", "there are rows of 2011-01, .*which the query does not ask for"),
    ("Year/Month", "2010, 2011, 2012", "the query asks for 2012, and there is no row of it"),
    ("Year/Month", "Jan., 2010", "there are rows of 2010-02"),
    ("Year/Month", None, "the query asks for 1999, 2000, .* the export was cut"),
]


@pytest.mark.parametrize(("line", "value", "match"), NARROWED)
def test_a_query_that_counts_other_deaths_is_refused_by_its_line(
    tmp_path: Path, line: str, value: str | None, match: str
) -> None:
    query = us_query() | ({line: value} if value else {})
    if value is None:
        del query[line]
    with pytest.raises(DataError, match=match):
        cdc_wonder_us.read_monthly_us([write(tmp_path, "a.txt", us_export(MONTHS, query=query))], None)


def test_every_fault_of_a_query_is_told_at_once(tmp_path: Path) -> None:
    query = us_query() | {"Gender": "Female", "States": "Florida (12)", "UCD - ICD-10 Codes": "X42"}
    with pytest.raises(DataError, match=r"Gender: Female.*States: Florida.*UCD - ICD-10 Codes: X42"):
        cdc_wonder_us.read_monthly_us([write(tmp_path, "a.txt", us_export(MONTHS, query=query))], None)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("Multiple Cause of Death, 1999-2016", "Compressed Mortality, 1999-2016", "`Dataset: Compressed Mortality"),
        ('"Query Parameters:"\n', "", "no line 'Query Parameters:'"),
        ('"States: All"\n', '"States: All"\n"States: All"\n', "the line 'States' twice"),
        ('"States: All"\n', '"Of Florida"\n', "the line 'Of Florida', which is no name and value"),
        ('"---"\n"Query Date', '"Query Date', "'Query Date' .*twice|gives no query date|must be All"),
    ],
)
def test_a_damaged_footer_is_refused(tmp_path: Path, old: str, new: str, match: str) -> None:
    content = us_export(MONTHS)
    assert old in content
    with pytest.raises(DataError, match=match):
        cdc_wonder_us.read_monthly_us([write(tmp_path, "a.txt", content.replace(old, new))], None)


def test_two_exports_in_one_file_are_refused(tmp_path: Path) -> None:
    content = us_export(MONTHS) + "\n" + us_export(us_rows((2012, 2013)), query=us_query(years="2012, 2013"))
    with pytest.raises(DataError, match="holds a second export behind its footer; give each export as a file"):
        cdc_wonder_us.read_monthly_us([write(tmp_path, "a.txt", content)], None)


def test_other_words_for_the_same_query_will_do(tmp_path: Path) -> None:
    query = us_query(years="2010; 2011") | {"Group By": "Month; Year"}
    del query["UCD - ICD-10 Codes"]
    query["UCD - Drug/Alcohol Induced Causes"] = INDUCED
    content = us_export(MONTHS, query=query)
    database = "Multiple Cause of Death, 1999-2016"
    for other in (database, "Multiple Cause of Death, 1999-2027", "Multiple Cause of Death, 2018-2027, Single Race"):
        path = write(tmp_path, "a.txt", content.replace(database, other))
        assert len(cdc_wonder_us.read_monthly_us([path], None)[0].frame) == 24


def test_provisional_months_are_not_among_final_ones(tmp_path: Path) -> None:
    rows = [[*row[:3], f"{row[3]} (provisional)" if row[3] else "", *row[4:]] for row in MONTHS]
    with pytest.raises(DataError, match=r"row 2, Month = 'Jan., 2010 \(provisional\)'; .* is not final"):
        cdc_wonder_us.read_monthly_us([write(tmp_path, "a.txt", us_export(rows))], None)


@pytest.mark.parametrize("sign", [",", ";"])
def test_an_export_a_spreadsheet_saved_again_is_read(tmp_path: Path, sign: str) -> None:
    lines = us_export(MONTHS).splitlines()
    saved = [next(csv.reader([line], delimiter="\t")) for line in lines]
    content = "\ufeff" + delimited([row + [""] * (len(US) - len(row)) for row in saved], sign).replace("\n", "\r\n")
    left, right = (
        cdc_wonder_us.read_monthly_us([write(tmp_path, f"{n}.txt", text)], None)[0].frame
        for n, text in enumerate((us_export(MONTHS), content))
    )
    pd.testing.assert_frame_equal(left.reset_index(drop=True), right.reset_index(drop=True))


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
        (us_export(MONTHS[1:]), "the query asks for 2010-01, and there is no row of it"),
        (us_export(MONTHS[1:], query=us_query(years="2011")), "rows of 2010-02, .* which the query does not ask for"),
        (us_export(us_changed(0, "Deaths", "3")), "row 14, the months of 2010 add up to 25"),
        (us_export(MONTHS[:-1]), "there is no Total row over all years"),
        (us_export(MONTHS).split("---")[0], "no line of dashes after the figures, so the file was cut off"),
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


@settings(max_examples=12)
@given(orders)
def test_any_order_of_monthly_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(cdc_wonder_us.read_monthly_us, "a.txt", MONTHS, us_export, seed)


@settings(max_examples=60)
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
PROVISIONAL = "Provisional Mortality Statistics, 2018 through Last Week"


def state_query(rows: Rows, column: int, group_by: str) -> Query:
    """The query of an export by State, of the periods in one column of its rows."""
    return {
        "UCD - Drug/Alcohol Induced Causes": INDUCED,
        "Year/Month": "; ".join(dict.fromkeys(row[column] for row in rows if row[column])),
        "Group By": group_by,
        "Show Totals": "True" if any(row[0] == "Total" for row in rows) else "Disabled",
        "Show Zero Values": "False",
        "Show Suppressed": "False",
        "Standard Population": "2000 U.S. Std. Population",
        "Calculate Rates Per": "100,000",
        "Rate Options": "Default intercensal populations for years 2001-2009 (except Infant Age Groups)",
    }


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


def state_export(rows: Rows, **changed: str) -> str:
    query = state_query(rows, 1, "Month; Residence State") | changed
    return delimited([STATE_MONTH, *rows], "\t") + footer(PROVISIONAL, query)


def thirty_but(name: str) -> Rows:
    """Three months of 30 deaths in every State shown, without the row of one State in the second."""
    rows = [[*row[:5], "30", *NOT] for row in state_months((1, 2, 3), totals=False)]
    return [row for row in rows if (row[2], row[3]) != ("2018/02", name)]


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
        (
            (state_export([row for row in BY_MONTH if row[0] != "Total"], **{"Show Totals": "True"}),),
            "no Total row of 2018",
        ),
        (
            (state_export(BY_MONTH, **{"Show Zero Values": "True", "Show Suppressed": "True"}),),
            "3 of the 51 States have no row in 2018-01",
        ),
        (
            (state_export([row for row in state_months(totals=False) if row[3] in ("Florida", "Texas")]),),
            "49 of the 51 States have no row in 2018-01",
        ),
        ((state_export(thirty_but("Texas")),), "TX has no figure in 2018-02, and 25 deaths or more in the months"),
    ],
)
def test_faulty_exports_by_state_are_refused(tmp_path: Path, contents: tuple[str, ...], match: str) -> None:
    with pytest.raises(DataError, match=match):
        read_states(tmp_path, *contents)


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_by_state_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(cdc_wonder_state.read_monthly_state, "a.txt", BY_MONTH, state_export, seed)


@settings(max_examples=50)
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
    """Every State with 30 deaths a year, Wyoming, the second of them here, with 12; Total rows behind each."""
    rows = []
    names = [place.name for place in states.load().states.values()]
    ordered = ["Alabama", "Wyoming", *(name for name in names if name not in ("Alabama", "Wyoming"))]
    for name in ordered:
        code = states.load().fips[states.load().codes[name]]
        deaths, rate = ("12", UNRELIABLE) if name == "Wyoming" else ("30", RATE)
        rows += [["", name, code, f"{year}{label}", str(year), deaths, "200000", *rate] for year in years]
        rows.append(["Total", name, code, "", "", str(int(deaths) * len(years)), "400000", *RATE])
    rows.append(["Total", "", "", "", "", str((30 * (len(names) - 1) + 12) * len(years)), "800000", *RATE])
    return rows


def year_export(rows: Rows, header: list[str] = STATE_YEAR, **changed: str) -> str:
    query = state_query(rows, 3, f"{header[1]}; Year") | changed
    return delimited([header, *rows], "\t") + footer("Multiple Cause of Death, 1999-2020", query)


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
    assert len(frame) == 3 * 51
    assert frame.loc[("AL", 2020), ["deaths", "crude_rate", "adjusted_rate_ci_high"]].tolist() == [30, 15, 21]
    assert frame.loc[("WY", 2019), "unreliable"]
    assert pd.isna(frame.loc[("WY", 2019), "crude_rate"])
    assert frame["status"].unique().tolist() == ["final", "partial"]
    assert not release.complete


BY_STATE_READERS = [
    (cdc_wonder_state.read_monthly_state, state_export, BY_MONTH),
    (cdc_wonder_state.read_annual_state, year_export, BY_YEAR),
]


@pytest.mark.parametrize(("read", "export", "rows"), BY_STATE_READERS)
@pytest.mark.parametrize(
    ("line", "value", "match"),
    [
        ("Gender", "Male", "`Gender: Male` must be All"),
        ("Residence States", "Florida (12)", r"`Residence States: Florida \(12\)` must be All"),
        ("MCD - ICD-10 Codes", "T40.4 (a class)", r"`MCD - ICD-10 Codes: T40.4 \(a class\)` must be All, or left out"),
        ("UCD - Drug/Alcohol Induced Causes", INDUCED[:50], "each of them and no other"),
        ("UCD - Drug/Alcohol Induced Causes", f"{INDUCED}; All other drug-induced causes", "each of them and no other"),
        ("Group By", "Residence County", "`Group By: Residence County` must be"),
        ("Year/Month", "1999", "the query asks for 1999"),
    ],
)
def test_queries_by_state_must_be_their_tables(
    tmp_path: Path,
    read: Callable[..., list[Release]],
    export: Callable[..., str],
    rows: Rows,
    line: str,
    value: str,
    match: str,
) -> None:
    with pytest.raises(DataError, match=match):
        read([write(tmp_path, "a.txt", export(rows, **{line: value}))], None)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Standard Population", "1940 U.S. Std. Million"),
        ("Calculate Rates Per", "1,000"),
        ("Rate Options", "Alternative postcensal populations for years 2001-2009"),
    ],
)
def test_rates_are_those_the_table_is_of(tmp_path: Path, line: str, value: str) -> None:
    with pytest.raises(DataError, match=f"`{line}: {value}` must be"):
        read_years(tmp_path, year_export(BY_YEAR, **{line: value}))
    # Counts by month have no rates.
    assert read_states(tmp_path, state_export(BY_MONTH, **{line: value})).complete


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
        (state_years((2018, 2020)), "AK lacks 2019"),
        ([row for row in BY_YEAR if row[1] != "Texas"], "there is no row of TX"),
    ],
)
def test_faulty_exports_by_year_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        read_years(tmp_path, year_export(rows))


@settings(max_examples=50)
@given(st.sampled_from([0, 1, 3, 4]), st.integers(0, len(STATE_YEAR) - 1), junk)
def test_any_corrupted_cell_by_year_is_refused(row: int, column: int, value: str) -> None:
    assert_corruption_is_refused(cdc_wonder_state.read_annual_state, "a.txt", BY_YEAR, year_export, row, column, value)


@settings(max_examples=10)
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
        "cdc_wonder_us_month": us_export(MONTHS),
        "cdc_wonder_state_month": state_export(BY_MONTH),
        "cdc_wonder_state_year": year_export(BY_YEAR),
    }
    for reader, content in contents.items():
        path = write(tmp_path, reader, content)
        assert assign([path]) == {reader: (path,)}
