"""Reweighted averages against exact ones, against the formula written out, and their errors.

Statistical checks are at 5.5 standard errors of runs whose errors are known to some 5 %: there are
about 250 of them, most of which go together, so that a correct program fails in fewer than 1e-4 of
all seeds, which are fixed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

import multispin as ms
from multispin.analysis import statistics
from multispin.analysis.crossing import crossing
from multispin.analysis.reweighting import Reweighting
from multispin.errors import ReweightingError

xr = pytest.importorskip("xarray")

if TYPE_CHECKING:
    from collections.abc import Callable

    from xarray import Dataset

Array = npt.NDArray[np.float64]
Z = 5.5
BETWEEN = np.array([2.0, 2.07, 2.15, 2.22, 2.31, 2.4, 2.5, 2.6, 2.75])
PLAIN = ("energy_per_spin", "abs_magnetization", "magnetization_2", "magnetization_4")
FUNCTIONS = ("specific_heat", "susceptibility", "paramagnetic_susceptibility", "binder_cumulant")


def dataset(T: Any, energy: Array, magnetization: Array, n_spins: int, **attrs: Any) -> Dataset:
    """Return a run of numbers (temperature, replica, draw)."""
    dims = ("temperature", "replica", "draw")
    draw = np.arange(energy.shape[-1])
    return xr.Dataset(
        {"energy": (dims, energy), "magnetization": (dims, magnetization)},
        {"temperature": np.asarray(T), "draw": draw},
        {"n_spins": n_spins, "h": 0.0, **attrs},
    )


def independent(
    model: ms.Ising, T: list[float], replicas: int, draws: int, seed: int
) -> tuple[Dataset, Array, Array]:
    """Return independent draws of a model of few spins, and its energies and magnetizations."""
    n = model.n_spins
    spins = 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1
    E, m = model.energy(spins.reshape(-1, *model.shape)), spins.mean(axis=1)
    rng = np.random.default_rng(seed)
    drawn = np.stack([
        rng.choice(2**n, size=(replicas, draws), p=ms.exact.state_probabilities(model, t))
        for t in T
    ])  # fmt: skip
    return dataset(T, E[drawn], m[drawn], n, h=model.h), E, m


def exact_averages(E: Array, m: Array, T: float, n: int) -> dict[str, float]:
    """Averages over all states, of energies E and magnetizations m."""
    p = np.exp(-(E - E.min()) / T)
    return averages(p / p.sum(), E, m, T, n)


def averages(p: Array, E: Array, m: Array, T: float, n: int) -> dict[str, float]:
    """Averages over states of probabilities p."""
    m2, m4, size = p @ m**2, p @ m**4, p @ np.abs(m)
    return {
        "energy_per_spin": p @ E / n,
        "energy_per_spin_2": p @ E**2 / n**2,
        "magnetization": p @ m,
        "abs_magnetization": size,
        "magnetization_2": m2,
        "magnetization_4": m4,
        "specific_heat": (p @ E**2 - (p @ E) ** 2) / n / T**2,
        "susceptibility": n * (m2 - size**2) / T,
        "paramagnetic_susceptibility": n * m2 / T,
        "binder_cumulant": 1 - m4 / (3 * m2**2),
    }


def written_out(run: Dataset, T: float, shift: float = 0.0) -> dict[str, float]:
    """The multiple-histogram equations, by iteration over single draws, and the averages."""
    beta, n = 1 / run.temperature.values, run.attrs["n_spins"]
    E, m = run.energy.values.reshape(len(beta), -1), run.magnetization.values.ravel()
    each, E = E.shape[1], E.ravel()
    Z = np.ones(len(beta))
    factors, before = np.exp(-beta * E[:, None]), 0 * Z
    while np.abs(Z / (before + 1e-300) - 1).max() > 1e-11:
        density, before = (each / Z * factors).sum(axis=1), Z
        Z = (factors / density[:, None]).sum(axis=0)
        Z /= Z[0]
    there = E - shift * n * m
    w = np.exp(-there / T) / density
    w /= w.sum()
    return averages(w, there, m, T, n)


@pytest.fixture(scope="module")
def torus() -> Dataset:
    return ms.simulate(ms.Ising((8, 8)), [2.0, 2.25, 2.5, 2.75], 4000, 200, replicas=8, seed=1)


@pytest.fixture(scope="module")
def small() -> Dataset:
    return ms.simulate(ms.Ising((4, 4)), [2.0, 2.4, 2.8], 4000, 200, replicas=8, seed=2)


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("T", [1.0, 1.7, 2.6])
@pytest.mark.parametrize("shift", [0.0, 0.2])
def test_averages_are_the_formula_written_out(T: float, shift: float) -> None:
    run, _, _ = independent(ms.Ising((2, 3), h=0.1), [1.5, 2.0, 2.5], 2, 60, seed=1)
    found = Reweighting(run).averages(T, h=0.1 + shift)
    for name, value in written_out(run, T, shift).items():
        assert found[name].item() == pytest.approx(value, rel=1e-9, abs=1e-12), name
    assert found.attrs["h"] == pytest.approx(0.1 + shift)


def test_of_one_temperature_at_itself_averages_are_plain() -> None:
    run, _, _ = independent(ms.Ising((2, 3)), [2.0], 1, 100, seed=2)
    there = Reweighting(run)
    found = there.averages(2.0)
    assert found.energy_per_spin.item() == pytest.approx(run.energy.values.mean() / 6)
    assert found.magnetization_4.item() == pytest.approx((run.magnetization.values**4).mean())
    assert there.log_partition.tolist() == [0.0]


def test_partition_functions_have_the_ratios_of_exact_ones() -> None:
    T = [1.5, 2.0, 2.5]
    run, E, _ = independent(ms.Ising((2, 3)), T, 4, 20_000, seed=3)
    exact = np.log([np.exp(-E / t).sum() for t in T])
    assert Reweighting(run).log_partition == pytest.approx(exact - exact[0], abs=0.01)


def test_a_run_whose_partition_functions_are_beyond_floats() -> None:
    T = np.array([0.02, 0.021])
    rng = np.random.default_rng(1)
    energy = -5000 + rng.integers(0, 3, size=(2, 1, 200)) * 0.01
    found = Reweighting(dataset(T, energy, np.ones((2, 1, 200)), 100))
    assert found.log_partition[1] == pytest.approx(4999.99 * (1 / T[1] - 1 / T[0]), rel=1e-4)
    assert np.isfinite(found.averages(0.0205).specific_heat.item())


def test_the_order_of_temperatures_does_not_matter(small: Dataset) -> None:
    turned = Reweighting(small.isel(temperature=[2, 0, 1])).averages(2.2)
    assert turned.equals(Reweighting(small).averages(2.2))


def test_splitting_a_chain_changes_no_value(small: Dataset) -> None:
    T = [2.1, 2.3, 2.7]
    one = small.isel(replica=[0])
    halves = [one.isel(draw=slice(0, 2000)), one.isel(draw=slice(2000, None))]
    parts = [half.energy.values for half in halves], [half.magnetization.values for half in halves]
    split = dataset(one.temperature, *(np.concatenate(x, axis=1) for x in parts), n_spins=16)
    whole, found = (Reweighting(run).averages(T) for run in (one, split))
    for name in (*PLAIN, *FUNCTIONS, "magnetization"):
        assert found[name].values == pytest.approx(whole[name].values, rel=1e-9), name
        error = whole[f"{name}_error"].values
        assert found[f"{name}_error"].values == pytest.approx(error, rel=0.5), name


# --- exact results --------------------------------------------------------------------------------


def test_energies_between_temperatures_are_kaufmans(torus: Dataset) -> None:
    found, exact = Reweighting(torus).averages(BETWEEN), ms.exact.ising_2d(8, BETWEEN)
    for name in ("energy_per_spin", "specific_heat"):
        value, error = found[name].values, found[f"{name}_error"].values
        assert np.all(np.abs(value - getattr(exact, name)) < Z * error), name
        assert np.all(error < 0.02), name


def test_all_averages_are_those_of_enumeration(small: Dataset) -> None:
    _, E, m = independent(ms.Ising((4, 4)), [2.0], 1, 1, seed=0)
    T = np.array([1.9, 2.0, 2.1, 2.3, 2.5, 2.7, 2.9])
    found = Reweighting(small).averages(T)
    for k, t in enumerate(T):
        for name, value in exact_averages(E, m, t, 16).items():
            error = found[f"{name}_error"].values[k]
            assert abs(found[name].values[k] - value) < Z * error, (name, t)
            assert error < 0.05, (name, t)


@pytest.mark.parametrize("h", [0.05, 0.1, 0.15])
def test_another_field(h: float) -> None:
    run = ms.simulate(ms.Ising((4, 4), h=0.1), [2.2, 2.6], 4000, 200, replicas=8, seed=3)
    _, E, m = independent(ms.Ising((4, 4), h=h), [2.0], 1, 1, seed=0)
    found = Reweighting(run).averages([2.3, 2.5], h=h)
    for k, t in enumerate((2.3, 2.5)):
        for name, value in exact_averages(E, m, t, 16).items():
            error = found[f"{name}_error"].values[k]
            assert abs(found[name].values[k] - value) < Z * error, (name, t)
            assert error < 0.06, (name, t)


def test_a_glass_of_real_couplings_that_was_tempered() -> None:
    glass = ms.EdwardsAnderson((3, 4), seed=4, couplings="gaussian")
    run = ms.temper(glass, [0.7, 1.0, 1.4, 2.0], 4000, interval=2, replicas=4, seed=4)
    T = np.array([0.8, 1.2, 1.6])
    found, exact = Reweighting(run).averages(T), [ms.exact.enumerate(glass, t) for t in T]
    for name, values in (
        ("energy_per_spin", [one.energy / 12 for one in exact]),
        ("specific_heat", [one.specific_heat for one in exact]),
        ("magnetization_2", [one.magnetization_2 for one in exact]),
    ):
        error = found[f"{name}_error"].values
        assert np.all(np.abs(found[name].values - values) < Z * error), name
        assert np.all(error < 0.05), name


# --- errors ---------------------------------------------------------------------------------------


def test_errors_are_those_of_leaving_out_blocks_and_solving_again() -> None:
    # Independent draws in blocks of 10 τ = 5 or so: their number is read off the first axis.
    run, _, _ = independent(ms.Ising((2, 3)), [1.5, 2.0, 2.5], 20, 40, seed=5)
    found = Reweighting(run)._draws.view()
    blocks = len(found.bins.begin)
    per_replica = blocks // 20
    place = np.arange(40) * per_replica // 40
    without = []
    for replica in range(20):
        for block in range(per_replica):
            kept = np.ones((20, 40), dtype=bool)
            kept[replica, place == block] = False
            parts = (run[name].values[:, kept][:, None] for name in ("energy", "magnetization"))
            without.append(written_out(dataset(run.temperature, *parts, n_spins=6), 1.8))
    sums = found.sums(np.array([1.8]))
    for name in (*PLAIN, "specific_heat", "binder_cumulant"):
        values = np.array([one[name] for one in without])
        expected = np.sqrt((blocks - 1) / blocks * ((values - values.mean()) ** 2).sum())
        error = sums.estimate(name).error.item() / found.widening
        assert error == pytest.approx(expected, rel=0.01), name


@pytest.mark.thorough
def test_errors_are_the_spread_over_runs() -> None:
    runs = [
        ms.simulate(ms.Ising((4, 4)), [2.0, 2.5], 400, 50, replicas=4, seed=seed, threads=1)
        for seed in range(60)
    ]
    tables = [Reweighting(run).averages(2.25) for run in runs]
    for name in (*PLAIN, "specific_heat", "binder_cumulant"):
        spread = np.std([one[name].item() for one in tables], ddof=1)
        error = np.sqrt(np.mean([one[f"{name}_error"].item() ** 2 for one in tables]))
        # The spread of 60 is known to 9 %.
        assert 0.6 < error / spread < 1.5, name


def test_ladders_that_swap_clusters_are_one_block() -> None:
    glass = ms.EdwardsAnderson((4, 4), seed=1)
    run = ms.temper(glass, [1.0, 1.5, 2.0], 400, replicas=2, seed=1, cluster_moves=True)
    alone = run.copy()
    alone.attrs = {**run.attrs, "cluster_moves": 0}
    joint, separate = (Reweighting(one)._draws.view().bins for one in (run, alone))
    assert len(joint.begin) >= 20
    assert joint.cell_count.sum() == separate.cell_count.sum() == 2 * 3 * 400
    # A block has the draws of both ladders at all temperatures.
    sizes = np.add.reduceat(joint.cell_count, joint.begin)
    assert np.ptp(sizes) <= 6
    assert sizes.sum() / len(sizes) == pytest.approx(2400 / len(joint.begin))


def test_effective_draws_of_one_temperature_are_the_share_of_its_weights() -> None:
    run, _, _ = independent(ms.Ising((2, 3)), [2.0], 1, 400, seed=6)
    E = run.energy.values.ravel()
    w = np.exp(-E * (1 / 2.2 - 1 / 2.0))
    tau = max(
        float(statistics.autocorrelation_time(x).tau)
        for x in (E, abs(run.magnetization).values[0, 0])
    )
    expected = w.sum() ** 2 / (w**2).sum() / max(1.0, 2 * tau)
    assert Reweighting(run).averages(2.2).effective_draws.item() == pytest.approx(expected)


# --- peaks and crossings --------------------------------------------------------------------------


def test_peaks_are_where_exact_curves_have_them(torus: Dataset) -> None:
    T = np.linspace(2.1, 2.7, 60_001)
    heat = ms.exact.ising_2d(8, T).specific_heat
    found = Reweighting(torus).peak("specific_heat")
    assert abs(found.temperature - T[heat.argmax()]) < Z * found.temperature_error < 0.05
    assert abs(found.height - heat.max()) < Z * found.height_error < 0.1


@pytest.mark.thorough
def test_the_peak_of_a_susceptibility(small: Dataset) -> None:
    _, E, m = independent(ms.Ising((4, 4)), [2.0], 1, 1, seed=0)
    T = np.linspace(2.3, 3.1, 801)
    values = [exact_averages(E, m, t, 16)["susceptibility"] for t in T]
    found = Reweighting(small).peak("susceptibility", high=3.1)
    assert abs(found.temperature - T[np.argmax(values)]) < Z * found.temperature_error < 0.2
    assert abs(found.height - max(values)) < Z * found.height_error < 0.1


def test_a_peak_around_one_temperature() -> None:
    run = ms.simulate(ms.Ising((8, 8)), 2.35, 4000, 200, replicas=8, seed=5)
    found = Reweighting(run).peak("specific_heat")
    assert abs(found.temperature - 2.3557) < Z * found.temperature_error < 0.05


@pytest.mark.thorough
def test_errors_of_peaks_are_their_spread() -> None:
    runs = [
        ms.simulate(ms.Ising((4, 4)), [2.2, 2.5, 2.8], 400, 50, replicas=4, seed=seed, threads=1)
        for seed in range(40)
    ]
    peaks = [Reweighting(run).peak("specific_heat") for run in runs]
    for value, error in (("temperature", "temperature_error"), ("height", "height_error")):
        spread = np.std([getattr(one, value) for one in peaks], ddof=1)
        assert 0.6 < np.mean([getattr(one, error) for one in peaks]) / spread < 1.6


def test_curves_have_the_values_and_errors_of_averages(torus: Dataset) -> None:
    there, T = Reweighting(torus), np.array([2.1, 2.3, 2.6])
    table = there.averages(T)
    for name in ("binder_cumulant", "specific_heat", "magnetization"):
        curve = there.curve(name, T, resamples=2000, seed=1)
        assert curve.value == pytest.approx(table[name].values, rel=1e-12)
        error = table[f"{name}_error"].values
        assert curve.resamples.std(axis=0) == pytest.approx(error, rel=0.15), name


def test_binder_curves_cross_near_the_critical_temperature(torus: Dataset) -> None:
    large = ms.simulate(ms.Ising((16, 16)), [2.2, 2.3, 2.4], 8000, 500, replicas=8, seed=7)
    T = np.linspace(2.2, 2.4, 101)
    curves = [
        Reweighting(run).curve("binder_cumulant", T, seed=seed)
        for seed, run in enumerate((torus, large))
    ]
    found = crossing(T, *curves)
    # Corrections move the crossing of 8 and 16 by less than 0.01.
    assert (
        abs(found.temperature - ms.exact.critical_temperature) < Z * found.temperature_error + 0.01
    )
    assert found.temperature_error < 0.02
    assert found.height == pytest.approx(0.61, abs=0.03)


# --- what is refused ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large() -> Dataset:
    return ms.simulate(ms.Ising((16, 16)), [2.4, 2.6], 1000, 200, replicas=4, seed=8)


@pytest.mark.parametrize(("call", "message"), [
    (lambda r: r.averages(1.0), r"temperature: got 1, worth .* draws, allowed: 2\..* to [23]\."),
    (lambda r: r.averages([2.5, 9.0]), r"temperature: got 9, worth .*, allowed: 2\..* to [23]\."),
    (lambda r: r.averages(2.5, h=1.0), "h: got a change of 1, .*, allowed: a change of -0.* to 0"),
    (lambda r: r.averages(9.0, h=0.01), "temperature: got 9, worth .*"),
    (lambda r: r.curve("binder_cumulant", [1.0]), "temperature: got 1"),
    (lambda r: r.peak("specific_heat", high=20.0), "temperature: got "),
    (lambda r: r.peak("abs_magnetization"), "low: got 2.4, where abs_magnetization is largest"),
    (lambda r: r.peak("energy_per_spin"), "high: got 2.6, where energy_per_spin is largest"),
])  # fmt: skip
def test_what_is_out_of_reach(
    call: Callable[[Reweighting], object], message: str, large: Dataset
) -> None:
    with pytest.raises(ReweightingError, match=message):
        call(Reweighting(large))


def test_the_range_of_a_message_is_allowed(large: Dataset) -> None:
    there = Reweighting(large)
    for h in (None, 0.005):
        ((low, high),) = there.ranges(h)
        assert 2.1 < low < 2.4 < 2.6 < high < 3.1
        effective = there.averages([low, high], h).effective_draws.values
        assert effective == pytest.approx([30, 30], rel=0.1)
        for T in (low / 1.01, high * 1.01):
            with pytest.raises(ReweightingError):
                there.averages(T, h)


def test_a_run_that_is_too_short_reaches_nothing(small: Dataset) -> None:
    short = Reweighting(small.isel(temperature=0, replica=0, draw=slice(0, 25)))
    assert short.ranges().shape == (0, 2)
    with pytest.raises(ReweightingError, match="allowed: none of so short a run"):
        short.averages(2.0)


def test_temperatures_that_do_not_overlap() -> None:
    run = ms.simulate(ms.Ising((32, 32)), [2.0, 2.02, 3.0], 200, 100, replicas=4, seed=1)
    with pytest.raises(ReweightingError, match="temperature: got 2.02 and 3, whose energies"):
        Reweighting(run)
    assert Reweighting(run.isel(temperature=[0, 1])).averages(2.01).energy_per_spin.item() < -1.5


@pytest.mark.parametrize(("change", "message"), [
    (lambda run: run.drop_vars("energy"), "run: got one without energy"),
    (lambda run: run.isel(draw=slice(0, 10)), "run: got 10 draws, allowed: at least 20"),
    (lambda run: run.isel(draw=[*range(30), 40]), "run: got draws"),
    (lambda run: xr.concat([run, run], "sample"), "run: got one of 2 samples"),
    (lambda run: run.assign(magnetization=2 + run.magnetization), "run.magnetization: got"),
])  # fmt: skip
def test_what_is_no_such_run(
    change: Callable[[Dataset], Dataset], message: str, small: Dataset
) -> None:
    with pytest.raises(ValueError, match=message):
        Reweighting(change(small))


def test_a_field_of_many_numbers_cannot_be_changed(small: Dataset) -> None:
    bare = small.copy()
    bare.attrs = {name: value for name, value in small.attrs.items() if name != "h"}
    assert Reweighting(bare).averages(2.2).attrs == bare.attrs
    with pytest.raises(ValueError, match="h: got one of a run whose field is not one number"):
        Reweighting(bare).averages(2.2, h=0.0)


def test_one_temperature_without_its_dimension(small: Dataset) -> None:
    found = Reweighting(small.isel(temperature=1, replica=0)).averages(2.4)
    assert found.energy_per_spin.shape == ()
    assert found.temperature.item() == 2.4


# --- several fields -------------------------------------------------------------------------------


def in_fields(
    fields: list[float], T: list[float], replicas: int, draws: int, seed: int
) -> list[Dataset]:
    """Return runs of independent draws of a model of six spins in several fields."""
    return [
        independent(ms.Ising((2, 3), h=h), T, replicas, draws, seed + k)[0]
        for k, h in enumerate(fields)
    ]


def joint(runs: list[Dataset], T: float, h: float) -> tuple[dict[str, float], Array]:
    """The same equations of single draws at all temperatures and fields, and ln Z of these."""
    n, E, m, states = runs[0].attrs["n_spins"], [], [], []
    for run in runs:
        of_run = run.magnetization.values
        E.append((run.energy.values + run.attrs["h"] * n * of_run).ravel())  # without a field
        m.append(of_run.ravel())
        states += [(t, run.attrs["h"]) for t in run.temperature.values]
    E, m = np.concatenate(E), np.concatenate(m)
    each = len(E) / len(states)
    terms = np.stack([-(E - field * n * m) / t for t, field in states], axis=1)
    a, before = np.zeros(len(states)), np.full(len(states), np.inf)
    while np.abs(a - before).max() > 1e-12:
        density, before = np.logaddexp.reduce(np.log(each) - a + terms, axis=1), a
        a = np.logaddexp.reduce(terms - density[:, None], axis=0)
        a = a - a[0]
    there = E - h * n * m
    w = np.exp(-there / T - density)
    w /= w.sum()
    return averages(w, there, m, T, n), a


@pytest.mark.parametrize("h", [-0.1, 0.0, 0.25, 0.4])
@pytest.mark.parametrize("T", [1.6, 2.3])
def test_in_several_fields_averages_are_the_formula_written_out(T: float, h: float) -> None:
    runs = in_fields([0.3, 0.0, 0.15], [2.5, 1.5, 2.0], 2, 60, seed=11)
    there = Reweighting(runs)
    found = there.averages(T, h)
    expected, log_partition = joint(runs, T, h)
    for name, value in expected.items():
        assert found[name].item() == pytest.approx(value, rel=1e-9, abs=1e-12), name
    assert found.attrs["h"] == h
    # In the order of fields, then of temperatures.
    order = np.lexsort((np.tile([2.5, 1.5, 2.0], 3), np.repeat([0.3, 0.0, 0.15], 3)))
    expected_a = log_partition[order] - log_partition[order][0]
    assert there.log_partition == pytest.approx(expected_a, abs=1e-9)
    assert there.fields.tolist() == [0.0] * 3 + [0.15] * 3 + [0.3] * 3
    assert there.temperatures.tolist() == [1.5, 2.0, 2.5] * 3


def test_partition_functions_of_fields_have_the_ratios_of_exact_ones() -> None:
    fields, T = [0.0, 0.2, 0.5], [1.5, 2.5]
    runs = in_fields(fields, T, 4, 10_000, seed=13)
    exact = []
    for h in fields:
        _, E, _ = independent(ms.Ising((2, 3), h=h), [2.0], 1, 1, seed=0)
        exact += [np.log(np.exp(-E / t).sum()) for t in T]
    found = Reweighting(runs).log_partition
    assert found == pytest.approx(np.array(exact) - exact[0], abs=0.02)


@pytest.fixture(scope="module")
def fielded() -> list[Dataset]:
    return [
        ms.simulate(ms.Ising((4, 4), h=h), [2.2, 2.6, 3.0], 4000, 200, replicas=8, seed=30 + k)
        for k, h in enumerate([0.0, 0.08, 0.16])
    ]


@pytest.mark.parametrize("h", [-0.03, 0.04, 0.08, 0.12, 0.2])
def test_averages_between_fields_are_those_of_enumeration(h: float, fielded: list[Dataset]) -> None:
    T = [2.1, 2.4, 2.8, 3.2]
    _, E, m = independent(ms.Ising((4, 4), h=h), [2.0], 1, 1, seed=0)
    found = Reweighting(fielded).averages(T, h)
    for k, t in enumerate(T):
        for name, value in exact_averages(E, m, t, 16).items():
            error = found[f"{name}_error"].values[k]
            assert abs(found[name].values[k] - value) < Z * error, (name, t)
            assert error < 0.06, (name, t)


def test_each_run_alone_says_less(fielded: list[Dataset]) -> None:
    together = Reweighting(fielded).averages(2.4, 0.16)
    alone = Reweighting(fielded[2]).averages(2.4, 0.16)
    assert together.magnetization_error.item() < 0.8 * alone.magnetization_error.item()
    assert together.energy_per_spin_error.item() < alone.energy_per_spin_error.item()


def test_in_several_fields_errors_are_the_spread_over_runs() -> None:
    tables = [
        Reweighting(in_fields([0.0, 0.3], [1.5, 2.5], 4, 50, seed=100 + 2 * k)).averages(2.0, 0.2)
        for k in range(60)
    ]
    for name in (*PLAIN, "magnetization", "specific_heat", "susceptibility"):
        spread = np.std([one[name].item() for one in tables], ddof=1)
        error = np.sqrt(np.mean([one[f"{name}_error"].item() ** 2 for one in tables]))
        # The spread of 60 is known to 9 %.
        assert 0.6 < error / spread < 1.5, name


def test_curves_and_peaks_in_a_field_between(fielded: list[Dataset]) -> None:
    there, h = Reweighting(fielded), 0.05
    _, E, m = independent(ms.Ising((4, 4), h=h), [2.0], 1, 1, seed=0)
    T = np.linspace(2.2, 3.2, 401)
    heat = np.array([exact_averages(E, m, t, 16)["specific_heat"] for t in T])
    peak = there.peak("specific_heat", high=3.2, h=h)
    assert abs(peak.temperature - T[heat.argmax()]) < Z * peak.temperature_error < 0.2
    assert abs(peak.height - heat.max()) < Z * peak.height_error < 0.1
    curve = there.curve("magnetization", [2.3, 2.9], resamples=2000, seed=1, h=h)
    table = there.averages([2.3, 2.9], h)
    assert curve.value == pytest.approx(table.magnetization.values, rel=1e-12)
    error = table.magnetization_error.values
    assert curve.resamples.std(axis=0) == pytest.approx(error, rel=0.15)


def test_a_sequence_of_one_run_is_the_run(small: Dataset) -> None:
    one, run = Reweighting([small]), Reweighting(small)
    assert one.averages(2.3).equals(run.averages(2.3))
    # Of two runs in one field too: more temperatures, but for blocks.
    parts = [small.isel(temperature=[0, 2]), small.isel(temperature=[1])]
    assert Reweighting(parts).averages(2.3).equals(run.averages(2.3))


@pytest.fixture(scope="module")
def wide() -> list[Dataset]:
    return [
        ms.simulate(ms.Ising((16, 16), h=h), [3.0, 3.2], 400, 100, replicas=4, seed=60 + k)
        for k, h in enumerate([0.0, 0.02, 0.04])
    ]


@pytest.mark.parametrize(("T", "h", "message"), [
    (3.1, 0.5, r"^h: got 0.5, worth .* at temperature 3.1 in a field of 0.5, allowed: -0.* to 0\."),
    (3.1, -0.5, r"^h: got -0.5, worth .*, allowed: -0.* to 0\..* at this temperature"),
    (1.5, 0.02, r"^temperature: got 1.5, worth .* in a field of 0.02, allowed: 2\..* to 4\."),
    (1.0, 5.0, r"^temperature: got 1, worth .*, allowed: none in this field"),
])  # fmt: skip
def test_what_is_out_of_reach_of_fields(
    T: float, h: float, message: str, wide: list[Dataset]
) -> None:
    with pytest.raises(ReweightingError, match=message):
        Reweighting(wide).averages(T, h)


def test_the_range_of_fields_in_a_message_is_allowed(wide: list[Dataset]) -> None:
    there = Reweighting(wide)
    with pytest.raises(ReweightingError) as caught:
        there.averages(3.1, 0.5)
    low, high = map(float, str(caught.value).split("allowed: ")[1].split(" at ")[0].split(" to "))
    assert low < 0.0 < 0.04 < high < 0.5
    for end in (low, high):
        effective = there.averages(3.1, 0.99 * end).effective_draws.item()
        assert effective == pytest.approx(30, rel=0.2)
        with pytest.raises(ReweightingError):
            there.averages(3.1, 1.02 * end)


def test_fields_that_do_not_overlap() -> None:
    runs = [
        ms.simulate(ms.Ising((16, 16), h=h), [3.0, 3.1], 400, 100, replicas=4, seed=1)
        for h in (0.0, 0.02, 1.0)
    ]
    message = r"^run: got T = 3(\.1)?, h = 0\.02 and T = 3(\.1)?, h = 1, whose .*magnetizations ov"
    with pytest.raises(ReweightingError, match=message):
        Reweighting(runs)
    assert Reweighting(runs[:2]).averages(3.05, 0.01).energy_per_spin.item() < -0.7


@pytest.mark.parametrize(("change", "message"), [
    (lambda _: [], "^run: got .*at least one"),
    (lambda runs: [runs[0], 3], r"^run\[1\]: got 3"),
    (lambda runs: [runs[0], runs[1].isel(replica=slice(2))], r"^run\[1\]: got .* replicas and"),
    (lambda runs: [runs[0], runs[1].isel(draw=slice(99))], r"^run\[1\]: got .* replicas and dr"),
    (lambda runs: [runs[0], xr.Dataset(runs[1].data_vars)], r"^run\[1\]"),  # no attributes
    (lambda runs: [runs[0], runs[1].assign_attrs(model="Ising((4, 4), J=2.0, h=0.0)")],
     r"^run\[1\]: got Ising.* and Ising.*, allowed: one model in several fields"),
    (lambda runs: [runs[0].assign_attrs(n_spins=15), *runs[1:]], r"^run\[1\]: got"),
])  # fmt: skip
def test_runs_that_do_not_go_together(
    change: Callable[[list[Dataset]], Any], message: str, fielded: list[Dataset]
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        Reweighting(change(fielded))


def test_a_field_is_asked_for(fielded: list[Dataset]) -> None:
    there = Reweighting(fielded)
    for call in (there.averages, lambda T: there.curve("magnetization", [T])):
        with pytest.raises(ValueError, match="^h: got None, allowed: a finite number, with runs"):
            call(2.4)
    with pytest.raises(ValueError, match="^h: got None"):
        there.ranges()


def test_states_that_are_worth_little_are_told_from_those_far_apart() -> None:
    """At T = 1.6 without a field 64 spins turn over together, and seldom."""

    def run(h: float, T: float, seed: int) -> Any:
        return ms.simulate(ms.Ising((8, 8), h=h), T, 1000, 200, replicas=8, seed=seed)

    message = (
        r"T = 1\.6, h = 0 and T = 3, h = 0, .* overlap in 0\.0\d+ independent draws, .*"
        r"; at T = 1\.6 there are \d\.?\d* in all"
    )
    with pytest.raises(ms.errors.ReweightingError, match=message):
        Reweighting([run(0.0, 3.0, 0), run(0.0, 1.6, 1), run(0.5, 3.0, 10), run(0.5, 6.0, 11)])


def test_fields_whose_energies_have_no_squares_are_refused() -> None:
    runs = [
        ms.simulate(ms.Ising((4, 4), h=h), [2.0, 3.0, 4.0], 2000, 200, replicas=8, seed=1)
        for h in (0.3, 0.5)
    ]
    with pytest.raises(ValueError, match="h: got 1e\\+300, allowed: .*squares"):
        Reweighting(runs).averages(2.5, h=1e300)
