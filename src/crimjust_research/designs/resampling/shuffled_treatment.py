"""Least squares on who is treated, studentised, under every shuffle of who it might have been: matrix products alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import require_residual_freedom
from crimjust_research.designs.numerics import has_full_rank
from crimjust_research.errors import ParameterError

_ROUNDING = 1e-10


@dataclass(frozen=True)
class Coefficients:
    """Coefficient of treatment and its HC2 error, (S, A): outcomes by shuffles."""

    estimate: FloatArray
    std_error: FloatArray

    @property
    def statistic(self) -> FloatArray:
        """Coefficients over their errors; zero where outcomes leave nothing to explain."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.estimate / self.std_error
        return np.asarray(np.where(np.abs(self.estimate) <= _ROUNDING, 0.0, found))


def treatment_coefficients(treatment: FloatArray, outcomes: FloatArray, controls: FloatArray) -> Coefficients:
    """Coefficient of each treatment in least squares of each outcome on it and the controls, with errors HC2.

    Parameters
    ----------
    treatment : (A, n), a row for each shuffle; outcomes : (S, n); controls : (n, k), a constant or effects among them.

    HC2 divides each squared residual by one less its leverage: unbiased where spread is equal (MacKinnon and White 1985,
    J. Econometrics 29:305-325). By Frisch, Waugh and Lovell all of it follows from residuals on the controls.

    Raises
    ------
    ParameterError : dependent controls, a treatment that they explain, a row that only its own treatment or control fits, or
        no residual freedom.
    """
    n, k = controls.shape
    require_residual_freedom(n, k + 1)
    if not has_full_rank(controls):
        raise ParameterError("The controls depend on each other; leave one out.")
    basis = np.linalg.qr(controls)[0]
    residual = outcomes - (outcomes @ basis) @ basis.T
    varied = treatment - (treatment @ basis) @ basis.T
    size = np.einsum("ai,ai->a", varied, varied)
    if size.min() <= _ROUNDING * max(1.0, float(np.abs(treatment).max())) ** 2:
        raise ParameterError("Under some shuffle the controls explain who is treated; shuffle among more units.")
    room = 1 - np.einsum("ij,ij->i", basis, basis) - varied**2 / size[:, None]
    if room.min() <= _ROUNDING:
        raise ParameterError("A row is fitted by its own treatment or control alone and has no error; leave it out.")
    weight = varied**2 / room / size[:, None] ** 2
    estimate = residual @ varied.T / size
    variance = (
        residual**2 @ weight.T
        - 2 * estimate * (residual @ (weight * varied).T)
        + estimate**2 * np.einsum("ai,ai->a", weight, varied**2)
    )
    return Coefficients(estimate, np.sqrt(np.maximum(variance, 0)))
