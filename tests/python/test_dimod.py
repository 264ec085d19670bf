"""The sampler of dimod: its interface, energies, schedules, and the same reads whatever the way."""

from __future__ import annotations

import importlib
import sys
from typing import Any
from unittest import TestCase

import dimod
import dimod.testing
import numpy as np
import pytest

import multispin as ms
from multispin.dimod import MultispinSampler

FRUSTRATED = dimod.BinaryQuadraticModel(
    {"a": 0.5, "b": -1.0}, {"ab": 1.0, "bc": 2.0, "ca": -1.5, "cd": 0.25}, 3.0, "SPIN"
)


def glass(n: int = 12, seed: int = 1, vartype: str = "SPIN") -> Any:
    """Integers on all pairs and sites, and an offset, under names out of order."""
    rng = np.random.default_rng(seed)
    names = [f"x{k}" for k in rng.permutation(n)]
    linear = dict(zip(names, rng.integers(-5, 6, n).tolist(), strict=True))
    pairs = {(names[i], names[j]): int(rng.integers(-9, 10)) for i in range(n) for j in range(i)}
    return dimod.BinaryQuadraticModel(linear, pairs, 2.5, vartype)


def states(sampleset: Any, bqm: Any = None) -> Any:
    """Samples, in the order of the variables of the model, if one is given."""
    order = sampleset.variables if bqm is None else bqm.variables
    return sampleset.record.sample[:, [sampleset.variables.index(v) for v in order]].tolist()


# --- dimod's own tests ----------------------------------------------------------------------------


@dimod.testing.load_sampler_bqm_tests(MultispinSampler)
class TestOfDimod(TestCase):
    """Small models of all classes and of both vartypes, the empty one too."""

    def test_interface(self) -> None:
        sampler = MultispinSampler()
        dimod.testing.assert_sampler_api(sampler)
        assert isinstance(sampler, dimod.Initialized)
        assert set(sampler.parameters) < {*_annotations(), "parameters"}
        assert all(name in sampler.properties for of in sampler.parameters.values() for name in of)


def _annotations() -> set[str]:
    return set(MultispinSampler.sample.__annotations__)


def test_other_parameters_are_ignored_with_a_warning() -> None:
    with pytest.warns(dimod.exceptions.SamplerUnknownArgWarning, match="chain_strength"):
        MultispinSampler().sample(FRUSTRATED, num_sweeps=1, chain_strength=2)


# --- what comes back ------------------------------------------------------------------------------


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
@pytest.mark.parametrize("seed", range(3))
def test_ground_states(seed: int, vartype: str) -> None:
    bqm = glass(seed=seed, vartype=vartype)
    sampleset = MultispinSampler(threads=1).sample(bqm, num_reads=64, num_sweeps=200, seed=seed)
    assert sampleset.vartype is bqm.vartype
    assert set(sampleset.variables) == set(bqm.variables)
    assert sampleset.record.num_occurrences.tolist() == [1] * 64
    order = list(bqm.variables)
    assert (
        sampleset.record.energy.tolist() == bqm.energies((states(sampleset, bqm), order)).tolist()
    )
    assert sampleset.first.energy == dimod.ExactSolver().sample(bqm).first.energy


def test_info() -> None:
    sampleset = MultispinSampler().sample(FRUSTRATED, num_sweeps=20, num_sweeps_per_beta=2, seed=7)
    info = sampleset.info
    hot, cold = ms.temperature_range(ms.couplings.from_dimod(FRUSTRATED).model)
    assert info["beta_range"] == [1 / hot, 1 / cold]
    assert (info["seed"], info["beta_schedule_type"]) == (7, "geometric")
    np.testing.assert_allclose(info["beta_schedule"], np.geomspace(1 / hot, 1 / cold, 10))
    assert (info["num_sweeps_per_beta"], info["engine"], info["device"]) == (2, "real", "cpu")
    timing = info["timing"]
    assert set(timing) == {"preprocessing_ns", "sampling_ns", "postprocessing_ns"}
    assert all(isinstance(value, int) and value > 0 for value in timing.values())
    again = dimod.SampleSet.from_serializable(sampleset.to_serializable())
    assert again.info["seed"] == 7
    fresh = [MultispinSampler().sample(FRUSTRATED, num_sweeps=1).info["seed"] for _ in range(2)]
    assert fresh[0] != fresh[1]


def test_a_model_without_variables() -> None:
    bqm = dimod.BinaryQuadraticModel({}, {}, 1.5, "BINARY")
    sampleset = MultispinSampler().sample(bqm, num_reads=3, initial_states_generator="random")
    assert sampleset.record.energy.tolist() == [1.5] * 3
    with pytest.raises(ValueError, match="^bqm: got one without variables, allowed: at least one"):
        ms.couplings.from_dimod(bqm)


# --- the same reads -------------------------------------------------------------------------------


