"""Tempering over engines of any kind: compiled lattices, and engines written in Python."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin import _core
from reference.replica import Replicas
from reference.tempering import Tempering

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRID = np.array([1.6, 2.0, 2.5, 3.2])
LADDERS = 3
WALKERS = LADDERS * len(GRID)
PAIRS = [(0, 1), (0, 2), (1, 2)]


def keywords(shape: tuple[int, ...], **changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "temperatures": GRID.tolist(), "ladders": LADDERS, "swap_interval": 1,
        "exchanges_per_draw": 1, "cluster_moves": False, "seed": 5, "shape": list(shape),
    }  # fmt: skip
    return arguments | changes


def records(draws: int) -> dict[str, NDArray[Any]]:
    of_pairs = (draws, 1, len(GRID), len(PAIRS))
    return {
        "energy": np.zeros((draws, 1, len(GRID), LADDERS)),
        "spins": np.zeros((draws, 1, len(GRID), LADDERS), dtype=np.int64),
        "overlap": np.zeros(of_pairs, dtype=np.int64),
        "link_overlap": np.zeros(of_pairs, dtype=np.int64),
        "overlap_k2": np.zeros(of_pairs),
        "temperature_index": np.zeros((draws, 1, LADDERS, len(GRID)), dtype=np.int16),
    }


def expect_twin(
    record: dict[str, NDArray[Any]], draw: int, twin: Tempering, shape: tuple[int, ...]
) -> None:
    """Compare a draw with the twin's next step, whose exchange does not move spins."""
    energies, index = twin.step(1)
    spins = twin.replicas.spins.astype(np.int64)
    np.testing.assert_array_equal(record["energy"][draw, 0].T, energies)
    np.testing.assert_array_equal(record["temperature_index"][draw, 0], index)
    edges = twin.replicas.edges.T
    at = np.argsort(index, axis=1) + len(GRID) * np.arange(LADDERS)[:, None]
    np.testing.assert_array_equal(record["spins"][draw, 0].T, spins[at].sum(axis=-1))
    for number, (first, second) in enumerate(PAIRS):
        for t in range(len(GRID)):
            q = spins[at[first, t]] * spins[at[second, t]]
            assert record["overlap"][draw, 0, t, number] == q.sum()
            assert record["link_overlap"][draw, 0, t, number] == (q[edges[0]] * q[edges[1]]).sum()
            transform = np.fft.fftn(q.reshape(shape))
            k_min = [
                transform[tuple(int(axis == a) for a in range(len(shape)))]
                for axis in range(len(shape))
            ]
            k2 = np.mean(np.abs(k_min) ** 2)
            np.testing.assert_allclose(record["overlap_k2"][draw, 0, t, number], k2, atol=1e-9)


class Lattice:
    """What the twin of tempering needs of replicas, swept by the compiled lattice engine."""

    seed, replicas = 5, WALKERS

    def __init__(self, model: ms.Ising) -> None:
        *planes, rows, columns = model.shape
        self.engine = _core.LatticeEngine(
            planes=planes[0] if planes else 1, rows=rows, columns=columns, replicas=WALKERS,
            J=model.J, h=model.h, dynamics="metropolis", rng="philox", seed=5, first_stream=0,
            threads=1,
        )  # fmt: skip
        self.J, self.h = model.J, model.h
        self.edges = model.edges
        self.signs = np.ones((1, len(self.edges)), dtype=np.int64)
        self.engine.randomize()
        self.set_temperatures = self.engine.set_temperatures
        self.sweep = self.engine.sweep

    @property
    def spins(self) -> NDArray[np.int8]:
        return self.engine.spins.reshape(WALKERS, -1)


@pytest.mark.parametrize("shape", [(6, 8), (2, 4), (4, 2, 6)])
@pytest.mark.parametrize(("J", "h"), [(1.0, 0.0), (-1.0, 0.3)])
def test_lattices_are_tempered_as_the_twin_does(shape: tuple[int, ...], J: float, h: float) -> None:
    model = ms.Ising(shape, J=J, h=h)
    twin = Tempering(Lattice(model), GRID)  # type: ignore[arg-type]  # has what it takes
    tempering = Lattice(model).engine.tempering(**keywords(shape))
    record = records(10)
    tempering.run(draws=10, **record)
    for draw in range(10):
        expect_twin(record, draw, twin, shape)
    assert 0 < twin.accepted == sum(tempering.state[2]["accepted"])


class InPython:
    """An engine that is written in Python: the slow twin of the replica engine."""

    def __init__(self, model: Any) -> None:
        self.twin = Replicas(
            model.n_spins, model.edges, model.signs, np.ones(WALKERS), h=model.h, seed=5
        )
        self.set_temperatures = self.twin.set_temperatures
        self.sweep = self.twin.sweep

    @property
    def sweeps_done(self) -> int:
        return self.twin.sweeps_done

    def spins(self) -> NDArray[np.int8]:
        return self.twin.spins

    def energies(self) -> NDArray[np.float64]:
        return Tempering.energies(self)  # type: ignore[arg-type]

    @property
    def replicas(self) -> Replicas:
        return self.twin

    def spin_sums(self) -> NDArray[np.int64]:
        return self.twin.spins.sum(axis=1, dtype=np.int64)


