"""Our side of the reference cases that R computes too: published data through the estimators, a number each.

Keys are those of `validation/r/references.R`: the function that docs/methods names, and the quantity.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.datasets import danish_data, nile

from crimjust_research.designs.composition.diversity import diversity_at, hill_number
from crimjust_research.designs.composition.overlap import overlap_matrix
from crimjust_research.designs.counts.exact_strata import common_odds
from crimjust_research.designs.counts.ordinal import cumulative_link, cumulative_link_mixed
from crimjust_research.designs.counts.ppml import ppml
from crimjust_research.designs.counts.totals import wilson_shares
from crimjust_research.designs.networks.qap import qap_correlation
from crimjust_research.designs.networks.ties import TieNetwork, describe_network
from crimjust_research.designs.resampling.wild_bootstrap import wild_cluster_bootstrap
from crimjust_research.designs.series.breaks import bai_perron, zivot_andrews
from crimjust_research.designs.series.causality import toda_yamamoto
from crimjust_research.designs.series.cointegration import cointegration
from crimjust_research.designs.series.description import stl
from crimjust_research.designs.series.interrupted import interrupted_series
from crimjust_research.designs.series.interruptions import Interruption
from crimjust_research.designs.survival.cox import cox
from crimjust_research.designs.survival.curves import cumulative_incidence, kaplan_meier
from crimjust_research.designs.survival.turnbull import turnbull
from crimjust_research.evidence.multiplicity import adjusted

PUBLISHED = Path(__file__).parents[1] / "tests" / "data" / "published"
Numbers = Iterator[tuple[str, str, float]]

# Months to cosmetic deterioration after radiotherapy alone: Finkelstein and Wolfe (1985), Biometrics 41:933-945.
RADIOTHERAPY = (
    "45- 6,10 0,7 46- 46- 7,16 17- 7,14 37,44 0,8 4,11 15- 11,15 22- 46- 46- 25,37 46- 26,40 46- 27,34 36,44 46- "
    "36,48 37- 40- 17,25 46- 11,18 38- 5,12 37- 0,5 18- 24- 36- 5,11 19,35 17,25 24- 32- 33- 19,26 37- 34- 36-"
)
# Spiders under girdled trees, a number a species (Ellison et al. 2010), as in R's iNEXT.
SPIDERS = (46, 22, 17, 15, 15, 9, 8, 6, 6, 4, 2, 2, 2, 2, *[1] * 12)
# Penicillin given at once or late to rabbits, by dose: cured at once, cured late, dead at once, dead late (Agresti 1990,
# Categorical Data Analysis, pages 231 to 237; the example of R's mantelhaen.test).
RABBITS = ((0, 0, 6, 5), (3, 0, 3, 6), (6, 2, 0, 4), (5, 6, 1, 0), (2, 5, 0, 0))


def published(name: str) -> pd.DataFrame:
    """A table of tests/data/published."""
    return pd.read_csv(PUBLISHED / f"{name}.csv")


def ours() -> dict[tuple[str, str], float]:
    """Every number, by estimator and quantity."""
    parts = (survival, series, counts, composition, networks)
    return {(of, quantity): float(value) for part in parts for of, quantity, value in part()}


def survival() -> Numbers:
    rossi = published("recidivism/released")
    curve = kaplan_meier(rossi["week"], rossi["arrest"]).table.set_index("time").loc[26]
    yield "kaplan_meier", "survival at week 26", curve["survival"]
    yield "kaplan_meier", "error at week 26", curve["std_error"]
    yield (
        "kaplan_meier",
        "log-rank p by aid",
        kaplan_meier(rossi["week"], rossi["arrest"], group=rossi["fin"]).log_rank_p,
    )
    fit = cox(rossi, "week", "arrest", ["fin", "age", "prio"])
    for row in fit.table.itertuples():
        yield "cox", f"coefficient of {row.term}", row.estimate
        yield "cox", f"error of {row.term}", row.std_error
    yield "cox", "log likelihood", fit.log_likelihood
    incidence = cumulative_incidence([1, 2, 3, 4, 5], [1, 2, 0, 1, 0])
    by_four = incidence[incidence["time"] <= 4].groupby("cause")["incidence"].last()
    yield "cumulative_incidence", "first cause by 4", by_four[1]
    yield "cumulative_incidence", "second cause by 4", by_four[2]
    ends = [[float(v) if v else np.inf for v in item.replace("-", ",").split(",")] for item in RADIOTHERAPY.split()]
    found = turnbull(*np.array(ends).T)
    for at in (10, 30, 39.5):
        yield "turnbull", f"survival at {at}", 1 - found.table.loc[found.table["right"] <= at + 0.5, "mass"].sum()


def series() -> Numbers:
    farm = published("chicken_and_egg/annual").set_index("year")
    for lags in (1, 2, 3, 4):
        found = toda_yamamoto(farm["egg"], farm["chicken"], max_lag=lags, d_max=0, lags=lags)
        yield "toda_yamamoto", f"F of eggs first; {lags} lags; none added", found.f
    added = toda_yamamoto(farm["egg"], farm["chicken"], max_lag=3, d_max=1, lags=3)
    yield "toda_yamamoto", "chi2 of eggs first; 3 lags; one added", added.chi2
    money = cointegration(danish_data.load().data[["lrm", "lry", "ibo", "ide"]], 2, seasonal=True).table
    yield "cointegration", "trace of no relation", money["trace"][0]
    yield "cointegration", "trace of one at most", money["trace"][1]
    yield "cointegration", "largest eigenvalue", money["eigenvalue"][0]
    volume = nile.load_pandas().data
    flow = pd.Series(volume["volume"].to_numpy(), index=volume["year"].astype(int).to_numpy(), name="nile")
    yield "zivot_andrews", "Nile; one lag", zivot_andrews(flow, lags=1).statistic
    breaks = bai_perron(flow)
    yield "bai_perron", "Nile; residual sum without a break", breaks.candidates["rss"][0]
    yield "bai_perron", "Nile; residual sum with one", breaks.candidates["rss"][1]
    yield "bai_perron", "Nile; last year before the break", breaks.breaks["last_before"][0]
    yield "bai_perron", "Nile; largest F", breaks.sup_f["sup_f"][0]
    co2 = np.log(published("co2/monthly")["co2"]).set_axis(pd.period_range("1959-01", periods=468, freq="M"))
    parts = stl(co2, seasonal_window=21).components.loc["1980-01"]
    yield "stl", "seasonal part of January 1980", parts["seasonal"]
    yield "stl", "trend of January 1980", parts["trend"]
    sicily = published("sicily/monthly").set_axis(pd.period_range("2002-01", periods=59, freq="M"))
    step = [Interruption("ban", sicily.index[36], slope=False)]
    found = interrupted_series(sicily["admissions"], step, exposure=sicily["standard_population"], errors="quasi")
    level = found.table.set_index("term").loc["level: ban"]
    yield "interrupted_series", "Sicily; rate ratio", level["rate_ratio"]
    yield "interrupted_series", "Sicily; dispersion", found.dispersion


def counts() -> Numbers:
    wine = published("wine/ratings").astype({"tempwarm": float, "contactyes": float})
    fit = cumulative_link(wine, "rating", ["tempwarm", "contactyes"])
    table = fit.table.set_index("term")
    yield "cumulative_link", "wine; warmth", table.loc["tempwarm", "estimate"]
    yield "cumulative_link", "wine; error of warmth", table.loc["tempwarm", "std_error"]
    yield "cumulative_link", "wine; log likelihood", fit.log_likelihood
    yield "cumulative_link", "wine; contact", table.loc["contactyes", "estimate"]
    mixed = cumulative_link_mixed(wine, "rating", ["tempwarm", "contactyes"], "judge")
    yield "cumulative_link_mixed", "wine; warmth", mixed.table.set_index("term").loc["tempwarm", "estimate"]
    yield "cumulative_link_mixed", "wine; variance of judges", mixed.group_variance
    units = pd.DataFrame(
        [
            (dose, had, under)
            for dose, table in enumerate(RABBITS)
            for count, (had, under) in zip(table, ((1, 1), (1, 0), (0, 1), (0, 0)), strict=True)
            for _ in range(count)
        ],
        columns=["dose", "cured", "at_once"],
    )
    exact = common_odds(units, "cured", "at_once", "dose")
    yield "common_odds", "rabbits; odds ratio", exact.odds_ratio
    yield "common_odds", "rabbits; p", exact.p_value
    share = wilson_shares([8], [20]).iloc[0]
    yield "wilson_shares", "8 of 20; lower end", share["ci_low"]
    yield "wilson_shares", "8 of 20; upper end", share["ci_high"]
    known = [0.011, 0.02, 0.04, 0.5, 0.6]
    yield "adjusted", "Holm's p of .02 among five", adjusted(known, "holm")[1]
    yield "adjusted", "Benjamini and Hochberg's p of .04 among five", adjusted(known, "fdr_bh")[2]
    flows = published("gravity/trade").melt(["year", "exporter"], var_name="importer", value_name="trade").dropna()
    pairs = published("gravity/pairs")
    pairs = pairs.assign(pair=range(len(pairs)), ln_dist=np.log(pairs["dist"]))
    back = pairs.rename(columns={"exporter": "importer", "importer": "exporter"})
    trade = flows[flows["year"] == 2006].merge(pd.concat([pairs, back]), on=["exporter", "importer"])
    gravity = ppml(trade, "trade", ["ln_dist", "cntg", "lang", "clny"], [("exporter",), ("importer",)], "pair")
    terms = gravity.table.set_index("term")["estimate"]
    yield "ppml", "gravity of 2006; log distance", terms["ln_dist"]
    yield "ppml", "gravity of 2006; contiguity", terms["cntg"]
    voters = published("voters/voters").dropna(subset=["proposition_vote", "treatment", "log_income", "group_id1"])
    design = np.column_stack([np.ones(len(voters)), voters["treatment"], voters["log_income"]])
    wild = wild_cluster_bootstrap(design, voters["proposition_vote"], voters["group_id1"], 1, draws=199)
    yield "wild_cluster_bootstrap", "voters; t of treatment", wild.t


def composition() -> Numbers:
    for order in (0, 1, 2):
        yield "hill_number", f"order {order}", hill_number(np.array(SPIDERS), order)
    yield "diversity_at", "kinds among 50 of 168", diversity_at(SPIDERS, 0, 50)
    yield "overlap_matrix", "Morisita and Horn", overlap_matrix([[6, 3, 1, 0], [2, 5, 0, 3]], "morisita_horn")[0, 1]


def florentine() -> dict[str, pd.DataFrame]:
    """Which of the 16 families of Florence were bound, a symmetric matrix of 0 and 1 each for marriage and business."""
    pairs = published("florentine/pairs")
    families = [pairs["first"][0], *pairs["second"][:15]]
    matrices = {}
    for kind in ("marriage", "business"):
        upper = np.zeros((16, 16), dtype=np.int64)
        upper[np.triu_indices(16, 1)] = pairs[kind]
        matrices[kind] = pd.DataFrame(upper + upper.T, families, families)
    return matrices


def networks() -> Numbers:
    matrices = florentine()
    both = qap_correlation(*matrices.values(), permutations=199, seed=1)
    yield "qap_correlation", "Florentine families; correlation", both.correlation
    marriage = matrices["marriage"]
    network = TieNetwork(tuple(marriage), (1450,), marriage.to_numpy()[None], directed=False)
    described = describe_network(network).iloc[0]
    yield "describe_network", "density of marriage", described["density"]
    yield "describe_network", "mean degree in marriage", described["mean_degree"]
    yield "describe_network", "reach in marriage", described["reach"]
