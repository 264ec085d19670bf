"""Exact results to hold a simulation against.

Six oracles, none of which knows the sampler:

``onsager``
    the infinite square lattice in zero field (Onsager 1944, Yang 1952);
``ising_2d``
    the finite torus in zero field (Kaufman 1949);
``transfer_matrix``
    a torus with one short side, in any field (Kramers & Wannier 1941);
``enumerate``, ``state_probabilities``
    any model of at most 24 or 16 spins, by summing over all its states;
``eliminate``
    any model on a sparse graph, by a transfer matrix that adds one spin at a time.

Conventions: s = ±1, P(s) ∝ exp(−E/T), k_B = 1, and on lattices E(s) = −J Σ_<ij> s_i s_j − h Σ_i s_i
with a bond to the right and a bond down at each site (so a side of length 2 has double bonds).

References
----------
H. A. Kramers & G. H. Wannier, Phys. Rev. 60, 252 (1941). L. Onsager, Phys. Rev. 65, 117 (1944).
B. Kaufman, Phys. Rev. 76, 1232 (1949). C. N. Yang, Phys. Rev. 85, 808 (1952).
"""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin.exact.elimination import Elimination, eliminate

__all__ = [
    "Elimination",
    "Enumeration",
    "Infinite",
    "Torus",
    "TransferMatrix",
    "critical_temperature",
    "eliminate",
    "enumerate",
    "ising_2d",
    "onsager",
    "state_probabilities",
    "transfer_matrix",
]

Array = npt.NDArray[np.float64]

critical_temperature: float = 2.0 / math.asinh(1.0)
"""T_c/|J| of the square lattice, 2/ln(1+√2) (Kramers & Wannier 1941)."""

MAX_ENUMERATED_SPINS = 24
MAX_LISTED_SPINS = 16
MAX_TRANSFER_WIDTH = 12

# Below this coupling over temperature every result equals that of free spins to double precision;
# the floor keeps 1/sinh(2K) finite, so that J = 0 needs no case of its own.
_SMALLEST_K = 1e-150


class Infinite(NamedTuple):
    """Bulk values of the infinite square lattice, per spin; arrays with the shape of T."""

    energy: Array
    specific_heat: Array
    magnetization: Array
    free_energy: Array

    @property
    def energy_per_spin(self) -> Array:
        """The same as ``energy`` (the total is infinite), under the name that ``Torus`` has."""
        return self.energy


class Torus(NamedTuple):
    """Exact values of a finite torus; arrays with the shape of T."""

    log_partition: Array
    energy: Array
    energy_per_spin: Array
    specific_heat: Array
    free_energy: Array


class TransferMatrix(NamedTuple):
    """Exact values of a torus in a field."""

    log_partition: float
    energy: float
    energy_per_spin: float
    magnetization: float


class Enumeration(NamedTuple):
    """Exact values of a small model, summed over all its states."""

    log_partition: float
    energy: float
    energy_variance: float
    specific_heat: float
    magnetization: float
    abs_magnetization: float
    magnetization_2: float
    magnetization_4: float
    first_moments: Array
    second_moments: Array


class _Model(Protocol):
    """What is asked of a model whose states are summed."""

    @property
    def n_spins(self) -> int: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    def energy(self, spins: npt.NDArray[np.int8], /) -> npt.ArrayLike: ...


