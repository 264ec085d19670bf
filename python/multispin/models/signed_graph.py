"""Spins that interact in pairs, along the edges of a graph."""

from __future__ import annotations

import copy
from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin.models import fields
from multispin.models.base import Form, Model
from multispin.models.forms import RealPairs, SignedEdges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

_PART = 1 << 20  # couplings that are looked at together


class SignedGraph(Model):
    r"""Spins that interact in pairs, in a field.

    .. math:: E(s) = -\sum_e J_e s_{i_e} s_{j_e} - \sum_i h_i s_i, \qquad s_i = \pm 1

    with the edges e = (i_e, j_e) of a graph. Where all couplings have one magnitude they are
    J_e = J σ_e with the signs σ_e. With disorder samples, ``couplings`` and ``signs`` have one more
    axis, in front, for them; the field is that of all samples.
    """

    def __init__(self, shape: tuple[int, ...], h: ArrayLike) -> None:
        super().__init__(shape)
        self._h = fields.checked_field(h, shape)

    @property
    def h(self) -> float | NDArray[np.float64]:
        """Field h_i: a float if all sites have the same, else an array of `shape`, read-only."""
        return self._h

    def with_field(self, h: ArrayLike) -> Self:
        """Return the same model in another field.

        Parameters
        ----------
        h
            Field h_i: a number for all sites, or an array of `shape`.

        Raises
        ------
        TypeError, ValueError
            If it is no field, or so large that energies overflow.

        Examples
        --------
        >>> import multispin as ms
        >>> ms.Ising((4, 4)).with_field(0.5)
        Ising((4, 4), J=1.0, h=0.5)
        """
        other = copy.copy(self)
        other.__dict__.pop("_field", None)
        other._h = fields.checked_field(h, self._shape)
        fields.check_energies("J", None, self._strength(), self.n_spins, other._h)
        return other

    def _strength(self) -> float:
        """Return Σ|J| over all edges, of the disorder sample that has most of it."""
        if self.one_magnitude:
            return self.n_edges * abs(self.J)
        return float(np.abs(self.couplings).sum(axis=-1).max(initial=0.0))

    @cached_property
    def _field(self) -> float | str:
        """The field as models are compared by it: its number, or a digest."""
        return fields.identity(self._h)

    @property
    def one_magnitude(self) -> bool:
        """Whether all couplings are ±J. If not, `J` and `signs` raise ValueError."""
        return True

    def magnitudes(self) -> str:
        """Say of which sizes couplings are, where they are of several."""
        return f"such as {two_magnitudes(self.couplings)}"

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
        """What results say of the model beside its shape: coupling and field.

        Of a field that differs from site to site: ``h_mean``, ``h_std`` and ``h_sha256``.
        """
        field = fields.description(self._h, self._field)
        return {"J": self.J, **field} if self.one_magnitude else field

    def form(self, kind: type[Form]) -> Form | None:
        """Return the model as an engine wants it.

        As signs on edges if there is one magnitude of couplings and one field for all sites; as
        real pairs always.
        """
        if kind is SignedEdges and self.one_magnitude and isinstance(self._h, float):
            return cast("Form", self._signed_edges(self._h))
        if kind is RealPairs:
            return cast("Form", self._real_pairs())
        return super().form(kind)

    def _signed_edges(self, h: float) -> SignedEdges:
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
            h=h,
            shape=self._lattice_shape(),
            listed=listed,
            degree=lambda: self._largest_degree,
        )

    def _real_pairs(self) -> RealPairs:
        return RealPairs(
            n_spins=self.n_spins,
            n_edges=self.n_edges,
            samples=self.samples or 1,
            fields=lambda: fields.at_sites(self._h, self.n_spins),
            all_pairs=self._joins_all_pairs,
            unit=self._unit,
            site_strength=self._site_strength,
            shape=self._lattice_shape(),
            couplings=lambda: np.atleast_2d(self.couplings),
            listed=lambda: (self.edges, np.atleast_2d(self.couplings)),
        )

    @property
    def _unit(self) -> float:
        """What couplings are multiples of, if a model knows; else 1."""
        return 1.0

    def _site_strength(self) -> float:
        """Return the mean of Σ_j |J_ij| over sites and samples, or a bound."""
        strength = sum(
            float(np.abs(part).sum())
            for row in np.atleast_2d(self.couplings)
            for part in parts(row)
        )
        return 2 * strength / ((self.samples or 1) * self.n_spins)

    @property
    def _joins_all_pairs(self) -> bool:
        """Whether the edges are all pairs of sites, in the order of `triangle`."""
        return False

    @cached_property
    def _largest_degree(self) -> int:
        """Largest number of edges of a site."""
        if self._joins_all_pairs:
            return self.n_spins - 1
        return int(np.bincount(self.edges.ravel(), minlength=1).max())

    def _lattice_shape(self) -> tuple[int, ...]:
        """Return the sides of a periodic lattice on which the edges lie, or nothing."""
        return ()

    def _energy(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        in_field = fields.times_spins(self._h, s, len(self._shape))
        return np.asarray(self._interaction(s) - in_field)

    @abstractmethod
    def _interaction(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        """Energy of the bonds of checked spins."""


def two_magnitudes(couplings: NDArray[np.float64]) -> str:
    """Smallest and largest magnitude, to show where several are one too many."""
    sizes = np.abs(couplings)
    return f"{float(sizes.min())!r} and {float(sizes.max())!r}"


def several_magnitudes(couplings: NDArray[np.float64]) -> ValueError:
    """Return what asking for the one magnitude of couplings raises where there are several."""
    return ValueError(
        f"J: got couplings of several magnitudes, such as {two_magnitudes(couplings)}, allowed: "
        "one; the property couplings has them all"
    )


def strength_of(couplings: NDArray[np.float64]) -> float:
    """Return Σ|J| over all edges (..., E), of the disorder sample that has most of it."""
    with np.errstate(over="ignore"):
        return max(
            sum(float(np.abs(part).sum()) for part in parts(row))
            for row in np.atleast_2d(couplings)
        )


def parts(row: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Yield an array (E,) in parts that are small beside what memory has."""
    for first in range(0, len(row), _PART):
        yield row[first : first + _PART]
