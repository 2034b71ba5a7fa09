"""Who meets whom: density, reach, South-South share, who is there at all, and growth by year."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import t as student

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.networks.ties import (
    TieNetwork,
    cumulated,
    describe_network,
    directed_network,
    event_sizes,
    participation,
    pooled,
    tie_turnover,
    ties_between_groups,
)
from crimjust_research.designs.series.growth import log_growth
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.cooperation.parameters import Params, cooperation_network, event_lists, in_window

OUTCOME = "3"
QUESTION = "Who works with whom in the programme's public events, how widely, and do ties last?"
SOUTH, NORTH = "South", "North"


@dataclass(frozen=True)
class Structure:
    """The network, its tables, and the estimates read off them."""

    network: TieNetwork
    joint_events: pd.DataFrame
    """Square, all years of the window together."""
    years: pd.DataFrame
    """One row a year: events of each kind of list, ties by whether they are new, and measures of the network."""
    groups: pd.DataFrame
    """Ties within and between South and North, one row a year and group of pairs."""
    all_years: pd.DataFrame
    """The same, all years together."""
    countries: pd.DataFrame
    """One row a country that took part or that the proposal names."""
    estimates: tuple[Estimate, ...]


def south_or_north(countries: pd.DataFrame) -> Mapping[str, str]:
    """South for the developing regions of the United Nations' M49 list of 2021, North for the others."""
    return dict(zip(countries["iso3"], np.where(countries["is_developing"], SOUTH, NORTH), strict=True))


def assess_structure(events: pd.DataFrame, countries: pd.DataFrame, params: Params) -> Structure:
    """The network of the window, described.

    Raises
    ------
    ParameterError
        If the window holds no event.
    """
    window = in_window(events, params)
    lists = event_lists(window)
    network = cooperation_network(events, params)
    together = cumulated(network)
    side = south_or_north(countries)
    groups = ties_between_groups(network, side)
    all_years = _last(ties_between_groups(together, side))
    sizes = event_sizes(lists, network.nodes).drop(columns="without_list")
    years = tie_turnover(network).merge(describe_network(network).drop(columns="ties"), on="period")
    years = years.merge(sizes, on="period", how="left")
    counts = list(sizes.columns.drop("period"))
    years[counts] = years[counts].fillna(0).astype("int64")
    joint = pooled(network)
    table = country_table(window, countries, joint)
    estimates = (
        *_whole(together, params),
        *_proposal(table, joint),
        *_south_south(lists, network, all_years, side, params),
        _hosting(window),
        *_growth(years, params),
    )
    return Structure(network, joint, years, groups, all_years, table, estimates)


def _last(table: pd.DataFrame) -> pd.DataFrame:
    last: pd.DataFrame = table[table["period"] == table["period"].max()]
    return last.reset_index(drop=True)


def country_table(window: pd.DataFrame, countries: pd.DataFrame, joint: pd.DataFrame) -> pd.DataFrame:
    """Countries that took part or that the proposal names: iso3, name, region, is_developing, proposed, phase, events
    attended, partners (countries met), meetings (joint events added up over partners), first_year, last_year."""
    attended = window.groupby("iso3").agg(
        events=("event", "size"), first_year=("year", "min"), last_year=("year", "max")
    )
    met = pd.DataFrame({"partners": (joint > 0).sum(), "meetings": joint.sum()})
    known = countries[["iso3", "name", "region", "is_developing", "proposed", "phase"]]
    named = known["iso3"].isin(attended.index) | known["proposed"] | known["phase"].notna()
    table = known[named].join(attended, on="iso3").join(met, on="iso3")
    counts = ["events", "partners", "meetings"]
    table[counts] = table[counts].fillna(0).astype("int64")
    table[["first_year", "last_year"]] = table[["first_year", "last_year"]].astype("Int64")
    return table.sort_values(["events", "meetings", "iso3"], ascending=[False, False, True], ignore_index=True)


def _estimate(
    identifier: str, estimand: str, method: str, specification: str, value: float, unit: str, n_obs: int, n_units: int
) -> Estimate:
    return Estimate(
        id=identifier,
        outcome=OUTCOME,
        question=QUESTION,
        estimand=estimand,
        method=method,
        specification=specification,
        estimate=value,
        unit=unit,
        n_obs=n_obs,
        n_units=n_units,
        role="secondary",
    )


def _whole(together: TieNetwork, params: Params) -> list[Estimate]:
    """Density, reach and reach in two steps of all years together."""
    row = _last(describe_network(together)).to_dict("records")[0]
    n = len(together.nodes)
    what = {
        "density": "Share of pairs of the countries named that met in at least one public event",
        "reach": "Share of pairs joined by a chain of meetings of any length",
        "two_step_reach": "Share of pairs that met or both met a third country",
    }
    return [
        _estimate(
            name,
            f"{estimand}: a lower bound",
            "Count, descriptive",
            f"{params.start} to {params.end}, all years together",
            float(row[name]),
            "share of pairs",
            n * (n - 1) // 2,
            n,
        )
        for name, estimand in what.items()
    ]