def onsager(T: npt.ArrayLike, J: float = 1.0) -> Infinite:
    """Onsager's energy and free energy and Yang's magnetization of the infinite lattice, h = 0.

    With K = |J|/T, k'' = 2 tanh²(2K) − 1 and A = AGM(1, |k''|), the arithmetic-geometric mean
    (K₁ = π/(2A) is the complete elliptic integral in Onsager's formulas)::

        e = −|J| coth(2K) [1 + k''/A]
        C = (K coth 2K)²/A [(1 − k'') Σ_{n≥1} c_n + Σ_{n≥1} 2ⁿ c_n²]
        m = (1 − sinh⁻⁴(2K))^{1/8}   below T_c for J > 0, else 0
        f = −T lim ln Z / N

    where c_n are the half differences of the AGM iteration, c_1 = (1 − |k''|)/2. The bracket of C
    is Onsager's 2(K₁ − E₁) − (1 − k'')(π/2 + k''K₁), written so that nothing cancels.

    Parameters
    ----------
    T : array_like
        Temperatures, positive and finite, in units of J (k_B = 1).
    J : float
        Coupling of either sign, not zero. For J < 0 the energies are those of |J| and the
        uniform magnetization is zero; the staggered one is what J > 0 gives.

    Returns
    -------
    Infinite
        ``energy``, ``specific_heat``, ``magnetization``, ``free_energy``, all per spin, float64
        with the shape of T. At T_c the specific heat is ``inf``.

    Raises
    ------
    TypeError
        If T or J is not real.
    ValueError
        If a temperature is not positive and finite, or J is zero or not finite.

    Notes
    -----
    Onsager (1944), section 7; Yang (1952), eq. (96). The free energy is Onsager's integral over one
    angle, by Gauss-Legendre quadrature, to about 1e-14.

    Examples
    --------
    >>> from multispin import exact
    >>> bulk = exact.onsager(2.0)
    >>> print(f"{bulk.energy:.10f} {bulk.magnetization:.10f}")
    -1.7455645753 0.9113193779
    """
    temperature, coupling = _temperatures(T), checks.finite("J", J)
    if coupling == 0.0:
        raise ValueError(checks.describe("J", J, "a finite number, not 0"))
    K = np.maximum(abs(coupling) / temperature, _SMALLEST_K)
    tanh = np.tanh(2 * K)
    elliptic, small = _agm(K)
    mean, sums, squares = elliptic
    modulus = np.where(K < 1 / critical_temperature, -1.0, 1.0) * (1 - 2 * small)  # k''
    critical = mean == 0
    mean = np.where(critical, 1.0, mean)
    # 1 + k''/A; above T_c it is the difference of two numbers near one, so take (A - |k''|)/A.
    bracket = np.where(modulus > 0, 1 + modulus / mean, (2 * small - sums) / mean)
    energy = -abs(coupling) * np.where(critical, 1.0, bracket) / tanh
    peak = (K / tanh) ** 2 / mean * ((1 - modulus) * sums + squares)
    return Infinite(
        energy=_value(energy),
        specific_heat=_value(np.where(critical, np.inf, peak)),
        magnetization=_value(_yang(K) if coupling > 0 else np.zeros_like(K)),
        free_energy=_value(-temperature * _bulk_log_partition(K)),
    )


def ising_2d(L: int | tuple[int, int], T: npt.ArrayLike, J: float = 1.0) -> Torus:
    """Kaufman's exact solution of the periodic rows × cols lattice, h = 0.

    With n rows, m columns, N = nm and K = |J|/T::

        Z = ½ (2 sinh 2K)^{N/2} [Π 2cosh(mγ_{2r+1}/2) + Π 2sinh(mγ_{2r+1}/2)
                               + Π 2cosh(mγ_{2r}/2)   + Π 2sinh(mγ_{2r}/2)],   r = 0 … n−1
        cosh γ_l = cosh²(2K)/sinh(2K) − cos(πl/n),   γ_0 = 2K + ln tanh K

    Energy and specific heat are the analytic first and second derivatives of ln Z by K.

    Parameters
    ----------
    L : int or (int, int)
        Side of the lattice, or (rows, cols); each at least 2. A side of 2 has double bonds.
    T : array_like
        Temperatures, positive and finite, in units of J (k_B = 1).
    J : float
        Coupling of either sign. J < 0 needs even sides: only then is it the mirror of J > 0.

    Returns
    -------
    Torus
        float64 with the shape of T: ``log_partition`` ln Z, ``energy`` ⟨E⟩ (total),
        ``energy_per_spin``, ``specific_heat`` (⟨E²⟩ − ⟨E⟩²)/(N T²) per spin, ``free_energy``
        −T ln Z / N per spin.

    Raises
    ------
    TypeError
        If L is not an integer or a pair of integers, or T or J is not real.
    ValueError
        If a side is below 2, a side is odd with J < 0, or T or J is out of range.

    Notes
    -----
    Kaufman (1949), the partition function of the finite crystal, written in η = |ln sinh 2K|: by
    the duality of Kramers and Wannier the γ are even in it, cosh γ_l = 2 cosh η − cos(πl/n). No
    term overflows and no difference of large numbers is taken, at any temperature and size; e/J
    and C/K² are right to about 1e-14.

    Examples
    --------
    >>> from multispin import exact
    >>> torus = exact.ising_2d(16, 1 / 0.44068679)
    >>> print(f"{torus.free_energy:.8f}")
    -2.11532619
    """
    rows, cols = _sides(L)
    temperature, coupling = _temperatures(T), checks.finite("J", J)
    if coupling < 0 and (rows % 2 or cols % 2):
        raise ValueError(checks.describe("L", L, f"even sides, for J={coupling} < 0"))
    n_spins = rows * cols
    K = np.maximum(abs(coupling) / temperature, _SMALLEST_K)
    sign = np.where(K < 1 / critical_temperature, -1.0, 1.0)
    log_sinh, z = _log_sinh(K), _dual_weight(K)
    value, slope, curvature = _sector_sum(rows, cols, z, sign)
    # ln Z as a function of x = ln sinh 2K, then by the chain rule of K.
    log_z = -math.log(2) + n_spins / 2 * (math.log(2) + log_sinh + np.abs(log_sinh)) + value
    by_x = n_spins / 2 * (1 + sign) + sign * slope
    coth = 1 / np.tanh(2 * K)
    ratio = K * np.exp(-log_sinh)  # K / sinh 2K
    energy = -2 * abs(coupling) * coth * by_x
    heat = (2 * K * coth) ** 2 * curvature - 4 * ratio**2 * by_x
    return Torus(
        log_partition=_value(log_z),
        energy=_value(energy),
        energy_per_spin=_value(energy / n_spins),
        specific_heat=_value(heat / n_spins),
        free_energy=_value(-temperature * log_z / n_spins),
    )


