"""Sweeps of the number of replicas, against exact results and samplers of their own.

A seed's estimate and its error are themselves uncertain, so estimates of SEEDS seeds, which are
independent, are compared with what they should be by Student's t. There are fewer than 100
comparisons: a correct program fails in 1e-6 of all choices of seeds; here they are fixed.
"""

from __future__ import annotations

import math
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import multispin as ms
from multispin import plot
from multispin._base import memory
from multispin.runs import _observing, _replica_run
from multispin.sampling import observables

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from multispin.progress import Progress

SEEDS = 20
ALPHA = 1e-6 / 100
T_LIMIT = stats.t.isf(ALPHA / 2, SEEDS - 1)  # 9.4
GLASS = ms.EdwardsAnderson((3, 3), seed=2)
POWERS = (1, 2, 4, 8, 16, 32, 64)


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time pieces that are short: how long they are is not what is tested."""
    monkeypatch.setattr(_replica_run, "_PIECE", 1e-4)


def sweep(model: Any = GLASS, temperature: float = 2.5, **others: Any) -> xr.Dataset:
    request = {"sweeps": 1000, "thermalization": 200, "seed": 5, "threads": 1} | others
    return ms.replica_sweep(model, temperature, **request)


def of_seeds(*names: str, **request: Any) -> list[NDArray[np.float64]]:
    """Variables of runs that differ in their seeds, (SEEDS, ...)."""
    runs = [sweep(**request, seed=seed) for seed in range(SEEDS)]
    return [np.array([run[name].values for run in runs]) for name in names]


def check_mean(values: NDArray[np.float64], true: Any, bias: float = 0.0) -> Any:
    """Compare the mean over seeds with what it should be, and return what would be noticed."""
    limit = bias + T_LIMIT * values.std(axis=0, ddof=1) / math.sqrt(len(values))
    assert np.all(abs(values.mean(axis=0) - true) < limit)
    return limit


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.parametrize("model", [ms.Ising((8, 8)), ms.EdwardsAnderson((4, 4, 4), seed=1)])
def test_errors_fall_as_independent_replicas_do(model: Any) -> None:
    suffixes = ("slope", "slope_error", "error", "direct_error")
    observables = ("energy_per_spin", "abs_magnetization")
    names = [f"{name}_{suffix}" for name in observables for suffix in suffixes]
    found = of_seeds("overlap2_slope", *names, model=model, temperature=3.0, replicas=POWERS)
    for slope, slope_error, error, direct in (found[1:5], found[5:9]):
        assert check_mean(slope, -0.5) < 0.1
        # Errors of the slope that are as large as it scatters; their own are up to a fifth.
        spread = np.sum(((slope + 0.5) / slope_error) ** 2)
        assert stats.chi2.cdf(1.44 * spread, SEEDS) > ALPHA
        assert stats.chi2.sf(spread / 1.44, SEEDS) > ALPHA
        # Two measurements of one error: 0.1 for the bias of both, a factor of two is noticed.
        assert np.all(check_mean(np.log(direct / error), 0.0, bias=0.1) < math.log(2))
    # q² of all pairs gains more, as long as the noise of single pairs dominates: the mean is -0.65
    # or -0.85, known to 0.01.
    assert -1.0 < found[0].mean() < -0.5


class InStep(ms.Sampler):
    """A sampler whose replicas all have the noise of the first one, beside their own."""

    def record(self, draws: int, interval: int = 1) -> tuple[Any, Any]:
        energy, m = super().record(draws, interval)
        return (energy + energy[..., :1]) / 2, (m + m[..., :1]) / 2


@pytest.mark.thorough
def test_replicas_that_share_noise_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_replica_run, "Sampler", InStep)
    slope, slope_error, direct = of_seeds(
        "energy_per_spin_slope", "energy_per_spin_slope_error", "energy_per_spin_direct_error",
        model=ms.Ising((8, 8)), temperature=3.0, replicas=POWERS,
    )  # fmt: skip
    assert slope.mean() - T_LIMIT * slope.std(ddof=1) / math.sqrt(SEEDS) > -0.5
    assert np.median((slope + 0.5) / slope_error) > 5  # and so in a single run
    # Means of R replicas are those of one, halved, beside half of what independent ones have.
    true = math.log(math.sqrt((1 + 3 / 64) / 4))
    limit = check_mean(np.log(direct[:, -1] / direct[:, 0]), true, bias=0.1)
    assert true - limit > math.log(1 / 8)  # that of independent replicas


# --- values -------------------------------------------------------------------------------------


def corner(spins: Any) -> Any:
    return spins[:, 0, 0] * spins[:, 1, 0]


def rows(spins: Any) -> Any:
    return abs(spins.mean(axis=-1))


def enumerate_glass(temperature: float) -> tuple[Any, Any, Any]:
    """All states (512, 3, 3), their probabilities, and those of q = −1, −1 + 2/9, …, 1."""
    states = 1 - 2 * (np.arange(512)[:, None] >> np.arange(9) & 1)
    energy = GLASS.energy(states.reshape(-1, 3, 3))
    weight = np.exp(-(energy - energy.min()) / temperature)
    weight /= weight.sum()
    agreeing = (states @ states.T + 9) // 2
    joint = np.bincount(agreeing.ravel(), np.outer(weight, weight).ravel(), minlength=10)
    return states.reshape(-1, 3, 3), weight, joint


@pytest.mark.thorough
def test_means_are_those_of_enumeration() -> None:
    names = ("energy_per_spin", "abs_magnetization", "overlap2", "corner", "rows")
    found = of_seeds(
        *names, "overlap_distribution", "q_width", "corner_slope",
        replicas=[1, 5, 64], sweeps=1000, observables={"corner": corner, "rows": rows},
    )  # fmt: skip
    states, weight, joint = enumerate_glass(2.5)
    energy = float(weight @ GLASS.energy(states)) / 9
    q = np.linspace(-1, 1, 10)
    assert np.isnan(found[2]).tolist() == [[True, False, False]] * SEEDS
    seen = check_mean(found[0], energy)
    assert seen[-1] < 0.02 * abs(energy)
    check_mean(found[1], float(weight @ abs(states.mean(axis=(1, 2)))))
    check_mean(found[2][:, 1:], float(joint @ q**2))
    exact = float(weight @ corner(states))
    assert check_mean(found[3], exact)[-1] < abs(exact) / 4
    assert np.all(check_mean(found[4], weight @ rows(states))[-1] < 0.02)
    check_mean(found[5] * found[6], joint)
    assert check_mean(found[7], -0.5) < 0.1


def test_overlaps_of_a_run() -> None:
    data = sweep(replicas=[1, 5, 64], sweeps=200)
    np.testing.assert_allclose(data.q, np.linspace(-1, 1, 10), atol=1e-12)
    assert data.overlap_distribution.attrs["replicas"] == 64
    assert float((data.overlap_distribution * data.q_width).sum()) == pytest.approx(1.0)


def test_smaller_runs_are_the_first_replicas_of_larger_ones() -> None:
    data = sweep(replicas=[3, 70], sweeps=200)
    sampler = ms.Sampler(GLASS, 2.5, replicas=70, seed=5, threads=1)
    sampler.sweep(200)
    q2 = np.zeros((2, 20))
    energy = np.zeros((70, 20))
    for draw in range(20):
        energy[:, draw] = sampler.record(1, 10)[0][0] / 9
        q = sampler.overlap()
        q2[:, draw] = [(q[:R, :R] ** 2)[np.triu_indices(R, 1)].mean() for R in (3, 70)]
    np.testing.assert_allclose(data.energy_per_spin, [energy[:3].mean(), energy.mean()])
    np.testing.assert_allclose(data.overlap2, q2.mean(axis=1))


def test_groups_are_disjoint() -> None:
    q = np.random.default_rng(1).normal(size=(2, 7, 7))
    q = (q + q.swapaxes(1, 2)) / 2
    q[:, range(7), range(7)] = 1.0
    expected = [[(s[0, 1] ** 2 + s[0, 2] ** 2 + s[1, 2] ** 2) / 3,
                 (s[3, 4] ** 2 + s[3, 5] ** 2 + s[4, 5] ** 2) / 3] for s in q]  # fmt: skip
    np.testing.assert_allclose(_replica_run._mean_square(q, 3), expected)


def test_disorder_samples() -> None:
    model = ms.EdwardsAnderson((4, 4), seed=3, samples=30)
    data = sweep(model, 2.0, replicas=[1, 4, 16], sweeps=200)
    sampler = ms.Sampler(model, 2.0, replicas=16, seed=5, threads=1)
    sampler.sweep(200)
    energy, size, shares = [], [], np.zeros((30, 17))
    first, second = np.triu_indices(16, 1)
    for _ in range(20):
        total, m = sampler.record(1, 10)
        energy.append(total.mean() / 16)
        size.append(abs(m).mean())
        q = sampler.overlap()[:, first, second]
        number = np.rint((q + 1) * 8).astype(int)
        shares += [np.bincount(one, minlength=17) / (20 * 120) for one in number]
    assert float(data.energy_per_spin[-1]) == pytest.approx(np.mean(energy))
    assert float(data.abs_magnetization[-1]) == pytest.approx(np.mean(size))
    error = shares.std(axis=0, ddof=1) / math.sqrt(30)
    np.testing.assert_allclose(data.overlap_distribution * data.q_width, shares.mean(axis=0))
    np.testing.assert_allclose(data.overlap_distribution_error * data.q_width, error, atol=1e-15)
    one = sweep(ms.EdwardsAnderson((4, 4), seed=3, samples=1), 2.0, replicas=[4], sweeps=200)
    none = sweep(ms.EdwardsAnderson((4, 4), seed=3), 2.0, replicas=[4], sweeps=200)
    xr.testing.assert_equal(
        one.drop_vars(["seconds", "flips_per_ns"]), none.drop_vars(["seconds", "flips_per_ns"])
    )


@pytest.mark.thorough
def test_errors_at_the_couplings_of_disorder_samples() -> None:
    model = ms.EdwardsAnderson((4, 4), seed=3, samples=30)
    (slope,) = of_seeds(
        "energy_per_spin_slope", model=model, temperature=2.0, replicas=[1, 4, 16], sweeps=400
    )
    assert check_mean(slope, -0.5) < 0.15


@pytest.mark.parametrize("pairs", [1, 100])
@pytest.mark.parametrize("samples", [None, 5])
def test_blocks_of_pairs_change_nothing(
    pairs: int, samples: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ms.EdwardsAnderson((4, 4), seed=3, samples=samples)
    whole = sweep(model, replicas=[2, 13], sweeps=200)
    monkeypatch.setattr(_replica_run, "_PAIRS", pairs)
    monkeypatch.setattr(observables, "PAIRS", pairs)
    for name, values in sweep(model, replicas=[2, 13], sweeps=200).items():
        if values.dtype.kind == "f" and name not in ("seconds", "flips_per_ns"):
            np.testing.assert_allclose(values, whole[name], rtol=1e-12, atol=1e-15, err_msg=name)


def test_more_pairs_than_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_available_memory", lambda: 2**24)
    message = "^replicas: 2000, all pairs and 20 draws of them: needed 0.13 GiB, available: 0.02"
    with pytest.raises(MemoryError, match=message):
        sweep(replicas=[1, 2000], sweeps=200)


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("replicas", "draws", "samples", "observed"),
    [
        ([1], 5000, None, False),
        ([2], 2100, None, False),  # just beyond a power of two, to which spectra are padded
        (list(range(1, 40)), 100, None, False),
        ([1, 64], 1000, None, False),
        (list(range(1, 40)), 100, 5, False),
        (list(range(1, 40)), 100, None, True),
        ([7, 601], 20, None, False),
    ],
)
def test_memory_that_is_asked_for_is_what_is_taken(
    replicas: list[int], draws: int, samples: int | None, observed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    asked: dict[str, list[int]] = {"runs": [], "observables": []}
    for name, module in (("runs", _replica_run), ("observables", _observing)):
        monkeypatch.setattr(module, "check_memory", lambda _, n, name=name: asked[name].append(n))
    model = ms.EdwardsAnderson((16, 16) if samples is None else (4, 4), seed=3, samples=samples)
    first: dict[str, Any] = {"s": lambda spins: spins.reshape(len(spins), -1)[:, :16] * 1.0}
    more = {"observables": first} if observed else {}
    sweep(model, replicas=[1, 2], sweeps=200, **more)  # imports what it needs
    asked["runs"].clear()
    asked["observables"].clear()
    tracemalloc.start()
    try:
        sweep(model, replicas=replicas, sweeps=draws, interval=1, **more)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    told = max(asked["runs"]) + max(asked["observables"], default=0)
    assert taken < 1.02 * told + 2**18  # and what is there however few there are
    assert told < 2**20 + 3.5 * taken


# --- observables --------------------------------------------------------------------------------


def energy_per_spin(spins: Any) -> Any:
    return GLASS.energy(spins) / 9


SUFFIXES = ("", "_error", "_error_uncertainty", "_direct_error", "_slope", "_slope_error")


def test_an_observable_that_is_the_energy_has_its_columns() -> None:
    data = sweep(
        replicas=[1, 3, 8, 20],
        sweeps=400,
        observables={"e": energy_per_spin, "m": lambda s: abs(s.mean(axis=(-2, -1)))},
    )
    for name, expected in (("e", "energy_per_spin"), ("m", "abs_magnetization")):
        for suffix in SUFFIXES:
            one, other = data[name + suffix], data[expected + suffix]
            assert one.dims == other.dims
            np.testing.assert_array_equal(one, other)
    assert data.e_error.attrs["long_name"] == "error of e, from groups of R replicas"


def test_what_else_is_measured_changes_nothing() -> None:
    plain = sweep(replicas=[1, 8], sweeps=200)
    data = sweep(replicas=[1, 8], sweeps=200, observables=[corner, "link_energy"])
    for name in set(plain.variables) - {"seconds", "flips_per_ns"}:
        xr.testing.assert_identical(data[name].variable, plain[name].variable)
    assert data.attrs == plain.attrs


@pytest.mark.parametrize("samples", [None, 1, 4])
def test_components_are_observables_by_themselves(samples: int | None) -> None:
    model = ms.EdwardsAnderson((4, 4), seed=3, samples=samples)
    parts = {f"part{k}": lambda s, k=k: rows(s)[:, k] for k in range(4)}
    data = sweep(
        model, 2.0, replicas=[1, 6], sweeps=400,
        observables={"rows": ms.Observable(rows, dims=("row",)), "square": np.copy, **parts},
    )  # fmt: skip
    assert data.rows_error.dims == ("replicas", "row")
    assert data.rows_slope.dims == ("row",)
    assert data.square_direct_error.dims == ("replicas", "square_0", "square_1")
    for suffix in SUFFIXES:
        for k in range(4):
            np.testing.assert_array_equal(data["rows" + suffix][..., k], data[f"part{k}{suffix}"])


def test_means_over_samples_are_those_of_the_energy() -> None:
    model = ms.EdwardsAnderson((4, 4), seed=3, samples=5)

    def first_of_each(spins: Any) -> Any:
        return spins[:, 0, :2].prod(axis=-1)

    data = sweep(model, 2.0, replicas=[2, 6], sweeps=200, observables={"x": first_of_each})
    sampler = ms.Sampler(model, 2.0, replicas=6, seed=5, threads=1)
    sampler.sweep(200)
    values = np.empty((5, 6, 20))
    for draw in range(20):
        sampler.sweep(10)
        values[..., draw] = np.asarray(sampler.spins())[..., 0, :2].prod(axis=-1)
    assert float(data.x[1]) == pytest.approx(values.mean(), abs=1e-14)
    one = sweep(model, 2.0, replicas=[2], sweeps=200, observables={"x": first_of_each})
    assert float(data.x[0]) == float(one.x[0])


def test_named_observables_have_their_axes() -> None:
    model = ms.Ising((4, 4))
    data = sweep(
        model, replicas=[1, 4], sweeps=200, observables=["link_energy", "structure_factor"]
    )
    np.testing.assert_allclose(data.link_energy.sum("axis"), 16 * data.energy_per_spin)
    assert data.axis.values.tolist() == ["axis_0", "axis_1"]
    assert data.structure_factor_error.dims == ("replicas", "wave_vector")
    assert data.wave_vector.values.tolist() == ["0,0", "1,0", "0,1"]
    assert data.link_energy_error.attrs["units"] == data.energy_per_spin.attrs["units"]


def test_what_is_measured_more_rarely_has_fewer_draws() -> None:
    data = sweep(
        replicas=[1, 4], sweeps=800, observables={"e": ms.Observable(energy_per_spin, interval=40)}
    )
    every = sweep(replicas=[1, 4], sweeps=800, interval=40)
    # Records of other intervals are of the same trajectory.
    for suffix in SUFFIXES:
        np.testing.assert_array_equal(data["e" + suffix], every["energy_per_spin" + suffix])


def failing(at: int, do: Any) -> Any:
    calls = [0]

    def function(spins: Any) -> Any:
        calls[0] += 1
        return do(spins) if calls[0] >= at else corner(spins)

    return function


def raises(spins: Any) -> Any:
    raise ZeroDivisionError(f"of {len(spins)}")


FAULTS: dict[str, tuple[Any, str]] = {
    "raises": (raises, r"got ZeroDivisionError\('of 4'\) from 'x' after 250 sweeps"),
    "shape": (rows, r"got \(3,\) for each replica from 'x' after 250 sweeps, allowed: \(\), as"),
    "few": (lambda s: corner(s)[1:], r"got an array of shape \(3,\) from 'x' after 250 sweeps"),
    "text": (lambda s: ["a"] * len(s), "got an array of <U1 from 'x' after 250 sweeps"),
    "nan": (lambda s: corner(s) / 0.0, "got (inf|nan) from 'x' after 250 sweeps, allowed: finite"),
    "huge": (
        lambda s: corner(s) * 1e291,
        r"got 1e\+291 from 'x' .*allowed: finite numbers up to 1e\+290, which",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_an_observable_that_fails_is_named(name: str) -> None:
    do, message = FAULTS[name]
    with pytest.raises(ms.ObservableError, match=f"^observables: {message}"):
        sweep(replicas=[1, 4], sweeps=200, observables={"x": failing(5, do)})


def test_a_shape_that_depends_on_the_number_of_replicas_is_refused() -> None:
    message = (
        r"^observables: got \(1,\) for each replica from 'x' in the run of 1, allowed: \(4,\), as"
    )
    with pytest.raises(ms.ObservableError, match=message):
        sweep(replicas=[1, 4], sweeps=200, observables={"x": lambda s: np.ones((len(s), len(s)))})


def test_values_that_do_not_fit_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_available_memory", lambda: 2**24)
    wide = {"wide": lambda spins: np.zeros((len(spins), 2**16))}
    with pytest.raises(MemoryError, match=r"^observables: 'wide', 20 values of \(65536,\) a chain"):
        sweep(replicas=[2], sweeps=200, observables=wide)


@pytest.mark.parametrize(("given", "error", "message"), [
    (3, TypeError, "got 3, allowed: None, a list or a dict by names"),
    (["energy"], ValueError, "got 'energy', allowed: names"),
    ({"q": corner}, ValueError, "got 'q', allowed: names that the run has not: "),
    ({"seconds": corner}, ValueError, "got 'seconds', allowed: names that the run has not: "),
    ({"x": ms.Observable(rows, dims=("replicas",))}, ValueError, "got 'replicas', allowed: names"),
    ({"overlap2_slope": corner}, ValueError, "got 'overlap2_slope', allowed: names that the run"),
    ({"x_error": corner, "x": corner}, ValueError, "got 'x', allowed: names that make none"),
    ({"x": corner, "x_slope": corner}, ValueError, "got 'x_slope', allowed: names that make none"),
    ({"x": corner, "y": ms.Observable(rows, dims=("x_error",))}, ValueError, "got 'x', allowed: n"),
    ({"overlap2_direct": corner}, ValueError, "got 'overlap2_direct', allowed: names that make"),
    ({"x": ms.Observable(corner, interval=15)}, ValueError, "got .* multiple of the run's int"),
    ({"x": ms.Observable(corner, interval=20)}, ValueError,
     "got 10 measurements of 'x', allowed: an interval with at least 20 of them"),
])  # fmt: skip
def test_wrong_observables(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^observables: {message}"):
        sweep(replicas=[1, 2], sweeps=200, observables=given)


# --- the rest -----------------------------------------------------------------------------------


def test_costs_are_those_of_the_sampler_that_ran() -> None:
    data = sweep(ms.Ising((8, 8)), replicas=[1, 63, 64], sweeps=200)
    assert data.engine.values.tolist() == ["lattice", "lattice", "replica"]
    assert set(data.device.values) == {"cpu"}
    assert np.all(data.flips_per_ns > 0)
    assert np.all(data.seconds > 0)
    assert np.all(data["bytes"] > 0)
    spins = 64 * data.replicas
    np.testing.assert_allclose(data.bytes_per_spin, data["bytes"] / spins)
    assert float(data["bytes"][1]) == 63 * float(data["bytes"][0])


@pytest.mark.parametrize(
    "model",
    [
        ms.Ising((6,), h=0.5),
        ms.Ising((3, 5, 3)),
        ms.Pairwise.from_edges(3, [(0, 1), (1, 2)], [1.0, -1.0]),
    ],
)
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_every_model_runs(model: Any, dynamics: str) -> None:
    data = sweep(model, replicas=(1, 2, 3), sweeps=200, dynamics=dynamics, init="up")
    assert np.all(data.energy_per_spin_error > 0)
    assert data.attrs["dynamics"] == dynamics
    assert float((data.overlap_distribution * data.q_width).sum()) == pytest.approx(1.0)


def test_one_replica_has_no_overlap_and_no_slope() -> None:
    data = sweep(replicas=np.array([1]), sweeps=200)
    assert "q" not in data.dims
    assert math.isnan(float(data.overlap2[0]))
    assert math.isnan(float(data.energy_per_spin_slope))
    assert float(data.energy_per_spin_error[0]) > 0


@pytest.mark.parametrize("model", [ms.Pairwise.from_edges(5, []), ms.Ising((4, 4), J=0.0)])
@pytest.mark.parametrize("replicas", [(1, 2, 4, 8), (2, 3)])
def test_without_edges_energies_have_neither_noise_nor_a_slope(model: Any, replicas: Any) -> None:
    data = sweep(model, replicas=replicas, sweeps=200)
    assert str(data.energy_per_spin.values[0]) == "0.0"
    assert np.all(data.energy_per_spin_error == 0)
    assert math.isnan(float(data.energy_per_spin_slope))


def test_progress_ends_at_the_total() -> None:
    seen: list[Progress] = []
    sweep(replicas=[1, 2], sweeps=200, thermalization=30, progress=seen.append)
    assert seen[-1].sweeps == seen[-1].total == 3 * 230
    assert len(seen) == 2 * 21


def test_the_result_can_be_kept_and_shown(tmp_path: Path) -> None:
    data = sweep(replicas=[1, 2, 4], sweeps=200)
    data.to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    kept = xr.load_dataset(tmp_path / "x.nc", engine="h5netcdf")
    xr.testing.assert_equal(kept, data)
    speed, memory, errors, distribution = plot.replicas.overview({"one": kept, "two": data}).axes
    np.testing.assert_array_equal(speed.lines[0].get_ydata(), data.flips_per_ns)
    np.testing.assert_array_equal(memory.lines[1].get_ydata(), data["bytes"])
    points, *_ = errors.containers[0]
    np.testing.assert_array_equal(points.get_ydata(), data.energy_per_spin_error)
    np.testing.assert_array_equal(distribution.lines[0].get_ydata(), data.overlap_distribution)
    assert len(distribution.collections) == 2
    assert errors.get_title(loc="left") == "runs of 200 sweeps"
    assert distribution.get_title(loc="left") == "pairs of 4 replicas"


def top_labels(figure: Figure) -> list[str]:
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_a_picture_of_one_run() -> None:
    data = sweep(replicas=[1, 64, 130], sweeps=200)
    figure = plot.replicas.overview(data)
    assert top_labels(figure) == ["$N = 9$,  $T = 2.5$", "words of 64, 128 bits full"]
    for axes in figure.axes[:2]:
        assert [line.get_xdata()[0] for line in axes.lines[1:]] == [64, 128]
    single = plot.replicas.overview({"a": sweep(replicas=[1], sweeps=200)})
    assert len(single.axes) == 3
    assert top_labels(single) == ["a"]
    texts = [text.get_text() for text in single.axes[2].get_legend().get_texts()]
    assert texts == [r"$1/\sqrt{R}$", "measured"]


def test_a_picture_of_many_numbers_of_replicas(tmp_path: Path) -> None:
    figure = plot.replicas.throughput(range(1, 101), np.ones(100))
    ticks = figure.axes[0].get_xticks()
    assert (ticks[0], len(ticks) < 12) == (1, True)
    figure.savefig(tmp_path / "x.png")


@pytest.mark.thorough
def test_pictures_without_errors_can_be_saved(tmp_path: Path) -> None:
    plot.replicas.overview(sweep(ms.Ising((4, 4), J=0.0), sweeps=200, replicas=[1, 2])).savefig(
        tmp_path / "x.png"
    )


def test_what_is_no_sweep_is_refused() -> None:
    run = ms.simulate(ms.Ising((4, 4)), 2.0, 20, 0)
    with pytest.raises(ValueError, match=r"^runs: got \{\}, allowed: one of replica_sweep, or a"):
        plot.replicas.overview({})
    with pytest.raises(TypeError, match=r"^runs: got \[\], allowed: one of replica_sweep, or a"):
        plot.replicas.overview([])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="^runs: got one without replicas, .* replica_sweep$"):
        plot.replicas.overview(run)
    with pytest.raises(ValueError, match=r"^runs\['a'\]: got one without replicas, .*_sweep$"):
        plot.replicas.overview({"a": run})
    with pytest.raises(TypeError, match="^result: got 3, allowed: what replica_error returned"):
        plot.replicas.error(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("replicas", [], ValueError),
        ("replicas", [0, 1], ValueError),
        ("replicas", [-2], ValueError),
        ("replicas", [4, 2], ValueError),
        ("replicas", [2, 2], ValueError),
        ("replicas", [1, 2.0], TypeError),
        ("replicas", [True], TypeError),
        ("replicas", ["1"], TypeError),
        ("replicas", "12", TypeError),
        ("replicas", 8, TypeError),
        ("sweeps", 199, ValueError),
        ("sweeps", 200.0, TypeError),
        ("interval", 0, ValueError),
        ("thermalization", -1, ValueError),
        ("temperature", 0.0, ValueError),
        ("temperature", [1.0, 2.0], TypeError),
        ("seed", -1, ValueError),
        ("dynamics", "heat", ValueError),
        ("device", "tpu", ValueError),
        ("rng", "mt19937", ValueError),
        ("threads", 0, ValueError),
        ("progress", 3, TypeError),
        ("model", "ising", TypeError),
    ],
)
def test_wrong_arguments(name: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"^{name}: got .*allowed: "):
        sweep(**{name: value})
