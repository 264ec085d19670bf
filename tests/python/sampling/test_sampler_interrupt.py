"""Ctrl-C in the middle of sweeps: soon, and without a trace in the trajectory.

The promise is 0.2 s on an idle machine; the slow test below holds the sampler to it in the middle
of a sweep of the largest lattice. The others may run beside other work: they look at how many of
the sweeps were done, of which there are too many for the call to end by itself.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from multispin import _core

PROMISED_SECONDS = 0.2

# Calls until it has been interrupted `times` times, then compares with an uninterrupted run.
CHILD = """
import json, os, sys, time
import numpy as np
import multispin as ms

a = json.loads(sys.argv[1])

def make(threads):
    model = ms.Ising(a["shape"], h=0.3)
    return ms.Sampler(model, 2.0, a["replicas"], "glauber", seed=1, rng="philox", threads=threads)

def say(**what):
    print(json.dumps(what), flush=True)

sampler, call = make(a["threads"]), a["call"]
for _ in range(a["times"]):
    try:
        say(ready=True)
        getattr(sampler, call[0])(*call[1:])
        say(raised=None)
    except KeyboardInterrupt:
        say(raised=time.monotonic())
if a.get("huge"):
    sys.exit()
done = sampler.sweeps_done  # completes the sweep
sampler.sweep(2)
del os.environ["MULTISPIN_ISA"]
other = make(1)
other.sweep(done + 2)
say(done=done, same=bool(np.array_equal(sampler.packed(), other.packed())))
"""


def interrupted(
    isa: str = "portable", times: int = 1, **arguments: Any
) -> tuple[list[float], dict[str, Any]]:
    """Seconds from each signal to its KeyboardInterrupt, and the child's last words."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps({"times": times, **arguments})],
        env={**os.environ, "MULTISPIN_ISA": isa},
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        seconds = []
        for i in range(times):
            assert json.loads(child.stdout.readline()) == {"ready": True}
            time.sleep(0.15 + 0.07 * i)
            sent = time.monotonic()
            child.send_signal(signal.SIGINT)
            raised = json.loads(child.stdout.readline())["raised"]
            assert raised is not None, "the call ended before the signal came: make it longer"
            seconds.append(raised - sent)
        result = json.loads(child.stdout.readline() or "{}")
    assert child.returncode == 0
    return seconds, result


@pytest.mark.parametrize("threads", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_in_the_middle_of_one_long_sweep(threads: int) -> None:
    # 2^29 spins: a sweep takes about 0.6 s on one core, 0.3 s on two, and 20 of them at least 6 s.
    _, result = interrupted(shape=[2**14, 2**15], replicas=1, threads=threads, call=["sweep", 20])
    assert result["same"]
    assert 1 <= result["done"] < 20


SAMPLERS = [  # shape, replicas, threads
    ([64, 256], 1, 1),  # many sweeps between two looks
    ([64, 256], 5, 2),  # replicas by several threads
    ([16, 128], 300, 2),
    ([1024, 2048], 1, 1),  # many steps a sweep
    ([1024, 2048], 1, 2),  # bands
    ([1024, 2048], 2, 7),
]
CALLS = [["sweep", 10**9], ["record", 2000, 10**5], ["record", 10, 10**8]]


@pytest.mark.one_in(6)
@pytest.mark.parametrize(("shape", "replicas", "threads", "call"), [
    # Each sampler and each call soon, every pair of them among the thorough tests.
    pytest.param(*SAMPLERS[i], CALLS[j], marks=[] if i % 3 == j else pytest.mark.thorough)
    for i, j in itertools.product(range(len(SAMPLERS)), range(len(CALLS)))
])  # fmt: skip
def test_several_times_in_a_row(
    shape: list[int], replicas: int, threads: int, call: list[Any]
) -> None:
    _, result = interrupted(times=2, shape=shape, replicas=replicas, threads=threads, call=call)
    assert result["same"]
    # A sweep takes more than a microsecond: a tenth of those asked for take 20 seconds or more.
    assert 0 < result["done"] < math.prod(call[1:]) / 10


@pytest.mark.slow
@pytest.mark.parametrize(("isa", "threads"), [("portable", 1), (_core.available_isas()[-1], 2)])
def test_within_the_promised_time_in_a_sweep_of_a_huge_lattice(isa: str, threads: int) -> None:
    # 2^34 spins, 2 GiB: even with AVX-512 on two cores a sweep takes about 1 s.
    seconds, _ = interrupted(
        isa, times=3, huge=True, shape=[2**17] * 2, replicas=1, threads=threads, call=["sweep", 10]
    )
    assert max(seconds) < PROMISED_SECONDS