def transfer_matrix(
    rows: int, cols: int, T: float, J: float = 1.0, h: float = 0.0
) -> TransferMatrix:
    """Exact values of the periodic rows × cols lattice in a field, by its transfer matrix.

    Z = Tr Vⁿ, where V couples the 2^m states of two adjacent rows; V(a, b) [Vⁿ⁻¹](b, a) / Z is
    the joint probability of two adjacent rows, from which energy and magnetization follow without
    derivatives.

    Parameters
    ----------
    rows, cols : int
        Sides, at least 2; the shorter at most 12 (the matrix is 2^m × 2^m; at 12, half a gigabyte).
    T : float
        Temperature, positive and finite.
    J, h : float
        Coupling and field, of either sign.

    Returns
    -------
    TransferMatrix
        ``log_partition`` ln Z, ``energy`` ⟨E⟩ (total), ``energy_per_spin``, ``magnetization``
        ⟨Σs⟩/N.

    Raises
    ------
    TypeError
        If a side is not an integer, or T, J or h is not real.
    ValueError
        If a side is below 2, the shorter side is above 12, or T, J or h is out of range.

    Notes
    -----
    Kramers & Wannier (1941).

    Examples
    --------
    >>> from multispin import exact
    >>> strip = exact.transfer_matrix(8, 4, T=2.5, h=0.1)
    >>> print(f"{strip.energy_per_spin:.6f} {strip.magnetization:.6f}")
    -1.411895 0.532334
    """
    height, width = (
        max(checks.count("rows", rows, 2), checks.count("cols", cols, 2)),
        min(rows, cols),
    )
    if width > MAX_TRANSFER_WIDTH:
        allowed = f"a shorter side of at most {MAX_TRANSFER_WIDTH}"
        raise ValueError(checks.describe("(rows, cols)", (rows, cols), allowed))
    temperature = checks.positive_finite("T", T)
    coupling, field = checks.finite("J", J), checks.finite("h", h)
    row = _states(np.arange(2**width), width).astype(np.float64)
    inside = -coupling * (row * np.roll(row, 1, axis=1)).sum(axis=1) - field * row.sum(axis=1)
    energy = inside[:, None] / 2 + inside[None, :] / 2 - coupling * (row @ row.T)
    shift = energy.min()
    weights = np.exp((shift - energy) / temperature)
    power, log_scale = _power(weights, height - 1)
    pair = weights * power.T
    trace = pair.sum()
    pair /= trace
    total = height * float((pair * energy).sum())
    return TransferMatrix(
        log_partition=float(np.log(trace) + log_scale - height * shift / temperature),
        energy=total,
        energy_per_spin=total / (rows * cols),
        magnetization=float(pair.sum(axis=1) @ row.mean(axis=1)),
    )


