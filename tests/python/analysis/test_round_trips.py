"""Round trips of histories made by hand, and of a random walk whose trips are known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from multispin.analysis.round_trips import round_trips

Z = 5.0


def test_one_walker_step_by_step() -> None:
    #         label   -  b  b  b  t  t  t  b  b  t  t
    history = np.array([[1, 0, 1, 1, 2, 1, 2, 0, 0, 2, 1]], dtype=np.int16)
    found = round_trips(history, 3)
    assert found.trips.tolist() == [1]  # passages up, down, up: one whole trip and a half
    assert found.time == 2 * 9 / 3  # nine steps after the first label
    # of labelled draws, at 0: three, all from the bottom; at 1: two and two; at 2: three
    assert found.from_top.tolist() == [0.0, 0.5, 1.0]


def test_a_trip_counts_from_either_end() -> None:
    found = round_trips([[0, 1, 2, 1, 0], [2, 1, 0, 1, 2], [0, 1, 2, 2, 2], [1, 1, 1, 1, 1]], 3)
    assert found.trips.tolist() == [1, 1, 0, 0]
    assert found.time == 2 * 12 / 5


def test_going_back_to_the_same_end_is_no_trip() -> None:
    found = round_trips([[0, 1, 0, 1, 0, 1, 0]], 3)
    assert found.trips.tolist() == [0]
    assert found.time == math.inf
    assert found.from_top[:2].tolist() == [0.0, 0.0]
    assert math.isnan(found.from_top[2])


def test_two_temperatures() -> None:
    found = round_trips([[0, 1, 0, 1, 0], [1, 0, 1, 0, 1]], 2)
    assert found.trips.tolist() == [2, 2]
    assert found.time == 2.0
    assert found.from_top.tolist() == [0.0, 1.0]


def test_axes_before_are_separate() -> None:
    history = np.random.default_rng(1).integers(4, size=(2, 3, 5, 200))
    found = round_trips(history, 4)
    assert found.trips.shape == (2, 3, 5)
    assert found.time.shape == (2, 3)
    assert found.from_top.shape == (2, 3, 4)
    one = round_trips(history[1, 2], 4)
    assert found.trips[1, 2].tolist() == one.trips.tolist()
    assert found.time[1, 2] == one.time
    assert found.from_top[1, 2].tolist() == one.from_top.tolist()


def test_a_random_walk() -> None:
    """Hops up or down with probability 1/2, that fail at the ends, between M temperatures.

    From one end to the other takes M(M − 1) steps on average, so a round trip takes twice that; and
    at temperature i a share i/(M − 1) comes from the top (the harmonic function of the walk).
    The run is only a few trips long, where the mean of finished trips would be short by a fifth.
    """
    M, walkers, draws = 6, 4000, 301
    rng = np.random.default_rng(2)
    history = np.empty((walkers, draws), dtype=np.int16)
    history[:, 0] = rng.integers(M, size=walkers)
    for t in range(1, draws):
        step = rng.choice([-1, 1], size=walkers)
        history[:, t] = np.clip(history[:, t - 1] + step, 0, M - 1)
    found = round_trips(history, M)
    groups = [round_trips(part, M) for part in np.split(history, 40)]
    time = np.array([group.time for group in groups])
    assert abs(time.mean() - 2 * M * (M - 1)) < Z * time.std(ddof=1) / math.sqrt(40)
    assert time.std(ddof=1) < 0.1 * time.mean()
    assert float(found.time) == pytest.approx(time.mean(), rel=0.01)
    from_top = np.array([group.from_top for group in groups])
    error = from_top.std(axis=0, ddof=1) / math.sqrt(40)
    # 0.02 for the walkers' memory of an equal start, which is not labelled at once
    assert np.all(np.abs(from_top.mean(axis=0) - np.arange(M) / (M - 1)) < Z * error + 0.02)


@pytest.mark.parametrize(("history", "temperatures", "error"), [
    ([[0.0, 1.0]], 2, TypeError),
    ([[0, 1]], 1, ValueError),
    ([[0, 1]], 2.0, TypeError),
    ([0, 1], 2, ValueError),
    ([[0, 2]], 2, ValueError),
    ([[-1, 1]], 2, ValueError),
    (np.zeros((0, 5), int), 2, ValueError),
])  # fmt: skip
def test_wrong_arguments(history: Any, temperatures: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"got .*allowed: "):
        round_trips(history, temperatures)
