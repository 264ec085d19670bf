"""Kinds of units: which values they take, and what a field x makes of them.

A unit's value s has probability ~ ρ(s) e^(s x). Its measure ρ, its mean and ln of its normalizer,
Γ(x) = ln Σ_s ρ(s) e^(s x) or the integral, are all that layers differ by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from multispin._base.extras import require
from multispin._engines.bipartite import draw_units, pack
from multispin.learn.rbm.randomness import normals_of, uniforms_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin._engines.bipartite import Bits, Layer, Numbers

    Reals = NDArray[Any]
    Array = NDArray[np.float64]

_LARGEST = float(np.finfo(np.float32).max)
_LOG_2PI = math.log(2.0 * math.pi)
#: Log odds of units that never change, at most.
_FARTHEST = 50.0
#: What random numbers are for.
_CHOICES, _NOISE = 0x63686F696365, 0x6E6F697365


class Units(Protocol):
    """A layer's units, all of one kind."""

    #: Whether states are packed bits; else they are numbers.
    packed: ClassVar[bool]

    def normalizers(self, fields: Reals) -> Reals:
        """Return Γ(x) of units, or of groups of units that are not independent, (..., n)."""

    def mean(self, fields: Reals) -> Reals:
        """Return ⟨s⟩ = Γ'(x) of units, of the shape of their fields."""

    def log_measure(self, values: Reals) -> Array:
        """Return Σ_i ln ρ(s_i), (R,)."""

    def draw(
        self, fields: Reals, layer: Layer, numbers: Numbers, threads: int | None
    ) -> NDArray[Any]:
        """Return states of units in fields (R, n): bits, or numbers (R, n) float32."""


class VisibleUnits(Units, Protocol):
    """Units whose means are known, from data."""

    def fields_of(self, mean: Array) -> Array:
        """Return fields at which independent units have this mean, finite ones."""


@dataclass(frozen=True)
class Binary:
    """Units 0 and 1. Spins are kept as these."""

    packed: ClassVar[bool] = True

    def normalizers(self, fields: Reals) -> Reals:
        """ln(1 + e^x)."""
        return softplus(fields)

    def mean(self, fields: Reals) -> Reals:
        """1 / (1 + e^−x)."""
        return sigmoid(fields)

    def log_measure(self, values: Reals) -> Array:
        """Counting."""
        return np.zeros(len(values))

    def fields_of(self, mean: Array) -> Array:
        """Log odds."""
        with np.errstate(divide="ignore"):
            odds = np.log(mean) - np.log1p(-mean)
        return np.asarray(np.clip(odds, -_FARTHEST, _FARTHEST))

    def draw(self, fields: Reals, layer: Layer, numbers: Numbers, threads: int | None) -> Bits:
        """As the kernel draws: in fields beyond its numbers as in the largest of these."""
        if fields.dtype != np.float32:
            fields = np.clip(fields, -_LARGEST, _LARGEST).astype(np.float32)
        return draw_units(fields, layer, numbers, threads)