def enumerate(model: _Model, temperature: float) -> Enumeration:  # noqa: A001 - its public name
    """Sum over all 2^N states of a model of at most 24 spins.

    Parameters
    ----------
    model : object
        Anything with ``n_spins``, ``shape`` and ``energy(spins)``, which takes int8 spins of ±1,
        (states, ...) with ``shape`` after the states, and returns total energies (states,). Of a
        model with disorder samples, ``model.sample(k)``.
    temperature : float
        Positive and finite (k_B = 1).

    Returns
    -------
    Enumeration
        ``log_partition`` ln Z; ``energy`` ⟨E⟩ (total) and ``energy_variance``; ``specific_heat``
        Var(E)/(N T²) per spin; with m = Σs/N: ``magnetization`` ⟨m⟩, ``abs_magnetization`` ⟨|m|⟩,
        ``magnetization_2`` ⟨m²⟩, ``magnetization_4`` ⟨m⁴⟩; ``first_moments`` ⟨s_i⟩ (N,),
        ``second_moments`` ⟨s_i s_j⟩ (N, N), in the C order of ``shape``.

    Raises
    ------
    TypeError
        If the temperature is not a real number.
    ValueError
        If the model has more than 24 spins or has disorder samples, or the temperature is not
        positive and finite.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin import exact
    >>> class Bond:
    ...     n_spins, shape = 2, (2,)
    ...
    ...     def energy(self, spins):
    ...         return -1.0 * spins[..., 0] * spins[..., 1]
    >>> print(f"{exact.enumerate(Bond(), 1.0).second_moments[0, 1]:.6f}")  # tanh(1)
    0.761594
    """
    n = _few_spins(model, MAX_ENUMERATED_SPINS)
    T = checks.positive_finite("temperature", temperature)
    sums = _Sums(n, T)
    block = 1 << min(n, 14)
    for start in range(0, 1 << n, block):
        spins = _states(np.arange(start, start + block), n)
        sums.add(spins, np.asarray(model.energy(spins.reshape(-1, *model.shape)), dtype=np.float64))
    return sums.result()


def state_probabilities(model: _Model, temperature: float) -> Array:
    """Probability of each of the 2^N states of a model of at most 16 spins.

    Parameters
    ----------
    model : object
        As for ``enumerate``.
    temperature : float
        Positive and finite (k_B = 1).

    Returns
    -------
    ndarray
        (2^N,) float64. In state number n spin i, in the C order of ``shape``, is +1 if bit i of n
        is 1, and −1 if it is 0.

    Raises
    ------
    TypeError
        If the temperature is not a real number.
    ValueError
        If the model has more than 16 spins or has disorder samples, or the temperature is not
        positive and finite.

    Examples
    --------
    >>> import multispin as ms
    >>> pair = ms.Pairwise.from_edges(2, [[0, 1]])
    >>> ms.exact.state_probabilities(pair, temperature=1.0).round(6).tolist()
    [0.440399, 0.059601, 0.059601, 0.440399]
    """
    n = _few_spins(model, MAX_LISTED_SPINS)
    T = checks.positive_finite("temperature", temperature)
    spins = _states(np.arange(1 << n), n).reshape(-1, *model.shape)
    energy = np.asarray(model.energy(spins), dtype=np.float64)
    weights = np.exp((energy.min() - energy) / T)
    return np.asarray(weights / weights.sum())