def test_a_seed_gives_the_same_reads() -> None:
    bqm, given = glass(40), {"num_reads": 130, "num_sweeps": 10, "seed": 5}
    expected = states(MultispinSampler(threads=1).sample(bqm, **given))
    assert states(MultispinSampler(threads=3).sample(bqm, **given)) == expected
    assert states(MultispinSampler(threads=1).sample(bqm, **{**given, "seed": 6})) != expected
    calls = []
    part = MultispinSampler().sample(bqm, **given, interrupt_function=lambda: calls.append(1))
    assert states(part) == expected
    assert len(calls) == 2  # after 64 and 128
    part = MultispinSampler().sample(bqm, **given, interrupt_function=lambda: True)
    assert states(part) == expected[:64]


def test_reads_are_the_replicas_of_an_annealing() -> None:
    model = ms.SherringtonKirkpatrick(20, seed=1)
    bqm = ms.couplings.to_dimod(model)
    temperatures = 1 / np.geomspace(0.3, 3.0, 10)
    run = ms.anneal(model, temperatures, 2, replicas=16, seed=3, final_states=True)
    sampleset = MultispinSampler().sample(
        bqm, num_reads=16, num_sweeps=20, num_sweeps_per_beta=2, beta_range=[0.3, 3.0], seed=3
    )
    assert states(sampleset) == run.final_state.values.tolist()


# --- schedules ------------------------------------------------------------------------------------


def schedule_of(**parameters: Any) -> Any:
    return MultispinSampler().sample(FRUSTRATED, seed=1, **parameters).info["beta_schedule"]


def test_schedules() -> None:
    ends = {"beta_range": [0.5, 8.0], "num_sweeps": 5}
    np.testing.assert_allclose(schedule_of(**ends), [0.5, 1, 2, 4, 8])
    linear = schedule_of(**ends, beta_schedule_type="linear")
    np.testing.assert_allclose(linear, [0.5, 2.375, 4.25, 6.125, 8.0])
    assert schedule_of(beta_range=(0.5, 8.0), num_sweeps=1) == [8.0]
    assert schedule_of(beta_range=(8.0, 0.5), num_sweeps=2) == [8.0, 0.5]
    assert schedule_of(num_sweeps=0) == []
    assert len(schedule_of()) == 1000
    custom = {"beta_schedule_type": "custom", "beta_schedule": [0.0, 1.0, 0.5]}
    assert schedule_of(**custom) == [0.0, 1.0, 0.5]
    assert schedule_of(**custom, num_sweeps=6, num_sweeps_per_beta=2) == [0.0, 1.0, 0.5]
    assert schedule_of(**custom, beta_range=[0.0, 0.5]) == [0.0, 1.0, 0.5]


