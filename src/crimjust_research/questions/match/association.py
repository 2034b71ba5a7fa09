"""Do countries that meet in public events lie on the same routes? Joint events against traffic, pair by pair.

The event is what was sampled: errors leave out one at a time, and countries change places within their region.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.networks.event_qap import (
    EventQap,
    drawn_events,
    each_event_left_out,
    event_bootstrap,
    event_contributions,
    event_qap,
    free_of,
    relabelled,
    without_each_event,
)
from crimjust_research.designs.networks.other_events import over_events, without_one
from crimjust_research.designs.networks.qap import QapRegression, cells_of, qap_correlation, qap_regression
from crimjust_research.designs.resampling.permutation import p_beyond_zero
from crimjust_research.designs.resampling.shuffles import shuffled_within
from crimjust_research.questions.match.networks import ROUTE_KNOWN, Networks, networks, reported_by
from crimjust_research.questions.match.params import Params
from crimjust_research.vocabulary import countries

# The country left out, the first and last year of the early events, and the first of the events to come.
LEFT_OUT = "COL"
EARLY = (2016, 2019)
TO_COME = 2020
# Terms of the regression, as differences in joint events.
TERMS = {
    "log cases": "per log unit of cases between two countries",
    "same region": "countries of one region less others",
    "same language": "countries that share a language less others",
}
_BINS = 50


def traffic(found: Networks, p: Params) -> FloatArray:
    """(pairs, 1 + draws) log cases: as observed, then with countries changing places within their region."""
    return _within_regions(found, found.log_cases, p)


def correlation(found: Networks, p: Params) -> EventQap:
    """The registered correlation of joint events with log cases."""
    return event_qap(without_each_event(found.ties), traffic(found, p))


def row(fit: EventQap, level: float, **about: Any) -> dict[str, Any]:
    """A correlation as the row of an estimate, with its interval of that level."""
    low, high = fit.interval(level)
    ends = {"ci_low": low, "ci_high": high, "ci_level": level}
    counts = {"n_obs": fit.n_cells, "n_units": fit.n_events, "permutations": fit.permutations}
    numbers = {"estimate": fit.correlation, "std_error": fit.std_error, "p_value": fit.p_value}
    return numbers | ends | counts | about


def left_out(fit: EventQap, events: Sequence[str]) -> dict[str, Any]:
    """What leaving one event out makes of a correlation of those events: the fields of `without_one`, and errors."""
    found = without_one(fit.correlation, pd.Series(fit.without, list(events)))
    return found | {"errors": abs(found["farthest"] - fit.correlation) / fit.std_error}


def specifications(
    found: Networks, early: Networks, drawn: FloatArray, registered: EventQap, p: Params
) -> pd.DataFrame:
    """The correlation under each specification of model or sample the plan lists; a row each: name, words, altered and
    those of `row` and `left_out`.

    Parameters
    ----------
    early : the networks of the events of `EARLY`; drawn : from `traffic`; registered : the fit to it.
    """
    level, ties, replicates = p.confidence_level, found.ties, without_each_event(found.ties)
    met = replicates[0]
    weighted = ties / ties.sum(axis=1, keepdims=True)
    shared = np.column_stack([cells_of(len(m)).of(m.to_numpy()) for m in (found.same_region, found.same_language)])
    beside = _within_regions(found, _as_matrix(free_of(drawn[:, :1], shared)[:, 0], found), p)
    # Relabelled cases are the same cases in other pairs, and so are their ranks.
    ranks = _within_regions(found, _as_matrix(rankdata(drawn[:, 0]), found), p)
    without = found.among(set(found.countries) - {LEFT_OUT})
    years = "{}_{}".format(*EARLY), "{} to {}".format(*EARLY)
    fits = {
        "spearman": (event_qap(rankdata(replicates, axis=1), ranks), "ranks of pairs (Spearman)", 1.0),
        "ties": (event_qap((replicates > 0).astype(float), drawn), "ever met, yes or no", (met > 1).mean()),
        "semipartial": (event_qap(replicates, beside, shared), "same region and same language held", 1.0),
        "each_event_once": (
            event_qap(without_each_event(weighted), drawn),
            "each event weighted by one over its pairs",
            (np.abs(weighted.sum(axis=0) - met) > 0).mean(),
        ),
        f"without_{countries.short_name(LEFT_OUT).lower()}": (
            correlation(without, p),
            f"without {countries.short_name(LEFT_OUT)}",
            _altered(found, without),
        ),
        f"events_{years[0]}": (
            correlation(early, p),
            f"events of {years[1]} and the {len(early.countries)} countries in them",
            _altered(found, early),
        ),
        # The registered estimate counts no other routes, so this changes no pair.
        "cross_border": (registered, "routes that name both ends, as all that are counted do", 0.0),
    }
    held = dict.fromkeys(fits, found.events) | {
        f"without_{countries.short_name(LEFT_OUT).lower()}": without.events,
        f"events_{years[0]}": early.events,
    }
    return pd.DataFrame(
        row(fit, level, name=name, words=words, altered=altered) | left_out(fit, held[name])
        for name, (fit, words, altered) in fits.items()
    )


def other_tests(found: Networks, p: Params) -> pd.DataFrame:
    """The registered correlation by the other tests the plan lists; rows as of `specifications`, with `tested`, the test."""
    return pd.DataFrame([_permuted_over_all(found, p), _events_resampled(found, p)])


def _permuted_over_all(found: Networks, p: Params) -> dict[str, Any]:
    """Version 1's test: all countries change places, unstudentised."""
    fit = qap_correlation(
        found.joint_events, found.log_cases, permutations=p.draws, seed=p.seed, alpha=1 - p.confidence_level
    )
    numbers = {name: getattr(fit, name) for name in ("std_error", "ci_low", "ci_high", "p_value")}
    return numbers | {
        "estimate": fit.correlation,
        "n_obs": fit.n_cells,
        "n_units": fit.n_nodes,
        "name": "all_countries_permuted",
        "words": "all countries change places, as in version 1",
        "tested": f"Correlation among {p.draws:,} relabellings of all countries; interval by leaving out countries",
        "altered": 0.0,
    }


