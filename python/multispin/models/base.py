"""What all models have in common."""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

Form = TypeVar("Form")


class Model(ABC):
    """Spins s_i = ±1 and their energy.

    A model says what the energy of a configuration is, and hands an engine the *form* it runs: one
    coupling on a lattice, a graph with signs (`multispin.models.forms`). Sites are numbered in the
    row-major order of ``shape``. A model is a value: it does not change, and two models are equal
    if they are of one class and have the same shape, couplings and field.

    A model may hold many *disorder samples*: draws of the couplings on one graph. Then spins have
    one more axis, in front, for the samples.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a configuration."""
        return self._shape

    @property
    def n_spins(self) -> int:
        """Number of sites N."""
        return math.prod(self._shape)

    @property
    def samples(self) -> int | None:
        """Number of disorder samples; None if there is one set of couplings and no axis for it."""
        return None

    @property
    @abstractmethod
    def h(self) -> float | NDArray[np.float64]:
        """Field h_i: a float if all sites have the same, else an array of `shape`, read-only."""

    @property
    @abstractmethod
    def description(self) -> dict[str, Any]:
        """What results say of the model beside its shape, by name; JSON can hold it."""

    def form(self, kind: type[Form]) -> Form | None:  # noqa: ARG002
        """Return the model as an engine wants it, a form of `kind`; None if it has no such form."""
        return None

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
        TypeError, ValueError
            If the dimensions are others, or a value is not +1 or -1.
        """
        s = self._checked_spins(spins)
        # The last zero makes -0.0 one without a sign.
        return np.asarray(self._energy(s) + 0.0, dtype=np.float64)

    def sample(self, k: int) -> Self:
        """Return disorder sample `k` as a model of its own.

        Raises
        ------
        TypeError, ValueError
            If there is no such sample, or the model has one set of couplings only.
        """
        if self.samples is None:
            allowed = "a model of several disorder samples; this one has one set of couplings"
            raise ValueError(checks.describe("k", k, allowed))
        return self._sample(checks.count("k", k, 0, self.samples - 1))

    @abstractmethod
    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what `from_state` makes the model of: a dict for JSON, and arrays by name."""

    @classmethod
    @abstractmethod
    def _from_state(cls, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self: ...

    @abstractmethod
    def _energy(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        """Energy of checked spins."""

    @abstractmethod
    def _identity(self) -> Hashable:
        """Return what decides whether two models of this class are equal."""

    def _sample(self, k: int) -> Self:
        raise NotImplementedError  # for models whose `samples` is always None

    def _checked_spins(self, spins: ArrayLike) -> NDArray[np.int8]:
        s = checks.array("spins", spins, "+1 and -1, as an array or as nested lists")
        ndim, samples = len(self._shape), self.samples
        lead = () if samples is None else (samples,)
        fits = s.ndim >= ndim + len(lead) and s.shape[s.ndim - ndim :] == self._shape
        if not fits or s.shape[: len(lead)] != lead:
            allowed = ", ".join(map(str, (*lead, "...", *self._shape)))
            raise ValueError(
                checks.describe("spins", f"an array of shape {s.shape}", f"({allowed})")
            )
        return checks.signs("spins", s)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._identity()))


def check_model(name: str, value: object) -> None:
    """Refuse what is no model; of what has one, say where it is."""
    allowed = "a model of multispin, such as Ising"
    if isinstance(getattr(value, "model", None), Model):
        allowed += f"; that of a {type(value).__name__} is its attribute model"
    checks.instance(name, value, Model, allowed)


def digest(*arrays: NDArray[Any]) -> str:
    """SHA-256 of arrays, their shapes and types, in hexadecimal digits."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str} {array.shape} ".encode())
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()
