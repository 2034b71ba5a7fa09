"""The verb that explains one result."""

import click

from crimjust_research.cli.group import crimjust, results_of, say, width


@crimjust.command()
@click.argument("words", nargs=-1, required=True, metavar="[RUN] ID")
@click.option("--variant", metavar="NAME", help="Explain a result of this variant.")
def explain(words: tuple[str, ...], variant: str | None) -> None:
    """Explain the result ID: what it is, and where it comes from.

    That is the cell that recorded it, the rows it came from and who published them. ID is a registered question, the id
    of an estimate, or a figure by name or by its number on the page. RUN, a notebook's name or number, says whose where
    several results are called so.

    \b
    Examples:
      crimjust explain joining.investigation
      crimjust explain 05 investigation.sun_abraham
      crimjust explain 05.2
      crimjust explain 08 trend --variant to-2018
    """
    from crimjust_research.report import asked, explanation
    from crimjust_research.runs import promotion

    if len(words) > 2:
        raise click.UsageError(
            "name one result, after its run where that is needed; quote an id that has a space in it"
        )
    results = results_of(variant)
    with promotion.at_rest():
        say(explanation.as_text(results, asked.find(results, words), width()))
