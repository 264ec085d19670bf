"""Spins that are held as they are: a mask, the same for all replicas or one for each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from numpy.typing import NDArray


def checked_clamp(
    clamp: Any, one: tuple[int, ...], lead: tuple[int, ...]
) -> NDArray[np.bool_] | None:
    """Return a mask of shape `one` or (*lead, *one), read-only; None holds no spin.

    Raises
    ------
    TypeError, ValueError
        If it is no mask, or leaves a replica without a spin that may flip.
    """
    if clamp is None:
        return None
    all_of_them = (*lead, *one)
    allowed = f"None, or an array of bool of shape {one} or {all_of_them}"
    mask: NDArray[np.bool_] = checks.array("clamp", clamp, allowed)
    if mask.dtype != np.bool_:
        raise TypeError(checks.describe("clamp", f"an array of {mask.dtype}", allowed))
    if mask.shape not in (one, all_of_them):
        raise ValueError(checks.describe("clamp", f"an array of shape {mask.shape}", allowed))
    axes = tuple(range(-len(one), 0))
    if bool(np.any(np.all(mask, axis=axes))):
        raise ValueError("clamp: got one that holds every spin, allowed: at least one left free")
    mask = mask.copy()
    mask.flags.writeable = False
    return mask


def demand_holding(mask: NDArray[np.bool_] | None, abilities: frozenset[str]) -> None:
    """Refuse a mask with an engine whose `abilities` hold no spin.

    Raises
    ------
    ValueError
        If there is one, and the engine has not the ability.
    """
    if mask is not None and "hold" not in abilities:
        raise ValueError(
            "clamp: got a mask, allowed: None, or a mask with engine='real' or 'pattern'"
        )


def packed_clamp(
    mask: NDArray[np.bool_], one: tuple[int, ...], lead: tuple[int, ...]
) -> NDArray[np.uint64]:
    """Return (N, words): bit r % 64 of word r // 64 is replica r, through all samples."""
    replicas, n = math.prod(lead), math.prod(one)
    rows = np.broadcast_to(mask, (*lead, *one)).reshape(replicas, n)
    padded = np.zeros((n, -(-replicas // 64) * 64), dtype=np.bool_)
    padded[:, :replicas] = rows.T
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)
