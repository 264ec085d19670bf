"""Cues: states that retrieval starts with, and what of them is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def checked_cues(
    cues: ArrayLike, shape: tuple[int, ...], replicas: int, seed: int
) -> NDArray[np.int8]:
    """Return starts (cues * replicas, *shape) of ±1; erased units, 0, are drawn.

    Raises
    ------
    TypeError, ValueError
        If they are no cues of this shape.
    """
    sides = ", ".join(map(str, shape))
    allowed = f"+1, -1 and 0 (erased), of shape (cues, {sides}) or ({sides},)"
    given = _with_axis("cues", cues, shape, allowed)
    if given.dtype.kind not in "iuf":
        raise TypeError(checks.describe("cues", f"an array of {given.dtype}", allowed))
    if not bool(np.all((given == 1) | (given == -1) | (given == 0))):
        raise ValueError(f"cues: got other values, allowed: {allowed}")
    # Spins, what of them is erased, and numbers drawn for it.
    check_memory(f"replicas: {replicas} of {len(given)} cues", 4 * replicas * given.size)
    states = np.repeat(given.astype(np.int8), replicas, axis=0)
    erased = states == 0
    rng = np.random.Generator(np.random.Philox(seed))
    states[erased] = 2 * rng.integers(0, 2, int(erased.sum()), dtype=np.int8) - 1
    return states


def checked_mask(
    clamp: ArrayLike | None, cues: ArrayLike, shape: tuple[int, ...], replicas: int
) -> NDArray[np.bool_] | None:
    """Return what is held, (cues * replicas, *shape), of cues that are known to be cues; or None.

    Raises
    ------
    TypeError, ValueError
        If it is no mask of this shape, holds all of a cue, or a unit that is erased.
    """
    if clamp is None:
        return None
    given = _with_axis("cues", cues, shape, "")
    sides = ", ".join(map(str, shape))
    allowed = f"a mask of bool, of shape ({sides},) or ({len(given)}, {sides})"
    mask = checks.array("clamp", clamp, allowed)
    if mask.dtype != np.bool_:
        raise TypeError(checks.describe("clamp", f"an array of {mask.dtype}", allowed))
    if mask.shape not in (shape, given.shape):
        raise ValueError(checks.describe("clamp", f"an array of shape {mask.shape}", allowed))
    mask = np.broadcast_to(mask, given.shape)
    if bool(mask.reshape(len(mask), -1).all(axis=1).any()):
        raise ValueError("clamp: got one that holds every unit of a cue, allowed: some free units")
    if bool((mask & (given == 0)).any()):
        raise ValueError("clamp: got an erased unit, 0, allowed: units that the cue knows")
    return np.repeat(mask, replicas, axis=0)


def checked_states(name: str, states: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """Return states ±1 (..., *shape).

    Raises
    ------
    TypeError, ValueError
        If they are no such states.
    """
    sides = ", ".join(map(str, shape))
    allowed = f"+1 and -1, of shape (..., {sides})"
    given = checks.array(name, states, allowed)
    if given.shape[max(0, given.ndim - len(shape)) :] != shape:
        raise ValueError(checks.describe(name, f"an array of shape {given.shape}", allowed))
    return checks.signs(name, given)


def _with_axis(
    name: str, cues: ArrayLike, shape: tuple[int, ...], allowed: str
) -> NDArray[np.int8]:
    """Return cues (cues, *shape), at least one of them."""
    given = checks.array(name, cues, allowed)
    if given.shape == shape:
        given = given[None]
    if given.shape[1:] != shape or len(given) == 0:
        raise ValueError(checks.describe(name, f"an array of shape {given.shape}", allowed))
    return given
