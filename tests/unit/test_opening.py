"""Opening panels: as stored, as their figures stood at an earlier date, and the raw releases behind them."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from crimjust_research import project
from crimjust_research.data import catalog, panels, provenance
from crimjust_research.data.catalog import FILE, Catalog
from crimjust_research.data.opening import open_panel, open_raw
from crimjust_research.data.tables import Release
from crimjust_research.errors import DataError

RAW, PANEL = "lab_reports_fentanyl", "halfyear_state"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose one raw table has a release of 2020, one of 2021 with double the figures, and a part in 2022."""
    published = catalog.raw()
    table, figures = published.resource(RAW).table, published.open(RAW)
    releases = [
        Release(table, "2020-03", figures),
        Release(table, "2021-05", figures.assign(reports=2 * figures["reports"])),
        Release(table, "2022", figures.head(9), lacks=("some",)),
    ]
    Catalog(tmp_path / "data" / "raw").store(releases)
    shutil.copytree(project.root() / "data" / "vocabulary", tmp_path / "data" / "vocabulary")
    shutil.copy(project.root() / "data" / "corrections.yaml", tmp_path / "data")
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    panels.build([PANEL])
    return tmp_path


def test_the_stored_panel_is_opened_with_its_release(home: Path) -> None:
    frame, (read,) = open_panel(PANEL)
    stored = Catalog(home / "data" / "processed")
    pd.testing.assert_frame_equal(frame, stored.open(PANEL))
    assert read == stored.resource(PANEL)


@pytest.mark.parametrize(("as_of", "vintage"), [("2020-03", "2020-03"), ("2021", "2020-03"), ("2024-01-31", "2021-05")])
def test_a_panel_as_it_stood_is_made_of_the_newest_whole_releases_by_then(home: Path, as_of: str, vintage: str) -> None:
    del home
    latest, _ = open_panel(PANEL)
    frame, (read,) = open_panel(PANEL, as_of)
    assert (read.table.name, read.vintage) == (RAW, vintage)
    share = {"2020-03": 0.5, "2021-05": 1.0}[vintage]
    assert frame["reports_family"].sum() == share * latest["reports_family"].sum()
    key = list(catalog.processed().resource(PANEL).table.primary_key)
    pd.testing.assert_frame_equal(frame[key], latest[key])


def test_a_date_before_the_first_release_and_unknown_panels_are_refused(home: Path) -> None:
    del home
    with pytest.raises(DataError, match=f"table '{RAW}' has no release by 2019; there are: 2020-03, 2021-05"):
        open_panel(PANEL, "2019")
    for as_of in ("latest", "2020"):
        with pytest.raises(DataError, match=r"'halfyear_stat'.*did you mean 'halfyear_state'"):
            open_panel("halfyear_stat", as_of)


def test_raw_tables_are_opened_with_their_release(home: Path) -> None:
    del home
    for vintage, expected in (("latest", "2021-05"), ("2020-03", "2020-03"), ("2022", "2022")):
        frame, (read,) = open_raw(RAW, vintage)
        assert read.vintage == expected
        assert len(frame) == read.rows


def test_a_stored_panel_tells_the_raw_releases_behind_it_until_they_change(home: Path) -> None:
    raw, panel = Catalog(home / "data" / "raw"), Catalog(home / "data" / "processed").resource(PANEL)
    assert provenance.raw_behind(panel, raw) == (raw.resource(RAW, "2021-05"),)
    listing = raw.folder / FILE
    package = json.loads(listing.read_text())
    for entry in package["resources"]:
        entry["hash"] = "sha256:" + "0" * 64
    listing.write_text(json.dumps(package))
    with pytest.raises(
        DataError, match=f"'{PANEL}' was made of {RAW} 2021-05 when .* rebuild it: crimjust data panels"
    ):
        provenance.raw_behind(panel, Catalog(raw.folder))


def test_every_committed_panel_tells_what_it_was_made_of() -> None:
    raw = catalog.raw()
    for panel in panels.PANELS:
        behind = provenance.raw_behind(catalog.processed().resource(panel.table.name), raw)
        assert tuple(resource.table.name for resource in behind) == panel.inputs
