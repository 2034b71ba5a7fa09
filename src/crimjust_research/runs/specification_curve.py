"""A sweep's estimates beside the registered one: how many agree, and the specification curve.

Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4, 1208-1214, https://doi.org/10.1038/s41562-020-0912-z.
The curve describes how the answer depends on choices; its cells share their data and are no independent evidence.
"""

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from crimjust_research.charts import Figure, specification_curve
from crimjust_research.evidence.words import number

if TYPE_CHECKING:
    import pandas as pd

_PREFIX = "parameter_"
_LEVEL = 0.95  # where the registered estimate names no level of its own
_MOST_VALUES = 12  # of a parameter whose choices are listed below the curve


def agreement(frame: "pd.DataFrame") -> "pd.DataFrame":
    """How many cells agree with the registered one, for each of its primary estimates.

    Returns
    -------
    DataFrame with columns id, estimand, cells (that have this estimate), same_sign (the estimate on the same side of
    its null value; missing for statistics without sign), threshold (one less the registered interval's level),
    same_side (that, and p on the same side of the threshold; missing where the method gives no p).
    """
    import pandas as pd

    rows = []
    for own in _registered(frame):
        of_id = frame[frame["id"] == own["id"]]
        signed = not pd.isna(own["null_value"])
        above = of_id["estimate"] > of_id["null_value"]
        same_sign = above == (own["estimate"] > own["null_value"])
        threshold = _threshold(own)
        significant = of_id["p_value"].lt(threshold)
        same_side = same_sign & (significant == (own["p_value"] < threshold)) & of_id["p_value"].notna()
        rows.append(
            {
                "id": own["id"],
                "estimand": own["estimand"],
                "cells": len(of_id),
                "same_sign": int(same_sign.sum()) if signed else pd.NA,
                "threshold": threshold,
                "same_side": pd.NA if pd.isna(own["p_value"]) else int(same_side.sum()),
            }
        )
    columns = ["id", "estimand", "cells", "same_sign", "threshold", "same_side"]
    return pd.DataFrame(rows, columns=columns).astype({"same_sign": "Int64", "same_side": "Int64"})


def sentences(table: "pd.DataFrame") -> list[str]:
    """The table of `agreement` in words, a line for each estimate."""
    import pandas as pd

    lines = []
    for row in table.to_dict("records"):
        parts = []
        if not pd.isna(row["same_sign"]):
            parts.append(f"{row['same_sign']} of {row['cells']} cells have the sign of the registered run")
        if not pd.isna(row["same_side"]):
            side = f"side of {row['threshold']:g}"
            also = f"{row['same_side']} also p on its {side}"
            alone = f"{row['same_side']} of {row['cells']} cells have p on the registered run's {side}"
            parts.append(also if parts else alone)
        lines.append(f"{row['id']}: {', '.join(parts)}")
    return lines


def figures(frame: "pd.DataFrame", run: str) -> Iterator[Figure]:
    """A specification curve for each primary estimate of the registered cell.

    The curve of a statistic without sign shows its p-values: statistics of cells that differ in their degrees of
    freedom do not compare.
    """
    import pandas as pd

    for own in _registered(frame):
        signed = not pd.isna(own["null_value"])
        shown, of, unit = ("estimate", "estimates", own["unit"]) if signed else ("p_value", "p-values", "p")
        of_id = frame[frame["id"] == own["id"]].sort_values([shown, "cell"], kind="stable", ignore_index=True)
        counts = {c: of_id[c].astype("str").unique().size for c in of_id.columns if c.startswith(_PREFIX)}
        varying = [column for column, count in counts.items() if count > 1]
        listed = [column for column in varying if counts[column] <= _MOST_VALUES]
        unlisted = [column.removeprefix(_PREFIX) for column in varying if column not in listed]
        data = of_id.assign(rank=range(1, len(of_id) + 1))[
            ["rank", "cell", "registered", "estimate", "ci_low", "ci_high", "p_value", *varying]
        ]
        low, high = (number(float(value)) for value in (data[shown].min(), data[shown].max()))
        place = int(data.loc[data["registered"], "rank"].iloc[0])
        line = float(own["null_value"]) if signed else _threshold(own)
        drawn = specification_curve(
            data,
            {column: column.removeprefix(_PREFIX) for column in listed},
            value=shown,
            low="ci_low" if signed else shown,
            high="ci_high" if signed else shown,
            y_title=unit,
            rule_at=line,
        )
        yield Figure(
            name=re.sub("[^a-z0-9]+", "_", own["id"].lower()),
            title=f"{own['estimand']}: {of} by choices",
            chart=drawn.chart,
            alt=f"Specification curve of {own['estimand']}: {len(data)} {of} from {low} to {high}, in order; the "
            f"registered one, {number(float(own[shown]))}, is number {place} from the lowest.",
            caption=f"{own['estimand']}: {of} of the sweep's cells{' with their intervals' if signed else ''}, from the "
            f"lowest to the highest; the registered cell stands out, the dashed line is at {line:g}. Below, what each "
            "cell chose." + (f" Not listed, for their many values: {', '.join(unlisted)}." if unlisted else ""),
            source=f"sweep of {run}",
            data=data,
        )


def _registered(frame: "pd.DataFrame") -> list[dict[Hashable, Any]]:
    """The primary estimates of the registered cell."""
    return frame[frame["registered"] & (frame["role"] == "primary")].to_dict("records")


def _threshold(own: Mapping[Hashable, Any]) -> float:
    level = own["ci_level"]
    return round(1 - (_LEVEL if level != level else level), 10)
