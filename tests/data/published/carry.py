"""Write the published figures that tests compare with as small tables of this project.

    python tests/data/published/carry.py PATH_OF_BENCHMARKS

PATH_OF_BENCHMARKS holds one folder per set: the data as released and `expected.json` with the published answers.
Each set becomes a folder beside this file with only the rows, columns and digits that its test needs. README.md
names the source and the licence of each.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

Tables = dict[str, pd.DataFrame]

HERE = Path(__file__).parent


def expected(folder: Path) -> dict:
    return json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def answers(columns: list[str], rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns)


def significant(values: pd.Series, digits: int) -> pd.Series:
    """Values rounded to so many significant digits."""
    return values.map(lambda value: float(f"{value:.{digits}g}"))


def chicken_and_egg(folder: Path) -> Tables:
    """Egg production and chicken population of the United States, 1930 to 1983, and Granger tests between them."""
    published = expected(folder)
    rows: list[tuple] = []
    for lags, (chicken_f, chicken_p, egg_f, egg_p) in published["lags"].items():
        rows.append(("granger", "chicken", "egg", int(lags), chicken_f, chicken_p))
        rows.append(("granger", "egg", "chicken", int(lags), egg_f, egg_p))
    for cause, effect in (("chicken", "egg"), ("egg", "chicken")):
        found = published[f"lag3_{cause}_to_{effect}"]
        rows.append(("granger", cause, effect, 3, found["F"], found["p"]))
    for cause, effect in (("chicken", "egg"), ("egg", "chicken")):
        rows.append(("toda_yamamoto", cause, effect, 3, *published["toda_yamamoto_p3_d1"][f"{cause}_to_{effect}"]))
    return {
        "annual": pd.read_csv(folder / "ChickEgg.csv"),
        "answers": answers(["test", "cause", "effect", "lags", "statistic", "p_value"], rows),
    }


def co2(folder: Path) -> Tables:
    """Carbon dioxide at Mauna Loa by month, and the season and trend that R's stl finds in its logarithm."""
    frame = pd.read_csv(folder / "co2_stl_s21_log.csv")
    return {"monthly": frame[["co2", "seasonal", "trend"]].round(8)}


def florentine(folder: Path) -> Tables:
    """Marriages and business ties among sixteen families of Florence, one row a pair."""
    marriage, business = (pd.read_csv(folder / f"flo{kind}.csv", index_col=0) for kind in ("marriage", "business"))
    first, second = np.triu_indices(len(marriage), 1)
    names = marriage.index.to_numpy()
    pairs = pd.DataFrame(
        {
            "first": names[first],
            "second": names[second],
            "marriage": marriage.to_numpy()[first, second],
            "business": business.to_numpy()[first, second],
        }
    )
    published = expected(folder)
    rows = [
        ("correlation", published["gcor"]),
        ("density of marriage", published["density"][0]),
        ("density of business", published["density"][1]),
    ]
    return {"pairs": pairs, "answers": answers(["quantity", "value"], rows)}


def gravity(folder: Path) -> Tables:
    """Trade of 69 countries in six years, to four digits: a row an exporter and year, a column an importer."""
    frame = pd.read_csv(folder / "agtpa_applications.csv.gz")
    frame = frame[frame["year"].isin(range(1986, 2007, 4)) & (frame["exporter"] != frame["importer"])]
    trade = frame.assign(trade=significant(frame["trade"], 4)).pivot_table(
        index=["year", "exporter"], columns="importer", values="trade"
    )
    trade = trade.map(lambda value: "" if np.isnan(value) else np.format_float_positional(value, trim="-"))
    pairs = frame[frame["exporter"] < frame["importer"]].drop_duplicates("pair_id")
    pairs = pairs.assign(dist=pairs["dist"].round().astype(int))
    published = expected(folder)
    terms = published["ppml_fe"].items()
    rows = [(term, *answer) if isinstance(answer, list) else (term, answer, None) for term, answer in terms]
    return {
        "trade": trade.reset_index(),
        "pairs": pairs[["exporter", "importer", "dist", "cntg", "lang", "clny"]].sort_values(["exporter", "importer"]),
        "answers": answers(["term", "estimate", "std_error"], rows),
    }


