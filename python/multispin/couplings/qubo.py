"""Quadratic unconstrained binary optimisation: energies of variables 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._base.memory import check_memory
from multispin.couplings._pairs import check_strength
from multispin.couplings.problem import Problem, checked_values
from multispin.models import Pairwise, SignedGraph, fields
from multispin.models.matrices import check_square, checked_sparse, is_sparse

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_ALLOWED = "a square matrix (N, N), dense or of scipy.sparse, or a dict {(i, j): q}"

_CHUNK = 1 << 22  # products of two variables that are held at a time


class Qubo(Problem):
    r"""A quadratic function of variables 0 and 1, to be minimised.

    .. math:: E(x) = \sum_i a_i x_i + \sum_{i<j} q_{ij} x_i x_j + c = x^T Q x + c,
              \qquad x_i \in \{0, 1\}

    `model` has the same energies but for `offset`, with s = 2x − 1:

    .. math:: J_{ij} = -\frac{q_{ij}}{4}, \quad
              h_i = -\frac{a_i}{2} - \sum_{j \ne i} \frac{q_{ij}}{4}, \quad
              \mathrm{offset} = c + \sum_i \frac{a_i}{2} + \sum_{i<j} \frac{q_{ij}}{4}

    The coefficients are kept as they are, and `energy` is their sum. So with integers, and with
    multiples of a power of 2, all energies are exact.

    Parameters
    ----------
    linear : array_like
        Coefficients a_i, (N,), N >= 1, finite: the diagonal of Q.
    pairs : array_like
        Variables i and j that belong together, (E, 2) integers from 0 to N − 1; no pair twice.
    quadratic : array_like
        Coefficients q_ij of the pairs, (E,), finite: Q_ij + Q_ji. One of 0 is left out.
    constant : float
        The constant c.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> qubo = ms.couplings.Qubo([-1, -1, -1], [[0, 1], [1, 2]], [2, 2])
    >>> qubo.energy([[1, 0, 1], [1, 1, 1]]).tolist()
    [-2.0, 1.0]
    >>> qubo.offset, float(qubo.model.energy([1, -1, 1]) + qubo.offset)
    (-0.5, -2.0)
    """

    def __init__(
        self, linear: ArrayLike, pairs: ArrayLike, quadratic: ArrayLike, constant: float = 0.0
    ) -> None:
        a = checks.numbers("linear", linear) + 0.0
        if a.ndim != 1 or len(a) == 0:
            got = f"an array of shape {a.shape}"
            raise ValueError(checks.describe("linear", got, "(N,) numbers, N >= 1"))
        q = checks.numbers("quadratic", quadratic)
        c = checks.finite("constant", constant)
        try:  # it checks, sorts, and leaves out zeros
            upper = Pairwise.from_edges(len(a), pairs, q)
        except (TypeError, ValueError) as error:
            raise type(error)(_renamed(str(error))) from error
        if q.ndim == 2:
            raise ValueError(checks.describe("quadratic", f"an array of shape {q.shape}", "(E,)"))
        q = upper.couplings
        check_strength("quadratic", q, "coefficients of which Σ|q|")
        _check("linear", a, q)
        self._linear, self._pairs, self._quadratic, self._constant = a, upper.edges, q, c
        for array in (a, q):
            array.flags.writeable = False
        # Halves and quarters are exact, and fsum rounds once.
        offset = math.fsum(chain([c], (a / 2).tolist(), (q / 4).tolist()))
        super().__init__(_model(a, upper.edges, q), offset)

    @property
    def linear(self) -> NDArray[np.float64]:
        """Coefficients a_i, (N,) float64, read-only."""
        return self._linear

    @property
    def pairs(self) -> NDArray[np.int64]:
        """Variables i < j of each pair, (E, 2) int64 in ascending order, read-only."""
        return self._pairs

    @property
    def quadratic(self) -> NDArray[np.float64]:
        """Coefficients q_ij of the pairs, (E,) float64, read-only."""
        return self._quadratic

    @property
    def constant(self) -> float:
        """The constant c, the energy of x = 0. `offset` is that of the model instead."""
        return self._constant

    def energy(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return the energy of values of the variables, the constant included.

        Parameters
        ----------
        values : array_like
            0 and 1, (..., N).

        Returns
        -------
        ndarray
            (...) float64.

        Raises
        ------
        TypeError, ValueError
            If the values are not of this kind.
        """
        x = checked_values("values", values, self.n_variables, 0)
        rows = x.reshape(-1, self.n_variables)
        total = rows @ self._linear + self._constant
        at_a_time = max(1, _CHUNK // max(1, len(self._pairs)))
        i, j = self._pairs.T
        for first in range(0, len(rows), at_a_time):
            block = rows[first : first + at_a_time]
            total[first : first + at_a_time] += (block[:, i] & block[:, j]) @ self._quadratic
        return np.asarray(total.reshape(x.shape[:-1]) + 0.0)

    def from_spins(self, spins: ArrayLike) -> NDArray[np.int8]:
        """Return the values of the variables at spins of the model, x = (1 + s) / 2.

        Parameters
        ----------
        spins : array_like
            +1 and -1, (..., N).

        Returns
        -------
        ndarray
            0 and 1, (..., N) int8.

        Raises
        ------
        TypeError, ValueError
            If the spins are not of this kind.
        """
        return np.asarray((super().from_spins(spins) + 1) // 2)

    def to_dict(self) -> dict[tuple[int, int], float]:
        """Return {(i, i): a_i, (i, j): q_ij} with i < j, without zeros and the constant."""
        a = {(i, i): value for i, value in enumerate(self._linear.tolist()) if value}
        q = zip(map(tuple, self._pairs.tolist()), self._quadratic.tolist(), strict=True)
        return {**a, **dict(q)}

    def to_sparse(self) -> Any:
        """Return Q as an upper triangular scipy.sparse.csr_array, (N, N) float64.

        Raises
        ------
        MissingExtraError
            If SciPy is not installed.
        """
        sparse = require("scipy.sparse", "graphs")
        n, (on_diagonal,) = self.n_variables, np.nonzero(self._linear)
        i, j = (np.concatenate([on_diagonal, sites]) for sites in self._pairs.T)
        values = np.concatenate([self._linear[on_diagonal], self._quadratic])
        return sparse.csr_array((values, (i, j)), shape=(n, n))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Qubo):
            return NotImplemented
        return self._constant == other._constant and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("_linear", "_pairs", "_quadratic")
        )

    def __hash__(self) -> int:
        return super().__hash__()

    def __repr__(self) -> str:
        of = f"{self.n_variables} variables, {len(self._pairs)} pairs"
        return f"Qubo(<{of}>, constant={self._constant!r})"


