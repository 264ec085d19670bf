"""The Hopfield model: couplings that patterns make by Hebb's rule."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.models import fields, triangle
from multispin.models.base import Form, digest
from multispin.models.fields import check_energies
from multispin.models.forms import Patterns
from multispin.models.signed_graph import SignedGraph

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

_CHUNK = 1 << 22  # spins of patterns that are unpacked together
_PACKED = 1 << 18  # that are packed together: what is made of them on the way stays in the caches
_ROWS = 1 << 25  # products of two patterns' spins that are added up together


class Hopfield(SignedGraph):
    r"""The Hopfield model: P patterns ξ^μ stored in the couplings of N neurons by Hebb's rule.

    .. math::

        E(s) = -\frac12 \sum_{i \ne j} J_{ij} s_i s_j - \sum_i h_i s_i
             = -\frac N2 \sum_\mu m_\mu^2 + \frac P2 - \sum_i h_i s_i, \qquad
        J_{ij} = \frac1N \sum_\mu \xi_i^\mu \xi_j^\mu, \quad
        m_\mu = \frac1N \sum_i \xi_i^\mu s_i

    Without a self-coupling: J_ii = 0. Patterns are kept as bits, an eighth of a byte each, and
    couplings only where they are asked for. Random patterns are retrieved below the load α = P/N
    of 0.138 (`multispin.theory.hopfield`).

    Parameters
    ----------
    patterns
        ξ^μ_i = ±1, (P, *shape): P patterns of N neurons each, which stay as they are given.
    h
        Field h_i, finite, in units of energy (k_B = 1): a number for all neurons, or an array of
        ``shape``.

    Raises
    ------
    TypeError, ValueError
        If patterns are not of this kind; those of 0 and 1 have to be made ±1, ``2 * x - 1``.

    Notes
    -----
    J. J. Hopfield, Proc. Natl. Acad. Sci. 79, 2554 (1982), eq. (2), with ±1 for 0 and 1; D. J.
    Amit, H. Gutfreund & H. Sompolinsky, Phys. Rev. A 32, 1007 (1985), eqs. (2.1) and (2.2).

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> patterns = np.random.default_rng(1).choice([-1, 1], (5, 400))
    >>> model = ms.Hopfield(patterns)
    >>> model.n_patterns, model.n_spins
    (5, 400)
    >>> sampler = ms.Sampler(model, temperature=0.2, init=patterns[0], dynamics="glauber", seed=1)
    >>> sampler.sweep(20)
    >>> bool(model.overlap(sampler.spins())[0, 0] > 0.95)
    True
    """

    def __init__(self, patterns: ArrayLike, h: ArrayLike = 0.0) -> None:
        words, shape = packed_patterns("patterns", patterns)
        self._set(words, shape, h)

    def _set(self, words: NDArray[np.uint64], shape: tuple[int, ...], h: ArrayLike) -> None:
        super().__init__(shape, h)
        words.flags.writeable = False
        self._words = words
        check_energies("patterns", None, self._strength(), self.n_spins, self._h)

    @property
    def n_patterns(self) -> int:
        """Number of patterns P."""
        return len(self._words)

    @property
    def patterns(self) -> NDArray[np.int8]:
        """Patterns ξ^μ, (P, *shape) int8, made of their bits each time."""
        check_memory("patterns", 2 * self.n_patterns * self.n_spins)
        return unpacked_patterns(self._words, self.n_spins).reshape(-1, *self._shape)

    def pattern(self, k: int) -> NDArray[np.int8]:
        """Return pattern number `k`, of ``shape``, int8.

        Raises
        ------
        TypeError, ValueError
            If there is no such pattern.
        """
        k = checks.count("k", k, 0, self.n_patterns - 1)
        return unpacked_patterns(self._words[k : k + 1], self.n_spins).reshape(self._shape)

    def overlap(self, spins: ArrayLike) -> NDArray[np.float64]:
        r"""Overlaps m_μ of configurations with the patterns.

        .. math:: m_\mu = \frac1N \sum_i \xi_i^\mu s_i

        Parameters
        ----------
        spins
            +1 and -1, of shape ``(..., *shape)``.

        Returns
        -------
        ndarray
            ``(..., P)`` float64, from -1 to 1.

        Raises
        ------
        TypeError, ValueError
            If the dimensions are others, or a value is not +1 or -1.
        """
        s = self._checked_spins(spins)
        return self._sums(s) / self.n_spins

    def _sums(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        """Σ_i ξ_i s_i of spins (..., *shape), (..., P): integers, below 2**53."""
        n, lead = self.n_spins, s.shape[: s.ndim - len(self._shape)]
        rows = s.reshape(-1, n)
        sums = np.empty((len(rows), self.n_patterns))
        at_a_time = max(1, _CHUNK // n)
        for first in range(0, self.n_patterns, at_a_time):
            patterns = unpacked_patterns(self._words[first : first + at_a_time], n)
            sums[:, first : first + at_a_time] = _products(rows, patterns.T)
        return sums.reshape(*lead, self.n_patterns)

    @property
    def one_magnitude(self) -> bool:
        """Whether all couplings are ±J: False, they are multiples of 1/N."""
        return False

    def magnitudes(self) -> str:
        """Say of which sizes couplings are."""
        return "multiples of 1/N"

    @property
    def J(self) -> float:
        """Not there: couplings have several magnitudes, and this raises ValueError."""
        raise ValueError(
            "J: got couplings of several magnitudes, allowed: one; the property couplings has them"
        )

    @property
    def signs(self) -> NDArray[np.int8]:
        """Not there, as `J`."""
        raise ValueError(
            "signs: got couplings of several magnitudes, allowed: one; the property couplings has "
            "them"
        )

    @property
    def n_edges(self) -> int:
        """Number of pairs, N (N − 1)/2. The coupling of some may be 0."""
        return triangle.count(self.n_spins)

    @property
    def _joins_all_pairs(self) -> bool:
        return True

    @property
    def edges(self) -> NDArray[np.int64]:
        """Pairs i < j, (E, 2) int64 in ascending order, made anew each time."""
        return triangle.pairs(self.n_spins, "patterns")

    @property
    def couplings(self) -> NDArray[np.float64]:
        """Couplings J_ij of the pairs, (E,) float64, made anew each time.

        Raises
        ------
        MemoryError
            If they do not fit; the message says what they need and what there is.
        """
        n = self.n_spins
        check_memory("patterns: couplings", 8 * self.n_edges + 5 * self.n_patterns * n)
        patterns = unpacked_patterns(self._words, n)
        values, place = np.empty(self.n_edges), 0
        at_a_time = max(1, _ROWS // n)
        for first in range(0, n - 1, at_a_time):
            block = _products(patterns[:, first : first + at_a_time].T, patterns[:, first:])
            for row in range(min(at_a_time, n - 1 - first)):
                length = n - 1 - first - row
                values[place : place + length] = block[row, row + 1 :]
                place += length
        values /= n
        return values

    @property
    def description(self) -> dict[str, Any]:
        """What results say of the model beside its shape: patterns and field."""
        return {
            "patterns": self.n_patterns,
            "patterns_sha256": self._digest,
            **fields.description(self._h, self._field),
        }

    def form(self, kind: type[Form]) -> Form | None:
        """Return the model as an engine wants it: as patterns, or as pairs."""
        if kind is Patterns:
            found = Patterns(
                n_spins=self.n_spins,
                words=self._words,
                unit=self._unit,
                fields=lambda: fields.at_sites(self._h, self.n_spins),
                shape=self._lattice_shape(),
            )
            return cast("Form", found)
        return super().form(kind)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what `from_state` makes the model of: a dict for JSON, and arrays by name."""
        h, arrays = fields.state(self._h)
        meta = {"model": "Hopfield", "shape": list(self._shape), "h": h}
        return meta, {"patterns": self._words, **arrays}

    @classmethod
    def _from_state(cls, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        model = cls.__new__(cls)
        shape = tuple(checks.count("shape", side, 1) for side in meta["shape"])
        words = np.array(arrays["patterns"], dtype=np.uint64)
        if words.ndim != 2 or len(words) < 1 or words.shape[1] != -(-int(np.prod(shape)) // 64):
            raise ValueError(f"patterns: got an array of shape {words.shape}")
        model._set(words, shape, fields.from_state(meta, arrays))
        return model

    @property
    def _unit(self) -> float:
        """What couplings are multiples of."""
        return 1.0 / self.n_spins

    def _strength(self) -> float:
        return self.n_patterns * (self.n_spins - 1) / 2

    def _site_strength(self) -> float:
        """Return a bound: what couplings would be if all patterns were one."""
        return 2 * self._strength() / self.n_spins

    def _interaction(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        squares = (self._sums(s) ** 2).sum(axis=-1)
        return np.asarray((self.n_patterns * self.n_spins - squares) / (2 * self.n_spins))

    def _identity(self) -> Hashable:
        return self._shape, self._field, self._digest

    @cached_property
    def _digest(self) -> str:
        return digest(self._words)

    def __repr__(self) -> str:
        of = f"{self.n_patterns} patterns of shape {self._shape}, sha256 {self._digest[:12]}"
        return f"Hopfield(<{of}>, h={fields.shown(self._field)})"


def _products(a: NDArray[np.int8], b: NDArray[np.int8]) -> NDArray[np.float32 | np.float64]:
    """Return a @ b, exactly: float32 has all integers up to 2**24."""
    kind = np.float32 if a.shape[1] <= 2**24 else np.float64
    return np.asarray(a.astype(kind) @ b.astype(kind))


def packed_patterns(name: str, patterns: ArrayLike) -> tuple[NDArray[np.uint64], tuple[int, ...]]:
    """Return ±1 (P, *shape) as bits of words (P, ⌈N/64⌉), and the shape.

    Bit j % 64 of word j // 64 is 1 for +1.

    Raises
    ------
    TypeError, ValueError
        If they are no patterns, of at least one neuron each.
    """
    allowed = "+1 and -1, (P, N) or (P, *shape), of at least one pattern and one neuron"
    given = checks.array(name, patterns, allowed)
    if given.ndim < 2 or given.size == 0:
        raise ValueError(checks.describe(name, f"an array of shape {given.shape}", allowed))
    n = given[0].size
    words = np.zeros((len(given), -(-n // 64)), dtype="<u8")
    # Some at a time: next to what is given, nothing of its size is needed.
    at_a_time = max(1, _PACKED // n)
    for first in range(0, len(given), at_a_time):
        some = given[first : first + at_a_time].reshape(-1, n)
        up = some == 1
        if some.dtype.kind not in "iuf" or not bool(np.all(up | (some == -1))):
            raise _no_signs(name, some)
        bits = np.packbits(up, axis=1, bitorder="little")
        words[first : first + at_a_time].view(np.uint8)[:, : bits.shape[1]] = bits
    return words.astype(np.uint64, copy=False), given.shape[1:]


def _no_signs(name: str, given: NDArray[Any]) -> Exception:
    """Return the error for what is not +1 and -1."""
    if given.dtype.kind in "iufb" and bool(np.all((given == 0) | (given == 1))) and not given.all():
        return ValueError(f"{name}: got 0 and 1, allowed: +1 and -1, such as 2 * {name} - 1")
    return checks.no_signs(name, given)


def unpacked_patterns(words: NDArray[np.uint64], n: int) -> NDArray[np.int8]:
    """Return the ±1 (P, n) that words are of."""
    octets = np.ascontiguousarray(words.astype("<u8", copy=False)).view(np.uint8)
    bits = np.unpackbits(octets, axis=1, count=n, bitorder="little")
    spins = bits.view(np.int8)
    spins *= 2
    spins -= 1
    return spins
