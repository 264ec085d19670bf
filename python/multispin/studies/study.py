"""Studies: a function at every point of a grid of parameters, kept in one file on the way."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks, files
from multispin._base.extras import require
from multispin._base.interrupts import closed_after
from multispin.errors import CheckpointError, StudyError
from multispin.progress import StudyReporter, check_progress
from multispin.studies.combine import combine, count_points, points_of
from multispin.studies.flight import check_task, default_in_flight, run_elsewhere
from multispin.studies.identity import identity
from multispin.studies.journal import Journal, new_header
from multispin.studies.points import MISSING, failure, key_of, run_point

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    import xarray as xr

    from multispin.progress import StudyProgress
    from multispin.studies.journal import Contents
    from multispin.studies.points import Outcome, Point

__all__ = ["read_study", "study"]


def study(
    task: Callable[..., Any],
    parameters: Mapping[str, Any],
    path: str | os.PathLike[str],
    executor: Executor | None = None,
    in_flight: int | None = None,
    progress: bool | Callable[[StudyProgress], object] | None = None,
) -> xr.Dataset:
    """Call a function at every point of a grid of parameters and keep each result at once.

    A result is on disk before the next one is waited for. A study that was killed, interrupted or
    abandoned by its executor goes on where it was when the same call is made again, with the same
    executor or another one or none; the result and the file's bytes are those of a study that was
    never interrupted.

    Parameters
    ----------
    task : callable
        Called as ``task(**point)``. It has to depend on its arguments alone: seeds belong among the
        parameters. The file is of this task: its name, module and source. It returns a mapping of
        names to numbers or arrays, whose dimensions are called ``<name>_0``, ``<name>_1``, ..., or
        an `xarray.Dataset`. Variables of numbers, booleans and text are kept; those of one name
        have the same dimensions at all points, but sizes may differ. An executor of processes needs
        a function it can import (a ``def`` in a file), and tasks that use one thread each.
    parameters : mapping
        Argument names of `task`. A sequence of distinct numbers, booleans or texts is swept over,
        all sequences against each other; a single value is the same for all points.
    path : path
        File that keeps the study: lines of text with checksums, described in
        ``multispin/studies/journal.py``.
    executor : concurrent.futures.Executor, optional
        Runs the points elsewhere: threads, processes, ``mpi4py.futures.MPIPoolExecutor``, Dask's
        ``client.get_executor()``. By default they run here, one after the other.
    in_flight : int, optional
        Points that the executor has at a time; it should have some more than it has workers. By
        default four for each worker of the standard library's executors and mpi4py's, and 1024 for
        others, which do not say how many workers they have.
    progress : bool or callable, optional
        True shows a bar; a callable is called with a `multispin.progress.StudyProgress` after every
        point.

    Returns
    -------
    xarray.Dataset
        The task's variables, with the swept parameters as first dimensions, in the order given, and
        all parameters as coordinates. Along a dimension of the task's own that differs between
        points it has every label that some point has; floats are NaN where a point has nothing,
        and integers and booleans become floats. Attributes that are the same at all points are
        kept, and ``task`` and ``version`` are added.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; the message names it, what was given, and what is allowed.
    StudyError
        At the end, if the task failed at some points. All others have been run and kept. The same
        call tries the failed ones again; `read_study` returns what there is.
    ExecutorError
        If the executor broke, for one because a worker died. What had been finished is kept; the
        same call with a new executor goes on, and tries the points that were in flight last.
    CheckpointError
        If the file is damaged, in use, or of another study: another task, parameter, or version, or
        without some of the values that the file has. It is left as it is. Further values may be
        given: they extend the study.
    OSError
        If the file cannot be written. What was kept before is still there.
    MissingExtraError
        If xarray is not installed (extra ``[run]``).
    KeyboardInterrupt
        On Ctrl-C, after points that have not begun were cancelled and finished ones were kept.

    Examples
    --------
    >>> import tempfile
    >>> import multispin as ms
    >>> def magnetization(L, T, sweeps, seed):
    ...     run = ms.simulate(ms.Ising((L, L)), T, sweeps, 20, seed=seed, threads=1)
    ...     return {"m": abs(run.magnetization).mean()}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     data = ms.study(
    ...         magnetization,
    ...         {"L": [4, 8], "T": [1.5, 3.0], "sweeps": 100, "seed": 1},
    ...         f"{folder}/m.study",
    ...     )
    >>> data.m.dims, data.sweeps.item()
    (('L', 'T'), 100)
    """
    require("xarray", "run")
    header = new_header(identity(task), _parameters(parameters))
    if executor is not None:
        checks.instance("executor", executor, Executor, "None or a concurrent.futures.Executor")
        check_task(task, executor)
    if in_flight is None:
        in_flight = default_in_flight(executor)
    in_flight = checks.count("in_flight", in_flight, 1, 2**31)
    check_progress(progress)

    def opened() -> Journal:
        try:
            files.check_writable(path, "path")
            return Journal(path, header)
        except (OSError, CheckpointError):
            if not _is_finished(path, header):
                raise
            return Journal(path)  # nothing has to be written

    def keeping(journal: Journal) -> xr.Dataset:
        if journal.writable:
            _agree(journal, header)
            _run(task, journal, executor, in_flight, progress)
            _check_complete(journal)
            journal.compact(map(key_of, points_of(header["parameters"])))
        return read_study(journal.path)

    return closed_after(opened, keeping)


def read_study(path: str | os.PathLike[str]) -> xr.Dataset:
    """Return what the file of a study holds, finished or not, at any time.

    Parameters
    ----------
    path : path
        The file that `study` writes; it is only read.

    Returns
    -------
    xarray.Dataset
        What `study` returns. If points are missing, their floats are NaN, and a variable
        ``missing`` says why: "" (the point is there), "not run", or the traceback of its failure.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If it is damaged other than at its end, or not the file of a study.
    MissingExtraError
        If xarray is not installed (extra ``[run]``).

    Examples
    --------
    >>> import tempfile
    >>> import multispin as ms
    >>> def inverse(x):
    ...     return {"y": 1 / x}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     try:
    ...         ms.study(inverse, {"x": [0, 1, 2]}, f"{folder}/y.study")
    ...     except ms.StudyError as error:
    ...         print(str(error).splitlines()[-1])
    ...     data = ms.read_study(f"{folder}/y.study")
    ZeroDivisionError: division by zero
    >>> data.y.values
    array([nan, 1. , 0.5])
    >>> data.x[data.missing != ""].values
    array([0])
    """
    xarray = require("xarray", "run")
    with closing(Journal(checks.path("path", path))) as journal:
        return combine(xarray, journal)


# --- arguments ------------------------------------------------------------------------------------


def _parameters(given: object) -> dict[str, Any]:
    """Return the parameters as JSON holds them: swept ones are lists."""
    allowed = "a mapping of argument names to single values or sequences of them"
    if not isinstance(given, Mapping) or not given:
        raise TypeError(checks.describe("parameters", given, allowed))
    for name in given:
        if not isinstance(name, str) or not name.isidentifier() or name == MISSING:
            names = f"names of arguments other than {MISSING!r}"
            raise ValueError(checks.describe("parameters", name, names))
    return {name: _values(f"parameters[{name!r}]", value) for name, value in given.items()}


def _values(name: str, given: Any) -> Any:
    if isinstance(given, np.ndarray):
        given = given.tolist()
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
        values = [_value(name, value) for value in given]
        same_kind = len({_kind(value) for value in values}) == 1
        exact = np.array(values).tolist() == values  # as a coordinate of the result
        if not same_kind or not exact or len(set(values)) < len(values):
            allowed = "at least one value, distinct, all of them numbers, booleans or text"
            raise ValueError(checks.describe(name, given, allowed))
        return values
    return _value(name, given)


def _value(name: str, given: Any) -> Any:
    value = given.item() if isinstance(given, np.generic) else given
    allowed = "64-bit integers, finite floats, booleans or text, or a sequence of them"
    if not isinstance(value, (int, float, str)):
        raise TypeError(checks.describe(name, given, allowed))
    if not isinstance(value, str) and (not math.isfinite(value) or not -(2**63) <= value < 2**64):
        raise ValueError(checks.describe(name, given, allowed))
    return value


def _kind(value: object) -> str:
    return "number" if type(value) in (int, float) else type(value).__name__


def _is_finished(path: str | os.PathLike[str], header: dict[str, Any]) -> bool:
    """Whether there is a file of this study in which no point is missing."""
    try:
        with closing(Journal(path)) as journal:
            kept = journal.contents
            keys = map(key_of, points_of(header["parameters"]))
            same = key_of(kept.header) == key_of(header)
            return same and all(key in kept.results for key in keys)
    except (OSError, ValueError, CheckpointError):
        return False


def _agree(journal: Journal, header: dict[str, Any]) -> None:
    """Refuse the file of another study; let this one have further values."""
    kept = journal.contents.header
    old, new = kept["parameters"], header["parameters"]
    differences = [
        f"{name} {kept[name]!r} there, {header[name]!r} here"
        for name in ("multispin", "task", "module", "source")
        if kept.get(name, header[name]) != header[name]  # older files have fewer
    ]
    if old.keys() != new.keys():
        differences.append(f"parameters {', '.join(old)} there, {', '.join(new)} here")
    else:
        differences += [
            f"{name} {reprlib.repr(old[name])} there, {reprlib.repr(new[name])} here"
            for name in old
            if not _extends(old[name], new[name])
        ]
    if differences:
        raise CheckpointError(
            f"{str(journal.path)!r} is the file of another study ({'; '.join(differences)}); it "
            "was left as it is: repeat that study, with further values or without, or give another "
            "path"
        )
    if key_of(kept) != key_of(header) or list(old) != list(new):
        journal.extend(header)


def _extends(old: Any, new: Any) -> bool:
    if isinstance(old, list) and isinstance(new, list):
        return set(map(key_of, old)) <= set(map(key_of, new))
    return key_of(old) == key_of(new)


# --- running --------------------------------------------------------------------------------------


def _run(
    task: Callable[..., Any],
    journal: Journal,
    executor: Executor | None,
    in_flight: int,
    progress: bool | Callable[[StudyProgress], object] | None,
) -> None:
    contents = journal.contents
    total = count_points(contents.header["parameters"])
    with closing(StudyReporter(progress, total, len(contents.results))) as reporter:

        def keep(found: list[tuple[Point, Outcome]]) -> None:
            outcomes = [_agreeing(contents, *pair) for pair in found]
            journal.append(outcomes, [key_of(point) for point, _ in found])
            for outcome in outcomes:
                if outcome.signature is None:
                    reporter.fail()
                else:
                    reporter.advance(1)

        if executor is None:
            for point in _pending(contents):
                keep([(point, run_point(task, point))])
        else:
            run_elsewhere(task, _pending(contents), executor, in_flight, keep)


def _pending(contents: Contents) -> Iterator[Point]:
    """Yield the points to run: new ones, then failed ones, those that failed most often last.

    So a point that kills its worker each time cannot keep the others from being run.
    """
    parameters = contents.header["parameters"]
    failed = [
        (len(contents.failures[key]), number, point)
        for number, point in enumerate(points_of(parameters))
        if (key := key_of(point)) in contents.failures and key not in contents.results
    ]
    for point in points_of(parameters):
        key = key_of(point)
        if key not in contents.results and key not in contents.failures:
            yield point
    for _, _, point in sorted(failed, key=lambda entry: entry[:2]):
        yield point


def _agreeing(contents: Contents, point: Point, outcome: Outcome) -> Outcome:
    """Return the outcome, or a failure if it cannot be put side by side with the others."""
    known = contents.signature
    for name, found in (outcome.signature or {}).items():
        if known.get(name, found) != found:
            text = f"{name}: got {found}, allowed: what other points have, {known[name]}"
            return failure(point, text)
    known |= outcome.signature or {}
    return outcome


def _check_complete(journal: Journal) -> None:
    contents = journal.contents
    parameters = contents.header["parameters"]
    total = count_points(parameters)
    failed = total - len(contents.results)
    if not failed:
        return
    point = next(p for p in points_of(parameters) if key_of(p) not in contents.results)
    (record,) = journal.records(contents.failures[key_of(point)][-1:])
    raise StudyError(
        f"{failed} of {total} points failed. The others are in {str(journal.path)!r}, and the same "
        f"call tries the failed ones again. The first of them is {point}:\n"
        f"{record['error'].rstrip()}"
    )
