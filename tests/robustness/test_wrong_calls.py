"""Every public callable, called with one wrong argument at a time, works or says what is wrong.

The contract: bad input is a TypeError or ValueError (or an error of the package's own, an OSError
for files, a MemoryError for what does not fit) whose message reads ``name: got <value>, allowed:
<what is allowed>``. No other error, no warning of NumPy's, no call that never ends, and no silence
about what makes no sense.

`calls` has the callables and `values` what they are given.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import random
import re
import resource
import signal
import time
import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

import multispin as ms
from multispin._base import memory
from multispin.runs import _replica_run
from robustness import calls, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from robustness.calls import Call

SHARE = 1200  # calls that are tried all the time
SECONDS = 10  # of the processor's time, after which a call counts as one that never ends
PATIENCE = 6  # times as long by the clock, for one that only waits
AVAILABLE = 2**28  # bytes that calls are told they may take
LONGEST = 600  # characters of a message
SPARE = 2**31  # bytes that they could take: an array beyond that is one that was not foreseen


class Hung(BaseException):
    """The alarm: no code under test catches it."""


class Trial(NamedTuple):
    """A call with one argument replaced."""

    call: str
    argument: str
    value: str
    make: Callable[[], Any]

    def __str__(self) -> str:
        return f"{self.call}({self.argument}={self.value})"


# --- one call -------------------------------------------------------------------------------------


def fault_of(call: Call, trial: Trial) -> str:
    """Return how a call with one argument replaced falls short; nothing if it does not."""
    value = trial.make()
    try:
        with alarm(), warnings.catch_warnings():
            warnings.simplefilter("error")
            for name in ms.errors.__all__:
                kind = getattr(ms.errors, name)
                if issubclass(kind, Warning):
                    warnings.simplefilter("ignore", kind)
            result = call(**{trial.argument: value})
    except Hung:
        return f"hung for {SECONDS} s"
    except Exception as error:
        return fault_of_error(call, trial.argument, value, error)
    return fault_of_result(call, trial, result)


def fault_of_error(call: Call, argument: str, value: object, error: Exception) -> str:
    text = str(error).replace("\n", " ")
    shown = f"{type(error).__name__}: {text[:160]}"
    if len(text) > LONGEST and not isinstance(error, ms.StudyError):
        return f"a message of {len(text)} characters, {shown}"
    if type(error) is MemoryError:
        return "" if re.match(r"\w+: .*needed .*(available|free)", text) else shown
    if argument in calls.FILES and isinstance(error, (OSError, ms.CheckpointError)):
        return ""
    if isinstance(error, (ms.StudyError, ms.CheckpointError)) and argument in calls.CONTENTS:
        return ""  # the task fails at some point, or the file is another's
    path = {**call.arguments, argument: value}.get("path")
    if isinstance(path, (str, Path)) and text.startswith((f"{path}:", "nowhere:")):
        return ""  # about a line of the file
    names = (argument, *call.blames.get(argument, ()))
    named = re.match(rf"({'|'.join(map(re.escape, names))})\b", text) is not None
    if isinstance(error, (ms.DeviceError, ms.CheckpointError)):
        return "" if named else shown
    kind = isinstance(error, (TypeError, ValueError))
    return "" if kind and named and ": got " in text and ", allowed: " in text else shown


def fault_of_result(call: Call, trial: Trial, result: object) -> str:
    if trial.value in values.JUNK and trial.argument not in call.anything:
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

    timers = (
        (signal.ITIMER_PROF, signal.SIGPROF, SECONDS),
        (signal.ITIMER_REAL, signal.SIGALRM, PATIENCE * SECONDS),
    )
    before = {number: signal.signal(number, ring) for _, number, _ in timers}
    for timer, _, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for timer, number, _ in timers:
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


# --- all of them ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Call]]]:
    """The calls by part, in a folder of their own and with so much memory that huge arrays show."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("calls"))
        patch.setattr(_replica_run, "_PIECE", 1e-5)
        found = {name: part() for name, part in calls.PARTS.items()}
        patch.setattr(memory, "_available_memory", lambda: AVAILABLE)
        with address_space(SPARE):
            yield found


