"""Covariances over periods of what is measured in one unit: what unit, period and person have in common, or memory that fades.

Each gives (T, T), or (n_units, T, T) where units differ, of the means of cells. Registry: docs/methods/rollout.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import real_numbers, require_above_zero, require_whole
from crimjust_research.errors import ParameterError


def exchangeable(
    n_periods: int, icc: float, cac: float = 1.0, *, n: ArrayLike = 1, iac: float = 0.0, variance: float = 1.0
) -> FloatArray:
    """Covariance of the means of `n` persons, any two periods of a unit being equally alike.

    Parameters
    ----------
    icc : intracluster correlation: share of the variance that the persons of a unit have in common within a period.
    cac : cluster autocorrelation: share of that which is in common to all periods; 1 is Hussey and Hughes's model.
    n : persons in a cell; (n_units,) or (n_units, T) where they differ.
    iac : individual autocorrelation: share of the rest that is the same person's in every period; 0 if others are asked each
        time.
    variance : of one person's outcome, all in all.

    Raises
    ------
    ParameterError : a correlation outside 0 to 1, or a variance or a number of persons that is not above zero.
    """
    _require_shares(icc=icc, cac=cac, iac=iac)
    require_above_zero(variance=variance)
    require_whole(1, n_periods=n_periods)
    common = icc * variance * (cac + (1 - cac) * np.eye(n_periods))
    return np.asarray(common + _of_persons(n_periods, n, iac * (1 - icc) * variance, (1 - iac) * (1 - icc) * variance))


def autoregressive(
    n_periods: int, decay: float, icc: float = 1.0, *, n: ArrayLike = 1, variance: float = 1.0
) -> FloatArray:
    """Covariance of the means of `n` persons, periods of a unit being less alike the further they lie apart.

    With `icc` 1 a first-order autoregression of the units' own values, such as a country's score; below 1 with sampling
    noise.

    Parameters
    ----------
    decay : correlation of what the persons of a unit have in common from one period to the next.
    icc, n, variance : as in `exchangeable`; others are asked each time.

    Raises
    ------
    ParameterError : a decay that is not between -1 and 1, else as in `exchangeable`.
    """
    _require_shares(icc=icc)
    require_above_zero(variance=variance)
    require_whole(1, n_periods=n_periods)
    if not -1 < decay < 1:
        raise ParameterError(f"decay is {decay!r}; give a correlation between -1 and 1, neither included.")
    period = np.arange(n_periods)
    common = icc * variance * np.float64(decay) ** np.abs(period[:, None] - period)
    return np.asarray(common + _of_persons(n_periods, n, 0.0, (1 - icc) * variance))


def random_effects(
    treated: ArrayLike,
    *,
    tau: float,
    sigma: float,
    n: ArrayLike = 1,
    gamma: float = 0.0,
    eta: float = 0.0,
    rho: float = 0.0,
    zeta: float = 0.0,
) -> FloatArray:
    """Covariance (n_units, T, T) of the means of `n` persons whose units differ, also in the effect of treatment.

    Parameters
    ----------
    treated : (n_units, T) which cells are treated.
    tau, gamma, eta, zeta, sigma : standard deviations of units, of units' periods, of units' effects, of persons, of the rest.
    rho : correlation of a unit's level and its effect.
    n : persons in a cell; (n_units,) or (n_units, T) where they differ.

    Raises
    ------
    ParameterError : a negative standard deviation, a correlation outside -1 to 1, or a number of persons that is not above zero.
    """
    deviations = {"tau": tau, "gamma": gamma, "eta": eta, "zeta": zeta, "sigma": sigma}
    for name, value in deviations.items():
        if not (np.isfinite(value) and value >= 0):
            raise ParameterError(f"{name} is {value!r}; give a standard deviation of zero or more.")
    if not -1 <= rho <= 1:
        raise ParameterError(f"rho is {rho!r}; give a correlation from -1 to 1.")
    on = np.asarray(treated, np.float64)
    if on.ndim != 2:
        raise ParameterError(f"Treated cells have shape {on.shape}; give units by periods.")
    n_periods = on.shape[1]
    levels = tau**2 + gamma**2 * np.eye(n_periods)
    slopes = eta**2 * on[:, :, None] * on[:, None] + rho * tau * eta * (on[:, :, None] + on[:, None])
    return np.asarray(levels + slopes + _of_persons(n_periods, n, zeta**2, sigma**2))


def of_group_means(covariance: ArrayLike, n_units: ArrayLike, shared: float) -> FloatArray:
    """Covariance (n_groups, T, T) of the means of groups of `n_units` units that have a share of all variance in common.

    Units that start together in a design of whole phases, and are alike in nothing but that, tell no more than their phase's
    mean: phases are then the units of the design.

    Parameters
    ----------
    covariance : (T, T) of one unit.
    n_units : (n_groups,) units in each group.
    shared : share of variance and covariance that units of a group have in common.

    Raises
    ------
    ParameterError : a share outside 0 to 1, or a group without units.
    """
    _require_shares(shared=shared)
    return np.asarray(
        (shared + (1 - shared) / _persons(n_units)[..., None, None]) * real_numbers(covariance, "covariance")
    )


def _of_persons(n_periods: int, n: ArrayLike, lasting: float, passing: float) -> FloatArray:
    """Covariance of means of persons, of whom some variance lasts over periods and some does not."""
    persons = _persons(n)
    if persons.ndim == 1:
        persons = persons[:, None]
    if persons.ndim and persons.shape[-1] not in (1, n_periods):
        raise ParameterError(
            f"Numbers of persons have shape {persons.shape}; give them by unit, or by unit and period."
        )
    root = np.broadcast_to(np.sqrt(persons), (*persons.shape[:-1], n_periods))
    return np.asarray((lasting + passing * np.eye(n_periods)) / (root[..., :, None] * root[..., None, :]))


def _persons(n: ArrayLike) -> FloatArray:
    persons = real_numbers(n, "number of persons")
    if not (np.isfinite(persons) & (persons > 0)).all():
        raise ParameterError(
            f"Numbers are {persons}; give numbers above zero, and mark cells without any as not observed."
        )
    return persons


def _require_shares(**shares: float) -> None:
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise ParameterError(f"{name} is {value!r}; give a share from 0 to 1.")
