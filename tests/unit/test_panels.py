"""Panels: pure functions of raw tables, with what is missing kept missing."""

from pathlib import Path

import pandas as pd
import pytest

from crimjust_research.data import catalog, panels
from crimjust_research.data.panels import united_states
from crimjust_research.errors import DataError

DRUGS = ("fentanyl", "methamphetamine", "cocaine", "heroin", "cannabis", "ketamine", "ecstasy")
CLASSES = ("T40.1", "T40.2", "T40.4", "T40.5")


def deaths(*months: str) -> pd.DataFrame:
    return pd.DataFrame(
        [(month, code, 10 + number) for month in months for number, code in enumerate(CLASSES)],
        columns=["month", "icd10", "deaths"],
    )


def seizures(*months: str, drugs: tuple[str, ...] = DRUGS) -> pd.DataFrame:
    """Each drug is seized in the first month, at two offices; fentanyl in every month."""
    rows = [(months[0], drug, office, 1, 100.0) for drug in drugs for office in ("A", "B")]
    rows += [(month, "fentanyl", "A", 2, 1.0) for month in months[1:]]
    return pd.DataFrame(rows, columns=["month", "drug", "office", "events", "pounds"])


def test_months_of_either_table_are_joined_and_the_rest_stays_missing() -> None:
    frame = united_states.monthly_national(deaths("2018-01", "2018-02"), seizures("2018-02", "2018-03")).set_index(
        "month"
    )
    assert list(frame.index) == ["2018-01", "2018-02", "2018-03"]
    # Two offices of 100 pounds each: 200 x 0.45359237 kg.
    assert frame.loc["2018-02", "seized_kg_cocaine"] == pytest.approx(90.718474, abs=1e-9)
    assert frame.loc["2018-02", "seizure_events_cocaine"] == 2
    # Covered and without a row: nothing was seized. Not covered: not known.
    assert frame.loc["2018-03", "seized_kg_cocaine"] == 0
    assert pd.isna(frame.loc["2018-01", "seized_kg_cocaine"])
    assert pd.isna(frame.loc["2018-01", "seizure_events_cocaine"])
    assert frame["deaths_t40_4"].tolist()[:2] == [12, 12]
    assert pd.isna(frame.loc["2018-03", "deaths_t40_4"])


def test_a_month_no_table_covers_is_refused() -> None:
    with pytest.raises(DataError, match=r"no raw table covers \['2018-02'\]"):
        united_states.monthly_national(deaths("2018-01"), seizures("2018-03"))


def test_a_drug_or_class_the_raw_tables_lack_is_refused() -> None:
    with pytest.raises(DataError, match="'seizures_us_border' has no row with drug ketamine"):
        united_states.monthly_national(
            deaths("2018-01"), seizures("2018-01", drugs=tuple(d for d in DRUGS if d != "ketamine"))
        )
    with pytest.raises(DataError, match=r"'overdose_monthly_us' has no row with icd10 T40\.5"):
        united_states.monthly_national(deaths("2018-01").query("icd10 != 'T40.5'"), seizures("2018-01"))


def reports(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["half_year", "state", "substance", "reports"])


def test_half_years_of_states_without_any_report_stay_missing() -> None:
    frame = united_states.halfyear_state(
        reports(
            ("2020H1", "OH", "Fentanyl", 5),
            ("2020H1", "OH", "4-ANPP", 2),
            ("2020H1", "OH", "Acetyl fentanyl", 1),
            ("2020H1", "OH", "para-Fluoro 4-ANPP", 3),
            ("2020H1", "OH", "Norfentanyl", 4),
            ("2020H2", "TX", "Acetyl fentanyl", 3),
            ("2020H2", "PR", "Fentanyl", 9),
            ("2021H1", "OH", "Fentanyl", 4),
        )
    ).set_index(["half_year", "state"])
    assert len(frame) == 3 * 51
    counts = ["reports_fentanyl", "reports_4anpp", "reports_4anpp_substituted", "reports_family"]
    # 4-ANPP 2, with its fluoro form 2 + 3; the family is 5 + 2 + 1 + 3 + 4.
    assert frame.loc[("2020H1", "OH"), counts].tolist() == [5, 2, 5, 15]
    # Texas reported of the family, and no fentanyl: none. Ohio reported nothing at all in that half-year.
    assert frame.loc[("2020H2", "TX"), counts].tolist() == [0, 0, 0, 3]
    assert frame.loc[("2020H2", "OH"), counts].isna().all()
    assert frame.groupby("half_year")["complete"].first().tolist() == [True, False, False]


def test_a_half_year_missing_is_refused() -> None:
    rows = (("2020H1", "OH", "Fentanyl", 5), ("2021H1", "OH", "4-ANPP", 5))
    with pytest.raises(DataError, match="the raw table has no row of 2020H2"):
        united_states.halfyear_state(reports(*rows))


def test_unknown_panels_and_foreign_inputs_are_refused() -> None:
    with pytest.raises(DataError, match="no panel 'monthly_nation'; did you mean 'monthly_national'"):
        panels.assemble("monthly_nation", catalog.raw())
    with pytest.raises(DataError, match="is not made of population but of lab_reports_fentanyl"):
        panels.assemble("halfyear_state", catalog.raw(), {"population": "2024"})


def test_committed_panels_are_what_the_committed_raw_tables_make(tmp_path: Path) -> None:
    """Rebuilt aside, every panel and its entry are the same, byte for byte."""
    raw, committed = catalog.raw(), catalog.processed()
    again = catalog.Catalog(tmp_path / "processed")
    again.store([panels.assemble(panel.table.name, raw) for panel in panels.PANELS], derived=True)
    assert set(again.tables()) == set(committed.tables())
    for resource in again.resources:
        assert committed.resource(resource.table.name) == resource, f"run panels.build() for {resource.table.name}"


def test_panels_name_raw_tables_as_their_sources() -> None:
    for panel in panels.PANELS:
        assert [source.title for source in panel.table.sources] == [f"raw table {name}" for name in panel.inputs]
