"""What the estimates of match are called. Rows of the steps bring what the texts name in braces."""

from crimjust_research.study import Kind

_CORRELATION: Kind = {
    "estimand": "Correlation, over pairs of countries, of joint public events with log cases seized on routes between them",
    "method": "Quadratic assignment procedure, {permutations:,} permutations; interval by leaving out countries",
    "specification": "{words}",
    "unit": "correlation",
}
_REGRESSION: Kind = {
    "method": "Regression of networks, double semi-partialling, {permutations:,.0f} permutations",
    "specification": "log cases, same region and same language together",
    "unit": "events",
}
# What the null excludes lies on both sides of one, so the estimate has no sign that could agree with another's.
_RATIO: Kind = {
    "estimand": "Ratio of the yearly growth factor of country pairs that met in public events to that of the effective "
    "number of drugs seized",
    "method": "Log-linear trends, errors by resampling events and countries; two one-sided tests, p of a ratio outside "
    "{margin_low:g} to {margin_high:g}",
    "specification": "{words}",
    "unit": "ratio of yearly growth factors (standard error of its logarithm)",
    "null_value": float("nan"),
}
_UNMET: Kind = {"method": "Count, descriptive"}
_GRID = "secondary estimates"

ESTIMATES: dict[str, Kind] = {
    "qap": {
        **_CORRELATION,
        "id": "qap",
        "specification": "{n_units} countries, all events and routes",
        "role": "primary",
    },
    "qap_departure": {**_CORRELATION, "id": "qap.{name}", "role": "sensitivity"},
    "qap_by_who_reports": {**_CORRELATION, "id": "{name}", "grid": _GRID},
    "semipartial": {
        **_REGRESSION,
        "id": "qap.semipartial",
        "estimand": "Difference in joint public events per log unit of cases between two countries, the other two held",
        "role": "sensitivity",
    },
    "same_region": {
        **_REGRESSION,
        "id": "same_region",
        "estimand": "Difference in joint public events, countries of one region less others, the other two held",
        "grid": _GRID,
    },
    "same_language": {
        **_REGRESSION,
        "id": "same_language",
        "estimand": "Difference in joint public events, countries that share a language less others, the other two held",
        "grid": _GRID,
    },
    "power": {
        "id": "qap.power",
        "estimand": "Power of the registered test against a correlation of {size}",
        "method": "Simulation, {permutations} permutations a sample",
        "specification": "{samples} SIMULATED networks of the same countries; effect of {strength:g} standard deviations "
        "of what is unexplained",
        "unit": "share of samples",
        "data_status": "simulated",
        "take": {"estimate": "power"},
    },
    "growth_ratio": {**_RATIO, "id": "growth_ratio", "role": "primary"},
    "growth_departure": {**_RATIO, "id": "growth_ratio.{name}", "role": "sensitivity"},
    "growth_by_scatter": {
        **_RATIO,
        "id": "growth_by_scatter",
        "method": "Log-linear trends, errors from the scatter of yearly points; two one-sided tests",
        "specification": "registered trends",
        "grid": _GRID,
    },
    "growth_power": {
        "id": "growth_ratio.power",
        "estimand": "Chance that the registered tests would show growth to be alike if both growth factors were the same",
        "method": "Normal distribution of the log ratio at the standard error found",
        "specification": "standard error {error:.2g} of the log ratio, {df:g} degrees of freedom",
        "unit": "probability",
    },
    "growth_of": {
        "id": "growth_{name}",
        "estimand": "Yearly growth factor of {words}",
        "method": "Log-linear trend, errors by resampling",
        "specification": "{start} to {end}",
        "unit": "growth factor a year (standard error of its logarithm)",
        "null_value": 1.0,
        "grid": _GRID,
    },
    "unmet_cases": {
        **_UNMET,
        "id": "unmet_cases",
        "estimand": "Share of cases on routes between countries that no public event brought together",
        "specification": "{n_units} countries that took part in any event",
        "unit": "share of cases",
        "take": {"estimate": "cases"},
    },
    "unmet_pairs": {
        **_UNMET,
        "id": "unmet_pairs",
        "estimand": "Share of pairs with traffic between them that no public event brought together",
        "specification": "{n_units} countries that took part in any event",
        "unit": "share of pairs",
        "take": {"estimate": "pairs"},
    },
    "unmet_listed": {
        **_UNMET,
        "id": "unmet_listed",
        "estimand": "Pairs on the list: countries of any public event or of the proposal, with traffic and no joint event",
        "specification": "{countries} countries stand on the list",
        "unit": "pairs",
    },
}
