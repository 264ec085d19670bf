"""Minima of the energy: found by looking at all states, and by walking downhill by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn.inverse.minima import local_minima


def glass(n: int, seed: int) -> ms.Pairwise:
    rng = np.random.default_rng(seed)
    J = np.triu(rng.normal(size=(n, n)), 1)
    return ms.Pairwise(J + J.T, 0.3 * rng.normal(size=n))


def all_states(n: int) -> Any:
    return (2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1).astype(np.int8)


def neighbours(state: Any) -> Any:
    return state * (1 - 2 * np.eye(len(state), dtype=np.int8))


def walk(model: Any, state: Any) -> Any:
    """To the lowest of the neighbours, as long as it is lower."""
    state = np.array(state)
    while True:
        around = neighbours(state)
        energy = model.energy(around)
        if not energy.min() < model.energy(state) - 1e-9:
            return state
        state = around[np.argmin(energy)]


@pytest.mark.parametrize("seed", range(4))
def test_all_minima_of_a_small_glass(seed: int) -> None:
    model, states = glass(9, seed), all_states(9)
    found = local_minima(model, states)
    stable = [s for s in states if (model.energy(neighbours(s)) > model.energy(s)).all()]
    assert {row.tobytes() for row in found.states} == {row.tobytes() for row in stable}
    assert (np.diff(found.energy) >= 0).all()
    np.testing.assert_allclose(found.energy, model.energy(found.states))
    assert found.starts.sum() == len(states)
    assert (found.starts == np.bincount(found.label)).all()
    assert not found.flat.any()
    for start, label, overlap in zip(
        states[::7], found.label[::7], found.overlap[::7], strict=True
    ):
        end = walk(model, start)
        assert (end == found.states[label]).all()
        assert overlap == pytest.approx(start @ end.astype(float) / 9)
    np.testing.assert_allclose(np.diagonal(found.overlaps()), 1.0)
    assert found.overlaps()[0, -1] == found.states[0].astype(float) @ found.states[-1] / 9


def test_equal_starts_and_the_order_of_starts_change_nothing() -> None:
    model = glass(40, 1)
    starts = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), size=(60, 40))
    found = local_minima(model, starts)
    twice = local_minima(model, np.concatenate([starts, starts])[::-1])
    assert (twice.states == found.states).all()
    assert (twice.starts == 2 * found.starts).all()
    assert (twice.label[::-1][:60] == found.label).all()
    assert len(found.states) > 5
    again = local_minima(model, found.states)
    assert (again.overlap == 1.0).all()
    assert (again.label == np.arange(len(found.states))).all()


def test_blocks_and_refreshed_fields_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = glass(40, 2)
    starts = np.random.default_rng(2).choice(np.array([-1, 1], np.int8), size=(50, 40))
    found = local_minima(model, starts)
    monkeypatch.setattr("multispin.learn.inverse.minima._BLOCK", 100)
    monkeypatch.setattr("multispin.learn.inverse.minima._REFRESH", 1)
    other = local_minima(model, starts)
    assert (other.states == found.states).all()
    assert (other.label == found.label).all()


def test_flips_that_change_nothing_are_not_made() -> None:
    """On a ring each end of a domain may move, but no move lowers the energy."""
    ring = ms.Ising((8,))
    start = [1, 1, 1, 1, -1, -1, -1, -1]
    found = local_minima(ring, [start])
    assert found.states.tolist() == [start]
    assert (found.flat.tolist(), found.energy.tolist()) == ([4], [-4.0])
    free = local_minima(ms.Pairwise(np.zeros((3, 3))), all_states(3))
    assert (len(free.states), free.flat.tolist()) == (8, [3] * 8)


@pytest.mark.parametrize("side", [-1, 1])
def test_rounding_is_no_reason_to_move(side: int) -> None:
    """0.1 + 0.2 - 0.3 is 5.6e-17 in floating point: the first spin stays as it is."""
    J = np.zeros((4, 4))
    J[0, 1:] = J[1:, 0] = [0.1, 0.2, -0.3]
    found = local_minima(ms.Pairwise(J, [0.0, 5.0, 5.0, 5.0]), [[side, 1, 1, 1]])
    assert found.states.tolist() == [[side, 1, 1, 1]]
    assert found.flat.tolist() == [1]


def test_a_lattice_and_its_double_bonds() -> None:
    model = ms.Ising((2, 4), J=-0.7, h=0.01)
    starts = np.random.default_rng(3).choice(np.array([-1, 1], np.int8), size=(20, 8))
    for start, label in zip(starts, (found := local_minima(model, starts)).label, strict=True):
        state = start
        while True:
            around = neighbours(state)
            energy = model.energy(around.reshape(-1, 2, 4))
            if not energy.min() < model.energy(state.reshape(2, 4)) - 1e-9:
                break
            state = around[np.flatnonzero(energy <= energy.min() + 1e-12)[0]]
        assert (state == found.states[label]).all()


def test_patterns_of_a_hopfield_network() -> None:
    rng = np.random.default_rng(4)
    patterns = rng.choice(np.array([-1, 1], np.int8), size=(3, 200))
    noisy = patterns * np.where(rng.random((3, 200)) < 0.1, -1, 1).astype(np.int8)
    found = local_minima(ms.Hopfield(patterns), noisy)
    assert {row.tobytes() for row in found.states} == {row.tobytes() for row in patterns}
    assert (found.overlap > 0.7).all()


@pytest.mark.parametrize(
    ("model", "starts", "error", "message"),
    [
        (3, [[1, 1]], TypeError, "model: got 3"),
        (ms.EdwardsAnderson((2, 2), samples=2), [[1] * 4], ValueError, "model: got '2 disorder"),
        (glass(3, 1), [[1, 1]], ValueError, "starts: got an array of shape"),
        (glass(3, 1), [1, 1, 1], ValueError, "starts: got an array of shape"),
        (glass(3, 1), [[1, 0, 1]], ValueError, "starts: got other values"),
        (glass(3, 1), np.ones((0, 3)), ValueError, "starts: got an array of shape"),
    ],
)
def test_wrong_arguments(model: Any, starts: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        local_minima(model, starts)
