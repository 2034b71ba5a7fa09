"""Steps of the notebook on ratings: rows for estimates, tables and charts, made from what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.evidence.plan import Primary
from crimjust_research.questions.ratings import index, measures
from crimjust_research.questions.ratings.evaluations import GROUPS, Rated, part_in_programme
from crimjust_research.questions.ratings.index import Changes
from crimjust_research.questions.ratings.measures import EFFECTIVENESS, LEVELS, PREVENTION, SCORES, Measure
from crimjust_research.questions.ratings.simulation import FEWER_DRAWS, Simulated, as_rows

TITLES = {m.name: m.title for m in (*EFFECTIVENESS, *SCORES)}
_EDITIONS = {"to_2023": (index.FIRST, index.MIDDLE), "from_2023": (index.MIDDLE, index.LAST)}


def registered_rows(
    found: Mapping[str, Mapping[str, Any]], about: Mapping[str, Mapping[str, str]], **more: Any
) -> pd.DataFrame:
    """The registered tests as rows for estimates, a row for each measure; `title` is for charts."""
    return pd.DataFrame(
        as_rows(test, **about[name], title=TITLES.get(name, ""), begin=index.FIRST, end=index.LAST, **more)
        for name, test in found.items()
    )


def variant_rows(
    found: Mapping[str, pd.DataFrame], about: Mapping[str, Mapping[str, str]], registered: Sequence[Primary]
) -> pd.DataFrame:
    """Specifications of all measures as rows for estimates, in the plan's words."""
    says = {p.name: {name: each.says for name, each in p.specifications.items()} for p in registered}
    rows = []
    for name, frame in found.items():
        edges = frame["variant"].map(lambda v: _EDITIONS.get(v, (index.FIRST, index.LAST)))
        words = frame["variant"].map(says[name])
        own = frame.assign(words=words, begin=edges.str[0], end=edges.str[1], title=TITLES[name])
        rows.append(own.assign(**about[name], shuffles=FEWER_DRAWS))
    return pd.concat(rows, ignore_index=True)


def endless(variants: pd.DataFrame) -> list[str]:
    """Specifications without a finite odds ratio, in words."""
    none = variants[variants["estimate"].isna()]
    return [
        f"{title}, {words[:1].lower()}{words[1:]}" for title, words in zip(none["title"], none["words"], strict=True)
    ]


