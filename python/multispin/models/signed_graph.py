"""Spins that interact in pairs, along the edges of a graph."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin._base import checks
from multispin.models.base import Form, Model
from multispin.models.forms import RealPairs, SignedEdges

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Largest sum Σ|J| + N|h|: differences of energies are to be finite too.
MOST_ENERGY = sys.float_info.max / 2


class SignedGraph(Model):
    r"""Spins that interact in pairs, in a uniform field.

    .. math:: E(s) = -J \sum_e \sigma_e s_{i_e} s_{j_e} - h \sum_i s_i, \qquad s_i = \pm 1

    with the edges e = (i_e, j_e) of a graph and their signs σ_e. With disorder samples, ``signs``
    has one more axis, in front, for them.
    """

    def __init__(self, shape: tuple[int, ...], h: float) -> None:
        super().__init__(shape)
        self._h = _uniform_field(h)

    @property
    def h(self) -> float:
        """Uniform field."""
        return self._h

    @property
    def one_magnitude(self) -> bool:
        """Whether all couplings are ±J. If not, `J` and `signs` raise ValueError."""
        return True

    @property
    @abstractmethod
    def J(self) -> float:
        """Coupling: edge e has J σ_e."""

    @property
    @abstractmethod
    def n_edges(self) -> int:
        """Number of edges E."""

    @property
    @abstractmethod
    def edges(self) -> NDArray[np.int64]:
        """Sites that each edge joins, (E, 2) int64; a pair that is joined twice is listed twice."""

    @property
    @abstractmethod
    def signs(self) -> NDArray[np.int8]:
        """Signs σ_e of the edges, (E,) or (samples, E) int8 of +1 and -1."""

    @property
    def couplings(self) -> NDArray[np.float64]:
        """Couplings J σ_e of the edges, (E,) or (samples, E) float64."""
        return np.asarray(self.J * self.signs, dtype=np.float64)

    @property
    def description(self) -> dict[str, Any]:
        """What results say of the model beside its shape: coupling and field."""
        return {"J": self.J, "h": self._h} if self.one_magnitude else {"h": self._h}

    def form(self, kind: type[Form]) -> Form | None:
        """Return the model as an engine wants it: as signs on edges, if J is of one magnitude."""
        if kind is SignedEdges and self.one_magnitude:
            return cast("Form", self._signed_edges())
        if kind is RealPairs:
            return cast("Form", self._real_pairs())
        return super().form(kind)

    def _signed_edges(self) -> SignedEdges:
        def listed() -> tuple[NDArray[np.int64], NDArray[np.int8]]:
            edges, signs = self.edges, np.atleast_2d(self.signs)
            if self.J == 0.0:
                return edges[:0], signs[:, :0]
            return edges, -signs if self.J < 0.0 else signs

        return SignedEdges(
            n_spins=self.n_spins,
            n_edges=0 if self.J == 0.0 else self.n_edges,
            samples=self.samples or 1,
            J=abs(self.J),
            h=self._h,
            shape=self._lattice_shape(),
            listed=listed,
        )

    def _real_pairs(self) -> RealPairs:
        return RealPairs(
            n_spins=self.n_spins,
            n_edges=self.n_edges,
            samples=self.samples or 1,
            h=np.full(self.n_spins, self._h),
            listed=lambda: (self.edges, np.atleast_2d(self.couplings)),
        )

    def _lattice_shape(self) -> tuple[int, ...]:
        """Return the sides of a periodic lattice on which the edges lie, or nothing."""
        return ()

    def _energy(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        axes = tuple(range(-len(self._shape), 0))
        field = np.sum(s, axis=axes, dtype=np.int64)
        return np.asarray(self._interaction(s) - self._h * field)

    @abstractmethod
    def _interaction(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        """Energy of the bonds of checked spins."""


def two_magnitudes(couplings: NDArray[np.float64]) -> str:
    """Smallest and largest magnitude, to show where several are one too many."""
    sizes = np.abs(couplings)
    return f"{float(sizes.min())!r} and {float(sizes.max())!r}"


def check_energies(name: str, J: object, strength: float, n_spins: int, h: float) -> None:
    """Refuse couplings `J` and a field in which energies, or their differences, overflow.

    No energy is beyond ``strength + n_spins * abs(h)``, where `strength` is that of all edges,
    Σ |J_ij|, of the disorder sample that has most of it.
    """
    if strength > MOST_ENERGY:
        allowed = f"couplings of which Σ|J| over all edges is at most {MOST_ENERGY:.3g}"
        raise ValueError(checks.describe(name, J, allowed))
    most = (MOST_ENERGY - strength) / n_spins
    if abs(h) > most:
        allowed = f"from {-most:.3g} to {most:.3g}, so that Σ|J| + N|h| is finite"
        raise ValueError(checks.describe("h", h, allowed))


def _uniform_field(h: object) -> float:
    several = h.ndim > 0 if isinstance(h, np.ndarray) else isinstance(h, Sequence)
    if several and not isinstance(h, (str, bytes)):
        allowed = "a finite number; fields that differ from site to site are not supported"
        raise ValueError(checks.describe("h", h, allowed))
    return checks.finite("h", h)
