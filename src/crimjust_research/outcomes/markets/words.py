"""The sentence that answers the question, and the checks it stands on."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crimjust_research.designs.series.causality import TodaYamamotoTest
from crimjust_research.designs.series.cointegration import Cointegration
from crimjust_research.designs.series.description import IntegrationOrder
from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, p_text, refer
from crimjust_research.outcomes.markets.causality import BACKWARD, FORWARD
from crimjust_research.outcomes.markets.parameters import Params


def answer(params: Params, logs: pd.DataFrame, estimates: Sequence[Estimate]) -> str:
    """The two primary results in a sentence."""
    primary = {e.id: e for e in estimates if e.role == "primary"}
    measured = "the weight of" if params.measure == "kilograms" else "the number of seizures of"

    def clause(direction: str, cause: str, effect: str) -> str:
        e = primary[f"{direction}.f"]
        found = e.p_adjusted < 1 - params.confidence_level
        verb = "improves" if found else "does not detectably improve"
        numbers = f"{e.unit} = {number(e.estimate)}, p = {p_text(e.p_value)}, adjusted p = {p_text(e.p_adjusted)}"
        return f"{cause} {verb} the forecast of {effect} ({refer(numbers.replace('p = <', 'p <'), e.id)})"

    seized = f"{measured} {params.drug} seized at the borders of the United States"
    return (
        f"Over the {len(logs)} months from {logs.index[0]} to {logs.index[-1]}, knowing "
        + clause(FORWARD, f"{seized} in the months before", "deaths that involve synthetic opioids")
        + "; knowing "
        + clause(BACKWARD, "deaths in the months before", f"{seized}")
        + ". "
        + " ".join(power_clause(direction, estimates) for direction in (FORWARD, BACKWARD))
        + " These are statements about prediction: they do not say that one brings about the other."
    )


def power_clause(direction: str, estimates: Sequence[Estimate]) -> str:
    """What the test of that direction would have found, in a sentence."""
    e = next(e for e in estimates if e.id == f"{direction}.power")
    what = "deaths on seizures" if direction == FORWARD else "seizures on deaths"
    against = e.estimand.removeprefix("Power of the registered test against ")
    share = refer(f"{e.estimate:.0%}", e.id)
    return f"In SIMULATED series like these the test finds {against} of {what} in {share} of samples."


def checks(
    params: Params,
    series: pd.DataFrame,
    orders: tuple[IntegrationOrder, ...],
    tests: dict[str, TodaYamamotoTest],
    trace: Cointegration,
) -> tuple[Check, ...]:
    """What the two tests rest on, and what informs their reading."""
    asked = len(pd.period_range(params.start, params.end, freq="M"))
    window = Check(
        "Window",
        None,
        f"{len(series)} of the {asked} months asked for have both series; none was filled.",
        pd.DataFrame(
            {"first_month": [str(series.index[0])], "last_month": [str(series.index[-1])], "months": [len(series)]}
        ),
    )
    integration = Check(
        "Order of integration",
        all(order.settled for order in orders),
        "ADF and KPSS, read together, "
        + " and ".join(f"take {order.d_max} for the order of integration of {order.name}" for order in orders)
        + "; the larger is the number of lags added.",
        pd.concat([order.table.assign(series=order.name) for order in orders], ignore_index=True),
    )
    test = tests[FORWARD]
    residuals = Check(
        "Residual autocorrelation",
        test.residuals_white,
        f"With {test.lags} lags the system's residuals "
        + ("show no autocorrelation" if test.residuals_white else "remain autocorrelated")
        + " (multivariate Breusch-Godfrey test, four lags, 5 %).",
        test.lag_path,
    )
    stability = Check(
        "Stability",
        test.largest_root < 1.05,
        f"The largest root of the augmented system is {number(test.largest_root)}; well above one it would explode.",
        pd.DataFrame({"largest_root": [test.largest_root], "lags": [test.lags], "lags_added": [test.d_max]}),
    )
    overlap = Check(
        "Twelve-month totals avoided",
        None,
        "Deaths are counted by month of death. CDC's provisional dashboard gives totals over twelve months, whose "
        "overlap would put correlation between neighbouring months that no market made.",
        pd.DataFrame({"series": ["deaths"], "unit": ["deaths in the month"]}),
    )
    share_trend = 0 < trace.rank < len(trace.names)
    cointegrated = Check(
        "Cointegration",
        None,
        f"The trace test reads {trace.rank} long-run relation{'' if trace.rank == 1 else 's'} between the two series "
        f"({trace.lags} lags, restricted constant, small-sample correction): "
        + (
            "an error correction model is supported; its adjustment is in the table."
            if share_trend
            else "no error correction model is supported, and none was fitted."
        ),
        trace.adjustment if share_trend and trace.adjustment is not None else trace.table,
    )
    return window, integration, residuals, stability, cointegrated, overlap
