"""What the estimates of diversification are called. Rows bring what is measured, its unit, and words (`steps.as_row`)."""

from crimjust_research.study import Kind

_TREND: Kind = {
    "estimand": "Yearly change in {measured}, within countries",
    "method": "Least squares with country effects, errors clustered by country (CR2)",
    "specification": "{words}{of}",
    "unit": "{unit}",
}

ESTIMATES: dict[str, Kind] = {
    "registered": {**_TREND, "id": "trend", "role": "primary"},
    "variant": {**_TREND, "id": "trend.{slug}", "role": "sensitivity"},
    "without": {**_TREND, "id": "without.{slug}"},
    "extra": {
        **_TREND,
        "id": "extra_trend_{group}",
        "estimand": "Extra yearly change in log effective number of drugs in {group} countries",
        "grid": "groups and publications",
    },
    "step": {
        **_TREND,
        "id": "publication_step",
        "estimand": "Step in log effective number of drugs between UNODC's two publications",
        "unit": "log points",
        "grid": "groups and publications",
    },
    "power": {
        "id": "trend.power",
        "estimand": "Power of the registered test against {slope:.4f} log points a year",
        "method": "Noncentral t at the estimated standard error",
        "specification": "half a residual standard deviation over {years} years; order {order}",
        "unit": "probability",
        "take": {"estimate": "power"},
    },
}
