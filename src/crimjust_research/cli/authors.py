"""Verbs for authors: what they take away for a text of their own."""

from pathlib import Path

import click

from crimjust_research.cli.group import crimjust, formats_option, out_option, results_of, say


@crimjust.command()
@click.argument("name", default="all")
@formats_option(
    "svg",
    "png",
    "pdf",
    "json",
    default=("svg", "png", "pdf"),
    about="By default SVG, PNG and PDF; JSON is the Vega-Lite specification, to restyle the chart.",
)
@click.option(
    "--width",
    type=click.Choice(["85mm", "170mm"]),
    default="85mm",
    show_default=True,
    help="Of a column, or of a page: there the figure is laid out anew, its text as large as in a column.",
)
@click.option("--grey", is_flag=True, help="In greys, for print without colour.")
@click.option("--variant", metavar="NAME", help="Take the figures of this variant.")
@out_option("Write there, beside whatever it holds; by default in reports/export/figures/.")
def figures(name: str, chosen: tuple[str, ...], width: str, grey: bool, variant: str | None, out: Path | None) -> None:
    """Write the figure NAME, or all, as files for print.

    NAME is a notebook, for all its figures, or a figure: NOTEBOOK/FIGURE, or its number on the page. Text is at least 7
    points high at the width, a PNG has 300 dots to the inch, and each file holds its title, its source with vintages and
    what is seen in it. Results are refused that `crimjust report` would refuse.

    \b
    Examples:
      crimjust figures
      crimjust figures 08.1 --width 170mm --grey
      crimjust figures 08_outcome3_diversification/specifications --format pdf --output my_paper
      crimjust figures 08 --variant to-2018
    """
    from crimjust_research.report import figures as kept_figures

    results = results_of(variant)
    millimetres = int(width.removesuffix("mm"))
    for told in kept_figures.take(results, name, chosen, millimetres, in_grey=grey, out=out):
        say(told)


@crimjust.command()
@click.argument("words", nargs=-1, metavar="[NAME]")
@formats_option(
    "bibtex", "csl", default=("bibtex",), about="BibTeX, or CSL-JSON for Zotero, Word and pandoc; by default BibTeX."
)
@click.option("--variant", metavar="NAME", help="Cite the results of this variant.")
@out_option("Write a file named after NAME there, .bib or .json, and show nothing.")
def cite(words: tuple[str, ...], chosen: tuple[str, ...], variant: str | None, out: Path | None) -> None:
    """Show what to cite: data, code and results, as BibTeX or CSL.

    NAME is a notebook, a registered question, the id of an estimate or a figure, for what is behind it; a table, for its
    publisher alone; or `methods`, for the literature that the methods rest on. Without it all results are meant.

    \b
    Examples:
      crimjust cite
      crimjust cite joining.investigation --format csl
      crimjust cite seizures_country
      crimjust cite methods --format bibtex,csl --output my_paper
    """
    from crimjust_research import written
    from crimjust_research.report import citations
    from crimjust_research.runs import kept, promotion

    if len(chosen) > 1 and out is None:
        raise click.UsageError("several formats are written into a folder: name it with --output FOLDER")
    results = results_of(variant)
    with promotion.at_rest():
        cited = citations.collected(results, words)
    files = citations.files(cited, chosen, words, kept.name_of(results) if variant else "")
    if out is None:
        click.echo(b"".join(files.values()), nl=False)
        return
    written.among(out, files)
    for name in files:
        say(out / name)


@crimjust.command()
@click.argument("name", default="all")
@formats_option(
    "csv",
    "html",
    "docx",
    "tex",
    "xlsx",
    default=("csv", "html", "docx", "tex", "xlsx"),
    about="By default all of them.",
)
@click.option("--variant", metavar="NAME", help="Take the tables of this variant.")
@out_option("Write there, beside whatever it holds; by default in reports/export/tables/.")
def tables(name: str, chosen: tuple[str, ...], variant: str | None, out: Path | None) -> None:
    """Write the table NAME, or all, for texts and spreadsheets.

    NAME is a notebook, for all its tables, or a table: NOTEBOOK/TABLE, or its number on the page. CSV and workbooks hold
    all rows and digits; HTML, Word and LaTeX the numbers as the page words them, of a table with more than 200 rows the
    first 200. Each holds its methods and its sources with vintages. Results are refused that `crimjust report` would refuse.

    \b
    Examples:
      crimjust tables 08
      crimjust tables 08.1 --format tex --output my_paper
      crimjust tables 08_outcome3_diversification/country_years --format xlsx
      crimjust tables 08 --variant to-2018 --format docx
    """
    from crimjust_research.report.exports import taking

    results = results_of(variant)
    for place in taking.tables(results, name, chosen, out):
        say(place)


@crimjust.command()
@formats_option("tex", "json", default=("tex", "json"), about="By default both.")
@click.option("--variant", metavar="NAME", help="Take the numbers of this variant.")
@out_option("Write there, beside whatever it holds; by default in reports/export/numbers/.")
def numbers(chosen: tuple[str, ...], variant: str | None, out: Path | None) -> None:
    """Write every estimate by its name, for a text to print.

    In LaTeX \\cjtext{diversification.trend} then prints value, unit, interval and p, and other macros each by itself;
    written again after results have changed, the file brings the text up to date. SIMULATED is printed where it belongs.
    JSON holds the same and all digits. Results are refused that `crimjust report` would refuse.

    \b
    Examples:
      crimjust numbers --format tex --output my_paper
      crimjust numbers --variant to-2018
    """
    from crimjust_research.report.exports import taking

    results = results_of(variant)
    for place in taking.by_name(results, chosen, out):
        say(place)
