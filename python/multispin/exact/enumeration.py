"""Sums over all states of a small model."""

from __future__ import annotations

import math
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
        spins = states(np.arange(start, start + block), n)
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
    spins = states(np.arange(1 << n), n).reshape(-1, *model.shape)
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


def states(index: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int8]:
    """Spins (states, n) of ±1; bit i of the index is spin i."""
    return (2 * ((index[:, None] >> np.arange(n)) & 1) - 1).astype(np.int8)


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
