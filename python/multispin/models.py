"""Models: what the energy of a configuration is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin import _checks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Ising"]


class Ising:
    r"""The Ising model on the periodic square lattice.

    .. math:: E(s) = -J \sum_{\langle ij \rangle} s_i s_j - h \sum_i s_i, \qquad s_i = \pm 1

    Every site has one bond to the right and one downwards, so a lattice of side 2 counts each
    neighbour twice.

    Parameters
    ----------
    shape
        ``(rows, columns)``, each at least 2.
    J
        Coupling, finite; positive favours parallel neighbours. Units of energy, with k_B = 1.
    h
        Uniform field, finite, in the same units.

    Raises
    ------
    TypeError, ValueError
        For a shape, coupling or field that is not of this kind.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> model = ms.Ising((4, 6), J=1.0, h=0.5)
    >>> model.n_spins
    24
    >>> float(model.energy(np.ones((4, 6), dtype=np.int8)))
    -60.0
    """

    def __init__(self, shape: tuple[int, int], J: float = 1.0, h: float = 0.0) -> None:
        self._shape = _checks.lattice_shape(shape)
        self._J = _checks.finite("J", J)
        self._h = _checks.finite("h", h)

    @property
    def shape(self) -> tuple[int, int]:
        """``(rows, columns)``."""
        return self._shape

    @property
    def J(self) -> float:
        """Coupling."""
        return self._J

    @property
    def h(self) -> float:
        """Uniform field."""
        return self._h

    @property
    def n_spins(self) -> int:
        """Number of sites N."""
        return self._shape[0] * self._shape[1]

    def energy(self, spins: ArrayLike) -> NDArray[np.float64]:
        """Total energy of configurations.

        Parameters
        ----------
        spins
            ``(..., rows, columns)`` of +1 and -1.

        Returns
        -------
        ndarray
            ``(...)`` float64.

        Raises
        ------
        ValueError
            If the last two dimensions are not the model's shape, or a value is not +1 or -1.
        """
        s = np.asarray(spins)
        if s.ndim < 2 or s.shape[-2:] != self._shape:
            allowed = f"(..., {self._shape[0]}, {self._shape[1]})"
            raise ValueError(_checks.describe("spins", f"an array of shape {s.shape}", allowed))
        if not bool(np.all((s == 1) | (s == -1))):
            raise ValueError("spins: got other values, allowed: +1 and -1")
        s = s.astype(np.int8, copy=False)
        bonds = np.zeros(s.shape[:-2], dtype=np.int64)
        for axis in (-2, -1):
            bonds += np.sum(s * np.roll(s, -1, axis=axis), axis=(-2, -1), dtype=np.int64)
        field = np.sum(s, axis=(-2, -1), dtype=np.int64)
        return np.asarray(-self._J * bonds - self._h * field, dtype=np.float64)

    def __repr__(self) -> str:
        return f"Ising({self._shape}, J={self._J}, h={self._h})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ising):
            return NotImplemented
        return (self._shape, self._J, self._h) == (other._shape, other._J, other._h)

    def __hash__(self) -> int:
        return hash((self._shape, self._J, self._h))
