"""The verb on plans: a template to fill, and what a filled one differs in."""

from pathlib import Path

import click

from crimjust_research.cli.group import crimjust, say


@crimjust.command(name="plan")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def plan_(file: Path | None) -> None:
    """Print a plan of your own to fill in, or check FILE.

    Without FILE: a template with every registered question, its margin, parameters and notebook. With FILE: everything that is
    wrong with it, or in what it differs from the registered plan. Nothing is run. To keep the template, let the terminal write it
    into a file: `crimjust plan > my_plan.toml`.

    \b
    Examples:
      crimjust plan
      crimjust plan my_plan.toml
      crimjust run all --plan my_plan.toml --name our-evaluation
    """
    from crimjust_research.runs import given_plan, given_plan_faults, own_plan_template

    if file is None:
        click.echo(own_plan_template.text(), nl=False)
        return
    for line in given_plan.differing(given_plan_faults.read(file).plan):
        say(line)
