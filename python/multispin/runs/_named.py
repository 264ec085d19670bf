"""Observables that have a name: functions of spins (replicas, *shape), made for a model.

Values of a replica are the same to the last bit however many come with it: sums are of integers, or
over one contiguous row of each replica.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.models import sums, triangle
from multispin.models.forms import RealPairs, periodic_lattice
from multispin.models.lattice import Lattice
from multispin.models.signed_graph import SignedGraph
from multispin.runs._dataset import UNIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

    from multispin.models import Model

    Spins = NDArray[np.int8]

NAMES = ("staggered_magnetization", "link_energy", "structure_factor", "domain_wall_length")

_PRODUCTS = 1 << 22  # of spins, that are held at a time


@dataclass(frozen=True)
class Bound:
    """A named observable of a model."""

    function: Callable[[Spins], NDArray[Any]]
    long_name: str
    units: str
    dims: tuple[str, ...] = ()
    labels: tuple[str, ...] | None = None


def bound(name: str, model: Model, wave_vectors: NDArray[np.int64] | None) -> Bound:
    """Return a named observable of a model.

    Raises
    ------
    ValueError
        If the model has none of this name.
    """
    if name == "staggered_magnetization":
        sides = _lattice(name, model)
        if any(side % 2 for side in sides):
            raise _refusal(name, model, "a periodic lattice of even sides, which is bipartite")
        return Bound(StaggeredMagnetization(sides), "staggered magnetization per spin", "1")
    if name == "link_energy":
        if not isinstance(model, Lattice) or model.samples is not None:
            raise _refusal(name, model, "a lattice with one set of couplings")
        labels = tuple(f"axis_{axis}" for axis in range(len(model.shape)))
        return Bound(
            LinkEnergy(model), "energy of the bonds along an axis", UNIT, ("axis",), labels
        )
    if name == "structure_factor":
        vectors = _vectors(_lattice(name, model), wave_vectors)
        labels = tuple(",".join(map(str, vector)) for vector in vectors)
        function = StructureFactor(model.shape, vectors)
        return Bound(function, "structure factor S(k)", "1", ("wave_vector",), labels)
    if not isinstance(model, SignedGraph) or model.samples is not None:
        raise _refusal(name, model, "a model of pairs with one set of couplings")
    return Bound(DomainWallLength(model), "number of unsatisfied edges", "1")


def packed_spins(spins: Spins) -> NDArray[np.uint8]:
    """Return spins as bits (replicas, bytes): bit i % 8 of byte i // 8 is site i, 1 is s = +1.

    Sites are in row-major order, bit 0 is the lowest; bits beyond the last site are 0.
    """
    return np.packbits(spins.reshape(len(spins), -1) > 0, axis=1, bitorder="little")


def unpacked_spins(bits: NDArray[np.uint8], shape: tuple[int, ...]) -> Spins:
    """Return the spins (..., *shape) of bits (..., bytes)."""
    n = int(np.prod(shape, dtype=np.int64))
    ones = np.unpackbits(bits, axis=-1, count=n, bitorder="little").view(np.int8)
    return (2 * ones - 1).reshape(*bits.shape[:-1], *shape)


def checked_wave_vectors(value: ArrayLike) -> NDArray[np.int64]:
    """Return wave vectors as integers (vectors, dimensions)."""
    allowed = "integers of shape (any, dimensions), at least one row, each once"
    given = checks.array("wave_vectors", value, allowed)
    if given.dtype.kind not in "iu":
        raise TypeError(checks.describe("wave_vectors", value, allowed))
    distinct = given.ndim == 2 and given.size > 0 and len(np.unique(given, axis=0)) == len(given)
    if not distinct or int(np.abs(given.astype(object)).max()) >= 2**31:
        raise ValueError(checks.describe("wave_vectors", value, allowed))
    return given.astype(np.int64)


@dataclass(frozen=True)
class StaggeredMagnetization:
    """Sums of spins whose sign alternates from site to site, over N."""

    sides: tuple[int, ...]

    def __call__(self, spins: Spins) -> NDArray[np.float64]:
        """Return (replicas,)."""
        ndim, n = len(self.sides), int(np.prod(self.sides, dtype=np.int64))
        s = spins.reshape(-1, *self.sides)
        for axis, side in enumerate(self.sides):
            alternating = np.tile(np.array([1, -1], dtype=np.int8), side // 2)
            s = s * alternating.reshape(-1, *(1,) * (ndim - 1 - axis))
        return np.asarray(s.reshape(len(s), -1).sum(axis=1, dtype=np.int64) / n)


@dataclass(frozen=True)
class LinkEnergy:
    """Energies of the bonds along each axis of a lattice."""

    model: Lattice

    def __call__(self, spins: Spins) -> NDArray[np.float64]:
        """Return (replicas, axes)."""
        replicas, model = len(spins), self.model
        energies = np.empty((replicas, len(model.shape)))
        for axis, pairs in enumerate(_pairs(spins)):
            if model.one_magnitude:
                signed = pairs * _signs_along(model, axis)
                total = model.J * signed.reshape(replicas, -1).sum(axis=1, dtype=np.int64)
            else:
                along = model.couplings.reshape(-1, model.n_spins)[axis]
                total = sums.weighted(pairs.reshape(replicas, -1), along)
            energies[:, axis] = -total
        return energies + 0.0


@dataclass(frozen=True)
class DomainWallLength:
    """Numbers of edges that are not satisfied."""

    model: SignedGraph

    def __call__(self, spins: Spins) -> NDArray[np.int64]:
        """Return (replicas,)."""
        replicas, model = len(spins), self.model
        length = np.zeros(replicas, dtype=np.int64)
        if isinstance(model, Lattice) and model.one_magnitude:
            for axis, pairs in enumerate(_pairs(spins)):
                unsatisfied = model.J * _signs_along(model, axis) * pairs < 0
                length += unsatisfied.reshape(replicas, -1).sum(axis=1)
            return length
        form, rows = model.form(RealPairs), spins.reshape(replicas, -1)
        assert form is not None
        if form.all_pairs:  # whose list would be long
            signs = np.sign(form.couplings()[0]).astype(np.int8)
            difference = triangle.products(rows, signs)  # of integers, so that no order matters
            return np.asarray((np.count_nonzero(signs) - difference.astype(np.int64)) // 2)
        edges, couplings = form.listed()
        signs = np.sign(couplings[0]).astype(np.int8)
        at_a_time = max(1, _PRODUCTS // replicas)
        for first in range(0, len(edges), at_a_time):
            i, j = edges[first : first + at_a_time].T
            products = rows[:, i] * rows[:, j] * signs[first : first + at_a_time]
            length += (products < 0).sum(axis=1)
        return length


@dataclass(frozen=True)
class StructureFactor:
    """Squares of Fourier transforms of spins, over N."""

    sides: tuple[int, ...]
    vectors: tuple[tuple[int, ...], ...]

    def __call__(self, spins: Spins) -> NDArray[np.float64]:
        """Return (replicas, vectors)."""
        s = spins.reshape(-1, *self.sides)
        n = int(np.prod(self.sides, dtype=np.int64))
        found = [np.abs(1.0 * self._transform(s, vector)) ** 2 / n for vector in self.vectors]
        return np.stack(found, axis=1)

    def _transform(self, s: Spins, vector: tuple[int, ...]) -> NDArray[Any]:
        still = tuple(axis + 1 for axis, number in enumerate(vector) if number == 0)
        total: NDArray[Any] = s.sum(axis=still, dtype=np.int64) if still else s
        moving = [(side, n) for side, n in zip(self.sides, vector, strict=True) if n]
        for side, number in reversed(moving):
            turns = number * np.arange(side) % side / side
            total = (total * np.exp(2j * np.pi * turns)).sum(axis=-1)
        return total


def _pairs(spins: Spins) -> Iterator[Spins]:
    """Yield the products of neighbours (replicas, *shape) along each axis."""
    for axis in range(1, spins.ndim):
        yield spins * np.roll(spins, -1, axis=axis)


def _signs_along(model: Lattice, axis: int) -> Any:
    """Return the signs of the bonds along an axis, (*shape) int8; 1 if there are no others."""
    signs = getattr(model, "bonds", None)
    return 1 if signs is None else signs[axis]


def _lattice(name: str, model: Model) -> tuple[int, ...]:
    sides = periodic_lattice(model)
    if not sides:
        raise _refusal(name, model, "a model on a periodic lattice")
    return sides


def _vectors(
    sides: tuple[int, ...], given: NDArray[np.int64] | None
) -> tuple[tuple[int, ...], ...]:
    """Return wave vectors: by default 0 and the smallest along each axis."""
    if given is None:
        ndim = len(sides)
        given = np.concatenate([np.zeros((1, ndim), np.int64), np.eye(ndim, dtype=np.int64)])
    if given.shape[1] != len(sides):
        allowed = f"wave vectors of {len(sides)} integers each"
        raise ValueError(checks.describe("observables", f"{given.shape[1]} integers", allowed))
    return tuple(tuple(vector) for vector in given.tolist())


def _refusal(name: str, model: Model, allowed: str) -> ValueError:
    return ValueError(f"observables: got {name!r} of {model!r}, allowed: {name!r} of {allowed}")
