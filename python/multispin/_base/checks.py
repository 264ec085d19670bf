"""Checks of arguments. Every message reads ``name: got <value>, allowed: <what is allowed>``."""

from __future__ import annotations

import math
import reprlib
import secrets
from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_SEED = 2**64 - 1


def describe(name: str, value: object, allowed: str) -> str:
    """Return the message of a wrong argument; long values are shortened."""
    return f"{name}: got {reprlib.repr(value)}, allowed: {allowed}"


def finite(name: str, value: object) -> float:
    """Return `value` as float if it is a finite real number."""
    return _real(name, value, "a finite number")


def positive_finite(name: str, value: object) -> float:
    """Return `value` as float if it is a finite real number greater than 0."""
    allowed = "a finite number > 0"
    number = _real(name, value, allowed)
    if number <= 0.0:
        raise ValueError(describe(name, value, allowed))
    return number


def nonnegative_finite(name: str, value: object) -> float:
    """Return `value` as float if it is a finite real number greater than or equal to 0."""
    allowed = "a finite number >= 0"
    number = _real(name, value, allowed)
    if number < 0.0:
        raise ValueError(describe(name, value, allowed))
    return number


def count(name: str, value: object, minimum: int = 0, maximum: int | None = None) -> int:
    """Return `value` as int if it is an integer in ``[minimum, maximum]``; no bool, no float."""
    allowed = f"an integer >= {minimum}"
    if maximum is not None:
        allowed += f" and <= {maximum}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(describe(name, value, allowed))
    number = int(value)
    if number < minimum or (maximum is not None and number > maximum):
        raise ValueError(describe(name, value, allowed))
    return number


def seed(name: str, value: object) -> int:
    """Return `value` as int if it is a 64-bit seed."""
    return count(name, value, 0, _MAX_SEED)


def seed_or_fresh(name: str, value: object) -> int:
    """Return `value` as int if it is a 64-bit seed, and a fresh one if it is None."""
    if value is None:
        return fresh_seed()
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(describe(name, value, f"None, or an integer >= 0 and <= {_MAX_SEED}"))
    return seed(name, value)


def fresh_seed() -> int:
    """Return a seed that nobody has used: one of 2**63, which all kinds of files can hold."""
    return secrets.randbits(63)


def flag(name: str, value: object) -> bool:
    """Return `value` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(describe(name, value, "True or False"))
    return bool(value)


def choice(name: str, value: object, allowed: Sequence[str]) -> str:
    """Return `value` if it is one of the strings in `allowed`."""
    listed = ", ".join(repr(item) for item in allowed)
    if not isinstance(value, str):
        raise TypeError(describe(name, value, listed))
    if value not in allowed:
        raise ValueError(describe(name, value, listed))
    return value


def instance(name: str, value: object, kind: type, allowed: str) -> None:
    """Refuse a `value` that is not an instance of `kind`."""
    if not isinstance(value, kind):
        raise TypeError(describe(name, value, allowed))


def dataset(name: str, value: Any, needed: Sequence[str], allowed: str) -> None:
    """Refuse a `value` that is not an xarray.Dataset with the variables and dimensions `needed`."""
    if not (hasattr(value, "data_vars") and hasattr(value, "dims")):
        raise TypeError(describe(name, value, f"an xarray.Dataset, {allowed}"))
    missing = [one for one in needed if one not in value.variables and one not in value.dims]
    if missing:
        raise ValueError(f"{name}: got one without {', '.join(missing)}, allowed: {allowed}")


def array(name: str, value: Any) -> NDArray[Any]:
    """Return `value` as an array; refuse one of which some is masked: that would be forgotten."""
    if np.ma.is_masked(value):
        allowed = "one of which nothing is masked (`compressed()` has what is not)"
        raise TypeError(f"{name}: got a masked array, allowed: {allowed}")
    return np.asarray(value)


def lattice_shape(value: object) -> tuple[int, ...]:
    """Return `value` as the one to four sides of a periodic lattice, integers >= 2.

    Which of these sizes an engine can run is the engine's business, not the model's.
    """
    allowed = "a tuple of one to four integers >= 2, such as (rows, columns)"
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)):
        raise TypeError(describe("shape", value, allowed))
    if (isinstance(value, np.ndarray) and value.ndim != 1) or not 1 <= len(value) <= 4:
        raise ValueError(describe("shape", value, allowed))
    for length in value:
        if isinstance(length, (bool, np.bool_)) or not isinstance(length, (int, np.integer)):
            raise TypeError(describe("shape", value, allowed))
        if length < 2:
            raise ValueError(describe("shape", value, allowed))
    return tuple(int(length) for length in value)


def temperatures(
    name: str, value: object, ndim: int = 1, allowed: str | None = None
) -> NDArray[np.float64]:
    """Return `value` as a new float64 array: a number as (1,), or of 1 to `ndim` dimensions."""
    if allowed is None:
        dimensions = "one-dimensional" if ndim == 1 else f"one- to {ndim}-dimensional"
        allowed = f"a finite number > 0, or a {dimensions} sequence of at least one such number"
    try:
        given = array(name, value)
    except ValueError as error:  # a ragged sequence
        raise ValueError(describe(name, value, allowed)) from error
    if given.dtype.kind not in "iuf":
        raise TypeError(describe(name, value, allowed))
    numbers = np.atleast_1d(given).astype(np.float64)
    good = bool(np.all(np.isfinite(numbers) & (numbers > 0.0)))
    if numbers.ndim > ndim or numbers.size == 0 or not good:
        raise ValueError(describe(name, value, allowed))
    return numbers


def ascending_temperatures(name: str, value: object) -> NDArray[np.float64]:
    """Return `value` as a new float64 array (n,): n >= 2 temperatures in ascending order."""
    allowed = "two or more temperatures in ascending order, finite numbers > 0"
    ascending = temperatures(name, value, allowed=allowed)
    if ascending.size < 2 or not bool(np.all(np.diff(ascending) > 0.0)):
        raise ValueError(describe(name, value, allowed))
    return ascending


def _real(name: str, value: object, allowed: str) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(describe(name, value, allowed))
    try:
        number = float(value)
    except OverflowError as error:  # an integer beyond the largest float
        raise ValueError(describe(name, value, allowed)) from error
    if not math.isfinite(number):
        raise ValueError(describe(name, value, allowed))
    return number + 0.0  # never -0.0, which is equal to 0.0 but is not written like it
