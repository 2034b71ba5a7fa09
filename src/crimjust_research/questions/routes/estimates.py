"""What the estimates of routes are called. Rows of `convergence`, `cases` and `lists` bring what the texts name in braces."""

from crimjust_research.study import Kind

_PERMUTED = "drug labels permuted within reporting country and year"
_OVERLAP: Kind = {
    "estimand": "Mean overlap, over {pairs} of {drugs} drugs, of their shares of cases by pair of departure and destination",
    "method": "{measure} overlap, " + _PERMUTED,
    "specification": "{specification}",
    "unit": "overlap, 0 to 1",
    "take": {"estimate": "observed", "null_value": "null_mean", "n_obs": "cases", "n_units": "reporters"},
}

ESTIMATES: dict[str, Kind] = {
    "registered": {
        **_OVERLAP,
        "id": "overlap",
        "specification": "{draws:,} permutations, drugs with at least {min_cases} cases",
        "role": "primary",
    },
    "sensitivity": {**_OVERLAP, "id": "overlap.{key}", "role": "sensitivity"},
    "further": {**_OVERLAP, "id": "{key}", "grid": "further selections"},
    "pair": {
        **_OVERLAP,
        "id": "pair.{name}",
        "estimand": "Overlap of the routes of {first} and {second}",
        "method": "Morisita-Horn overlap, " + _PERMUTED,
        "specification": "{draws:,} permutations",
        "grid": "pairs of drugs",
    },
    "share": {
        "id": "coverage.{name}",
        "estimand": "{words}",
        "method": "Share of cases",
        "specification": "records alike in every column counted once",
        "unit": "share of cases",
        "null_value": float("nan"),
        "take": {"estimate": "share"},
    },
    "twelve": {
        "id": "twelve.{among}.{listed:.0f}",
        "estimand": "Proposed countries among the major sources of precursors, if sources were any {words}",
        "method": "Hypergeometric chance of at least as many",
        "specification": "expected {expected:.1f}, central 95% of draws {low:.0f} to {high:.0f}",
        "unit": "of {n_obs} countries, as the document counts",
        "take": {"estimate": "stated", "null_value": "expected", "p_value": "p_at_least"},
    },
}
