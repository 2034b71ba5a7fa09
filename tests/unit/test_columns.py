"""Widths of a table's columns: no word is cut while there is room, and what holds more has more."""

import pytest

from crimjust_research.report import columns, elements
from crimjust_research.report.elements import Element


def table(*rows: tuple[str, ...], widths: str = "") -> Element:
    told = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    named = f' data-widths="{widths}"' if widths else ""
    return next(elements.main_of(f"<main><table{named}><caption>T</caption>{told}</table></main>").all("table"))


def test_named_widths_are_taken() -> None:
    assert columns.shares(table(("a", "b"), widths="3 1"), 100) == (0.75, 0.25)


def test_where_all_finds_room_columns_are_as_wide_as_their_longest_cell() -> None:
    assert columns.shares(table(("a" * 8, "b" * 3), ("a", "b" * 38)), 100) == pytest.approx((10 / 50, 40 / 50))


def test_short_cells_and_long_words_stay_whole_and_sentences_wrap() -> None:
    sentence = "word " * 60
    shares = columns.shares(table(("Share", "Of"), ("0.14 to 0.52", sentence), ("x", "a" * 20)), 60)
    assert [round(share * 60) for share in shares] == [14, 46]
    # There is too little room: words, and cells kept whole, decide.
    assert columns.shares(table(("a" * 30, "b" * 18), (sentence, sentence)), 40) == pytest.approx((32 / 52, 20 / 52))


def test_lines_are_parted_by_breaks_and_code_by_its_signs() -> None:
    lines = columns.shares(table(("10 characters<br><small>and as many</small>", "x" * 13)), 100)
    assert lines == pytest.approx((15 / 30, 15 / 30))
    # A path goes on in the next line where a part of it ends.
    paths = table(("<code>data/raw/seizures_country/2024.csv</code>", "word " * 100))
    whole = table((f"<code>{'x' * 36}</code>", "word " * 100))
    assert columns.shares(paths, 50)[0] < columns.shares(whole, 50)[0] - 0.2


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (table(("a", "b"), ("c",)), "rows of the table 'T' differ"),
        (table(), "or it has none"),
        (table(("a", "b"), widths="1 2 3"), "the table 'T' names 3 widths for 2 columns"),
    ],
)
def test_a_table_whose_columns_cannot_be_counted_is_refused(made: Element, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        columns.shares(made, 100)
