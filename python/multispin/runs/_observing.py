"""What observables have given so far: of the chains of a batch, and of all chains of a run."""

from __future__ import annotations

import math
import pickle
import time
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.errors import CheckpointError, ObservableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from multispin.runs.observables import Measure

    Values = dict[str, NDArray[Any]]

#: Spins that a function is given at a time, unless one replica has more.
SPINS_AT_A_TIME = 1 << 22

#: Among the seconds: sweeps, and unpacking for all observables. No observable has such a name.
SWEEPING, UNPACKING = "(sweeping)", "(unpacking)"

_PREFIX = "observed_"  # of arrays in a checkpoint


class Observations:
    """Values of observables, for the chains of one batch, from some draw on.

    Parameters
    ----------
    measures
        The observables.
    began, draws
        Draws that are known already, and those that there are to be.
    chains, all_chains
        Chains of the batch, and of the run.
    copies
        How many times all values are in memory in the end.
    """

    def __init__(
        self,
        measures: Sequence[Measure],
        began: int,
        draws: int,
        chains: int,
        all_chains: int,
        copies: float = 3.0,
    ) -> None:
        self.values: Values = {}  # by name, (draws, chains, ...), once their shapes are known
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._measures = measures
        self._began, self._draws = began, draws
        self._chains, self._all_chains, self._copies = chains, all_chains, copies

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Add up what the block takes, under a name."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - began

    def add_seconds(self, kept: Mapping[str, float]) -> None:
        """Add the seconds of what was restored."""
        add_seconds(self.seconds, kept)

    def free_draws(self, drawn: int) -> int:
        """Return how many draws come before the next one of which spins are looked at."""
        nexts = [drawn - drawn % one.every + one.every for one in self._measures]
        return min([*nexts, self._draws + 1]) - drawn - 1

    def evaluate(self, draw: int, sweeps: int, spins: Callable[[], NDArray[np.int8]]) -> Values:
        """Return what observables say of draw number `draw`, counted from 1: (chains, ...) each.

        Parameters
        ----------
        draw, sweeps
            Which draw it is, and after how many sweeps.
        spins
            Spins of all chains, in the host's memory, for which it is asked once if at all.

        Raises
        ------
        ObservableError
            If one fails, or gives what is none; the message names it.
        """
        due = [one for one in self._measures if draw % one.every == 0]
        if not due:
            return {}
        with self.timing(UNPACKING):
            state = spins()
            state.flags.writeable = False
        found: Values = {}
        for one in due:
            with self.timing(one.name):
                found[one.name] = _values(one, state, sweeps)
        self._check(due, found, sweeps)
        return found

    def note(self, draw: int, found: Values) -> None:
        """Take over what `evaluate` returned."""
        for one in self._measures:
            if one.name in found:
                self.values[one.name][self._row(one, draw) - 1] = found[one.name]

    def upto(self, drawn: int) -> Values:
        """Return the values of the draws so far."""
        return {
            one.name: self.values[one.name][: self._row(one, drawn)]
            for one in self._measures
            if one.name in self.values
        }

    def restore(self, drawn: int, kept: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `upto` returned.

        Raises
        ------
        CheckpointError
            If it is not of these observables.
        """
        for one in self._measures:
            rows = self._row(one, drawn)
            if one.name not in kept and rows == 0:
                continue
            array = kept.get(one.name)
            if array is None or array.dtype != one.dtype or array.shape[:2] != (rows, self._chains):
                raise CheckpointError(f"the checkpoint has no {rows} values of {one.name!r}")
            self._make(one, array.shape[2:])[:rows] = array
        check_axes(self._measures, {name: a.shape[2:] for name, a in self.values.items()})

    def _row(self, one: Measure, draw: int) -> int:
        return one.count(draw) - one.count(self._began)

    def _make(self, one: Measure, shape: tuple[int, ...]) -> NDArray[Any]:
        rows = self._row(one, self._draws)
        what = f"observables: {one.name!r}, {one.count(self._draws)} values of {shape} a chain"
        size = np.dtype(one.dtype).itemsize * int(np.prod(shape, dtype=np.int64))
        of_all = size * one.count(self._draws) * self._all_chains
        check_memory(what, math.ceil(self._copies * of_all))
        self.values[one.name] = np.empty((rows, self._chains, *shape), dtype=one.dtype)
        return self.values[one.name]

    def _check(self, due: Sequence[Measure], found: Values, sweeps: int) -> None:
        """Refuse values of other shapes than before; make room for those that are the first."""
        for one in due:
            shape = found[one.name].shape[1:]
            if one.name not in self.values:
                lengths = dict(_lengths(one, shape, sweeps))
                for other in self._measures:
                    if other.name in self.values:
                        known = self.values[other.name].shape[2:]
                        check_lengths(one, lengths, dict(_lengths(other, known, sweeps)), sweeps)
                self._make(one, shape)
            expected = self.values[one.name].shape[2:]
            if shape != expected:
                raise fault(one, f"{shape} for each replica", sweeps, f"{expected}, as before")


def named_values(values: Values) -> Values:
    """Return values by the names that their arrays have in a checkpoint."""
    return {f"{_PREFIX}{name}": array for name, array in values.items()}


def kept_values(arrays: Mapping[str, NDArray[Any]]) -> Values:
    """Return the values among the arrays of a checkpoint, by the names of observables."""
    return {
        name.removeprefix(_PREFIX): array
        for name, array in arrays.items()
        if name.startswith(_PREFIX)
    }


def check_axes(measures: Sequence[Measure], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse values out of a checkpoint whose axes are not those that observables say.

    Raises
    ------
    CheckpointError
        If an observable has other axes, or one of another length than another has.
    """
    lengths: dict[str, int] = {}
    for one in measures:
        shape = shapes.get(one.name, ())
        if one.name not in shapes:
            continue
        dims = one.dims_of(len(shape))
        alike = len(dims) == len(shape) and (one.labels is None or (len(one.labels),) == shape)
        sizes = zip(dims, shape, strict=True) if alike else ()
        if not alike or any(lengths.setdefault(dim, n) != n for dim, n in sizes):
            raise CheckpointError(
                f"the checkpoint has values of shape {shape} of {one.name!r}, whose axes are {dims}"
            )


def check_lengths(one: Measure, mine: dict[str, int], others: dict[str, int], sweeps: int) -> None:
    """Refuse an axis that another observable has in another length."""
    for dim, length in mine.items():
        if others.get(dim, length) != length:
            raise fault(
                one, f"{length} along {dim!r}", sweeps, f"{others[dim]}, as another has there"
            )


def _lengths(one: Measure, shape: tuple[int, ...], sweeps: int) -> zip[tuple[str, int]]:
    if one.dims is not None and len(one.dims) != len(shape):
        allowed = f"{len(one.dims)} axes after the first, which are {one.dims}"
        raise fault(one, f"{shape} for each replica", sweeps, allowed)
    return zip(one.dims_of(len(shape)), shape, strict=True)


def _values(one: Measure, spins: NDArray[np.int8], sweeps: int) -> NDArray[Any]:
    """Return what an observable says of spins (chains, *shape), (chains, ...)."""
    at_a_time = max(1, SPINS_AT_A_TIME // (spins.size // len(spins)))
    parts = []
    for first in range(0, len(spins), at_a_time):
        part = spins[first : first + at_a_time]
        allowed = f"numbers of shape ({len(part)}, ...), a row for each replica"
        try:
            given = np.asarray(one.function(part))
        except Exception as error:
            failed = f"{type(error).__name__}({str(error)[:200]!r})"
            raise fault(one, failed, sweeps, allowed) from error
        if given.dtype.kind not in "biuf":
            raise fault(one, f"an array of {given.dtype}", sweeps, allowed)
        if given.ndim == 0 or len(given) != len(part):
            raise fault(one, f"an array of shape {given.shape}", sweeps, allowed)
        parts.append(given.astype(one.dtype, copy=False))
        if parts[-1].shape[1:] != parts[0].shape[1:]:
            shape, expected = parts[-1].shape[1:], parts[0].shape[1:]
            raise fault(one, f"{shape} for each replica", sweeps, f"{expected}, as before")
    return np.concatenate(parts)


def fault(one: Measure, got: str, sweeps: int, allowed: str) -> ObservableError:
    """Return what to raise of an observable that gave what it may not."""
    return ObservableError(
        f"observables: got {got} from {one.name!r} after {sweeps} sweeps, allowed: {allowed}. A "
        "checkpoint, where there is one, has all measurements before, and the same call goes on "
        "from there"
    )


def add_seconds(known: dict[str, float], more: Mapping[str, float]) -> None:
    """Add seconds by name, perhaps out of a checkpoint, to those that are known."""
    for name, seconds in more.items():
        known[name] = known.get(name, 0.0) + checks.nonnegative_finite("seconds", seconds)


def unpicklable(measures: Sequence[Measure]) -> TypeError | None:
    """Return what to say of the first function that another process cannot have; or nothing."""
    found = ((one.function, _why_not_pickled(one.function)) for one in measures)
    for function, why in found:
        if why is not None:
            allowed = "functions that can be pickled, such as those of a module, with an executor"
            return TypeError(checks.describe("observables", function, f"{allowed} ({why})"))
    return None


def _why_not_pickled(function: object) -> Exception | None:
    try:
        pickle.dumps(function)
    except Exception as error:  # whatever its own methods raise
        return error
    return None
