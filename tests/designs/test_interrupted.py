"""One interrupted series, alone and against a control, against published answers and statsmodels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from crimjust_research.designs.series.interrupted import InterruptedSeries, interrupted_series
from crimjust_research.designs.series.interruptions import Interruption
from crimjust_research.errors import ParameterError

BAN = 36  # months before the ban
MONTHS = pd.period_range("2002-01", periods=59, freq="M")
STEP = [Interruption("ban", MONTHS[BAN], slope=False)]
BOTH = [Interruption("ban", MONTHS[BAN])]
T = np.arange(59.0)
DESIGN = np.column_stack([np.ones(59), T, T >= BAN, np.maximum(T - BAN, 0)])


@pytest.fixture(scope="module")
def sicily(published: Callable[[str], pd.DataFrame]) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Coronary admissions in Sicily 2002-2006, standard population, and answers by model."""
    frame = published("sicily/monthly").set_index(MONTHS)
    return (
        frame["admissions"],
        frame["standard_population"],
        published("sicily/answers").set_index(["model", "quantity"])["value"],
    )


@pytest.fixture(scope="module")
def other() -> pd.Series:
    return pd.Series(np.random.default_rng(3).poisson(300 * np.exp(0.005 * T)), index=MONTHS, name="other")


def terms(found: InterruptedSeries, comparison: str = "series") -> pd.DataFrame:
    return found.table[found.table["comparison"] == comparison].set_index("term")


def test_sicily(sicily: tuple[pd.Series, pd.Series, pd.Series]) -> None:
    """Lopez Bernal, Cummins and Gasparrini (2017): 0.894 (0.864 to 0.925), with quasi-Poisson 0.839 to 0.953, with a season
    0.885 (0.839 to 0.933)."""
    counts, population, answers = sicily
    poisson = terms(interrupted_series(counts, STEP, exposure=population, errors="model")).loc["level: ban"]
    assert poisson["rate_ratio"] == pytest.approx(answers["poisson", "rate_ratio"], abs=1e-5)
    assert poisson[["ci_low", "ci_high"]].tolist() == pytest.approx([0.864686, 0.925087], abs=1e-5)
    quasi = interrupted_series(counts, STEP, exposure=population, errors="quasi")
    assert quasi.dispersion == pytest.approx(3.5592, abs=1e-4)
    assert terms(quasi).loc["level: ban", ["ci_low", "ci_high"]].tolist() == pytest.approx(
        [0.839188, 0.953194], abs=2e-6
    )
    seasonal = interrupted_series(counts, STEP, exposure=population, errors="quasi", harmonics=2)
    assert seasonal.dispersion == pytest.approx(2.26219, abs=1e-5)
    row = terms(seasonal).loc["level: ban"]
    assert row[["rate_ratio", "ci_low", "ci_high"]].tolist() == pytest.approx([0.885072, 0.839400, 0.933228], abs=2e-6)
    sloping = terms(interrupted_series(counts, BOTH, exposure=population, errors="quasi", harmonics=2))["estimate"]
    assert sloping["slope: ban"] == pytest.approx(answers["level and slope", "slope"], abs=1e-5)
    level = sloping["level: ban"] - sloping["slope: ban"]
    assert level == pytest.approx(answers["level and slope", "level"], abs=1e-5)


@pytest.mark.filterwarnings("ignore:Maximum Likelihood optimization failed")
def test_newey_west_errors_are_those_of_statsmodels(sicily: tuple[pd.Series, pd.Series, pd.Series]) -> None:
    counts, population, _ = sicily
    y, offset = counts.to_numpy(float), np.log(population.to_numpy())
    robust: dict[str, Any] = {"cov_type": "HAC", "cov_kwds": {"maxlags": 3, "use_correction": True}}
    line = sm.OLS(y, DESIGN).fit(**robust, use_t=True)
    ours = terms(interrupted_series(counts, BOTH, family="linear", hac_lags=3))
    assert ours["estimate"].to_numpy() == pytest.approx(line.params[1:])
    assert ours["std_error"].to_numpy() == pytest.approx(line.bse[1:])
    assert ours["p_value"].to_numpy() == pytest.approx(line.pvalues[1:])
    poisson = sm.GLM(y, DESIGN, family=sm.families.Poisson(), offset=offset).fit(tol=1e-12, **robust)
    ours = terms(interrupted_series(counts, BOTH, exposure=population, hac_lags=3))
    assert ours["std_error"].to_numpy() == pytest.approx(poisson.bse[1:], rel=1e-6)
    binomial = sm.NegativeBinomial(y, DESIGN, offset=offset).fit(
        start_params=[*poisson.params, 0.003], method="bfgs", gtol=1e-9, maxiter=5000, disp=0
    )
    found = interrupted_series(counts, BOTH, exposure=population, family="negative_binomial", errors="model")
    assert terms(found)["estimate"].to_numpy() == pytest.approx(binomial.params[1:-1], rel=1e-3, abs=1e-7)
    assert terms(found)["std_error"].to_numpy() == pytest.approx(binomial.bse[1:-1], rel=1e-3)
    assert found.overdispersion == pytest.approx(binomial.params[-1], rel=1e-4)


