"""Cues: states that retrieval starts with, and what of them is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def corrupt(patterns: ArrayLike, noise: float, random_state: int | None = None) -> NDArray[np.int8]:
    """Return patterns of each of which a share of the units is turned over.

    Parameters
    ----------
    patterns
        ±1, (P, N) or (P, *shape).
    noise
        The share, 0 to 1: as many units as are nearest to it, drawn at random for each pattern. The
        overlap with the pattern is then 1 - 2 noise.
    random_state
        Seed; a fresh one if not given.

    Returns
    -------
    ndarray
        ±1, (P, *shape) int8.

    Raises
    ------
    TypeError, ValueError
        If they are no such patterns, or noise is no such share.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.learn import corrupt
    >>> patterns = np.ones((2, 10), dtype=int)
    >>> corrupt(patterns, 0.3, random_state=1).sum(axis=1).tolist()
    [4, 4]
    """
    share = checks.nonnegative_finite("noise", noise)
    if share > 1.0:
        raise ValueError(checks.describe("noise", noise, "a number from 0 to 1"))
    rng = np.random.Generator(np.random.Philox(checks.seed_or_fresh("random_state", random_state)))
    allowed = "+1 and -1, (P, N) or (P, *shape), of at least one pattern and one unit"
    given = checks.array("patterns", patterns, allowed)
    if given.ndim < 2 or given.size == 0:
        raise ValueError(checks.describe("patterns", f"an array of shape {given.shape}", allowed))
    states = checks.signs("patterns", given).astype(np.int8).reshape(len(given), -1)
    flips = round(share * states.shape[1])
    for state in states:
        state[rng.permutation(len(state))[:flips]] *= -1
    return states.reshape(given.shape)


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
