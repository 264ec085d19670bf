"""Energies edge by edge, in plain Python numbers: the twin of the models' vectorised sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from multispin.models import Model


def lattice_bonds(shape: tuple[int, ...]) -> list[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    """Axis, site and its neighbour one step up that axis, for all axes and sites."""
    bonds = []
    for axis, length in enumerate(shape):
        for site in np.ndindex(*shape):
            up = list(site)
            up[axis] = (up[axis] + 1) % length
            bonds.append((axis, site, tuple(up)))
    return bonds


def energy(
    spins: NDArray[np.int8],
    edges: Iterable[tuple[int, int]],
    couplings: Iterable[float],
    h: float | list[float],
) -> float:
    """Total energy of one configuration whose sites are numbered in row-major order."""
    s = [int(spin) for spin in spins.ravel()]
    total = 0.0
    for (i, j), coupling in zip(edges, couplings, strict=True):
        total -= coupling * s[i] * s[j]
    if isinstance(h, float):
        return total - h * sum(s)
    return total - sum(field * spin for field, spin in zip(h, s, strict=True))


def energies(model: Model, spins: NDArray[np.int8]) -> NDArray[np.float64]:
    """Energies (...) of spins (..., *shape) of any model, by its edges and couplings."""
    lead = spins.shape[: spins.ndim - len(model.shape)]
    edges = [(int(i), int(j)) for i, j in model.edges]
    h = model.h if isinstance(model.h, float) else model.h.ravel().tolist()
    result = np.empty(lead)
    for index in np.ndindex(*lead):
        couplings = model.couplings if model.samples is None else model.couplings[index[0]]
        result[index] = energy(spins[index], edges, couplings.tolist(), h)
    return result


def random_spins(model: Model, batch: tuple[int, ...], seed: int) -> NDArray[np.int8]:
    """Spins (*batch, *shape), with an axis for samples in front if the model has some."""
    lead = () if model.samples is None else (model.samples,)
    spins = np.random.default_rng(seed).choice([-1, 1], (*lead, *batch, *model.shape))
    return spins.astype(np.int8)
