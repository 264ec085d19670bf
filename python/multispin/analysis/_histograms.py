"""Draws of a run as histograms: what was seen at each energy, in each block of draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multispin._base.memory import check_memory

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

POWERS = 4
"""What is summed of the magnetization: m, |m|, m² and m⁴."""

_BYTES_A_DRAW = 200  # energies, magnetizations, and the sorted copies that make bins of them


@dataclass(frozen=True)
class Histograms:
    """Counts and sums over draws, in *cells*: one for each block in which a *bin* was seen.

    A bin is a number that the energy can have, or a pair of energy and magnetization. Ising
    energies are few numbers, so that a million draws are some thousand bins; of real couplings
    every draw is a bin of its own.
    """

    energy: Array  # (bins,)
    magnetization: Array | None  # (bins,), if bins are pairs
    count: Array  # (bins,) draws
    sums: Array  # (bins, 4): Σm, Σ|m|, Σm², Σm⁴
    worth: Array  # (bins,): Σ 2τ over the draws, of the temperature at which each was made
    bin: Index  # (cells,), in the order of blocks
    begin: Index  # (blocks,): the first cell of each
    cell_count: Array  # (cells,)
    cell_sums: Array  # (cells, 4)

    @property
    def x(self) -> Array:
        """(bins, 1), the energy, or (bins, 2), with the magnetization, if bins are pairs."""
        known = [self.energy] if self.magnetization is None else [self.energy, self.magnetization]
        return np.stack(known, axis=1)


def histograms(
    energy: Array, magnetization: Array, block: Index, inefficiency: Array, pairs: bool
) -> Histograms:
    """Count draws.

    Parameters
    ----------
    energy, magnetization
        (temperatures, replicas, draws).
    block
        (replicas, draws): which block a draw is in, at every temperature, from 0 on.
    inefficiency
        (temperatures,): 2τ.
    pairs
        Whether draws of one energy are told from each other by their magnetization.
    """
    check_memory(f"run: histograms of {energy.size} draws", _BYTES_A_DRAW * energy.size)
    E, m = energy.ravel(), magnetization.ravel()
    at_energy, where = np.unique(E, return_inverse=True)
    at_magnetization = None
    if pairs:
        size, which = np.unique(m, return_inverse=True)
        pair, where = np.unique(where * len(size) + which, return_inverse=True)
        at_energy, at_magnetization = at_energy[pair // len(size)], size[pair % len(size)]
    where = where.reshape(-1)
    bins = len(at_energy)
    blocks = np.broadcast_to(block, energy.shape).ravel()
    code, cell = np.unique(blocks * bins + where, return_inverse=True)
    cell = cell.reshape(-1)
    powers = (m, np.abs(m), m**2, m**4)
    cell_sums = np.stack([_sums(cell, x) for x in powers], axis=1)
    of_cell = code % bins
    cell_count = np.bincount(cell).astype(np.float64)
    weights = np.broadcast_to(inefficiency[:, None, None], energy.shape).ravel()
    return Histograms(
        energy=at_energy,
        magnetization=at_magnetization,
        count=_sums(of_cell, cell_count),
        sums=np.stack([_sums(of_cell, x) for x in cell_sums.T], axis=1),
        worth=_sums(where, weights),
        bin=of_cell,
        begin=np.searchsorted(code // bins, np.arange(int(block.max()) + 1)),
        cell_count=cell_count,
        cell_sums=cell_sums,
    )


def _sums(place: Index, values: Array) -> Array:
    """Sums over what is in each place."""
    return np.asarray(np.bincount(place, weights=values), dtype=np.float64)


def blocks(replicas: int, draws: int, length: int, joint: bool) -> Index:
    """Return which block each of (replicas, draws) is in: of about `length` draws, none left out.

    Replicas have blocks of their own, unless what happens to one is not independent of the others
    (`joint`).
    """
    count = max(1, draws // length)
    of_draw = np.arange(draws) * count // draws
    first = np.zeros(replicas, dtype=np.int64) if joint else np.arange(replicas) * count
    return np.asarray(first[:, None] + of_draw, dtype=np.int64)
