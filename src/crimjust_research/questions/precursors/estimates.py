"""What the estimates of precursors are called. Rows of `controls` and `chain` bring what the texts name in braces."""

from crimjust_research.study import Kind

_TERM: Kind = {
    "method": "Segmented Poisson regression, State effects",
    "unit": "rate ratio (standard error of its logarithm)",
    "null_value": 1.0,
    "take": {"estimate": "rate_ratio"},
}
_LEVEL: Kind = {
    **_TERM,
    "estimand": "Ratio of the 4-ANPP report rate in the first half-year after the {event} to what its trend foretold",
}
_SLOPE: Kind = {
    **_TERM,
    "estimand": "Ratio by which the half-yearly growth of the 4-ANPP report rate changed after the {event}",
}
_OTHER: Kind = {
    "id": "{slug}.{term}",
    "specification": "registered model, errors clustered by State",
    "grid": "other terms of the registered model",
}
_CORRELATION: Kind = {
    "estimand": "Rank correlation of precursors seized with the drugs they make, over country-years",
    "method": "Spearman; interval by resampling countries, p by exchanging their histories",
    "unit": "correlation",
    "take": {"estimate": "correlation"},
}

ESTIMATES: dict[str, Kind] = {
    "level": {
        **_LEVEL,
        "id": "un_2022_level",
        "specification": "registered model; p is the rank among {dates} possible dates, its least value {smallest_p:.3f}; "
        "interval from errors clustered by State",
        "role": "primary",
    },
    "level_clustered": {
        **_LEVEL,
        "id": "un_2022_level.clustered",
        "specification": "registered model, errors clustered by State",
        "role": "sensitivity",
    },
    "level_variant": {**_LEVEL, "id": "un_2022_level.{name}", "specification": "{words}", "role": "sensitivity"},
    "other_level": {**_LEVEL, **_OTHER},
    "other_slope": {**_SLOPE, **_OTHER},
    "correlation": {
        **_CORRELATION,
        "id": "rank_correlation",
        "specification": "all country-years with a report of either",
        "role": "primary",
    },
    "correlation_variant": {
        **_CORRELATION,
        "id": "rank_correlation.{name}",
        "specification": "{words}",
        "role": "sensitivity",
    },
    "coca": {
        "id": "coca_{name}",
        "estimand": "Rank correlation over years of coca cultivated with cocaine seized, {iso3}",
        "method": "Spearman, descriptive",
        "specification": "{first} to {last}; both series trend, so no p-value",
        "unit": "correlation",
        "take": {"estimate": "correlation"},
    },
}