def from_qubo(Q: Any, constant: float = 0.0, n_variables: int | None = None) -> Qubo:
    r"""Make the problem of minimising :math:`x^T Q x + c` over :math:`x \in \{0, 1\}^N`.

    As x² = x, the diagonal of Q is the linear term. Q need not be symmetric: what stands above and
    below the diagonal is added, as dimod does, q_ij = Q_ij + Q_ji.

    Parameters
    ----------
    Q : array_like, scipy.sparse matrix, or mapping
        (N, N) numbers; or {(i, j): q} with variables i and j from 0, N − 1 being the largest.
    constant : float
        The constant c.
    n_variables : int, optional
        Number of variables N, where a mapping does not have the last of them.

    Returns
    -------
    Qubo
        With ``energy(x)``, and ``model`` and ``offset`` for runs.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> qubo = ms.couplings.from_qubo([[-3, 2], [2, -3]])
    >>> qubo.to_dict()
    {(0, 0): -3.0, (1, 1): -3.0, (0, 1): 4.0}
    >>> ms.couplings.from_qubo({(0, 0): -3, (1, 1): -3, (0, 1): 4}) == qubo
    True
    """
    if n_variables is not None:
        n_variables = checks.count("n_variables", n_variables, 1, checks.MOST_SITES)
    # Some of SciPy's matrices are mappings too, and so is a Dataset.
    other = is_sparse(Q) or hasattr(type(Q), "data_vars")
    if isinstance(Q, Mapping) and not other:
        return _of_mapping(Q, constant, n_variables)
    upper = _of_sparse if is_sparse(Q) else _of_dense
    linear, pairs, quadratic = upper(Q)
    if n_variables not in (None, len(linear)):
        allowed = f"{len(linear)}, as Q has so many rows, or None"
        raise ValueError(checks.describe("n_variables", n_variables, allowed))
    _check("Q", linear, quadratic)
    return Qubo(linear, pairs, quadratic, constant)


