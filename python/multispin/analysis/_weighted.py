"""Draws of several temperatures and fields, weighted for others, block by block."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base.memory import check_memory
from multispin.analysis import _histograms, _mbar, blocking, statistics

if TYPE_CHECKING:
    from collections.abc import Callable

    from multispin.analysis._states import States

Array = npt.NDArray[np.float64]


class Sums(NamedTuple):
    """Weighted sums over each block of draws, at M temperatures.

    Of 1, x, x², m, |m|, m² and m⁴, where x is the energy less `origin`, its average. What blocks
    do to the partition functions is in them, to the first order: the sums with another number of
    copies of each block are these, times the numbers.
    """

    of: Array  # (blocks, M, 7)
    origin: Array  # (M,)
    temperature: Array  # (M,)
    n_spins: int
    widening: float  # of errors, for the correlation left between blocks
    tau: float

    def estimate(self, name: str) -> statistics.Estimate:
        """Return one of `QUANTITIES` at the temperatures (M,), with its error."""
        value = self.quantity(name, self.of.sum(axis=0))
        error = blocking.jackknife(lambda sums: self.quantity(name, sums), [self.of])[1]
        return statistics.Estimate(value, self.widening * error, np.full(len(value), self.tau))

    def quantity(self, name: str, sums: Array) -> Array:
        """Return one of `QUANTITIES`, of sums (..., M, 7)."""
        with np.errstate(invalid="ignore"):  # ratios of what vanishes
            moments = np.moveaxis(sums / sums[..., :1], -1, 0)
            return np.asarray(QUANTITIES[name](moments, self), dtype=np.float64)


def _energy(a: Array, of: Sums) -> Array:
    return np.asarray((of.origin + a[1]) / of.n_spins)


def _energy_2(a: Array, of: Sums) -> Array:
    return np.asarray((of.origin**2 + 2 * of.origin * a[1] + a[2]) / of.n_spins**2)


def _heat(a: Array, of: Sums) -> Array:
    return np.asarray((a[2] - a[1] ** 2) / of.n_spins / of.temperature / of.temperature)


#: What there is, of the moments (7, ..., M) that `Sums` lists.
QUANTITIES: dict[str, Callable[[Array, Sums], Array]] = {
    "energy_per_spin": _energy,
    "magnetization": lambda a, _: a[3],
    "abs_magnetization": lambda a, _: a[4],
    "specific_heat": _heat,
    "susceptibility": lambda a, of: of.n_spins * (a[5] - a[4] ** 2) / of.temperature,
    "paramagnetic_susceptibility": lambda a, of: of.n_spins * a[5] / of.temperature,
    "binder_cumulant": lambda a, _: 1 - a[6] / (3 * a[5] ** 2),
    "energy_per_spin_2": _energy_2,
    "magnetization_2": lambda a, _: a[5],
    "magnetization_4": lambda a, _: a[6],
}


class Weighted:
    """Draws (K, replicas, draws) of K states.

    Energies are those in the field of the first state, `field`.
    """

    def __init__(self, states: States) -> None:
        energy, magnetization = states.energy, states.magnetization
        self.in_fields, self.shift = states.in_fields, states.shift
        self.field = 0.0 if states.field is None else float(states.field[0])
        self.magnetization = magnetization
        self.n_spins, self.joint = states.n_spins, states.joint
        self.beta = 1 / states.temperature
        even = (energy, np.abs(magnetization))
        taus = [
            statistics.autocorrelation_time(x, replicas=True).tau for x in (*even, magnetization)
        ]
        # m may stay where it is for long, below T_c, while all that is even in it has settled.
        self.tau = np.maximum(taus[0], taus[1])
        self.odd_tau = np.maximum(self.tau, taus[2])
        more = self.shift[:, None, None] * self.n_spins * magnetization
        self.energy = energy + more if self.in_fields else energy
        self._views: dict[tuple[bool, int], View] = {}
        bins, x = self.view().bins, (self.energy, magnetization)
        averages = np.stack([one.mean(axis=(1, 2)) for one in x[: self.force.shape[1]]], axis=1)
        self.solution = _mbar.solve(self.force, self.draws, bins.x, bins.count, averages)

    @cached_property
    def force(self) -> Array:
        """(K, 1) or, of energy and magnetization, (K, 2): the f_k of `_mbar`."""
        if not self.in_fields:
            return self.beta[:, None]
        return np.stack([self.beta, -self.beta * self.shift * self.n_spins], axis=1)

    @property
    def draws(self) -> int:
        """Draws at each temperature, of all replicas."""
        return int(self.energy[0].size)

    @cached_property
    def shared(self) -> Array:
        """(K, K): independent draws that two states share, Σ p_k p_l over τ_k + τ_l."""
        tau = self.slowest_tau
        return np.asarray(-self.solution.hessian / (tau[:, None] + tau))

    @property
    def worth(self) -> Array:
        """(K,): independent draws of each state by itself."""
        return self.draws / (2 * self.slowest_tau)

    @property
    def slowest_tau(self) -> Array:
        """(K,): τ of what histograms are of."""
        return self.odd_tau if self.in_fields else self.tau

    def view(self, odd: bool = False, pairs: bool = False) -> View:
        """Return the draws in blocks, for what is odd in m or not, and in another field or not."""
        odd, pairs = odd or self.in_fields, pairs or self.in_fields
        tau = self.odd_tau if odd else self.tau
        replicas, draws = self.energy.shape[1:]
        length = blocking.length(float(tau.max()), 1 if self.joint else replicas, draws)
        key = (pairs, length)
        if key not in self._views:
            self._views[key] = View(self, tau, length, pairs)
        return self._views[key]


class View:
    """Draws in histograms of blocks, and how they are weighted."""

    def __init__(self, of: Weighted, tau: Array, length: int, pairs: bool) -> None:
        replicas, draws = of.energy.shape[1:]
        block = _histograms.blocks(replicas, draws, length, of.joint)
        inefficiency = np.maximum(1.0, 2 * tau)
        self._of = of
        self.bins = _histograms.histograms(of.energy, of.magnetization, block, inefficiency, pairs)
        self.tau = float(tau.max())
        self.widening = blocking.widening(draws, draws // max(1, draws // length), self.tau)

    @cached_property
    def log_density(self) -> Array:
        """(bins,): ln D(x)."""
        of = self._of
        return _mbar.log_density(of.force, of.draws, self._x, of.solution.log_partition)

    @property
    def _x(self) -> Array:
        """(bins, c): what the weights of the draws depend on."""
        return self.bins.x[:, : self._of.force.shape[1]]

    @cached_property
    def influence(self) -> Array:
        """(blocks, K): what one more copy of a block adds to ln Z_k, to the first order."""
        bins, of = self.bins, self._of
        counts = np.add.reduceat(bins.cell_count, bins.begin)
        expected = np.stack([
            np.add.reduceat(share[bins.bin] * bins.cell_count, bins.begin) for share in self.shares
        ])  # fmt: skip
        gradient = counts / len(of.beta) - expected  # (K, blocks)
        found = np.zeros_like(gradient)
        if len(of.beta) > 1:
            found[1:] = np.linalg.solve(of.solution.hessian[1:, 1:], -gradient[1:])
        return np.asarray(found.T)

    @cached_property
    def shares(self) -> Array:
        """(K, bins): p_k(x)."""
        of, bins = self._of, len(self.bins.energy)
        check_memory(f"run: shares of {bins} energies", 24 * len(of.beta) * bins)
        terms = _mbar.log_terms(of.force, of.draws, self._x, of.solution.log_partition)
        return np.asarray(np.exp(terms - self.log_density[:, None]).T)

    def effective(self, temperature: float, shift: float = 0.0) -> float:
        """Independent draws that averages are worth, with a field larger by `shift`."""
        _, weight = self._weights(temperature, shift)
        total = float(weight @ self.bins.count)
        return total**2 / float(weight**2 @ self.bins.worth)

    def sums(self, temperature: Array, shift: float = 0.0) -> Sums:
        """Weighted sums of each block at temperatures (M,), in a field larger by `shift`."""
        bins, of = self.bins, self._of
        blocks = len(bins.begin)
        check_memory(
            f"temperature: sums at {len(temperature)} of them over {blocks} blocks",
            8 * 7 * 4 * blocks * len(temperature),
        )
        found, origin = np.empty((blocks, len(temperature), 7)), np.empty(len(temperature))
        for number, T in enumerate(temperature):
            by_bin, origin[number] = self._by_bin(T, shift)
            of_cell = by_bin[bins.bin]
            columns = [of_cell * bins.cell_count[:, None], of_cell[:, :1] * bins.cell_sums]
            sums = np.add.reduceat(np.concatenate(columns, axis=1), bins.begin, axis=0)
            moved = self.influence @ (self.shares @ self._totals(by_bin))
            found[:, number] = sums + moved
        return Sums(found, origin, temperature, of.n_spins, self.widening, self.tau)

    def all(self, temperature: Array, shift: float = 0.0) -> Sums:
        """The same sums over all draws, as if there were one block."""
        found = [self._by_bin(T, shift) for T in temperature]
        sums = np.stack([self._totals(by_bin).sum(axis=0) for by_bin, _ in found])[None]
        origin = np.array([one for _, one in found])
        return Sums(sums, origin, temperature, self._of.n_spins, self.widening, self.tau)

    def _by_bin(self, temperature: float, shift: float) -> tuple[Array, float]:
        """(bins, 3): weights w, of which those of all draws sum to 1, w x and w x²; and ⟨E⟩."""
        energy, weight = self._weights(temperature, shift)
        weight = weight / (weight @ self.bins.count)
        origin = float((weight * self.bins.count) @ energy)
        x = energy - origin
        return np.stack([weight, weight * x, weight * x**2], axis=1), origin

    def _totals(self, by_bin: Array) -> Array:
        """(bins, 7): sums over the draws of each bin."""
        bins = self.bins
        parts = [by_bin * bins.count[:, None], by_bin[:, :1] * bins.sums]
        return np.concatenate(parts, axis=1)

    def _weights(self, temperature: float, shift: float) -> tuple[Array, Array]:
        """Energies (bins,) in the new field, and weights w of which the largest is 1."""
        energy = self.bins.energy
        if shift != 0.0:
            assert self.bins.magnetization is not None
            energy = energy - shift * self._of.n_spins * self.bins.magnetization
        with np.errstate(over="ignore", under="ignore"):
            exponent = -(energy - energy.min()) / temperature - self.log_density
            return energy, np.exp(exponent - exponent.max())
