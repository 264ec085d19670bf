"""A model's couplings as pairs of sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin.models import SignedGraph
from multispin.models.fields import MOST_ENERGY

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def merged(model: SignedGraph) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return edges i < j in ascending order and their couplings; double bonds are added up."""
    checks.instance("model", model, SignedGraph, "a model of multispin")
    if model.samples is not None:
        got = f"{model.samples} disorder samples"
        raise ValueError(checks.describe("model", got, "one set of couplings: model.sample(k)"))
    pairs, place = np.unique(np.sort(model.edges, axis=1), axis=0, return_inverse=True)
    couplings = np.zeros(len(pairs))
    np.add.at(couplings, place.ravel(), model.couplings)
    joined = couplings != 0
    return pairs[joined], couplings[joined]


def check_strength(name: str, couplings: ArrayLike, what: str = "couplings of which Σ|J|") -> None:
    """Refuse couplings with which energies overflow, by the name of what they come from."""
    with np.errstate(over="ignore"):
        strength = float(np.abs(couplings).sum())
    if strength > MOST_ENERGY:
        allowed = f"at most {MOST_ENERGY:.3g}, so that energies are finite"
        raise ValueError(f"{name}: got {what} is {strength:g}, allowed: {allowed}")


def check_no_field(model: SignedGraph) -> None:
    """Refuse a model in a field, where there is no place for one."""
    checks.instance("model", model, SignedGraph, "a model of multispin")
    if np.any(model.h != 0):
        raise ValueError(checks.describe("model.h", model.h, "0, as there is no place for a field"))