class _Sums:
    """Boltzmann sums over blocks of states, relative to the lowest energy seen so far."""

    def __init__(self, n: int, temperature: float) -> None:
        self.n, self.temperature = n, temperature
        self.lowest = math.inf
        self.energies = np.zeros(3)  # Σw (E − lowest)^p, p = 0, 1, 2
        self.magnetizations = np.zeros(4)  # Σw m, Σw |m|, Σw m², Σw m⁴
        self.first = np.zeros(n)
        self.second = np.zeros((n, n))

    def add(self, spins: npt.NDArray[np.int8], energy: Array) -> None:
        """Add states (states, N) with total energies (states,)."""
        self._rescale(float(energy.min()))
        excess = energy - self.lowest
        w = np.exp(-excess / self.temperature)
        s = spins.astype(np.float64)
        m = s.mean(axis=1)
        self.energies += [w.sum(), w @ excess, w @ excess**2]
        self.magnetizations += [w @ m, w @ np.abs(m), w @ m**2, w @ m**4]
        self.first += w @ s
        self.second += (w[:, None] * s).T @ s

    def _rescale(self, candidate: float) -> None:
        """Refer the sums to a lower energy, so that neither weights nor variance lose digits."""
        if candidate >= self.lowest:
            return
        if self.energies[0] > 0:
            drop = self.lowest - candidate
            zeroth, first, second = self.energies
            self.energies[1] = first + drop * zeroth
            self.energies[2] = second + 2 * drop * first + drop**2 * zeroth
            factor = math.exp(-drop / self.temperature)
            for sums in (self.energies, self.magnetizations, self.first, self.second):
                sums *= factor
        self.lowest = candidate

    def result(self) -> Enumeration:
        """Divide by Z."""
        weight = self.energies[0]
        excess, square = self.energies[1:] / weight
        variance = float(square - excess**2)
        m, abs_m, m2, m4 = (float(v) for v in self.magnetizations / weight)
        return Enumeration(
            log_partition=float(math.log(weight) - self.lowest / self.temperature),
            energy=float(self.lowest + excess),
            energy_variance=variance,
            specific_heat=variance / (self.n * self.temperature**2),
            magnetization=m,
            abs_magnetization=abs_m,
            magnetization_2=m2,
            magnetization_4=m4,
            first_moments=self.first / weight,
            second_moments=self.second / weight,
        )


# --- Kaufman's torus -----------------------------------------------------------------------------


def _sector_sum(rows: int, cols: int, z: Array, sign: Array) -> tuple[Array, Array, Array]:
    """Logarithm of exp(−Nη/2) times Kaufman's bracket, with its first two derivatives by η.

    z = exp(−η). The four products are Y1, Y2 (odd l: cosh, sinh) and Y3, Y4 (even l). Y4 changes
    sign at T_c through γ_0, so it is carried as Y3 times a signed ratio.
    """
    odd, even = (_Gammas(rows, cols, z, parity) for parity in (1, 0))
    y1, y2, y3 = odd.log_product(+1), odd.log_product(-1), even.log_product(+1)
    ratio, ratio_1, ratio_2 = (sign * part for part in even.tanh_product())
    top = np.maximum(y1[0], y3[0])
    w1, w2, w3 = (np.exp(y[0] - top) for y in (y1, y2, y3))
    # Derivatives of the order of N are taken relative to Y1's, so that the variance between the
    # products is not a difference of numbers of the order of N².
    p2, p3 = y2[1] - y1[1], y3[1] - y1[1]
    total = w1 + w2 + w3 * (1 + ratio)
    first = (w2 * p2 + w3 * ((1 + ratio) * p3 + ratio_1)) / total
    second = w1 * y1[2] + w2 * (y2[2] + p2**2)
    second = second + w3 * ((1 + ratio) * (y3[2] + p3**2) + 2 * p3 * ratio_1 + ratio_2)
    return top + np.log(total), y1[1] + first, second / total - first**2


