"""Verbs on data: ingest, refresh, compare, withdraw, list, verify, rebuild, check, fix."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crimjust_research.cli.group import SECONDS, crimjust, limit_option, say, tell_trace
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from crimjust_research.data.ingest import Taken
    from crimjust_research.data.limits import Limits
    from crimjust_research.data.own_records import Checked

_NEXT = "Next: crimjust data diff TABLE OLD, crimjust data panels, crimjust data codebook"


@crimjust.group()
def data() -> None:
    """Bring the data up to date, check them, and check your own.

    TABLE is a name that `crimjust data list` shows, VINTAGE when its figures were published.
    """


@data.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--vintage", metavar="YYYY[-MM[-DD]]", help="When the figures were published, if the file does not say.")
@click.option("--as", "table", metavar="TABLE", help="Which raw table the figures are of, if the file does not say.")
@limit_option
def ingest(paths: tuple[Path, ...], vintage: str | None, table: str | None, raised: tuple[str, ...]) -> None:
    """Read publishers' files, or folders of them, into data/raw.

    A file is recognised by its columns, whatever its name. All of it is checked before any of it is stored, and a
    vintage once stored is never overwritten. Files that no reader takes are named with the reason, and the exit status
    is 1 then, though the others are stored.

    \b
    Examples:
      crimjust data ingest ~/Downloads/VSRR_Provisional_Drug_Overdose_Death_Counts.csv
      crimjust data ingest ~/Downloads/VSRR_Provisional_Drug_Overdose_Death_Counts.csv --vintage 2026-01
    """
    from datetime import date

    from crimjust_research.data import foreign, limits
    from crimjust_research.data.catalog import raw
    from crimjust_research.data.ingest import ingest as store
    from crimjust_research.data.ingest import told

    bounds = limits.raised(limits.PUBLISHED, raised)
    found = store(paths, raw(), vintage, today=date.today(), bounds=bounds, table=table)
    for taken in found.taken:
        say(_told(taken))
    if any(taken.is_new and taken.resource.latest for taken in found.taken):
        say(_NEXT)
    if found.no_tables:
        say(f"not read, as they hold no table: {foreign.named(found.no_tables)}")
    if found.unread:
        what = "a file was" if len(found.unread) == 1 else f"{len(found.unread)} files were"
        raise DataError("\n".join([f"{what} not read; the others are stored", *told(found.unread)]))


def _told(taken: "Taken") -> str:
    """What became of the files of a release, its notes on lines of their own."""
    from crimjust_research.data.foreign import named

    resource = taken.resource
    told = f"{resource.table.name} {resource.vintage}: {resource.rows:,} rows"
    if taken.files:
        told += f", from {named(taken.files)}"
    if not taken.is_new:
        told += ", stored before"
    if resource.lacks:
        told += f"; a part of the table, which no analysis reads: it lacks {'; '.join(resource.lacks)}"
    return "\n".join([told, *(f"  {note}" for note in resource.notes if taken.is_new)])


@data.command()
@click.argument("table", required=False)
@click.option("--timeout", type=SECONDS, metavar="SECONDS", help="Longest the download of one file may take.")
@limit_option
def refresh(table: str | None, timeout: int | None, raised: tuple[str, ...]) -> None:
    """Download newer figures of TABLE, or of every table.

    They come from their publishers, and become a new vintage only if they are sound and other than those at hand; a
    table without an address says how to export it by hand. Whatever fails changes nothing on disk, and does not keep
    the others from it.

    \b
    Example:
      crimjust data refresh overdose_12month
    """
    from datetime import date

    from crimjust_research.data import limits
    from crimjust_research.data.catalog import raw
    from crimjust_research.data.download import Limits
    from crimjust_research.data.ingest import readers
    from crimjust_research.data.refresh import bars, chosen
    from crimjust_research.data.refresh import refresh as refreshed

    ends = []
    with limits.within(limits.raised(limits.PUBLISHED, raised)), bars() as progress:
        cost = Limits(most_seconds=timeout) if timeout else Limits()
        for source in refreshed(chosen(readers(), table), raw(), date.today(), cost, progress):
            say(f"{source.table} ({source.reader}): {source.status}: {source.sentence}")
            tell_trace(source.error)
            ends.append(source.status)
    if "stored" in ends:
        say(_NEXT)
    if failed := ends.count("failed"):
        raise DataError(f"{failed} of {len(ends)} sources could not be refreshed; what is stored of them is as it was")


@data.command()
@click.argument("table")
@click.argument("old")
@click.argument("new", default="latest")
@click.option(
    "--output", "save", type=click.Path(path_type=Path), metavar="FOLDER", help="Write every cell and the chart there."
)
def diff(table: str, old: str, new: str, save: Path | None) -> None:
    """Show what a publisher changed in TABLE from OLD to NEW.

    OLD and NEW are vintages; NEW is the latest if it is not given. Told is what was added, removed and revised.

    \b
    Examples:
      crimjust data diff overdose_12month 2019-07 2025-01-08
      crimjust data diff overdose_12month 2019-07 --output revisions
    """
    from crimjust_research.data.catalog import raw
    from crimjust_research.data.vintage_difference import difference
    from crimjust_research.report import vintages

    found = difference(raw(), table, old, new)
    say(vintages.as_text(found))
    if save:
        vintages.save(found, save)
        say(f"\nEvery cell and the chart are in {save}")


@data.command()
@click.argument("table")
@click.argument("vintage")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept with the trace.")
def withdraw(table: str, vintage: str, reason: str) -> None:
    """Take back a VINTAGE of TABLE, such as one of a wrong file.

    The day and the reason are kept in data/raw/datapackage.json, and the figures in data/raw/TABLE/withdrawn; nothing
    opens them any more. The newest whole vintage left becomes the latest.

    \b
    Example:
      crimjust data withdraw overdose_12month 2025-09 --reason "a part that is not needed"
    """
    from datetime import date

    from crimjust_research.data.catalog import processed, raw
    from crimjust_research.data.provenance import panels_made_of

    catalog = raw()
    trace = catalog.withdraw(table, vintage, reason, date.today().isoformat())
    say(f"{table} {vintage} is withdrawn ({trace.rows:,} rows): {trace.reason}")
    if (catalog.folder / trace.path).exists():
        say(f"its figures are kept in data/raw/{trace.path}")
    latest = next((r.vintage for r in catalog.resources if r.table.name == table and r.latest), None)
    say(f"the latest of {table} is now {latest}" if latest else f"no whole vintage of {table} is left")
    stale = panels_made_of(trace, processed())
    if stale and latest:
        say(f"made of it, and to be built anew: {', '.join(stale)}")
    elif stale:
        say(f"until one is ingested neither these can be built nor what reads them run: {', '.join(stale)}")
    ingest_first = "" if latest else "crimjust data ingest FILE, "
    say(f"Next: {ingest_first}{'crimjust data panels, ' if stale else ''}crimjust data codebook")


@data.command(name="list")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Tell what should be newer by then.")
def list_(as_of: datetime | None) -> None:
    """Show every table, and from when newer figures are due.

    For each: its newest figure, vintages, rows, and how often it is released.

    \b
    Example:
      crimjust data list --as-of 2026-11-26
    """
    from crimjust_research.data.catalog import processed, raw
    from crimjust_research.data.ingest import readers
    from crimjust_research.report.inventory import as_text

    published = (table for reader in readers() for table in reader.tables)
    say(as_text(raw(), processed(), published, as_of.date() if as_of else None))


@data.command(name="verify")
def verify_data() -> None:
    """Check every table, and every panel against its raw tables.

    A table has a hash, a layout, types, constraints and keys to keep to; a panel must be what data/raw makes.
    """
    from crimjust_research.data.catalog import processed, raw
    from crimjust_research.data.panels import unlike_raw

    for catalog in (raw(), processed()):
        faults = catalog.verify()
        if len(faults):
            lines = [
                f"  {_told_fault(fault)}"
                for fault in faults.astype("object").where(faults.notna(), "").to_dict("records")
            ]
            counted = f"{len(faults)} fault{'' if len(faults) == 1 else 's'}"
            raise DataError("\n".join([f"{catalog.folder}: {counted}", *lines]))
        say(f"{catalog.folder}: {len(catalog.resources)} tables, no fault")
    if stale := unlike_raw():
        lines = [f"  {name}: {why}" for name, why in stale.items()]
        raise DataError("\n".join(["panels are not what data/raw makes; rebuild them: crimjust data panels", *lines]))
    say("every panel is what data/raw makes")


def _told_fault(fault: "Mapping[Hashable, Any]") -> str:
    """A fault of a stored table, in a line: of which release, where in it as far as it has a place, and what is wrong; or of a
    file that is of no release."""
    if not fault["vintage"]:
        return f"{Path(fault['table'], fault['value'])}: {fault['rule']}"
    where = f", row {fault['row']}, {fault['column']} = {fault['value']!r}" if fault["column"] else ""
    return f"{fault['table']} {fault['vintage']}{where}: {fault['rule']}"


@data.command()
def panels() -> None:
    """Rebuild data/processed from data/raw."""
    from crimjust_research.data.panels import build

    idle: dict[str, None] = {}
    for resource in build():
        say(f"{resource.table.name} {resource.vintage}: {resource.rows:,} rows")
        idle |= dict.fromkeys(note for note in resource.notes if note.startswith("correction "))
    for note in idle:
        say(note)


@data.command()
def codebook() -> None:
    """Write docs/DATA.md, docs/VINTAGES.md and data/templates anew."""
    from crimjust_research import project
    from crimjust_research.data.catalog import processed, raw
    from crimjust_research.data.ingest import readers
    from crimjust_research.report.codebook import write

    changed = write(project.root(), raw(), processed(), readers())
    say("\n".join(changed) if changed else "docs/DATA.md is as the data are")


@data.command()
def matrix() -> None:
    """Write docs/EVALUATION_MATRIX.md anew.

    It tells what the programme can be judged by, from costs to ends, what an evaluation asks, and where every item of the
    source document leads, with baselines from the estimates in reports/.
    """
    from crimjust_research.report.matrix import write

    say(write())


_kind_option = click.option(
    "--as", "kind", metavar="KIND", help="cases, trainings or another of data/templates; of a folder none."
)
_cases_option = click.option(
    "--cases", type=click.Path(path_type=Path), metavar="CASES", help="Cases that a file is held against."
)


@data.command()
@click.argument("path", type=click.Path(path_type=Path))
@_kind_option
@_cases_option
@click.option("--faults", "to", type=click.Path(path_type=Path), metavar="FILE", help="Write every fault to a new CSV.")
@limit_option
def check(path: Path, kind: str | None, cases: Path | None, to: Path | None, raised: tuple[str, ...]) -> None:
    """List the faults in PATH, records of your own.

    They are filled in from data/templates, or kept with the same columns in English, Spanish, French or Portuguese; what of
    them is understood otherwise than it is written is told first. PATH is a file, or a folder with a file of each kind, or
    a workbook with a sheet of each, named after it or known by its columns; these are held against each other.

    \b
    Examples:
      crimjust data check my_cases.csv --as cases
      crimjust data check my_cases.xlsx --as cases --faults my_faults.csv
      crimjust data check my_defendants.csv --as defendants --cases my_cases.csv
      crimjust data check my_records
    """
    from datetime import date

    from crimjust_research.data import limits
    from crimjust_research.data.foreign import named
    from crimjust_research.data.own_records import check_folder, known_by

    bounds = limits.raised(limits.OWN_RECORDS, raised)
    if not path.is_dir():
        found = {"": _checked(path, kind, cases, bounds)}
        others: tuple[Path, ...] = ()
    elif kind or cases:
        raise click.UsageError("A folder is checked as a whole: leave --as and --cases out, or name a file.")
    else:
        found, others = check_folder(path, bounds)
    found = {kind_: known_by(held, date.today()) for kind_, held in found.items()}
    files = [held.path for held in found.values()]
    for kind_, held in found.items():
        shown = str(held.path) if held.path == path else held.path.name
        shown += f" ({kind_})" if files.count(held.path) > 1 else ""
        if held.understood:
            say("\n  ".join([f"{shown}, as it was understood:", *held.understood]))
        if held.faults.empty:
            say(f"{shown}: {len(held.frame):,} {held.kind.table.name}, no fault")
    if others:
        say(
            f"not read, as of no kind of record by name or columns: {named(others)}; if one holds records, name it after "
            "its kind, such as cases.csv"
        )
    _refuse_faults(list(found.values()), to)


@data.command()
@click.argument("path", type=click.Path(path_type=Path))
@_kind_option
@_cases_option
@click.option("--to", type=click.Path(path_type=Path), metavar="FILE", help="The copy; by default beside PATH.")
@limit_option
def fix(path: Path, kind: str | None, cases: Path | None, to: Path | None, raised: tuple[str, ...]) -> None:
    """Correct a copy of PATH, and list every change.

    PATH holds records of your own. The copy has the template's columns, in UTF-8, with days as 2024-01-31, points before
    decimals, and codes. What may mean two things, or is wrong, is not guessed: it stays as it was and is told, and the exit
    status is 1 then. A column that is none of the template's is not copied. No file is written over.

    \b
    Example:
      crimjust data fix my_cases.xlsx --as cases --to my_cases.csv
    """
    from crimjust_research.data import limits
    from crimjust_research.data.own_records.fixing import fixed, require_new, write_new

    held = _checked(path, kind, cases, limits.raised(limits.OWN_RECORDS, raised))
    copy = to or path.with_name(f"{path.stem}.corrected.csv")
    require_new([copy])  # "." has no name to call the list of changes after
    changes = copy.with_name(f"{copy.stem}.changes.csv")
    made = fixed(held)
    write_new({copy: made.copy, changes: made.changes})
    say(f"{copy}: {len(held.frame):,} {held.kind.table.name}, {made.changed:,} changes, listed in {changes}")
    _refuse_faults([held], None)


def _checked(path: Path, kind: str | None, cases: Path | None, bounds: "Limits") -> "Checked":
    """A file of records, held against cases if these are named."""
    from crimjust_research.data.own_records import checked, read
    from crimjust_research.data.own_records.schemas import kind_named

    if kind is None:
        raise click.UsageError("Say of which kind the records are, such as --as cases.")
    if cases and "cases" not in kind_named(kind).references.values():
        raise DataError(f"records of kind {kind!r} refer to no cases; leave --cases out")
    return checked(path, kind, bounds, beside={"cases": read(cases, "cases", bounds)} if cases else {})


def _refuse_faults(found: "Sequence[Checked]", to: Path | None) -> None:
    """Tell the faults of files, if there are any, and write each of them where that is asked."""
    import pandas as pd

    from crimjust_research.data.own_records.checking import report
    from crimjust_research.data.own_records.fixing import listed, write_new

    faulty = [held for held in found if len(held.faults)]
    if to:
        write_new({to: listed(pd.concat([held.faults for held in found], ignore_index=True))})
        say(f"{to}: {sum(len(held.faults) for held in faulty):,} faults")
    if faulty:
        raise DataError("\n".join(report(held.path, held.faults) for held in faulty))