@pytest.mark.parametrize("randomize", [False, True])
@pytest.mark.parametrize("criteria", ["Metropolis", "Gibbs"])
def test_a_constant_temperature_draws_from_boltzmann(criteria: str, randomize: bool) -> None:
    # 4000 independent reads of 16 states: of the 16 frequencies, the largest deviation in standard
    # errors is beyond 4.5 with a probability of 1e-4; the seed is fixed.
    exact = dimod.ExactSolver().sample(FRUSTRATED)
    weight = np.exp(-0.5 * exact.record.energy)
    sampleset = MultispinSampler().sample(
        FRUSTRATED, num_reads=4000, seed=1, beta_schedule_type="custom", beta_schedule=[0.5],
        num_sweeps_per_beta=60, proposal_acceptance_criteria=criteria,
        randomize_order=randomize,
    )  # fmt: skip
    powers = 2 ** np.arange(4)
    order = [sampleset.variables.index(v) for v in exact.variables]
    seen = np.bincount(((1 + sampleset.record.sample[:, order]) // 2) @ powers, minlength=16)
    p = np.zeros(16)
    p[((1 + exact.record.sample) // 2) @ powers] = weight / weight.sum()
    assert np.abs((seen - 4000 * p) / np.sqrt(4000 * p * (1 - p))).max() < 4.5


def test_an_infinite_temperature() -> None:
    parameters = {"beta_schedule_type": "custom", "beta_schedule": [0.0] * 3, "num_reads": 2000}
    sampleset = MultispinSampler().sample(
        FRUSTRATED, seed=1, proposal_acceptance_criteria="Gibbs", **parameters
    )
    assert abs(sampleset.record.sample.mean(axis=0)).max() < 4.5 / np.sqrt(2000)


# --- states to begin with -------------------------------------------------------------------------


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
@pytest.mark.parametrize("kind", [int, np.int8, np.float64])
def test_initial_states(kind: Any, vartype: str) -> None:
    bqm = glass(5, vartype=vartype)
    low = min(bqm.vartype.value)
    rows = [[1, low, 1, low, low], [low, low, 1, 1, 1]]
    # In another order than the model's.
    given = (np.array(rows, kind)[:, ::-1], list(bqm.variables)[::-1])
    sampler = MultispinSampler()
    kept: dict[str, Any] = {"initial_states": given, "num_sweeps": 0, "seed": 1}
    assert states(sampler.sample(bqm, **kept), bqm) == rows
    tiled = sampler.sample(bqm, **kept, num_reads=3, initial_states_generator="tile")
    assert states(tiled, bqm) == [*rows, rows[0]]
    more = sampler.sample(bqm, **kept, num_reads=20, initial_states_generator="random")
    assert states(more, bqm)[:2] == rows
    assert len({tuple(row) for row in states(more)}) > 5
    assert states(more) == states(sampler.sample(bqm, **kept, num_reads=20))
    assert states(sampler.sample(bqm, **kept, num_reads=1), bqm) == rows[:1]
    with pytest.raises(ValueError, match=r"^initial_states: got .*, allowed: .* \('insufficient"):
        sampler.sample(bqm, **kept, num_reads=3, initial_states_generator="none")


def test_initial_states_of_the_other_vartype() -> None:
    bqm = glass(3, vartype="BINARY")
    for rows in ([[1, -1, 1]], np.array([[1, 0, 1]], np.uint8)):
        given = {"initial_states": (rows, list(bqm.variables)), "num_sweeps": 0}
        assert states(MultispinSampler().sample(bqm, **given), bqm) == [[1, 0, 1]]


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(("parameters", "message"), [
    ({"num_reads": 0}, "num_reads: got 0"), ({"num_reads": 1.5}, "num_reads: got 1.5"),
    ({"num_sweeps": -1}, "num_sweeps: got -1"), ({"num_sweeps_per_beta": 0}, "num_sweeps_per_"),
    ({"num_sweeps": 5, "num_sweeps_per_beta": 2}, "num_sweeps: got 5, allowed: a multiple of"),
    ({"beta_range": [1.0]}, "beta_range: got [1.0], allowed: two finite numbers >= 0"),
    ({"beta_range": [-1.0, 1.0]}, "beta_range: got [-1.0, 1.0]"),
    ({"beta_range": [0.0, 1.0]}, "beta_range: got [0.0, 1.0], allowed: numbers > 0"),
    ({"beta_range": "ab"}, "beta_range: got 'ab'"),
    ({"beta_schedule_type": "cubic"}, "beta_schedule_type: got 'cubic'"),
    ({"beta_schedule": [1.0]}, "beta_schedule: got [1.0], allowed: None, unless"),
    ({"beta_schedule_type": "custom"}, "beta_schedule: got None"),
    ({"beta_schedule_type": "custom", "beta_schedule": []}, "beta_schedule: got []"),
    ({"beta_schedule_type": "custom", "beta_schedule": [-1.0]}, "beta_schedule: got [-1.0]"),
    ({"beta_schedule_type": "custom", "beta_schedule": [1.0], "num_sweeps": 2}, "num_sweeps: "),
    ({"beta_schedule_type": "custom", "beta_schedule": [1.0], "beta_range": [1, 2]},
     "beta_range: got [1.0, 2.0], allowed: None or [1.0, 1.0]"),
    ({"seed": -1}, "seed: got -1"), ({"seed": "x"}, "seed: got 'x'"),
    ({"initial_states_generator": "all"}, "initial_states_generator: got 'all'"),
    ({"initial_states_generator": "tile"}, "initial_states: got None, allowed: states, as"),
    ({"initial_states": {"a": 1}}, "initial_states: got {'a': 1}, allowed: states of all"),
    ({"initial_states": object()}, "initial_states: got "), ({"initial_states": "x"}, "initial_st"),
    ({"initial_states": {"a": 1, "b": 2, "c": 1, "d": 1}}, "initial_states: got "),
    ({"proposal_acceptance_criteria": "x"}, "proposal_acceptance_criteria: got 'x'"),
    ({"randomize_order": 1}, "randomize_order: got 1"),
    ({"interrupt_function": 3}, "interrupt_function: got 3"),
])  # fmt: skip
def test_wrong_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match="allowed: ") as caught:
        MultispinSampler().sample(FRUSTRATED, **parameters)
    assert str(caught.value).startswith(message)


def test_what_is_no_model_and_no_machine() -> None:
    with pytest.raises(TypeError, match="^bqm: got 'x', allowed: a dimod.Binary"):
        MultispinSampler().sample("x")
    with pytest.raises(ValueError, match="^device: got 'tpu', allowed: "):
        MultispinSampler(device="tpu")
    with pytest.raises(ValueError, match="^threads: got 0, allowed: "):
        MultispinSampler(threads=0)


def test_without_dimod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dimod", None)
    for name in [name for name in sys.modules if name.startswith("multispin.dimod")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ms.MissingExtraError, match=r"multispin\[graphs\]"):
        importlib.import_module("multispin.dimod")
