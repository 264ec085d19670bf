"""How far steps of learning go."""

from __future__ import annotations

from typing import Any

from multispin._base import checks

#: Of what is counted: epochs or steps of chains, chains, units.
MOST_STEPS, MOST_CHAINS, MOST_UNITS = 2**31 - 1, 2**24, 2**20


def learning_rate(value: Any) -> tuple[float, float]:
    """Return the length of steps at the beginning and at the end.

    Raises
    ------
    TypeError, ValueError
        If it is neither a number > 0 nor two.
    """
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            allowed = "a number > 0, or two: at the beginning and at the end"
            raise ValueError(checks.describe("learning_rate", value, allowed))
        return (
            checks.positive_finite("learning_rate", value[0]),
            checks.nonnegative_finite("learning_rate", value[1]),
        )
    rate = checks.positive_finite("learning_rate", value)
    return rate, rate


def momentum(value: object) -> float:
    """Return the share of the last step that the next one repeats.

    Raises
    ------
    TypeError, ValueError
        If it is no number >= 0 and < 1.
    """
    number = checks.nonnegative_finite("momentum", value)
    if number >= 1.0:
        raise ValueError(checks.describe("momentum", value, "a number >= 0 and < 1"))
    return number