def _events_resampled(found: Networks, p: Params) -> dict[str, Any]:
    ties, cases = found.ties, cells_of(len(found.countries)).of(found.log_cases.to_numpy())
    low, high, p_value = event_bootstrap(ties, cases, p.draws, p.seed, 1 - p.confidence_level)
    return {
        "estimate": float(np.corrcoef(ties.sum(axis=0), cases)[0, 1]),
        "ci_low": low,
        "ci_high": high,
        "p_value": p_value,
        "n_obs": cases.size,
        "n_units": len(ties),
        "name": "events_resampled",
        "words": "events drawn with replacement",
        "tested": f"Correlation in {p.draws:,} resamples of events; percentile interval, p twice the share beyond zero",
        "altered": 0.0,
    }


def each_left_out(found: Networks, drawn: FloatArray, alpha: float) -> pd.DataFrame:
    """The correlation without each event in turn, over the same countries, with intervals of level 1 - 2 `alpha`.

    Rows of `row` with name and words (the event), those without which the correlation is least first.
    """
    named = found.took_part.sum(axis=1)
    rows = [
        row(fit, 1 - 2 * alpha, name=event.replace(" ", "_"), words=event, named=int(named.iloc[place]))
        for place, (event, fit) in enumerate(zip(found.events, each_event_left_out(found.ties, drawn), strict=True))
    ]
    return pd.DataFrame(rows).sort_values("estimate", kind="stable", ignore_index=True)


def before_and_to_come(found: Networks) -> tuple[FloatArray, FloatArray]:
    """Ties (events, pairs) of the events before `TO_COME`, and from then on."""
    later = found.took_part.index.get_level_values("year") >= TO_COME
    return found.ties[~later], found.ties[later]


def given_earlier_events(found: Networks) -> tuple[FloatArray, FloatArray]:
    """Joint events before `TO_COME` as a control (pairs, 1), and a matrix of what they leave of log cases."""
    earlier = before_and_to_come(found)[0].sum(axis=0)[:, None]
    cases = cells_of(len(found.countries)).of(found.log_cases.to_numpy())
    return earlier, _as_matrix(free_of(cases[:, None], earlier)[:, 0], found).to_numpy()


def events_to_come(found: Networks, p: Params) -> EventQap:
    """Placebo: later events against the routes, given the earlier ones, as the registered correlation."""
    earlier, left = given_earlier_events(found)
    drawn = _within_regions(found, pd.DataFrame(left), p)
    return event_qap(without_each_event(before_and_to_come(found)[1]), drawn, earlier)


def regression(found: Networks, p: Params) -> QapRegression:
    """Not registered: joint events regressed on log cases, same region and same language together.

    Its p-values relabel all countries (double semi-partialling; changing places within regions leaves same region as it is):
    they take the events as given, and countries as what could have been otherwise.
    """
    return qap_regression(
        found.joint_events, _regressors(found), permutations=p.draws, seed=p.seed, alpha=1 - p.confidence_level
    )