def _proposal(table: pd.DataFrame, joint: pd.DataFrame) -> list[Estimate]:
    """How much of the proposal the public record shows: of its countries, and of the pairs among them."""
    found = []
    groups = {"proposed": (table["proposed"], "17 proposed countries"), "phases": (table["phase"].notna(), "phases")}
    for name, (chosen, label) in groups.items():
        members = table[chosen]
        size = len(members)
        label = label if name == "proposed" else f"{size} countries of the six phases"
        found.append(
            _estimate(
                f"seen_{name}",
                f"Share of the {label} named at any public event",
                "Count, descriptive",
                "window of the assessment",
                float((members["events"] > 0).mean()),
                "share of countries",
                size,
                size,
            )
        )
        inside = [iso3 for iso3 in members["iso3"] if iso3 in joint.index]
        ties = int((joint.loc[inside, inside].to_numpy() > 0).sum()) // 2
        found.append(
            _estimate(
                f"density_{name}",
                f"Share of pairs of the {label} that met in at least one public event: a lower bound",
                "Count, descriptive",
                "pairs of countries never named count as never met in public",
                ties / (size * (size - 1) / 2),
                "share of pairs",
                size * (size - 1) // 2,
                size,
            )
        )
    return found


def _south_south(
    lists: pd.DataFrame, network: TieNetwork, all_years: pd.DataFrame, side: Mapping[str, str], params: Params
) -> list[Estimate]:
    """Share of ties within the South, and that share against the share of possible pairs, resampling events."""
    row = all_years[(all_years["first_group"] == SOUTH) & (all_years["second_group"] == SOUTH)].to_dict("records")[0]
    possible = row["possible_ties"] / all_years["possible_ties"].sum()
    present = participation(lists, network.nodes)
    first, second = np.triu_indices(len(network.nodes), 1)
    met = (present[:, first] & present[:, second]).astype(np.float32)
    south = np.array([side[node] == SOUTH for node in network.nodes])
    within = south[first] & south[second]
    rng = np.random.default_rng(params.seed)
    chosen = rng.multinomial(len(lists), np.full(len(lists), 1 / len(lists)), size=params.draws) > 0
    tied = chosen.astype(np.float32) @ met > 0
    shares = tied[:, within].sum(axis=1) / np.maximum(tied.sum(axis=1), 1)
    low, high = _percentiles(shares, params)
    base = _estimate(
        "south_south",
        "Share of the pairs that met in public that are South-South",
        "Count; interval by resampling events",
        "South: developing regions of the United Nations' M49 list of 2021",
        float(row["share_of_ties"]),
        "share of pairs that met",
        int(all_years["ties"].sum()),
        len(network.nodes),
    )
    return [
        replace(
            base,
            std_error=float(shares.std(ddof=1)),
            ci_low=low,
            ci_high=high,
            ci_level=params.confidence_level,
            null_value=possible,
        ),
        replace(
            base,
            id="south_south_mixing",
            estimand="South-South share of the pairs that met over their share of all pairs of the countries named",
            estimate=float(row["mixing_ratio"]),
            std_error=float(shares.std(ddof=1)) / possible,
            ci_low=low / possible,
            ci_high=high / possible,
            ci_level=params.confidence_level,
            unit="ratio",
            null_value=1.0,
        ),
    ]


def _percentiles(draws: FloatArray, params: Params) -> tuple[float, float]:
    tail = (1 - params.confidence_level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def _hosting(window: pd.DataFrame) -> Estimate:
    """Reciprocity of visits: of the times one country went to an event in another, how many go both ways."""
    visits = window[window["place"].notna() & (window["place"] != window["iso3"])]
    visits = visits.assign(weight=1).rename(columns={"iso3": "sender", "place": "receiver", "year": "period"})
    nodes = sorted(set(visits["sender"]) | set(visits["receiver"]))
    network = directed_network(visits[["sender", "receiver", "period", "weight"]], nodes)
    row = _last(describe_network(cumulated(network))).to_dict("records")[0]
    return _estimate(
        "visits_returned",
        "Share of ties from visitor to host that go both ways (reciprocity)",
        "Count, descriptive",
        "events whose place is stated; meeting itself has no direction",
        float(row["reciprocity"]),
        "share of ties",
        int(row["ties"]),
        len(nodes),
    )


def _growth(years: pd.DataFrame, params: Params) -> list[Estimate]:
    """Yearly growth factors of events, countries and pairs from the first year in which two countries met."""
    from_first = years[years["ties"].cumsum() > 0].set_index("period")
    what = {
        "growth_events": ("events", "public events that name any country"),
        "growth_countries": ("active_nodes", "countries that met another in a public event"),
        "growth_pairs": ("ties", "country pairs that met in a public event"),
    }
    found = []
    for identifier, (column, label) in what.items():
        series = from_first[column].astype("float64")
        # A year without any has no logarithm, and four points are the fewest a slope's error can be read from.
        if len(series) < 4 or series.min() <= 0:
            continue
        fit = log_growth(series)
        reach = float(student.ppf(0.5 + params.confidence_level / 2, fit.df)) * fit.std_error
        found.append(
            replace(
                _estimate(
                    identifier,
                    f"Yearly growth factor of {label}",
                    "Log-linear trend, errors from the scatter of yearly points",
                    f"{series.index[0]} to {series.index[-1]}; growth of publicity as much as of cooperation",
                    math.exp(fit.rate),
                    "growth factor a year (standard error of its logarithm)",
                    fit.n_obs,
                    1,
                ),
                std_error=fit.std_error,
                ci_low=math.exp(fit.rate - reach),
                ci_high=math.exp(fit.rate + reach),
                ci_level=params.confidence_level,
                p_value=2 * float(student.sf(abs(fit.rate / fit.std_error), fit.df)),
                null_value=1.0,
            )
        )
    return found
