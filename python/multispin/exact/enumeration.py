"""Sums over all states of a small model."""

from __future__ import annotations

import math
import sys
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from multispin._base import checks

Array = npt.NDArray[np.float64]

MAX_ENUMERATED_SPINS = 24
MAX_LISTED_SPINS = 16


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
        If it is no model, or the temperature is not a real number.
    ValueError
        If the model has more than 24 spins or has disorder samples, or the temperature is not
        positive and finite, or so low that ln Z overflows, or energies are so large that their
        variance does.

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
    with np.errstate(all="ignore"):  # weights of 0, and the result is looked at
        for start in range(0, 1 << n, block):
            spins = states(np.arange(start, start + block), n)
            sums.add(spins, _energies(model, spins))
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
        If it is no model, or the temperature is not a real number.
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
    energy = _energies(model, states(np.arange(1 << n), n))
    with np.errstate(over="ignore", under="ignore"):  # weights of 0
        weights = np.exp((energy.min() - energy) / T)
        return np.asarray(weights / weights.sum())


class _Sums:
    """Boltzmann sums over blocks of states, relative to the lowest energy seen so far.

    Of E − lowest, whose variance is asked for, and of x = (E − lowest)/T, whose is the specific
    heat: squares of the one overflow, or vanish, where those of the other do not.
    """

    def __init__(self, n: int, temperature: float) -> None:
        self.n, self.temperature = n, temperature
        self.lowest = math.inf
        self.weight = 0.0
        self.energies = np.zeros((2, 2))  # Σw (E − lowest)^p, and Σw x^p, p = 1, 2
        self.magnetizations = np.zeros(4)  # Σw m, Σw |m|, Σw m², Σw m⁴
        self.first = np.zeros(n)
        self.second = np.zeros((n, n))

    def add(self, spins: npt.NDArray[np.int8], energy: Array) -> None:
        """Add states (states, N) with total energies (states,)."""
        self._rescale(float(energy.min()))
        w = np.exp((self.lowest - energy) / self.temperature)
        # What has no weight has none however far away it is.
        excess = np.where(w > 0, energy - self.lowest, 0.0)
        x = excess / self.temperature
        s = spins.astype(np.float64)
        m, weighted = s.mean(axis=1), w[:, None] * s
        # Sums of products are not left to BLAS, whose threads take longer to wake than they take.
        self.weight += float(w.sum())
        self.energies += [[(w * y).sum(), (w * y**2).sum()] for y in (excess, x)]
        self.magnetizations += [(w * y).sum() for y in (m, np.abs(m), m**2, m**4)]
        self.first += weighted.sum(axis=0)
        self.second += np.einsum("si,sj->ij", weighted, s)

    def _rescale(self, candidate: float) -> None:
        """Refer the sums to a lower energy, so that neither weights nor variance lose digits."""
        if candidate >= self.lowest:
            return
        drop = self.lowest - candidate  # infinite at first
        factor = math.exp(-drop / self.temperature)
        self.lowest = candidate
        steps = (drop, drop / self.temperature) if factor else (0.0, 0.0)
        for moments, step in zip(self.energies, steps, strict=True):
            first, second = moments
            moments[:] = (
                first + step * self.weight,
                second + 2 * step * first + step**2 * self.weight,
            )
        self.weight *= factor
        for sums in (self.energies, self.magnetizations, self.first, self.second):
            sums *= factor

    def result(self) -> Enumeration:
        """Divide by Z."""
        (excess, square), (x, x_square) = self.energies / self.weight
        variance = float(square - excess**2)
        log_partition = math.log(self.weight) - self.lowest / self.temperature
        m, abs_m, m2, m4 = (float(v) for v in self.magnetizations / self.weight)
        if not math.isfinite(log_partition):
            least = abs(self.lowest) / sys.float_info.max
            allowed = f"a finite number >= {least:.3g}, so that ln Z is one"
            raise ValueError(checks.describe("temperature", self.temperature, allowed))
        if not math.isfinite(variance):
            allowed = "energies whose variance is a finite number"
            raise ValueError(checks.describe("model", f"energies from {self.lowest:g} on", allowed))
        return Enumeration(
            log_partition=log_partition,
            energy=float(self.lowest + excess),
            energy_variance=variance,
            specific_heat=float(x_square - x**2) / self.n,
            magnetization=m,
            abs_magnetization=abs_m,
            magnetization_2=m2,
            magnetization_4=m4,
            first_moments=self.first / self.weight,
            second_moments=self.second / self.weight,
        )


def states(index: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int8]:
    """Spins (states, n) of ±1; bit i of the index is spin i."""
    return (2 * ((index[:, None] >> np.arange(n)) & 1) - 1).astype(np.int8)


def _few_spins(model: _Model, most: int) -> int:
    """Return the model's number of spins, if all its states can be gone through."""
    known = hasattr(model, "n_spins") and hasattr(model, "shape")
    if isinstance(model, type) or not known or not callable(getattr(model, "energy", None)):
        allowed = "a model of multispin, or an object with n_spins, shape and energy(spins)"
        raise TypeError(checks.describe("model", model, allowed))
    samples = getattr(model, "samples", None)
    if samples is not None:
        allowed = "one set of couplings: model.sample(k)"
        raise ValueError(checks.describe("model", f"{samples} disorder samples", allowed))
    n = checks.count("model.n_spins", model.n_spins)
    if not 1 <= n <= most:
        allowed = f"1 to {most} spins, as all 2^N states are summed"
        raise ValueError(checks.describe("model.n_spins", n, allowed))
    if math.prod(model.shape) != n:
        raise ValueError(checks.describe("model.shape", model.shape, f"sides of {n} spins"))
    return n


def _energies(model: _Model, spins: npt.NDArray[np.int8]) -> Array:
    """Return the energies (states,) of spins (states, N), of a model that may be anybody's."""
    name, allowed = "model.energy(spins)", f"finite energies ({len(spins)},)"
    energy = checks.numbers(name, model.energy(spins.reshape(-1, *model.shape)), allowed)
    if energy.shape != (len(spins),):
        raise ValueError(checks.describe(name, f"shape {energy.shape}", allowed))
    if not math.isfinite(float(energy.max()) - float(energy.min())):
        raise ValueError(checks.describe(name, float(energy.max()), f"{allowed} and differences"))
    return energy
