"""Filters of the templates at their edges."""

import math

import pytest

from crimjust_research.evidence import sentences
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import linked, plain, refer
from crimjust_research.numbers import per_cent_signs

NAN = float("nan")


def estimate(**values: float) -> Estimate:
    about = {
        "id": "x",
        "outcome": "1",
        "question": "?",
        "estimand": "e",
        "method": "m",
        "specification": "s",
        "unit": "kg",
    }
    return Estimate(**{**about, "n_obs": 1, "n_units": 1, "role": "secondary", "estimate": 1234.5, **values})  # type: ignore[arg-type]


def test_p_is_never_an_equals_sign_before_less_than() -> None:
    assert sentences.p_equals(0.0001) == "p < 0.001"
    assert sentences.p_equals(0.0374) == "p = 0.037"


def test_a_range_of_one_year_is_that_year() -> None:
    assert sentences.span(2021, 2021) == "2021"
    assert sentences.span(2018, 2022) == "2018 to 2022"


@pytest.mark.parametrize(
    ("items", "text"), [([], "none"), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listed(items: list[str], text: str) -> None:
    assert sentences.listed(items) == text


def test_an_estimate_is_quoted_with_what_it_has() -> None:
    whole = estimate(ci_low=-1.0, ci_high=2.0, ci_level=0.9, p_value=0.5)
    assert sentences.estimate_text(whole, 2) == "[[1,234 kg (90% interval −1 to 2, p = 0.500)|x]]"
    assert sentences.estimate_text(estimate(p_value=0.5), unit=False) == "[[1,234 (p = 0.500)|x]]"
    assert sentences.estimate_text(estimate()) == "[[1,234 kg|x]]"


def test_a_calibrated_p_is_told_beside_the_test_s_own() -> None:
    own, raised = estimate(p_value=0.03), estimate(p_value=0.06)
    told = "Among samples without an effect it has p = 0.060, which counts in place of p = 0.030."
    assert plain(sentences.calibrated_text(raised, own)) == told
    assert plain(sentences.calibrated_text(own, own)) == "Samples without an effect leave its p as it is."
    assert sentences.calibrated_text(own, estimate(p_value=math.nan)) == ""


def test_shares_and_levels() -> None:
    assert sentences.percent(0.123, 1) == "12.3%"
    assert sentences.percent(-0.5) == "−50%"
    assert sentences.level_text(1 - 0.95) == "0.05"
    assert sentences.initial("criminal WJP") == "Criminal WJP"


def test_a_mark_links_to_its_estimate_in_the_run_it_names_and_else_where_the_page_says() -> None:
    marked = f"From {refer('0.2', 'slope')} to {refer('3', 'un_2022.power.half', '02_precursors')} <b>."
    assert plain(marked) == "From 0.2 to 3 <b>."
    assert linked(marked, "#estimate-01_markets-{id}") == (
        'From <a href="#estimate-01_markets-slope">0.2</a> to '
        '<a href="#estimate-02_precursors-un_2022.power.half">3</a> &lt;b&gt;.'
    )


def test_what_was_read_off_a_figure_is_no_link_but_on_the_page() -> None:
    assert linked(f"It fell to {refer('3,307', 'figure:fall')}.") == "It fell to 3,307."


def test_the_sign_of_per_cent_stands_at_its_number() -> None:
    assert (
        per_cent_signs("25 %, 0.44\u00a0% a year and 5%, of per cent (%)")
        == "25%, 0.44% a year and 5%, of per cent (%)"
    )


def test_log_points_are_told_as_the_per_cent_they_come_to() -> None:
    # Half as much again is log 1.5, half as much log 0.5; small ones are as good as per cent.
    assert sentences.change(math.log(1.5)) == "50"
    assert sentences.change(math.log(0.5)) == "−50"
    assert sentences.change(0.0605) == "6.2"
    assert sentences.change(0.0044) == "0.44"


def test_a_link_leads_to_the_row_whatever_characters_its_id_has() -> None:
    own = 'own "x" & <i>'
    assert linked(refer("<b>1</b>", own)) == (
        '<a href="#estimate-own &quot;x&quot; &amp; &lt;i&gt;">&lt;b&gt;1&lt;/b&gt;</a>'
    )
