"""Exact sums over all states of a sparse graph, one spin at a time."""

from __future__ import annotations

import math
import sys
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory

Array = npt.NDArray[np.float64]
Neighbours = list[dict[int, float]]

MAX_WIDTH = 25
_SMALLEST_WEIGHT = 1e-290  # of the largest: what is lost below it could matter later
_BYTES = 1000  # of a site and its neighbours in lists and dicts


class Elimination(NamedTuple):
    """Exact values of a model on a sparse graph."""

    log_partition: float
    energy: float
    energy_per_spin: float
    width: int


class _Model(Protocol):
    """What `eliminate` asks of a model."""

    @property
    def n_spins(self) -> int: ...

    @property
    def h(self) -> float | Array: ...

    @property
    def samples(self) -> int | None: ...

    @property
    def edges(self) -> npt.NDArray[np.int64]: ...

    @property
    def couplings(self) -> Array: ...


def eliminate(model: _Model, temperature: float) -> Elimination:
    """Sum over all states of a sparse graph, by a transfer matrix that adds one spin at a time.

    The sum over the spins behind a frontier is a function of the 2^w states of the frontier. A spin
    that joins it multiplies this function by exp(s (Σ_j J_j s_j + h_i)/T); a spin whose neighbours
    have all joined is summed over and leaves. The derivative of every number by 1/T goes along, so
    the energy is −∂ ln Z/∂(1/T) without differences. The order is greedy: next comes the spin
    that leaves the smallest frontier, among equals the one that has touched it longest.

    Parameters
    ----------
    model : object
        Any model of multispin with one set of couplings; of one with disorder samples,
        ``model.sample(k)``. Its graph has to be sparse enough: 8 rows of a square lattice do, or
        4 × 4 × 4 sites of a cubic one (a frontier of 23; half a gigabyte and some seconds).
    temperature : float
        Positive and finite (k_B = 1).

    Returns
    -------
    Elimination
        ``log_partition`` ln Z; ``energy`` ⟨E⟩ (total); ``energy_per_spin``; ``width``, the number
        of spins of the largest frontier.

    Raises
    ------
    TypeError
        If it is no model, or the temperature is not a real number.
    MemoryError
        If a graph of so many sites does not fit.
    ValueError
        If the model has disorder samples, a frontier would have more than 25 spins, the
        temperature is not positive and finite, or it is so low that weights leave the range of
        double precision.

    Notes
    -----
    K. Binder, Physica 62, 508 (1972): recursion over one spin at a time; for any graph it is the
    elimination of variables along a path decomposition, R. Dechter, Artif. Intell. 113, 41 (1999).

    Examples
    --------
    >>> import multispin as ms
    >>> glass = ms.exact.eliminate(ms.EdwardsAnderson((3, 3, 4), seed=1), temperature=2.0)
    >>> print(f"{glass.energy_per_spin:.6f}")
    -1.275547
    """
    T = checks.positive_finite("temperature", temperature)
    if not math.isfinite(1 / T):
        allowed = f"a finite number >= {1 / sys.float_info.max:.3g}"
        raise ValueError(checks.describe("temperature", temperature, allowed))
    _check_model(model)
    neighbours = _neighbours(model)
    order = _order(neighbours)
    width = max(_frontier_sizes(order, neighbours))
    fields = _fields(model)
    sums = _Sums(T)
    todo = [len(joined) for joined in neighbours]  # neighbours that have not been added
    for site in order:
        for j in neighbours[site]:
            todo[j] -= 1
        leaving = [i for i in (*sums.frontier, site) if todo[i] == 0]
        sums.add(site, neighbours[site], fields[site], leaving)
    log_z, energy = sums.result()
    return Elimination(log_z, energy, energy / len(order), width)


def _check_model(model: _Model) -> None:
    """Refuse what is no model on a graph, has disorder samples, or is large beyond all doubt."""
    asked = ("n_spins", "h", "samples", "edges", "couplings")
    if isinstance(model, type) or not all(hasattr(type(model), name) for name in asked):
        raise TypeError(checks.describe("model", model, "a model of multispin"))
    if model.samples is not None:
        got = f"{model.samples} disorder samples"
        raise ValueError(checks.describe("model", got, "one set of couplings: model.sample(k)"))
    check_memory(f"model: neighbours of {model.n_spins} spins", _BYTES * model.n_spins)


