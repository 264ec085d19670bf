"""Any couplings on any graph."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.models import fields, triangle
from multispin.models.base import digest
from multispin.models.fields import check_energies
from multispin.models.matrices import check_square, checked_sparse, is_sparse
from multispin.models.signed_graph import SignedGraph, parts, several_magnitudes, strength_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

_MATRIX = "a square matrix (N, N) of at least one site; from_edges takes lists of edges"

_ROWS = 64  # of a matrix that are looked at together
_CHUNK = 1 << 22  # products of two spins that are held at a time


class Pairwise(SignedGraph):
    r"""Spins with any pair couplings.

    .. math:: E(s) = -\sum_{i<j} J_{ij} s_i s_j - \sum_i h_i s_i, \qquad s_i = \pm 1

    The graph may fall into parts, have sites without neighbours, or have no edges at all (then
    ``J`` is 0). A coupling of 0 is no edge. Edges are kept with i < j and in ascending order, so
    the order in which they were given does not matter.

    Parameters
    ----------
    J
        Couplings J_ij, (N, N): a symmetric array, or a matrix or array of scipy.sparse, finite,
        with a zero diagonal. Units of energy, with k_B = 1.
    h
        Field h_i, finite, in the same units: a number for all sites, or (N,); None is no field.

    Raises
    ------
    TypeError, ValueError
        For couplings or a field that are not of this kind.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> J = np.array([[0.0, 1.0, -1.0], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
    >>> model = ms.Pairwise(J)
    >>> model.edges.tolist(), model.J, model.signs.tolist()
    ([[0, 1], [0, 2]], 1.0, [1, -1])
    >>> float(model.energy([1, 1, -1]))
    -2.0
    """

    def __init__(self, J: ArrayLike | Any, h: ArrayLike | None = None) -> None:
        upper = _sparse_upper if is_sparse(J) else _dense_upper
        edges, values, n_spins = upper(J)
        super().__init__((n_spins,), 0.0 if h is None else h)
        self._set_couplings("J", edges, values)

    @classmethod
    def from_edges(
        cls,
        n_spins: int,
        edges: ArrayLike,
        couplings: ArrayLike = 1.0,
        h: ArrayLike = 0.0,
        shape: tuple[int, ...] | None = None,
    ) -> Self:
        """Make the model of a list of edges.

        Parameters
        ----------
        n_spins
            Number of sites N, at least 1.
        edges
            Sites that each edge joins, (E, 2) integers from 0 to N - 1; no pair twice.
        couplings
            J_ij of the edges: one number, (E,), or (samples, E) for disorder samples. An edge
            whose couplings are all 0 is left out.
        h
            Field h_i: a number for all sites, or an array of the shape of a configuration.
        shape
            Shape of a configuration, with N sites in row-major order; ``(N,)`` if not given.

        Raises
        ------
        TypeError, ValueError
            For an argument that is not of this kind.

        Examples
        --------
        >>> import numpy as np
        >>> import multispin as ms
        >>> edges = ms.graphs.triangular((6, 6))
        >>> model = ms.Pairwise.from_edges(36, edges, couplings=-1.0, shape=(6, 6))
        >>> float(model.energy(np.ones((6, 6))))
        108.0
        """
        n_spins = checks.count("n_spins", n_spins, 1, checks.MOST_SITES)
        model = cls.__new__(cls)
        SignedGraph.__init__(model, _checked_shape(shape, n_spins), h)
        pairs = _checked_edges(edges, n_spins)
        values = _checked_couplings(couplings, len(pairs))
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        model._set_couplings("couplings", pairs[order], values[..., order])
        return model

    def _set_couplings(
        self, name: str, edges: NDArray[np.int64] | None, values: NDArray[np.float64]
    ) -> None:
        """Keep edges in order and their couplings: as signs if there is one magnitude.

        Edges that are all pairs, or None, which says so, are not kept.
        """
        check_energies(name, values, strength_of(values), self.n_spins, self._h)
        rows = np.atleast_2d(values)
        joined = rows.any(axis=0)
        if not joined.all():
            edges = (triangle.pairs(self.n_spins, name) if edges is None else edges)[joined]
            values, rows = values[..., joined], rows[:, joined]
        all_pairs = edges is None or (len(edges) == triangle.count(self.n_spins) > 0)
        self._edges: NDArray[np.int64] | None = None if all_pairs else edges
        magnitude = float(abs(values.flat[0])) if values.size else 0.0
        one = all(bool(np.all(np.abs(part) == magnitude)) for row in rows for part in parts(row))
        self._magnitude = magnitude if one else None
        kept = np.where(values > 0, 1, -1).astype(np.int8) if one else values
        self._values: NDArray[np.float64] | NDArray[np.int8] = kept
        self._values.flags.writeable = False
        if self._edges is not None:
            self._edges.flags.writeable = False

    @property
    def one_magnitude(self) -> bool:
        """Whether all couplings are ±J. If not, `J` and `signs` raise ValueError."""
        return self._magnitude is not None

    @property
    def J(self) -> float:
        """Magnitude of the couplings, 0 if there are none.

        Raises
        ------
        ValueError
            If the couplings have several magnitudes.
        """
        if self._magnitude is None:
            raise several_magnitudes(self.couplings)
        return self._magnitude

    @property
    def n_edges(self) -> int:
        """Number of edges E."""
        return triangle.count(self.n_spins) if self._edges is None else len(self._edges)

    @property
    def _joins_all_pairs(self) -> bool:
        return self._edges is None

    @property
    def edges(self) -> NDArray[np.int64]:
        """Sites i < j that each edge joins, (E, 2) int64 in ascending order, read-only.

        Made anew each time if all pairs are coupled; MemoryError if they then do not fit.
        """
        if self._edges is not None:
            return self._edges
        edges = triangle.pairs(self.n_spins, "J")
        edges.flags.writeable = False
        return edges

    @property
    def signs(self) -> NDArray[np.int8]:
        """Signs of the couplings, (E,) or (samples, E) int8, read-only.

        Raises
        ------
        ValueError
            If the couplings have several magnitudes.
        """
        if self._magnitude is None:
            raise several_magnitudes(self.couplings)
        signs: NDArray[np.int8] = self._values.astype(np.int8, copy=False)
        return signs

    @property
    def couplings(self) -> NDArray[np.float64]:
        """Couplings J_ij of the edges, (E,) or (samples, E) float64."""
        return np.asarray(self._values * (1.0 if self._magnitude is None else self._magnitude))

    @property
    def samples(self) -> int | None:
        """Number of disorder samples; None if there is one set of couplings and no axis for it."""
        return None if self._values.ndim == 1 else self._values.shape[0]

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what `from_state` makes the model of: a dict for JSON, and arrays by name."""
        h, arrays = fields.state(self._h)
        meta = {"model": "Pairwise", "shape": list(self._shape), "J": self._magnitude, "h": h}
        edges = {} if self._edges is None else {"edges": self._edges}
        return meta, {**edges, "values": self._values, **arrays}

    @classmethod
    def _from_state(cls, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        shape, magnitude = meta["shape"], meta["J"]
        couplings = arrays["values"] * (1.0 if magnitude is None else magnitude)
        h, n_spins = fields.from_state(meta, arrays), math.prod(shape)
        if "edges" not in arrays:
            return cls._of_all_pairs(couplings, h, _checked_shape(tuple(shape), n_spins))
        return cls.from_edges(n_spins, arrays["edges"], couplings, h, shape)

    @classmethod
    def _of_all_pairs(cls, couplings: ArrayLike, h: ArrayLike, shape: tuple[int, ...]) -> Self:
        model = cls.__new__(cls)
        SignedGraph.__init__(model, shape, h)
        pairs = triangle.count(model.n_spins)
        model._set_couplings("couplings", None, _checked_couplings(couplings, pairs))
        return model

    def _sample(self, k: int) -> Self:
        J = self.couplings[k]
        if self._edges is None:
            return self._of_all_pairs(J, self._h, self._shape)
        return self.from_edges(self.n_spins, self._edges, J, self._h, self._shape)

    def _interaction(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        n, shape = self.n_spins, s.shape[: s.ndim - len(self._shape)]
        factor = 1.0 if self._magnitude is None else self._magnitude
        if self.samples is None:
            return -factor * self._products(s.reshape(-1, n), self._values).reshape(shape)
        by_sample = s.reshape(shape[0], -1, n)
        sums = [self._products(*each) for each in zip(by_sample, self._values, strict=True)]
        return -factor * np.stack(sums).reshape(shape)

    def _products(self, spins: NDArray[np.int8], values: NDArray[Any]) -> NDArray[np.float64]:
        """Σ_e values[e] s_i s_j of configurations (M, N), in chunks of both."""
        if self._edges is None:
            return triangle.products(spins, values)
        exact = values.dtype == np.int8
        total = np.zeros(len(spins), dtype=np.int64 if exact else np.float64)
        rows = max(1, _CHUNK // max(1, len(values)))
        for first in range(0, len(spins), rows):
            block = spins[first : first + rows]
            for start in range(0, len(values), _CHUNK):
                i, j = self._edges[start : start + _CHUNK].T
                v = values[start : start + _CHUNK]
                pairs = block[:, i] * block[:, j]
                part = np.sum(pairs * v, axis=1, dtype=np.int64) if exact else pairs @ v
                total[first : first + rows] += part
        return total.astype(np.float64)

    def _identity(self) -> Hashable:
        return self._shape, self._magnitude, self._field, self._digest

    @cached_property
    def _digest(self) -> str:
        return digest(self._values if self._edges is None else self._edges, self._values)

    def __repr__(self) -> str:
        of = f"shape {self._shape}, {self.n_edges} edges, sha256 {self._digest[:12]}"
        J = "" if self._magnitude is None else f"J={self._magnitude}, "
        samples = "" if self.samples is None else f", samples={self.samples}"
        return f"Pairwise(<{of}>, {J}h={fields.shown(self._field)}{samples})"


# --- what is asked of arguments -------------------------------------------------------------------

# Edges (E, 2), or None for all pairs; couplings (E,); N.
_Upper = tuple["NDArray[np.int64] | None", "NDArray[np.float64]", int]


def _dense_upper(J: ArrayLike) -> _Upper:
    given = checks.array("J", J, _MATRIX)
    if given.ndim == 0:
        raise TypeError(checks.describe("J", J, _MATRIX))
    check_square("J", given, _MATRIX)
    # Some rows at a time: as float64, all of them may be a copy of much that there is.
    for first in range(0, len(given), _ROWS):
        rows = checks.numbers("J", given[first : first + _ROWS])
        i, j = np.nonzero(rows != given[:, first : first + _ROWS].T)
        _check_symmetric(given, i + first, j)
    _check_diagonal(np.diagonal(given))
    values = triangle.above_diagonal(given)
    if values.all() and len(values):
        return None, values, len(given)
    i, j = np.nonzero(np.triu(given))
    return np.stack([i, j], axis=1).astype(np.int64), values[values != 0], len(given)


def _sparse_upper(J: Any) -> _Upper:
    """Do what `_dense_upper` does for a matrix of scipy.sparse, of which duplicates are added."""
    matrix = checked_sparse("J", J, _MATRIX)
    _check_diagonal(matrix.diagonal())
    _check_symmetric(matrix, *(matrix != matrix.T).nonzero())
    entries = matrix.tocoo()
    upper = (entries.row < entries.col) & (entries.data != 0)
    i, j, values = entries.row[upper], entries.col[upper], entries.data[upper]
    order = np.lexsort((j, i))
    edges = np.stack([i[order], j[order]], axis=1).astype(np.int64)
    return edges, values[order], matrix.shape[0]


def _check_diagonal(diagonal: NDArray[np.float64]) -> None:
    (wrong,) = np.nonzero(diagonal)
    if len(wrong):
        i = wrong[0]
        allowed = "a zero diagonal, as no spin is coupled to itself"
        raise ValueError(f"J: got J[{i}, {i}] = {diagonal[i]}, allowed: {allowed}")


def _check_symmetric(matrix: Any, rows: NDArray[Any], columns: NDArray[Any]) -> None:
    """Refuse a matrix that differs from its transpose at some rows and columns."""
    if len(rows):
        i, j = rows[0], columns[0]
        got = f"J[{i}, {j}] = {matrix[i, j]} and J[{j}, {i}] = {matrix[j, i]}"
        allowed = "a symmetric matrix; of one that has each pair once, J + J.T"
        raise ValueError(f"J: got {got}, allowed: {allowed}")


def _checked_shape(shape: Any, n_spins: int) -> tuple[int, ...]:
    if shape is None:
        return (n_spins,)
    allowed = f"a tuple of integers >= 1 whose product is {n_spins}"
    if isinstance(shape, (str, bytes)) or not isinstance(shape, (tuple, list, np.ndarray)):
        raise TypeError(checks.describe("shape", shape, allowed))
    if isinstance(shape, np.ndarray) and shape.ndim != 1:
        raise ValueError(checks.describe("shape", shape, allowed))
    sides = tuple(checks.count("shape", side, 1) for side in shape)
    if not sides or math.prod(sides) != n_spins:
        raise ValueError(checks.describe("shape", shape, allowed))
    return sides


def _checked_edges(edges: ArrayLike, n_spins: int) -> NDArray[np.int64]:
    """Return edges (E, 2) as i < j, in the order given."""
    allowed = f"(E, 2) different sites from 0 to {n_spins - 1}"
    array = checks.array("edges", edges, allowed)
    if array.shape in ((0,), (0, 2)):
        return np.empty((0, 2), dtype=np.int64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(checks.describe("edges", f"an array of shape {array.shape}", allowed))
    if array.dtype.kind not in "iu":
        raise TypeError(checks.describe("edges", f"an array of {array.dtype}", allowed))
    wrong = ((array < 0) | (array >= n_spins)).any(axis=1) | (array[:, 0] == array[:, 1])
    if bool(wrong.any()):
        raise ValueError(checks.describe("edges", array[wrong][0].tolist(), allowed))
    pairs = np.sort(array.astype(np.int64), axis=1)
    ordered = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    again = (ordered[1:] == ordered[:-1]).all(axis=1)
    if bool(again.any()):
        raise ValueError(
            f"edges: got {ordered[1:][again][0].tolist()} more than once, allowed: each pair once"
        )
    return pairs


def _checked_couplings(couplings: ArrayLike, n_edges: int) -> NDArray[np.float64]:
    """Return couplings as (E,) or (samples, E) float64."""
    array = checks.numbers("couplings", couplings)
    if array.ndim == 0:
        array = np.full(n_edges, array)
    if array.ndim > 2 or array.shape[-1] != n_edges or (array.ndim == 2 and len(array) == 0):
        allowed = f"one number, ({n_edges},) or (samples, {n_edges}), as there are {n_edges} edges"
        raise ValueError(checks.describe("couplings", f"an array of shape {array.shape}", allowed))
    return array.astype(np.float64)  # a copy
