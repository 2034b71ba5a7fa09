"""Write document_places.csv beside this script: what holds `data/document` to the source document in every clone.

    python tests/data/published/document_places.py PATH_OF_THE_DOCUMENT_AS_TEXT

The text is not part of this repository, so its places and the phrases cited from them are kept as sha256 of the text,
runs of blanks taken for one. A phrase that does not stand where `data/document` says is refused, and nothing is written.
"""

import hashlib
import re
import sys
from collections import Counter
from pathlib import Path

import pandas as pd

from crimjust_research import document
from crimjust_research.data.ingest.programme_document import as_table

TABLE = Path(__file__).with_suffix(".csv")

# A line that starts so opens a part of the document; the place of the line itself, where it is text of that part.
HEADINGS = (
    (r"\(1\) ", "Q1", "Q1, question"),
    (r"What additional resources", "Q1, resources", "Q1, resources, question"),
    (r"Annex 1\.", "Q1, Annex 1", None),
    (r"CRIMJUST intervention - Rationale", "Q1, Annex 1, Rationale", None),
    (r"CRIMJUST intervention - Scope", "Q1, Annex 1, Scope", None),
    (r"CRIMJUST – Nature of Intervention", "Q1, Annex 1, Nature", None),
    (r"The support outlined above", "Q1, Annex 1, Nature", "Q1, Annex 1, Nature, Outcomes"),
    (r"Estimates of resources", "Q1, Annex 1, Estimates", None),
    (r"\(2\) ", "Q2", "Q2, question"),
    (r"I\. Most", "Q2, I", None),
    (r"While legal frameworks", "Q2, I", "Q2, I, paragraph 3"),
    (r"II\. ", "Q2, II", None),
    (r"III\. ", "Q2, III", None),
)
# Bullets and paragraphs the document gives a name or number of its own; relative to the part they stand in.
NAMED = (
    (r"· (Component \d) would see", "Q1", "{}"),
    (r"(?:· )?(Component \d): ", "Q1, Annex 1, Nature", "{}"),
    (r"· (Phase \d): ", "Q1, Annex 1, Nature", "Component 2, {}"),
    (r"· (Outcome \d): ", "Q1, Annex 1, Nature", "{}"),
    (r"(Chapter [IV]+) [–-] ", "Q2, I", "{}"),
    (r"(Vienna-based Anti-corruption Experts): ", "Q2, III", "{}"),
    (r"(Field-based Anti-Corruption Advisers): ", "Q2, III", "{}"),
    (r"(Regional Platforms): ", "Q2, III", "{}"),
    (r"(Anti-Corruption Hubs): ", "Q2, III", "{}"),
)


def squeeze(text: str) -> str:
    return " ".join(text.split())


def sha256(text: str) -> str:
    return hashlib.sha256(squeeze(text).encode()).hexdigest()


def cut_into_places(source: str) -> dict[str, str]:
    """The document's text by place, as `place` in `data/document` spells it: cut at headings, bullets and footnotes."""
    footnote = re.compile(r"\[(\d+):(.*?) ?\](?=\s|$)", re.DOTALL)
    places = {f"footnote {number}": squeeze(text) for number, text in footnote.findall(source)}
    body = re.sub(r"\[footnoteRef:\d+\]", "", footnote.sub("", source))
    part, parent = "Title", "Title"
    counts: Counter[str] = Counter()

    def add(place: str, text: str) -> None:
        places[place] = f"{places[place]} {text}" if place in places else text

    for line in filter(None, map(squeeze, body.splitlines())):
        heading = next((h for h in HEADINGS if re.match(h[0], line)), None)
        named = next(((m, n) for n in NAMED if (m := re.match(n[0], line)) and part == n[1]), None)
        if heading:
            part = parent = heading[1]
            if heading[2]:
                add(heading[2], line)
        elif named:
            match, (_, _, template) = named
            name = template.format(match[1])
            add(f"{part}, {name}", line)
            # A phase, an outcome and a named paragraph of Q2, III hold no bullets; the part goes on.
            parent = f"{part}, {name}" if re.fullmatch(r"Component \d|Chapter [IV]+", name) else parent
        elif numbered := re.match(r"(\d)\. ?", line):
            component = re.match(r".*Component \d", parent)
            assert component, line
            kind = "pillar" if component[0].endswith("1") else "step"
            parent = f"{component[0]}, {kind} {numbered[1]}"
            add(parent, line)
        elif part == "Title":
            add("Title", line)
        else:
            kind = "bullet" if line.startswith("·") else "paragraph"
            counts[f"{parent}, {kind}"] += 1
            add(f"{parent}, {kind} {counts[f'{parent}, {kind}']}", line)
    return places


def cited() -> pd.DataFrame:
    """Every phrase `data/document` cites from the document, one row a place: kind, key, wording, place."""
    table = as_table(document.load()).dropna(subset="wording")
    table = table.assign(place=table["place"].str.split("; ")).explode("place", ignore_index=True)
    return table.loc[~table["place"].isin(document.load().other_sources), ["kind", "key", "wording", "place"]]


def main(path: Path) -> None:
    places = cut_into_places(path.read_text(encoding="utf-8"))
    phrases = cited()
    astray = [
        f"{row.kind} {row.key}: {row.wording!r} does not stand at {row.place!r}; mend the entry in {document.FOLDER}"
        for row in phrases.itertuples()
        if squeeze(row.wording) not in places.get(row.place, "")
    ]
    if astray:
        sys.exit("\n".join(astray))
    wholes = pd.DataFrame({"place": list(places), "part": "whole", "sha256": list(map(sha256, places.values()))})
    parts = phrases.assign(part="phrase", sha256=phrases["wording"].map(sha256))[list(wholes.columns)]
    table = pd.concat([wholes, parts.drop_duplicates()]).sort_values(["place", "part", "sha256"])
    table.to_csv(TABLE, index=False, lineterminator="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