class _Gammas:
    """γ_l(η) of one parity of l, with its derivatives, shape (..., rows); z = exp(−η) in (0, 1].

    Every formula is multiplied through by the power of z that keeps it finite as z → 0, and
    written in 1 − z and 1 − cos q so that it keeps its digits as both vanish.
    """

    def __init__(self, rows: int, cols: int, z: Array, parity: int) -> None:
        self.cols = cols
        self.has_zero = parity == 0
        z = z[..., None]
        half = np.pi * (2 * np.arange(rows) + parity) / (2 * rows)
        h = 2 * np.sin(half) ** 2  # 1 - cos q
        d, gap = 1 + z**2, (1 - z) ** 2
        sigma = np.sqrt((gap + z * h) * (d + z * h))  # z sinh γ
        if self.has_zero:
            sigma[..., 0] = 1.0  # γ_0 may vanish: its formulas come in closed form below
        self.gamma = np.arcsinh(sigma / z)
        self.excess = np.log(1 + z**2 - z * (1 - h) + sigma)  # γ − η
        deficit = z * (-2 * gap + 2 * h * (d - z) + z * h**2) / (sigma * (sigma + 1 - z**2))
        self.curve = z * (-(gap**2) + h * (d**2 - 2 * d * z + 4 * z**2) + d * z * h**2) / sigma**3
        if self.has_zero:
            z0, root = z[..., 0], np.sqrt(d[..., 0])
            self.gamma[..., 0] = 2 * np.arcsinh((1 - z0) / np.sqrt(2 * z0))
            self.excess[..., 0] = np.log(d[..., 0] - z0 + (1 - z0) * root)
            deficit[..., 0] = -2 * z0 / (root * (root + 1 + z0))
            self.curve[..., 0] = -z0 * (1 - z0) / root**3
        self.deficit = deficit  # 1 − dγ/dη
        self.slope = 1 - deficit

    def log_product(self, s: int) -> tuple[Array, Array, Array]:
        """Σ_l ln(exp(−mη/2) · 2cosh(mγ/2)) for s = +1, 2sinh for s = −1, and its η-derivatives."""
        m = self.cols
        e = np.exp(-m * self.gamma)
        # 1 − e from the small side, as γ may be small
        base = 1 + e if s > 0 else -np.expm1(-m * self.gamma)
        value = m / 2 * self.excess + np.log(base)
        first = -m / 2 * self.deficit - s * m * self.slope * e / base
        second = m / 2 * self.curve - s * m * (self.curve - m * self.slope**2 / base) * e / base
        return value.sum(axis=-1), first.sum(axis=-1), second.sum(axis=-1)

    def tanh_product(self) -> tuple[Array, Array, Array]:
        """Π_l tanh(mγ_l/2) over even l, and its η-derivatives; γ_0 = 0 is allowed."""
        m = self.cols
        gamma, slope, curve = self.gamma[..., 1:], self.slope[..., 1:], self.curve[..., 1:]
        e, one = np.exp(-m * gamma), -np.expm1(-2 * m * gamma)
        csch, coth = 2 * e / one, (1 + e**2) / one  # of mγ
        q = np.prod(-np.expm1(-m * gamma) / (1 + e), axis=-1)
        log_1 = (m * slope * csch).sum(axis=-1)
        log_2 = (m * csch * (curve - m * slope**2 * coth)).sum(axis=-1)
        q_1, q_2 = q * log_1, q * (log_2 + log_1**2)
        e = np.exp(-m * self.gamma[..., 0])
        t, sech2 = -np.expm1(-m * self.gamma[..., 0]) / (1 + e), 4 * e / (1 + e) ** 2
        v_1, v_2 = m / 2 * self.slope[..., 0], m / 2 * self.curve[..., 0]
        t_1, t_2 = sech2 * v_1, sech2 * (v_2 - 2 * t * v_1**2)
        return t * q, t_1 * q + t * q_1, t_2 * q + 2 * t_1 * q_1 + t * q_2


# --- Infinite lattice ----------------------------------------------------------------------------


def _agm(K: Array) -> tuple[tuple[Array, Array, Array], Array]:
    """AGM(1, |k''|) with Σ_{n≥1} c_n and Σ_{n≥1} 2ⁿ c_n², and c_1 = (1 − |k''|)/2.

    c_1 is tanh²(2K) above and sech²(2K) below T_c. AGM = 0 marks T_c, where k'' = 0.
    """
    above = K < 1 / critical_temperature
    e = np.exp(-4 * K)
    c_1 = np.where(above, np.tanh(2 * K) ** 2, 4 * e / (1 + e) ** 2)
    small = np.minimum(c_1, 0.5)
    critical = 1 - 2 * small < 8 * np.finfo(float).eps
    c = np.where(critical, 0.0, small)
    mean = 1 - c
    sums, squares, factor = c.copy(), 2 * c**2, 2.0
    while np.any(c > 1e-17 * small):
        # With a_n the mean, b_n² = a_n² − c_n²: so c_{n+1} = (a_n − b_n)/2 = c_n²/(2(a_n + b_n))
        # has no cancellation, and a_{n+1} = a_n − c_{n+1}.
        b = np.sqrt((mean - c) * (mean + c))
        c = c**2 / (2 * (mean + b))
        mean, factor = mean - c, 2 * factor
        sums, squares = sums + c, squares + factor * c**2
    return (np.where(critical, 0.0, mean), sums, squares), small


def _yang(K: Array) -> Array:
    """(1 − sinh⁻⁴ 2K)^{1/8} below T_c, 0 above."""
    inside = -np.expm1(-4 * np.maximum(_log_sinh(K), 0.0))
    return np.asarray(inside**0.125)


