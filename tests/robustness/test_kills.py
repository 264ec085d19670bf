"""Runs killed at random moments end as if nothing had happened; one run to a file."""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms

from .small_runs import CLUSTER_RUNS, LEARNING_RUNS, RUNS, Run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALL = RUNS | CLUSTER_RUNS | LEARNING_RUNS
USED, BROKEN = 3, 4  # exit codes of children


def child(work: Callable[[], object]) -> int:
    """Start a child that works, and return its number."""
    number = os.fork()
    if number == 0:
        signal.alarm(60)
        try:
            work()
        except ms.CheckpointError as error:
            os._exit(USED if "in use by another run" in str(error) else BROKEN)
        except BaseException:
            os._exit(BROKEN)
        os._exit(0)
    return number


def exit_code(number: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def seconds_of(run: Run, path: Path) -> float:
    """Return how long a run takes that writes its file all the time."""
    began = time.perf_counter()
    assert exit_code(child(lambda: run(path, checkpoint_interval=0))) == 0
    path.unlink()
    return time.perf_counter() - began


def killed_run(run: Run, path: Path, seconds: float, numbers: random.Random) -> int:
    """Run until it gets to the end before it is killed; return how often it was killed."""
    kills = 0
    while True:
        number = child(lambda: run(path, checkpoint_interval=0))
        # Seldom so long that it gets far, and never so short that it never gets anywhere.
        time.sleep(numbers.uniform(0.1, 1.1 if kills > 20 else 0.6) * seconds)
        os.kill(number, signal.SIGKILL)
        code = exit_code(number)
        if code == 0:
            return kills
        assert code == -signal.SIGKILL, f"a run ended with {code} after {kills} kills"
        kills += 1


def contents(path: Path) -> bytes | Any:
    """Return the bytes of a file, or of its arrays where it says how long the run took."""
    with np.load(path) as archive:
        if b'"seconds"' not in archive["header"].tobytes():
            return path.read_bytes()
        return {name: archive[name].tobytes() for name in archive.files if name != "header"}


def attempt(kind: str, least: int, folder: Path) -> None:
    run, path, numbers = ALL[kind], folder / "run.npz", random.Random(7)
    expected = run(path)
    whole = contents(path)
    path.unlink()
    seconds = seconds_of(run, path)
    kills = runs = 0
    while kills < least:
        kills += killed_run(run, path, seconds, numbers)
        runs += 1
        assert run(path).identical(expected), f"{kind}: another result after {kills} kills"
        assert contents(path) == whole, f"{kind}: another file after {kills} kills"
        left = {entry.name for entry in folder.iterdir()}
        assert left == {"run.npz"}, f"{kind}: files are left: {left}"
        path.unlink()
    print(f"{kind}: {kills} kills in {runs} runs, 0 lost something")


@pytest.mark.one_in(7)
@pytest.mark.parametrize("kind", ALL)
def test_a_few_kills(kind: str, tmp_path: Path) -> None:
    attempt(kind, 4, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ALL)
def test_many_kills(kind: str, tmp_path: Path) -> None:
    attempt(kind, 60, tmp_path)


@pytest.mark.parametrize("kind", RUNS)
def test_two_runs_on_one_file(kind: str, tmp_path: Path) -> None:
    run, expected = RUNS[kind], RUNS[kind]()
    for attempt in range(4):
        path = tmp_path / str(attempt)
        pair = [child(lambda path=path: run(path, checkpoint_interval=0)) for _ in range(2)]
        codes = sorted(map(exit_code, pair))
        assert codes in ([0, 0], [0, USED])  # both, if one began when the other had ended
        assert run(path).identical(expected)


def test_a_run_does_not_take_the_file_of_another(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    seen: list[str] = []

    def meanwhile(_progress: Any) -> None:
        if not seen and path.exists():
            with pytest.raises(ms.CheckpointError) as caught:
                RUNS["temper"](path)
            seen.append(str(caught.value))

    RUNS["simulate"](path, checkpoint_interval=0, progress=meanwhile)
    assert seen
    assert RUNS["simulate"](path).identical(RUNS["simulate"]())