def medicaid(folder: Path) -> Tables:
    """Share of adults insured by State around the Medicaid expansions of 2014, and robust intervals for the first year.

    States that expanded in 2014, in 2016 or later, or never. The event study holds the coefficients of 2008 to 2012,
    2014 and 2015 against 2013, with their covariance.
    """
    frame = pd.read_stata(folder / "ehec_data.dta").astype({"year": int, "stfips": str})
    frame = frame[(frame["year"] < 2016) & (frame["yexp2"] != 2015)]
    cover = frame.astype({"dins": float}).pivot_table(index="stfips", columns="year", values="dins").round(6)
    first = frame.groupby("stfips")["yexp2"].first()
    cover.insert(0, "first_treated", first.where(first == 2014).astype("Int64"))
    published = expected(folder)
    years = list(published["coef"])
    covariance = pd.read_csv(folder / "sigma.csv", header=None).to_numpy()
    study = pd.DataFrame({"year": years, "estimate": np.loadtxt(folder / "betahat.csv")})
    study = study.join(pd.DataFrame(covariance, columns=years))
    study = study.apply(lambda column: column if column.name == "year" else significant(column, 10))
    rows = [
        (restriction, float(bound), *interval)
        for key, restriction in (("RM_CLF", "relative magnitudes"), ("SD_FLCI", "smoothness"))
        for bound, interval in published[key].items()
    ]
    return {
        "cover": cover.rename_axis("state").reset_index(),
        "event_study": study,
        "answers": answers(["restriction", "bound", "ci_low", "ci_high"], rows),
    }


SCENARIOS = {
    "mpdta_nev_dr": "never treated",
    "mpdta_nyt_dr": "not yet treated",
    "mpdta_nev_reg_cov": "regression on population",
    "mpdta_nev_ipw": "inverse probability",
}
REFERENCE_NAMES = {
    "t": "time",
    "att": "estimate",
    "se": "std_error",
    "type": "by",
    "egt": "at",
    "att_egt": "estimate",
    "se_egt": "std_error",
    "W": "wald",
    "Wpval": "p_value",
}


def reference(path: Path) -> pd.DataFrame:
    """R's answers in the four scenarios, under this project's names."""
    frame = pd.read_csv(path).rename(columns=REFERENCE_NAMES)
    frame = frame[frame["scenario"].isin(SCENARIOS)].reset_index(drop=True)
    return frame.assign(scenario=frame["scenario"].map(SCENARIOS))


def county_employment(folder: Path) -> Tables:
    """Teenage employment in 500 counties of the United States, 2003 to 2007, and R's answers in four scenarios.

    The package gives logarithms of whole numbers; the whole numbers are kept. An average without `at` is the overall one.
    """
    frame = pd.read_csv(folder / "mpdta.csv")
    frame["employed"] = np.exp(frame["lemp"]).round().astype(int)
    frame["population"] = (1000 * np.exp(frame["lpop"])).round().astype(int)
    counties = frame.pivot_table(
        index=["countyreal", "first.treat", "population"], columns="year", values="employed", aggfunc="sum"
    ).reset_index()
    counties = counties.rename(columns={"countyreal": "county", "first.treat": "first_treated"})
    counties["first_treated"] = counties["first_treated"].where(counties["first_treated"] > 0).astype("Int64")
    cells, rows = (reference(folder / f"r_did_2.5_ref_{name}.csv") for name in ("attgt", "aggte"))
    overall = rows.drop_duplicates(["scenario", "by"]).assign(at=pd.NA, estimate=rows["overall_att"])
    overall["std_error"] = overall["overall_se"]
    averages = pd.concat([overall, rows[rows["at"].notna()]]).astype({"at": "Int64"})
    return {
        "counties": counties,
        "cells": cells,
        "averages": averages[["scenario", "by", "at", "estimate", "std_error"]],
    }


def opioid_deaths(folder: Path) -> Tables:
    """Opioid deaths per 100,000 by State, 1999 to 2017, and how often two estimators reject a law that did nothing."""
    frame = pd.read_csv(folder / "overdoses.csv")
    frame = frame[~frame["state"].str.contains("Dakota")]
    rates = frame.pivot_table(index="state", columns="year", values="crude.rate").reset_index()
    found = expected(folder)["null_effect_instant_1000_reps"]
    rejections = pd.DataFrame(
        {
            "n_treated": found["n_treated"],
            "two_way": found["twfe_cluster_type1"],
            "autoregression": found["ar_type1"],
        }
    )
    return {"rates": rates, "answers": rejections}


def california_smoking(folder: Path) -> Tables:
    """Packs of cigarettes sold per head in 39 States, 1970 to 2000; California taxed and campaigned from 1989."""
    frame = pd.read_csv(folder / "california_prop99.csv", sep=";")
    packs = frame.pivot_table(index="State", columns="Year", values="PacksPerCapita").round(1)
    return {"packs": packs.rename_axis("state").reset_index()}


