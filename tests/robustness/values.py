"""Wrong and extreme values, by name: what people give by mistake, and what breaks a computation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

import multispin as ms
from robustness import runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Values = dict[str, "Callable[[], Any]"]


class Odd:
    """An object that is nothing in particular."""


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value


def _nested(depth: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested]
    return nested


def _endless() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


_NUMBERS = {
    repr(number): _constant(number)
    for number in (
        True, -1, 0, 1, 2, 3, 1.5, -0.0, float("nan"), float("inf"), -float("inf"), 1e308, 5e-324,
        -(2**63), 2**31, 2**63, 2**64, 10**13, 1j, np.float64("nan"), np.int8(-1), np.bool_(True),
        np.float32(2.5), np.datetime64("2026-01-01"),
    )
}  # fmt: skip
_NUMBERS |= {"10**400": _constant(10**400), "10**5000": _constant(10**5000)}

_TEXTS = {repr(text): _constant(text) for text in (None, "", "x", b"x", "\0", "\ud800", "1")}

_CONTAINERS: Values = {
    "[]": list,
    "[[]]": lambda: [[]],
    "{}": dict,
    "set()": set,
    "(1, 2)": lambda: (1, 2),
    "{'x': 1}": lambda: {"x": 1},
    "[None]": lambda: [None],
    "['x']": lambda: ["x"],
    "[nan]": lambda: [float("nan")],
    "[2**70]": lambda: [2**70],
    "[1e308] * 40": lambda: [1e308] * 40,
    "ragged": lambda: [[1.0, 2.0], [3.0]],
    "nested 100 deep": lambda: _nested(100),
    "nested 100000 deep": lambda: _nested(100_000),
    "a list in itself": _endless,
    "a range": lambda: range(3),
    "a generator": lambda: (x for x in (1, 2)),
}

_OBJECTS: Values = {
    "object()": object,
    "Odd()": Odd,
    "Odd": lambda: Odd,
    "int": lambda: int,
    "len": lambda: len,
    "a lambda": lambda: lambda x: x,
    "a Path": lambda: Path("nowhere"),
    "a module": lambda: np,
    "a Sampler": runs.sampler,
    "an Ising": lambda: ms.Ising((4, 4)),
    "Ising": lambda: ms.Ising,
    "a glass with samples": lambda: ms.EdwardsAnderson((4, 4), seed=1, samples=2),
    "a Dataset": xr.Dataset,
    "a Dataset of text": lambda: xr.Dataset({"x": ("x", ["a", "b"])}),
    "a DataArray": lambda: xr.DataArray([1.0, 2.0, 3.0], dims="x"),
    "a run of simulate": runs.simulated,
    "a run of temper": runs.tempered,
    "a run of anneal": runs.annealed,
    "a run of replica_sweep": runs.replica_swept,
}

_ARRAYS: Values = {
    "array(1.0)": lambda: np.array(1.0),
    "zeros(0)": lambda: np.zeros(0),
    "zeros((0, 3))": lambda: np.zeros((0, 3)),
    "zeros((3, 0))": lambda: np.zeros((3, 0)),
    "ones((4, 4), int8)": lambda: np.ones((4, 4), np.int8),
    "ones((2,) * 6)": lambda: np.ones((2,) * 6),
    "array of bool": lambda: np.ones((4, 4), bool),
    "array of uint64": lambda: np.full(3, 2**64 - 1, np.uint64),
    "array of float16": lambda: np.ones(3, np.float16),
    "array of longdouble": lambda: np.full(3, np.longdouble("1e400")),
    "array of object": lambda: np.array([None, 1], object),
    "array of huge integers": lambda: np.array([10**400], object),
    "array of datetime": lambda: np.zeros(3, "M8[s]"),
    "array of timedelta": lambda: np.zeros(3, "m8[s]"),
    "array of text": lambda: np.array(["a", "b"]),
    "array of complex": lambda: np.ones((4, 4), complex),
    "structured array": lambda: np.zeros(3, [("a", int), ("b", float)]),
    "masked array": lambda: np.ma.masked_array([1.0, 2.0, 3.0], [True, False, False]),
    "array of nan": lambda: np.full((4, 4), np.nan),
    "array of 1e308": lambda: np.full((4, 40), 1e308),
    "array of 5e-324": lambda: np.full((4, 40), 5e-324),
}

#: Everything, by name; made anew for each call, as a generator serves once.
VALUES: Values = _NUMBERS | _TEXTS | _CONTAINERS | _OBJECTS | _ARRAYS

#: What no argument takes, unless the table of calls says so: silence about these is a fault too.
JUNK = frozenset({
    "1j", "10**400", "10**5000", "b'x'", "object()", "Odd()", "Odd", "int", "a module", "a Sampler",
    "Ising", "nested 100000 deep", "a list in itself", "[None]", "a generator", "array of object",
    "array of datetime", "array of timedelta", "structured array", "array of complex",
    "masked array", "nan", "inf", "-inf", "np.float64(nan)", "array of nan",
    "a Dataset of text", "array of huge integers",
})  # fmt: skip

#: Values that can be called; what takes a function may do with them what they do.
CALLABLE = frozenset({"Odd", "int", "len", "a lambda", "Ising"})

#: What is a value of what may be infinite.
INFINITE = frozenset({"inf"})

#: Integers for which something that does what it is told may run for years.
LONG = frozenset({"2147483648", "10000000000000", "with a huge one"})

#: Times that are long for a test.
SECONDS = frozenset({"1", "2", "3", "1.5", "np.float32(2.5)"})


def wrong_values(valid: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield all values, and what goes wrong with a valid one."""
    yield from VALUES.items()
    yield from _spoilt(valid).items()


