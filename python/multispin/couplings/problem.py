"""Problems of optimisation: a model, and what its energies lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin.couplings._pairs import check_strength, merged
from multispin.models import Pairwise, SignedGraph, fields

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Problem:
    r"""A model, and a constant that its energies lack.

    .. math:: E(s) = -\sum_{i<j} J_{ij} s_i s_j - \sum_i h_i s_i + \mathrm{offset},
              \qquad s_i = \pm 1

    Runs take its `model`; `offset` is what has to be added to their energies. It is a value: it
    does not change.

    Parameters
    ----------
    model : SignedGraph
        One set of couplings. A model other than `Pairwise` is made one, with double bonds added up.
    offset : float
        The constant, finite, in units of energy.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> problem = ms.couplings.Problem(ms.Ising((4,), J=-1.0), offset=10.0)
    >>> float(problem.energy([1, -1, 1, -1])), problem.model.n_edges
    (6.0, 4)
    """

    def __init__(self, model: SignedGraph, offset: float = 0.0) -> None:
        self._model = as_pairwise(model)
        self._offset = checks.finite("offset", offset)
        of_model = [np.abs(self._model.couplings).sum(), np.abs(self._model.h).sum()]
        check_strength("offset", [*of_model, self._offset], "one with which Σ|J| + Σ|h| + |offset|")

    @property
    def model(self) -> Pairwise:
        """The model, of N spins in a row."""
        return self._model

    @property
    def offset(self) -> float:
        """The energy of the problem without that of the model, the same for all states."""
        return self._offset

    @property
    def n_variables(self) -> int:
        """Number of variables N."""
        return self.model.n_spins

    def energy(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return the energy of values of the variables, the offset included.

        Parameters
        ----------
        values : array_like
            +1 and -1, (..., N).

        Returns
        -------
        ndarray
            (...) float64.

        Raises
        ------
        TypeError, ValueError
            If the values are not of this kind.
        """
        spins = checked_values("values", values, self.n_variables, -1)
        return np.asarray(self.model.energy(spins) + self.offset)

    def from_spins(self, spins: ArrayLike) -> NDArray[np.int8]:
        """Return the values of the variables at spins of the model: the spins themselves.

        Parameters
        ----------
        spins : array_like
            +1 and -1, (..., N).

        Returns
        -------
        ndarray
            (..., N) int8.

        Raises
        ------
        TypeError, ValueError
            If the spins are not of this kind.
        """
        return checked_values("spins", spins, self.n_variables, -1)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return (self.model, self.offset) == (other.model, other.offset)

    def __hash__(self) -> int:
        return hash((self.model, self.offset))

    def __repr__(self) -> str:
        return f"Problem({self.model!r}, offset={self.offset!r})"


def as_pairwise(model: SignedGraph) -> Pairwise:
    """Return one set of couplings as `Pairwise` of spins in a row, double bonds added up."""
    if isinstance(model, Pairwise) and model.samples is None and len(model.shape) == 1:
        return model
    edges, couplings = merged(model)
    return Pairwise.from_edges(
        model.n_spins, edges, couplings, fields.at_sites(model.h, model.n_spins)
    )


def checked_values(name: str, values: ArrayLike, n: int, low: int) -> NDArray[np.int8]:
    """Return (..., n) values that are `low` or 1 as int8, a copy."""
    allowed = f"{low} and 1, as an array (..., {n})"
    found = checks.array(name, values, allowed)
    if found.dtype.kind not in "iuf":
        raise TypeError(checks.describe(name, f"an array of {found.dtype}", allowed))
    if found.ndim == 0 or found.shape[-1] != n:
        raise ValueError(checks.describe(name, f"an array of shape {found.shape}", allowed))
    if not bool(np.all((found == low) | (found == 1))):
        raise ValueError(f"{name}: got other values, allowed: {allowed}")
    return found.astype(np.int8)
