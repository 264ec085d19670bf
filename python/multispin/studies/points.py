"""One point of a study: the task called there, its result as text, and the text read back.

`run_point` is what an executor's worker runs. It returns text, ready for the journal, whatever the
task does: encoding is spread over the workers, and no exception has to survive a pickle.
"""

from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    import xarray as xr
    from numpy.typing import NDArray

Point = dict[str, Any]

#: Name of the variable that says why a point is missing; a task cannot have it.
MISSING = "missing"

_NUMBERS = "biufc"  # dtype kinds
_TEXT = "U"


@dataclass(frozen=True)
class Outcome:
    """What came out at a point.

    Attributes
    ----------
    text : str
        The record, JSON.
    signature : dict of str to str, or None
        What has to be the same at all points: dimensions and kinds. None if the point failed.
    """

    text: str
    signature: dict[str, str] | None


def key_of(value: Any) -> str:
    """Return the text by which a point, or any value in JSON, is known: 1, 1.0 and True differ."""
    return json.dumps(value, sort_keys=True)


def run_point(task: Callable[..., Any], point: Point) -> Outcome:
    """Call ``task(**point)``; an exception, or a result of no use, is a failure with a traceback.

    ``SystemExit`` is one too: a task does not end the program that called `study`.
    """
    try:
        data = _dataset(require("xarray", "run"), task(**point), point)
        record = _encode(data)
        return Outcome(json.dumps({"point": point} | record), signature_of(record))
    except (Exception, SystemExit):
        return failure(point, traceback.format_exc())


def failure(point: Point, error: str) -> Outcome:
    """Return the outcome of a point that failed, for the reason `error`."""
    return Outcome(json.dumps({"point": point, "error": error}), None)


def signature_of(record: dict[str, Any]) -> dict[str, str]:
    """Return what other points' records have to agree with."""
    signature = {}
    for name, stored in record["variables"].items():
        signature[f"variable {name!r}"] = f"{_kind(stored)} over ({', '.join(stored['dims'])})"
    for stored in (*record["variables"].values(), *record["coordinates"].values()):
        for dim in stored["dims"]:
            labels = record["coordinates"].get(dim)
            signature[f"dimension {dim!r}"] = f"labels: {_kind(labels) if labels else 'none'}"
    return signature


def decode(stored: dict[str, Any]) -> NDArray[Any]:
    """Return the array that a record holds, read-only."""
    data = base64.b64decode(stored["data"])
    dtype: np.dtype[Any] = np.dtype(stored["dtype"])
    shape: list[int] = stored["shape"]
    return np.frombuffer(data, dtype).reshape(shape)


def _dataset(xarray: ModuleType, result: Any, point: Point) -> xr.Dataset:
    """Return what a task returned as a Dataset without the point's own coordinates."""
    if isinstance(result, xarray.Dataset):
        own = [name for name in point if name in result.coords and not result.coords[name].ndim]
        data = result.drop_vars(own)
    elif isinstance(result, Mapping):
        arrays = {name: np.asarray(value) for name, value in result.items()}
        data = xarray.Dataset({
            name: ([f"{name}_{axis}" for axis in range(array.ndim)], array)
            for name, array in arrays.items()
        })  # fmt: skip
    else:
        allowed = "a mapping of names to numbers or arrays, or an xarray.Dataset"
        raise TypeError(checks.describe("result of the task", result, allowed))
    for name in (*data.variables, *data.dims):
        if not isinstance(name, str) or name in point or name == MISSING:
            allowed = f"names of text other than {MISSING!r} and the parameters {', '.join(point)}"
            raise ValueError(checks.describe("result of the task", name, allowed))
    return data  # type: ignore[no-any-return]


def _encode(data: xr.Dataset) -> dict[str, Any]:
    coordinates, variables = {}, {}
    for name, variable in data.variables.items():
        array = np.asarray(variable.values, order="C")
        if array.dtype.kind not in _NUMBERS + _TEXT:
            allowed = "numbers, booleans or text"
            raise TypeError(checks.describe(f"{name!r}", f"dtype {array.dtype}", allowed))
        if len(set(variable.dims)) < len(variable.dims):
            raise ValueError(checks.describe(f"{name!r}", variable.dims, "distinct dimensions"))
        stored = {
            "dims": list(variable.dims),
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "attrs": _plain(variable.attrs),
            "data": base64.b64encode(array.tobytes()).decode(),
        }
        if name in data.dims:
            check_labels(str(name), array)
            coordinates[str(name)] = stored
        else:
            variables[str(name)] = stored
    return {"variables": variables, "coordinates": coordinates, "attrs": _plain(data.attrs)}


def check_labels(name: str, labels: NDArray[Any]) -> None:
    """Refuse labels by which points of different sizes could not be put side by side."""
    if len(set(labels.tolist())) < len(labels) or not np.array_equal(labels, labels):
        raise ValueError(checks.describe(f"labels of {name!r}", labels, "distinct labels, no NaN"))


def _kind(stored: dict[str, Any]) -> str:
    return "text" if np.dtype(stored["dtype"]).kind in _TEXT else "numbers"


def _plain(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Return attributes as JSON can hold them."""

    def convert(value: Any) -> Any:
        return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else str(value)

    plain: dict[str, Any] = json.loads(json.dumps(dict(attributes), default=convert))
    return plain
