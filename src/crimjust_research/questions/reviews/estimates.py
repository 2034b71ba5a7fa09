"""What the estimates of reviews are called. Rows bring what the texts name in braces; {covariate} is the parameter."""

import math

from crimjust_research.study import Kind

DISCRETE = "Discrete-time complementary log-log regression, a level for each year, errors robust by State"
COX = "Cox regression, Efron ties, robust errors"

_RATIO: Kind = {
    "estimand": "Hazard ratio of publishing the second-cycle executive summary, counted in years from the first, per "
    "standard deviation of {indicator} in the year of the first",
    "method": "{method}",
    "specification": "{words}",
    "unit": "hazard ratio per standard deviation",
    "null_value": 1.0,
}
_WAIT: Kind = {
    "method": "Kaplan-Meier, log-log interval",
    "specification": "States read, censored at the end of the listing",
    "null_value": math.nan,
}
_ARTICLES: Kind = {
    "id": "articles.{term}",
    "method": "Beta-binomial regression, errors clustered by State",
    "specification": "{source}",
    "data_status": "{data_status}",
}

ESTIMATES: dict[str, Kind] = {
    "registered": {
        **_RATIO,
        "id": "{covariate}",
        "method": DISCRETE,
        "specification": "all States with the indicator",
        "role": "primary",
    },
    "variant": {**_RATIO, "id": "{covariate}.{name}", "role": "sensitivity"},
    "unregistered": {**_RATIO, "id": "{name}", "grid": "not registered"},
    "participation": {
        **_RATIO,
        "id": "{name}",
        "estimand": "Hazard ratio of the second executive summary, {compared}",
        "unit": "hazard ratio",
        "grid": "not registered",
    },
    "power": {
        "id": "{covariate}.power",
        "estimand": "Power of the registered test against a hazard ratio of {hazard_ratio:.2g} per standard deviation",
        "method": "Simulation from the fitted model",
        "specification": "{samples:.0f} SIMULATED samples of the same States; effect of half a standard deviation of log "
        "time that the model leaves unexplained",
        "unit": "share of samples",
        "data_status": "simulated",
        "take": {"estimate": "power"},
    },
    "median": {
        **_WAIT,
        "id": "wait.median",
        "estimand": "Median years from the first to the second executive summary",
        "unit": "years",
        "take": {"estimate": "median", "ci_low": "median_low", "ci_high": "median_high", "n_obs": "n", "n_units": "n"},
    },
    "within": {
        **_WAIT,
        "id": "wait.within_{time}_years",
        "estimand": "Share of States with a second summary within {time} years of the first",
        "unit": "share",
        "take": {"n_units": "n_obs"},
    },
    "total": {
        "id": "totals.{id}",
        "estimand": "{what}, {unit}",
        "method": "Interval arithmetic with the figures as published",
        "specification": "{working}",
        "unit": "{unit}",
        "null_value": math.nan,
    },
    "answered": {
        "id": "challenges.{name}",
        "estimand": "Share of the challenges most often met that an activity of the programme names or stands near{where}",
        "method": "Count by this project's own reading",
        "specification": "{named} named, {near} near, of {of}",
        "unit": "share",
        "null_value": math.nan,
        "take": {"n_obs": "of", "n_units": "of"},
    },
    "odds": {
        **_ARTICLES,
        "estimand": "Odds ratio of a gap in a provision, {label}",
        "unit": "odds ratio",
        "null_value": 1.0,
    },
    "correlation": {
        **_ARTICLES,
        "estimand": "Correlation of gaps within a State's article",
        "unit": "correlation",
    },
}
