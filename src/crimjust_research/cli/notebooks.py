"""Verbs that keep notebooks fit to be committed."""

from pathlib import Path

import click

from crimjust_research.cli.group import crimjust, say


@crimjust.group(name="notebooks")
def notebooks_() -> None:
    """Keep the notebooks fit to be committed."""


@notebooks_.command(name="write")
@click.argument("file", type=click.Path(path_type=Path))
def write_notebook(file: Path) -> None:
    """Write the notebook that FILE describes as text.

    A cell begins with each line `# %%`, as `crimjust notebooks text` prints them.
    """
    from crimjust_research.runs.notebook_text import write

    say(write(file))


@notebooks_.command(name="text")
@click.argument("name", metavar="NOTEBOOK")
def notebook_as_text(name: str) -> None:
    """Print NOTEBOOK as text that `write` turns into it again."""
    from crimjust_research.runs import notebooks
    from crimjust_research.runs.notebook_text import as_text

    (notebook,) = notebooks.find(name)
    click.echo(as_text(notebook.content), nl=False)


@notebooks_.command()
@click.argument("name", metavar="[NOTEBOOK]", default="all")
def strip(name: str) -> None:
    """Remove outputs and editor's metadata from NOTEBOOK, or all."""
    from crimjust_research.runs.notebooks import strip as strip_

    for path in strip_(name):
        say(f"stripped {path.name}")


@notebooks_.command()
@click.argument("name", metavar="[NOTEBOOK]", default="all")
def accept(name: str) -> None:
    """Take NOTEBOOK, or all, as it is now for what the project means.

    Its cells of code and its parameters are listed in notebooks/accepted.json, and it is stripped. A run of a notebook that
    differs from the list is a variant, and says in which cells. Whoever develops a notebook of the project types this; whoever
    tries something out in one does not.

    \b
    Example:
      crimjust notebooks accept 08_outcome3_diversification
    """
    from crimjust_research.runs.acceptance import accept as accept_

    for line in accept_(name) or ("nothing is new",):
        say(line)
