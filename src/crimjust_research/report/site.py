"""The pages of the site: this repository's documents as Sphinx has to read them, and those made for it.

Every page stays where it lies in the repository, so that what links to it leads there on the site as well.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path, PurePosixPath
from posixpath import normpath

from crimjust_research.evidence import plan_names
from crimjust_research.report.citations import Reference
from crimjust_research.report.markdown import prose

HOME, INDEX, RESULTS, API = "README.md", "docs/README.md", "results.md", "api"
# Data that are pages of the site.
PLAN, LITERATURE = plan_names.REGISTERED, "docs/methods/references.yaml"
# What opens in a browser as it is, and is no page of the site's own.
REPORT = ("reports/index.html", "reports/summary.html")

_FENCED = re.compile(r"^(`{3,}).*?^\1`*$", re.MULTILINE | re.DOTALL)
_ANCHOR = re.compile(r'<a id="([^"]+)"></a>')
_ANCHOR_ALONE = re.compile(rf"^{_ANCHOR.pattern}$", re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^()\s#]+)")
_OF_DATA = re.compile(rf"({'|'.join(PurePosixPath(page).stem for page in (PLAN, LITERATURE))})\.(toml|yaml)$")
_ENTRY = re.compile(r"^- |^(?P<caption>\S.*):$", re.MULTILINE)
_PICTURE = re.compile(r'<a href="(?P<drawing>[^"]+)"><img .*?alt="(?P<alt>[^"]*)"></a>')
_IN_TABLE = re.compile(r"^\| `(?P<notebook>\d\d_\w+)` \|", re.MULTILINE)
_OPENED = re.compile("`(?P<page>" + "|".join(map(re.escape, REPORT)) + ")`")


@dataclass
class Entry:
    """A page in the list of contents, by its path below the checkout, with those that stand below it; listed by its own title
    where none is given."""

    page: str
    below: list["Entry"] = field(default_factory=list)
    title: str = ""


# --- The documents ----------------------------------------------------------------------------------------------------


def written(text: str) -> str:
    """A document of Markdown as Sphinx has to read it: places that are linked to are marked as its own, the plan is a page."""
    parts = _outside_code(text)
    return "".join(part if is_code else _marked(part) for part, is_code in parts)


def wide(text: str) -> str:
    """A page that is shown over the whole width: what is on it is listed above its first part, not beside it."""
    before, part, after = text.partition("\n## ")
    listed = "\n```{contents}\n:local:\n:depth: 1\n:backlinks: none\n```\n"
    return f"---\nhtml_theme.sidebar_secondary.remove: true\n---\n\n{before}{listed}{part}{after}"


def home(readme: str) -> str:
    """README as the first page: its picture a figure, its notebooks and the report linked to."""
    text = _PICTURE.sub(_figure, readme)
    text = _IN_TABLE.sub(r"| [\g<notebook>](reports/notebooks/\g<notebook>.ipynb) |", text)
    return written(_OPENED.sub(r'<a href="\g<page>">\g<page></a>', text))


def linked(text: str, page: str) -> tuple[str, ...]:
    """Paths below the checkout to which a document at `page` links, without places within them; each once, in order."""
    found = (match for part, is_code in _outside_code(text) if not is_code for match in _LINK.findall(part))
    return tuple(dict.fromkeys(normpath((PurePosixPath(page).parent / target).as_posix()) for target in found))


def _outside_code(text: str) -> Iterator[tuple[str, bool]]:
    """The text in parts, each with whether it is a block of code."""
    end = 0
    for block in _FENCED.finditer(text):
        yield text[end : block.start()], False
        yield block[0], True
        end = block.end()
    yield text[end:], False


def _marked(text: str) -> str:
    text = _ANCHOR.sub(r"[]{#\1}", _ANCHOR_ALONE.sub(r"(\1)=", text))
    return _LINK.sub(lambda link: _OF_DATA.sub(r"\1.md", link[1]), text)


def _figure(picture: re.Match[str]) -> str:
    words = prose(unescape(picture["alt"]))
    return f'<a href="{REPORT[0]}">![{words}]({picture["drawing"]}){{.beside}}</a>'


# --- The list of contents ---------------------------------------------------------------------------------------------


def groups(index: str) -> dict[str, list[Entry]]:
    """The documents of `docs/README.md`, by its captions; those in a folder named after another document stand below that."""
    found: dict[str, list[Entry]] = {}
    starts = [*_ENTRY.finditer(index)]
    for start, end in zip(starts, [*(s.start() for s in starts[1:]), len(index)], strict=True):
        if start["caption"]:
            entries = found[start["caption"]] = []
            continue
        for page in linked(written(index[start.start() : end]), INDEX):
            if not page.endswith(".md"):
                continue
            folder = PurePosixPath(page).parent
            above = next((e for e in entries if PurePosixPath(e.page.lower()).with_suffix("") == folder), None)
            (above.below if above else entries).append(Entry(page))
    return found


def contents(entries: Sequence[Entry], page: str, caption: str = "", hidden: bool = True) -> str:
    """The directive that puts pages below the one at `page` in the list of contents."""
    options = [*([":hidden:"] if hidden else []), *([f":caption: {caption}"] if caption else []), ":maxdepth: 1"]
    up = "../" * (len(PurePosixPath(page).parents) - 1)
    lines = []
    for entry in entries:
        place = f"{up}{PurePosixPath(entry.page).with_suffix('')}"
        lines.append(f"{entry.title} <{place}>" if entry.title else place)
    return "\n".join(["", "```{toctree}", *options, "", *lines, "```", ""])


# --- The results ------------------------------------------------------------------------------------------------------


_RESULTS_PAGE = """# Results

