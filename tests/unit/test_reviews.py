"""Outcome 3's assessment of reviews under the Convention against Corruption."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crimjust_research.designs.survival.discrete_hazard import discrete_hazard
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.plan import load
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import reviews
from crimjust_research.outcomes.inputs import open_panel, open_raw
from crimjust_research.outcomes.reviews.articles import article_model, read_counts, simulated_counts
from crimjust_research.outcomes.reviews.challenges import NONE, challenge_estimates, matrix, streams_of_work, summary
from crimjust_research.outcomes.reviews.completion import by_region, by_year, published_totals, waiting
from crimjust_research.outcomes.reviews.hazard import hazard_estimates, secondary_estimates, state_years, with_indicator
from crimjust_research.outcomes.reviews.many_fits import many_hazard_fits
from crimjust_research.outcomes.reviews.meetings import chapter_iv_states, coverage
from crimjust_research.outcomes.reviews.parameters import second_cycle
from crimjust_research.outcomes.reviews.power import SMALLEST_EFFECT, rejection_rate
from crimjust_research.outcomes.reviews.totals import per_review
from crimjust_research.results import Assessment


@pytest.fixture(scope="module")
def result() -> Assessment:
    return reviews.assess(reviews.Params())


def made_up_panel(n: int, effect: float, seed: int) -> pd.DataFrame:
    """States whose yearly hazard of a second summary, from the third year on, grows with the indicator."""
    rng = np.random.default_rng(seed)
    first = rng.integers(2011, 2017, n)
    x = rng.normal(size=n)
    rate = 0.12 * np.exp(effect * x)
    # Whole years begun before an exponential time ends: geometric in years with the same hazard ratio.
    wait = 3 + np.floor(rng.exponential(1 / rate)).astype(int)
    done = first + wait <= 2025
    rows = []
    for s in range(n):
        shared = {
            "iso3": f"S{s:03d}",
            "first_year": first[s],
            "censoring_year": 2025,
            "region": ("South Asia", "Sub-Saharan Africa")[s % 2],
            "rule_of_law": x[s],
            "rule_of_law_std_error": 0.05,
            "control_of_corruption": x[s],
            "control_of_corruption_std_error": 0.05,
            "entry_documented": 2018 if s % 4 == 0 else pd.NA,
            "entry_latest": 2019 if s % 4 < 2 else pd.NA,
        }
        year = first[s] + wait[s] if done[s] else pd.NA
        rows.append({**shared, "cycle": 1, "is_complete": True, "year": first[s], "years_from_first": pd.NA})
        span = wait[s] if done[s] else 2025 - first[s]
        rows.append({**shared, "cycle": 2, "is_complete": bool(done[s]), "year": year, "years_from_first": span})
    frame = pd.DataFrame(rows)
    return frame.astype(dict.fromkeys(("year", "years_from_first", "entry_documented", "entry_latest"), "Int64"))


def test_a_planted_hazard_ratio_is_recovered_by_every_specification() -> None:
    second = second_cycle(made_up_panel(900, 0.5, 4))
    params = reviews.Params(draws=20)
    found = {e.id: e for e in hazard_estimates(second, params)}
    for identifier, estimate in found.items():
        assert estimate.ci_low < math.exp(0.5) < estimate.ci_high or estimate.estimate == pytest.approx(
            math.exp(0.5), rel=0.06
        ), identifier
        assert estimate.p_value < 1e-6
        assert estimate.null_value == 1
    assert secondary_estimates(second, params)[0].estimate == pytest.approx(found["rule_of_law"].estimate, rel=0.1)


def test_fitting_many_at_once_is_fitting_one_by_one() -> None:
    second = with_indicator(second_cycle(open_panel("reviews")[0]), "rule_of_law")
    rng = np.random.default_rng(1)
    draws = second["rule_of_law"].to_numpy() + rng.normal(scale=0.3, size=(3, len(second)))
    period = np.arange(second["years"].max() + 1)
    years = second["years"].to_numpy()[:, None]
    happened = (period == years) & (second["happened"] == 1).to_numpy()[:, None]
    many = many_hazard_fits(draws, (period <= years)[None], happened[None])
    for position, draw in enumerate(draws):
        one = discrete_hazard(state_years(second.assign(x=draw)), "iso3", ["x"]).table.iloc[0]
        assert many.log_hazard_ratio[position] == pytest.approx(one["estimate"], abs=1e-6)
        assert many.std_error[position] == pytest.approx(one["std_error"], rel=1e-4)


def test_levels_of_many_fits_are_the_observed_hazards_when_the_covariate_says_nothing() -> None:
    # Two values, each with one event among four in the first year and one among three in the second: hazards 1/4, 1/3.
    at_risk = np.array([[1, 0], [1, 1], [1, 1], [1, 1]] * 2, bool)
    happened = np.array([[1, 0], [0, 1], [0, 0], [0, 0]] * 2, bool)
    fit = many_hazard_fits(np.repeat([[-1.0, 1.0]], 4, axis=1), at_risk[None], happened[None])
    assert fit.log_hazard_ratio[0] == pytest.approx(0, abs=1e-9)
    assert np.exp(-np.exp(fit.level[0])) == pytest.approx([3 / 4, 2 / 3])
    with pytest.raises(ParameterError, match="no event"):
        many_hazard_fits(np.zeros((1, 8)), at_risk[None], np.zeros((1, 8, 2), bool))


def test_power_is_the_level_without_effect_and_grows_with_it() -> None:
    known = with_indicator(second_cycle(open_panel("reviews")[0]), "rule_of_law")
    none, some, registered = (rejection_rate(known, reviews.Params(), e) for e in (0.0, 0.3, SMALLEST_EFFECT))
    # 500 samples at 5 %: standard error 1 point.
    assert 0.02 < none < 0.08
    assert none < some < registered
    # Half the standard deviation of a smallest-extreme-value variable.
    assert pytest.approx(0.6413, abs=1e-4) == SMALLEST_EFFECT


def test_shares_by_year_region_and_unodc_totals_by_hand() -> None:
    panel = open_panel("reviews")[0]
    years = by_year(panel).set_index(["cycle", "year"])
    first = panel[(panel["cycle"] == 1)]
    assert years.loc[(1, 2013), "summaries"] == (first["year"] <= 2013).sum()
    assert years.loc[(1, 2025), "share"] == 1
    assert years.loc[(2, 2025), "summaries"] == 57
    regions = by_region(panel, 0.95).set_index("region")
    assert regions["states"].sum() == 80
    # Wilson, 6 of 6: the lower limit is n / (n + z^2) = 6 / (6 + 3.8415).
    assert regions.loc["Sub-Saharan Africa", "ci_low"] == pytest.approx(6 / 9.8415, abs=1e-4)
    shares = published_totals(open_raw("uncac_totals")[0]).set_index("as_of")["share"]
    assert shares["2014-05-21"] == pytest.approx(65 / 171)
    assert shares["2021-12-12"] == pytest.approx(173 / 186)


def test_waiting_starts_at_one_and_counts_who_is_awaited() -> None:
    second = second_cycle(made_up_panel(200, 0.0, 7))
    found = waiting(second, reviews.Params())
    assert (found.curves.groupby("group")["survival"].first() == 1).all()
    at_ten = found.at_risk.set_index(["group", "time"]).loc[("All States", 10), "at_risk"]
    assert at_ten == (second["years"] >= 10).sum()
    assert "Asia & Pacific" in set(found.medians["group"])
    low, high = found.median_between
    median = found.medians.set_index("group").loc["All States", "median"]
    assert low <= median + 1
    assert median - 1 <= high


def test_totals_per_review_by_hand() -> None:
    table = per_review(open_raw("uncac_totals")[0]).set_index("id")
    # Some 8,000 is 7,500 to 8,500, over 173 reviews.
    assert tuple(table.loc["gaps_2021", ["low", "high"]]) == pytest.approx((7500 / 173, 8500 / 173))
    assert tuple(table.loc["needs_2021", ["low", "high"]]) == pytest.approx((4000 / 173, math.inf))
    # Almost 7,000 over 198 summaries has no lower limit but zero.
    assert tuple(table.loc["gaps_2019", ["low", "high"]]) == pytest.approx((0, 7000 / 198))
    assert table.loc["needs_per_gap", "low"] == pytest.approx(4000 / 8500)
    # Two thirds of 173 reviewed to 186 parties: the most States make the fewest needs for each.
    assert table.loc["needs_per_asking_state", "low"] == pytest.approx(4000 / (2 / 3 * 186))
    assert table.loc["more_gaps", "low"] == pytest.approx(7500 - 7000)


def test_every_challenge_is_read_and_laws_are_answered_by_none() -> None:
    listed = open_raw("uncac_challenges")[0]
    cells, table = matrix(listed), summary(listed)
    assert len(cells) == 23 * len(streams_of_work())
    assert table.groupby("chapter").size().to_dict() == {"II": 5, "III": 6, "IV": 7, "V": 5}
    assert (table.loc[table["kind"] == "framework", "level"] == NONE).all()
    met = cells[cells["level"] != NONE].groupby("challenge")["stream"].nunique()
    assert met["prosecution"] == 3  # pillars 1 and 2 and step 1
    share = {e.id: e for e in challenge_estimates(table)}["challenges.all"]
    assert share.estimate * 23 == pytest.approx(len(met))
    with pytest.raises(DataError, match="extradition"):
        summary(listed[listed["challenge"] != "extradition"])


def test_meetings_join_reviews_and_events() -> None:
    panel = made_up_panel(4, 0.0, 1)
    first = int(panel["first_year"].iloc[0])
    events = pd.DataFrame(
        {"event": ["e", "e"], "iso3": ["S000", "XXX"], "year": [first + 2] * 2, "type": "training", "n_states": 2}
    )
    rows = chapter_iv_states(panel, events)
    assert rows[["iso3", "partners", "years_after"]].to_dict("records") == [
        {"iso3": "S000", "partners": 1, "years_after": 2}
    ]
    assert coverage(panel, events)["states"].tolist() == [1, 3, 1]


def test_simulated_counts_are_marked_and_recovered(result: Assessment) -> None:
    counts = simulated_counts(1)
    assert counts["gaps"].between(0, counts["provisions"]).all()
    assert counts["state"].str.fullmatch(r"S\d\d").all()  # codes, so that nobody takes them for a country's
    assert all(e.data_status == "simulated" for e in result.estimates if e.id.startswith("articles."))
    assert {"SIMULATED_article_counts", "SIMULATED_article_model"} <= set(result.tables)
    figure = result.figure("articles_simulated")
    assert "SIMULATED" in figure.alt
    assert "SIMULATED" in figure.caption
    table = article_model(open_panel("reviews")[0], reviews.Params()).table
    assert ((table["estimate"] - table["truth"]).abs() / table["std_error"]).dropna().max() < 4


def test_a_users_own_counts_take_the_place_of_simulated_ones(tmp_path: Path) -> None:
    states = open_panel("reviews")[0].drop_duplicates("iso3")
    known = states[states["rule_of_law"].notna()]["iso3"].head(30)
    rng = np.random.default_rng(5)
    rows = [(s, a, 10, int(rng.binomial(10, rng.beta(2, 4)))) for s in [*known, "JPN"] for a in (8, 46)]
    path = tmp_path / "counts.csv"
    pd.DataFrame(rows, columns=["iso3", "article", "provisions", "gaps"]).to_csv(path, index=False)
    own = reviews.assess(reviews.Params(counts_file=str(path)))
    found = {e.id: e for e in own.estimates if e.id.startswith("articles.")}
    assert set(found) == {"articles.chapter_II", "articles.indicator", "articles.correlation"}
    assert all(e.data_status == "observed" and e.n_obs == 60 for e in found.values())  # Japan has no indicator
    assert own.figure("articles").caption.count("SIMULATED") == 0
    assert "article_counts" in own.tables
    few = tmp_path / "few.csv"
    few.write_text("iso3,article,provisions,gaps\nALB,8,5,1\n")
    with pytest.raises(ParameterError, match="the model needs 20"):
        reviews.assess(reviews.Params(counts_file=str(few)))


def test_faults_in_a_counts_file_are_named_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("iso3,article,provisions,gaps\nALB,8,5,6\nZZZ,46,4,1\nALB,3,4,1\nARG,8,x,1\nALB,8,5,1\n")
    with pytest.raises(DataError) as error:
        read_counts(path)
    text = str(error.value)
    for part in (
        "row 2, column gaps: '6'",
        "row 3, column iso3: 'ZZZ'",
        "row 4, column article: '3'",
        "row 5, column provisions: 'x'",
        "row 6, column article: '8' stands twice",
    ):
        assert part in text
    path.write_text("iso3,article,gaps\nALB,8,6\n")
    with pytest.raises(DataError, match="no column provisions"):
        read_counts(path)
    with pytest.raises(DataError, match="cannot be read"):
        reviews.Params(counts_file="no/such/file.csv")


def test_the_defaults_are_the_registered_ones(result: Assessment) -> None:
    assert result.departures == ()
    assert [e.id for e in result.estimates if e.role == "primary"] == ["rule_of_law"]
    primary = next(p for p in load().primaries if p.id == "reviews.rule_of_law")
    assert result.question == primary.question
    registered = {"cox", "control_of_corruption", "region_effects", "measurement_error", "first_since_2013"}
    assert {e.id for e in result.estimates if e.role == "sensitivity"} == {f"rule_of_law.{s}" for s in registered}
    assert result.estimate("rule_of_law.power").data_status == "simulated"
    other = reviews.assess(reviews.Params(covariate="control_of_corruption", draws=20))
    assert len(other.departures) == 1
    assert other.estimate("rule_of_law.rule_of_law").estimate == pytest.approx(result.estimate("rule_of_law").estimate)


def test_the_answer_says_what_the_numbers_say(result: Assessment) -> None:
    main, text = result.estimate("rule_of_law"), plain(result.answer)
    assert ("not detectably" in text) == (main.p_value >= 0.05)
    assert f"p = {main.p_value:.3f}" in text
    assert f"Among {main.n_units} States" in text
    same_side = [
        e
        for e in result.estimates
        if e.role == "sensitivity" and (e.estimate - 1) * (main.estimate - 1) > 0 and e.p_value < 0.05
    ]
    assert f"{len(same_side)} of 5 other" in text
    assert "43.4 to 49.1 gaps" in text
    assert f"{result.estimate('rule_of_law.power').estimate:.0%} of SIMULATED samples" in text
    assert f"{(result.tables['challenges']['level'] != NONE).sum()} of the 23" in text


def test_repeating_the_assessment_repeats_every_digit(result: Assessment) -> None:
    again = reviews.assess(reviews.Params())
    pd.testing.assert_frame_equal(again.frame(), result.frame(), check_exact=True)
    assert [f.svg for f in again.figures] == [f.svg for f in result.figures]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"covariate": "gdp"}, "rule_of_law"),
        ({"draws": 5}, "greater than or equal to 20"),
        ({"confidence_level": 1.5}, "less than or equal to 0.999"),
        ({"seeds": 3}, "Extra inputs"),
    ],
)
def test_bad_parameters_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        reviews.Params(**changes)  # type: ignore[arg-type]
