"""Verbs that open notebooks in JupyterLab."""

import click

from crimjust_research.cli.group import crimjust, say

_browser_option = click.option("--no-browser", is_flag=True, help="Open no browser, only tell the address.")


@crimjust.command()
@_browser_option
def lab(no_browser: bool) -> None:
    """Open the notebooks in JupyterLab, to run and change them.

    It begins with every question and what was found. The server listens to this machine alone, asks for a token, and asks
    no other machine for anything. A notebook changes when you save it, not before; results under reports/ stay as they are:
    what a notebook finds that is run by hand goes to reports/interactive/.

    \b
    Examples:
      crimjust lab
      crimjust lab --no-browser
    """
    from crimjust_research import project
    from crimjust_research.lab import server, start

    server.serve(project.root() / start.PLACE, browser=not no_browser, say=say)


@crimjust.command(name="open")
@click.argument("name")
@click.option("--notebook", metavar="NOTEBOOK", help="Which one, where the variant holds several.")
@_browser_option
def open_(name: str, notebook: str | None, no_browser: bool) -> None:
    """Open the executed notebook of the variant NAME in JupyterLab.

    NAME is a variant, as `crimjust variants` lists them, or the beginning of one, or `reference`. It is shown as it was
    run, and can be run again, with its parameters and under its plan; it is not written over. Where there are
    several notebooks, and none is named, their folder is shown.

    \b
    Examples:
      crimjust run 08_outcome3_diversification -p end=2018 --name to-2018
      crimjust open to-2018
      crimjust open reference --notebook 08_outcome3_diversification
    """
    from crimjust_research.lab import executed, server

    server.serve(executed.find(name, notebook), browser=not no_browser, say=say)
