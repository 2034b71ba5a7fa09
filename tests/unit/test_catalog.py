"""The catalog and its validation: what is refused, what is never overwritten, what is written when."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from publisher_files import assert_refused_unchanged, digest

from crimjust_research.data import catalog as catalogs
from crimjust_research.data.catalog import Catalog, parse, serialise
from crimjust_research.data.schema_check import faults
from crimjust_research.data.tables import NONE_NAMED, Field, Licence, Release, Source, Table, Withdrawn
from crimjust_research.errors import DataError

LICENCE = Licence("CC0-1.0", "Public domain", "https://creativecommons.org/publicdomain/zero/1.0/")
SOURCE = Source("Made up", "https://example.org")


def declare(name: str = "counts", **changes: Any) -> Table:
    options: dict[str, Any] = {
        "title": "Counts",
        "description": "One row is a month and a place.",
        "fields": (
            Field("month", "yearmonth", "Month.", constraints={"required": True}),
            Field("place", "string", "Place.", constraints={"required": True, "enum": ["NA", "US"]}),
            Field("count", "integer", "Counted.", "cases", {"minimum": 0}),
            Field("weight", "number", "Weighed.", "kilograms", {"minimum": 0}),
            Field("final", "boolean", "Whether final.", constraints={"required": True}),
        ),
        "primary_key": ("month", "place"),
        "licences": (LICENCE,),
        "sources": (SOURCE,),
        "time": "month",
    }
    return Table(name=name, **{**options, **changes})


COUNTS = declare()
GOOD: Mapping[str, list[Any]] = {
    "month": ["2020-02", "2020-01", "2020-01"],
    "place": ["US", "US", "NA"],
    "count": [3, None, 0],
    "weight": [0.1 + 0.2, 2.0, None],
    "final": [True, False, True],
}


def frame(**changes: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({**GOOD, **changes}).astype({"count": "Int64"})


def release(vintage: str = "2020", table: Table = COUNTS, lacks: tuple[str, ...] = (), **changes: list[Any]) -> Release:
    return Release(table, vintage, frame(**changes), lacks, ("a note",))


@pytest.fixture
def stored(tmp_path: Path) -> Catalog:
    catalog = Catalog(tmp_path / "raw")
    catalog.store([release()])
    return catalog


def test_what_is_stored_is_opened_as_it_was_in_key_order(stored: Catalog) -> None:
    opened = stored.open("counts")
    expected = frame().sort_values(["month", "place"], ignore_index=True)
    pd.testing.assert_frame_equal(opened, expected, check_dtype=True)
    # The place "NA" is a place, not a missing one; the sum keeps its last bit; whole numbers have no point.
    assert (stored.folder / "counts/2020.csv").read_text() == (
        "month,place,count,weight,final\n"
        "2020-01,NA,0,,True\n"
        "2020-01,US,,2,False\n"
        "2020-02,US,3,0.30000000000000004,True\n"
    )


def test_rows_in_another_order_are_opened_in_key_order_and_their_faults_told_by_row_of_the_file(
    stored: Catalog,
) -> None:
    before, listed = stored.open("counts"), stored.folder / "datapackage.json"
    path = stored.folder / "counts" / "2020.csv"
    head, *rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join([head, *reversed(rows)]))
    package = json.loads(listed.read_text())
    package["resources"][0]["hash"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    package["resources"][0]["schema"]["fields"][1]["constraints"]["enum"] = ["US"]
    listed.write_text(json.dumps(package))
    altered = Catalog(stored.folder)
    pd.testing.assert_frame_equal(altered.open("counts"), before)
    [row] = altered.verify()["row"]
    assert path.read_text().splitlines()[row - 1].startswith("2020-01,NA")


def test_the_entry_describes_the_release(stored: Catalog) -> None:
    resource = stored.resource("counts")
    assert (resource.rows, resource.coverage, resource.latest) == (3, ("2020-01", "2020-02"), True)
    assert resource.table == COUNTS
    assert resource.notes == ("a note",)


def test_the_same_release_stored_again_leaves_every_byte(stored: Catalog) -> None:
    before = digest(stored.folder)
    shuffled = Release(COUNTS, "2020", frame().iloc[[2, 0, 1]], (), ("a note",))
    assert stored.store([shuffled])[0].latest
    assert digest(stored.folder) == before


def test_a_stored_vintage_is_never_overwritten(stored: Catalog) -> None:
    assert_refused_unchanged(
        stored, lambda: stored.store([release(count=[9, 9, 9])]), r"2020\.csv already holds other figures for vintage"
    )


def test_a_new_vintage_stands_beside_the_old_and_becomes_the_latest(stored: Catalog) -> None:
    stored.store([release("2021-03", count=[9, 9, 9])])
    assert [(r.vintage, r.latest) for r in stored.tables()["counts"]] == [("2020", False), ("2021-03", True)]
    assert stored.open("counts")["count"].tolist() == [9, 9, 9]
    assert stored.open("counts", "2020")["count"].sum() == 3


def test_a_part_of_a_table_is_never_the_latest(stored: Catalog) -> None:
    (part,) = stored.store([release("2022", lacks=("some",))])
    assert not part.latest
    assert stored.resource("counts").vintage == "2020"


def test_a_part_gives_way_to_the_release_that_holds_all_of_it_and_not_the_other_way_round(stored: Catalog) -> None:
    part = Release(COUNTS, "2022", frame().head(1), ("all but one row",))
    whole = Release(COUNTS, "2022", frame())
    stored.store([part])
    (found,) = stored.store([whole])
    assert (found.complete, found.rows, found.latest) == (True, 3, True)
    assert stored.open("counts", "2022").equals(stored.open("counts", "2020"))
    before = digest(stored.folder)
    assert stored.store([part]) == (found,)
    assert digest(stored.folder) == before


def test_a_part_of_other_figures_is_never_written_over(stored: Catalog) -> None:
    stored.store([Release(COUNTS, "2022", frame(count=[9, 9, 9]).head(1), ("all but one row",))])
    assert_refused_unchanged(stored, lambda: stored.store([release("2022")]), "already holds other figures")


def test_derived_tables_are_replaced_and_the_old_file_goes(stored: Catalog) -> None:
    stored.store([release(table=declare("other"))])
    stored.store([release("2021", count=[1, 1, 1])], derived=True)
    assert [r.vintage for r in stored.tables()["counts"]] == ["2021"]
    assert sorted(digest(stored.folder)) == ["counts/2021.csv", "datapackage.json", "other/2020.csv"]
    stored.store([release("2021", count=[2, 2, 2])], derived=True)
    assert stored.open("counts")["count"].tolist() == [2, 2, 2]


@pytest.fixture
def panels(tmp_path: Path) -> Catalog:
    """Three months: nothing weighed in the first, nothing counted in the last, and never a remark."""
    table = declare(fields=(*COUNTS.fields, Field("remark", "string", "Remark.")), primary_key=("month",))
    months = {"month": ["2020-01", "2020-02", "2020-03"], "place": ["US"] * 3, "final": [True] * 3}
    made = pd.DataFrame({**months, "count": [1, 2, None], "weight": [None, 0.0, 3.0], "remark": None})
    catalog = Catalog(tmp_path / "processed")
    catalog.store([Release(table, "2020", made.astype({"count": "Int64", "remark": "str"}))], derived=True)
    return Catalog(catalog.folder)


def test_a_panel_tells_the_periods_in_which_a_column_has_figures(panels: Catalog) -> None:
    assert panels.coverage("counts") == ("2020-01", "2020-03")
    assert panels.coverage("counts", "month") == ("2020-01", "2020-03")
    assert panels.coverage("counts", "count") == ("2020-01", "2020-02")
    # Zero is a figure.
    assert panels.coverage("counts", "weight") == ("2020-02", "2020-03")
    with pytest.raises(DataError, match="column 'remark' of 'counts' has no figure in any period"):
        panels.coverage("counts", "remark")
    assert panels.gaps("counts", "count") == ()
    with pytest.raises(DataError, match="no column 'wieght' in 'counts'; did you mean 'weight'"):
        panels.coverage("counts", "wieght")
    with pytest.raises(DataError, match=r"no table 'count' .* did you mean 'counts'"):
        panels.coverage("count")


def test_a_panel_by_year_tells_the_years_without_a_figure_between_others(tmp_path: Path) -> None:
    fields = (
        Field("year", "year", "Year.", constraints={"required": True}),
        Field("count", "integer", "Count."),
        Field("whole", "integer", "Whole."),
    )
    table = declare("yearly", fields=fields, primary_key=("year",), time="year")
    made = pd.DataFrame({"year": [2011, 2012, 2014, 2016], "count": [1, 2, None, 4], "whole": [None, 2, 3, 4]})
    frame = made.astype({"count": "Int64", "whole": "Int64"})
    Catalog(tmp_path / "processed").store([Release(table, "2020", frame)], derived=True)
    panels = Catalog(tmp_path / "processed")
    assert panels.gaps("yearly", "count") == ("2013", "2014", "2015")
    assert panels.gaps("yearly", "whole") == ("2013", "2015")
    with pytest.raises(DataError, match="no column 'hole' in 'yearly'; did you mean 'whole'"):
        panels.gaps("yearly", "hole")


def test_a_table_as_published_tells_its_periods_and_its_vintages(stored: Catalog) -> None:
    stored.store([release("2021-03"), release("2022", lacks=("some",)), release(table=declare("timeless", time=None))])
    assert stored.vintages("counts") == ("2020", "2021-03", "2022")
    assert stored.coverage("counts") == ("2020-01", "2020-02")
    with pytest.raises(DataError, match="recorded for panels only, and 'counts' is none"):
        stored.coverage("counts", "weight")
    with pytest.raises(DataError, match="'timeless' has no time column"):
        stored.coverage("timeless")


def test_what_there_is_is_known_without_opening_a_table() -> None:
    """Checking parameters must be quick: no pandas, and no table read."""
    code = (
        "import sys\n"
        "from crimjust_research.data.catalog import processed, raw\n"
        "raw().vintages('overdose_12month')\n"
        "print(*processed().coverage('monthly_national', 'deaths_t40_4'))\n"
        "assert not {'pandas', 'numpy', 'pandera', 'altair'} & set(sys.modules), 'a heavy package was loaded'\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    deaths = catalogs.processed().open("monthly_national").dropna(subset="deaths_t40_4")["month"]
    assert told.stdout.split() == [deaths.min(), deaths.max()]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"count": [3, -1, 0]}, "row 3, count = '-1': must satisfy minimum 0"),
        ({"place": ["US", "US", "UK"]}, "row 4, place = 'UK': must satisfy enum"),
        ({"month": ["2020-02", "2020-13", "2020-01"]}, "row 3, month = '2020-13': must be a month, YYYY-MM"),
        ({"place": ["US", "NA", "NA"]}, r"row 3, month\+place = '2020-01 \| NA': stands more than once"),
        ({"place": ["US", None, "NA"]}, "row 3, place = .*: must not be empty"),
        ({"weight": [1, -0.5, 0]}, "weight = '-0.5'"),
    ],
)
def test_faulty_releases_are_refused_with_row_value_and_rule(
    stored: Catalog, changes: dict[str, list[Any]], match: str
) -> None:
    assert_refused_unchanged(stored, lambda: stored.store([release("2021", **changes)]), match)


def test_all_faults_are_named_at_once() -> None:
    found = faults(frame(count=[-1, -2, 0], place=["US", "UK", "NA"]), COUNTS)
    assert found[["row", "column", "value"]].to_numpy().tolist() == [
        [3, "place", "UK"],
        [2, "count", "-1"],
        [3, "count", "-2"],
    ]


def test_nothing_is_written_when_one_of_several_releases_is_faulty(stored: Catalog) -> None:
    good = release(table=declare("other"))
    for bad, match in (
        (release("2021", count=[1, 2, -3]), "count = '-3'"),
        (release("spring 2021"), "vintage 'spring 2021' of 'counts' is not a date"),
        (release(count=[9, 9, 9]), "already holds other figures"),
    ):
        assert_refused_unchanged(stored, lambda bad=bad: stored.store([good, bad]), match)


def test_two_different_releases_of_one_vintage_are_refused(stored: Catalog) -> None:
    pair = [release("2021"), release("2021", count=[9, 9, 9])]
    assert_refused_unchanged(stored, lambda: stored.store(pair), "two files hold different figures for vintage '2021'")


def test_a_release_with_other_columns_is_refused(stored: Catalog) -> None:
    wrong = Release(COUNTS, "2021", frame().rename(columns={"count": "kount"}))
    assert_refused_unchanged(stored, lambda: stored.store([wrong]), r"lacks \['count'\] and has unknown \['kount'\]")


@pytest.mark.parametrize("part", ["licences", "sources"])
def test_a_table_without_licence_or_source_does_not_load(stored: Catalog, part: str) -> None:
    with pytest.raises(DataError, match=f"names no {part.removesuffix('s')}"):
        declare(**{part: ()})
    path = stored.folder / "datapackage.json"
    package = json.loads(path.read_text())
    package["resources"][0]["licenses" if part == "licences" else part] = []
    path.write_text(json.dumps(package))
    with pytest.raises(DataError, match=f"table 'counts' names no {part.removesuffix('s')}"):
        Catalog(stored.folder).open("counts")


@pytest.mark.parametrize(
    ("name", "title", "path"),
    [
        ("", "", ""),
        ("terms", "Terms of the site", ""),
        ("none-named", "none named by the publisher", "https://example.org/"),
        ("none-named", "Terms of the site", "https://example.org/"),
        ("terms", NONE_NAMED, "https://example.org/"),
        ("none", "None", "https://example.org/"),
        ("unknown", "Unknown", "https://example.org/"),
        ("terms", "not stated", "https://example.org/"),
    ],
)
def test_terms_that_are_none_are_refused(name: str, title: str, path: str) -> None:
    with pytest.raises(
        DataError, match=r"names no terms; give the publisher's .* or, where it has named none, the name"
    ):
        Licence(name, title, path)


def test_a_table_may_stand_without_terms_only_in_the_declared_words(stored: Catalog) -> None:
    declared = Licence(
        "none-named", "none named by the publisher; figures cited with attribution", "https://ocindex.net/"
    )
    stored.store([release(table=declare("cited", licences=(declared,)))])
    assert Catalog(stored.folder).resource("cited").table.licences == (declared,)
    path = stored.folder / "datapackage.json"
    path.write_text(path.read_text().replace("; figures cited with attribution", ""))
    with pytest.raises(DataError, match="names no terms"):
        Catalog(stored.folder).open("cited")


def test_a_file_with_another_hash_is_not_opened(stored: Catalog) -> None:
    path = stored.folder / "counts/2020.csv"
    path.write_text(path.read_text().replace("3,", "4,"))
    with pytest.raises(
        DataError, match=r"2020\.csv is not the file that was catalogued: sha256 .* restore it from git"
    ):
        stored.open("counts")
    found = stored.verify()
    assert found[["table", "vintage"]].to_numpy().tolist() == [["counts", "2020"]]
    assert "is not the file that was catalogued" in found["rule"].iloc[0]


def test_verify_names_faults_a_tightened_declaration_finds(stored: Catalog) -> None:
    assert stored.verify().empty
    path = stored.folder / "datapackage.json"
    package = json.loads(path.read_text())
    package["resources"][0]["schema"]["fields"][2]["constraints"] = {"maximum": 2}
    path.write_text(json.dumps(package))
    found = Catalog(stored.folder).verify()
    assert found[["row", "column", "value"]].to_numpy().tolist() == [[4, "count", "3"]]


def test_a_missing_file_and_a_broken_catalog_say_how_to_be_mended(stored: Catalog) -> None:
    (stored.folder / "counts/2020.csv").unlink()
    with pytest.raises(DataError, match=r"2020\.csv is missing; restore it with `git checkout"):
        stored.open("counts")
    (stored.folder / "datapackage.json").write_text("{")
    with pytest.raises(DataError, match="is not valid JSON"):
        Catalog(stored.folder).tables()
    with pytest.raises(DataError, match=r"datapackage\.json is missing"):
        Catalog(stored.folder / "nowhere").tables()


def test_unknown_tables_and_vintages_are_refused_with_what_there_is(stored: Catalog) -> None:
    with pytest.raises(DataError, match=r"no table 'count' .* did you mean 'counts'"):
        stored.open("count")
    with pytest.raises(DataError, match=r"no vintage '1999'; there are: 2020 \(latest\)"):
        stored.open("counts", "1999")


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("2020-01,US,three,1,True", "row 2, count = 'three': must be of type integer"),
        ("2020-01,US,1.5,1,True", "row 2, count = '1.5': must be of type integer"),
        ("2020-01,US,1,heavy,True", "row 2, weight = 'heavy': must be of type number"),
        ("2020-01,US,1,1,", "row 2, final is empty"),
    ],
)
def test_cells_of_the_wrong_type_are_named(line: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        parse(f"month,place,count,weight,final\n{line}\n".encode(), COUNTS, "a.csv")


def test_a_key_must_be_among_the_fields() -> None:
    with pytest.raises(DataError, match=r"key or time column \['year'\] is not among its fields"):
        declare(primary_key=("year",))


def test_serialising_is_free_of_row_order() -> None:
    assert serialise(frame(), COUNTS) == serialise(frame().iloc[::-1], COUNTS)


def test_opening_and_verifying_the_committed_data_is_quick() -> None:
    """A table in under 0.2 s, all of data/ in under 5 s, in processor time of one core."""
    raw = catalogs.raw()
    for catalog in (raw, catalogs.processed()):
        start = time.process_time()
        assert catalog.verify().empty
        assert time.process_time() - start < 5
    start = time.process_time()
    raw.open("overdose_12month")
    assert time.process_time() - start < 0.2


@pytest.mark.parametrize(
    ("property_", "value"),
    [
        ("path", "../../../victim.csv"),
        ("path", "/etc/passwd"),
        ("path", "counts/2021.csv"),
        ("table", "../counts"),
        ("vintage", ".."),
        ("vintage", "2020/../../x"),
    ],
)
def test_an_entry_that_names_another_file_than_its_own_is_refused(stored: Catalog, property_: str, value: str) -> None:
    victim = stored.folder.parents[1] / "victim.csv"
    victim.write_text("precious")
    listing = stored.folder / catalogs.FILE
    package = json.loads(listing.read_text())
    package["resources"][0][property_] = value
    listing.write_text(json.dumps(package))
    with pytest.raises(DataError, match=r"datapackage.json: the entry .* names the file .* restore it from git"):
        Catalog(stored.folder).store([release("2021")], derived=True)
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("content", ["[]", '{"resources": 3}', '{"resources": [3]}', "{}", '{"resources": [{}]}'])
def test_a_listing_that_is_none_is_refused_in_words(stored: Catalog, content: str) -> None:
    (stored.folder / catalogs.FILE).write_text(content)
    with pytest.raises(DataError, match="restore it from git"):
        _ = Catalog(stored.folder).resources


def test_what_another_process_stored_meanwhile_is_kept(stored: Catalog) -> None:
    held = Catalog(stored.folder)
    assert held.vintages("counts") == ("2020",)
    stored.store([release("2021")])
    held.store([release("2022")])
    assert Catalog(stored.folder).vintages("counts") == ("2020", "2021", "2022")
    assert held.verify().empty


def test_a_file_no_entry_knows_is_named(stored: Catalog) -> None:
    (stored.folder / "counts" / "2031.csv").write_text("month\n")
    found = stored.verify()
    assert found[["table", "value"]].to_numpy().tolist() == [["counts", "2031.csv"]]
    assert "no entry of the catalog knows this file" in found["rule"].iloc[0]


def test_a_withdrawn_vintage_leaves_a_trace_and_its_figures(stored: Catalog) -> None:
    stored.store([release("2021", count=[9, 9, 9])])
    content = (stored.folder / "counts/2021.csv").read_bytes()
    sha256 = stored.resource("counts", "2021").sha256
    trace = stored.withdraw("counts", "2021", "  the wrong\n file ", "2026-11-26")
    assert trace == Withdrawn("counts", "2021", sha256, 3, "2026-11-26", "the wrong file")
    assert Catalog(stored.folder).withdrawn == stored.withdrawn == (trace,)
    assert sorted(digest(stored.folder)) == ["counts/2020.csv", trace.path, "datapackage.json"]
    assert (stored.folder / trace.path).read_bytes() == content
    assert stored.resource("counts").vintage == "2020"
    assert stored.verify().empty
    with pytest.raises(
        DataError, match=r"no vintage '2021'; 2021 was withdrawn on 2026-11-26 \(the wrong file\): ingest"
    ):
        stored.open("counts", "2021")
    # What is stored later leaves the trace where it is.
    stored.store([release("2022", count=[1, 1, 1])])
    assert stored.withdrawn == (trace,)


def test_a_withdrawn_vintage_can_be_stored_again_with_the_same_figures_or_others(stored: Catalog) -> None:
    before = stored.open("counts")
    first = stored.withdraw("counts", "2020", "a mistake", "2026-11-25")
    assert stored.tables() == {}
    assert stored.since(first) == ""
    stored.store([release()])
    assert stored.since(first) == "stored again since, with the same figures"
    pd.testing.assert_frame_equal(stored.open("counts"), before)
    second = stored.withdraw("counts", "2020", "no mistake", "2026-11-26")
    stored.store([release(count=[9, 9, 9])])
    assert stored.since(second) == "stored again since, with other figures"
    assert stored.withdrawn == (first, second)
    assert stored.verify().empty


def test_what_cannot_be_withdrawn_is_refused_and_changes_nothing(stored: Catalog) -> None:
    for arguments, match in (
        (("count", "2020", "why"), "no table 'count' .* did you mean 'counts'"),
        (("counts", "2021", "why"), r"no vintage '2021'; did you mean '2020'\? there are: 2020 \(latest\)"),
        (("counts", "latest", "why"), "name the vintage to take back; the latest of 'counts' is 2020"),
        (("counts", "2020", " \n"), "say why 2020 of 'counts' is taken back: --reason TEXT"),
    ):
        assert_refused_unchanged(stored, lambda arguments=arguments: stored.withdraw(*arguments, "2026-11-26"), match)
    (stored.folder / "counts/2020.csv").write_text("mine")
    assert_refused_unchanged(
        stored, lambda: stored.withdraw("counts", "2020", "why", "2026-11-26"), "not the file that"
    )


def test_a_file_where_a_withdrawn_one_is_to_be_kept_is_not_written_over(stored: Catalog, tmp_path: Path) -> None:
    sha256 = stored.resource("counts", "2020").sha256
    place = stored.folder / Withdrawn("counts", "2020", sha256, 3, "", "").path
    place.parent.mkdir()
    place.write_text("mine")
    assert_refused_unchanged(
        stored, lambda: stored.withdraw("counts", "2020", "why", "2026-11-26"), "is not written over; move it elsewhere"
    )
    place.unlink()
    place.symlink_to("nowhere")
    with pytest.raises(DataError, match="is not written over; move it elsewhere"):
        stored.withdraw("counts", "2020", "why", "2026-11-26")
    assert place.is_symlink()
    place.unlink()
    place.parent.rmdir()
    place.parent.symlink_to(tmp_path)
    with pytest.raises(DataError, match="withdrawn is a link, and nothing is written through one"):
        stored.withdraw("counts", "2020", "why", "2026-11-26")
    assert stored.vintages("counts") == ("2020",)


def test_nothing_is_stored_or_removed_through_a_link(stored: Catalog, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (stored.folder / "counts").rename(outside)
    (stored.folder / "counts").symlink_to(outside)
    before = digest(outside)
    for derived in (False, True):
        with pytest.raises(DataError, match="counts is a link, and nothing is written through one"):
            stored.store([release("2021")], derived=derived)
    assert digest(outside) == before
    assert stored.vintages("counts") == ("2020",)


def test_a_vintage_whose_file_is_gone_can_be_withdrawn(stored: Catalog) -> None:
    """Or neither it nor the right figures could ever be stored."""
    (stored.folder / "counts/2020.csv").unlink()
    with pytest.raises(DataError, match="crimjust data withdraw counts 2020 --reason TEXT"):
        stored.store([release(count=[9, 9, 9])])
    trace = stored.withdraw("counts", "2020", "lost", "2026-11-26")
    assert not (stored.folder / trace.path).exists()
    assert stored.verify().empty
    stored.store([release(count=[9, 9, 9])])
    assert stored.open("counts")["count"].tolist() == [9, 9, 9]


def test_a_process_killed_while_it_withdraws_loses_nothing(stored: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    content = (stored.folder / "counts/2020.csv").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(Catalog, "_write", die)
        with pytest.raises(KeyboardInterrupt):
            stored.withdraw("counts", "2020", "why", "2026-11-26")
    assert (stored.open("counts")["place"] == ["NA", "US", "US"]).all()
    assert stored.verify()["rule"].str.startswith("no entry of the catalog knows this file").tolist() == [True]
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", die)
        with pytest.raises(KeyboardInterrupt):
            stored.withdraw("counts", "2020", "why", "2026-11-26")
    (trace,) = stored.withdrawn
    assert (stored.folder / trace.path).read_bytes() == content
    assert stored.verify()["rule"].tolist() == [f"withdrawn on 2026-11-26 and kept as {trace.path}; remove this file"]


def test_a_withdrawn_file_that_was_altered_is_named_and_one_that_was_removed_is_not(stored: Catalog) -> None:
    kept = stored.folder / stored.withdraw("counts", "2020", "why", "2026-11-26").path
    kept.write_text("other figures")
    (told,) = stored.verify()["rule"]
    assert told == "not the file that was withdrawn; restore it from git or the release, or remove it"
    kept.unlink()
    assert stored.verify().empty


@pytest.mark.parametrize(
    ("property_", "value"), [("table", "../counts"), ("vintage", "../../x"), ("sha256", "../x"), ("sha256", 3)]
)
def test_a_trace_that_would_lead_out_of_its_folder_is_refused(stored: Catalog, property_: str, value: object) -> None:
    stored.withdraw("counts", "2020", "why", "2026-11-26")
    listing = stored.folder / catalogs.FILE
    package = json.loads(listing.read_text())
    package["withdrawn"][0][property_] = value
    listing.write_text(json.dumps(package))
    with pytest.raises(DataError, match="restore"):
        _ = Catalog(stored.folder).withdrawn
