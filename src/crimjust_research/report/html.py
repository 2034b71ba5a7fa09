"""The report as one self-contained HTML page: no outside address loaded, no script, equal bytes for equal results."""

import base64
from collections.abc import Iterable, Mapping, Sized
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from crimjust_research import __version__, document, project, written
from crimjust_research.errors import RunError
from crimjust_research.evidence.words import linked
from crimjust_research.report import contents, tables
from crimjust_research.report.contents import Download, Section
from crimjust_research.results import DEPARTS

if TYPE_CHECKING:
    import jinja2

PAGE = "index.html"
# Bytes a page may have: downloads are carried within it as far as this reaches.
LIMIT = 2_900_000


def build(results: Path, output: Path | None = None, variant: str = "") -> Path:
    """Write `index.html` from the results in a folder, `variant` being its name if it is one, and return its path.

    It stands beside the results; with `output` it is written there, and with it copies of all it links to.

    Raises
    ------
    RunError, DataError
        As `contents.read` does, an earlier page being left as it is; or if the page cannot be written.
    """
    sections = contents.read(results, variant)
    text, linked_to = page(sections, variant, () if variant else contents.scorecard(results))
    folder = output or results
    files = {PAGE: text.encode()}
    try:
        if folder.resolve() == results.resolve():
            root = project.root()
            place = (results / PAGE).relative_to(root).as_posix()
            written.checkout(root, {place: files[PAGE]}, below=results)
        else:
            files |= {path: (results / path).read_bytes() for path in linked_to}
            written.into(folder, "report", files)
    except OSError as error:
        raise RunError(
            f"the page cannot be written into {folder} ({error.strerror}); name a folder where it can: "
            "crimjust report --output FOLDER"
        ) from None
    return folder / PAGE


def page(
    sections: tuple[Section, ...], variant: str = "", card: tuple[tables.Table, ...] = ()
) -> tuple[str, tuple[str, ...]]:
    """The whole page, and the files it links to, by path below the results. `card` is the scorecard, by outcome.

    Downloads are carried in it as data addresses, the smallest first, as far as `LIMIT` reaches; larger ones link to the
    files that lie beside the page. What has no file is always carried.
    """
    template = _environment().get_template("page.html")

    def rendered(carried: Mapping[str, str]) -> str:
        def href(download: Download) -> str:
            return carried.get(download.name) or download.path or ""

        complete = len(carried) == len(downloads)
        about = {"variant": variant, "version": __version__, "complete": complete}
        return template.render(sections=sections, card=card, href=href, **about)

    downloads = [d for section in sections for d in section.downloads]
    carried = _carried(downloads, LIMIT - len(rendered({}).encode()))
    files = [d.path for d in downloads if d.path and d.name not in carried]
    return rendered(carried), (contents.ESTIMATES, *(section.notebook for section in sections), *files)


def _environment() -> "jinja2.Environment":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(table=tables.html, outcome=_outcome, departs=DEPARTS)
    environment.filters.update(linked=_linked, size=_size, rows=_rows)
    return environment


def _carried(downloads: Iterable[Download], room: int) -> dict[str, str]:
    """Data addresses by name of the downloads that find room, those without a file first."""
    addresses: dict[str, str] = {}
    for download in sorted(downloads, key=lambda d: (d.path is not None, len(d.content), d.name)):
        address = f"data:{download.media_type};base64,{base64.b64encode(download.content).decode()}"
        room -= len(address)
        if room < 0 and download.path is not None:
            break
        addresses[download.name] = address
    return addresses


def _linked(marked: str, run: str) -> Markup:
    """A marked sentence as HTML whose numbers link to the rows of that run's estimates."""
    return Markup(linked(marked, f"#estimate-{run}-{{id}}"))  # `linked` escapes


def _size(download: Download) -> str:
    return f"{max(len(download.content) / 1000, 1):,.0f} kB"


def _rows(rows: Sized) -> str:
    return "1 row" if len(rows) == 1 else f"{len(rows):,} rows"


def _outcome(text: str) -> str:
    """An outcome with the title it has in `data/document`; `text` is its number, or those of several, or "all"."""
    if text == "all":
        return "All outcomes"
    if " and " in text:
        return f"Outcomes {text}"
    titles = {str(o.number): o.label for o in document.load().outcomes}
    return f"Outcome {text}: {titles[text]}" if text in titles else text
