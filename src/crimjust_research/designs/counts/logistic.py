"""Logistic regression by Newton steps, and the scaling of its terms, shared by the models of shares and amounts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.separation import SeparatedError, separated_rows
from crimjust_research.errors import ParameterError


def logistic_fit(successes: FloatArray, trials: FloatArray, design: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Maximum likelihood coefficients (k,) of binomial logistic regression by Newton steps, and their information.

    Raises
    ------
    SeparatedError : the shares can be separated perfectly, so that a coefficient has no finite value.
    ParameterError : terms that depend on each other.
    """
    if separated_rows(design, np.where(successes <= 0, -1, np.where(successes >= trials, 1, 0))).any():
        raise SeparatedError(
            "A term, or a combination of terms, separates the outcome perfectly and has no finite estimate; leave it "
            "out or merge categories."
        )
    b = np.zeros(design.shape[1])
    for _ in range(50):
        mu = expit(design @ b)
        information = (design * (trials * mu * (1 - mu))[:, None]).T @ design
        if np.linalg.cond(information) > 1e12:
            break
        step = np.linalg.solve(information, design.T @ (successes - trials * mu))
        b = b + step
        if np.max(np.abs(step)) < 1e-10:
            return b, information
    raise ParameterError("The logistic fit does not converge: terms are nearly dependent; leave one out.")


def standardised_design(raw: FloatArray, terms: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """A design (rows, k) whose first column is the constant, with the others centred and scaled, and the map back.

    The map (k, k) turns coefficients of the standardised design into those of the raw one.

    Parameters
    ----------
    terms : (k - 1,) what the columns other than the constant are called.

    Raises
    ------
    ParameterError : a term that is constant, by name.
    """
    mean, spread = raw[:, 1:].mean(axis=0), raw[:, 1:].std(axis=0)
    flat = spread <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
    if flat.any():
        raise ParameterError(
            f"Term {terms[int(np.argmax(flat))]!r} is constant, for which the intercept stands already; leave it out."
        )
    back = np.diag(np.append(1.0, 1 / spread))
    back[0, 1:] = -mean / spread
    return back, np.column_stack([raw[:, 0], (raw[:, 1:] - mean) / spread])


def cluster_totals(influence: FloatArray, code: IntArray, n_clusters: int) -> FloatArray:
    """Influences (rows, k) added up within clusters, with the factor for few of them: (clusters, k).

    Their squares add up to the variance of each coefficient, sandwich times G / (G - 1).
    """
    total = np.zeros((n_clusters, influence.shape[1]))
    np.add.at(total, code, influence)
    return np.asarray(total * np.sqrt(n_clusters / (n_clusters - 1)))
