"""A model's couplings as pairs of sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin.models import SignedGraph

if TYPE_CHECKING:
    from numpy.typing import NDArray


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


def check_no_field(model: SignedGraph) -> None:
    """Refuse a model in a field, where there is no place for one."""
    checks.instance("model", model, SignedGraph, "a model of multispin")
    if model.h != 0:
        raise ValueError(checks.describe("model.h", model.h, "0, as there is no place for a field"))
