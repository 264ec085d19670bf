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


class Coordinates:
    """Parameters of spins (s_i − m_i)/σ_i instead of spins s_i.

    J_ij = K_ij / σ_i σ_j and h_i = k_i / σ_i − Σ_j J_ij m_j: where most spins are mostly down,
    fields and couplings that nearly cancel are otherwise all that matters. What comes after the
    fields stays as it is.

    Parameters
    ----------
    rows, columns
        i and j of each coupling; fields come after the couplings.
    mean
        Means m_i.
    joint
        Whether a coupling acts on both spins, or on i alone.
    size
        Number of parameters.
    """

    def __init__(
        self,
        rows: NDArray[np.intp],
        columns: NDArray[np.intp],
        mean: Array,
        joint: bool,
        size: int,
    ) -> None:
        self._rows, self._columns, self._mean, self._joint = rows, columns, mean, joint
        self.n_couplings = len(rows)
        self._end = self.n_couplings + len(mean)
        of_field = 1.0 / np.sqrt(np.maximum(1.0 - mean**2, _LEAST_VARIANCE))
        self.scale = np.ones(size)
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

    def _shift(self, couplings: Array) -> Array:
        """Σ_j J_ij m_j."""
        n = len(self._mean)
        found = np.zeros(n)
        found += np.bincount(self._rows, couplings * self._mean[self._columns], minlength=n)
        if self._joint:
            found += np.bincount(self._columns, couplings * self._mean[self._rows], minlength=n)
        return found

    def gradient(self, gradient: Array) -> Array:
        """Return the gradient by these parameters, of that by couplings and fields."""
        fields = gradient[self.n_couplings : self._end]
        found = gradient.copy()
        found[: self.n_couplings] -= fields[self._rows] * self._mean[self._columns]
        if self._joint:
            found[: self.n_couplings] -= fields[self._columns] * self._mean[self._rows]
        return np.asarray(found * self.scale)


class Standardized:
    """A function of couplings and fields as one of these parameters."""

    def __init__(self, smooth: Smooth, coordinates: Coordinates) -> None:
        self._smooth, self._coordinates = smooth, coordinates
        self.size, self.n_couplings = smooth.size, smooth.n_couplings

    def evaluate(self, y: Array) -> tuple[float, Array]:
        """Return value and gradient."""
        value, gradient = self._smooth.evaluate(self._coordinates.parameters(y))
        return value, self._coordinates.gradient(gradient)

    def curvature(self, y: Array, direction: Array) -> Array:
        """Return the Hessian times a direction."""
        to = self._coordinates.parameters
        return self._coordinates.gradient(self._smooth.curvature(to(y), to(direction)))