@pytest.mark.parametrize("family", ["linear", "poisson"])
def test_a_control_is_the_stacked_regression_with_all_terms_interacted(
    sicily: tuple[pd.Series, pd.Series, pd.Series], other: pd.Series, family: Any
) -> None:
    """Driscoll and Kraay's errors of statsmodels: autocorrelation, and what strikes both series in one month."""
    counts, *_ = sicily
    found = interrupted_series(counts, BOTH, family=family, control=other, hac_lags=3)
    stacked = np.vstack([DESIGN, DESIGN])
    design = np.hstack([stacked, stacked * np.r_[np.ones(59), np.zeros(59)][:, None]])
    y = np.append(counts.to_numpy(float), other.to_numpy(float))
    model = sm.OLS(y, design) if family == "linear" else sm.GLM(y, design, family=sm.families.Poisson())
    options: dict[str, Any] = {} if family == "linear" else {"tol": 1e-12}
    within = {"time": np.r_[T, T].astype(int), "maxlags": 3, "use_correction": False}
    fit = model.fit(cov_type="hac-groupsum", cov_kwds=within, **options)
    difference = terms(found, "difference")
    assert difference["estimate"].to_numpy() == pytest.approx(fit.params[5:], rel=1e-6, abs=1e-9)
    assert difference["std_error"].to_numpy() == pytest.approx(fit.bse[5:] * np.sqrt(59 / 55), rel=1e-5)
    assert set(found.table["comparison"]) == {"series", "control", "difference"}


def test_what_strikes_series_and_control_alike_leaves_the_difference_alone() -> None:
    rng = np.random.default_rng(8)
    shock = 40 * (T >= BAN) + rng.normal(0, 15, 59)
    one, other = (pd.Series(200 + shock + rng.normal(0, 2, 59), index=MONTHS) for _ in range(2))
    alone = terms(interrupted_series(one, STEP, family="linear")).loc["level: ban"]
    against = terms(interrupted_series(one, STEP, family="linear", control=other), "difference").loc["level: ban"]
    assert alone["p_value"] < 0.01
    assert abs(against["estimate"]) < 3 * against["std_error"]
    assert against["std_error"] < alone["std_error"] / 2


def test_path_without_events_and_covariates(sicily: tuple[pd.Series, pd.Series, pd.Series]) -> None:
    counts, population, _ = sicily
    heat = pd.DataFrame({"heat": np.cos(T)}, index=MONTHS)
    found = interrupted_series(counts, STEP, exposure=population, covariates=heat)
    ratio = (found.path["fitted"] / found.path["without_events"]).to_numpy()
    assert (ratio[:BAN] == 1).all()
    assert ratio[BAN:] == pytest.approx(np.full(23, terms(found).loc["level: ban", "rate_ratio"]))
    assert found.path["observed"].to_numpy() == pytest.approx((counts / population).to_numpy())
    assert found.hac_lags == 3  # floor(4 (59 / 100)^(2/9))
    assert "heat" in terms(found).index


COUNTS = pd.Series(np.random.default_rng(5).poisson(30, 59), index=MONTHS)


def at(month: int, slope: bool = True) -> list[Interruption]:
    return [Interruption("x", MONTHS[month], slope=slope)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: interrupted_series(COUNTS.where(T < BAN, 0), at(BAN)), "no finite logarithm"),
        (lambda: interrupted_series(COUNTS.where(T < 57, 0), at(57)), "no finite logarithm"),
        (lambda: interrupted_series(COUNTS, at(58)), "2006-11 has a term almost to itself"),
        (lambda: interrupted_series(COUNTS, at(56)), "hardly a residual"),
        (lambda: interrupted_series(COUNTS, at(1)), "two periods before it"),
        (lambda: interrupted_series(COUNTS, at(30), family="negative_binomial"), "not more dispersed"),
        (lambda: interrupted_series(COUNTS - 40, at(30)), "negative or not whole"),
        (lambda: interrupted_series(COUNTS, at(30), exposure=COUNTS * 0), "exposure is 0 at 2002-01"),
        (lambda: interrupted_series(COUNTS, at(30), exposure=COUNTS.iloc[1:] + 1), "exposure is not on the dates"),
        (lambda: interrupted_series(COUNTS, at(30), family="linear", exposure=COUNTS + 1), "divide the series by it"),
        (lambda: interrupted_series(COUNTS, at(30), control=COUNTS), "moves exactly as the series"),
        (lambda: interrupted_series(COUNTS, at(30), control=COUNTS * 2), "moves exactly as the series"),
        (lambda: interrupted_series(COUNTS, at(30), control=COUNTS.shift(1, freq="M")), "not on the same dates"),
        (lambda: interrupted_series(COUNTS, at(30), control_exposure=COUNTS + 1), "control is not"),
        (lambda: interrupted_series(COUNTS, at(30), harmonics=6), "give fewer than 6"),
        (lambda: interrupted_series(COUNTS, at(30), hac_lags=500), "allow 55 at most"),
        (lambda: interrupted_series(COUNTS.iloc[:8], at(4)), "8 periods cannot tell 4 terms apart"),
        (lambda: interrupted_series(COUNTS, at(30), covariates=pd.DataFrame({"t": T}, index=MONTHS)), "apart"),
        (lambda: interrupted_series(pd.Series(T, index=MONTHS), at(30), family="linear"), "segments exactly"),
        (lambda: interrupted_series(COUNTS, at(30), family="negative_binomial", errors="quasi"), "quasi"),
        (lambda: interrupted_series(COUNTS, at(30), family="gamma"), "family is 'gamma'"),  # type: ignore[arg-type]
    ],
)
def test_refusals_name_argument_value_and_remedy(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()
