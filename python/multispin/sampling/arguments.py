"""Arguments of a sampler that depend on how many replicas and which sites it has, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def checked_temperatures(value: ArrayLike, lead: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the temperatures of all replicas, in one row.

    Parameters
    ----------
    value
        What was given as `temperature`.
    lead
        ``(replicas,)`` or ``(samples, replicas)``.

    Raises
    ------
    TypeError, ValueError
        If they are no temperatures, or not as many as there are replicas.
    """
    temperatures = checks.temperatures("temperature", value, ndim=len(lead), ends=True)
    if temperatures.shape not in ((1,), lead[-1:], lead):
        allowed = "one number with replicas=1"
        if max(lead) > 1:
            allowed = f"one number, or one for each of the {lead[-1]} replicas"
        if len(lead) > 1:
            allowed += f", or an array of shape {lead}"
        raise ValueError(checks.describe("temperature", value, allowed))
    return np.ascontiguousarray(np.broadcast_to(temperatures, lead)).ravel()


def checked_shared(shared: object, lead: tuple[int, ...]) -> bool:
    """Return whether random numbers are shared.

    Raises
    ------
    TypeError, ValueError
        If it is no flag, or replicas of one sample would not be independent.
    """
    flag = checks.flag("shared_random_numbers", shared)
    if flag and (len(lead) == 1 or lead[-1] > 1):
        allowed = (
            "False, or True for a model of several disorder samples with replicas=1: replicas "
            "of one sample have to be independent"
        )
        raise ValueError(checks.describe("shared_random_numbers", True, allowed))
    return flag


def checked_block(block: object, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return height and width of a block of sites.

    Raises
    ------
    TypeError, ValueError
        If it is not one or two integers, or longer than the model's shape.
    """
    given: Any = block.tolist() if isinstance(block, np.ndarray) else block
    several = isinstance(given, Sequence) and not isinstance(given, (str, bytes))
    sides = given if several else (given, given)
    if len(sides) != 2:
        allowed = "one integer >= 1, or two as (height, width)"
        raise ValueError(checks.describe("block", block, allowed))
    height, width = (checks.count("block", side, 1, max(shape)) for side in sides)
    return height, width
