"""Samples as rows of states, the states among them, and the energies of all that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.exact.enumeration import states
from multispin.learn.inverse.enumeration import MOST_SPINS, States
from multispin.models import SignedGraph, fields

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_BLOCK = 1 << 14  # states that are given to a model at a time


def checked_samples(name: str, samples: ArrayLike, n_spins: int | None = None) -> NDArray[np.int8]:
    """Return samples of ±1 as int8, (M, N)."""
    n = "N" if n_spins is None else str(n_spins)
    allowed = f"an array (M, {n}) of +1 and -1, M >= 1"
    given = checks.array(name, samples, allowed)
    if given.ndim != 2 or 0 in given.shape or n_spins not in (None, given.shape[1]):
        raise ValueError(f"{name}: got an array of shape {given.shape}, allowed: {allowed}")
    return checks.signs(name, given)


def checked_weights(name: str, weights: ArrayLike | None, m: int) -> Floats | None:
    """Return weights (M,), or None if there are none."""
    if weights is None:
        return None
    return checks.sample_weights(name, weights, m)


def distinct(spins: NDArray[np.int8]) -> tuple[NDArray[np.int8], NDArray[np.intp]]:
    """Return the states among samples (M, N), (K, N), and which of them each sample is, (M,)."""
    bits = np.packbits(spins > 0, axis=1)
    # As one word each: several times as fast as comparing rows.
    words = np.ascontiguousarray(bits).view(f"V{bits.shape[1]}").ravel()
    _, first, place = np.unique(words, return_index=True, return_inverse=True)
    return spins[first], place.ravel()


def dense(name: str, model: object) -> tuple[Floats, Floats]:
    """Return couplings (N, N), symmetric, and fields (N,) of a model of one set of couplings."""
    checks.instance(name, model, SignedGraph, "a model whose spins interact in pairs")
    assert isinstance(model, SignedGraph)
    if model.samples is not None:
        got = f"{model.samples} disorder samples"
        raise ValueError(checks.describe(name, got, "one set of couplings: model.sample(k)"))
    n = model.n_spins
    check_memory(f"{name}: couplings of {n} spins", 24 * n * n)
    J = np.zeros((n, n))
    i, j = model.edges.T
    np.add.at(J, (i, j), model.couplings)  # double bonds are added up
    return J + J.T, fields.at_sites(model.h, n).copy()


def energies(name: str, model: Any) -> Floats:
    """Return the energies of all states of a model of few spins, (2^N,).

    In state number n spin i is +1 if bit i of n is 1.
    """
    n = _few_spins(name, model)
    if isinstance(model, SignedGraph):
        # Of a state's number, low bits choose the column and high bits the row.
        return -States(n).exponent(*dense(name, model)).ravel()
    found = np.empty(1 << n)
    for first in range(0, 1 << n, _BLOCK):
        spins = states(np.arange(first, min(first + _BLOCK, 1 << n)), n)
        found[first : first + len(spins)] = model.energy(spins.reshape(-1, *model.shape))
    if not bool(np.isfinite(found).all()):
        raise ValueError(f"{name}.energy(spins): got one that is not finite, allowed: energies")
    return found


def _few_spins(name: str, model: Any) -> int:
    known = hasattr(model, "n_spins") and hasattr(model, "shape")
    if isinstance(model, type) or not known or not callable(getattr(model, "energy", None)):
        allowed = "a model of multispin, or an object with n_spins, shape and energy(spins)"
        raise TypeError(checks.describe(name, model, allowed))
    if getattr(model, "samples", None) is not None:
        got = f"{model.samples} disorder samples"
        raise ValueError(checks.describe(name, got, "one set of couplings: model.sample(k)"))
    n = checks.count(f"{name}.n_spins", model.n_spins, 1)
    if n > MOST_SPINS:
        allowed = f"1 to {MOST_SPINS} spins, as all 2^N states are summed"
        raise ValueError(checks.describe(f"{name}.n_spins", n, allowed))
    return n
