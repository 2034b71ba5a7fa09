"""What the documents on methods cite by author and year is in the list of the literature, and nothing else is."""

import re
from collections import Counter
from pathlib import Path

import pytest

from crimjust_research.report.citations import methods
from crimjust_research.report.citations.reference import plain_letters

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "docs" / "METHODS.md", *sorted((ROOT / "docs" / "methods").glob("*.md")))
WORKS = methods.load()
# A body's name is read as one word, whatever "and" stands in it.
BODIES = {work.body: f"Body{place}" for place, work in enumerate(WORKS) if work.body}

_FAMILY = r"[A-Z][\w'’-]*(?: [A-Z][\w'-]+)?"
_YEAR = r"(?:1[89]|20)\d\d[a-z]?"
CITED = re.compile(
    rf"(?P<first>{_FAMILY})(?P<others>(?:, {_FAMILY})*)(?: and (?P<last>{_FAMILY}))?(?P<more> et al\.| and others)?"
    rf"(?:'s)? (?P<opens>\(?)(?P<year>{_YEAR})(?P<rest>[^()]*?)(?=[);]|$)"
)


def cited(text: str) -> set[tuple[tuple[str, ...], bool, str]]:
    """Families, whether there are more, and year of each work that a text names."""
    found = set()
    whole = " ".join(text.split())
    for body, read in BODIES.items():
        whole = whole.replace(body, read)
    for match in CITED.finditer(whole):
        before = whole[: match.start()]
        if not match["opens"] and before.count("(") == before.count(")"):
            continue  # a month and its year
        others = [family for family in match["others"].split(", ") if family]
        families = (match["first"].removesuffix("'s"), *others, *([match["last"]] if match["last"] else []))
        # Further years of the same authors follow after a comma or, with journals between them, after a semicolon.
        years = [match["year"], *re.findall(rf"^, ({_YEAR})\b", match["rest"])]
        found |= {(families, bool(match["more"]), year) for year in years}
    return found


# Years that stand apart from the names they belong to.
APART = {"and (2020), J. Econometrics 218": "MacKinnon and Webb (2020)", "; 2003, J. Applied": "Bai and Perron (2003)"}


def of_page(page: Path) -> set[tuple[tuple[str, ...], bool, str]]:
    text = " ".join(page.read_text(encoding="utf-8").split())
    return cited(text) | {one for where, whole in APART.items() if where in text for one in cited(whole)}


def fits(work: methods.Work, families: tuple[str, ...], more: bool, year: str) -> bool:
    known = tuple(BODIES.get(family, family) for family in work.families)
    return work.year == year and known[: len(families)] == families and (len(known) > len(families)) == more


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_work_cited_is_listed(page: Path) -> None:
    for families, more, year in sorted(of_page(page)):
        named = [work for work in WORKS if fits(work, families, more, year)]
        told = f"{page.name} cites {', '.join(families)} {year}, which docs/methods/references.yaml lists {len(named)} times"
        assert len(named) == 1, told


def test_every_work_listed_is_cited() -> None:
    everything = set().union(*map(of_page, PAGES))
    assert [work.key for work in WORKS if not any(fits(work, *one) for one in everything)] == []


def test_the_list_is_in_order_and_names_none_twice() -> None:
    order = [([plain_letters(family) for family in work.families], work.year) for work in WORKS]
    assert order == sorted(order)
    assert [key for key, n in Counter(work.key for work in WORKS).items() if n > 1] == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("as Kaplan and Meier (1958), JASA", {(("Kaplan", "Meier"), False, "1958")}),
        ("of Peto and others (1977)", {(("Peto",), True, "1977")}),
        ("Randall's (1989) wine", {(("Randall",), False, "1989")}),
        ("by Hobijn, Franses and Ooms (2004)", {(("Hobijn", "Franses", "Ooms"), False, "2004")}),
        ("(Santos Silva and Tenreyro 2006)", {(("Santos Silva", "Tenreyro"), False, "2006")}),
        ("Johansen (1988, 1991)", {(("Johansen",), False, "1988"), (("Johansen",), False, "1991")}),
        (f"({next(iter(BODIES))} 2018)", {((next(iter(BODIES.values())),), False, "2018")}),
        ("in 1997 and (2 of 3) in June 2001", set()),
    ],
)
def test_a_citation_is_read_as_a_person_reads_it(text: str, named: set[object]) -> None:
    assert cited(text) == named
