"""Storms of Ctrl-C: what progress has told of is in the file, and runs go on bit for bit."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .small_runs import RUNS, Run, kept_sweeps

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr


class Storm:
    """Presses Ctrl-C several times, shortly after another, at a random moment of a call.

    It is not this process's own handler that it reaches but one that is told when to stop: one too
    many would end the tests.
    """

    def __init__(self, numbers: random.Random) -> None:
        self._numbers = numbers
        self._armed = False

    def over(self, call: Callable[[], object], seconds: float) -> bool:
        """Call, with a storm within so many seconds; return whether it broke into the call."""
        before = signal.signal(signal.SIGINT, self._handle)
        presses = threading.Thread(target=self._press, args=(self._numbers.uniform(0, seconds),))
        presses.start()
        try:
            return self._is_broken(call)
        finally:
            presses.join()
            signal.signal(signal.SIGINT, before)

    def _is_broken(self, call: Callable[[], object]) -> bool:
        self._armed = True
        try:
            call()
        except KeyboardInterrupt:
            return True
        finally:
            self._armed = False
        return False

    def _handle(self, *_: object) -> None:
        if self._armed:
            raise KeyboardInterrupt

    def _press(self, after: float) -> None:
        time.sleep(after)
        for _ in range(self._numbers.randint(2, 40)):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(self._numbers.choice([0, 1e-5, 1e-4, 1e-3]))


def lost(kind: str, run: Run, storm: Storm, seconds: float, expected: xr.Dataset) -> str:
    """Return what a run under a storm lost: nothing, it is hoped."""
    told = [0]

    def tell(progress: Any) -> None:
        told[0] = progress.sweeps

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.npz"
        storm.over(lambda: run(path, checkpoint_interval=1e9, progress=tell), seconds)
        if kept_sweeps(path, kind) < told[0]:
            return f"{told[0]} sweeps were told, {kept_sweeps(path, kind)} are kept"
        if [entry.name for entry in Path(folder).iterdir()] not in ([], ["run.npz"]):
            return f"files are left: {sorted(Path(folder).iterdir())}"
        return "" if run(path).identical(expected) else "the resumed run is another one"


def attempt(kind: str, storms: int, seed: int) -> None:
    run = RUNS[kind]
    run()  # the first is slow
    began = time.perf_counter()
    expected = run()
    seconds = time.perf_counter() - began
    storm = Storm(random.Random(seed))
    found = [lost(kind, run, storm, seconds, expected) for _ in range(storms)]
    short = [text for text in found if text]
    print(f"{kind}: {storms} storms of Ctrl-C, {len(short)} lost something")
    assert not short, short


@pytest.mark.one_in(4)
@pytest.mark.parametrize("kind", RUNS)
def test_a_few_storms(kind: str) -> None:
    attempt(kind, 15, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", RUNS)
def test_many_storms(kind: str) -> None:
    attempt(kind, 150, seed=2)
