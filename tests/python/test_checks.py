"""What is asked of every argument: values as messages show them, arrays, paths, parts of runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from multispin._base import checks

if TYPE_CHECKING:
    from collections.abc import Callable


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize(("value", "shown"), [
    (3, "3"), ("x" * 100, "'xxxxxxxxxxxx...xxxxxxxxxxxxx'"), ([1] * 100, "[1, 1, 1, 1, 1, 1, ...]"),
    (nested(50), "[[[[[[[...]]]]]]]"),
])  # fmt: skip
def test_values_as_messages_show_them(value: object, shown: str) -> None:
    assert checks.shown(value) == shown


def test_long_and_unspeakable_values_are_shown_too() -> None:
    tree = {f"key {n}": {f"key {m}": "x" * 30 for m in range(9)} for n in range(9)}
    assert len(checks.shown(tree)) == 200
    assert "Unspeakable instance" in checks.shown(Unspeakable())
    assert checks.shown(10**5000) == "<int that cannot be shown>"


@pytest.mark.parametrize(("value", "error"), [
    (None, TypeError), ("1", TypeError), (1j, TypeError), (object(), TypeError),
    ([None], TypeError), (np.array(["x"]), TypeError), (np.zeros(2, "M8[s]"), TypeError),
    (True, TypeError),
    ([[1.0], [2.0, 3.0]], ValueError), (nested(100), ValueError), ([1.0, np.nan], ValueError),
    (np.inf, ValueError), ([2**70], TypeError), (np.longdouble("1e400"), ValueError),
    (np.ma.masked_array([1.0, 2.0], [True, False]), TypeError),
])  # fmt: skip
def test_what_is_no_array_of_numbers(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^name: got .*, allowed: "):
        checks.numbers("name", value)


def test_arrays_of_numbers() -> None:
    given = np.array([1.0, 2.0])
    assert checks.numbers("name", given) is given
    assert checks.numbers("name", [[1, 2]]).tolist() == [[1.0, 2.0]]
    assert checks.numbers("name", [True], kinds="b").tolist() == [1.0]
    assert checks.positive_numbers("name", 2).shape == ()
    with pytest.raises(ValueError, match=r"^name: got \[1.0, 0.0\], allowed: finite numbers > 0"):
        checks.positive_numbers("name", [1.0, 0.0])


def test_temperatures_are_a_new_array() -> None:
    given = np.array([1.0, 2.0])
    found = checks.temperatures("name", given)
    found[0] = 3.0
    assert given[0] == 1.0


def test_a_difference_of_times_is_no_integer() -> None:
    for check in (checks.count, checks.seed, checks.seed_or_fresh):
        with pytest.raises(TypeError, match=r"^name: got np\.timedelta64\(3\), allowed: "):
            check("name", np.timedelta64(3))


@pytest.mark.parametrize("given", ["a.txt", Path("a.txt"), "a" * 300, "ä"])
def test_paths(given: str | Path) -> None:
    assert checks.path("name", given) == Path(given)


class OfBytes:
    def __fspath__(self) -> bytes:
        return b"a.txt"


@pytest.mark.parametrize(("given", "error"), [
    (None, TypeError), (0, TypeError), (b"a", TypeError), (OfBytes(), TypeError), (Path, TypeError),
    ("", ValueError), ("a\0", ValueError), ("\ud800", ValueError),
])  # fmt: skip
def test_what_is_no_path(given: object, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^name: got .*, allowed: the path of a file"):
        checks.path("name", given)


@pytest.mark.parametrize(("given", "error"), [(None, TypeError), ([], TypeError), ({}, ValueError)])
def test_what_is_no_mapping(given: object, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^name: got .*, allowed: one with a key"):
        checks.mapping("name", given, ["key"], "one with a key")
    checks.mapping("name", {"key": 1}, ["key"], "one with a key")


def test_signs() -> None:
    assert checks.signs("name", np.array([1.0, -1.0])).dtype == np.int8
    for wrong, error in ((np.array([0]), ValueError), (np.array([True]), TypeError)):
        with pytest.raises(error, match=r"^name: got .*, allowed: .*\+1 and -1"):
            checks.signs("name", wrong)


def _raise(error: Exception) -> Callable[[], None]:
    def function() -> None:
        raise error

    return function


def test_messages_about_parts_begin_with_the_whole() -> None:
    for kind in (TypeError, ValueError):
        with pytest.raises(kind, match=r"^run\.energy: got 1"), checks.within("run"):
            _raise(kind("energy: got 1"))()
    with pytest.raises(MemoryError, match="^energy"), checks.within("run"):
        _raise(MemoryError("energy"))()
