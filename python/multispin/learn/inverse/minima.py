"""Local minima of the energy, and what runs down into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multispin.learn.inverse._states import checked_samples, dense, distinct

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from multispin.models import SignedGraph

    Floats = NDArray[np.float64]

__all__ = ["LocalMinima", "local_minima"]

_BLOCK = 1 << 22  # local fields that are held at a time
_FLAT = 1e-12  # of the largest Σ|J| + |h| of a site: changes of energy that are none
_REFRESH = 64  # flips after which fields are added up anew, before rounding is more than that


@dataclass(frozen=True)
class LocalMinima:
    """States of which no single flip lowers the energy, those of lowest energy first.

    Attributes
    ----------
    states
        Spins ±1, (S, N) int8.
    energy
        Their energies, (S,) float64.
    starts
        How many starts end in each, (S,) int64: its basin, as far as it was seen.
    label
        Number of the minimum that each start ends in, (K,) int64.
    overlap
        Overlap (1/N) Σ_i s_i s_i' of each start with that minimum, (K,) float64.
    flat
        Number of spins of each minimum whose flip changes nothing, (S,) int64.
    """

    states: NDArray[np.int8]
    energy: NDArray[np.float64]
    starts: NDArray[np.int64]
    label: NDArray[np.int64]
    overlap: NDArray[np.float64]
    flat: NDArray[np.int64]

    def overlaps(self) -> NDArray[np.float64]:
        """Overlaps of the minima with each other, (S, S) float64."""
        s = self.states.astype(np.float64)
        return np.asarray(s @ s.T / s.shape[1])


def local_minima(model: SignedGraph, starts: ArrayLike) -> LocalMinima:
    r"""States stable under single flips that given states run down into.

    As long as there is a spin against its local field, s_i (Σ_j J_ij s_j + h_i) < 0, the one that
    lowers the energy most is turned; of several, the first. That is zero temperature in the order
    of steepest descent, so a start has one end, whatever the others are.

    Flips that change nothing are not made: a state whose neighbours are at best as low as itself is
    a minimum, and states joined by such flips are minima of their own. With real couplings there
    are none; `LocalMinima.flat` counts them. Energies count as equal within 10⁻¹² of the largest
    Σ_j |J_ij| + |h_i|.

    Parameters
    ----------
    model
        One set of couplings, of N spins.
    starts
        Spins ±1, (K, N), such as samples. Equal ones are gone through once.

    Returns
    -------
    LocalMinima
        States, energies and basins; weights of starts are added up by
        ``np.bincount(found.label, weights)``.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind, shape or value.
    MemoryError
        If N² couplings do not fit.

    Notes
    -----
    G. Tkačik et al., PLoS Comput. Biol. 10, e1003408 (2014), of the minima in the activity of nerve
    cells.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin.learn.inverse.minima import local_minima
    >>> ring = ms.Ising((6,), h=0.1)
    >>> found = local_minima(ring, [[1, 1, 1, -1, 1, 1], [-1, -1, -1, -1, -1, 1], [1] * 6])
    >>> found.states.tolist(), found.energy.round(6).tolist(), found.label.tolist()
    ([[1, 1, 1, 1, 1, 1], [-1, -1, -1, -1, -1, -1]], [-6.6, -5.4], [0, 1, 0])
    """
    J, h = dense("model", model)
    given = checked_samples("starts", starts, len(h))
    begun, of_start = distinct(given)
    ends = np.empty_like(begun)
    at_a_time = max(1, _BLOCK // len(h))
    for first in range(0, len(begun), at_a_time):
        ends[first : first + at_a_time] = _descended(J, h, begun[first : first + at_a_time])
    found, of_end = distinct(ends)
    energy = model.energy(found.reshape(-1, *model.shape))
    # Of equal energies, the order is that of their bits: one that starts do not change.
    order = np.argsort(energy, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    label = rank[of_end][of_start]
    minima = found[order]
    cost = minima * (minima.astype(np.float64) @ J + h)
    return LocalMinima(
        states=minima,
        energy=energy[order],
        starts=np.bincount(label, minlength=len(minima)),
        label=label,
        overlap=np.einsum("ki,ki->k", given, minima[label], dtype=np.float64) / len(h),
        flat=(np.abs(cost) <= _flat(J, h)).sum(axis=1),
    )


def _descended(J: Floats, h: Floats, starts: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return where states (K, N) end."""
    s = starts.astype(np.float64)
    flat = _flat(J, h)
    moving = np.arange(len(s))
    while len(moving):
        field = s[moving] @ J + h
        for _ in range(_REFRESH):
            along = s[moving] * field
            spin = np.argmin(along, axis=1)
            against = along[np.arange(len(moving)), spin] < -flat
            moving, field, spin = moving[against], field[against], spin[against]
            if not len(moving):
                break
            s[moving, spin] *= -1.0
            field += 2.0 * s[moving, spin][:, None] * J[spin]
    return s.astype(np.int8)


def _flat(J: Floats, h: Floats) -> float:
    return _FLAT * float((np.abs(J).sum(axis=1) + np.abs(h)).max())