def to_qubo(problem: Problem | SignedGraph) -> Qubo:
    r"""Write a problem of spins as one of variables 0 and 1, with x = (1 + s) / 2.

    .. math:: q_{ij} = -4 J_{ij}, \quad a_i = 2 \sum_{j \ne i} J_{ij} - 2 h_i, \quad
              c = \mathrm{offset} + \sum_i h_i - \sum_{i<j} J_{ij}

    A `Qubo` is returned as it is, so that `from_qubo` and this are inverse to each other.

    Parameters
    ----------
    problem : Problem or SignedGraph
        What is to be minimised; a model of one set of couplings has no offset.

    Returns
    -------
    Qubo
        With ``to_dict()`` and ``to_sparse()`` for other packages.

    Raises
    ------
    TypeError, ValueError
        If it is neither, or energies overflow.

    Examples
    --------
    >>> import multispin as ms
    >>> qubo = ms.couplings.to_qubo(ms.Ising((3,), J=-1.0))
    >>> qubo.to_dict(), qubo.constant
    ({(0, 0): -4.0, (1, 1): -4.0, (2, 2): -4.0, (0, 1): 4.0, (0, 2): 4.0, (1, 2): 4.0}, 3.0)
    """
    if isinstance(problem, Qubo):
        return problem
    if not isinstance(problem, Problem):
        checks.instance("problem", problem, SignedGraph, "a Problem, or a model of multispin")
        with checks.within("problem"):
            problem = Problem(problem)
    model = problem.model
    h, J = fields.at_sites(model.h, model.n_spins), model.couplings
    linear = -2 * h
    for sites in model.edges.T:
        np.add.at(linear, sites, 2 * J)
    constant = math.fsum(chain([problem.offset], h.tolist(), (-J).tolist()))
    _check("problem", linear, 4 * J)
    return Qubo(linear, model.edges, -4 * J, constant)


# --- what is asked of Q ---------------------------------------------------------------------------

_Parts = tuple["NDArray[np.float64]", "NDArray[np.int64]", "NDArray[np.float64]"]


def _of_dense(Q: Any) -> _Parts:
    given = checks.array("Q", Q, _ALLOWED)
    if given.ndim == 0:
        raise TypeError(checks.describe("Q", Q, _ALLOWED))
    check_square("Q", given, _ALLOWED)
    matrix = checks.numbers("Q", given)
    with np.errstate(over="ignore"):
        both = np.triu(matrix + matrix.T, 1)
    pairs = np.argwhere(both)
    return np.diagonal(matrix), pairs, both[tuple(pairs.T)]


def _of_sparse(Q: Any) -> _Parts:
    matrix = checked_sparse("Q", Q, _ALLOWED)
    with np.errstate(over="ignore"):
        entries = (matrix + matrix.T).tocoo()
    above = (entries.row < entries.col) & (entries.data != 0)
    pairs = np.stack([entries.row[above], entries.col[above]], axis=1).astype(np.int64)
    return matrix.diagonal(), pairs, entries.data[above]


def _of_mapping(Q: Mapping[Any, Any], constant: float, n_variables: int | None) -> Qubo:
    allowed = "a dict {(i, j): q} with integers i and j >= 0 and finite numbers q"
    if not Q and n_variables is None:
        raise ValueError(checks.describe("Q", Q, f"{allowed}, or n_variables given"))
    last = (checks.MOST_SITES if n_variables is None else n_variables) - 1
    linear: dict[int, float] = {}
    quadratic: dict[tuple[int, int], float] = {}
    for key, value in Q.items():
        if not (isinstance(key, tuple) and len(key) == 2):
            raise TypeError(f"Q: got the key {checks.shown(key)}, allowed: {allowed}")
        i, j = (checks.count("Q", site, 0, last) for site in key)
        number = checks.finite(f"Q[{i}, {j}]", value)
        if i == j:
            linear[i] = linear.get(i, 0.0) + number
        else:
            pair = (min(i, j), max(i, j))
            quadratic[pair] = quadratic.get(pair, 0.0) + number
    largest = max(max(key) for key in Q) if Q else 0
    n = int(largest) + 1 if n_variables is None else n_variables
    check_memory(f"Q: {n} variables", 64 * n)
    a = np.zeros(n)
    a[list(linear)] = list(linear.values())
    q = np.array(list(quadratic.values()))
    _check("Q", a, q)
    return Qubo(a, list(quadratic), q, constant)


def _check(name: str, linear: NDArray[np.float64], quadratic: NDArray[np.float64]) -> None:
    """Refuse coefficients with which energies overflow, by the name of what they come from."""
    both = np.concatenate([linear, quadratic])
    check_strength(name, both, "coefficients of which Σ|a| + Σ|q|")


def _model(a: NDArray[np.float64], pairs: NDArray[np.int64], q: NDArray[np.float64]) -> Pairwise:
    """Return the model of the same energies, but for a constant."""
    h = a / 2
    for sites in pairs.T:
        np.add.at(h, sites, q / 4)
    return Pairwise.from_edges(len(a), pairs, -q / 4, -h)


def _renamed(message: str) -> str:
    """Name in a message of `Pairwise.from_edges` the arguments of `Qubo`."""
    for name, here in (("edges", "pairs"), ("couplings", "quadratic")):
        if message.startswith(f"{name}:"):
            return here + message[len(name) :]
    return message
