"""What goes with passing a stage and with a speedy end: the regressions that the cases carry, and their rows.

A regression that the cases do not carry is None, with a sentence on why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from crimjust_research.designs.survival.cascade import (
    STAGES,
    AdditionalConvictions,
    ContinuationRatios,
    additional_convictions,
    continuation_ratios,
    mature_entries,
    stage_entries,
)
from crimjust_research.designs.survival.cox import CoxModel, cox
from crimjust_research.errors import ParameterError
from crimjust_research.questions.cascade.cases import COVARIATES, SUPPORT, records_of
from crimjust_research.questions.cascade.params import Params
from crimjust_research.questions.cascade.simulation import TRUTH

# Outcomes of the rarer kind that a regression needs per covariate: Peduzzi and others (1996), J Clin Epidemiol 49.
FEWEST_PER_COVARIATE = 10
_NO_COVARIATE = "no covariate is noted for half of the cases and differs among them"


def passing(complete: pd.DataFrame, covariates: Sequence[str], p: Params) -> tuple[ContinuationRatios | None, str]:
    """Logits of passing each stage within the maturity, or why there are none.

    Parameters
    ----------
    complete : the cases with every one of `covariates` noted.
    """
    if not covariates:
        return None, f"continuation-ratio logits: {_NO_COVARIATE}"
    records = records_of(complete, covariates)
    needed = FEWEST_PER_COVARIATE * len(covariates)
    try:
        mature = mature_entries(records, p.maturity_years).query("mature")
        counts = mature.groupby("stage")["advanced"].agg(["sum", "size"])
        rarer = int(np.minimum(counts["sum"], counts["size"] - counts["sum"]).min())
        if rarer < needed:
            raise ParameterError(
                f"of the rarer outcome at some stage there are {rarer}; {_number(covariates)} {needed}"
            )
        return continuation_ratios(records, p.maturity_years, alpha=1 - p.confidence_level), ""
    except ParameterError as error:
        return None, f"continuation-ratio logits: {_in_words(error)}"


def support(
    logits: ContinuationRatios | None, covariates: Sequence[str], p: Params
) -> tuple[AdditionalConvictions | None, str]:
    """Additional convictions that go with the programme's support by the logits, or why there are none.

    Without logits the reason is theirs, and none is given again.
    """
    if logits is None:
        return None, ""
    if SUPPORT not in covariates:
        return None, f"additional convictions: {COVARIATES[SUPPORT]} is noted for too few, or never differs"
    alpha = 1 - p.confidence_level
    return additional_convictions(logits, SUPPORT, draws=p.draws, seed=p.seed, alpha=alpha), ""


def speed(complete: pd.DataFrame, covariates: Sequence[str], p: Params) -> tuple[CoxModel | None, str]:
    """Cox regression of the end of a prosecution, from the day charges were filed, or why there is none."""
    if not covariates:
        return None, f"Cox regression: {_NO_COVARIATE}"
    charged = stage_entries(records_of(complete, covariates)).query("stage == 'prosecution'")
    charged = charged.assign(ended=(charged["cause"] > 0).astype("int64"))
    ended, needed = int(charged["ended"].sum()), FEWEST_PER_COVARIATE * len(covariates)
    if ended < needed:
        return (
            None,
            f"Cox regression: prosecutions that have ended are {ended}; {_number(covariates)} {needed}",
        )
    try:
        return cox(charged, "duration", "ended", covariates, alpha=1 - p.confidence_level), ""
    except ParameterError as error:
        return None, f"Cox regression: {_in_words(error)}"


def odds_ratios(logits: ContinuationRatios | None, p: Params) -> pd.DataFrame:
    """Odds ratios of passing each stage as rows, none without logits; of SIMULATED cases also their `true` values."""
    if logits is None:
        return pd.DataFrame(columns=["ci_low", "ci_high"])
    following = dict(pairwise(STAGES))
    rows = logits.table[logits.table["term"] != "constant"]
    rows = _ratios(rows, "odds_ratio", "std_error").assign(following=rows["stage"].map(following))
    rows = rows.assign(step="to " + rows["following"], n_obs=rows["mature"], n_units=rows["mature"])
    if p.simulated:
        true = {
            (s, t): np.exp(e) for t, effects in TRUTH.effects.items() for s, e in zip(STAGES, effects, strict=False)
        }
        rows["true"] = [true[key] for key in zip(rows["stage"], rows["term"], strict=True)]
    return rows


def hazard_ratios(model: CoxModel | None) -> pd.DataFrame:
    """Hazard ratios of the end of a prosecution as rows; none without a model."""
    if model is None:
        return pd.DataFrame()
    rows = _ratios(model.table, "hazard_ratio", "robust_std_error")
    return rows.assign(n_obs=model.n_obs, n_units=model.n_obs)


def difference(more: AdditionalConvictions | None, complete: pd.DataFrame) -> pd.DataFrame:
    """Additional convictions as a row; none without an estimate."""
    found: list[Mapping[str, object]] = [vars(more)] if more else []
    return pd.DataFrame(found).assign(n_obs=len(complete), n_units=len(complete))


def noted(frame: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """For how many cases each covariate is noted and holds, and whether it is used: covariate, noted, true, used."""
    return pd.DataFrame(
        {
            "covariate": list(COVARIATES),
            "noted": [int(frame[name].notna().sum()) for name in COVARIATES],
            "true": [int(frame[name].fillna(False).sum()) for name in COVARIATES],
            "used": [name in covariates for name in COVARIATES],
        }
    )


def _number(covariates: Sequence[str]) -> str:
    return "1 covariate needs" if len(covariates) == 1 else f"{len(covariates)} covariates need"


def _in_words(error: ParameterError) -> str:
    """What a design says, with covariates called what readers call them, to go on after a colon and before a full stop."""
    said = str(error).rstrip(".")
    for name, words in COVARIATES.items():
        said = said.replace(repr(name), words)
    return said[0].lower() + said[1:]


def _ratios(table: pd.DataFrame, ratio: str, error: str) -> pd.DataFrame:
    """Coefficients on the log scale as ratios; the standard error is the log's times the ratio (delta method)."""
    return table.assign(
        label=table["term"].map(COVARIATES), estimate=table[ratio], std_error=table[ratio] * table[error]
    )