@dataclass(frozen=True)
class Categorical:
    """Units 0 and 1, the last of which form groups in which just one is 1.

    Attributes
    ----------
    alone
        Number of units before the groups.
    groups, size
        Number of groups, and of units in each.
    """

    alone: int
    groups: int
    size: int
    packed: ClassVar[bool] = True

    def normalizers(self, fields: Reals) -> Reals:
        """ln(1 + e^x) of the first units, ln Σ e^x of groups."""
        x, largest = self._grouped(fields)
        of_groups = largest + np.log(np.exp(x).sum(axis=-1))
        return np.concatenate([softplus(fields[..., : self.alone]), of_groups], axis=-1)

    def mean(self, fields: Reals) -> Reals:
        """1 / (1 + e^−x), and e^x / Σ e^x in groups."""
        probable = np.exp(self._grouped(fields)[0])
        probable /= probable.sum(axis=-1, keepdims=True)
        probable = probable.reshape(*fields.shape[:-1], -1)
        return np.concatenate([sigmoid(fields[..., : self.alone]), probable], axis=-1)

    def log_measure(self, values: Reals) -> Array:
        """Counting."""
        return np.zeros(len(values))

    def fields_of(self, mean: Array) -> Array:
        """Log odds, and logarithms in groups."""
        with np.errstate(divide="ignore"):
            logs = np.maximum(np.log(mean[self.alone :]), -_FARTHEST)
        return np.concatenate([Binary().fields_of(mean[: self.alone]), logs])

    def draw(self, fields: Reals, layer: Layer, numbers: Numbers, threads: int | None) -> Bits:
        """Draw the first units as the kernel does, one of each group by its share of the sum."""
        sums = np.cumsum(np.exp(self._grouped(fields.astype(np.float64))[0]), axis=-1)
        at = uniforms_of(numbers, _CHOICES, self.groups)[..., None] * sums[..., -1:]
        # No number is 1, so that one of them is always found.
        chosen = (sums <= at).sum(axis=-1)
        one = chosen[..., None] == np.arange(self.size)
        up = np.zeros(fields.shape, dtype=np.bool_)
        up[:, self.alone :] = one.reshape(len(fields), -1)
        found = pack(up)
        if self.alone:
            found[:, : -(-self.alone // 64)] |= Binary().draw(
                np.ascontiguousarray(fields[:, : self.alone]), layer, numbers, threads
            )
        return found

    def _grouped(self, fields: Reals) -> tuple[Reals, Reals]:
        """Return fields of groups less the largest of each, (..., groups, size), and these."""
        x = fields[..., self.alone :].reshape(*fields.shape[:-1], self.groups, self.size)
        largest = x.max(axis=-1)
        return x - largest[..., None], largest


@dataclass(frozen=True)
class Gaussian:
    """Any numbers, of variance 1 in a field: ρ(s) = e^(−s²/2)."""

    packed: ClassVar[bool] = False

    def normalizers(self, fields: Reals) -> Reals:
        """Of a Gaussian: x²/2 + ln(2π)/2."""
        found: Reals = np.square(fields) / 2 + _LOG_2PI / 2
        return found

    def mean(self, fields: Reals) -> Reals:
        """The field x."""
        return fields

    def log_measure(self, values: Reals) -> Array:
        """−s²/2."""
        return np.asarray(-np.square(values, dtype=np.float64).sum(axis=1) / 2)

    def fields_of(self, mean: Array) -> Array:
        """The mean."""
        return mean

    def draw(self, fields: Reals, layer: Layer, numbers: Numbers, threads: int | None) -> Reals:  # noqa: ARG002
        """The field, and Gaussian noise."""
        purpose = _NOISE + (layer == "hidden")
        return np.asarray(fields + normals_of(numbers, purpose, fields.shape[1]), np.float32)


@dataclass(frozen=True)
class Rectified:
    """Numbers >= 0, of the same measure as Gaussian ones: ρ(s) = e^(−s²/2).

    J. Tubiana, S. Cocco & R. Monasson, eLife 8, e39397 (2019), with γ = 1 and θ as an offset.
    """

    packed: ClassVar[bool] = False

    def normalizers(self, fields: Reals) -> Reals:
        """Of one cut at 0: x²/2 + ln(2π)/2 + ln Φ(x)."""
        x, special = np.asarray(fields, np.float64), _special()
        up, down = np.maximum(x, 0.0), np.minimum(x, 0.0)
        above = up * up / 2 + _LOG_2PI / 2 + special.log_ndtr(up)
        # ln of what is left of a Gaussian, without the difference of large numbers.
        below = np.log(special.erfcx(-down / math.sqrt(2))) + math.log(math.pi / 2) / 2
        return np.asarray(np.where(x >= 0, above, below))

    def mean(self, fields: Reals) -> Reals:
        """Of a Gaussian cut at 0: x + φ(x) / Φ(x)."""
        x = np.asarray(fields, np.float64)
        t = np.maximum(-x, 50.0)  # and beyond, by its expansion: 1/t − 2/t³ + 10/t⁵
        far = (1.0 - (2.0 - 10.0 / t**2) / t**2) / t
        near = np.maximum(x, -50.0)
        slope = np.exp(-near * near / 2 - _LOG_2PI / 2 - _special().log_ndtr(near))
        return np.asarray(np.where(x < -50.0, far, near + slope), fields.dtype)

    def log_measure(self, values: Reals) -> Array:
        """−s²/2."""
        return Gaussian().log_measure(values)

    def draw(self, fields: Reals, layer: Layer, numbers: Numbers, threads: int | None) -> Reals:  # noqa: ARG002
        """By inversion: 1 − Φ(s − x) = u Φ(x)."""
        x = np.asarray(fields, np.float64)
        uniform = uniforms_of(numbers, _NOISE + (layer == "hidden"), x.shape[1])
        special = _special()
        logs, near = np.log(uniform), np.maximum(x, -1e4)
        noise = special.ndtri_exp(logs + special.log_ndtr(near))
        # Far out the field alone counts, and differences of large numbers have no digits left.
        far = logs / np.minimum(x, -1e4)
        return np.asarray(np.where(x < -1e4, far, np.maximum(near - noise, 0.0)), np.float32)


def _special() -> Any:
    return require("scipy.special", "learn")


def sigmoid(x: Reals) -> Reals:
    """Return 1 / (1 + e^−x), of any x."""
    small = np.exp(-np.abs(x))
    found: Reals = np.where(x >= 0, 1, small) / (1 + small)
    return found


def softplus(x: Reals) -> Reals:
    """Return ln(1 + e^x), of any x."""
    found: Reals = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return found
