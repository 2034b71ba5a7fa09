"""What the estimates of joining are called. Rows bring measure, label and unit (`steps.about`) and what the texts name."""

from crimjust_research.study import Kind

_ABOUT: Kind = {
    "estimand": "Average difference associated with having joined, countries that joined: {label}",
    "specification": "{words}",
    "unit": "{unit}",
}
_BY_DATES: Kind = {**_ABOUT, "method": "Callaway-Sant'Anna, dates of joining reassigned within regions"}
_BY_EDITION = "Callaway-Sant'Anna by edition, HonestDiD, "

ESTIMATES: dict[str, Kind] = {
    "registered": {**_BY_DATES, "id": "{measure}", "role": "primary"},
    "secondary": {**_BY_DATES, "id": "{measure}", "grid": "secondary outcomes"},
    "variant": {**_BY_DATES, "id": "{measure}.{name}", "role": "sensitivity"},
    "every_edition": {**_BY_DATES, "id": "{measure}.every_edition"},
    "estimator": {**_ABOUT, "id": "{measure}.{name}", "method": "{method}", "role": "{role}"},
    "edition": {
        **_ABOUT,
        "id": "{measure}.edition_{name}",
        "method": "Callaway-Sant'Anna, errors clustered by country",
        "specification": "{at:+d} editions from the first treated one, against the last untreated one",
    },
    "honest_relative": {
        **_ABOUT,
        "id": "{measure}.honest_relative",
        "method": _BY_EDITION + "relative magnitudes",
        "specification": "{words}; from one edition to the next trends part by at most as much as they did before joining",
        "role": "sensitivity",
    },
    "honest_smooth": {
        **_ABOUT,
        "id": "{measure}.honest_smooth",
        "method": _BY_EDITION + "smoothness",
        "specification": "{words}; trends part along a straight line; estimate is the middle of the interval",
        "role": "sensitivity",
        "take": {"estimate": "middle"},
    },
    "breakdown": {
        **_ABOUT,
        "id": "{measure}.breakdown_{name}",
        "estimand": "Least departure from parallel trends whose interval holds no difference; 0 if none is needed",
        "method": _BY_EDITION + "{restriction}",
        "null_value": float("nan"),
    },
    "power": {
        "id": "{measure}.power",
        "estimand": "Power of the registered test against a difference of {size} score points",
        "method": "Simulation of the registered test",
        "specification": "{samples:.0f} SIMULATED panels of the countries' own residual paths with random signs; "
        "difference of {strength:g} standard deviations since joining",
        "unit": "share of panels",
        "data_status": "simulated",
        "take": {"estimate": "power"},
    },
}
