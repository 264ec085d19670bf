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
    (lambda runs: [runs[0], runs[1].drop_attrs()], r"^run\[1\]"),
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
