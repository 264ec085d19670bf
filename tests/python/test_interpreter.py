"""Interpreters that end, and those that are not the process's first."""

from __future__ import annotations

import subprocess
import sys

import pytest

DAEMON = """
import threading, time
import multispin as ms

started = threading.Event()

def forever(sampler):
    while True:
        sampler.sweep(20)
        started.set()

for model in (ms.Ising((256, 256)), ms.EdwardsAnderson((8, 8, 8), seed=1)):
    sampler = ms.Sampler(model, 2.0, replicas=64, seed=1, threads=2)
    threading.Thread(target=forever, args=(sampler,), daemon=True).start()
started.wait()
time.sleep({seconds})
print("the end")
"""

AT_EXIT = """
import atexit
import multispin as ms

sampler = ms.Sampler(ms.Ising((256, 256)), 2.0, seed=1)
@atexit.register
def last():
    sampler.sweep(3)
    print(sampler.sweeps_done)
import multispin._core
"""

EARLIER = """
import atexit, threading
stop = threading.Event()
@atexit.register
def end():  # registered before the import: it runs when that of the import has run
    stop.set()
    thread.join()
    print("joined")
import multispin as ms
sampler = ms.Sampler(ms.Ising((64, 64)), 2.0, seed=1, threads=1)
def work():
    while not stop.is_set():
        sampler.sweep(3)
thread = threading.Thread(target=work, daemon=True)
thread.start()
"""

SECOND = """
import {interpreters} as interpreters
try:
    interpreters.run_string(interpreters.create(), "import multispin")
except interpreters.RunFailedError as error:
    print(error)
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.one_in(3)
@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.05])
def test_a_daemon_thread_that_sweeps_does_not_abort_the_end(seconds: float) -> None:
    done = run(DAEMON.format(seconds=seconds))
    assert (done.returncode, done.stdout) == (0, "the end\n"), done.stderr


@pytest.mark.thorough
def test_the_main_thread_sweeps_to_the_last() -> None:
    done = run(AT_EXIT)
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr


@pytest.mark.thorough
def test_a_thread_that_is_waited_for_at_the_end_gets_there() -> None:
    done = run(EARLIER)
    assert (done.returncode, done.stdout) == (0, "joined\n"), done.stderr


@pytest.mark.skipif(
    not (3, 8) <= sys.version_info < (3, 13), reason="interpreters have another module"
)
def test_a_second_interpreter_is_refused() -> None:
    done = run(SECOND.format(interpreters="_xxsubinterpreters"))
    assert "multispin: got a subinterpreter, allowed: the main interpreter" in done.stdout