@contextmanager
def address_space(spare: int) -> Iterator[None]:
    """Let the process have so many bytes more than now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * os.sysconf("SC_PAGE_SIZE") + spare, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def trials(part: dict[str, Call]) -> Iterator[Trial]:
    """Yield all that is to be tried."""
    for name, call in part.items():
        for argument, valid in call.arguments.items():
            left_out: frozenset[str] = frozenset()
            if argument in call.long:
                left_out |= values.LONG
            if argument in call.functions:
                left_out |= values.CALLABLE
            if argument in call.infinite:
                left_out |= values.INFINITE
            if argument == "seconds":
                left_out |= values.SECONDS
            for label, make in values.wrong_values(valid):
                if label not in left_out:
                    yield Trial(name, argument, label, make)


def faults(part: dict[str, Call], chosen: list[Trial]) -> list[tuple[Trial, str]]:
    """Return what falls short among the trials that were chosen."""
    found = ((trial, fault_of(part[trial.call], trial)) for trial in chosen)
    return [(trial, what) for trial, what in found if what]


def report(found: list[tuple[Trial, str]], tried: int) -> str:
    counts = Counter(f"{trial.call}({trial.argument})" for trial, _ in found)
    lines = [f"{len(found)} of {tried} calls fall short:"]
    lines += [f"{trial}: {what}" for trial, what in found]
    lines += [f"{count:6} {where}" for where, count in counts.most_common()]
    return "\n".join(lines)


def test_valid_calls_work(table: dict[str, dict[str, Call]]) -> None:
    for part in table.values():
        for call in part.values():
            assert call.nan or finite(call())


@pytest.mark.thorough
def test_a_share_of_all_wrong_calls(table: dict[str, dict[str, Call]]) -> None:
    part = {name: call for part in table.values() for name, call in part.items()}
    chosen = random.Random(1).sample(list(trials(part)), SHARE)
    found = faults(part, chosen)
    assert not found, report(found, SHARE)


@pytest.mark.slow
@pytest.mark.parametrize("name", calls.PARTS)
def test_all_wrong_calls(name: str, table: dict[str, dict[str, Call]]) -> None:
    part = table[name]
    chosen = list(trials(part))
    found = faults(part, chosen)
    print(f"{name}: {len(chosen)} wrong calls, {len(found)} fell short")
    assert not found, report(found, len(chosen))


# --- the table is whole ---------------------------------------------------------------------------


def public_callables() -> dict[str, Any]:
    """Return what the public modules say they have, and public methods with arguments, by name."""
    found: dict[str, Any] = {}
    for module in pkgutil.walk_packages(ms.__path__, "multispin."):
        if not any(word.startswith("_") for word in module.name.split(".")[1:]):
            names = importlib.import_module(module.name)
            found |= {f"{module.name}.{name}": getattr(names, name) for name in public(names)}
    found |= {f"multispin.{name}": getattr(ms, name) for name in public(ms)}
    return found


def public(module: Any) -> list[str]:
    return [name for name in getattr(module, "__all__", ()) if callable(getattr(module, name))]


def methods_with_arguments(kind: type) -> Iterator[Any]:
    """Yield public methods that take something, and properties that can be set."""
    for name, member in inspect.getmembers(kind):
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            if member.fset is not None:
                yield member
        elif inspect.isroutine(member) and set(inspect.signature(member).parameters) - {"self"}:
            yield member


def test_the_table_has_every_public_callable(table: dict[str, dict[str, Call]]) -> None:
    tried = [call.of for part in table.values() for call in part.values()]
    known = [*tried, *calls.EXCEPTIONS]
    missing = [name for name, of in public_callables().items() if of not in known]
    for kind in tried:
        if inspect.isclass(kind):
            missing += [str(one) for one in methods_with_arguments(kind) if one not in known]
    assert not missing
    assert not [of for of in tried if of in calls.EXCEPTIONS]


def test_the_table_has_every_argument(table: dict[str, dict[str, Call]]) -> None:
    for part in table.values():
        for name, call in part.items():
            if not isinstance(call.of, property):
                parameters = inspect.signature(call.of).parameters.values()
                named = (one for one in parameters if one.kind is not one.VAR_KEYWORD)
                wanted = {one.name for one in named} - {"self"}
                assert wanted == call.arguments.keys(), name


# --- the tests can fail ---------------------------------------------------------------------------


def _raises(error: Exception) -> Callable[..., object]:
    def function(**_: object) -> object:
        raise error

    return function


@pytest.mark.parametrize(("function", "fault"), [
    (_raises(ValueError("x: got 1, allowed: 2")), ""),
    (_raises(TypeError("x.part: got 1, allowed: 2")), ""),
    (_raises(MemoryError("x: needed 2 GiB, available: 1 GiB")), ""),
    (_raises(ValueError("y: got 1, allowed: 2")), "ValueError: y: got 1"),
    (_raises(ValueError("xy: got 1, allowed: 2")), "ValueError: xy: got 1"),
    (_raises(ValueError("x must be 2")), "ValueError: x must be 2"),
    (_raises(AttributeError("x: got 1, allowed: 2")), "AttributeError"),
    (_raises(RuntimeWarning("x: got 1, allowed: 2")), "RuntimeWarning"),
    (_raises(MemoryError("Unable to allocate")), "MemoryError"),
    (_raises(ValueError(f"x: got {'1' * 600}, allowed: 2")), "a message of 619 characters"),
    (_raises(OSError("no file")), "OSError"),
    (lambda **_: 1.0, "taken without a word"),
])  # fmt: skip
def test_faults_are_seen(function: Callable[..., object], fault: str) -> None:
    call = calls.Call(function, {"x": 1})
    found = fault_of(call, Trial("function", "x", "object()", object))
    assert found.startswith(fault)
    assert bool(found) == bool(fault)


def test_results_that_are_not_finite_are_seen() -> None:
    call = calls.Call(lambda x: (1.0, [np.full(2, x)]), {"x": 1.0})
    assert fault_of(call, Trial("function", "x", "0", float)) == ""
    what = fault_of(call, Trial("function", "x", "large", lambda: float("inf")))
    assert what == "a result that is not finite"


@pytest.mark.parametrize("pause", [0.0, 60.0])
def test_a_call_that_never_ends_is_seen(pause: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def forever(x: object) -> None:  # noqa: ARG001
        while True:
            time.sleep(pause)

    monkeypatch.setitem(globals(), "SECONDS", 0.1)
    found = fault_of(calls.Call(forever, {"x": 1}), Trial("forever", "x", "0", int))
    assert found == "hung for 0.1 s"
