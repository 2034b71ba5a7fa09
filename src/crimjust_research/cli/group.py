"""The group every verb joins, and the options several of them share."""

import click

from crimjust_research import __version__


class _Examples(click.Group):
    """A group whose verbs stand in the order a person meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)


# Whole, and bounded: what counts down a timeout knows neither half a second nor "nan".
SECONDS = click.IntRange(min=1, max=7 * 24 * 3600)
timeout_option = click.option(
    "--timeout",
    type=SECONDS,
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="Longest a single cell of a notebook may take.",
)
limit_option = click.option(
    "--limit", "raised", metavar="NAME=N", multiple=True, help="Raise a bound on what is read; a refusal names it."
)


@click.group(cls=_Examples, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="crimjust-research", prog_name="crimjust")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the whole trace of an error.")
def crimjust() -> None:
    """Assess the three outcomes of UNODC's CRIMJUST programme, from published figures to report.

    \b
    crimjust run all                 run every assessment that has changed
    crimjust report                  build reports/index.html from their results
    crimjust data list               show the tables and vintages at hand
    """
