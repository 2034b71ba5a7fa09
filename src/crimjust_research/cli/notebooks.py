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