- <a href="reports/index.html">The report</a>: one page that is complete in itself, with every question, answer, figure and table
- <a href="reports/summary.html">Its summary</a>, on two sheets of paper
{papers}- <a href="reports/estimates.csv">estimates.csv</a>: every estimate of every notebook, a row each

[What an author may take, and in which words](docs/guides/author.md); [what tables and columns mean](docs/DATA.md).

## Notebooks

The analyses as they were executed, each from its panel to its answer.
"""
_PAPERS = {".pdf": "the report to print", ".docx": "the report to edit, for Word"}


def results(notebooks: Mapping[str, str], papers: Iterable[str]) -> str:
    """The page of what can be opened and taken away: `notebooks` are the titles of what each came to, with number, by name;
    `papers` the names of reports in `reports/` to be printed or edited."""
    told = "".join(f'- <a href="reports/{name}">{name}</a>: {_PAPERS[Path(name).suffix]}\n' for name in papers)
    executed = [Entry(f"reports/notebooks/{name}.ipynb", title=title) for name, title in notebooks.items()]
    return _RESULTS_PAGE.format(papers=told) + contents(executed, RESULTS, hidden=False)


def literature(works: Iterable[Reference]) -> str:
    """The works that methods cite, as a list to be read."""
    told = (f"- {prose(work.told)}{f' <{work.link}>' if work.link else ''}" for work in works)
    return "\n".join(["# The literature of the methods", "", *told, ""])


# --- The package ------------------------------------------------------------------------------------------------------

# Rooms an author of notebooks takes from: title, what stands there, modules or packages below `crimjust_research`.
ROOMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "study": ("A study", ("study", "shown", "questions.parameters")),
    "charts": ("Charts", ("charts",)),
    "data": ("Data", ("data.catalog", "data.opening", "data.tables", "data.vintage_difference", "data.ingest.files")),
    "names": ("Names, and the source document", ("vocabulary", "document", "framework")),
    "evidence": ("Evidence", ("evidence",)),
    "numbers": ("Numbers in print", ("numbers",)),
    "series": ("Designs: time series", ("designs.series",)),
    "staggered": ("Designs: staggered adoption", ("designs.staggered",)),
    "timing": ("Designs: timing as good as random", ("designs.timing",)),
    "survival": ("Designs: survival and cascades", ("designs.survival",)),
    "networks": ("Designs: networks", ("designs.networks",)),
    "composition": ("Designs: diversity and overlap", ("designs.composition",)),
    "counts": ("Designs: counts, shares and ratings", ("designs.counts",)),
    "panel": ("Designs: panels", ("designs.panel",)),
    "resampling": ("Designs: permutations and bootstraps", ("designs.resampling",)),
    "disclosure": ("Designs: disclosure control", ("designs.disclosure",)),
    "rollout": ("Designs: roll-outs", ("designs.rollout",)),
    "shared": ("Designs: what all share", ("designs",)),
    "runs": ("Runs and results", ("runs.steps", "results")),
    "project": ("The checkout, and errors", ("project", "errors")),
}


def api(source: Path) -> dict[str, str]:
    """Pages of what the package at `source` holds for an author of notebooks, from docstrings: text by path below the site."""
    rooms = [Entry(f"{API}/{room}.md") for room in ROOMS]
    pages = {f"{API}/{room}.md": _room(title, names, source) for room, (title, names) in ROOMS.items()}
    first = (
        "# The package\n\nWhat a notebook takes from `crimjust_research`, from the docstrings of its functions; what one "
        "question alone needs stands in `questions`, in the module of its name. "
        "[How a notebook is built](../docs/ARCHITECTURE.md#a-notebook); "
        "[how a question is added](../CONTRIBUTING.md#add-a-question).\n"
    )
    return {f"{API}/index.md": first + contents(rooms, f"{API}/index.md", hidden=False), **pages}


def _room(title: str, names: Sequence[str], source: Path) -> str:
    modules = [module for name in names for module in _modules(name, source)]
    return "\n".join([f"# {title}", *(line for module in modules for line in _module(module, source))])


def _modules(name: str, source: Path) -> list[str]:
    """A module; or the modules of a package, that itself first. Of packages within it none: each has a page."""
    folder = source.joinpath(*name.split("."))
    if name == "charts" or not folder.is_dir():
        return [name]  # what a chart is asked for by is named in its package
    below = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    return [name, *(f"{name}.{stem}" for stem in below)]


def _module(name: str, source: Path) -> Iterator[str]:
    """What a module says of itself, a table of what it holds, and each in full."""
    path = source.joinpath(*name.split("."))
    text = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
    members = _public(text, of_package=name == "charts")
    full = f"crimjust_research.{name}"
    yield from ("", f"## `{name}`", "", "```{eval-rst}", f".. automodule:: {full}", "   :no-members:", "")
    if members:
        yield from (f".. currentmodule:: {full}", "", ".. autosummary::", "   :nosignatures:", "")
        yield from (f"   {member}" for member, _ in members)
        yield ""
        for member, kind in members:
            yield f".. auto{kind}:: {full}.{member}"
            yield from ("   :members:", "") if kind == "class" else ("",)
    yield "```"


def _public(text: str, of_package: bool) -> list[tuple[str, str]]:
    """Functions and classes of a module that have a name to be used by and a docstring, in their order, with their kind."""
    tree = ast.parse(text)
    if of_package:
        names = next(
            ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign) and "__all__" in ast.dump(n)
        )
        return [(name, "class" if name[0].isupper() else "function") for name in names]
    defined = [node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    return [
        (node.name, "class" if isinstance(node, ast.ClassDef) else "function")
        for node in defined
        if not node.name.startswith("_") and ast.get_docstring(node)
    ]
