"""What the estimates of the cooperation network are called. Rows of the steps bring what the texts name in braces."""

from crimjust_research.study import Kind

_COUNT: Kind = {"method": "Count, descriptive", "unit": "share of pairs"}
_SOUTH: Kind = {
    "method": "Count; interval by resampling events",
    "specification": "South: developing regions of the United Nations' M49 list of 2021",
}
_BOUND: Kind = {
    "method": "Bounds on the density of a network of which some events are seen",
    "specification": "{events} events in all: {assumption}",
    "unit": "share of pairs",
}

ESTIMATES: dict[str, Kind] = {
    "whole": {
        **_COUNT,
        "id": "{measure}",
        "estimand": "Share of pairs {words}: a lower bound",
        "specification": "{start} to {end}, all years together",
    },
    "seen": {
        "id": "seen_{group}",
        "estimand": "Share of the {label} named at any public event",
        "method": "Count, descriptive",
        "specification": "window of the assessment",
        "unit": "share of countries",
        "take": {"estimate": "seen", "n_obs": "size", "n_units": "size"},
    },
    "met": {
        **_COUNT,
        "id": "density_{group}",
        "estimand": "Share of pairs of the {label} that met in at least one public event: a lower bound",
        "specification": "pairs of countries never named count as never met in public",
        "take": {"estimate": "met", "n_obs": "pairs", "n_units": "size"},
    },
    "south_south": {
        **_SOUTH,
        "id": "south_south",
        "estimand": "Share of the pairs that met in public that are South-South",
        "unit": "share of pairs that met",
    },
    "mixing": {
        **_SOUTH,
        "id": "south_south_mixing",
        "estimand": "South-South share of the pairs that met over their share of all pairs of the countries named",
        "unit": "ratio",
    },
    "returned": {
        "id": "visits_returned",
        "estimand": "Share of ties from visitor to host that go both ways (reciprocity)",
        "method": "Count, descriptive",
        "specification": "events whose place is stated; meeting itself has no direction",
        "unit": "share of ties",
    },
    "growth": {
        "id": "growth_{name}",
        "estimand": "Yearly growth factor of {words}",
        "method": "Log-linear trend, errors from the scatter of yearly points",
        "specification": "{first} to {last}; growth of publicity as much as of cooperation",
        "unit": "growth factor a year (standard error of its logarithm)",
        "null_value": 1.0,
    },
    "lasting": {
        "id": "lasting_{time:.0f}",
        "estimand": "Share of ties still seen in public after {time:.0f} {years}",
        "method": "Kaplan-Meier; interval by resampling the events that began the ties",
        "specification": "a tie ends after {unseen} in a row without a public meeting",
        "unit": "share of ties",
        "take": {"estimate": "survival"},
    },
    "ending": {
        "id": "ending_{term}",
        "estimand": "Ratio of the hazard that a tie ends in public, {words}",
        "method": "Discrete-time hazard, complementary log-log, errors clustered by the event that began the tie",
        "specification": "all four together, log of the year since the tie began",
        "unit": "hazard ratio (standard error of its logarithm)",
        "null_value": 1.0,
        "take": {"estimate": "hazard_ratio"},
        "grid": "end of ties",
    },
    "public": {
        "id": "public_{metric}",
        "estimand": "Share of {what} that is in the public record, at most",
        "method": "Count against UNODC's own total",
        "specification": "{public} public of {stated} stated",
        "unit": "share of activities",
        "take": {"estimate": "share_at_most", "n_obs": "at_least", "n_units": "at_least"},
    },
    "extrapolated": {
        **_BOUND,
        "id": "density_extrapolated",
        "estimand": "Share of pairs of the countries named that met in any event, if public events were a random sample "
        "of all, which they are not",
        "take": {"estimate": "extrapolated", "n_obs": "pairs", "n_units": "pairs"},
    },
    "upper": {
        **_BOUND,
        "id": "density_upper",
        "estimand": "Share of pairs of the countries named that met in any event, at most, each event not public joining "
        "pairs that nothing else joins",
        "take": {"estimate": "upper", "n_obs": "pairs", "n_units": "pairs"},
    },
}
