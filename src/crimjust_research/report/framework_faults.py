"""What the results framework names that is not there: tables and columns, publishers, templates, estimates."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from crimjust_research.data import catalog, provenance
from crimjust_research.data.own_records.schemas import kinds
from crimjust_research.data.tables import Table
from crimjust_research.errors import did_you_mean
from crimjust_research.framework import Column, Framework, Indicator, Measure
from crimjust_research.report.estimate_rows import SIMULATED, Row
from crimjust_research.runs import notebooks

RAW, PANELS, TEMPLATES = "data/raw", "data/processed", "data/templates"
Tables = Mapping[tuple[str, str], Table]


def tables() -> dict[tuple[str, str], Table]:
    """Every table by its folder and name: stored ones as released last, and templates for a programme's own records."""
    return {
        **{(RAW, resource.table.name): resource.table for resource in catalog.raw().resources},
        **{(PANELS, resource.table.name): resource.table for resource in catalog.processed().resources},
        **{(TEMPLATES, name): kind.table for name, kind in kinds().items()},
    }


def folder(column: Column) -> str:
    """The folder a column's table stands in."""
    return f"data/{column.place}" if isinstance(column, Measure) else TEMPLATES


def published_in(measure: Measure, known: Tables) -> str:
    """The raw table that a measure comes from: itself, or what its panel is made of, as it says where that is several."""
    if measure.raw or measure.place == "raw":
        return measure.raw or measure.table
    (only,) = provenance.raw_tables(known[folder(measure), measure.table])
    return only


def faults(framework: Framework, estimates: Mapping[str, Row]) -> tuple[str, ...]:
    """What is wrong with the framework: all of it, each in a phrase.

    `estimates` are the rows of the results by RUN#ID. A table, a column, a raw table behind a panel, a template or an estimate
    that is not there is a fault; so are a measure for each year that has no baseline, and an edge or a criterion that rests
    on SIMULATED records, which bear on nothing.
    """
    known = tables()
    found = [fault for indicator in framework.indicators for fault in _of(indicator, known)]
    found += _missing(framework, estimates)
    for named, names in (*_of_edges(framework), *_of_criteria(framework)):
        found += [
            f"{named} rests on the estimate {name!r}, which is of SIMULATED records; name the template that would hold real ones"
            for name in names
            if name in estimates and estimates[name]["data_status"] == SIMULATED
        ]
    templates = {name for place, name in known if place == TEMPLATES}
    for criterion in framework.criteria:
        found += [
            f"the criterion {criterion.key} names the template {name!r}, which is not in {TEMPLATES}"
            for name in criterion.templates
            if name not in templates
        ]
    return tuple(found)


def _of(indicator: Indicator, known: Tables) -> Iterator[str]:
    named = f"the indicator {indicator.key}"
    for column in filter(None, (indicator.measure, indicator.record)):
        table = known.get((folder(column), column.table))
        if table is None:
            yield f"{named} names the table {column.table!r}, which is not in {folder(column)}"
        elif column.column not in {field.name for field in table.fields}:
            yield f"{named} names the column {column.column!r}, which {column.table!r} has not"
        elif isinstance(column, Measure):
            yield from _behind(named, column, table)
    if indicator.measure and not indicator.not_yearly and not indicator.baseline:
        yield f"{named} has figures for years and no baseline; give it one, or say under `not_yearly` why it has none"
    if indicator.not_yearly and not indicator.measure:
        yield f"{named} says why it has no figure for each year, and nothing public measures it; take that out"


def _behind(named: str, measure: Measure, table: Table) -> Iterator[str]:
    if measure.place == "raw":
        if measure.raw:
            yield f"{named} is measured by a raw table and names another behind it; take `raw` out"
        return
    behind = provenance.raw_tables(table)
    if measure.raw and measure.raw not in behind:
        yield f"{named} names the raw table {measure.raw!r}, of which {measure.table!r} is not made"
    if not measure.raw and len(behind) > 1:
        yield f"{named} does not say under `raw` from which table {measure.column!r} comes: {', '.join(behind)}"


def _missing(framework: Framework, estimates: Collection[str]) -> Iterator[str]:
    """Every estimate that is named and not there; those of a run that has no results are told together."""
    by_run: dict[str, list[str]] = {}
    for name in estimates:
        by_run.setdefault(name.partition("#")[0], []).append(name)
    absent: Counter[str] = Counter()
    for named, names in _estimates(framework):
        for name in names:
            run = name.partition("#")[0]
            if run not in by_run:
                absent[run] += 1
            elif name not in by_run[run]:
                hint = did_you_mean(name, by_run[run])
                yield f"{named} names the estimate {name!r}, which no result holds; {hint}mend it or run `crimjust run {run}`"
    known = [notebook.path.stem for notebook in notebooks.find()] if absent else []
    for run, count in absent.items():
        if run not in known:
            yield f"{count} estimates are named of {run}, which is no notebook; {did_you_mean(run, known)}mend it"
            continue
        yield f"{count} estimates are named of {run}, which has no results; run `crimjust run {run}`"


Names = Iterator[tuple[str, Iterable[str]]]


def _estimates(framework: Framework) -> Names:
    """Who names estimates, in words, and which."""
    yield from _of_edges(framework)
    for indicator in framework.indicators:
        baseline = (indicator.baseline.estimate,) if indicator.baseline else ()
        yield f"the indicator {indicator.key}", (*indicator.estimates, *baseline)
    yield from _of_criteria(framework)


def _of_edges(framework: Framework) -> Names:
    for edge in framework.edges:
        yield f"the edge from {edge.source} to {edge.target}", edge.estimates


def _of_criteria(framework: Framework) -> Names:
    for criterion in framework.criteria:
        yield f"the criterion {criterion.key}", criterion.estimates
