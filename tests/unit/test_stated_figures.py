"""Figures as texts state them, the bounds they commit to, and pointers to other rows."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from publisher_files import junk

from crimjust_research.data.ingest.citations import published_addresses
from crimjust_research.data.ingest.stated_figures import Figure, approximate, parse, spelt_out


@pytest.mark.parametrize(
    ("stated", "figure"),
    [
        ("198", Figure("exact", 198, 198)),
        ("2.63", Figure("exact", 2.63, 2.63)),
        ("2/3", Figure("exact", 2 / 3, 2 / 3)),
        ("some 8000", Figure("about", 7500, 8500)),
        ("some 8100", Figure("about", 8050, 8150)),
        ("over 4000", Figure("over", 4000, None)),
        (">35", Figure("over", 35, None)),
        ("more than 350", Figure("over", 350, None)),
        ("almost 7000", Figure("under", None, 7000)),
        ("10-14", Figure("range", 10, 14)),
        ("14-10", None),
        ("many", None),
        ("", None),
    ],
)
def test_wording_becomes_bounds(stated: str, figure: Figure | None) -> None:
    assert parse(stated) == figure


@pytest.mark.parametrize(
    ("stated", "low", "high"),
    # Half a unit of the last digit that is not zero: of 5000 a thousand, of 52 one, of 7.1 a tenth.
    [("5000", 4500, 5500), ("52", 51.5, 52.5), ("1300", 1250, 1350), ("7.1", 7.05, 7.15)],
)
def test_a_rounded_figure_is_known_to_half_a_unit(stated: str, low: float, high: float) -> None:
    figure = approximate(stated)
    assert figure is not None
    assert (figure.qualifier, figure.low, figure.high) == ("about", pytest.approx(low), pytest.approx(high))


@given(junk)
def test_junk_states_no_figure(text: str) -> None:
    assert parse(text) is None


def test_pointers_find_the_fullest_text_of_their_group() -> None:
    column = pd.Series(["a page", "same", "", "a longer page", "idem", "same"], dtype="str")
    groups = pd.Series(["x", "x", "x", "y", "y", "z"])
    assert spelt_out(column, groups).fillna("-").tolist() == [
        "a page",
        "a page",
        "-",
        "a longer page",
        "a longer page",
        "-",
    ]


@given(st.permutations(range(4)))
def test_pointers_do_not_depend_on_the_order_of_rows(order: list[int]) -> None:
    column = pd.Series(["a", "a and b", "same", "same"], dtype="str").iloc[order]
    groups = pd.Series(["x", "x", "x", "y"]).iloc[order]
    assert spelt_out(column, groups).sort_index().fillna("-").tolist() == ["a", "a and b", "a and b", "-"]


def test_publishers_are_cited_at_their_own_address() -> None:
    cited = pd.Series(["unodc.org/a", "illicitflows.eu/?p=1; same", "seed", "CAC/COSP/1, para. 2", None], dtype="str")
    assert published_addresses(cited).fillna("-").tolist() == [
        "https://www.unodc.org/a",
        "https://illicitflows.eu/?p=1",
        "UNODC, Responses to Questions for the Record, 12 December 2021",
        "CAC/COSP/1, para. 2",
        "-",
    ]
