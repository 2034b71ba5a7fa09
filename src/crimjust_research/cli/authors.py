"""Verbs for authors: what they take away for a text of their own."""

from pathlib import Path

import click

from crimjust_research.cli.group import crimjust, say


@crimjust.command()
@click.argument("name", default="all")
@click.option("--variant", metavar="NAME", help="Take those of this variant.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="By default one in reports/export.")
def figures(name: str, variant: str | None, out: Path | None) -> None:
    """Draw the figure NAME, or all, at the width of a column or of a page."""
    say((name, variant, out))