class _Sums:
    """Boltzmann sums over the spins left behind, for every state of the frontier's spins.

    Arrays (2^w,), in which the state of the first spin of the frontier is the highest bit.
    """

    def __init__(self, temperature: float) -> None:
        self.beta = 1 / temperature
        self.frontier: list[int] = []
        self.weight = np.ones(1)  # Σ exp(−E/T) · exp(−log_scale)
        self.slope = np.zeros(1)  # Σ −E exp(−E/T) · exp(−log_scale)
        self.log_scale = 0.0

    def add(self, site: int, couplings: dict[int, float], h: float, leaving: list[int]) -> None:
        """Multiply by a new spin's field and bonds with the frontier; sum over those that leave."""
        fields = [couplings.get(j, 0.0) for j in self.frontier]
        half = len(fields) // 2
        high, low = _sums_of_signs(fields[:half]) + h, _sums_of_signs(fields[half:])
        most = sum(map(abs, fields)) + abs(h)
        shape = (len(high), len(low))
        weight, slope = self.weight.reshape(shape), self.slope.reshape(shape)
        places = [p for p, j in enumerate(self.frontier) if j in leaving]
        parts = []
        for s in (-1, 1):
            with np.errstate(all="ignore"):  # `_rescale` looks at what came out
                factor = np.exp(self.beta * (s * high - most))[:, None]
                factor = factor * np.exp(self.beta * s * low)
                new_slope = (slope + s * (high[:, None] + low) * weight) * factor
                parts.append([_summed(a, places) for a in (weight * factor, new_slope)])
        self.frontier = [j for j in self.frontier if j not in leaving]
        if site in leaving:
            self.weight, self.slope = (down + up for down, up in zip(*parts, strict=True))
        else:
            self.frontier.insert(0, site)
            self.weight, self.slope = (np.concatenate(pair) for pair in zip(*parts, strict=True))
        self._rescale(self.beta * most)

    def _rescale(self, log_factor: float) -> None:
        largest = float(self.weight.max())
        good = math.isfinite(log_factor) and bool(np.isfinite(self.slope).all())
        if not (good and float(self.weight.min()) > _SMALLEST_WEIGHT * largest):
            allowed = "a higher one: weights differ by more than double precision holds"
            raise ValueError(checks.describe("temperature", 1 / self.beta, allowed))
        self.weight /= largest
        self.slope /= largest
        self.log_scale += log_factor + math.log(largest)

    def result(self) -> tuple[float, float]:
        """Ln Z and ⟨E⟩, after the last spin."""
        log_z = self.log_scale + math.log(self.weight[0])
        return log_z, -float(self.slope[0] / self.weight[0])


def _sums_of_signs(values: list[float]) -> Array:
    """Σ ±values for all 2^n choices of signs; the first value's sign is the highest bit."""
    sums = np.zeros(1)
    for value in reversed(values):
        sums = np.concatenate([sums - value, sums + value])
    return sums


def _summed(array: Array, places: list[int]) -> Array:
    """Sum over the spins at some places of the frontier."""
    for place in reversed(places):
        split = array.reshape(1 << place, 2, -1)
        array = split[:, 0] + split[:, 1]
    return array.reshape(-1)


# --- the order of the spins -----------------------------------------------------------------------


def _fields(model: _Model) -> list[float]:
    """Field of each site."""
    allowed = f"a finite number, or one for each of {model.n_spins} sites"
    given = checks.numbers("model.h", model.h, allowed).ravel()
    if given.size not in (1, model.n_spins):
        raise ValueError(checks.describe("model.h", f"{given.size} numbers", allowed))
    fields: list[float] = np.broadcast_to(given, model.n_spins).tolist()
    return fields


def _neighbours(model: _Model) -> Neighbours:
    """Couplings by neighbour of each site; those of double bonds are added up."""
    neighbours: Neighbours = [{} for _ in range(model.n_spins)]
    for (i, j), coupling in zip(model.edges.tolist(), model.couplings.tolist(), strict=True):
        neighbours[i][j] = neighbours[i].get(j, 0.0) + coupling
        neighbours[j][i] = neighbours[j].get(i, 0.0) + coupling
    return neighbours


def _order(neighbours: Neighbours) -> list[int]:
    """Order of the sites: the one that leaves the smallest frontier, or that has waited longest.

    Raises
    ------
    ValueError
        As soon as the frontier is too wide, since all of the order of a large graph takes long.
    """
    todo = [len(joined) for joined in neighbours]
    frontier: set[int] = set()
    waiting = dict.fromkeys(range(len(neighbours)))
    border: dict[int, None] = {}  # waiting neighbours of sites that were added
    order = []
    while waiting:
        site = max(border or waiting, key=lambda i: _freed(i, neighbours, todo, waiting))
        order.append(site)
        del waiting[site]
        border.pop(site, None)
        for j in neighbours[site]:
            todo[j] -= 1
            if j in waiting:
                border[j] = None
        frontier -= {j for j in neighbours[site] if todo[j] == 0}
        if len(frontier) >= MAX_WIDTH:  # without the new spin
            allowed = f"a graph whose frontier has at most {MAX_WIDTH} spins"
            raise ValueError(checks.describe("model", "one with a wider frontier", allowed))
        if todo[site]:
            frontier.add(site)
    return order


def _freed(site: int, neighbours: Neighbours, todo: list[int], waiting: dict[int, None]) -> int:
    """Count the spins that can leave the frontier when `site` joins it."""
    freed = sum(todo[j] == 1 and j not in waiting for j in neighbours[site])
    return freed + (todo[site] == 0)


def _frontier_sizes(order: list[int], neighbours: Neighbours) -> list[int]:
    """Size of the frontier after each step, with the new spin before it can leave."""
    todo = [len(joined) for joined in neighbours]
    frontier: set[int] = set()
    sizes = []
    for site in order:
        for j in neighbours[site]:
            todo[j] -= 1
        frontier = {i for i in frontier if todo[i]} | {site}
        sizes.append(len(frontier))
        frontier = {i for i in frontier if todo[i]}
    return sizes
