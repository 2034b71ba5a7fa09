"""The group every verb joins, and the options several of them share."""

import traceback
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from shutil import get_terminal_size
from typing import Any, TypeVar

import click

from crimjust_research.errors import printable

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Verb(click.Command):
    """A command that takes no empty value for one that was not given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for before, arg in pairwise([str(ctx.info_name), *args]):
            if not arg or (arg.startswith("--") and arg.endswith("=")):
                after = arg.removesuffix("=") or before
                raise click.UsageError(f"an empty value stands after {after}; give one, or leave it out", ctx)
        return super().parse_args(ctx, args)


class _Examples(click.Group):
    """A group whose verbs stand in the order a person meets them."""

    command_class = Verb
    group_class = type

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)


_DEBUG = "crimjust.debug"
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
    "--limit",
    "raised",
    metavar="NAME=N",
    multiple=True,
    help="Raise a bound on what is read from a file; a refusal names it.",
)


def formats_option(*known: str, default: tuple[str, ...], about: str) -> Callable[[Decorated], Decorated]:
    """The option that names forms of what is written, as `chosen`: given again or with a comma between several, each once."""

    def checked(ctx: click.Context, param: click.Parameter, told: tuple[str, ...]) -> tuple[str, ...]:
        named = tuple(dict.fromkeys(one.strip().lower() for each in told for one in each.split(",")))
        for one in named:
            if one not in known:
                raise click.BadParameter(f"{one!r} is none of {', '.join(known)}", ctx, param)
        return named

    names = ",".join(known)
    return click.option(
        "--format", "chosen", multiple=True, default=default, callback=checked, metavar=names, help=about
    )


def out_option(about: str) -> Callable[[Decorated], Decorated]:
    """The option that names the folder an author has files written into."""
    return click.option(
        "--output", "out", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER", help=about
    )


def results_of(variant: str | None) -> Path:
    """The folder of the results a verb is about: those of a variant, if one is named, else the reference results.

    Raises
    ------
    ParameterError
        If there is no such variant.
    """
    from crimjust_research import project
    from crimjust_research.runs import kept

    return kept.folder_of(variant) if variant else project.root() / "reports"


def tell_trace(error: BaseException | None) -> None:
    """With `--debug`, print the whole trace of an error that did not end the command."""
    if error is not None and click.get_current_context().meta.get(_DEBUG):
        click.echo(shown_trace(error), err=True)


def shown_trace(error: BaseException) -> str:
    """The whole trace of an error, as a terminal may show it."""
    return printable("".join(traceback.format_exception(error)).rstrip())


def say(told: object) -> None:
    """Print what a verb has to tell; what names and figures from elsewhere hold commands no terminal."""
    click.echo(printable(str(told)))


def width() -> int:
    """Characters of a line: those of the terminal, as far as a person reads well."""
    return min(max(get_terminal_size((100, 24)).columns, 72), 100)


@click.group(cls=_Examples, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crimjust-research", prog_name="crimjust")
@click.option("--debug", is_flag=True, help="Show the whole trace of an error.")
@click.pass_context
def crimjust(context: click.Context, debug: bool) -> None:
    """Assess the three outcomes of UNODC's CRIMJUST programme, from published figures to report.

    \b
    Examples:
      crimjust run                               run every notebook that has changed
      crimjust report                            build reports/index.html from the results
      crimjust explain diversification.trend     tell where a number comes from
      crimjust data list                         show the tables and vintages at hand

    Each command tells more, with examples: crimjust COMMAND --help
    """
    context.meta[_DEBUG] = debug