def without_rows(found: Mapping[str, pd.DataFrame], about: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """The registered estimates without each country as rows for estimates."""
    rows = [
        frame.rename(columns={"name": "country"}).assign(
            **about[name], title=TITLES[name], begin=index.FIRST, end=index.LAST, shuffles=FEWER_DRAWS
        )
        for name, frame in found.items()
    ]
    return pd.concat(rows, ignore_index=True)


def with_registered(registered: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Rows of a chart of specifications, the registered one first."""
    return open_ends(pd.concat([registered.assign(words="this estimate"), others], ignore_index=True))


def open_ends(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a chart with ends that are infinite, or ratios of zero, missing: a chart draws them open."""
    low, high = rows["ci_low"], rows["ci_high"]
    ratio = rows["null_value"] == 1 if "null_value" in rows else pd.Series(False, rows.index)
    return rows.assign(ci_low=low.mask(np.isinf(low) | ((low == 0) & ratio)), ci_high=high.mask(np.isinf(high)))


def beside_margins(rows: pd.DataFrame, sizes: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Rows of a chart with within_low and within_high, what lies within the margin of each row's own question."""
    margin = rows["title"].map({TITLES[name]: own["margin"] for name, own in sizes.items()})
    ratios = "null_value" in rows and bool((rows["null_value"] == 1).all())
    return rows.assign(
        within_low=np.exp(-margin) if ratios else -margin, within_high=np.exp(margin) if ratios else margin
    )


def around(rows: pd.DataFrame) -> tuple[float, float]:
    """Ends of an axis of differences that holds every interval and the margins on both sides."""
    ends = open_ends(rows)[["estimate", "ci_low", "ci_high", "within_high"]].abs()
    reach = 1.1 * float(np.nanmax(ends.to_numpy(np.float64)))
    return -reach, reach


def power_at_margins(
    names: Iterable[str], sizes: Mapping[str, Mapping[str, float]], p_values: Callable[..., FloatArray], alpha: float
) -> dict[str, Share]:
    """Power of a control to find the margin of each question, simulated once for those that have the same.

    `p_values` are those of the test in samples with an `effect`.
    """
    margins = {name: sizes[name]["margin"] for name in names}
    power = {size: Share.of(p_values(effect=size) <= alpha) for size in dict.fromkeys(margins.values())}
    return {name: power[size] for name, size in margins.items()}


def weightiest(without: pd.DataFrame, registered: pd.DataFrame, null: float, most: int = 2) -> pd.DataFrame:
    """For each measure the countries without which its estimate moves most, with the registered one beside.

    Parameters
    ----------
    null : 0 where estimates are compared as differences, 1 where they are ratios, which are compared in logs.
    """
    whole = without["title"].map(registered.set_index("title")["estimate"])
    moved = without["estimate"] - whole if null == 0 else pd.Series(np.log(without["estimate"] / whole))
    order = without["title"].map({title: place for place, title in enumerate(registered["title"])})
    ranked = without.assign(registered=whole, moved=-moved.abs(), order=order).sort_values(["order", "moved"])
    kept = ranked.groupby("order").head(most).reset_index(drop=True)
    return kept[["title", "country", "registered", "estimate", "ci_low", "ci_high", "p_value"]]


def excluded(rows: pd.DataFrame, data: Rated) -> pd.DataFrame:
    """Countries that were evaluated and are not compared, with the reason, as counts and names."""
    why = rows[f"left_out.{data.choice.dating}"].where(rows["income"].notna(), "no GDP of 2015")
    out = rows.assign(why=why)[~rows["iso3"].isin(data.rows["iso3"])]
    listed = out.groupby("why")["name"].agg(countries="size", names=", ".join)
    return listed.reset_index()


def joined_timeline(rows: pd.DataFrame, dating: str) -> pd.DataFrame:
    """For each State of tier I when it was evaluated and, where its date is known, how long it had been in the programme.

    Returns
    -------
    DataFrame: country, begin and end (dates; end missing where there is no span), what.
    """
    joined = rows[np.isfinite(rows[f"joined.{dating}"]) | (rows[f"left_out.{dating}"] == "date of joining unknown")]
    joined = joined.assign(begun=joined[f"joined.{dating}"].where(np.isfinite(joined[f"joined.{dating}"])))
    joined = joined.assign(years=(joined["at"] - joined["begun"]) / 12).sort_values(
        "years", ascending=False, kind="stable"
    )
    evaluated = pd.to_datetime(joined["evaluated"])
    begun = joined["begun"].map(_date, na_action="ignore")
    spans = pd.DataFrame({"country": joined["name"], "begin": begun, "end": evaluated, "what": "in the programme"})
    marks = pd.DataFrame({"country": joined["name"], "begin": evaluated, "end": pd.NaT, "what": "evaluated"})
    both: pd.DataFrame = pd.concat([spans[begun.notna()], marks], ignore_index=True)
    return both.assign(begin=pd.to_datetime(both["begin"]), end=pd.to_datetime(both["end"]))


def _date(month: float) -> pd.Timestamp:
    return pd.Timestamp(year=int(month) // 12, month=int(month) % 12 + 1, day=1)


def ratings_by_country(rows: pd.DataFrame, data: Rated) -> pd.DataFrame:
    """Ratings of the countries evaluated after joining, longest in the programme first, a row for each measure."""
    exposed = data.rows[data.rows["exposure"] > 0].sort_values("exposure", ascending=False, kind="stable")
    names = exposed["name"] + exposed["exposure"].map(" ({:.1f} years)".format)
    of = rows.set_index("iso3")
    return pd.DataFrame(
        {"country": name, "measure": m.title, "rating": LEVELS[int(of.loc[iso3, m.column])]}
        for iso3, name in zip(exposed["iso3"], names, strict=True)
        for m in (*EFFECTIVENESS, PREVENTION)
    )


def distribution(data: Mapping[str, Rated]) -> pd.DataFrame:
    """Share of each rating among countries evaluated after joining, others of their regions, and all others, by measure."""
    parts = []
    for name, one in data.items():
        rows = one.rows
        counted = (
            pd.crosstab(part_in_programme(rows, one), rows["rating"], normalize="index")
            .reindex(GROUPS)
            .rename_axis("group")
        )
        long = counted.set_axis([LEVELS[int(n)] for n in counted.columns], axis=1).reset_index()
        long = long.melt("group", var_name="rating", value_name="share")
        parts.append(long.assign(measure=TITLES[name]))
    return pd.concat(parts, ignore_index=True)


SIZE_WORDS = {"half": "half the margin", "margin": "the margin", "double": "double the margin"}


def power_rows(simulated: Mapping[str, Simulated]) -> pd.DataFrame:
    """Power at half the margin, at it and at double of it, a row each: title, size, power."""
    return pd.DataFrame(
        {"title": TITLES[name], "size": SIZE_WORDS[size], "power": found.value}
        for name, of in simulated.items()
        for size, found in of.power.items()
    )


def size_range(simulated: Mapping[str, Simulated], alpha: float) -> tuple[float, float]:
    """The least and the largest share of samples without an effect that a registered test rejects, over all generators."""
    shares = [float(p.rejected(alpha).mean()) for of in simulated.values() for p in of.without_effect.values()]
    return min(shares), max(shares)


def states(data: Changes) -> pd.DataFrame:
    """Who is compared in the index: by region the joined States by name, and how many others."""
    rows = data.rows
    joined = rows[rows["joined"] > 0].groupby("region")["name"].agg(", ".join).rename("joined")
    others = rows[rows["joined"] == 0].groupby("region").size().rename("others")
    return pd.concat([joined, others], axis=1).reset_index()


def first_and_last(means: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean scores of the first and last edition by measure and group, as facts: measure, group, first, last."""
    edges = means.groupby(["measure", "group"], sort=False)["score"].agg(["first", "last"])
    return edges.reset_index().to_dict("records")  # type: ignore[return-value]


def left_out_of_index(rows: pd.DataFrame, data: Changes) -> str:
    """States of the same regions that came to the programme in another way, and are neither joined nor compared."""
    out = rows[rows["region"].isin(data.rows["region"]) & ~rows["iso3"].isin(data.rows["iso3"])]
    return ", ".join(out["name"])


def control_row(measure: Measure, test: Mapping[str, Any]) -> dict[str, Any]:
    """The test of a negative control as a row for an estimate."""
    about = measures.about(measure, ())
    return as_rows(test, **about, title=measure.title, begin=index.FIRST, end=index.LAST)


def control_table(measure: Measure, test: Mapping[str, Any], power: float) -> pd.DataFrame:
    """A negative control as a table: estimate, interval, p, and the power it had at the margin."""
    row = {key: test[key] for key in ("estimate", "ci_low", "ci_high", "p_value", "n_obs")}
    return pd.DataFrame([{"measure": measure.title, **row, "power": power}])


def agreement(registered: pd.DataFrame, others: pd.DataFrame, null: float, alpha: float) -> list[dict[str, Any]]:
    """For each measure: title, others (specifications), same (on the same side of `null`), confirm (and p below `alpha`)."""
    found = []
    for title, own in others.groupby("title", sort=False):
        side = np.sign(registered.loc[registered["title"] == title, "estimate"].iloc[0] - null)
        same = np.sign(own["estimate"] - null) == side
        confirm = same & (own["p_value"] < alpha)
        found.append({"title": title, "others": len(own), "same": int(same.sum()), "confirm": int(confirm.sum())})
    return found
