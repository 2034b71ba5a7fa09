"""What the estimates of the baseline are called. Rows bring group, who it is, measure and label, and counts of countries."""

from crimjust_research.study import Kind

_DIFFERENCE: Kind = {
    "id": "{group}.{measure}",
    "estimand": "Difference of the {who} from matched countries: {label}",
    "method": "Matched difference, countries permuted within region and income",
    "specification": "latest figure of {start} to {end}; {n_units} countries against {comparisons}",
    "unit": "{unit}",
}

ESTIMATES: dict[str, Kind] = {
    "difference": {**_DIFFERENCE, "grid": "differences"},
    "any_region": {
        **_DIFFERENCE,
        "id": "{group}.{measure}.any_region",
        "method": "Matched difference, countries permuted within income",
        "role": "sensitivity",
    },
    "measurement": {
        **_DIFFERENCE,
        "id": "{group}.{measure}.measurement",
        "method": "Matched difference, the indicator's standard errors propagated",
        "specification": "these countries and no others: uncertain only as far as each figure is, errors independent",
    },
}