def terms(fit: QapRegression, found: Networks, p: Params) -> pd.DataFrame:
    """The regression's terms over events drawn and without each in turn: a row each, with name, of (what each compares), words,
    p_value, p_relabelled (of `regression`) and the fields of `over_events`."""
    of_cells = cells_of(len(found.countries)).of
    regressors = np.column_stack([of_cells(matrix.to_numpy(np.float64)) for matrix in _regressors(found).values()])
    added = event_contributions(found.ties, regressors)
    drawn = drawn_events(len(added), p.draws, p.seed) @ added
    estimates, relabelled_p = (fit.table.set_index("term")[column] for column in ("estimate", "p_value"))
    rows = []
    for k, (term, of) in enumerate(TERMS.items()):
        estimate = float(estimates[term])
        without = pd.Series(estimate - added[:, k], found.events)
        about = {"name": term.replace(" ", "_"), "of": of, "words": f"joint events, {term}"}
        told = {"p_value": p_beyond_zero(drawn[:, k]), "p_relabelled": relabelled_p[term]}
        rows.append(over_events(estimate, drawn[:, k], without, 1 - p.confidence_level) | about | told)
    return pd.DataFrame(rows).assign(n_obs=fit.n_cells, n_units=len(added))


def _regressors(found: Networks) -> dict[str, pd.DataFrame]:
    return dict(zip(TERMS, (found.log_cases, found.same_region, found.same_language), strict=True))


def by_who_reports(found: Networks, routes: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Not registered: the correlation without the country that reports most, and among those that report; a row each."""
    largest = str(reported_by(found, routes)["seizing"].iloc[0])
    reporters = set(routes.loc[routes["ends"] == ROUTE_KNOWN, "seizing"])
    without = f"without {countries.short_name(largest)}, which reports most of these cases"
    kept = {
        "without_largest_reporter": (found.among(set(found.countries) - {largest}), without),
        "reporters": (found.among(reporters), "countries that report routes themselves"),
    }
    rows = []
    for name, (some, words) in kept.items():
        fit = correlation(some, p)
        rows.append(row(fit, p.confidence_level, name=name, words=words) | left_out(fit, some.events))
    return pd.DataFrame(rows)


def without_one_event(
    found: Networks, registered: EventQap, others: pd.DataFrame, placebo: EventQap, p: Params
) -> pd.DataFrame:
    """Correlations, each without the event that moves it most: rows of `row` and `left_out` with words.

    Parameters
    ----------
    others : rows of `specifications` and `by_who_reports`; placebo : from `events_to_come`.
    """
    to_come = [event for year, event in found.took_part.index if year >= TO_COME]
    fits = (
        (registered, found.events, "correlation"),
        (placebo, to_come, "correlation of later events, given the earlier"),
    )
    rows = [row(fit, p.confidence_level, words=words) | left_out(fit, events) for fit, events, words in fits]
    return pd.concat([pd.DataFrame(rows), others.assign(words="correlation, " + others["words"])], ignore_index=True)


def early_networks(events: pd.DataFrame, dyads: pd.DataFrame, routes: pd.DataFrame, known: pd.DataFrame) -> Networks:
    """The networks of the events of `EARLY` and the countries in them."""
    return networks(events, dyads, routes, known, EARLY)


def histogram(null: FloatArray, observed: float) -> pd.DataFrame:
    """How many relabelled ratios lie in each bin: low, high, relabellings. The bins reach to the observed one."""
    edges = np.linspace(min(null.min(), observed), max(null.max(), observed), _BINS + 1)
    counts, _ = np.histogram(null, edges)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "relabellings": counts})


def _within_regions(found: Networks, matrix: pd.DataFrame, p: Params) -> FloatArray:
    return relabelled(matrix.to_numpy(np.float64), shuffled_within(found.strata, p.draws, p.seed))


def _as_matrix(values: FloatArray, found: Networks) -> pd.DataFrame:
    """The pairs' values as a symmetric frame."""
    cells = cells_of(len(found.countries))
    matrix = np.zeros((cells.n, cells.n))
    matrix[cells.rows, cells.columns] = matrix[cells.columns, cells.rows] = values
    return pd.DataFrame(matrix, found.countries, found.countries)


def _altered(found: Networks, other: Networks) -> float:
    """Share of the pairs of `found` that `other` drops or whose joint events it changes."""
    pairs = found.pairs().merge(other.pairs(), on=["first", "second"], how="left", suffixes=("", "_other"))
    return float((pairs["joint_events"] != pairs["joint_events_other"]).mean())
