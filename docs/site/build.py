"""Builds the site: `python docs/site/build.py [FOLDER]`, by default into build/site, which it replaces whole.

The documents, the executed notebooks and what they link to are laid where they lie in the repository, with the pages made for the
site; Sphinx makes pages of them, and every warning of it ends the build.
"""

import gc
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx.cmd.build import build_main

from crimjust_research.evidence import plan
from crimjust_research.report import citations, plan_page, site
from crimjust_research.report.anchors import number_of
from crimjust_research.runs import record

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Documents outside `docs` that are pages, beside README.
ALSO = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "tests/data/published/README.md")
# They stand below another page; a list of documents is not in the list of contents, which is made of it.
BELOW = {"docs/VALIDATION.md": ("tests/data/published/README.md",)}
# Pages of broad tables, which have no list of what is on them beside them.
WIDE = ("docs/DATA.md", "docs/EVALUATION_MATRIX.md", "docs/REPLICATION.md")
# Says that a folder holds a site, and tells hosts of pages to take files as they are.
MARK = ".nojekyll"
# What the theme brings in `_static` that no page of a site in English asks for.
NOT_SHOWN = ("*-macros.html", "**/*.map", "locales")
NOT_LISTED = "---\norphan: true\n---\n\n"


def main(output: Path) -> int:
    """Status of the build: 0 if the site stands in `output`."""
    if output.exists() and not (output / MARK).is_file():
        print(
            f"{output} holds files that no site left there, and is not written over; name a new folder", file=sys.stderr
        )
        return 1
    with TemporaryDirectory(prefix="crimjust-site-") as scratch:
        source, made, known = (Path(scratch) / name for name in ("source", "site", "known"))
        lay(source)
        gc.disable()  # trees of pages are large and hold no garbage, which is looked for half the time otherwise
        places = ["--conf-dir", str(HERE), "--doctree-dir", str(known), str(source), str(made)]
        status = build_main(["--builder", "html", "--jobs", "2", "--quiet", "--fail-on-warning", *places])
        if status:
            return status
        for name in (*site.REPORT, "reports/estimates.csv", *papers()):
            shutil.copy(ROOT / name, made / name)
        for left in (path for pattern in NOT_SHOWN for path in (made / "_static").glob(pattern)):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        (made / ".buildinfo").unlink()
        (made / MARK).touch()
        if output.exists():
            shutil.rmtree(output)
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, output)
    print(f"The site stands in {output}: open {output / 'index.html'}")
    return 0


def lay(source: Path) -> None:
    """Everything the site is made of, below the folder `source`."""
    documents = [*(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))), *ALSO]
    texts = {page: (ROOT / page).read_text(encoding="utf-8") for page in documents}
    notebooks = sorted((ROOT / "reports" / "notebooks").glob("*.ipynb"))
    readme = (ROOT / site.HOME).read_text(encoding="utf-8")
    groups = site.groups(texts[site.INDEX])
    made = {
        "index.md": site.home(readme) + "".join(_contents(groups)),
        site.RESULTS: site.results(
            {path.stem: _title(path.stem) for path in notebooks}, [Path(p).name for p in papers()]
        ),
        str(Path(site.PLAN).with_suffix(".md")): plan_page.page(plan.load()),
        str(Path(site.LITERATURE).with_suffix(".md")): site.literature(citations.collected(ROOT, [citations.METHODS])),
        **{page: site.written(text) for page, text in texts.items()},
        **site.api(ROOT / "src" / "crimjust_research"),
    }
    made[site.INDEX] = NOT_LISTED + made[site.INDEX]
    made |= {page: site.wide(made[page]) for page in WIDE}
    for entry in (entry for entries in groups.values() for entry in entries):
        below = [*entry.below, *(site.Entry(page) for page in BELOW.get(entry.page, ()))]
        if below:
            made[entry.page] += site.contents(below, entry.page)
    for page, text in made.items():
        _write(source / page, text.encode())
        # What is linked to and is no page is taken along, to be had from there.
        for target in site.linked(text, page):
            if target not in made and (ROOT / target).is_file():
                _write(source / target, (ROOT / target).read_bytes())
    for path in notebooks:
        _write(source / path.relative_to(ROOT), path.read_bytes())


def papers() -> list[str]:
    """The reports to print and to edit that this checkout has made."""
    return [name for name in ("reports/report.pdf", "reports/report.docx") if (ROOT / name).is_file()]


def _contents(groups: Mapping[str, list[site.Entry]]) -> Iterator[str]:
    yield site.contents([site.Entry(site.RESULTS)], "index.md", "What was found")
    for caption, entries in groups.items():
        yield site.contents(entries, "index.md", caption)
    yield site.contents([site.Entry(f"{site.API}/index.md")], "index.md", "For whoever writes a notebook")


def _title(run: str) -> str:
    """What the report calls a notebook's results, with the number by which texts name it."""
    return f"{number_of(run)}. {record.assessment(record.Layout(ROOT / 'reports', run))['title']}"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build" / "site"))
