"""Parameters of spins that are centred and scaled: there minima are round, and soon found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.inverse.optimization import Smooth

    Array = NDArray[np.float64]

#: A spin that is nearly constant is scaled as if its variance were this.
_LEAST_VARIANCE = 1e-3


class Standardized:
    """A function of J and h as one of the parameters of spins (s_i − m_i)/σ_i.

    J_ij = K_ij / σ_i σ_j and h_i = k_i / σ_i − Σ_j J_ij m_j: where most spins are mostly down,
    fields and couplings that nearly cancel are otherwise all that matters. What comes after the
    fields stays as it is.

    Parameters
    ----------
    smooth
        The function; its couplings come first, then the fields.
    rows, columns
        i and j of each coupling.
    mean
        Means m_i.
    joint
        Whether a coupling acts on both spins, or on i alone.
    """

    def __init__(
        self,
        smooth: Smooth,
        rows: NDArray[np.intp],
        columns: NDArray[np.intp],
        mean: Array,
        joint: bool,
    ) -> None:
        self._smooth, self._rows, self._columns, self._mean = smooth, rows, columns, mean
        self._joint = joint
        self.size, self.n_couplings = smooth.size, smooth.n_couplings
        self._end = self.n_couplings + len(mean)
        of_field = 1.0 / np.sqrt(np.maximum(1.0 - mean**2, _LEAST_VARIANCE))
        self.scale = np.ones(self.size)
        self.scale[: self.n_couplings] = of_field[rows] * of_field[columns]
        self.scale[self.n_couplings : self._end] = of_field

    def parameters(self, y: Array) -> Array:
        """Return couplings and fields."""
        x = y * self.scale
        x[self.n_couplings : self._end] -= self._shift(x[: self.n_couplings])
        return x

    def standardized(self, x: Array) -> Array:
        """Return what `parameters` makes them of."""
        y = x.copy()
        y[self.n_couplings : self._end] += self._shift(x[: self.n_couplings])
        found: Array = y / self.scale
        return found

    def evaluate(self, y: Array) -> tuple[float, Array]:
        """Return value and gradient."""
        value, gradient = self._smooth.evaluate(self.parameters(y))
        return value, self._back(gradient)

    def curvature(self, y: Array, direction: Array) -> Array:
        """Return the Hessian times a direction."""
        product = self._smooth.curvature(self.parameters(y), self.parameters(direction))
        return self._back(product)

    def _shift(self, couplings: Array) -> Array:
        """Σ_j J_ij m_j."""
        n = len(self._mean)
        found = np.zeros(n)
        found += np.bincount(self._rows, couplings * self._mean[self._columns], minlength=n)
        if self._joint:
            found += np.bincount(self._columns, couplings * self._mean[self._rows], minlength=n)
        return found

    def _back(self, gradient: Array) -> Array:
        fields = gradient[self.n_couplings : self._end]
        found = gradient.copy()
        found[: self.n_couplings] -= fields[self._rows] * self._mean[self._columns]
        if self._joint:
            found[: self.n_couplings] -= fields[self._columns] * self._mean[self._rows]
        return np.asarray(found * self.scale)
