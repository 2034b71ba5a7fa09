"""Verbs for authors: what they take away for a text of their own."""

from pathlib import Path

import click

from crimjust_research.cli.group import crimjust, forms, say


@crimjust.command()
@click.argument("name", default="all")
@click.option("--variant", metavar="NAME", help="Take those of this variant.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="By default one in reports/export.")
def figures(name: str, variant: str | None, out: Path | None) -> None:
    """Draw the figure NAME, or all, at the width of a column or of a page."""
    say((name, variant, out))


@crimjust.command()
@click.argument("words", nargs=-1, metavar="[NAME]")
@click.option(
    "--format",
    "chosen",
    multiple=True,
    default=("bibtex",),
    callback=forms("bibtex", "csl"),
    metavar="bibtex,csl",
    help="BibTeX, or CSL-JSON for Zotero, Word and pandoc; by default BibTeX.",
)
@click.option("--variant", metavar="NAME", help="Cite the results of this variant.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write references.bib or references.json there, and show nothing.",
)
def cite(words: tuple[str, ...], chosen: tuple[str, ...], variant: str | None, out: Path | None) -> None:
    """Show what to cite: data, code and results, as BibTeX or CSL.

    NAME is a notebook, a registered question, the id of an estimate or a figure, for what is behind it; a table, for its
    publisher alone; or `methods`, for the literature that the methods rest on. Without it all results are meant.

    \b
    Examples:
      crimjust cite
      crimjust cite joining.investigation --format csl
      crimjust cite seizures_country
      crimjust cite methods --format bibtex,csl --out my_paper
    """
    from crimjust_research import project, written
    from crimjust_research.report import citations
    from crimjust_research.runs import kept, promotion

    if len(chosen) > 1 and out is None:
        raise click.UsageError("several formats are written into a folder: name it with --out FOLDER")
    results = kept.folder_of(variant) if variant else project.root() / "reports"
    with promotion.at_rest():
        cited = citations.collected(results, words)
    files = {name: text(cited) for name, text in map(citations.FORMATS.__getitem__, chosen)}
    if out is None:
        click.echo("".join(files.values()), nl=False)
        return
    written.among(out, {name: text.encode() for name, text in files.items()})
    for name in files:
        say(out / name)
