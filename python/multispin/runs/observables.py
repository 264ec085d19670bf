"""What a run measures beside energy and magnetization: named observables, and any function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.base import MOST_SWEEPS
from multispin.runs import _named

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from multispin.models import Model

    Function = Callable[[NDArray[np.int8]], ArrayLike]

__all__ = ["Observable"]

#: What Datasets of runs have anyway.
_TAKEN = (
    "energy",
    "magnetization",
    "snapshot",
    "temperature",
    "replica",
    "draw",
    "byte",
    "step",
    "sample",
    "field",
    "sweep",
    "final_state",
)

_PREFIXES = ("draw_", "step_", "axis_")
_NO_NAMES = f"{', '.join(_TAKEN)}, and none that begins with {', '.join(_PREFIXES)}"

_ALLOWED = (
    f"{', '.join(map(repr, _named.NAMES))}, a function of an array of spins, or an Observable"
)


class Observable:
    r"""An observable, how often it is measured, and what its axes are called.

    A function is given spins of one measurement, of several replicas: an array of shape
    ``(replicas, *model.shape)``, int8, +1 and -1, read-only. It returns real numbers of shape
    ``(replicas, ...)``, one row for each replica and of one shape throughout the run, which are
    kept as float64. How many replicas come at a time, and of which temperatures, is not
    promised: each is to be treated by itself, by its spins alone.

    Named ones are, with the edges e = (i, j) of the model and its couplings J_e:

    ``"staggered_magnetization"``
        :math:`m_s = \frac{1}{N} \sum_x (-1)^{x_1 + \dots + x_d} s_x`, on periodic lattices of even
        sides.
    ``"link_energy"``
        :math:`E_a = -\sum_x J_{x,a} s_x s_{x + a}` for each direction a of a lattice, a dimension
        ``axis``: without a field they add up to the energy.
    ``"structure_factor"``
        :math:`S(k) = \frac{1}{N} |\sum_x s_x e^{i k \cdot x}|^2` at wave vectors k of a periodic
        lattice, a dimension ``wave_vector``: 0 and the smallest along each axis unless others are
        given. `analysis.statistics.correlation_length` makes the second-moment correlation length
        of it.
    ``"domain_wall_length"``
        The number of unsatisfied edges, :math:`J_e s_i s_j < 0`.

    Parameters
    ----------
    measure : str or callable
        One of these names, or a function.
    interval : int, optional
        Sweeps from one measurement to the next, a multiple of the run's `interval`, which is the
        default: what takes long can be measured more rarely.
    dims : sequence of str, optional
        Names of a function's axes after the first. By default those of observable ``name`` are
        ``name_0``, ``name_1`` and so on. Observables that share a name share its length.
    wave_vectors : sequence, optional
        Integers n of the wave vectors :math:`k = 2 \pi (n_1 / L_1, \dots, n_d / L_d)`, of shape
        ``(any, d)``; for ``"structure_factor"``.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; the message names it, what was given, and what is allowed.

    Examples
    --------
    >>> import multispin as ms
    >>> def quarters(spins):
    ...     return spins.reshape(len(spins), 4, -1).mean(axis=-1)
    >>> run = ms.simulate(
    ...     ms.Ising((8, 8)),
    ...     2.0,
    ...     sweeps=40,
    ...     thermalization=0,
    ...     interval=2,
    ...     seed=1,
    ...     observables={
    ...         "quarters": ms.Observable(quarters, interval=10, dims=("quarter",)),
    ...         "S": ms.Observable("structure_factor", wave_vectors=[(0, 0), (0, 1)]),
    ...     },
    ... )
    >>> run.quarters.dims[2:], run.S.dims[2:]
    (('draw_10', 'quarter'), ('draw', 'wave_vector'))
    >>> run.draw_10.values.tolist(), run.wave_vector.values.tolist()
    ([10, 20, 30, 40], ['0,0', '0,1'])
    """

    def __init__(
        self,
        measure: str | Function,
        interval: int | None = None,
        dims: Sequence[str] | None = None,
        wave_vectors: ArrayLike | None = None,
    ) -> None:
        named = isinstance(measure, str)
        if named:
            checks.choice("measure", measure, _named.NAMES)
        else:
            allowed = f"{', '.join(map(repr, _named.NAMES))}, or a function of an array of spins"
            checks.function("measure", measure, allowed)
        self.measure = measure
        self.interval = (
            None if interval is None else checks.count("interval", interval, 1, MOST_SWEEPS)
        )
        self.dims = None if dims is None else _checked_dims(dims, named)
        self.wave_vectors = None
        if wave_vectors is not None:
            if measure != "structure_factor":
                allowed = "None, or integers (any, dimensions) with 'structure_factor'"
                raise ValueError(checks.describe("wave_vectors", wave_vectors, allowed))
            self.wave_vectors = _named.checked_wave_vectors(wave_vectors)

    def __repr__(self) -> str:
        what = self.measure if isinstance(self.measure, str) else _name_of(self.measure)
        return f"Observable({what!r}, interval={self.interval})"


@dataclass(frozen=True)
class Measure:
    """An observable of a run, with its name and all that it needs. Picklable if its function is."""

    name: str
    function: Function
    every: int  # draws
    dims: tuple[str, ...] | None = None  # of the axes after the first; None is by default
    long_name: str = "observable"
    units: str | None = None
    labels: tuple[str, ...] | None = None  # coordinates of the only dimension
    identity: str = ""  # what a checkpoint knows it by, beside name and interval
    dtype: type[np.generic] = np.float64

    def count(self, draws: int) -> int:
        """Return how many values there are among so many draws."""
        return draws // self.every

    def dims_of(self, axes: int) -> tuple[str, ...]:
        """Return the names of so many axes."""
        return (
            tuple(f"{self.name}_{axis}" for axis in range(axes)) if self.dims is None else self.dims
        )


def measures(
    observables: object,
    snapshots: object,
    model: Model,
    interval: int | None,
    draws: int,
    taken: Sequence[str] = (),
) -> tuple[Measure, ...]:
    """Return what a run is to measure of its spins, of the arguments of `simulate`.

    Parameters
    ----------
    observables, snapshots
        What was given.
    model
        What is simulated.
    interval
        Sweeps from one measurement to the next. Where there is none observables have none either.
    draws
        Measurements of the run.
    taken
        Names that the run's Dataset has, beside those that all have.

    Raises
    ------
    TypeError, ValueError
        If they are none, or the model has none of this name.
    """
    found = [
        _measure(name, given, model, interval, draws) for name, given in _named_ones(observables)
    ]
    every = checks.count("snapshots", snapshots, 0, draws)
    if every:
        found.append(
            Measure(
                "snapshot",
                _named.packed_spins,
                every,
                ("byte",),
                "spins as bits; multispin.unpack_snapshots makes spins of them",
                "1",
                dtype=np.uint8,
            )
        )
    _check_dims(found)
    for name in (*(one.name for one in found), *(dim for one in found for dim in one.dims or ())):
        if name in taken:
            allowed = f"names that the run has not: {', '.join(taken)}"
            raise ValueError(checks.describe("observables", name, allowed))
    return tuple(found)


def snapshot_bytes(snapshots: int, draws: int, chains: int, model: Model) -> int:
    """Return the bytes of what is kept, and of the Dataset that is made of it."""
    return 3 * (draws // snapshots) * chains * -(-model.n_spins // 8) if snapshots else 0


def identities(measures: Sequence[Measure]) -> list[list[Any]]:
    """Return what a checkpoint knows observables by: names, intervals in draws, and of what."""
    return [[one.name, one.every, one.identity] for one in measures]


def _check_dims(found: Sequence[Measure]) -> None:
    """Refuse axes that are called like an observable, or alike and are not."""
    taken = {one.name for one in found}
    labels: dict[str, tuple[str, ...] | None] = {}
    for one in found:
        for dim in one.dims or ():
            if dim in taken or labels.setdefault(dim, one.labels) != one.labels:
                allowed = "axes with names that no observable has, and other axes have not"
                raise ValueError(checks.describe("observables", f"an axis {dim!r}", allowed))


def _named_ones(observables: object) -> list[tuple[str, object]]:
    """Return names and observables, of a mapping or a sequence."""
    allowed = f"None, a list or a dict by names, of {_ALLOWED}"
    if observables is None:
        return []
    if isinstance(observables, dict):
        pairs = list(observables.items())
    elif isinstance(observables, Sequence) and not isinstance(observables, (str, bytes)):
        pairs = [(_name_of(one), one) for one in observables]
    else:
        raise TypeError(checks.describe("observables", observables, allowed))
    for name, _ in pairs:
        if not isinstance(name, str):
            raise TypeError(checks.describe("observables", name, "names that are text"))
        reserved = name in _TAKEN or name.startswith(_PREFIXES)
        if not name.isidentifier() or reserved:
            allowed = f"names that are Python's (a dict gives them), but for {_NO_NAMES}"
            raise ValueError(checks.describe("observables", name, allowed))
        if [one for one, _ in pairs].count(name) > 1:
            allowed = "each name once; a dict gives names"
            raise ValueError(checks.describe("observables", name, allowed))
    return pairs


def _name_of(one: object) -> Any:
    if isinstance(one, Observable):
        one = one.measure
    return one if isinstance(one, str) else getattr(one, "__name__", f"<{type(one).__name__}>")


def _measure(name: str, given: Any, model: Model, interval: int | None, draws: int) -> Measure:
    if isinstance(given, str):
        checks.choice("observables", given, _named.NAMES)
    elif not isinstance(given, Observable):
        checks.function("observables", given, _ALLOWED)
    one = given if isinstance(given, Observable) else Observable(given)
    every = _every(one, interval, draws)
    if not isinstance(one.measure, str):
        return Measure(name, one.measure, every, one.dims, name)
    found = _named.bound(one.measure, model, one.wave_vectors)
    return Measure(
        name, found.function, every, found.dims, found.long_name, found.units, found.labels,
        f"{one.measure} {found.labels or ''}",
    )  # fmt: skip


def _every(one: Observable, interval: int | None, draws: int) -> int:
    """Return every how many draws an observable is measured."""
    if one.interval is None:
        return 1
    if interval is None:
        allowed = "one without an interval, as it is measured at the end of each step"
        raise ValueError(checks.describe("observables", one, allowed))
    if one.interval % interval or one.interval > draws * interval:
        allowed = f"a multiple of the run's interval ({interval}), at most {draws * interval}"
        raise ValueError(checks.describe("observables", one, f"an interval that is {allowed}"))
    return one.interval // interval


def _checked_dims(dims: object, named: bool) -> tuple[str, ...]:
    allowed = "None, or a sequence of names such as ('site',), for a function"
    if named or isinstance(dims, (str, bytes)) or not isinstance(dims, Sequence):
        kind = ValueError if named else TypeError
        raise kind(checks.describe("dims", dims, allowed))
    for dim in dims:
        if not isinstance(dim, str):
            raise TypeError(checks.describe("dims", dim, allowed))
        if not dim.isidentifier() or dim in _TAKEN or dim.startswith(_PREFIXES):
            unlike = f"names that are Python's, but for {_NO_NAMES}"
            raise ValueError(checks.describe("dims", dim, unlike))
    if len(set(dims)) < len(dims):
        raise ValueError(checks.describe("dims", dims, "each name once"))
    return tuple(dims)
