"""Steps of the question of joining: who is compared with whom, what is estimated, by hand and against each other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crimjust_research.data.opening import open_panel
from crimjust_research.designs.staggered.panel import Timing
from crimjust_research.questions.joining import power, steps
from crimjust_research.questions.joining.comparison import (
    ANTICIPATED,
    NEXT_EDITION,
    SAME_YEAR,
    Specification,
    comparison,
    entry_period,
)
from crimjust_research.questions.joining.estimators import GROUP_TIME
from crimjust_research.questions.joining.measures import PRIMARY
from crimjust_research.questions.joining.params import Params

PARAMS = Params(
    dating="documented",
    control="not_yet_treated",
    start=2014,
    end=2023,
    confidence_level=0.95,
    draws=199,
    seed=20211212,
)
NINE = ["ARG", "BOL", "BRA", "COL", "DOM", "ECU", "GHA", "NGA", "PAN"]


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return open_panel("country_year")[0]


def toy_panel(rows: list[tuple[str, str, str | None, float | None, list[float | None]]]) -> pd.DataFrame:
    """Rows of (country, region, tier, year of entry, scores from 2014 on) as the country panel has them."""
    frames = [
        pd.DataFrame(
            {
                "iso3": iso3,
                "region": region,
                "year": range(2014, 2014 + len(scores)),
                "score": pd.array(scores, dtype="Float64").to_numpy("float64", na_value=np.nan),
                "entry_tier": tier,
                "entry_earliest": entered,
                "entry_documented": entered,
                "entry_latest": entered,
            }
        )
        for iso3, region, tier, entered, scores in rows
    ]
    return pd.concat(frames, ignore_index=True)


# --- Who is compared with whom -----------------------------------------------------------------------------------


def test_the_period_of_entry_follows_the_convention() -> None:
    years = np.array([2014, 2015, 2016, 2017, 2019, 2020])
    entered = pd.Series([2016.0, 2017.0, 2018.0, np.nan])
    # The period after entry is treated: 2016 is period 3, so 2017 (4) is first; 2017 and 2018 both lead to 2019 (5).
    assert entry_period(entered, years, NEXT_EDITION).tolist()[:3] == [3.0, 4.0, 4.0]
    # The period of entry is treated: 2018 has no edition, so the next one, 2019 (5), is it.
    assert entry_period(entered, years, SAME_YEAR).tolist()[:3] == [3.0, 4.0, 5.0]
    assert np.isnan(entry_period(entered, years, NEXT_EDITION).iloc[3])


def test_nine_countries_count_as_joined_and_those_without_date_are_left_out(panel: pd.DataFrame) -> None:
    registered = comparison(panel, "wjp_8_1", Specification(), 2014, 2023)
    assert registered.joined == NINE
    assert registered.years == (2014, 2015, 2016, 2017, 2019, 2020, 2021, 2022, 2023)
    assert not {"PER", "CPV", "GNB"} & set(registered.checked.units)
    assert set(registered.region) == {"Latin America & Caribbean", "Sub-Saharan Africa"}
    latest = comparison(panel, "wjp_8_1", Specification("latest"), 2014, 2023)
    assert latest.joined == sorted([*NINE, "PER"])


def test_first_treated_editions_are_those_after_the_documented_year(panel: pd.DataFrame) -> None:
    registered = comparison(panel, "wjp_8_1", Specification(), 2014, 2023)
    first = {
        unit: registered.years[int(start) - 1]
        for unit, start in zip(registered.checked.units, registered.checked.cohort, strict=True)
        if np.isfinite(start)
    }
    assert first == {**dict.fromkeys(NINE, 2019), "GHA": 2017, "PAN": 2017}


def test_who_entered_in_another_way_is_a_comparison_until_then(panel: pd.DataFrame) -> None:
    registered = comparison(panel, "wjp_8_1", Specification(), 2014, 2023)
    guatemala = registered.rows[registered.rows["unit"] == "GTM"]  # documented in 2021
    assert guatemala["first_treated"].isna().all()
    assert registered.years[int(guatemala["time"].max()) - 1] == 2021
    anticipated = comparison(panel, "wjp_8_1", Specification(timing=ANTICIPATED), 2014, 2023)
    earlier = anticipated.rows[anticipated.rows["unit"] == "GTM"]
    assert anticipated.years[int(earlier["time"].max()) - 1] == 2020
    never = comparison(panel, "wjp_8_1", Specification(control="never_treated"), 2014, 2023)
    assert not {"GTM", "URY", "SEN", "BEN"} & set(never.checked.units)
    everywhere = comparison(panel, "wjp_8_1", Specification(control="all_regions"), 2014, 2023)
    assert {"FRA", "JPN"} <= set(everywhere.checked.units)


# --- What is estimated -------------------------------------------------------------------------------------------


def test_the_estimate_is_the_double_difference_by_hand() -> None:
    flat = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    rows = [
        ("AAA", "R", "I", 2016, [0.2, 0.2, 0.2, 0.4, 0.5, 0.6]),
        ("AAB", "R", "I", 2016, [0.3, 0.3, 0.3, 0.5, 0.6, 0.7]),
        ("BBB", "R", None, None, flat),
        ("BBC", "R", None, None, [0.5, 0.5, 0.5, 0.6, 0.6, 0.6]),
        ("CCC", "S", None, None, flat),  # another region: no comparison
    ]
    measure = replace(PRIMARY[0], column="score")
    panel = toy_panel(rows)
    # Changes since 2016: joined +.2 +.3 +.4, comparisons +.05 each year (0 and .1): mean of .15, .25, .35.
    assert steps.reassigned(measure, steps.compared(panel, measure, PARAMS), PARAMS)["estimate"] == pytest.approx(0.25)
    assert steps.clustered(panel, measure, PARAMS, GROUP_TIME)["estimate"] == pytest.approx(0.25)


def test_years_published_since_the_plan_was_registered_enter_no_estimate() -> None:
    flat = [0.5] * 10
    rows = [
        ("AAA", "R", "I", 2016, [*flat[:3], *[0.6] * 7]),
        ("BBB", "R", None, None, flat),
        ("BBC", "R", None, None, flat),
    ]
    measure = replace(PRIMARY[0], column="score")
    ends = [steps.compared(toy_panel(rows), replace(measure, last=last), PARAMS).years[-1] for last in (None, 2022)]
    assert ends == [2023, 2022]


@pytest.mark.parametrize("control", ["not_yet_treated", "never_treated", "all_regions"])
@pytest.mark.parametrize("timing", [NEXT_EDITION, SAME_YEAR, ANTICIPATED], ids=str)
def test_the_batched_average_is_that_of_callaway_and_santanna(
    panel: pd.DataFrame, control: str, timing: Timing
) -> None:
    choices = {"dating": "latest", "control": control, "timing": timing}
    batched = steps.reassigned(PRIMARY[0], steps.compared(panel, PRIMARY[0], PARAMS, **choices), PARAMS)
    alone = steps.clustered(panel, PRIMARY[0], PARAMS, GROUP_TIME, **choices)
    assert batched["estimate"] == pytest.approx(alone["estimate"], abs=1e-12)


def test_the_smallest_difference_found_is_read_off_the_curve() -> None:
    curve = pd.DataFrame({"difference": [0.0, 0.1, 0.2], "power": [0.05, 0.7, 0.9]})
    assert power.smallest_found(curve) == pytest.approx(0.15)  # .8 is half-way from .7 to .9
    assert np.isnan(power.smallest_found(curve.iloc[:2]))


def test_the_residuals_of_an_exact_panel_are_nothing(panel: pd.DataFrame) -> None:
    exact = panel.assign(wjp_8_1=panel["wjp_8_1"].where(panel["wjp_8_1"].isna(), 0.001 * (panel["year"] - 2000)))
    residuals, spread = power.unexplained(comparison(exact, "wjp_8_1", Specification(), 2014, 2023))
    assert spread == pytest.approx(0, abs=1e-12)
    assert np.isfinite(residuals).sum() == 456


def test_a_year_without_cocaine_has_no_logarithm() -> None:
    panel = pd.DataFrame({"iso3": ["AAA", "AAA", "BBB"], "year": [2019, 2020, 2020]})
    seizures = pd.DataFrame(
        {
            "iso3": ["AAA", "AAA", "BBB"],
            "year": [2019, 2020, 2020],
            "family": ["cocaine", "cocaine", "heroin"],
            "kilograms": [np.e, 0.0, 5.0],
        }
    )
    logs = steps.with_cocaine(panel, seizures)["log_cocaine_kg"]
    assert logs.iloc[0] == pytest.approx(1.0)
    assert logs.iloc[1:].isna().all()


def test_cocaine_of_years_published_since_the_plan_was_registered_enters_no_estimate() -> None:
    years = list(range(2014, 2025))
    panel = pd.DataFrame({"iso3": "AAA", "year": years})
    seized = panel.assign(family="cocaine", kilograms=2.0)
    logs = steps.with_cocaine(panel, seized).set_index("year")["log_cocaine_kg"]
    assert logs.index[logs.isna()].tolist() == [2017, 2023, 2024]


def test_who_is_not_used_is_named_with_the_reason(panel: pd.DataFrame) -> None:
    entries = steps.entry_table(panel, steps.compared(panel, PRIMARY[0], PARAMS)).set_index("iso3")
    assert len(entries) == 12
    assert entries.loc[["CPV", "GNB"], "why_not"].tolist() == ["not in the index"] * 2
    assert entries.loc["PER", "why_not"] == "no year of joining at the documented dating"
    assert (entries.loc[NINE, "why_not"] == "").all()


def test_a_wald_test_of_a_group_of_one_country_is_missing_and_not_invented(panel: pd.DataFrame) -> None:
    # Peru, alone in its edition at the latest dating, has no spread of its own.
    before = steps.before_joining(
        steps.compared(panel, PRIMARY[0], PARAMS, dating="latest", control="never_treated"), PARAMS, 2
    )
    assert before["p_value"].isna().tolist() == [False, True]


def test_the_name_of_an_estimate_is_a_row_a_reader_knows() -> None:
    assert steps.shown_name("without_bol") == "without Bolivia"
    assert steps.shown_name("latest_dating") == "latest dating"
    assert steps.shown_name("roth_santanna") == "Roth-Sant'Anna"
    assert steps.bound_name("parallel trends", np.nan) == "parallel trends"
    assert steps.bound_name("smoothness", 0.005) == "smoothness 0.005"
