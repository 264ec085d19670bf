"""Checks of arguments. Every message reads ``name: got <value>, allowed: <what is allowed>``."""

from __future__ import annotations

import math
import os
import reprlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_MAX_SEED = 2**64 - 1
_LONGEST = 200  # characters of a value in a message

#: Numbers of sites, and of what is counted by them, are 64-bit integers.
MOST_SITES = 2**63 - 1


def describe(name: str, value: object, allowed: str) -> str:
    """Return the message of a wrong argument; long values are shortened."""
    return f"{name}: got {shown(value)}, allowed: {allowed}"


def shown(value: object) -> str:
    """Return a value as messages show it: shortened, and whatever it is."""
    try:
        text = reprlib.repr(value)
    except Exception:  # an integer of more digits than Python writes, or a repr that fails
        return f"<{type(value).__name__} that cannot be shown>"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 33]}...{text[-30:]}"


def finite(name: str, value: object, allowed: str = "a finite number") -> float:
    """Return `value` as float if it is a finite real number."""
    return _real(name, value, allowed)


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
    if not _is_integer(value):
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
    if not _is_integer(value):
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


@contextmanager
def within(name: str) -> Iterator[None]:
    """Have messages about parts of an argument begin with its name: ``run.energy: got …``."""
    try:
        yield
    except TypeError as error:
        raise TypeError(f"{name}.{error}") from error
    except ValueError as error:
        raise ValueError(f"{name}.{error}") from error


def instance(name: str, value: object, kind: type, allowed: str) -> None:
    """Refuse a `value` that is not an instance of `kind`."""
    if not isinstance(value, kind):
        raise TypeError(describe(name, value, allowed))


def function(name: str, value: object, allowed: str) -> None:
    """Refuse a `value` that cannot be called."""
    if not callable(value):
        raise TypeError(describe(name, value, allowed))


def mapping(name: str, value: object, needed: Iterable[str], allowed: str) -> None:
    """Refuse a `value` that is not a mapping, or one without the keys `needed`."""
    if not isinstance(value, Mapping):
        raise TypeError(describe(name, value, allowed))
    missing = [key for key in needed if key not in value]
    if missing:
        raise ValueError(f"{name}: got one without {', '.join(missing)}, allowed: {allowed}")