def tempering_of(engine: Any, model: Any, **changes: Any) -> Any:
    return _core.tempering_of(
        engine, replicas=WALKERS, sites=model.n_spins, edges=model.edges.astype(np.uint32),
        **(keywords(model.shape) | changes),
    )  # fmt: skip


GLASS = ms.EdwardsAnderson((3, 4), seed=5, h=0.2)


def test_engines_in_python_are_tempered_as_the_twin_does() -> None:
    twin = Tempering(InPython(GLASS).twin, GRID)
    tempering = tempering_of(InPython(GLASS), GLASS)
    gc.collect()  # the engine lives on
    record = records(8)
    tempering.run(draws=8, **record)
    for draw in range(8):
        expect_twin(record, draw, twin, GLASS.shape)
    assert 0 < twin.accepted == sum(tempering.state[2]["accepted"])


class RefusalError(Exception):
    pass


@pytest.mark.parametrize("name", ["sweep", "energies", "set_temperatures", "spin_sums"])
def test_what_an_engine_in_python_raises_leaves_the_run_in_order(name: str) -> None:
    expected = records(4)
    tempering_of(InPython(GLASS), GLASS).run(draws=4, **expected)
    engine = InPython(GLASS)
    tempering = tempering_of(engine, GLASS)
    plain, calls = getattr(engine, name), 0

    def refusing(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise RefusalError
        return plain(*arguments)

    setattr(engine, name, refusing)
    got = records(4)
    for draw in range(4):
        one = {key: array[draw : draw + 1] for key, array in got.items()}
        try:
            tempering.run(draws=1, **one)
        except RefusalError:
            # An exchange whose temperatures did not arrive has been made.
            if tempering.state[0] == draw:
                tempering.run(draws=1, **one)
    assert calls > 3
    for key, array in expected.items():
        np.testing.assert_array_equal(got[key], array, err_msg=key)


def test_a_state_goes_on_elsewhere() -> None:
    first, second = (Lattice(ms.Ising((6, 8))) for _ in range(2))
    one = first.engine.tempering(**keywords((6, 8)))
    other = second.engine.tempering(**keywords((6, 8)))
    one.run(draws=5)
    second.engine.set_packed(first.engine.packed)
    second.engine.sweeps_done = first.engine.sweeps_done
    other.set_state(*one.state)
    here, there = records(3), records(3)
    one.run(draws=3, **here)
    other.run(draws=3, **there)
    for name, array in here.items():
        np.testing.assert_array_equal(array, there[name], err_msg=name)
    assert one.state == other.state


def test_what_is_refused() -> None:
    engine = Lattice(ms.Ising((6, 8))).engine
    with pytest.raises(ValueError, match="cluster_moves: got an engine without them"):
        engine.tempering(**keywords((6, 8), cluster_moves=True))
    with pytest.raises(ValueError, match="cluster_moves: got an engine without them"):
        tempering_of(InPython(GLASS), GLASS, cluster_moves=True)
    with pytest.raises(ValueError, match="shape: allowed: none, or the lattice's own"):
        engine.tempering(**keywords((8, 6)))
    with pytest.raises(ValueError, match="shape: allowed: none, or sides"):
        tempering_of(InPython(GLASS), GLASS, shape=[5, 5])
    with pytest.raises(ValueError, match="temperatures times ladders"):
        engine.tempering(**keywords((6, 8), ladders=2))
    tempering = engine.tempering(**keywords((6, 8)))
    with pytest.raises(ValueError, match="overlap_k2: got an array of another size"):
        tempering.run(draws=2, overlap_k2=np.zeros((2, 5)))


def test_an_engine_in_python_that_gives_too_little_is_told() -> None:
    engine = InPython(GLASS)
    tempering = tempering_of(engine, GLASS)
    engine.energies = lambda: np.zeros(3)  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="energies"):
        tempering.run(draws=1)


def test_overlaps_of_lattices_are_those_of_the_spins() -> None:
    engine = Lattice(ms.Ising((6, 8))).engine
    spins = engine.spins.reshape(WALKERS, -1).astype(np.int64)
    i, j = ms.Ising((6, 8)).edges.T
    first, second = np.triu_indices(WALKERS, 1)
    pairs = np.column_stack([first, second]).astype(np.uint32)
    q = spins[first] * spins[second]
    np.testing.assert_array_equal(engine.overlaps(pairs), q.sum(axis=1))
    np.testing.assert_array_equal(engine.link_overlaps(pairs), (q[:, i] * q[:, j]).sum(axis=1))
    with pytest.raises(ValueError, match="pairs: got a replica beyond the last"):
        engine.overlaps(np.array([[0, WALKERS]], dtype=np.uint32))