def _spoilt(valid: Any) -> Values:
    if isinstance(valid, str):
        return {"in capitals": valid.upper, "with a space": lambda: valid + " "}
    if isinstance(valid, np.ndarray):
        return _spoilt_array(valid)
    if isinstance(valid, xr.Dataset):
        return _spoilt_run(valid)
    if isinstance(valid, (list, tuple)) and type(valid) in (list, tuple):
        kind = type(valid)
        return {
            "without the last": lambda: valid[:-1],
            "reversed": lambda: valid[::-1],
            "the last twice": lambda: kind([*valid, *valid[-1:]]),
            "of nothing": lambda: kind([None] * len(valid)),
            "negated": lambda: kind(-x if isinstance(x, (int, float)) else x for x in valid),
            "of text": lambda: kind(str(x) for x in valid),
            "with a huge one": lambda: kind([*valid[:-1], 10**13]),
            "a set of it": lambda: {str(x) for x in valid},
        }
    if isinstance(valid, dict):
        return _spoilt_dict(valid)
    if isinstance(valid, tuple):  # a NamedTuple, a result
        return {
            f"{name}: {value!r}": lambda name=name, value=value: valid._replace(**{name: value})
            for name in valid._fields
            for value in (None, "x", -1.0, np.zeros(0), np.full(3, "x"), np.ones((5, 7)))
        }
    return {}


def _spoilt_dict(valid: dict[str, Any]) -> Values:
    wrong = (None, "x", -1, 10**13, [], object(), np.zeros(3), np.full(3, "x"))
    values: Values = {"under 1": lambda: {**valid, 1: 1}}
    for key in valid:
        values[f"without {key}"] = lambda key=key: {k: v for k, v in valid.items() if k != key}
        for value in wrong:
            shown = "object()" if type(value) is object else repr(value)
            values[f"{key}: {shown}"] = lambda key=key, value=value: {**valid, key: value}
    return values


def _spoilt_array(valid: Any) -> Values:
    return {
        "as complex": lambda: valid.astype(complex),
        "as objects": lambda: valid.astype(object),
        "as text": lambda: valid.astype(str),
        "as dates": lambda: valid.astype("M8[s]"),
        "as bool": lambda: valid.astype(bool),
        "as a list": valid.tolist,
        "one item": lambda: valid.flat[0],
        "flat": valid.ravel,
        "transposed": lambda: valid.T,
        "with one axis more": lambda: valid[None],
        "without the last of an axis": lambda: valid[..., :-1],
        "the first of the last axis": lambda: valid[..., :1],
        "the first": lambda: valid[:1],
        "empty": lambda: valid[..., :0],
        "times nan": lambda: valid * float("nan"),
        "times 0": lambda: valid * 0,
        "times 1e200": lambda: valid * 1e200,
        "times 1e-200": lambda: valid * 1e-200,
        "times -1": lambda: valid.astype(float) * -1,
        "plus 0.5": lambda: valid + 0.5,
        "with one nan": lambda: np.where(np.arange(valid.size).reshape(valid.shape), valid, np.nan),
        "masked": lambda: np.ma.masked_array(
            valid, np.arange(valid.size).reshape(valid.shape) == 1
        ),
        "a DataArray": lambda: xr.DataArray(valid),
    }


def _spoilt_run(valid: xr.Dataset) -> Values:
    def of_numbers(change: Callable[[Any], Any]) -> Callable[[], xr.Dataset]:
        def changed(variable: xr.DataArray) -> xr.DataArray:
            return change(variable) if variable.dtype.kind in "iuf" else variable

        return lambda: valid.map(changed).assign_attrs(valid.attrs)

    values: Values = {
        "without attributes": valid.drop_attrs,
        "without coordinates": lambda: valid.drop_vars(list(valid.coords)),
        "turned over": lambda: valid.transpose(*list(valid.dims)[::-1]),
        "dims of other names": lambda: valid.rename({dim: f"{dim}_" for dim in valid.dims}),
        "as a dict": valid.to_dict,
        "as a DataArray": valid.to_dataarray,
        "as text": lambda: valid.astype(str),
        "as complex": of_numbers(lambda x: x.astype(complex)),
        "times nan": of_numbers(lambda x: x * float("nan")),
        "times 1e200": of_numbers(lambda x: x * 1e200),
        "times 0": of_numbers(lambda x: x * 0),
        "a list of it and None": lambda: [valid, None],
        "a list of it and a model": lambda: [valid, ms.Ising((4, 4))],
        "a set": lambda: {"x"},
        "a mapping to None": lambda: {"x": None},
        "a mapping of it under 1": lambda: {1: valid},
    }
    for name in valid.variables:
        values[f"without {name}"] = lambda name=name: valid.drop_vars(name)
        values[f"{name} as text"] = lambda name=name: valid.assign({name: valid[name].astype(str)})
        if valid[name].dtype.kind not in "iuf":
            continue
        values[f"{name} of nan"] = lambda name=name: valid.assign(
            {name: valid[name] * float("nan")}
        )
        values[f"{name} negative"] = lambda name=name: valid.assign({name: -abs(valid[name]) - 1})
    for name in ("n_spins", "shape", "J", "h", "model", "temperature", "replicas", "sweeps"):
        if name in valid.attrs:
            for value in (None, "x", -1, 0, [], [None], 2.5, 10**13):
                values[f"{name}={value!r}"] = lambda name=name, value=value: valid.assign_attrs(
                    {name: value}
                )
    for dim in valid.dims:
        values[f"no {dim}"] = lambda dim=dim: valid.isel({dim: slice(0)})
        values[f"one {dim}"] = lambda dim=dim: valid.isel({dim: [0]})
        values[f"{dim} selected"] = lambda dim=dim: valid.isel({dim: 0})
    return values
