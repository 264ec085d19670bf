"""Visible units as people give and get them: data to units of a machine, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.bipartite import pack, unpack
from multispin.learn.rbm.units import Binary, Categorical, Gaussian

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.rbm.units import VisibleUnits

    Reals = NDArray[Any]
    Bits = NDArray[np.uint64]

VISIBLE = ("binary", "spin", "gaussian", "categorical")

_ALLOWED = {
    "binary": "an array (M, N) of numbers from 0 to 1, M and N >= 1",
    "spin": "an array (M, N) of numbers from -1 to 1, M and N >= 1",
    "gaussian": "an array (M, N) of finite numbers, M and N >= 1",
}


@dataclass(frozen=True)
class Visible:
    """What values visible units have outside machines.

    Attributes
    ----------
    kind
        "binary", 0 and 1; "spin", -1 and 1; "gaussian", any numbers; "categorical", integers from
        0 on, each of which is a unit of its own to machines.
    categories
        How many integers: of "categorical", else 0.
    labels
        How many of the last units are labels, of which just one is 1: of "binary", else 0.
    """

    kind: str = "binary"
    categories: int = 0
    labels: int = 0

    @property
    def allowed(self) -> str:
        """What samples may be."""
        if self.kind == "categorical":
            return f"an array (M, N) of integers from 0 to {self.categories - 1}, M and N >= 1"
        return _ALLOWED[self.kind]

    def units(self, n_features: int) -> VisibleUnits:
        """Return the units of a machine."""
        if self.kind == "categorical":
            return Categorical(0, n_features, self.categories)
        if self.labels:
            return Categorical(n_features - self.labels, 1, self.labels)
        return Gaussian() if self.kind == "gaussian" else Binary()

    def n_units(self, n_features: int) -> int:
        """Return how many units a machine has."""
        return n_features * max(self.categories, 1)

    def encode(self, name: str, given: Reals) -> tuple[Bits | None, Reals | None]:
        """Return samples as a machine takes them: bits, or numbers where there are no two values.

        Raises
        ------
        ValueError
            If a value is not allowed; the message says which one, and where.
        """
        if self.kind == "categorical":
            return pack(self._one_of_each(name, given)), None
        if self.kind == "gaussian":
            self._check(name, given, np.isfinite(given))
            return None, given
        if self.labels:
            self._check_labels(name, given)
        low = -1 if self.kind == "spin" else 0
        up = given == 1
        if bool((up | (given == low)).all()):
            return pack(up), None
        self._check(name, given, (given >= low) & (given <= 1))
        return None, given if low == 0 else (given + 1) / 2

    def decode(self, states: NDArray[Any], n_units: int) -> NDArray[Any]:
        """Return states of a machine as people see them: uint8, spins int8, numbers float32."""
        if self.kind == "gaussian":
            return states
        units = unpack(states, n_units)
        if self.kind == "categorical":
            of_sites = units.reshape(len(units), -1, self.categories)
            return np.asarray(of_sites.argmax(axis=2), np.min_scalar_type(self.categories - 1))
        return units if self.kind == "binary" else (2 * units.astype(np.int8) - 1)

    def decode_means(self, means: Reals) -> Reals:
        """Return means of units as people see them; of categories (M, N, categories)."""
        if self.kind == "categorical":
            return means.reshape(len(means), -1, self.categories)
        return 2 * means - 1 if self.kind == "spin" else means

    def mask(self, clamp: NDArray[np.bool_]) -> NDArray[Any]:
        """Return which units of a machine are held where these features are, as kernels take it."""
        if self.kind == "gaussian":
            return clamp
        of_labels = clamp[:, clamp.shape[1] - self.labels :]
        if self.labels and bool((of_labels != of_labels[:, :1]).any()):
            raise ValueError("clamp: got some of the label units, allowed: all of them, or none")
        return pack(np.repeat(clamp, max(self.categories, 1), axis=1))

    def _one_of_each(self, name: str, given: Reals) -> NDArray[np.bool_]:
        whole = given == np.rint(given) if given.dtype.kind == "f" else np.ones(given.shape, bool)
        self._check(name, given, whole & (given >= 0) & (given < self.categories))
        found = given[:, :, None] == np.arange(self.categories)
        return np.asarray(found.reshape(len(given), -1))

    def _check_labels(self, name: str, given: Reals) -> None:
        if given.shape[1] <= self.labels:
            got = f"{given.shape[1]} features"
            raise ValueError(f"{name}: got {got}, allowed: more than n_labels, {self.labels}")
        of_labels = given[:, -self.labels :]
        one = ((of_labels == 0) | (of_labels == 1)).all(axis=1) & (of_labels.sum(axis=1) == 1)
        if not one.all():
            row = int(np.argmin(one))
            got = f"labels {of_labels[row].tolist()} in row {row}"
            raise ValueError(f"{name}: got {got}, allowed: one 1 among the last {self.labels}")

    def _check(self, name: str, given: Reals, right: NDArray[np.bool_]) -> None:
        if right.all():
            return
        i, j = np.argwhere(~right)[0]
        value = given[i, j]
        if given.dtype.kind == "f" and np.isnan(value):
            value = "NaN"
        raise ValueError(f"{name}: got {value} in row {i}, column {j}, allowed: {self.allowed}")


BINARY = Visible()
#: Categories that are believed without being told.
_MOST_FOUND = 256


def categories_of(given: NDArray[Any], wanted: int | None) -> int:
    """Return how many categories there are: as many as wanted, or as samples show."""
    if wanted is not None:
        return checks.count("n_categories", wanted, 2, 2**16)
    with np.errstate(invalid="ignore"):
        largest = given.max() if given.size else 0
    if largest >= _MOST_FOUND:
        allowed = f"a number, as X has values of {_MOST_FOUND} and more"
        raise ValueError(checks.describe("n_categories", None, allowed))
    return max(2, int(largest) + 1) if largest >= 0 else 2
