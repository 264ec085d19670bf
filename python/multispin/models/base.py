"""What all models have in common."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self


class Model(ABC):
    r"""Spins that interact in pairs, in a uniform field.

    .. math:: E(s) = -J \sum_e \sigma_e s_{i_e} s_{j_e} - h \sum_i s_i, \qquad s_i = \pm 1

    with the edges e = (i_e, j_e) of a graph and their signs σ_e. Sites are numbered in the
    row-major order of ``shape``. A model is a value: it does not change, and two models are equal
    if they are of one class and have the same shape, couplings and field.

    A model may hold many *disorder samples*: draws of the couplings on one graph. Then ``signs``
    and the spins have one more axis, in front, for the samples.
    """

    def __init__(self, shape: tuple[int, ...], h: float) -> None:
        self._shape = shape
        self._h = _uniform_field(h)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a configuration."""
        return self._shape

    @property
    def n_spins(self) -> int:
        """Number of sites N."""
        n = 1
        for length in self._shape:
            n *= length
        return n

    @property
    def h(self) -> float:
        """Uniform field."""
        return self._h

    @property
    def samples(self) -> int | None:
        """Number of disorder samples; None if there is one set of couplings and no axis for it."""
        return None

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

    def energy(self, spins: ArrayLike) -> NDArray[np.float64]:
        """Total energy of configurations.

        Parameters
        ----------
        spins
            +1 and -1, of shape ``(..., *shape)``; ``(samples, ..., *shape)`` for a model with
            disorder samples, of which configurations [k] then belong to sample k.

        Returns
        -------
        ndarray
            ``(...)`` or ``(samples, ...)`` float64.

        Raises
        ------
        ValueError
            If the dimensions are others, or a value is not +1 or -1.
        """
        s = self._checked_spins(spins)
        axes = tuple(range(-len(self._shape), 0))
        field = np.sum(s, axis=axes, dtype=np.int64)
        # The last zero makes -0.0 one without a sign.
        return np.asarray(self._interaction(s) - self._h * field + 0.0, dtype=np.float64)

    def sample(self, k: int) -> Self:
        """Return disorder sample `k` as a model of its own.

        Raises
        ------
        TypeError, ValueError
            If there is no such sample, or the model has one set of couplings only.
        """
        if self.samples is None:
            raise ValueError(f"sample: got {k!r}, but this model has one set of couplings only")
        return self._sample(checks.count("k", k, 0, self.samples - 1))

    @abstractmethod
    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what `from_state` makes the model of: a dict for JSON, and arrays by name."""

    @classmethod
    @abstractmethod
    def _from_state(cls, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self: ...

    @abstractmethod
    def _interaction(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        """Energy of the bonds of checked spins."""

    @abstractmethod
    def _identity(self) -> Hashable:
        """Return what decides whether two models of this class are equal."""

    def _sample(self, k: int) -> Self:
        raise NotImplementedError  # for models whose `samples` is always None

    def _checked_spins(self, spins: ArrayLike) -> NDArray[np.int8]:
        s = np.asarray(spins)
        ndim, samples = len(self._shape), self.samples
        lead = () if samples is None else (samples,)
        fits = s.ndim >= ndim + len(lead) and s.shape[s.ndim - ndim :] == self._shape
        if not fits or s.shape[: len(lead)] != lead:
            allowed = ", ".join(map(str, (*lead, "...", *self._shape)))
            raise ValueError(
                checks.describe("spins", f"an array of shape {s.shape}", f"({allowed})")
            )
        if not bool(np.all((s == 1) | (s == -1))):
            raise ValueError("spins: got other values, allowed: +1 and -1")
        return s.astype(np.int8, copy=False)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._identity()))


def two_magnitudes(couplings: NDArray[np.float64]) -> str:
    """Smallest and largest magnitude, to show where several are one too many."""
    sizes = np.abs(couplings)
    return f"{float(sizes.min())!r} and {float(sizes.max())!r}"


def digest(*arrays: NDArray[Any]) -> str:
    """SHA-256 of arrays, their shapes and types, in hexadecimal digits."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str} {array.shape} ".encode())
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


def _uniform_field(h: object) -> float:
    if isinstance(h, (np.ndarray, Sequence)) and not isinstance(h, str) and np.ndim(h) > 0:
        allowed = "a finite number; fields that differ from site to site are not supported"
        raise ValueError(checks.describe("h", h, allowed))
    return checks.finite("h", h)
