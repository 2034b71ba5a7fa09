"""The verb that makes a release."""

import hashlib

import click

from crimjust_research.cli.analyses import report
from crimjust_research.cli.group import crimjust, say


@crimjust.command()
@click.pass_context
def release(context: click.Context) -> None:
    """Build the archive of a release, from the last commit.

    It holds all that git keeps, the report in PDF and Word, ro-crate-metadata.json, which tells machines what is in it, and
    SHA256SUMS; unpacked anywhere, `make report` and `make test` run in it. The version is that of pyproject.toml, its day that
    of the heading in CHANGELOG.md. What is not committed, told otherwise in CITATION.cff, or no longer current is refused.

    \b
    Example:
      crimjust release
    """
    from crimjust_research import project
    from crimjust_research.report import edition, html
    from crimjust_research.report import release as releases

    released = edition.of_checkout()
    context.invoke(report, variant=None, chosen=("html", "pdf", "docx"), output=None)
    reports = project.root() / "reports"
    place = releases.build(
        released, {f"reports/{name}": (reports / name).read_bytes() for name in (html.PDF, html.WORD)}
    )
    content = place.read_bytes()
    say(f"{place}: {len(content) / 1e6:,.1f} MB, sha256 {hashlib.sha256(content).hexdigest()}")
