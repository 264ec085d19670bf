"""The points of a study, put side by side in one Dataset.

Points may differ in size: along a dimension the result has every label that some point has, in
their common order if it is the same for all points and sorted if not. Where a point has nothing,
floats are NaN, text is empty, and integers and booleans become floats with NaN.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.studies.points import MISSING, Point, decode, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

    import xarray as xr
    from numpy.typing import NDArray

    from multispin.studies.journal import Journal

#: A point's number in the order of the product, and its record.
Numbered = tuple[int, dict[str, Any]]


def points_of(parameters: dict[str, Any]) -> Iterator[Point]:
    """Yield the points of a study in the order of its result, the last parameter fastest."""
    values = (value if isinstance(value, list) else [value] for value in parameters.values())
    return (dict(zip(parameters, chosen, strict=True)) for chosen in itertools.product(*values))


def count_points(parameters: dict[str, Any]) -> int:
    """Return how many they are."""
    return math.prod(len(value) for value in parameters.values() if isinstance(value, list))


def combine(xarray: ModuleType, journal: Journal) -> xr.Dataset:
    """Return a journal's results as the Dataset that `study` and `read_study` describe."""
    contents = journal.contents
    parameters = contents.header["parameters"]
    swept = {name: value for name, value in parameters.items() if isinstance(value, list)}
    sizes = [len(value) for value in swept.values()]

    def numbered() -> Iterator[Numbered]:
        keys = map(key_of, points_of(parameters))
        places = [
            (n, contents.results[key]) for n, key in enumerate(keys) if key in contents.results
        ]
        records = journal.records(offset for _, offset in places)
        return ((n, record) for (n, _), record in zip(places, records, strict=True))

    layout = _Layout(count_points(parameters))
    for _, record in numbered():
        layout.add(record)
    arrays = layout.fill(numbered())

    data = xarray.Dataset(
        {
            name: ((*swept, *layout.dims[name]), array.reshape((*sizes, *array.shape[1:])), attrs)
            for name, array, attrs in arrays
        },
        coords={name: (name, value) for name, value in swept.items()}
        | {name: value for name, value in parameters.items() if name not in swept}
        | {dim: (dim, layout.labels[dim], attrs) for dim, attrs in layout.labelled.items()},
    )
    if len(contents.results) < layout.points:
        data[MISSING] = (tuple(swept), _reasons(journal, parameters).reshape(sizes))
    origin = {"task": contents.header["task"], "version": contents.header["multispin"]}
    data.attrs = (layout.attrs or {}) | origin
    return data  # type: ignore[no-any-return]


class _Layout:
    """What the arrays of the result look like, found out by a first look at every record."""

    def __init__(self, points: int) -> None:
        self.points = points
        self.dims: dict[str, list[str]] = {}
        self.labels: dict[str, NDArray[Any]] = {}
        self.labelled: dict[str, dict[str, Any]] = {}  # dimensions with labels of their own: attrs
        self.attrs: dict[str, Any] | None = None
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self._attrs: dict[str, dict[str, Any]] = {}
        self._given: dict[str, int] = {}  # elements that the points have together

    def add(self, record: dict[str, Any]) -> None:
        """Take in the record of a point."""
        self.attrs = _common(self.attrs, record["attrs"])
        for dim, stored in record["coordinates"].items():
            self.labelled[dim] = _common(self.labelled.get(dim), stored["attrs"])
        for name, stored in record["variables"].items():
            dtype = np.dtype(stored["dtype"])
            self._dtypes[name] = np.result_type(self._dtypes.get(name, dtype), dtype)
            self._attrs[name] = _common(self._attrs.get(name), stored["attrs"])
            self._given[name] = self._given.get(name, 0) + math.prod(stored["shape"])
            self.dims[name] = stored["dims"]
        for stored in (*record["variables"].values(), *record["coordinates"].values()):
            for dim, labels in _labels(record, stored):
                known = self.labels.setdefault(dim, labels)
                if not np.array_equal(known, labels):
                    self.labels[dim] = np.union1d(known, labels)

    def fill(
        self, records: Iterable[Numbered]
    ) -> Iterator[tuple[str, NDArray[Any], dict[str, Any]]]:
        """Return each variable's name, values of shape (points, ...), and attributes."""
        arrays = {name: self._empty(name) for name in self.dims}
        for number, record in records:
            for name, stored in record["variables"].items():
                places = [self._places(*pair) for pair in _labels(record, stored)]
                target: Any = (number, *np.ix_(*places))
                arrays[name][target] = decode(stored)
        return ((name, array, self._attrs[name]) for name, array in arrays.items())

    def _empty(self, name: str) -> NDArray[Any]:
        shape = (self.points, *(len(self.labels[dim]) for dim in self.dims[name]))
        dtype = self._dtypes[name]
        if self._given[name] == math.prod(shape):
            return np.empty(shape, dtype)
        if dtype.kind == "U":
            return np.zeros(shape, dtype)
        return np.full(shape, np.nan, dtype if dtype.kind in "fc" else np.float64)

    def _places(self, dim: str, labels: NDArray[Any]) -> NDArray[np.intp]:
        known = self.labels[dim]
        if np.array_equal(known, labels):
            return np.arange(len(known))
        return np.searchsorted(known, labels)  # points differ, so what is known is sorted


def _labels(record: dict[str, Any], stored: dict[str, Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield each dimension of a variable and its labels: 0, 1, 2, ... where it has no others."""
    for dim, size in zip(stored["dims"], stored["shape"], strict=True):
        labels = record["coordinates"].get(dim)
        yield dim, np.arange(size) if labels is None else decode(labels)


def _common(known: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that are the same everywhere."""
    if known is None:
        return new
    return {name: value for name, value in known.items() if new.get(name) == value}


def _reasons(journal: Journal, parameters: dict[str, Any]) -> NDArray[np.object_]:
    """Return why each point is missing: empty, "not run", or the last failure's text."""
    contents = journal.contents
    reasons = np.full(count_points(parameters), "", dtype=object)
    for number, key in enumerate(map(key_of, points_of(parameters))):
        if key in contents.results:
            continue
        failures = contents.failures.get(key)
        reasons[number] = "not run"
        if failures:
            (record,) = journal.records(failures[-1:])
            reasons[number] = record["error"]
    return reasons
