"""What the estimates of markets are called. Rows bring direction, cause and effect (`steps.named`) and what texts name."""

import math

from crimjust_research.study import Kind

_TEST: Kind = {
    "estimand": "Predictive content of past {cause} for {effect}",
    "method": "Toda-Yamamoto, F version",
    "specification": "{settings}",
    "unit": "F({lags}, {df})",
    "null_value": math.nan,
}
_ELASTICITY = "log points per log point"

ESTIMATES: dict[str, Kind] = {
    "registered": {**_TEST, "id": "{direction}.f", "role": "primary"},
    "chi2": {
        **_TEST,
        "id": "{direction}.chi2",
        "method": "Toda-Yamamoto, chi-squared version",
        "unit": "chi-squared({lags})",
        "role": "sensitivity",
        "take": {"estimate": "chi2", "p_value": "p_chi2"},
    },
    "bootstrap": {
        **_TEST,
        "id": "{direction}.bootstrap",
        "method": "Toda-Yamamoto, residual bootstrap ({draws} draws)",
        "role": "sensitivity",
        "take": {"p_value": "p_bootstrap"},
    },
    "sum": {
        **_TEST,
        "id": "{direction}.sum",
        "estimand": "Predictive content of past {cause} for {effect}: sum of the {lags} tested coefficients",
        "method": "Lag-augmented vector autoregression",
        "unit": _ELASTICITY,
        "null_value": 0.0,
    },
    "variant": {**_TEST, "id": "{direction}.{slug}", "role": "sensitivity"},
    "other_drug": {**_TEST, "id": "{direction}.{drug}", "grid": "other drugs"},
    "shift": {
        "id": "shift.{series}_{nth}",
        "estimand": "Shift in mean log {label} after {last_before}",
        "method": "Bai-Perron",
        "specification": "date's 95% interval {from_month} to {to_month}; sequential sup-F",
        "unit": "log points",
        "take": {"estimate": "shift"},
    },
    "correlation": {
        "id": "cross_correlation.lag_{lag:+d}",
        "estimand": "Correlation of {drug} seized in a month with deaths {lag:+d} months later",
        "method": "Prewhitened cross-correlation",
        "specification": "{measure}; filtered by AR({ar_order}) of seizures, month effects removed",
        "unit": "correlation",
        "take": {"estimate": "correlation", "p_adjusted": "p_holm", "n_obs": "n_pairs"},
    },
    "response": {
        "id": "{direction}.response_{horizon}",
        "estimand": "Response of log {effect} {horizon} months after an unforeseen log unit of {cause}",
        "method": "Local projection, lag-augmented",
        "specification": "{lags} lags of both, {terms}; p adjusted over all horizons (sup-t)",
        "unit": _ELASTICITY,
        "take": {"p_adjusted": "p_joint"},
    },
    "power": {
        "id": "{direction}.power",
        "estimand": "Power of the registered test against an elasticity of {size}",
        "method": "Simulation of the whole procedure",
        "specification": "{samples} SIMULATED samples from the series' own dynamics; effect of {cause} on {effect} of "
        "{strength:g} standard deviations",
        "unit": "share of samples",
        "data_status": "simulated",
        "take": {"estimate": "power"},
    },
}
