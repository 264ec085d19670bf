"""Edges that are given."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from multispin._base import checks

Edges = npt.NDArray[np.int64]


def checked_edges(edges: npt.ArrayLike, n_sites: int) -> Edges:
    """Return edges (E, 2) of a graph, in which loops and double edges are allowed."""
    allowed = f"(E, 2) sites from 0 to {n_sites - 1}"
    array = checks.array("edges", edges, allowed)
    if array.shape == (0,):
        return np.empty((0, 2), dtype=np.int64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(checks.describe("edges", f"an array of shape {array.shape}", allowed))
    if array.dtype.kind not in "iu":
        raise TypeError(checks.describe("edges", f"an array of {array.dtype}", allowed))
    wrong = (array < 0) | (array >= n_sites)
    if bool(wrong.any()):
        raise ValueError(checks.describe("edges", int(array[wrong][0]), allowed))
    return array.astype(np.int64)
