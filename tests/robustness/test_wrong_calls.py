"""Every public callable, called with one wrong argument at a time, works or says what is wrong.

The contract: bad input is a TypeError or ValueError (or an error of the package's own, an OSError
for files, a MemoryError for what does not fit) whose message begins with the argument's name. No
other error, no warning of NumPy's, no call that never ends, and no silence about what makes no
sense.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

import multispin as ms
from multispin._base import memory
from multispin.runs import replica_sweeps
from robustness import calls, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from robustness.calls import Call

SECONDS = 10  # after which a call counts as one that never ends
AVAILABLE = 2**28  # bytes that calls are told they may take
SPARE = 2**31  # bytes that they could take: an array beyond that is one that was not foreseen

Trial = tuple[str, str, str]


class Hung(BaseException):
    """The alarm: no code under test catches it."""


class Fault(NamedTuple):
    """A call that falls short."""

    call: str
    argument: str
    value: str
    what: str

    def __str__(self) -> str:
        return f"{self.call}({self.argument}={self.value}): {self.what}"


# --- one call -------------------------------------------------------------------------------------


def fault_of(call: Call, argument: str, label: str, value: Any) -> str:
    """Return how a call with one argument replaced falls short; nothing if it does not."""
    try:
        with alarm(), warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", ms.SlowMixingWarning)
            warnings.simplefilter("ignore", ResourceWarning)
            result = call(**{argument: value})
    except Hung:
        return f"hung for {SECONDS} s"
    except (Exception, RecursionError) as error:
        return fault_of_error(call, argument, error)
    return fault_of_result(call, argument, label, result)


def fault_of_error(call: Call, argument: str, error: Exception) -> str:
    kind, text = type(error).__name__, str(error).replace("\n", " ")
    shown = f"{kind}: {text[:160]}"
    names = (argument, *call.blames.get(argument, ()))
    named = re.match(rf"({'|'.join(map(re.escape, names))})\b", text) is not None
    if type(error) is MemoryError:
        return "" if re.match(r"\w+: .*needed .*(available|free)", text) else shown
    if argument in calls.FILES and isinstance(error, (OSError, ms.CheckpointError)):
        return ""
    if isinstance(error, ms.StudyError) and argument in ("task", "parameters", "path"):
        return ""
    allowed = isinstance(error, (TypeError, ValueError, ms.DeviceError, ms.CheckpointError))
    return "" if allowed and named else shown


def fault_of_result(call: Call, argument: str, label: str, result: object) -> str:
    free = argument in call.anything or (argument in call.functions and label in values.CALLABLE)
    if label in values.JUNK and not free:
        return "taken without a word"
    if not call.nan and not finite(result):
        return "a result that is not finite"
    return ""


def finite(result: object) -> bool:
    """Whether all numbers in a result are finite."""
    if isinstance(result, (tuple, list)):
        return all(map(finite, result))
    if isinstance(result, dict):
        return all(map(finite, result.values()))
    if hasattr(result, "data_vars"):
        return all(finite(variable.values) for variable in result.variables.values())
    if isinstance(result, (float, np.ndarray, np.floating)):
        array = np.asarray(result)
        return array.dtype.kind != "f" or bool(np.isfinite(array).all())
    return True


@contextmanager
def alarm() -> Iterator[None]:
    """Raise `Hung` in the block after a while."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# --- all of them ----------------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Call]]:
    """The calls, in a folder of their own and with so much memory that huge arrays show."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(replica_sweeps, "_PIECE", 1e-5)
    found = calls.table()
    monkeypatch.setattr(memory, "_available_memory", lambda: AVAILABLE)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * os.sysconf("SC_PAGE_SIZE") + SPARE
    resource.setrlimit(resource.RLIMIT_AS, (most, limits[1]))
    yield found
    resource.setrlimit(resource.RLIMIT_AS, limits)


def trials(table: dict[str, Call]) -> Iterator[tuple[str, str, str, Callable[[], Any]]]:
    """Yield call, argument, and a value by name, for all that is to be tried."""
    for name, call in table.items():
        for argument, valid in call.arguments.items():
            for label, make in values.wrong_values(valid):
                if not (argument in call.long and label in values.LONG):
                    yield name, argument, label, make


def faults(
    table: dict[str, Call], chosen: list[tuple[str, str, str, Callable[[], Any]]]
) -> list[Fault]:
    """Return what falls short among the trials that were chosen."""
    found = []
    for name, argument, label, make in chosen:
        what = fault_of(table[name], argument, label, make())
        if what:
            found.append(Fault(name, argument, label, what))
    return found


def report(found: list[Fault], tried: int) -> str:
    counts = Counter(f"{fault.call}({fault.argument})" for fault in found)
    lines = [f"{len(found)} of {tried} calls fall short:", *map(str, found), ""]
    lines += [f"{count:6} {where}" for where, count in counts.most_common()]
    return "\n".join(lines)
