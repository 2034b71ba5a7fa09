"""What others found of a country: evaluations against money laundering, reviews against corruption, treaties."""

from collections.abc import Iterator

from crimjust_research.numbers import plural
from crimjust_research.report.country.known import Known, Row
from crimjust_research.report.country.told import Fact, Part, listed
from crimjust_research.report.tables import Table
from crimjust_research.vocabulary.fatf import Fatf

OUTCOMES = ("IO.2", "IO.7", "IO.8")
RECOMMENDATIONS = ("R.30", "R.31", "R.36", "R.37", "R.38", "R.39", "R.40")
# The Methodology's own words for the letters of its ratings.
WORDS = {
    "LE": "low",
    "ME": "moderate",
    "SE": "substantial",
    "HE": "high",
    "NC": "non-compliant",
    "PC": "partially compliant",
    "LC": "largely compliant",
    "C": "compliant",
}
NOT_APPLICABLE = "does not apply"


def evaluations(known: Known, iso3: str) -> Part:
    """Mutual evaluations: when and by whom, and the ratings of what a programme of law enforcement and cooperation is about."""
    rows = known.evaluations.get(iso3, ())
    read = (("country_evaluations", ("fatf_ratings",)),)
    if not rows:
        says = "no mutual evaluation under the Methodology of 2013 is in the table of ratings"
        return Part("Money laundering", (Fact("Evaluated", says),), (), read)
    facts = [fact for row in rows for fact in _evaluation(known.fatf, row)]
    return Part("Money laundering", tuple(facts), tuple(_ratings(known.fatf, row) for row in rows), read)


def _evaluation(vocabulary: Fatf, row: Row) -> Iterator[Fact]:
    bodies = vocabulary.bodies
    by = listed([bodies.get(body, body) for body in row["body"].split("/")]) if row["body"] else "a body not named"
    after = (
        f"rated again in {plural(row['followups'], 'report')}, the last of {row['last_report']}"
        if row["followups"]
        else "not rated again since"
    )
    yield Fact("Evaluated", f"{row['evaluated']} by {by}; {after}", f"{row['evaluated']} by {row['body']}; {after}")
    yield Fact("Effectiveness", "; ".join(f"{m} {_word(vocabulary, m, row[_column(m)])}" for m in OUTCOMES))
    changed = [m for m in RECOMMENDATIONS if row[f"{_column(m)}_first"] != row[f"{_column(m)}_last"]]
    if changed:
        moved = "; ".join(
            f"{m} {_word(vocabulary, m, row[f'{_column(m)}_first'])}, then {_word(vocabulary, m, row[f'{_column(m)}_last'])}"
            for m in changed
        )
        yield Fact("Compliance rated anew", moved)
    codes: dict[str, list[str]] = {}
    for m in RECOMMENDATIONS:
        codes.setdefault(_word(vocabulary, m, row[f"{_column(m)}_last"]), []).append(m)
    last = "; ".join(f"{', '.join(measures)} {word}" for word, measures in codes.items())
    yield Fact("Compliance in the last report", last)


def _ratings(vocabulary: Fatf, row: Row) -> Table:
    effective = [(f"{m}, {vocabulary.measures[m]}", _word(vocabulary, m, row[_column(m)]), "–") for m in OUTCOMES]
    compliant = [
        (
            f"{m}, {vocabulary.measures[m]}",
            *(_word(vocabulary, m, row[f"{_column(m)}_{when}"]) for when in ("first", "last")),
        )
        for m in RECOMMENDATIONS
    ]
    if not row["followups"]:
        rows = tuple(rated[:2] for rated in (*effective, *compliant))
        return Table(f"Ratings of {row['evaluated']}", ("Measure", "Evaluated"), rows)
    return Table(
        f"Ratings of {row['evaluated']} and of the last report, {row['last_report']}; outcomes are not rated again",
        ("Measure", "Evaluated", "Last report"),
        (*effective, *compliant),
    )


def _column(measure: str) -> str:
    return measure.lower().replace(".", "_")


def _word(vocabulary: Fatf, measure: str, rating: int | None) -> str:
    """A rating in words, from its place on the measure's scale."""
    return NOT_APPLICABLE if rating is None else WORDS[vocabulary.scale(measure)[rating]]


def reviews(known: Known, iso3: str) -> Part:
    """Reviews of both cycles under the Convention against Corruption."""
    rows = known.reviews.get(iso3, ())
    read = (("reviews", ("uncac_reviews",)),)
    facts = [
        Fact(
            f"Cycle {row['cycle']}",
            f"executive summary of {row['year']}"
            + (f" (corrected: {row['correction']})" if row["correction"] else "")
            + (f", {row['years_from_first']} years after the first" if row["years_from_first"] is not None else "")
            if row["is_complete"]
            else f"no executive summary by the end of the listing, {row['censoring_year']}",
            f"summary {row['year']}" if row["is_complete"] else f"no summary by {row['censoring_year']}",
        )
        for row in rows
    ]
    if not rows:
        says = f"not among the {len(known.reviews)} States whose reviews were read"
        facts = [Fact("Reviews", says)]
    return Part("Reviews of UNCAC", tuple(facts), (), read)


def consents(known: Known, iso3: str) -> Part:
    """Years in which it bound itself to treaties on drugs, organised crime and corruption."""
    rows = known.treaties.get(iso3, ())
    read = (("country_treaties", ("treaties",)),)
    if not rows:
        return Part("Treaties", (Fact("Consent", "in none of the lists of parties"),), (), read)
    (row,) = rows
    declared = known.treaty_names.by_name
    year = {name: row[f"{name}_consent"] for name in declared}
    bound = [at for at in year.values() if at is not None]
    says = f"bound by {len(bound)} of {len(declared)}" + (f", {min(bound)} to {max(bound)}" if bound else "")
    missing = [name for name, at in year.items() if at is None]
    facts = [Fact("Consent", says)]
    if missing:
        dated = "; ".join(f"{declared[name].title} (list of {known.status_of[name]})" for name in missing)
        facts.append(Fact("No consent in its list", dated, "; ".join(declared[name].title for name in missing)))
    told = [(declared[name].title, "none" if at is None else str(at)) for name, at in year.items()]
    return Part(
        "Treaties", tuple(facts), (Table("Year of consent to be bound", ("Treaty", "Year"), tuple(told)),), read
    )
