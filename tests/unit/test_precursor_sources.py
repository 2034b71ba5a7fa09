"""The two claims of twelve precursor sources, against a list written here: whose countries are no fact of any report."""

from pathlib import Path

import pandas as pd
import pytest

from crimjust_research import document
from crimjust_research.data import catalog
from crimjust_research.errors import ParameterError
from crimjust_research.questions.claims import precursors
from crimjust_research.questions.claims.findings import TABLES, Evidence, PrecursorSources, citation
from crimjust_research.questions.claims.params import Params

CLAIMS = {claim.key: claim for claim in document.load().claims}
PROPOSED = sorted(document.load().proposed_iso3)
OTHER_MAJORS = sorted(set(document.load().majors_iso3) - set(PROPOSED))
HEADER = "iso3,report_year,listed,page\n"


def given(path: Path, *rows: str) -> PrecursorSources | None:
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    file = str(path)
    return precursors.sources_of(Params(vintage="latest", measure="predicted", precursor_sources_file=file))


def evidence(sources: PrecursorSources | None) -> Evidence:
    raw = catalog.raw()
    cited = {name: citation(name) for name in TABLES}
    return Evidence({name: raw.open(name) for name in TABLES}, cited, "predicted", sources)


def test_twelve_of_the_proposed_and_no_other_major_bear_out_both_claims(tmp_path: Path) -> None:
    listed = (*PROPOSED[:12], "CHN", "DEU")  # no Majors, so on one list alone
    held = evidence(given(tmp_path / "list.csv", *(f"{iso3},2021,{len(listed)},12" for iso3 in listed)))
    twelve = precursors.proposed_sources(CLAIMS["precursor_sources_12"], held)
    both = precursors.on_both_lists(CLAIMS["on_both_lists_12"], held)
    assert (twelve.verdict, both.verdict) == ("holds", "holds")
    assert twelve.then is not None
    assert (twelve.then.bounds.low, twelve.then.n_obs) == (12, 14)
    assert twelve.then.source == "US Department of State, INCSR 2021, volume I, page 12, all 14 listed, as in list.csv"
    assert len(twelve.facts["named"]) == 12
    assert both.facts["others"] == []


def test_other_majors_on_the_list_contradict_the_claim_of_both_lists_alone(tmp_path: Path) -> None:
    listed = (*PROPOSED[:12], *OTHER_MAJORS[:2])
    held = evidence(given(tmp_path / "list.csv", *(f"{iso3},2021,{len(listed)},12" for iso3 in listed)))
    assert precursors.proposed_sources(CLAIMS["precursor_sources_12"], held).verdict == "holds"
    both = precursors.on_both_lists(CLAIMS["on_both_lists_12"], held)
    assert both.verdict == "contradicted"
    assert both.then is not None
    assert both.then.bounds.low == 14
    assert len(both.facts["others"]) == 2


def test_the_list_of_another_year_stands_beside_and_decides_nothing(tmp_path: Path) -> None:
    held = evidence(given(tmp_path / "list.csv", *(f"{iso3},2020,11,12" for iso3 in PROPOSED[:11])))
    finding = precursors.proposed_sources(CLAIMS["precursor_sources_12"], held)
    assert finding.verdict == "cannot be checked"
    assert [(figure.name, figure.bounds.low) for figure in finding.beside] == [("r2020", 11)]


def test_without_a_list_neither_can_be_checked() -> None:
    held = evidence(precursors.sources_of(Params(vintage="latest", measure="predicted", precursor_sources_file="")))
    for check, key in (
        (precursors.proposed_sources, "precursor_sources_12"),
        (precursors.on_both_lists, "on_both_lists_12"),
    ):
        assert check(CLAIMS[key], held).verdict == "cannot be checked"


def test_pages_are_told_as_they_are(tmp_path: Path) -> None:
    frame = pd.DataFrame({"iso3": ["MEX", "PER"], "report_year": 2021, "listed": 2, "page": [12, 13]})
    sources = given(tmp_path / "a.csv", "MEX,2021,2,12", "PER,2021,2,13")
    assert sources is not None
    assert sources.frame[["iso3", "report_year", "listed", "page"]].astype(frame.dtypes).equals(frame)
    assert "pages 12, 13, all 2 listed, as in a.csv" in sources.cited(2021)


def test_a_fault_is_told_by_row_without_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"precursor_sources_file list\.csv") as told:
        given(tmp_path / "list.csv", "Mexco,2021,1,12")
    assert str(tmp_path) not in str(told.value)
    assert "iso3" in str(told.value)


def test_a_list_typed_in_part_contradicts_nobody(tmp_path: Path) -> None:
    """Six of a list of fourteen: were they taken for the whole, the document would seem to be wrong."""
    with pytest.raises(ParameterError, match=r"listed.*the whole list.*type the rest of the report's list"):
        given(tmp_path / "list.csv", *(f"{iso3},2021,14,12" for iso3 in PROPOSED[:6]))