def path(name: str, value: object, allowed: str = "the path of a file, str or os.PathLike") -> Path:
    """Return `value` as a Path if it can be the name of a file, whether there is one or not."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(describe(name, value, allowed))
    text = os.fspath(value)
    if not isinstance(text, str):  # of bytes
        raise TypeError(describe(name, value, allowed))
    try:
        if not text or b"\0" in os.fsencode(text):
            raise ValueError(describe(name, value, allowed))
    except UnicodeEncodeError as error:  # half of a surrogate pair
        raise ValueError(describe(name, value, allowed)) from error
    return Path(text)


def dataset(name: str, value: Any, needed: Sequence[str], allowed: str) -> None:
    """Refuse a `value` that is not an xarray.Dataset with the variables and dimensions `needed`."""
    if not hasattr(type(value), "data_vars"):
        raise TypeError(describe(name, value, f"an xarray.Dataset, {allowed}"))
    missing = [one for one in needed if one not in value.variables and one not in value.dims]
    if missing:
        raise ValueError(f"{name}: got one without {', '.join(missing)}, allowed: {allowed}")


def array(name: str, value: Any, allowed: str = "an array, or what NumPy makes one of") -> Array:
    """Return `value` as an array; refuse one of which some is masked: that would be forgotten."""
    if np.ma.is_masked(value):
        unmasked = "one of which nothing is masked (`compressed()` has what is not)"
        raise TypeError(f"{name}: got a masked array, allowed: {unmasked}")
    try:
        return np.asarray(value)
    except MemoryError:
        raise
    except Exception as error:  # ragged, nested without end, or in the memory of a GPU
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(describe(name, value, allowed)) from error


def numbers(
    name: str, value: Any, allowed: str = "finite numbers", kinds: str = "iuf"
) -> NDArray[np.float64]:
    """Return `value` as an array of finite float64, of any shape and perhaps the one given."""
    given = array(name, value, allowed)
    if given.dtype.kind not in kinds:
        got = value if given.ndim == 0 else f"an array of {given.dtype}"
        raise TypeError(describe(name, got, allowed))
    with np.errstate(over="ignore"):  # numbers of more than double precision
        found = given.astype(np.float64, copy=False)
    finite = np.isfinite(found)
    if not bool(finite.all()):
        raise ValueError(describe(name, float(found[~finite][0]), allowed))
    return found


def signs(name: str, value: NDArray[Any]) -> NDArray[np.int8]:
    """Return an array as int8 if it holds +1 and -1 only; perhaps the one given."""
    if value.dtype.kind not in "iuf" or not bool(np.all((value == 1) | (value == -1))):
        raise no_signs(name, value)
    return value.astype(np.int8, copy=False)


def no_signs(name: str, value: NDArray[Any]) -> Exception:
    """Return the error for an array that holds anything but +1 and -1."""
    if value.dtype.kind not in "iuf":
        return TypeError(f"{name}: got an array of {value.dtype}, allowed: numbers +1 and -1")
    return ValueError(f"{name}: got other values, allowed: +1 and -1")


def sample_weights(name: str, value: Any, m: int) -> NDArray[np.float64]:
    """Return `value` as the weights of `m` samples: finite float64 >= 0, not all of them 0."""
    allowed = f"None, or {m} finite numbers >= 0, one for each sample, not all zero"
    weights = numbers(name, value, allowed)
    if weights.shape != (m,):
        raise ValueError(f"{name}: got shape {weights.shape}, allowed: {allowed}")
    if not bool(np.all(weights >= 0.0)) or not bool(np.any(weights > 0.0)):
        raise ValueError(describe(name, value, allowed))
    return weights


def positive_numbers(name: str, value: Any) -> NDArray[np.float64]:
    """Return `value` as an array of finite float64 greater than 0, of any shape."""
    allowed = "finite numbers > 0"
    found = numbers(name, value, allowed)
    if not bool(np.all(found > 0.0)):
        raise ValueError(describe(name, value, allowed))
    return found


def lattice_shape(value: object) -> tuple[int, ...]:
    """Return `value` as the one to four sides of a periodic lattice, integers >= 2.

    Which of these sizes an engine can run is the engine's business, not the model's.
    """
    allowed = "a tuple of one to four integers >= 2, such as (rows, columns)"
    if _is_integer(value) and value >= 2:
        square = f"({shown(int(value))}, {shown(int(value))})"
        allowed += f"; {square} for a square lattice, with parentheses, as no side comes after it"
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)):
        raise TypeError(describe("shape", value, allowed))
    if (isinstance(value, np.ndarray) and value.ndim != 1) or not 1 <= len(value) <= 4:
        raise ValueError(describe("shape", value, allowed))
    for length in value:
        if not _is_integer(length):
            raise TypeError(describe("shape", value, allowed))
        if length < 2:
            raise ValueError(describe("shape", value, allowed))
    shape = tuple(int(length) for length in value)
    if math.prod(shape) > MOST_SITES:
        raise ValueError(describe("shape", value, f"{allowed}, of fewer than 2**63 sites"))
    return shape


def temperatures(
    name: str, value: object, ndim: int = 1, allowed: str | None = None, ends: bool = False
) -> NDArray[np.float64]:
    """Return `value` as a new float64 array: a number as (1,), or of 1 to `ndim` dimensions.

    `ends` says whether 0 and infinity are temperatures.
    """
    if allowed is None:
        dimensions = "one-dimensional" if ndim == 1 else f"one- to {ndim}-dimensional"
        number = "a number from 0 to inf" if ends else "a finite number > 0"
        allowed = f"{number}, or a {dimensions} sequence of at least one such number"
    given = array(name, value, allowed)
    hottest = given == np.inf if ends and given.dtype.kind == "f" else np.zeros(given.shape, bool)
    # A new array: what is given may change later.
    found = numbers(name, np.where(hottest, 1.0, given) if hottest.any() else given, allowed)
    found = np.atleast_1d(np.where(hottest, np.inf, found))
    warm = found >= 0.0 if ends else found > 0.0
    if found.ndim > ndim or found.size == 0 or not bool(np.all(warm)):
        raise ValueError(describe(name, value, allowed))
    return found


def ascending_temperatures(name: str, value: object) -> NDArray[np.float64]:
    """Return `value` as a new float64 array (n,): n >= 2 temperatures in ascending order."""
    allowed = "two or more temperatures in ascending order, finite numbers > 0"
    ascending = temperatures(name, value, allowed=allowed)
    if ascending.size < 2 or not bool(np.all(np.diff(ascending) > 0.0)):
        raise ValueError(describe(name, value, allowed))
    return ascending


def _is_integer(value: object) -> TypeGuard[int | np.integer[Any]]:
    # NumPy's time differences call themselves integers.
    no_number = isinstance(value, (bool, np.bool_, np.timedelta64))
    return isinstance(value, (int, np.integer)) and not no_number


def _real(name: str, value: object, allowed: str) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(describe(name, value, allowed))
    try:
        number = float(value)
    except OverflowError as error:  # an integer beyond the largest float
        raise ValueError(describe(name, value, allowed)) from error
    if not math.isfinite(number):
        raise ValueError(describe(name, value, allowed))
    # Never -0.0, which is equal to 0.0 but is not written like it; a float stays the object it is,
    # as scikit-learn's clone wants it.
    return number if number or math.copysign(1.0, number) > 0.0 else 0.0
