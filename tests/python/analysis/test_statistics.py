"""Error estimates against series whose autocorrelations and moments are known exactly.

AR(1) series x_t = a x_{t−1} + √(1−a²) ξ_t have mean 0, variance 1, ρ(t) = a^t and
τ_int = (1+a)/(2(1−a)).
Statistical checks compare with a z-score below 5 (two-sided error rate 6e-7 each, fixed seeds).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

from multispin.analysis import blocking, statistics

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]
Z = 5.0


def ar1(a: float, shape: tuple[int, ...], seed: int) -> Array:
    x = np.random.default_rng(seed).normal(size=shape)
    x[..., 1:] *= math.sqrt(1 - a * a)
    for t in range(1, shape[-1]):
        x[..., t] += a * x[..., t - 1]
    return x


def tau_of(a: float) -> float:
    return (1 + a) / (2 * (1 - a))


def assert_mean(values: Array, expected: float, bias: float = 0.0) -> None:
    """The mean of independent values is the expected one to 5 standard errors plus a known bias."""
    error = values.std(ddof=1) / math.sqrt(values.size)
    assert abs(values.mean() - expected) < Z * error + bias


def assert_spread(pulls: Array, allowance: float) -> None:
    """Pulls (value − exact)/error have unit variance: errors are neither too small nor too big."""
    # √(2/n) is the relative error of a variance of n normal pulls
    assert abs(pulls.var() - 1) < Z * math.sqrt(2 / pulls.size) + allowance


# --- autocorrelation_time, mean, effective_draws --------------------------------------------------


@pytest.mark.one_in(5)
@pytest.mark.parametrize("a", [-0.5, 0.0, 0.5, 0.9, 0.97])
def test_autocorrelation_time_of_known_series(a: float) -> None:
    x = ar1(a, (300, 6000), seed=11)
    found = statistics.autocorrelation_time(x)
    # truncation at the window leaves a share of about exp(−W/τ) ~ 1/√(n/τ)
    assert_mean(found.tau, tau_of(a), bias=0.02 * tau_of(a))
    # its error formula holds to about a fifth
    assert 0.75 < found.tau.std() / found.error.mean() < 1.3
    np.testing.assert_allclose(statistics.effective_draws(x), 6000 / (2 * found.tau))


@pytest.mark.one_in(5)
@pytest.mark.parametrize("a", [-0.5, 0.0, 0.5, 0.9, 0.97])
def test_errors_of_the_mean(a: float) -> None:
    estimate = statistics.mean(ar1(a, (1000, 6000), seed=12))
    assert_mean(estimate.value, 0.0)
    assert_spread(estimate.value / estimate.error, allowance=0.05)
    exact = math.sqrt(2 * tau_of(a) / 6000)
    assert estimate.error.mean() == pytest.approx(exact, rel=0.05)


@pytest.mark.parametrize("a", [0.0, 0.9])
def test_errors_of_the_mean_over_replicas(a: float) -> None:
    x = ar1(a, (600, 8, 500), seed=13)
    estimate = statistics.mean(x, replicas=True)
    assert estimate.value.shape == estimate.error.shape == estimate.tau.shape == (600,)
    np.testing.assert_allclose(estimate.value, x.mean(axis=(1, 2)), atol=1e-14)
    assert_spread(estimate.value / estimate.error, allowance=0.05)
    assert_mean(estimate.tau, tau_of(a), bias=0.03 * tau_of(a))


def test_replicas_with_means_of_their_own_count_as_correlated() -> None:
    # Two runs stuck in different states: pooled, the error has to see the distance between them.
    x = ar1(0.5, (2, 1000), seed=14) + np.array([[-3.0], [3.0]])
    assert statistics.mean(x, replicas=True).error > 10 * statistics.mean(x[0]).error


def plain_tau(x: Array) -> float:
    """τ of a positively correlated series by Wolff's window and the corrections, term by term."""
    n = len(x)
    d = x - x.mean()
    gamma = [sum(d[i] * d[i + t] for i in range(n - t)) / (n - t) for t in range(n // 2)]
    total = gamma[0]
    for w in range(1, n // 2):
        total += 2 * gamma[w]  # C(w) = 2 τ(w) Γ(0)
        tau = total / (2 * gamma[0])
        decay = 1.5 / math.log((2 * tau + 1) / (2 * tau - 1))
        if math.exp(-w / decay) < decay / math.sqrt(w * n):
            break
    tail = math.exp(-w * math.log((2 * tau + 1) / (2 * tau - 1)))
    error2 = total / n / (1 - (2 * w + 1) / n) / (1 - tail)
    length = n // max(8, math.isqrt(n))
    means = x[n % length :].reshape(-1, length).mean(axis=1)
    blocks = len(means)
    error2 = max(error2, means.var(ddof=1) / blocks / (1 + 2 * math.sqrt(2 / (blocks - 1))))
    tau = n * error2 / (2 * (gamma[0] + error2))
    return tau if n / (2 * tau) >= 7 else n / 2


@pytest.mark.parametrize("a", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("n", [40, 65, 126])
def test_autocorrelation_time_term_by_term(a: float, n: int) -> None:
    x = ar1(a, (n,), seed=17)
    assert statistics.autocorrelation_time(x).tau == pytest.approx(plain_tau(x), rel=1e-12)


@pytest.mark.thorough
def test_a_long_series_gives_tau_within_its_error() -> None:
    found = statistics.autocorrelation_time(ar1(0.95, (200_000,), seed=15))
    assert isinstance(found.tau, float)
    assert abs(found.tau - tau_of(0.95)) < Z * found.error
    assert found.error < 0.06 * found.tau


def test_errors_scale_and_shift_with_the_series() -> None:
    x = ar1(0.8, (2000,), seed=16)
    one, other = statistics.mean(x), statistics.mean(1e4 - 3 * x)
    assert other.value == pytest.approx(1e4 - 3 * one.value)
    assert other.error == pytest.approx(3 * one.error)
    assert other.tau == pytest.approx(one.tau)


# --- short series --------------------------------------------------------------------------------

ERRORS: list[Callable[[Array], statistics.Estimate]] = [
    statistics.mean,
    lambda x: statistics.jackknife(lambda p: p, x),
]


def error_of_mean(a: float, n: int) -> float:
    t = np.arange(1, n)
    return math.sqrt((1 + 2 * ((1 - t / n) * a**t).sum()) / n)


@pytest.mark.one_in(19)
@pytest.mark.parametrize("call", ERRORS)
@pytest.mark.parametrize("n", [32, 48, 64, 100, 128, 256, 512, 1000])
@pytest.mark.parametrize("a", [-0.5, 0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99])
def test_errors_of_short_series(
    call: Callable[[Array], statistics.Estimate], a: float, n: int
) -> None:
    # The mean of 1000 errors is known to 2 %. Within the stated factor where there are 2 τ, close
    # where there are 30; and few series are off by more than three of their errors.
    estimate = call(ar1(a, (1000, n), seed=18))
    ratio = estimate.error.mean() / error_of_mean(a, n)
    wrong = np.mean(np.abs(estimate.value) > 3 * estimate.error)
    length = n / tau_of(a)
    if length > 2:
        assert 1 / 1.75 < ratio < 1.75
        assert wrong < 0.16
    if length > 30:
        assert ratio > 0.9
        assert wrong < 0.04
    if length > 30 and a >= 0:  # blocks of anticorrelated draws err on the safe side
        assert ratio < 1.1


def test_a_short_series_counts_as_one_draw() -> None:
    x = np.linspace(0.0, 1.0, 64)  # a drift: nothing independent in it
    estimate = statistics.mean(x)
    assert estimate.tau == 32
    assert statistics.effective_draws(x) == 1
    assert estimate.error >= x.std()
    assert statistics.autocorrelation_time(x).error > 16  # not well known either


@pytest.mark.parametrize("n", [20, 32, 33, 64, 100, 256, 1000])
def test_an_alternating_series_has_an_error(n: int) -> None:
    x = np.where(np.arange(n) % 2, 1.0, -1.0)
    assert 0.99 / n < statistics.mean(x).error < 1.3 / math.sqrt(n)
    assert np.isfinite(statistics.effective_draws(x))


def test_replicas_shorter_than_tau() -> None:
    # 100 runs, each stuck where it began: the replicas themselves are the independent draws.
    x = ar1(0.99, (200, 100, 20), seed=19)
    exact = error_of_mean(0.99, 20) / 10
    for replicated in (
        statistics.mean(x, replicas=True),
        statistics.jackknife(lambda p: p, x, replicas=True),
    ):
        assert 0.7 < replicated.error.mean() / exact < 1.3


# --- binning -------------------------------------------------------------------------------------


def test_binning_reaches_the_plateau() -> None:
    a, n = 0.9, 4096
    found = statistics.binning(ar1(a, (400, n), seed=21))
    assert found.length.tolist() == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert found.error.shape == found.uncertainty.shape == (400, 10)
    # variance of a mean of b draws: [1 + 2 Σ (1 − t/b) a^t] / b
    for level, b in enumerate(found.length):
        t = np.arange(1, b)
        exact = (1 + 2 * ((1 - t / b) * a**t).sum()) / b
        # fewer blocks than n/b correct for the series' own mean: a share b·2τ/n at most
        assert_mean(found.error[:, level] ** 2 * n / b, exact, bias=0.02 / b)
        if b >= 8 * tau_of(a):  # the uncertainty takes the blocks to be independent
            spread = found.error[:, level].std() / found.uncertainty[:, level].mean()
            assert 0.8 < spread < 1.25


def test_binning_over_replicas() -> None:
    x = ar1(0.5, (3, 64), seed=22)
    found = statistics.binning(x, replicas=True)
    assert found.length.tolist() == [1, 2, 4, 8, 16]
    expected = x.ravel().std(ddof=1) / math.sqrt(192)
    assert found.error[0] == pytest.approx(expected)


# --- jackknife and what stands on it -------------------------------------------------------------


@pytest.mark.one_in(2)
@pytest.mark.parametrize("a", [0.0, 0.8])
def test_jackknife_of_a_ratio(a: float) -> None:
    x = 2 + 0.5 * ar1(a, (400, 4000), seed=31)
    y = 3 + 0.5 * ar1(a, (400, 4000), seed=32)
    estimate = statistics.jackknife(lambda p, q: p / q, x, y)
    assert_mean(estimate.value, 2 / 3)
    assert_spread((estimate.value - 2 / 3) / estimate.error, allowance=0.12)


@pytest.mark.thorough
def test_jackknife_removes_the_bias() -> None:
    # E[x̄²] = μ² + σ²/n: with 32 draws the plain estimate of μ² = 0 is off by 1/32.
    x = ar1(0.0, (4000, 32), seed=33)
    assert_mean(statistics.jackknife(lambda p: p**2, x).value, 0.0)


def test_jackknife_over_samples_term_by_term() -> None:
    a, b = np.random.default_rng(18).normal(3, 1, size=(2, 12, 4))
    found = statistics.sample_jackknife(lambda p, q: p / q**2, a, b)
    assert found.value.shape == found.error.shape == (4,)
    for column in range(4):
        whole = a[:, column].mean() / b[:, column].mean() ** 2
        without = np.array([
            np.delete(a[:, column], k).mean() / np.delete(b[:, column], k).mean() ** 2
            for k in range(12)
        ])  # fmt: skip
        assert found.value[column] == pytest.approx(12 * whole - 11 * without.mean())
        spread = math.sqrt(11 / 12 * ((without - without.mean()) ** 2).sum())
        assert found.error[column] == pytest.approx(spread)
    mean = statistics.sample_jackknife(lambda p: p, a)
    np.testing.assert_allclose(mean.value, a.mean(axis=0))
    np.testing.assert_allclose(mean.error, a.std(axis=0, ddof=1) / math.sqrt(12))
    assert np.all(mean.tau == 0.5)


@pytest.mark.parametrize(("values", "error"), [
    ((), ValueError),
    (([1.0],), ValueError),
    (([1.0, 2.0], [1.0, 2.0, 3.0]), ValueError),
    ((["1", "2"],), TypeError),
])  # fmt: skip
def test_wrong_samples(values: tuple[Any, ...], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"got .*allowed: "):
        statistics.sample_jackknife(lambda *p: p[0], *values)


def test_jackknife_of_the_mean_is_the_error_of_the_mean() -> None:
    x = ar1(0.7, (6, 5, 3000), seed=34)
    block, window = statistics.jackknife(lambda p: p, x), statistics.mean(x)
    np.testing.assert_allclose(block.error, window.error, rtol=0.35)
    np.testing.assert_allclose(block.tau, window.tau)
    pooled = statistics.jackknife(lambda p: p, x, replicas=True)
    assert pooled.value.shape == (6,)
    np.testing.assert_allclose(pooled.error, statistics.mean(x, replicas=True).error, rtol=0.35)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("a", [0.0, 0.8])
def test_specific_heat_of_gaussian_energies(a: float) -> None:
    N, T = 100, np.array([[1.5], [2.5]])
    energy = -150.0 + 12.0 * ar1(a, (2, 300, 4000), seed=41)
    estimate = statistics.specific_heat(energy, T, N)
    expected = 144.0 / (N * T**2)
    for row in range(2):
        assert_mean(estimate.value[row], expected[row, 0])
    assert_spread(((estimate.value - expected) / estimate.error).ravel(), allowance=0.12)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("a", [0.0, 0.8])
def test_susceptibility_of_gaussian_magnetizations(a: float) -> None:
    N, T = 400, 2.5
    m = 0.05 * ar1(a, (300, 4000), seed=42)
    estimate = statistics.susceptibility(m, T, N)
    expected = N * 0.05**2 * (1 - 2 / math.pi) / T
    assert_mean(estimate.value, expected)
    assert_spread((estimate.value - expected) / estimate.error, allowance=0.12)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("a", [0.0, 0.8])
def test_binder_of_gaussian_magnetizations(a: float) -> None:
    estimate = statistics.binder_cumulant(0.05 * ar1(a, (300, 4000), seed=43))
    assert_mean(estimate.value, 0.0, bias=0.003)  # bias of order (τ/n) after one jackknife
    assert_spread(estimate.value / estimate.error, allowance=0.2)


def test_binder_of_two_phases() -> None:
    # m = ±m₀ with Gaussian noise of width w: ⟨m²⟩ = m₀²+w², ⟨m⁴⟩ = m₀⁴+6m₀²w²+3w⁴
    rng = np.random.default_rng(44)
    m = 0.8 * rng.choice([-1, 1], size=(200, 2000)) + 0.1 * rng.normal(size=(200, 2000))
    m2, m4 = 0.64 + 0.01, 0.8**4 + 6 * 0.64 * 0.01 + 3e-4
    assert_mean(statistics.binder_cumulant(m).value, 1 - m4 / (3 * m2**2))


def test_binder_has_no_unit() -> None:
    m = ar1(0.5, (2, 1000), seed=47)
    for unit in (1e-300, 1e-100, 1e100):
        np.testing.assert_allclose(
            statistics.binder_cumulant(unit * m), statistics.binder_cumulant(m), rtol=1e-10
        )


@pytest.mark.parametrize("unit", [1e-300, 1e-200, 1e-100, 1e100, 1e280])
def test_errors_are_in_the_unit_of_the_series(unit: float) -> None:
    x = 1.0 + ar1(0.5, (2, 1000), seed=48)
    one, other = statistics.mean(x), statistics.mean(unit * x)
    np.testing.assert_allclose(other.value / unit, one.value)
    np.testing.assert_allclose(other.error / unit, one.error)
    np.testing.assert_allclose(other.tau, one.tau)
    binned, same = statistics.binning(x), statistics.binning(unit * x)
    np.testing.assert_allclose(same.error / unit, binned.error)
    np.testing.assert_allclose(same.uncertainty / unit, binned.uncertainty)
    halved, halves = (statistics.jackknife(lambda a: a / 2, y) for y in (x, unit * x))
    np.testing.assert_allclose(halves.error / unit, halved.error)
    samples = [statistics.sample_jackknife(lambda a: a / 2, y[:, :20].T) for y in (x, unit * x)]
    np.testing.assert_allclose(samples[1].error / unit, samples[0].error)


def test_fluctuations_at_the_ends_of_the_temperatures() -> None:
    E = 100.0 * ar1(0.5, (1000,), seed=49)
    one = statistics.specific_heat(E, 1.0, 100)
    for unit in (1e-140, 1e140):  # the square of neither is lost
        other = statistics.specific_heat(unit * E, unit, 100)
        np.testing.assert_allclose(other.value, one.value)
        np.testing.assert_allclose(other.error, one.error)
    assert statistics.specific_heat(E, 1e308, 100).value == 0.0
    for call in (statistics.specific_heat, statistics.susceptibility):
        with pytest.raises(ValueError, match=r"^temperature: got 5e-324, allowed: .* finite"):
            call(E, 5e-324, 100)
    with pytest.raises(ValueError, match=r"^energy: got .*, allowed: numbers whose variance is"):
        statistics.specific_heat(1e200 * E, 1.0, 100)
    with pytest.raises(ValueError, match=r"^temperature: got 'shape \(2,\)', allowed: one number"):
        statistics.specific_heat(E, [1.0, 2.0], 100)


@pytest.mark.parametrize(("function", "error"), [
    (None, TypeError), ("mean", TypeError), (lambda _: None, TypeError), (lambda _: "x", TypeError),
    (lambda a: a + 1j, TypeError), (np.mean, ValueError), (lambda a: a[None], ValueError),
])  # fmt: skip
def test_what_is_no_function_of_arrays(function: Any, error: type[Exception]) -> None:
    x = ar1(0.5, (100,), seed=50)
    for call in (statistics.jackknife, statistics.sample_jackknife):
        with pytest.raises(error, match=r"^function: got .*, allowed: one that "):
            call(function, x)


def test_a_function_without_a_finite_value() -> None:
    x = ar1(0.5, (100,), seed=51)
    assert math.isnan(statistics.jackknife(lambda a: np.log(a - 100), x).value)
    assert not math.isfinite(statistics.sample_jackknife(lambda a: a / 0, x).value)


def test_a_huge_lattice_keeps_its_digits() -> None:
    # E of 2¹⁷ × 2¹⁷ spins: ⟨E²⟩ has no digit left for the variance.
    N = 2**34
    energy = -1.4 * N + math.sqrt(N) * ar1(0.0, (4000,), seed=45)
    estimate = statistics.specific_heat(energy, 1.0, N)
    assert abs(estimate.value - 1) < Z * estimate.error < 0.2


def test_replicas_are_pooled() -> None:
    x = ar1(0.6, (2, 4, 1000), seed=46)
    calls: list[Callable[..., statistics.Estimate]] = [
        statistics.binder_cumulant,
        lambda m, **k: statistics.susceptibility(m, 2.0, 64, **k),
        lambda e, **k: statistics.specific_heat(e, 2.0, 64, **k),
    ]
    for call in calls:
        pooled, single = call(x, replicas=True), call(x)
        assert pooled.value.shape == (2,)
        assert single.value.shape == (2, 4)
        np.testing.assert_allclose(pooled.error, single.error.mean(axis=1) / 2, rtol=0.4)


# --- constant series and bad input ---------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, 0.1, -3.0, 1e8 + 0.1])
def test_constant_series_have_no_error(value: float) -> None:
    x = np.full((3, 50), value)
    estimate = statistics.mean(x)
    np.testing.assert_allclose(estimate.value, value)
    assert np.all(estimate.error == 0)
    assert np.all(estimate.tau == 0.5)
    found = statistics.autocorrelation_time(x)
    assert np.all(found.tau == 0.5)
    assert np.all(found.error == 0)
    assert np.all(statistics.effective_draws(x) == 50)
    assert np.all(statistics.binning(x).error < 1e-12 * max(abs(value), 1))
    for derived in (statistics.specific_heat(x, 2.0, 4), statistics.susceptibility(x, 2.0, 4)):
        assert np.all(derived.value == 0)
        assert np.all(derived.error == 0)


def test_constant_magnetization_has_a_binder_cumulant_unless_it_vanishes() -> None:
    assert statistics.binder_cumulant(np.full(50, -0.3)) == (pytest.approx(2 / 3), 0.0, 0.5)
    assert math.isnan(statistics.binder_cumulant(np.zeros(50)).value)


def test_integer_series_are_welcome() -> None:
    x = np.random.default_rng(51).integers(-5, 5, size=200)
    assert statistics.mean(x).value == pytest.approx(x.mean())


CALLS: list[Callable[[Any], Any]] = [
    statistics.autocorrelation_time,
    statistics.effective_draws,
    statistics.mean,
    statistics.binning,
    statistics.binder_cumulant,
    lambda x: statistics.jackknife(lambda p: p, x),
    lambda x: statistics.susceptibility(x, 2.0, 4),
    lambda x: statistics.specific_heat(x, 2.0, 4),
]


@pytest.mark.parametrize("call", CALLS)
def test_bad_series(call: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match="got 19 draws, allowed: at least 20"):
        call(np.arange(19.0))
    with pytest.raises(ValueError, match=r"allowed: a series \(\.\.\., draws\)"):
        call(3.0)
    with pytest.raises(TypeError, match="real numbers"):
        call(np.zeros(20, dtype=complex))
    broken = np.ones(20)
    broken[3] = np.nan
    with pytest.raises(ValueError, match="got nan, allowed: finite real numbers"):
        call(broken)


def test_bad_arguments() -> None:
    x = np.arange(32.0)
    with pytest.raises(ValueError, match=r"allowed: \(\.\.\., replicas, draws\)"):
        statistics.mean(x, replicas=True)
    with pytest.raises(ValueError, match="series: got none"):
        statistics.jackknife(lambda: 0.0)
    with pytest.raises(ValueError, match=r"got shapes \(32,\), \(31,\)"):
        statistics.jackknife(lambda p, q: p * q, x, x[:-1])
    with pytest.raises(ValueError, match="temperature: got 0"):
        statistics.specific_heat(x, 0.0, 4)
    with pytest.raises(ValueError, match="n_spins: got 0"):
        statistics.susceptibility(x, 1.0, 0)
    with pytest.raises(TypeError, match=r"n_spins: got 4\.0"):
        statistics.susceptibility(x, 1.0, 4.0)  # type: ignore[arg-type]


# --- blocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("draws", "size"), [(11, 4), (12, 4), (9, 2), (5, 5), (7, 1)])
def test_blocks_leave_out_the_first_draws(draws: int, size: int) -> None:
    # What is left out comes first: it is the least in equilibrium.
    x = np.random.default_rng(3).normal(size=(2, 3, draws))
    count = draws // size
    first = draws - count * size
    blocks = [slice(first + k * size, first + (k + 1) * size) for k in range(count)]
    expected = [[row[block].mean() for row in rows for block in blocks] for rows in x]
    np.testing.assert_allclose(blocking.means(x, size), expected, rtol=1e-14)
