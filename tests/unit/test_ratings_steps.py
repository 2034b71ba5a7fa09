"""Who had joined when, who is compared, and what the tests of ratings and of changes give, on made-up countries."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.counts.rating_scores import score_statistics
from crimjust_research.designs.resampling.inversion import equivalence_p, not_rejected, two_sided
from crimjust_research.designs.resampling.shuffles import without_unit
from crimjust_research.errors import DataError
from crimjust_research.evidence import plan
from crimjust_research.questions.ratings import evaluations, index, joining, measures, steps
from crimjust_research.questions.ratings.evaluations import Choice, Rated
from crimjust_research.questions.ratings.index import Changes
from crimjust_research.questions.ratings.params import Params

P = Params(dating="documented", confidence_level=0.95, draws=499, seed=7)


def test_dates_are_counted_in_months_a_bare_year_from_its_middle() -> None:
    assert joining.month("2016-07-20") - joining.month("2015-07") == 12
    assert joining.month("2018") == joining.month("2018-07")
    with pytest.raises(DataError, match="'soon' is no date"):
        joining.month("soon")


def entered() -> pd.DataFrame:
    return joining.entries(
        pd.DataFrame(
            {
                "iso3": ["COL", "PER", "SLV", "URY"],
                "tier": ["I", "I", "II", "II/Azure"],
                "documented": ["2017-05", None, "2021-07", "2020-05"],
            }
        ),
        "documented",
    )


def test_states_of_another_tier_are_compared_until_their_own_entry() -> None:
    codes = pd.Series(["COL", "PER", "SLV", "URY", "CRI"])
    at = pd.Series([joining.month(d) for d in ("2018-11", "2019-02", "2024-08", "2020-01", "2017-10")])
    found = joining.histories(codes, entered(), at, any_tier=False)
    assert found["left_out"].tolist() == ["", "date of joining unknown", "came in another way before", "", ""]
    assert found["joined"].tolist() == [joining.month("2017-05"), np.inf, np.inf, np.inf, np.inf]
    any_tier = joining.histories(codes, entered(), at, any_tier=True)
    assert any_tier["left_out"].tolist() == ["", "date of joining unknown", "", "", ""]
    assert np.isfinite(any_tier["joined"]).tolist() == [True, False, True, True, False]


def test_exposure_is_years_to_the_evaluation_and_none_where_that_comes_first() -> None:
    joined = np.array([joining.month("2017-05"), joining.month("2020-05"), np.inf])
    at = np.array([joining.month("2018-11"), joining.month("2020-01"), joining.month("2024-01")])
    assert joining.years_exposed(joined, at).tolist() == [1.5, 0.0, 0.0]


def made_up(seed: int = 1, effect: float = 0.0) -> Rated:
    """Sixty SIMULATED countries of three regions, ten of them evaluated after joining, at dates of their own."""
    rng = np.random.default_rng(seed)
    n = 60
    rows = pd.DataFrame(
        {
            "iso3": [f"X{i:02d}" for i in range(n)],
            "name": [f"Country {i}" for i in range(n)],
            "region": np.repeat(["a", "b", "c"], 20),
            "evaluated": "2020-01",
            "at": 12.0 * 2018 + rng.integers(0, 84, n),
            "joined": np.inf,
            "income": rng.normal(size=n),
            "year": rng.integers(2016, 2025, n),
        }
    )
    rows.loc[[1, 4, 7, 10, 13, 16, 22, 27, 33, 38], "joined"] = 12.0 * 2017
    years = joining.years_exposed(rows["joined"].to_numpy(), rows["at"].to_numpy())
    latent = rows["income"] + effect * years + rng.logistic(size=n)
    return Rated(rows.assign(exposure=years, rating=np.digitize(latent, [-0.5, 1.5])), Choice("documented"))


def test_shuffled_histories_are_counted_at_each_countrys_own_evaluation() -> None:
    data = made_up()
    exposure = data.exposure(data.shuffles(99, 3))
    assert exposure[0] == pytest.approx(data.rows["exposure"].to_numpy())
    possible = (data.rows["at"] - 12.0 * 2017) / 12
    exposed = exposure > 0
    assert (exposure[exposed] == np.broadcast_to(possible, exposure.shape)[exposed]).all()
    by_region = exposed.reshape(100, 3, 20).sum(axis=2)
    assert (by_region == [6, 4, 0]).all()


def test_a_planted_effect_is_found_within_its_interval_and_an_absent_one_is_equivalent_to_none() -> None:
    there = evaluations.shuffle_test(made_up(2, effect=0.8), 499, P)
    assert there["p_value"] < 0.01
    assert there["ci_low"] < np.exp(0.8) < there["ci_high"]
    assert there["ci_low"] > 1
    absent = evaluations.shuffle_test(made_up(3), 499, P, {"small": 0.01, "large": 3.0})
    assert absent["equivalence"]["large"] < 0.05 < absent["equivalence"]["small"]


def test_each_country_left_out_is_as_if_it_had_never_been_there() -> None:
    data = made_up(4, effect=0.3)
    found = evaluations.left_out(data, P, draws=999)
    level = P.model_copy(update={"confidence_level": 0.9})
    assert len(found) == 60
    for unit in (4, 22, 50):
        without = Rated(data.rows.drop(index=unit).reset_index(drop=True), data.choice)
        anew = evaluations.shuffle_test(without, 4999, level)
        row = found.loc[unit]
        assert row["estimate"] == pytest.approx(anew["estimate"], rel=1e-4)
        assert row["p_value"] == pytest.approx(anew["p_value"], abs=0.04)
        # Other shuffles, and ends between the effects tried: a fifth of a standard error.
        assert np.log(row["ci_low"]) == pytest.approx(np.log(anew["ci_low"]), abs=0.05)
        assert np.log(row["ci_high"]) == pytest.approx(np.log(anew["ci_high"]), abs=0.05)


def test_exposure_without_a_country_is_that_of_the_others_shuffled_without_it() -> None:
    data = made_up(6)
    data = replace(
        data, rows=data.rows.assign(at=data.rows["at"].where(data.rows.index != 3, 12.0 * 2015))
    )  # too early
    order = data.shuffles(199, 1)
    exposure, whose = data.exposure(order), np.argsort(order, axis=1)
    for unit in range(60):
        others = Rated(data.rows.drop(index=unit).reset_index(drop=True), data.choice)
        plain = others.exposure(without_unit(order, unit))
        found = data.exposure_without(unit, exposure, order, whose)
        assert (np.delete(found, unit, axis=1) == plain).all()
        assert (found[:, unit] == 0).all()


def test_countries_are_left_out_together_as_one_by_one() -> None:
    """The plain form: a test of its own for each country, on the rows and shuffles that are left."""
    data = made_up(7, effect=0.2)
    data = replace(data, rows=data.rows.assign(at=data.rows["at"].where(data.rows.index != 3, 12.0 * 2015)))
    found, order = evaluations.left_out(data, P, draws=199), data.shuffles(199, P.seed)
    log_ratios, error = np.log(found["estimate"].to_numpy()), evaluations.fitted(data)[1]
    spans = error * np.linspace(-5, 5, 11)
    for unit in range(60):
        others = Rated(data.rows.drop(index=unit).reset_index(drop=True), data.choice)
        statistic = score_statistics(
            np.tile(others.rating, (12, 1)),
            np.delete(data.design, unit, axis=0),
            others.exposure(without_unit(order, unit)),
            categories=data.categories,
            offset=np.append(log_ratios[unit] + spans, 0.0)[:, None] * others.rows["exposure"].to_numpy(),
            start=data.unexposed,
        )
        low, high = evaluations._ends(log_ratios[unit] + spans, np.abs(statistic[:-1]), 0.1)
        row = found.loc[unit]
        assert row["p_value"] == two_sided(statistic[-1:])[0]
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((np.exp(low), np.exp(high)), rel=1e-8)


def test_ratings_that_exposure_predicts_perfectly_have_no_odds_ratio() -> None:
    data = made_up(5)
    perfect = data.rows.assign(rating=np.where(data.rows["exposure"] > 0, 1, 0))
    found = evaluations.shuffle_test(Rated(perfect, data.choice), 199, P)
    assert np.isnan([found["estimate"], found["ci_low"], found["ci_high"]]).all()
    assert found["p_value"] < 0.05


def test_altered_rows_are_those_added_dropped_and_exposed_otherwise() -> None:
    one = pd.DataFrame({"iso3": ["A", "B", "C", "D"], "exposure": [1.0, 0.0, 0.0, 2.0]})
    other = pd.DataFrame({"iso3": ["A", "B", "D", "E", "F"], "exposure": [1.5, 0.0, 2.0, 0.0, 1.0]})
    assert evaluations.altered(one, other) == (1 + 2 + 1) / 4  # C dropped, E and F added, A exposed otherwise


def changed(effect: float = 0.0, seed: int = 1) -> Changes:
    rng = np.random.default_rng(seed)
    region = np.repeat(["a", "b"], [25, 40])
    joined = np.zeros(65)
    joined[[0, 3, 6, 9, 12, 15, 18, 21, 30, 40, 50, 60]] = 1.0
    y = np.round(2 * rng.normal(size=65) * 0.6) / 2 + effect * joined + (region == "b") * 0.5
    rows = pd.DataFrame({"iso3": [f"X{i}" for i in range(65)], "name": "Y", "region": region})
    return Changes(rows.assign(joined=joined, change=y))


def test_the_difference_of_changes_is_that_within_regions() -> None:
    data = changed(1.0)
    found = index.shuffle_test(data, 499, P, {"half": 0.25, "double": 3.0})
    rows = data.rows
    by_hand, weights = [], []
    for _, own in rows.groupby("region"):
        n, k = len(own), own["joined"].sum()
        by_hand.append(own.loc[own["joined"] > 0, "change"].mean() - own.loc[own["joined"] == 0, "change"].mean())
        weights.append(k * (n - k) / n)
    assert found["estimate"] == pytest.approx(np.average(by_hand, weights=weights))
    assert found["ci_low"] < found["estimate"] < found["ci_high"]
    assert found["p_value"] < 0.01
    assert found["equivalence"]["double"] < 0.01 < found["equivalence"]["half"]


def test_an_interval_holds_the_effects_that_the_changes_without_them_do_not_tell_from_none() -> None:
    """The plain form: every effect tried is taken off, and all shuffles are fitted anew."""
    data = changed(0.5)
    found = index.shuffle_test(data, 499, P, {"margin": 1.0})
    shuffled = index.dealt_out(data, data.shuffles(499, P.seed))

    def statistics(effects: np.ndarray) -> np.ndarray:
        return shuffled.coefficients(data.y - effects[:, None] * data.treated).statistic

    low, high = not_rejected(
        lambda effects: two_sided(statistics(effects)), found["estimate"], found["std_error"], 0.05
    )
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((low, high), abs=1e-10)
    assert found["p_value"] == two_sided(statistics(np.zeros(1)))[0]
    assert found["equivalence"]["margin"] == equivalence_p(statistics, 1.0)


def test_states_left_out_of_the_index_are_fitted_anew() -> None:
    data = changed(0.5)
    found = index.left_out(data, P, draws=999)
    level = P.model_copy(update={"confidence_level": 0.9})
    for unit in (0, 30, 64):
        anew = index.shuffle_test(Changes(data.rows.drop(index=unit).reset_index(drop=True)), 4999, level)
        row = found.loc[unit]
        assert row["estimate"] == pytest.approx(anew["estimate"])
        assert row["std_error"] == pytest.approx(anew["std_error"])
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((anew["ci_low"], anew["ci_high"]), abs=0.08)


def test_simulated_samples_without_an_effect_are_rejected_at_the_level_and_others_more() -> None:
    for found in (
        evaluations.simulated(made_up(), {"half": 0.2, "double": 1.6}, 0.02, P),
        index.simulated(changed(), {"half": 0.25, "double": 1.0}, 0.02, P),
    ):
        without_effect = found.without_effect.values()
        assert all(0.03 < p.rejected(0.05).mean() < 0.08 and p.p_values.size == 2000 for p in without_effect)
        assert found.power["double"].value > 0.5 > found.power["half"].value
        assert found.power["double"].samples == 1000


def test_measures_are_asked_as_the_plan_has_them() -> None:
    registered = [p for p in plan.load().primaries if p.assessment == "ratings"]
    about = measures.described(registered)
    assert set(about) == {p.name for p in registered}
    assert {name: of["outcome"] for name, of in about.items() if of["outcome"] == "3"} == {
        "fatf_cooperation": "3",
        "index_cooperation": "3",
    }
    assert about["fatf_cooperation"]["measured"] == "international cooperation (FATF's immediate outcome 2)"
    assert about["index_judiciary"]["asked"].startswith("Did the Organized Crime Index score the judicial system")


def test_heaviest_units_are_those_that_move_an_estimate_most_ratios_in_logs() -> None:
    registered = pd.DataFrame({"title": ["T"], "estimate": [2.0]})
    without = pd.DataFrame({"title": "T", "country": ["A", "B", "C"], "estimate": [1.1, 3.0, 2.1]})
    without = without.assign(ci_low=0.0, ci_high=9.0, p_value=0.5)
    assert steps.weightiest(without, registered, 1)["country"].tolist() == ["A", "B"]
    assert steps.weightiest(without, registered, 0)["country"].tolist() == ["B", "A"]
