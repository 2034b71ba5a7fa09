"""Parameters of the question of own records that keep a test short."""

from crimjust_research.questions.own_records.params import Params


def params(**changed: object) -> Params:
    """The usual ones, but for those `changed`."""
    usual: dict[str, object] = {
        "folder": "",
        "period_start": "",
        "period_end": "",
        "min_cell": 5,
        "by": "",
        "maturity_years": 2.5,
        "confidence_level": 0.95,
        "simulated_cases": 500,
        "effect": 1.5,
        "selection": 1.0,
        "draws": 99,
        "seed": 1,
    }
    return Params.model_validate(usual | changed)
