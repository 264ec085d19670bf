"""Parisi's solution with the symmetry of replicas broken in steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin.theory.sherrington_kirkpatrick._replica_symmetric import (
    checked_field,
    checked_temperature,
    replica_symmetric,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_COLDEST = 0.02  # where grids get long
_MOST_STEPS = 10
_MOST_POINTS = 500  # of a grid that is refined

_WIDE = 8.0  # standard deviations beyond which a Gaussian is nothing
_POINTS = np.arange(-3, 5)  # of a grid, around a place from 0 to 1; Lagrange's interpolation
_OTHERS = ~np.eye(len(_POINTS), dtype=bool)
_APART = np.subtract.outer(_POINTS, _POINTS) + np.eye(len(_POINTS))
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)


class BrokenSymmetry(NamedTuple):
    """The solution of some steps at one temperature and field; energies are per spin.

    ``overlap`` (steps + 1,) and ``weight`` (steps + 1,) are P(q): two replicas have the overlap
    q_k with probability w_k, or -q_k as often where there is no field. ``breakpoint`` (steps,) are
    Parisi's x at which q(x) goes up, the sums of weights: q(x) is overlap[k] up to breakpoint[k].
    """

    overlap: Array
    weight: Array
    breakpoint: Array
    magnetization: float
    energy: float
    free_energy: float
    entropy: float


def parisi(T: float, h: float = 0.0, steps: int = 6) -> BrokenSymmetry:
    r"""Solve the Sherrington-Kirkpatrick glass with replica symmetry broken in K steps.

    Overlaps :math:`q_0 \le \dots \le q_K` and :math:`0 \le m_1 \le \dots \le m_K \le 1` are those
    that make

    .. math::

        -\beta f = \ln 2 + \overline{\Phi_0(h + \sqrt{q_0} \, z)}
        + \tfrac{\beta^2}{2} (1 - q_K)
        - \tfrac{\beta^2}{4} \Big(1 - q_K^2 + \sum_{k=1}^K m_k (q_k^2 - q_{k-1}^2)\Big)

    smallest, with :math:`\Phi_K(x) = \ln \cosh \beta x` and

    .. math:: \Phi_{k-1}(x) = \frac{1}{m_k} \ln
              \overline{\exp\left(m_k \Phi_k(x + \sqrt{q_k - q_{k-1}} \, z)\right)},

    averages over Gaussian z written with a bar. Of the infinitely many steps of the solution a few
    are enough: at K = 6 free energies are 10⁻⁵ below their limit at most, and energies are known
    to 10⁻⁴. Where the replica-symmetric solution is stable it is the answer, with one overlap.

    Parameters
    ----------
    T : float
        Temperature, from 0.02 to 10⁶.
    h : float
        Field, of size 10⁶ at most.
    steps : int
        K, from 1 to 10. Six take a second at T = 0.3, and a minute at T = 0.02.

    Returns
    -------
    BrokenSymmetry
        The energy is :math:`-\frac{\beta}{2} (1 - \sum_k w_k q_k^2) - h m`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.
    MissingExtraError
        If scipy is not installed (extra ``[theory]``).

    Notes
    -----
    G. Parisi, J. Phys. A 13, L115 and 1101 (1980). That it is the smallest: F. Guerra, Commun.
    Math. Phys. 233, 1 (2003); M. Talagrand, Ann. Math. 163, 221 (2006). Averages are sums over a
    grid of local fields, of which only x >= 0 is kept as all Φ are even; gradients are exact, and
    the minimum is looked for by scipy's L-BFGS-B.

    Examples
    --------
    >>> from multispin.theory.sherrington_kirkpatrick import parisi
    >>> found = parisi(0.4)
    >>> round(found.energy, 4), round(found.entropy, 3)
    (-0.7351, 0.107)
    """
    T, h = checked_temperature(T), checked_field(h)
    if T < _COLDEST:
        raise ValueError(checks.describe("T", T, f"a number from {_COLDEST} to 1e+06"))
    steps = checks.count("steps", steps, 1, _MOST_STEPS)
    alike = replica_symmetric(T, h)
    if alike.replicon >= 0.0:
        return BrokenSymmetry(
            np.array([alike.overlap]),
            np.ones(1),
            np.empty(0),
            alike.magnetization,
            alike.energy,
            alike.free_energy,
            alike.entropy,
        )
    functional, q, m, value = _smallest(T, abs(h), steps, alike.overlap)
    weight = np.diff(m, prepend=0.0, append=1.0)
    magnetization = float(np.copysign(functional.magnetization(q, m), h)) if h else 0.0
    energy = float(-(1.0 - (weight * q**2).sum()) / (2.0 * T)) - h * magnetization
    free_energy = -T * value
    entropy = (energy - free_energy) / T
    return BrokenSymmetry(q, weight, m, magnetization, energy, free_energy, entropy)


def _smallest(
    T: float, h: float, steps: int, overlap: float
) -> tuple[Functional, Array, Array, float]:
    """Return overlaps and breakpoints where -βf is smallest, and its value there."""
    optimize = require("scipy.optimize", "theory")
    functional = Functional(T, h, steps, overlap)
    y = functional.start(overlap)
    for refined in (2, 4, 8, 16):
        found = optimize.minimize(
            functional,
            y,
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 500, "maxcor": 30, "ftol": 1e-15, "gtol": 1e-9},
        )
        y, (q, m) = found.x, functional.split(found.x)
        # In a field overlaps are closer to each other than anyone knew.
        finer = Functional(T, h, steps, overlap, refined)
        if np.diff(q).min() >= functional.least or len(finer.x) > _MOST_POINTS:
            break
        functional = finer
    return functional, q, m, float(found.fun)


class Functional:
    """-βf and its gradient, of numbers that may be anything.

    Parts of 1 are exp(y)/Σ exp(y): the K + 2 parts into which overlaps cut [0, 1] and the K + 1
    into which breakpoints do. Without a field q_0 = 0, and the first part of overlaps is not there.
    """

    def __init__(self, T: float, h: float, steps: int, overlap: float, refined: int = 1) -> None:
        self.T, self.h, self.steps = T, h, steps
        self.in_field = h > 0.0
        # ln cosh(x/T) is resolved by T/2 to nine digits, a Gaussian by its width to eight.
        spacing = min(0.5 * T, 0.5 * np.sqrt(overlap / (2 * steps + 1))) / refined
        # The largest overlap is not far above that of one step less; no drift is beyond 1.
        reach = h + _WIDE * np.sqrt(min(1.0, 1.5 * overlap)) + min(1.5, 2.0 * overlap / T)
        self.x = spacing * np.arange(int(reach / spacing) + 1)
        self.least = spacing**2  # variance of Gaussians that sums resolve
        self._once = np.where(self.x == 0.0, 0.5, 1.0)  # 0 is its own mirror image
        self._apart = [np.subtract.outer(self.x, sign * self.x) ** 2 for sign in (1, -1)]

    def start(self, overlap: float) -> Array:
        """Return parameters of overlaps that rise evenly to the replica-symmetric one."""
        k, steps = np.arange(self.steps + 1), self.steps
        lowest = 0.3 if self.in_field else 0.0
        q = overlap * (lowest + (1.0 - lowest) * 2 * k / (2 * steps + 1))
        m = 0.6 * (2 * k[1:] - 1) / (2 * steps)
        parts = np.diff(q, prepend=0.0, append=1.0)
        broken = np.diff(m, prepend=0.0, append=1.0)
        return np.asarray(np.log(np.concatenate([parts if self.in_field else parts[1:], broken])))

    def split(self, y: Array) -> tuple[Array, Array]:
        """Return overlaps q_0, ..., q_K and breakpoints m_1, ..., m_K."""
        cut = self.steps + 1 + self.in_field
        q, m = np.cumsum(_parts(y[:cut]))[:-1], np.cumsum(_parts(y[cut:]))[:-1]
        return (q if self.in_field else np.concatenate([[0.0], q])), m

    def __call__(self, y: Array) -> tuple[float, Array]:
        """Return -βf and its derivatives by y."""
        q, m = self.split(y)
        value, by_q, by_m = self.of(q, m)
        cut = self.steps + 1 + self.in_field
        return value, np.concatenate([
            _by_logarithms(_parts(y[:cut]), by_q if self.in_field else by_q[1:]),
            _by_logarithms(_parts(y[cut:]), by_m),
        ])  # fmt: skip

    def of(self, q: Array, m: Array) -> tuple[float, Array, Array]:
        """Return -βf, and its derivatives by overlaps and by breakpoints."""
        beta = 1.0 / self.T
        phi, tilted = self._down(q, m)
        first = self._begin(q[0])
        x = np.append(m, 1.0)
        squares = np.diff(q**2, append=1.0)
        value = np.log(2.0) + first @ phi[0] + 0.5 * beta**2 * (1.0 - q[-1])
        value -= 0.25 * beta**2 * (x * squares).sum()
        # Upwards: where the local field is at each overlap, and how magnetized spins are there.
        slopes = self._slopes(tilted)
        density, by_q, by_m = first, np.empty(len(q)), np.empty(len(m))
        below = np.concatenate([[0.0], x])
        for k in range(len(q)):
            by_q[k] = 0.5 * beta**2 * (below[k] - x[k]) * (density @ slopes[k] ** 2 - q[k])
            if k < len(m):
                gain = tilted[k][0] @ phi[k + 1] - phi[k]
                by_m[k] = density @ gain / m[k] - 0.25 * beta**2 * squares[k]
                density = density @ tilted[k][0]
        return float(value), by_q, by_m

    def magnetization(self, q: Array, m: Array) -> float:
        """Return that of a spin in the field, which is not negative."""
        _, tilted = self._down(q, m)
        odd = self._begin(q[0], odd=True)
        return float(odd @ self._slopes(tilted)[0])

    def _down(self, q: Array, m: Array) -> tuple[list[Array], list[tuple[Array, Array]]]:
        """Return Φ_0, ..., Φ_K, and the matrices that average even and odd functions.

        Those take functions at q_k+1 to averages at q_k, with weights exp(m Φ).
        """
        u = self.x / self.T
        phi = [u + np.log1p(np.exp(-2.0 * u)) - np.log(2.0)]
        tilted: list[tuple[Array, Array]] = []
        for k in range(len(m) - 1, -1, -1):
            even, odd = self._kernels(q[k + 1] - q[k])
            top = m[k] * phi[0]
            # Only differences of Φ within reach of the Gaussian matter.
            weights = np.exp(np.minimum(top[None, :] - top[:, None], 300.0))
            even, odd = even * weights, odd * weights
            total = even.sum(axis=1)
            tilted.insert(0, (even / total[:, None], odd / total[:, None]))
            phi.insert(0, phi[0] + np.log(total) / m[k])
        return phi, tilted

    def _slopes(self, tilted: list[tuple[Array, Array]]) -> list[Array]:
        """Return T Φ', the magnetization at each overlap: averages of tanh(x/T)."""
        slopes = [np.tanh(self.x / self.T)]
        for _, odd in reversed(tilted):
            slopes.insert(0, odd @ slopes[0])
        return slopes

    def _kernels(self, variance: float) -> tuple[Array, Array]:
        """Return matrices that average even and odd functions over a Gaussian step."""
        if variance >= self.least:
            near, far = (np.exp(-square / (2.0 * variance)) for square in self._apart)
            scale = self._once * self.x[1] / np.sqrt(2.0 * np.pi * variance)
            return scale * (near + far), scale * (near - far)
        rows = np.arange(len(self.x))
        even, odd = np.zeros((2, len(rows), len(rows)))
        for offset, weight in _narrow(0.0, np.sqrt(variance) / self.x[1]).items():
            points = rows + offset
            columns = np.minimum(np.abs(points), len(rows) - 1)
            even[rows, columns] += weight
            odd[rows, columns] += weight * np.sign(points)
        return even, odd

    def _begin(self, variance: float, odd: bool = False) -> Array:
        """Return weights that average an even (odd) function over x ~ N(h, q_0)."""
        spacing = self.x[1]
        if variance >= self.least:
            right, left = (
                np.exp(-((self.x + side * self.h) ** 2) / (2.0 * variance)) for side in (-1, 1)
            )
            weights = spacing * self._once * (right - left if odd else right + left)
            return np.asarray(weights / np.sqrt(2.0 * np.pi * variance))
        weights = np.zeros(len(self.x))
        for point, weight in _narrow(self.h / spacing, np.sqrt(variance) / spacing).items():
            weights[abs(point)] += weight * (np.sign(point) if odd else 1.0)
        return weights


def _narrow(middle: float, width: float) -> dict[int, float]:
    """Return weights of points 0, ±1, ... that average a function over a narrow Gaussian.

    Of a function that is smooth between the points, which are too far apart for plain sums.
    """
    weights: dict[int, float] = {}
    nodes = zip(_NODES, _WEIGHTS / _WEIGHTS.sum(), strict=True) if width > 0.0 else [(0.0, 1.0)]
    for node, weight in nodes:
        place = middle + width * node
        base = int(np.floor(place))
        away = place - base - _POINTS
        shares = np.where(_OTHERS, away[None, :] / _APART, 1.0).prod(axis=1)
        for point, share in zip((base + _POINTS).tolist(), shares.tolist(), strict=True):
            weights[point] = weights.get(point, 0.0) + weight * share
    return weights


def _parts(y: Array) -> Array:
    """Return parts of 1."""
    shares = np.exp(y - y.max())
    return np.asarray(shares / shares.sum())


def _by_logarithms(parts: Array, by_sums: Array) -> Array:
    """Turn derivatives by sums of the first parts into those by the logarithms of parts."""
    by_parts = np.append(np.cumsum(by_sums[::-1])[::-1], 0.0)
    return np.asarray(parts * (by_parts - parts @ by_parts))
