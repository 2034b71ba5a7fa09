"""Least squares on who is treated, studentised, under every shuffle of who it might have been: matrix products alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import require_residual_freedom
from crimjust_research.designs.numerics import has_full_rank
from crimjust_research.errors import ParameterError

_ROUNDING = 1e-10
_EPS = 64 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Coefficients:
    """Coefficient of treatment and its HC2 error, (S, A): outcomes by shuffles."""

    estimate: FloatArray
    std_error: FloatArray
    rounding: FloatArray
    """What a coefficient may be without any relation."""

    @property
    def statistic(self) -> FloatArray:
        """Coefficients over their errors; zero where outcomes leave nothing to explain."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.estimate / self.std_error
        return np.asarray(np.where(np.abs(self.estimate) <= self.rounding, 0.0, found))


class ShuffledTreatment:
    """Least squares on each of many treatments and the same controls: what no outcome changes is worked out once.

    HC2 divides each squared residual by one less its leverage: unbiased where spread is equal (MacKinnon and White 1985,
    J. Econometrics 29:305-325). By Frisch, Waugh and Lovell all of it follows from residuals on the controls.
    """

    def __init__(self, treatment: FloatArray, controls: FloatArray) -> None:
        """Check and prepare.

        Parameters
        ----------
        treatment : (A, n), a row for each shuffle; controls : (n, k), a constant or effects among them.

        Raises
        ------
        ParameterError : dependent controls, a treatment that they explain, a row that only its own treatment or control fits,
            or no residual freedom.
        """
        n, k = controls.shape
        require_residual_freedom(n, k + 1)
        if not has_full_rank(controls):
            raise ParameterError("The controls depend on each other; leave one out.")
        basis = np.linalg.qr(controls)[0]
        varied = treatment - (treatment @ basis) @ basis.T
        squared = varied**2
        size = squared.sum(axis=1)
        if (size <= _ROUNDING * np.sum(treatment**2, axis=1)).any():
            raise ParameterError("Under some shuffle the controls explain who is treated; shuffle among more units.")
        room = 1 - np.einsum("ij,ij->i", basis, basis) - squared / size[:, None]
        if room.min() <= _ROUNDING:
            raise ParameterError(
                "A row is fitted by its own treatment or control alone and has no error; leave it out."
            )
        weight = squared / room / size[:, None] ** 2
        self._basis, self._varied, self._size = basis, varied, size
        self._weight, self._weighted = weight, weight * varied
        self._heaviness = np.einsum("ai,ai->a", weight, squared)

    def coefficients(self, outcomes: FloatArray) -> Coefficients:
        """Coefficient of each treatment on each of (S, n) outcomes, with errors HC2."""
        residual = outcomes - (outcomes @ self._basis) @ self._basis.T
        estimate = residual @ self._varied.T / self._size
        variance = (
            residual**2 @ self._weight.T - 2 * estimate * (residual @ self._weighted.T) + estimate**2 * self._heaviness
        )
        # An outcome that goes with a treatment wholly has its length over that of the treatment for a coefficient.
        left = _ROUNDING * np.linalg.norm(residual, axis=1) + _EPS * np.linalg.norm(outcomes, axis=1)
        rounding = left[:, None] / np.sqrt(self._size)
        return Coefficients(estimate, np.sqrt(np.maximum(variance, 0)), rounding)
