"""What is wrong with an evaluator's own plan, held against notebooks, reference results and indicators before anything is run.

What the plan alone can tell is checked where it is laid over the registered one (`evidence.own_plan`).
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from crimjust_research import csv_files, framework, parameters_cell, project
from crimjust_research.errors import ParameterError, did_you_mean
from crimjust_research.evidence import own_plan, own_plan_file, plan, targets
from crimjust_research.evidence.estimates import ESTIMATE_COLUMNS
from crimjust_research.evidence.plan import Plan, Primary
from crimjust_research.evidence.words import OF_LOGARITHM
from crimjust_research.runs import notebooks, parameters
from crimjust_research.runs.given_plan import Given


def read(path: Path) -> Given:
    """The plan in the file at `path`, checked.

    Raises
    ------
    ParameterError
        With every fault, a line each.
    """
    content = own_plan_file.content(path)
    laid = own_plan.laid_over(plan.load(), content, path.name)
    own = [p for p in laid.primaries if p.own]
    faults = [*_of_parameters(laid), *(fault for p in own for fault in _of_question(p, laid))]
    if faults:
        raise ParameterError("\n".join(f"{path.name}: {fault}" for fault in faults))
    if laid.targets:
        targets.require(laid.targets, framework.load().indicators, path.name)
    return Given(content, laid, path.name)


def _of_parameters(laid: Plan) -> Iterator[str]:
    """What notebooks refuse of the parameters that the plan gives them."""
    for name in dict.fromkeys(p.notebook for p in laid.known):
        if not (project.root() / "notebooks" / f"{name}.ipynb").is_file():
            continue  # registered before it is written
        (notebook,) = notebooks.find(name)
        given = laid.parameters(name)
        try:
            (resolved,) = parameters.resolve([notebook], given)
        except ParameterError as error:
            yield from str(error).splitlines()
            continue
        for each, value in given.items():
            meant = resolved.values[each]
            # Python takes 1, 1.0 and true for equal; a whole number is as good where any is wanted, and nothing else.
            if repr(meant) != repr(value) and not (isinstance(meant, float) and type(value) is int and meant == value):
                yield f"{notebook.place}: {each} is {value!r}; write it as {parameters_cell.in_words(meant)}"


def _of_question(primary: Primary, laid: Plan) -> Iterator[str]:
    """What is wrong with a question of the evaluator's own about an estimate: as far as reference results tell."""
    where, run = f"question.{primary.id}", primary.notebook
    (notebook,) = notebooks.find(run)
    assessment = notebook.params.partition(":")[0].split(".")[-2]
    if primary.assessment != assessment:
        yield f"{where}: a question about {run} is called {assessment}.NAME; call it {assessment}.{primary.id.partition('.')[2]}"
    table = project.root() / "reports" / "tables" / run / "estimates.csv"
    if not table.is_file():
        return  # the run itself tells what it does not record
    rows = {row["id"]: row for row in csv_files.load(table, ESTIMATE_COLUMNS, f"run `crimjust run {run}` again")}
    as_registered = laid.parameters(run) == plan.load().parameters(run)  # under others it may be of other records
    if primary.name in rows:
        if as_registered and rows[primary.name]["data_status"] == "simulated":
            yield f"{where}.estimate: {primary.name} is of SIMULATED data, evidence of nothing; name one of observed data"
        yield from (f"{where}.estimate: {primary.name} {fault}" for fault in _of_estimate(rows[primary.name], primary))
    elif as_registered:
        ids = [name for name, row in rows.items() if not any(_of_estimate(row, primary))]
        near = did_you_mean(primary.name, ids)
        yield f"{where}.estimate: {run} records no estimate {primary.name!r}; {near}ids stand in reports/estimates.csv"


def _of_estimate(row: Mapping[str, str], primary: Primary) -> Iterator[str]:
    """Why an estimate cannot be asked about, and held against such a margin."""
    number = {name: float(row[name] or "nan") for name in ("estimate", "std_error", "p_value", "null_value")}
    if row["role"] in ("left_out", "diagnostic"):
        yield "says something of another estimate; name that one"
    if math.isnan(number["p_value"]):
        yield "has no p; name one that has"
    if math.isnan(number["std_error"]):
        yield "has no standard error, so that its power is not known; name one that has"
    if math.isnan(number["null_value"]):
        yield "has no value that would mean nothing is there; name one that has"
    of_logarithm, scale = OF_LOGARITHM in row["unit"], primary.margin.scale
    if scale == "ratio" and not number["null_value"] > 0:
        yield 'is no ratio; give its margin with scale = "difference"'
    if scale == "difference" and of_logarithm:
        yield 'is a ratio; give its margin with scale = "ratio"'
