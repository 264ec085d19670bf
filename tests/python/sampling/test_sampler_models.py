"""A sampler of every model: what it measures is what its spins say, whichever engine runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin import graphs
from multispin._engines.replica import MANY_BONDS_FROM
from reference.energies import energies, random_spins
from reference.replica import Replicas

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def pairwise(n: int, edges: NDArray[np.int64], **arguments: Any) -> ms.Pairwise:
    signs = ms.models.random_signs(len(edges), seed=3)
    couplings = arguments.pop("J", 1.0) * signs
    return ms.Pairwise.from_edges(n, edges, couplings, **arguments)


GLASSES = ms.models.random_signs(72, seed=9, samples=3)
#: Models, and the engine that a few replicas get.
MODELS: dict[str, tuple[ms.models.Model, str]] = {
    "chain": (ms.Ising((10,), h=0.2), "replica"),
    "odd chain": (ms.Ising((7,), J=-1.5), "replica"),
    "square": (ms.Ising((6, 8), J=-0.5, h=-0.25), "lattice"),
    "odd square": (ms.Ising((5, 6), J=-0.5, h=-0.25), "replica"),
    "square of side 2": (ms.Ising((2, 18)), "lattice"),
    "cube": (ms.Ising((4, 6, 2), J=0.5), "lattice"),
    "odd cube": (ms.Ising((3, 4, 5), J=-1.0, h=1.0), "replica"),
    "4D": (ms.Ising((2, 4, 2, 4)), "replica"),
    "odd 4D": (ms.Ising((3, 2, 3, 2), h=0.1), "replica"),
    "no coupling": (ms.Ising((4, 6), J=0.0, h=0.5), "replica"),
    "no coupling, odd": (ms.Ising((3, 5), J=0.0, h=0.5), "replica"),
    "glass": (ms.EdwardsAnderson((4, 6), seed=2, J=0.7, h=0.1), "replica"),
    "odd glass": (ms.EdwardsAnderson((3, 3, 5), seed=2), "replica"),
    "glasses": (ms.EdwardsAnderson((4, 3, 2), seed=4, samples=5, h=-0.5), "replica"),
    "one glass": (ms.EdwardsAnderson((4, 4), seed=4, samples=1), "replica"),
    "triangular": (pairwise(36, graphs.triangular((6, 6)), shape=(6, 6)), "replica"),
    "honeycomb": (pairwise(48, graphs.honeycomb((4, 6)), h=0.3), "replica"),
    "random regular": (pairwise(30, graphs.random_regular(30, 3, seed=1), J=2.5), "replica"),
    "triangular glasses": (
        ms.Pairwise.from_edges(24, graphs.triangular((4, 6)), GLASSES, shape=(4, 6)), "replica",
    ),
    "no edges": (ms.Pairwise.from_edges(5, np.empty((0, 2), np.int64), h=0.5), "replica"),
}  # fmt: skip
each_model = pytest.mark.parametrize("name", MODELS)


def lead(model: ms.models.Model, replicas: int) -> tuple[int, ...]:
    return (replicas,) if model.samples is None else (model.samples, replicas)


def swept(model: ms.models.Model, sweeps: int = 4, **arguments: Any) -> ms.Sampler:
    sampler = ms.Sampler(model, **({"temperature": 2.0, "replicas": 3, "seed": 8} | arguments))
    sampler.sweep(sweeps)
    return sampler


def spins_of(sampler: ms.Sampler) -> NDArray[np.int8]:
    return np.asarray(sampler.spins())


# --- what is measured -----------------------------------------------------------------------------


@each_model
def test_engine_and_shapes(name: str) -> None:
    model, engine = MODELS[name]
    sampler = swept(model)
    front = lead(model, 3)
    assert sampler.info()["engine"] == engine
    assert spins_of(sampler).shape == (*front, *model.shape)
    assert sampler.energy().shape == sampler.magnetization().shape == front
    assert sampler.overlap().shape == (*front, 3)
    n = model.n_spins
    assert [array.shape for array in sampler.moments()] == [(*front[:-1], n), (*front[:-1], n, n)]
    assert [array.shape for array in sampler.record(5, 2)] == [(5, *front)] * 2


@each_model
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_energy_and_magnetization_are_those_of_the_spins(name: str, dynamics: str) -> None:
    model, _ = MODELS[name]
    sampler = swept(model, dynamics=dynamics)
    energy, magnetization = sampler.record(2, 3)
    spins = spins_of(sampler)
    assert set(np.unique(spins)) <= {-1, 1}
    expected = energies(model, spins)
    np.testing.assert_allclose(sampler.energy(), expected, rtol=0, atol=1e-11)
    np.testing.assert_array_equal(energy[-1], sampler.energy())
    np.testing.assert_array_equal(sampler.energy_per_spin(), sampler.energy() / model.n_spins)
    sites = tuple(range(-len(model.shape), 0))
    np.testing.assert_allclose(sampler.magnetization(), spins.mean(sites), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(magnetization[-1], sampler.magnetization())


@each_model
def test_overlaps_and_moments_are_those_of_the_spins(name: str) -> None:
    model, _ = MODELS[name]
    sampler = swept(model, replicas=5)
    s = spins_of(sampler).reshape(*lead(model, 5), -1).astype(np.float64)
    n = model.n_spins
    overlap = np.einsum("...ai,...bi->...ab", s, s) / n
    np.testing.assert_allclose(sampler.overlap(), overlap, rtol=0, atol=1e-14)
    first, second = sampler.moments()
    np.testing.assert_allclose(first, s.mean(-2), rtol=0, atol=1e-14)
    np.testing.assert_allclose(
        second, np.einsum("...ri,...rj->...ij", s, s) / 5, rtol=0, atol=1e-14
    )
    if len(model.edges) == 0 or model.J == 0:
        with pytest.raises(ValueError, match="^link_overlap: got .*, allowed: "):
            sampler.link_overlap()
        return
    links = s[..., model.edges[:, 0]] * s[..., model.edges[:, 1]]
    expected = np.einsum("...ae,...be->...ab", links, links) / len(model.edges)
    np.testing.assert_allclose(sampler.link_overlap(), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", ["glass", "glasses", "odd square", "triangular glasses"])
def test_the_trajectory_is_the_twins(name: str) -> None:
    model, _ = MODELS[name]
    front = lead(model, 2)
    temperatures = np.linspace(1.0, 3.0, int(np.prod(front))).reshape(front)
    sampler = swept(model, 3, replicas=2, temperature=temperatures, first_stream=5, rng="aes")
    # J < 0 is in the twin's signs, as it is in the engine's.
    signs = np.sign(model.J) * np.repeat(np.atleast_2d(model.signs), 2, axis=0)
    twin = Replicas(
        model.n_spins, model.edges, signs, temperatures.ravel(), abs(model.J), model.h,
        "metropolis", "aes", 8, 5,
    )  # fmt: skip
    twin.sweep(3)
    np.testing.assert_array_equal(spins_of(sampler).reshape(twin.spins.shape), twin.spins)


def test_spins_without_couplings_follow_the_field() -> None:
    # 12800 independent spins with <s> = tanh(h/T) = 0.762: 5 standard errors are 0.029, so this
    # fails for fewer than one seed in a million.
    sampler = swept(ms.Ising((5, 5), J=0.0, h=1.0), 60, temperature=1.0, replicas=512)
    assert abs(sampler.magnetization().mean() - np.tanh(1.0)) < 0.029


def test_an_antiferromagnet_orders_as_one() -> None:
    sampler = swept(ms.Ising((3, 4), J=-1.0), 200, temperature=0.2, replicas=64)
    ferro = swept(ms.Ising((3, 4)), 200, temperature=0.2, replicas=64)
    assert sampler.info()["engine"] == ferro.info()["engine"] == "replica"
    # Ground states: 4 of the columns' rings of 3 leave one bond each; all bonds of a ferromagnet.
    assert sampler.energy().min() == -2 * 12 + 2 * 4
    assert ferro.energy().min() == -2 * 12


# --- temperatures and starts ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["odd square", "glass", "glasses", "square"])
def test_each_replica_has_its_temperature(name: str) -> None:
    model, _ = MODELS[name]
    sampler = swept(model, 200, temperature=[1e-3, 1e9, 1e-3], seed=4)
    np.testing.assert_array_equal(
        sampler.temperature, np.broadcast_to([1e-3, 1e9, 1e-3], lead(model, 3))
    )
    energy = np.array([sampler.record(40)[0]]).mean(axis=(0, 1))
    assert np.all(energy[..., [0, 2]] < energy[..., [1]])


def test_each_replica_of_each_sample_has_its_temperature() -> None:
    model = ms.EdwardsAnderson((4, 6), seed=1, samples=3)
    cold = np.array([[True, False], [False, False], [True, True]])
    temperatures = np.where(cold, 1e-3, 1e9)
    # (Metropolis flips every spin of an infinite temperature in every sweep.)
    sampler = swept(model, 100, temperature=temperatures, replicas=2, dynamics="glauber")
    np.testing.assert_array_equal(sampler.temperature, temperatures)
    # At T = 0 sweeps cannot raise the energy; at infinite temperature nearly every one changes it.
    energy = sampler.record(50)[0]
    falls = np.all(np.diff(energy, axis=0) <= 0, axis=0)
    np.testing.assert_array_equal(falls, cold)
    sampler.temperature = 2.5
    assert sampler.temperature == 2.5
    for wrong in (temperatures[:2], temperatures.T, temperatures[None], temperatures[:, :1]):
        with pytest.raises(ValueError, match="^temperature: got .*allowed: "):
            sampler.temperature = wrong
    assert sampler.temperature == 2.5


@each_model
def test_starts(name: str) -> None:
    model, _ = MODELS[name]
    front = lead(model, 3)
    for word, value in (("up", 1), ("down", -1)):
        assert np.all(spins_of(swept(model, 0, init=word)) == value)
    each = random_spins(model, (3,), seed=1)
    np.testing.assert_array_equal(spins_of(swept(model, 0, init=each)), each)
    one = each[(0,) * len(front)]
    np.testing.assert_array_equal(
        spins_of(swept(model, 0, init=one)), np.broadcast_to(one, (*front, *model.shape))
    )
    with pytest.raises(ValueError, match=r"^init: got an array of shape \(.*\), allowed"):
        swept(model, init=each[..., :-1])


# --- keeping --------------------------------------------------------------------------------------


@each_model
@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_a_loaded_sampler_goes_on_bit_for_bit(name: str, rng: str, tmp_path: Path) -> None:
    model, engine = MODELS[name]
    front = lead(model, 3)
    temperatures = np.linspace(1.0, 3.0, int(np.prod(front))).reshape(front)
    arguments = {"temperature": temperatures, "rng": rng, "dynamics": "glauber", "first_stream": 7}
    swept(model, 5, **arguments).save(tmp_path / "run")
    loaded = ms.Sampler.load(tmp_path / "run")
    assert loaded.sweeps_done == 5
    assert loaded.info()["engine"] == engine
    assert repr(loaded) == repr(swept(model, 5, **arguments))
    loaded.sweep(4)
    whole = swept(model, 9, **arguments)
    np.testing.assert_array_equal(loaded.packed(), whole.packed())
    np.testing.assert_array_equal(loaded.temperature, temperatures)
    np.testing.assert_array_equal(loaded.energy(), whole.energy())


def test_an_engine_that_was_asked_for_is_kept(tmp_path: Path) -> None:
    sampler = swept(ms.Ising((4, 6)), engine="replica")
    sampler.save(tmp_path / "run")
    assert ms.Sampler.load(tmp_path / "run").info()["engine"] == "replica"
    other = swept(ms.Ising((4, 6)), engine="lattice")
    assert not np.array_equal(sampler.spins(), other.spins())


def test_shared_random_numbers_are_kept(tmp_path: Path) -> None:
    model = ms.EdwardsAnderson((4, 4), seed=1, samples=6)
    shared = {"replicas": 1, "shared_random_numbers": True}
    swept(model, 5, **shared).save(tmp_path / "run")
    loaded = ms.Sampler.load(tmp_path / "run")
    loaded.sweep(4)
    np.testing.assert_array_equal(loaded.spins(), swept(model, 9, **shared).spins())
    assert not np.array_equal(loaded.spins(), swept(model, 9, replicas=1).spins())


# --- which engine, and what is refused ------------------------------------------------------------


@pytest.mark.parametrize(("shape", "replicas", "engine"), [
    ((4, 30), 63, "lattice"), ((4, 30), 64, "replica"),
    ((4, 32), 64, "lattice"), ((32, 4), 64, "replica"),
    ((4, 2, 30), 64, "replica"), ((4, 2, 32), 64, "lattice"),
    ((2, 2), 1, "replica"), ((4, 8), 1, "replica"), ((6, 6), 1, "lattice"),
    ((31, 32), 1, "replica"), ((1024,), 1, "replica"),
])  # fmt: skip
def test_the_rule(shape: tuple[int, ...], replicas: int, engine: str) -> None:
    assert ms.Sampler(ms.Ising(shape), replicas=replicas).info()["engine"] == engine


@pytest.mark.parametrize(
    "name",
    [name for name, (_, engine) in MODELS.items() if engine != "lattice" and name != "no coupling"],
)
def test_the_lattice_engine_says_what_it_cannot_run(name: str) -> None:
    with pytest.raises(ValueError, match="^engine: got 'lattice' for .*, allowed: 'auto' or"):
        ms.Sampler(MODELS[name][0], engine="lattice")


def test_a_named_engine_speaks_for_itself() -> None:
    with pytest.raises(ValueError, match="^engine: got 'lattice' for the model EdwardsAnderson"):
        ms.Sampler(ms.EdwardsAnderson((4, 4)), engine="lattice", first_stream=2**26)


def test_what_is_no_engine() -> None:
    with pytest.raises(ValueError, match="^engine: got 'gpu', allowed: 'auto', 'lattice'"):
        ms.Sampler(ms.Ising((4, 4)), engine="gpu")
    with pytest.raises(TypeError, match="^engine: got None, allowed: "):
        ms.Sampler(ms.Ising((4, 4)), engine=None)  # type: ignore[arg-type]


def test_methods_of_the_other_engine() -> None:
    sampler = swept(ms.Ising((5, 6)))
    with pytest.raises(ValueError, match="^copy: got False, allowed: True"):
        sampler.packed(copy=False)


@pytest.mark.parametrize("engine", ["lattice", "replica"])
def test_couplings_of_several_magnitudes(engine: str) -> None:
    model = ms.Pairwise(np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]]))
    with pytest.raises(
        ValueError,
        match="^model: got Pairwise.* several magnitudes, such as 1.0 and 2.0, allowed with engine",
    ):
        ms.Sampler(model, engine=engine)
    assert swept(model).info()["engine"] == "real"


@pytest.mark.parametrize("engine", ["lattice", "replica"])
def test_fields_that_differ(engine: str) -> None:
    model = ms.Ising((4, 4), h=np.arange(16.0).reshape(4, 4))
    with pytest.raises(ValueError, match="^model: got Ising.* with fields that differ from site"):
        ms.Sampler(model, engine=engine)
    assert swept(model).info()["engine"] == "real"


def test_graphs_that_are_too_dense() -> None:
    """More than 12 bonds of a site are for Metropolis without a field, and for many replicas."""
    dense = np.ones((14, 14)) - np.eye(14)
    for model, dynamics in (
        (ms.Pairwise(dense, h=0.5), "metropolis"),
        (ms.Pairwise(dense), "glauber"),
    ):
        with pytest.raises(
            ValueError, match="^model: got .* 13 edges of a site, allowed: at most 12"
        ):
            ms.Sampler(model, engine="replica", dynamics=dynamics)
        assert swept(model, dynamics=dynamics).info()["engine"] == "real"
        fewer = ms.Pairwise(dense[:13, :13], h=model.h)
        assert swept(fewer, dynamics=dynamics).info()["engine"] == "replica"
    samples = ms.SherringtonKirkpatrick(14, seed=1, samples=4, couplings="bimodal")
    with pytest.raises(ValueError, match="^model: got .* 13 edges of a site, allowed: at most 12"):
        ms.Sampler(samples, shared_random_numbers=True, engine="replica")
    assert swept(ms.Pairwise(dense), engine="replica").info()["engine"] == "replica"
    assert swept(ms.Pairwise(dense), replicas=MANY_BONDS_FROM).info()["engine"] == "replica"
    assert swept(ms.Pairwise(dense), replicas=MANY_BONDS_FROM - 1).info()["engine"] == "real"


def test_shared_random_numbers_are_for_samples() -> None:
    glasses = ms.EdwardsAnderson((4, 4), seed=1, samples=4)
    for model, replicas in ((ms.Ising((4, 4)), 1), (glasses.sample(0), 1), (glasses, 2)):
        with pytest.raises(
            ValueError, match="^shared_random_numbers: got True, allowed: False, or"
        ):
            ms.Sampler(model, replicas=replicas, shared_random_numbers=True)
    with pytest.raises(TypeError, match="^shared_random_numbers: got 1, allowed: True or False"):
        ms.Sampler(glasses, shared_random_numbers=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="^engine: got 'lattice' for shared_random_numbers"):
        ms.Sampler(glasses, shared_random_numbers=True, engine="lattice")


@pytest.mark.parametrize("model", [ms.Pairwise.from_edges(5, []), ms.Ising((4, 6), J=0.0)])
def test_no_energy_has_a_minus_without_value(model: ms.models.Model) -> None:
    sampler = ms.Sampler(model, 2.0, replicas=3)
    energies_of = (
        sampler.energy(),
        sampler.record(5)[0],
        model.energy(sampler.spins()),
        ms.simulate(model, 2.0, 5, 0).energy.values,
        ms.temper(model, [1.0, 2.0], 5).energy.values,
        ms.anneal(model, [2.0, 1.0], 5, replicas=3).energy.values,
    )
    for energy in energies_of:
        assert np.all(energy == 0)
        assert not np.signbit(energy).any()
