"""Forms in which models go to engines: what an engine needs to know of a model, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multispin.models import triangle

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from multispin.models.base import Model


@dataclass(frozen=True)
class UniformLattice:
    r"""One coupling on a periodic hypercubic lattice, in a uniform field.

    .. math:: E(s) = -J \sum_{\langle ij \rangle} s_i s_j - h \sum_i s_i
    """

    shape: tuple[int, ...]
    J: float
    h: float


@dataclass(frozen=True)
class SignedEdges:
    r"""Couplings of one magnitude on the edges e = (i, j) of a graph, in a uniform field.

    .. math:: E(s) = -J \sum_e \sigma_e s_{i_e} s_{j_e} - h \sum_i s_i, \qquad J \ge 0

    Here the magnitude is never negative and signs say the rest; J = 0 is a graph without edges.
    """

    n_spins: int
    n_edges: int
    samples: int  # 1 for one set of couplings
    J: float
    h: float
    shape: tuple[int, ...]  # of a periodic lattice on which the graph lies; else empty
    listed: Callable[[], tuple[NDArray[np.int64], NDArray[np.int8]]]
    """Lists edges (n_edges, 2) and signs (samples, n_edges), which may be large, when called."""
    degree: Callable[[], int]
    """Finds the largest number of edges of a site."""


@dataclass(frozen=True)
class RealPairs:
    r"""Couplings of any size on the edges e = (i, j) of a graph, and a field at every site.

    .. math:: E(s) = -\sum_e J_e s_{i_e} s_{j_e} - \sum_i h_i s_i
    """

    n_spins: int
    n_edges: int
    samples: int  # 1 for one set of couplings
    fields: Callable[[], NDArray[np.float64]]
    """Lists the fields (n_spins,) of all samples when called."""
    all_pairs: bool  # whether the edges are all pairs of sites, in the order of `triangle`
    shape: tuple[int, ...]  # of a periodic lattice on which the graph lies; else empty
    unit: float  # couplings are multiples of it, if there is such a number; else 1
    site_strength: Callable[[], float]
    """Finds the mean of Σ_j |J_ij| over sites and samples, or a bound."""
    couplings: Callable[[], NDArray[np.float64]]
    """Lists the couplings (samples, n_edges) alone when called."""
    listed: Callable[[], tuple[NDArray[np.int64], NDArray[np.float64]]]
    """Lists edges (n_edges, 2) and couplings (samples, n_edges), which may be large, when called.

    Two edges between the same sites add up.
    """

    def adding_at_sites(self) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        """Return a function that adds up, at each site, numbers (n_edges,) of its edges."""
        n = self.n_spins
        if self.all_pairs:
            return lambda values: triangle.at_sites(values, n)
        edges = self.listed()[0]

        def add(values: NDArray[np.float64]) -> NDArray[np.float64]:
            first, second = (np.bincount(column, values, minlength=n) for column in edges.T)
            return np.asarray(first + second)

        return add


@dataclass(frozen=True)
class Patterns:
    r"""Couplings that patterns make, and a field at every site.

    .. math:: E(s) = -u \sum_{i<j} \sum_\mu \xi_i^\mu \xi_j^\mu s_i s_j - \sum_i h_i s_i
    """

    n_spins: int
    words: NDArray[np.uint64]  # (patterns, words): bit j % 64 of word j // 64, 1 for +1
    unit: float
    fields: Callable[[], NDArray[np.float64]]
    """Lists the fields (n_spins,) when called."""
    shape: tuple[int, ...]  # of a periodic lattice on which the sites lie; else empty


def periodic_lattice(model: Model) -> tuple[int, ...]:
    """Return the sides of the periodic lattice that a model lies on, or nothing."""
    form = model.form(SignedEdges) or model.form(RealPairs)
    return () if form is None else form.shape
