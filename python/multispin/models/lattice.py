"""Periodic hypercubic lattices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin import graphs
from multispin._base import checks
from multispin.models.fields import check_energies
from multispin.models.signed_graph import SignedGraph

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Lattice(SignedGraph):
    """A model on `graphs.hypercubic`, whose edges are listed axis by axis.

    Here couplings are of one magnitude; a subclass may have others.
    """

    def __init__(self, shape: tuple[int, ...], J: float, h: ArrayLike) -> None:
        super().__init__(checks.lattice_shape(shape), h)
        self._J = J
        check_energies("J", J, self.n_edges * abs(J), self.n_spins, self._h)

    @property
    def J(self) -> float:
        """Coupling: edge e has J σ_e."""
        return self._J

    @property
    def n_edges(self) -> int:
        """Number of edges, ndim · N."""
        return len(self._shape) * self.n_spins

    @property
    def edges(self) -> NDArray[np.int64]:
        """Sites that each edge joins, (ndim · N, 2) int64, made anew at every access.

        Edge a · N + x joins site x and its neighbour one step up axis a.
        """
        return graphs.hypercubic(self._shape)

    @property
    def _largest_degree(self) -> int:
        return 2 * len(self._shape)

    def _lattice_shape(self) -> tuple[int, ...]:
        return self._shape

    def _interaction(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        ndim = len(self._shape)
        axes = tuple(range(-ndim, 0))
        total = np.zeros(s.shape[: s.ndim - ndim], dtype=np.int64)
        for axis in range(ndim):
            pairs = s * np.roll(s, -1, axis=axis - ndim)
            total += np.sum(self._with_signs(pairs, axis), axis=axes, dtype=np.int64)
        return np.asarray(-self._J * total)

    def _with_signs(self, pairs: NDArray[np.int8], axis: int) -> NDArray[np.int8]:  # noqa: ARG002
        """Multiply products of neighbours along `axis`, (..., *shape), by their bonds' signs."""
        return pairs
