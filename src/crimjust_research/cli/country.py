"""The verb that tells all that is known of one country."""

from pathlib import Path

import click

from crimjust_research.cli.group import crimjust, say, width
from crimjust_research.errors import RunError


@crimjust.command()
@click.argument("name", nargs=-1, required=True, metavar="NAME")
@click.option(
    "--html", "page", type=click.Path(path_type=Path), metavar="FILE", help="Write it as a page to a new file."
)
def country(name: tuple[str, ...], page: Path | None) -> None:
    """Tell all that is known of the country NAME, on one page.

    That is the lists it is on, its entry into the programme, public events, help against corruption, scores, evaluations,
    reviews, treaties, seizures, and whom it met, each with its dates, its source and what is missing. NAME is a country's
    name in English, Spanish, French or Portuguese, or its ISO 3166 alpha-3 code. The page has charts, needs no network, and
    prints on two sheets.

    \b
    Examples:
      crimjust country PAN
      crimjust country South Africa
      crimjust country Panama --html panama.html
    """
    from crimjust_research import project
    from crimjust_research.data.own_records.fixing import require_new, write_new
    from crimjust_research.report.country import assembly, known, text
    from crimjust_research.runs import promotion

    code = assembly.meant(" ".join(name))
    if page:
        require_new([page])
    results = project.root() / "reports"
    with promotion.at_rest():
        opened = known.open_all(results, known.moved(results))
    told = assembly.told(opened, code)
    if page is None:
        say(text.as_text(opened, told, width()))
        return
    import crimjust_research.report.country.page as one_page

    try:
        write_new({page: one_page.of(opened, told).encode()})
    except OSError as error:
        raise RunError(
            f"{page} cannot be written ({error.strerror}); name a file in another folder: --html FILE"
        ) from None
    say(page)
