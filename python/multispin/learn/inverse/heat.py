"""Specific heat of a model around the temperature at which it describes its data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin._engines.base import MOST_REPLICAS, MOST_SWEEPS
from multispin.analysis import statistics
from multispin.learn.inverse._states import energies
from multispin.learn.inverse.enumeration import MOST_SPINS
from multispin.models.base import check_model
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["SpecificHeat", "specific_heat"]

METHODS = ("auto", "exact", "samples")
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
_WIDTH = 1e-6  # of ln T, at which the search for the peak ends


@dataclass(frozen=True)
class SpecificHeat:
    """Specific heat per spin, in units of k_B.

    Attributes
    ----------
    temperatures
        (n,), ascending.
    value
        C at these temperatures, (n,).
    error
        Standard errors, (n,); 0 where all states were summed.
    peak_temperature, peak_value, peak_error
        Where C is largest: by enumeration the maximum between the temperatures, from samples the
        largest value at one of them. At the first or last one, the peak may lie beyond.
    exact
        Whether all states were summed.
    """

    temperatures: NDArray[np.float64]
    value: NDArray[np.float64]
    error: NDArray[np.float64]
    peak_temperature: float
    peak_value: float
    peak_error: float
    exact: bool


def specific_heat(
    model: Any,
    temperatures: ArrayLike | None = None,
    method: str = "auto",
    draws: int = 2000,
    interval: int = 5,
    thermalization: int = 1000,
    replicas: int = 16,
    random_state: int | None = None,
) -> SpecificHeat:
    r"""Specific heat of P(s) ∝ exp(−E(s)/T), over temperatures, and where it is largest.

    .. math:: C(T) = \frac{\langle E^2 \rangle - \langle E \rangle^2}{N T^2}

    A model that was learned describes its data at T = 1. A peak close to it, the closer the more
    spins there are, is what has been taken for a sign that the data are critical.

    Parameters
    ----------
    model
        A model of multispin; for enumeration also an object with ``n_spins``, ``shape`` and
        ``energy(spins)``.
    temperatures
        One or more numbers > 0; 41 from 1/4 to 4, in equal ratios, unless given.
    method
        ``"exact"`` sums all states, of up to 22 spins. ``"samples"`` runs a `Sampler` with the heat
        bath at each temperature. ``"auto"`` is the first where it can be.
    draws, interval, thermalization, replicas
        Of samples: measurements of each of several independent chains at each temperature, sweeps
        from one to the next, and sweeps before the first.
    random_state
        Seed of the chains; a fresh one if not given.

    Returns
    -------
    SpecificHeat
        With standard errors from samples: of independent chains at each temperature. A chain that
        does not leave its valley at low T does not know it.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value, or more than 22 spins with ``"exact"``.
    MemoryError
        If the measurements do not fit.

    Notes
    -----
    T. Mora & W. Bialek, J. Stat. Phys. 144, 268 (2011); G. Tkačik et al., PNAS 112, 11508 (2015).

    Examples
    --------
    Two spins have C = (J/T)² / (2 cosh²(J/T)), which is largest at J/T = 1.19968.

    >>> import multispin as ms
    >>> from multispin.learn.inverse.heat import specific_heat
    >>> found = specific_heat(ms.Pairwise([[0, 1.0], [1.0, 0]]))
    >>> round(1 / found.peak_temperature, 5), round(found.peak_value, 6), found.exact
    (1.19968, 0.219614, True)
    """
    T = _temperatures(temperatures)
    checks.choice("method", method, METHODS)
    draws = checks.count("draws", draws, statistics.MIN_DRAWS, MOST_SWEEPS)
    interval = checks.count("interval", interval, 1, MOST_SWEEPS)
    thermalization = checks.count("thermalization", thermalization, 0, MOST_SWEEPS)
    replicas = checks.count("replicas", replicas, 1, MOST_REPLICAS)
    seed = checks.seed_or_fresh("random_state", random_state)
    few = getattr(model, "n_spins", 0)
    if method == "exact" or (method == "auto" and isinstance(few, int) and few <= MOST_SPINS):
        return _enumerated(energies("model", model), model.n_spins, T)
    check_model("model", model)
    if model.samples is not None:
        got = f"{model.samples} disorder samples"
        raise ValueError(checks.describe("model", got, "one set of couplings: model.sample(k)"))
    chains = len(T) * replicas
    check_memory(f"replicas: {chains} chains of {draws} draws", chains * (64 * draws + 64))
    sampler = Sampler(model, np.repeat(T, replicas), chains, dynamics="glauber", seed=seed)
    sampler.sweep(thermalization)
    energy, _ = sampler.record(draws, interval)
    by_temperature = energy.T.reshape(len(T), replicas, draws)
    found = statistics.specific_heat(by_temperature, T, model.n_spins, replicas=True)
    best = int(np.argmax(found.value))
    peak = float(T[best]), float(found.value[best]), float(found.error[best])
    return SpecificHeat(T, found.value, found.error, *peak, exact=False)


def _temperatures(given: ArrayLike | None) -> Floats:
    if given is None:
        return np.geomspace(0.25, 4.0, 41)
    T = np.sort(checks.temperatures("temperatures", given))
    if len(np.unique(T)) < len(T):
        raise ValueError(checks.describe("temperatures", given, "different numbers > 0"))
    return T


def _enumerated(energy: Floats, n: int, T: Floats) -> SpecificHeat:
    # Above the lowest, so that squares lose no digits where it is cold.
    excess = energy - energy.min()
    square = excess**2

    def at(log_temperature: float) -> float:
        T = math.exp(log_temperature)
        with np.errstate(under="ignore"):
            weight = np.exp(excess * (-1.0 / T))
        total = float(weight.sum())
        mean = float(weight @ excess) / total
        return max(0.0, float(weight @ square) / total - mean**2) / (n * T**2)

    value = np.array([at(math.log(t)) for t in T])
    best = int(np.argmax(value))
    peak_temperature, peak = float(T[best]), float(value[best])
    if 0 < best < len(T) - 1:
        place = _largest(at, math.log(T[best - 1]), math.log(T[best + 1]))
        if at(place) > peak:
            peak_temperature, peak = math.exp(place), at(place)
    return SpecificHeat(T, value, np.zeros(len(T)), peak_temperature, peak, 0.0, exact=True)


def _largest(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one maximum between two numbers is largest: golden sections."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > _WIDTH:
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2.0
