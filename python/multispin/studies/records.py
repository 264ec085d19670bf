"""What the lines of a study's file have to say, whoever wrote and sealed them."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

from multispin.studies.points import MISSING, check_labels, decode, key_of, signature_of

_PLAIN = "biufcU"  # dtype kinds


class Grid:
    """The points that a header allows.

    Parameters
    ----------
    header : dict
        JSON of a header whose format and version are known to be right.

    Raises
    ------
    ValueError, TypeError, LookupError
        If it is none.
    """

    def __init__(self, header: dict[str, Any]) -> None:
        parameters = header["parameters"]
        demand(isinstance(header["task"], str), "a task without a name")
        demand(isinstance(header["multispin"], str), "no version of multispin")
        demand(isinstance(parameters, dict) and parameters, "no parameters")
        self._keys = {name: _keys_of(name, value) for name, value in parameters.items()}

    def check_extends(self, other: Grid) -> None:
        """Refuse a grid that has not all points of another one."""
        demand(self._keys.keys() == other._keys.keys(), "a header of other parameters")
        for name, keys in other._keys.items():
            demand(keys <= self._keys[name], f"a header without some values of {name}")

    def check(self, record: dict[str, Any], known: dict[str, str]) -> None:
        """Refuse the record of a point that is not in the grid, or does not agree with others.

        Parameters
        ----------
        record : dict
            JSON of a line.
        known : dict of str to str
            The signature of all results so far.

        Raises
        ------
        ValueError, TypeError, LookupError
            If it is none.
        """
        point = record["point"]
        demand(point.keys() == self._keys.keys(), "another grid's point")
        for name, value in point.items():
            demand(key_of(value) in self._keys[name], f"a point at another {name}")
        if "error" in record:
            demand(isinstance(record["error"], str), "a failure without a reason")
            return
        _check_result(record)
        for what, found in signature_of(record).items():
            there = known.get(what, found)
            demand(there == found, f"{what}: {found} here, {there} there")


def demand(condition: Any, otherwise: str) -> None:
    """Raise ValueError unless the condition holds."""
    if not condition:
        raise ValueError(otherwise)


def _keys_of(name: str, value: Any) -> set[str]:
    demand(name.isidentifier() and name != MISSING, f"a parameter {name!r}")
    values = value if isinstance(value, list) else [value]
    keys = {key_of(each) for each in values}
    kinds = {_kind(each) for each in values}
    demand(len(keys) == len(values) > 0 and len(kinds) == 1, f"values of {name} that are none")
    return keys


def _kind(value: Any) -> str:
    demand(isinstance(value, (bool, int, float, str)), "a value that no parameter has")
    demand(isinstance(value, str) or math.isfinite(value), "a value that is not finite")
    demand(not isinstance(value, int) or -(2**63) <= value < 2**64, "a value beyond 64 bits")
    return "number" if type(value) in (int, float) else type(value).__name__


def _check_result(record: dict[str, Any]) -> None:
    variables, coordinates = record["variables"], record["coordinates"]
    demand(isinstance(record["attrs"], dict), "attributes that are none")
    for name, stored in (*variables.items(), *coordinates.items()):
        _check_stored(name, stored)
    for dim, stored in coordinates.items():
        demand(stored["dims"] == [dim], f"labels of {dim!r} along {stored['dims']}")
        check_labels(dim, decode(stored))
    for name, stored in variables.items():
        demand(name != MISSING and name not in record["point"], f"a variable {name!r}")
        for dim, size in zip(stored["dims"], stored["shape"], strict=True):
            labels = coordinates.get(dim)
            demand(labels is None or labels["shape"] == [size], f"{name!r} has other labels")
    _check_sizes(variables)


def _check_sizes(variables: dict[str, Any]) -> None:
    """Refuse variables of different sizes along one dimension."""
    sizes: dict[str, int] = {}
    for name, stored in variables.items():
        for dim, size in zip(stored["dims"], stored["shape"], strict=True):
            demand(sizes.setdefault(dim, size) == size, f"{name!r} has another size along {dim!r}")


def _check_stored(name: str, stored: dict[str, Any]) -> None:
    dims, shape, data = stored["dims"], stored["shape"], stored["data"]
    demand(isinstance(stored["dtype"], str), f"{name!r} without a type")
    dtype = np.dtype(stored["dtype"])
    demand(dtype.kind in _PLAIN and dtype.itemsize > 0, f"{name!r} of type {dtype}")
    demand(isinstance(dims, list) and isinstance(shape, list), f"{name!r} without dimensions")
    demand(all(isinstance(dim, str) for dim in dims), f"{name!r} without dimensions")
    demand(len(set(dims)) == len(dims) == len(shape), f"{name!r} with other dimensions than sides")
    demand(all(type(side) is int and side >= 0 for side in shape), f"{name!r} with other sides")
    demand(isinstance(stored["attrs"], dict), f"{name!r} without attributes")
    raw = base64.b64decode(data, validate=True)
    demand(len(raw) == math.prod(shape) * dtype.itemsize, f"{name!r} with other data than sides")