def recidivism(folder: Path) -> Tables:
    """Weeks to arrest of 432 men released from prison, half of them with financial aid, and a Cox regression."""
    frame = pd.read_csv(folder / "Rossi.csv")
    released = pd.DataFrame(
        {
            "week": frame["week"],
            "arrest": frame["arrest"],
            "fin": (frame["fin"] == "yes").astype(int),
            "age": frame["age"],
            "race_other": (frame["race"] == "other").astype(int),
            "wexp": (frame["wexp"] == "yes").astype(int),
            "not_married": (frame["mar"] == "not married").astype(int),
            "paro": (frame["paro"] == "yes").astype(int),
            "prio": frame["prio"],
            "educ": frame["educ"],
        }
    )
    rows = [(term, *answer) for term, answer in expected(folder).items() if term != "tol"]
    return {"released": released, "answers": answers(["term", "estimate", "std_error"], rows)}


def sicily(folder: Path) -> Tables:
    """Hospital admissions for acute coronary events in Sicily by month, and what a smoking ban changed."""
    frame = pd.read_csv(folder / "sicily.csv")
    published = expected(folder)
    rows = [
        ("poisson", "rate_ratio", published["poisson"]["rr"]),
        ("seasonal", "rate_ratio", published["seasonal"]["rr"]),
        ("seasonal", "trend_year", published["seasonal"]["trend_year"]),
        ("level and slope", "level", published["step_slope"]["smokban"]),
        ("level and slope", "slope", published["step_slope"]["slope_change"]),
    ]
    return {
        "monthly": frame[["year", "month", "aces", "stdpop"]].rename(
            columns={"aces": "admissions", "stdpop": "standard_population"}
        ),
        "answers": answers(["model", "quantity", "value"], rows),
    }


def voters(folder: Path) -> Tables:
    """Three hundred simulated voters in 40 groups, of a package for wild cluster bootstraps."""
    names = ["proposition_vote", "treatment", "log_income", "Q1_immigration", "Q2_defense", "group_id1"]
    return {"voters": pd.read_csv(folder / "voters.csv")[names].round({"log_income": 9})}


def west_germany(folder: Path) -> Tables:
    """Coefficients of a vector autoregression of West German growth rates; the data come with statsmodels."""
    published = expected(folder)
    series = ["invest", "income", "cons"]
    lags = [f"L{lag}.{name}" for lag in (1, 2) for name in series]
    coefficients = np.vstack([np.transpose(published["A1"]), np.transpose(published["A2"]), published["const"]])
    table = pd.DataFrame(coefficients, columns=series)
    table.insert(0, "regressor", [*lags, "const"])
    return {"coefficients": table}


def wine(folder: Path) -> Tables:
    """Bitterness of wine as nine judges rated it, and cumulative link models with and without them."""
    frame = pd.read_csv(folder / "wine.csv")
    ratings = pd.DataFrame(
        {
            "rating": frame["rating"],
            "tempwarm": (frame["temp"] == "warm").astype(int),
            "contactyes": (frame["contact"] == "yes").astype(int),
            "judge": frame["judge"],
        }
    )
    published = expected(folder)
    rows: list[tuple] = [("plain", term, *published["clm"][term]) for term in ("tempwarm", "contactyes")]
    rows += [("plain", f"threshold {i}", value, None) for i, value in enumerate(published["clm"]["thresholds"], 1)]
    rows += [("plain", "log likelihood", published["clm"]["loglik"], None)]
    rows += [("judges", term, value, None) for term, value in published["clmm_laplace"].items()]
    return {"ratings": ratings, "answers": answers(["model", "term", "estimate", "std_error"], rows)}


# Folder of the benchmark, folder here, and how the one becomes the other.
SETS: tuple[tuple[str, str, Callable[[Path], Tables]], ...] = (
    ("chickegg_granger", "chicken_and_egg", chicken_and_egg),
    ("stl_co2", "co2", co2),
    ("florentine", "florentine", florentine),
    ("gravity_agtpa", "gravity", gravity),
    ("honestdid_medicaid", "medicaid", medicaid),
    ("mpdta_callaway_santanna", "county_employment", county_employment),
    ("optic_griffin", "opioid_deaths", opioid_deaths),
    ("prop99", "california_smoking", california_smoking),
    ("rossi_cox", "recidivism", recidivism),
    ("its_sicily", "sicily", sicily),
    ("wildboot_voters", "voters", voters),
    ("lutkepohl_e1", "west_germany", west_germany),
    ("wine_clm", "wine", wine),
)


def main(benchmarks: Path) -> None:
    for source, name, carry in SETS:
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        for table, frame in carry(benchmarks / source).items():
            frame.to_csv(folder / f"{table}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
