"""What scenes are made of: traces, scripts, paces, and checks of commands."""

from __future__ import annotations

import time

import pytest

from multispin.lab import pace, scene
from multispin.lab.pace import Pace
from multispin.lab.script import Script
from multispin.lab.traces import Trace


def test_a_trace_keeps_the_last_rows() -> None:
    trace = Trace(2, 5)
    assert trace.rows().shape == (0, 2)
    for n in range(23):
        trace.add(n, -n)
        assert trace.rows()[:, 0].tolist() == list(range(max(0, n - 4), n + 1))
        assert trace.rows()[:, 1].tolist() == [-k for k in range(max(0, n - 4), n + 1)]
    trace.clear()
    assert trace.rows().shape == (0, 2)


def test_rows_of_a_trace_are_a_copy() -> None:
    trace = Trace(1, 3)
    trace.add(1)
    rows = trace.rows()
    rows[:] = 7
    assert trace.rows().tolist() == [[1.0]]


def test_a_script_leaves_out_what_is_overwritten() -> None:
    script = Script()
    script.did("sampler.h = 0.1")
    script.did("sampler.h = 0.2")
    script.did("sampler.temperature = 2.0")
    script.swept(2)
    script.swept(3)
    script.did("sampler.temperature = 3.0")
    script.did('sampler.set_spins("random")')
    script.did('sampler.set_spins("random")')
    assert str(script).splitlines() == [
        "sampler.h = 0.2", "sampler.temperature = 2.0", "sampler.sweep(5)",
        "sampler.temperature = 3.0", 'sampler.set_spins("random")', 'sampler.set_spins("random")',
    ]  # fmt: skip
    assert script.whole


def test_a_long_script_says_what_it_leaves_out() -> None:
    script = Script()
    for n in range(100):
        script.swept(1)
        script.did(f"sampler.h = {n}")
    lines = str(script).splitlines()
    assert len(lines) < 50
    assert lines[-1] == "sampler.h = 99"
    assert lines[0] == f"# {200 - len(lines) + 1} lines before these are left out"
    assert not script.whole


def test_a_pace_keeps_to_its_budget() -> None:
    done = []

    def do(amount: int) -> None:
        done.append(amount)
        time.sleep(amount * 1e-5)

    full = Pace(0)
    for _ in range(6):
        began = time.perf_counter()
        full.work(0.02, do)
        elapsed = time.perf_counter() - began
    assert elapsed < 0.15
    assert len(done) > 6
    assert max(done) > 1


def test_a_pace_waits_for_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace.time, "sleep", lambda _seconds: None)
    done: list[int] = []
    limited = Pace(10)
    for frame in range(1, 5):
        for _ in range(3):
            limited.work(1.0, done.append)
        assert sum(done) == 10 * frame
        limited.shown()


def test_commands_are_checked() -> None:
    seen = []
    actions = {"set": seen.append, "run": seen.append}
    scene.dispatch({"do": "set", "temperature": 2}, actions)
    assert seen == [{"temperature": 2}]
    for command in ({}, {"do": "other"}, {"do": 3}, {"do": ["set"]}, {"do": None}):
        with pytest.raises((TypeError, ValueError), match=r"do: got .*, allowed: 'set', 'run'"):
            scene.dispatch(command, actions)
    for value in (True, "2", None, [2], 2.0):
        with pytest.raises(TypeError, match="size: got"):
            scene.one_of("size", value, (1, 2))
    with pytest.raises(ValueError, match="size: got 3, allowed: 1, 2"):
        scene.one_of("size", 3, (1, 2))
    for value in (True, "2", None, float("nan"), float("inf"), -0.1, 1.1):
        with pytest.raises((TypeError, ValueError), match="h: got .*, allowed: a number from 0"):
            scene.number("h", value, 0, 1)


def test_a_rate_is_of_its_window(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(scene.time, "perf_counter", lambda: now[0])
    rate = scene.Rate(1.0)
    rate.count(10)
    now[0] = 0.5
    assert rate.per_second() == 20
    now[0] = 2.0
    assert rate.per_second() == 5
    rate.count(4)
    now[0] = 2.5
    assert rate.per_second() == 5
    now[0] = 4.0
    assert rate.per_second() == 2