def _bulk_log_partition(K: Array) -> Array:
    """Lim ln Z / N = ½ [ln 2 + x + |x| + (1/π) ∫_0^π (γ(q) − |x|) dq], x = ln sinh 2K.

    The integrand has a branch point at a distance ∝ 1 − z from q = 0; q ∝ sinh u stretches it away.
    """
    nodes, weights = np.polynomial.legendre.leggauss(100)
    z = _dual_weight(K)[..., None]
    scale = np.clip((1 - z) / np.sqrt(z), 1e-8, np.pi)  # what is closer weighs 1e-16
    end = np.arcsinh(np.pi / scale)
    u = end * (nodes + 1) / 2
    q, jacobian = scale * np.sinh(u), scale * np.cosh(u) * end / 2
    h = 2 * np.sin(q / 2) ** 2
    sigma = np.sqrt(((1 - z) ** 2 + z * h) * (1 + z**2 + z * h))
    excess = np.log(1 + z**2 - z * (1 - h) + sigma)
    integral = (weights * jacobian * excess).sum(axis=-1) / np.pi
    x = _log_sinh(K)
    return np.asarray((math.log(2) + x + np.abs(x) + integral) / 2)


# --- Shared --------------------------------------------------------------------------------------


def _log_sinh(K: Array) -> Array:
    """Ln sinh 2K for any K > 0."""
    return np.asarray(2 * K + np.log(-np.expm1(-4 * K)) - math.log(2))


def _dual_weight(K: Array) -> Array:
    """exp(−|ln sinh 2K|): sinh 2K above T_c, its Kramers-Wannier dual 1/sinh 2K below."""
    e = np.exp(-2 * K)
    sinh = np.sinh(2 * np.minimum(K, 1.0))
    dual = 2 * e / -np.expm1(-4 * K)
    z = np.where(K < 1 / critical_temperature, sinh, dual)
    return np.asarray(np.clip(z, _SMALLEST_K, 1.0))


def _power(matrix: Array, exponent: int) -> tuple[Array, float]:
    """matrix**exponent = result · exp(log_scale), by squaring, for a positive matrix."""
    result, log_result = np.eye(len(matrix)), 0.0
    base, log_base = matrix, 0.0
    while exponent:
        if exponent & 1:
            result, log_result = _normalized(result @ base, log_result + log_base)
        exponent >>= 1
        if exponent:
            base, log_base = _normalized(base @ base, 2 * log_base)
    return result, log_result


def _normalized(matrix: Array, log_scale: float) -> tuple[Array, float]:
    largest = float(matrix.max())
    return matrix / largest, log_scale + math.log(largest)


def _states(index: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int8]:
    """Spins (states, n) of ±1; bit i of the index is spin i."""
    return (2 * ((index[:, None] >> np.arange(n)) & 1) - 1).astype(np.int8)


def _value(array: Array) -> Array:
    """Return an array, or a 0-d result as a float64 scalar."""
    return np.asarray(array, dtype=np.float64)[()]


def _few_spins(model: _Model, most: int) -> int:
    """Return the model's number of spins, if all its states can be gone through."""
    samples = getattr(model, "samples", None)
    if samples is not None:
        allowed = "one set of couplings: model.sample(k)"
        raise ValueError(checks.describe("model", f"{samples} disorder samples", allowed))
    n = int(model.n_spins)
    if not 1 <= n <= most:
        allowed = f"1 to {most} spins, as all 2^N states are summed"
        raise ValueError(checks.describe("model.n_spins", n, allowed))
    return n


def _temperatures(T: npt.ArrayLike) -> Array:
    allowed = "finite numbers > 0"
    array = np.asarray(T)
    if array.dtype.kind not in "fiu":
        raise TypeError(checks.describe("T", T, allowed))
    array = array.astype(np.float64)
    if not np.all(np.isfinite(array) & (array > 0)):
        raise ValueError(checks.describe("T", T, allowed))
    return array


def _sides(L: int | tuple[int, int]) -> tuple[int, int]:
    sides = tuple(L) if isinstance(L, (tuple, list)) else (L, L)
    if len(sides) != 2:
        raise ValueError(checks.describe("L", L, "one integer or (rows, cols)"))
    return checks.count("L", sides[0], 2), checks.count("L", sides[1], 2)
