"""Kinetic inverse Ising: planted couplings, finite differences, another optimizer, false alarms."""

from __future__ import annotations

import pickle
import re
from typing import Any

import numpy as np
import pytest
from scipy import optimize

import multispin as ms
from multispin.learn import kinetic_series
from multispin.learn.inverse._discoveries import discoveries, p_values
from multispin.learn.inverse._series import transitions
from multispin.learn.inverse._transition_likelihood import Likelihood, curvatures, errors


def planted(n: int, strength: float = 1.0) -> tuple[Any, Any]:
    rng = np.random.default_rng(n)
    return strength * rng.normal(size=(n, n)) / np.sqrt(n), 0.2 * rng.normal(size=n)


def of_one_spin(before: Any, after: Any, l2: float = 0.0) -> Any:
    """Logistic regression by SciPy, (N + 1,)."""
    x = np.column_stack([before, np.ones(len(before))]).astype(float)
    ridge = np.append(np.full(before.shape[1], l2), 0.0)

    def loss(w: Any) -> tuple[float, Any]:
        z = after * (x @ w)
        value = np.logaddexp(0.0, -2.0 * z).mean() + ridge @ w**2
        slope = -2.0 * (after / (1.0 + np.exp(2.0 * z))) @ x / len(x) + 2.0 * ridge * w
        return value, slope

    begin = np.zeros(x.shape[1])
    return optimize.minimize(loss, begin, jac=True, method="BFGS", options={"gtol": 1e-9}).x


# --- dynamics -------------------------------------------------------------------------------------


def test_probabilities_of_steps() -> None:
    """From one state: 40 000 steps, frequencies within 5 standard errors."""
    J, h = planted(4)
    start = np.array([1, -1, -1, 1])
    after = kinetic_series(J, h, 1, np.tile(start, (40_000, 1)), random_state=1)[:, 0]
    p = 1.0 / (1.0 + np.exp(-2.0 * (J @ start + h)))
    assert (np.abs((after > 0).mean(axis=0) - p) < 5 * np.sqrt(p * (1 - p) / 40_000)).all()
    second = (after[:, :, None] * after[:, None]).mean(axis=0)
    m = 2 * p - 1
    off = ~np.eye(4, dtype=bool)  # spins are independent, given what was before
    assert (np.abs(second - np.outer(m, m))[off] < 5 / np.sqrt(40_000)).all()


def test_series_are_those_of_a_seed() -> None:
    J, h = planted(3)
    one = kinetic_series(J, h, 50, random_state=3)
    assert (one.shape, one.dtype) == ((50, 3), np.int8)
    np.testing.assert_array_equal(one, kinetic_series(J, h, 50, random_state=3))
    assert (one != kinetic_series(J, h, 50, random_state=4)).any()
    several = kinetic_series(J, 0.0, 5, np.ones((2, 3)), random_state=3)
    assert several.shape == (2, 5, 3)
    assert (several[0] != several[1]).any()


def test_blocks_of_random_numbers_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    J, h = planted(3)
    wanted = kinetic_series(J, h, 40, random_state=1)
    monkeypatch.setattr("multispin.learn.inverse.parallel._BLOCK", 12)
    np.testing.assert_array_equal(kinetic_series(J, h, 40, random_state=1), wanted)


# --- the likelihood and its maximum ---------------------------------------------------------------


def test_gradient_and_curvature_are_those_of_differences() -> None:
    J, h = planted(5)
    given = transitions("series", kinetic_series(J, h, 300, random_state=1), "spin")
    likelihood = Likelihood(given, 1)
    rng = np.random.default_rng(2)
    x, step = 0.3 * rng.normal(size=30), 1e-5
    gradient = likelihood.evaluate(x)[1]
    for k in range(30):
        e = step * (np.arange(30) == k)
        up, down = likelihood.evaluate(x + e), likelihood.evaluate(x - e)
        assert gradient[k] == pytest.approx((up[0] - down[0]) / (2 * step), abs=1e-9)
        product = likelihood.curvature(x, e) / step
        np.testing.assert_allclose(product, (up[1] - down[1]) / (2 * step), atol=1e-8)
    H = curvatures(given, x[:25].reshape(5, 5), x[25:])
    for i in range(5):
        own = np.r_[5 * i : 5 * i + 5, 25 + i]
        rows = [likelihood.curvature(x, 1.0 * (np.arange(30) == k))[own] for k in own]
        np.testing.assert_allclose(H[i], given.number * np.array(rows), rtol=1e-10, atol=1e-8)


def test_the_value_is_the_probability_of_the_series() -> None:
    J, h = planted(3)
    series = kinetic_series(J, h, 200, random_state=1)
    fit = ms.KineticIsing().fit(series)
    up = fit.predict_proba(series[:-1])
    wanted = np.log(np.where(series[1:] > 0, up, 1 - up)).sum(axis=1).mean()
    assert fit.log_likelihood(series) == pytest.approx(wanted, rel=1e-12)
    assert fit.score(series) == fit.log_likelihood(series) == pytest.approx(-fit.history_[-1])
    p = 1 / (1 + np.exp(-2 * (fit.J_ @ series[0] + fit.h_)))
    np.testing.assert_allclose(up[0], p)


@pytest.mark.parametrize("l2", [0.0, 0.03])
def test_rows_are_logistic_regressions(l2: float) -> None:
    J, h = planted(6)
    series = kinetic_series(J, h, 500, random_state=1)
    fit = ms.KineticIsing(l2=l2, tol=1e-9).fit(series)
    assert fit.converged_
    for i in range(6):
        wanted = of_one_spin(series[:-1], series[1:, i], l2)
        np.testing.assert_allclose(np.append(fit.J_[i], fit.h_[i]), wanted, atol=1e-6)


def test_l1_has_the_conditions_of_its_minimum() -> None:
    J, h = planted(6)
    series = kinetic_series(J, h, 500, random_state=1)
    fit = ms.KineticIsing(l1=0.1, tol=1e-8).fit(series)
    given = transitions("series", series, "spin")
    gradient = Likelihood(given, 1).evaluate(np.concatenate([fit.J_.ravel(), fit.h_]))[1]
    of_J, some = gradient[:36].reshape(6, 6), fit.J_ != 0
    assert 0 < some.sum() < 36
    np.testing.assert_allclose(of_J[some], -0.1 * np.sign(fit.J_[some]), atol=1e-7)
    assert (np.abs(of_J[~some]) <= 0.1 + 1e-7).all()
    np.testing.assert_allclose(gradient[36:], 0.0, atol=1e-7)
    with pytest.raises(ValueError, match="l1: got 0.1, allowed: 0 for standard errors"):
        fit.significant()


@pytest.mark.thorough
def test_the_error_falls_as_the_root_of_time() -> None:
    """Of 8 × 8 couplings, rms errors at 100 times as many steps: 10 times smaller.

    A rms of 64 numbers has an error of 9 %; the ratio of two, each of a mean over 4 series, 6 %.
    """
    J, h = planted(8)
    rms = []
    for steps in (1000, 100_000):
        fits = [ms.KineticIsing().fit(kinetic_series(J, h, steps, random_state=k)) for k in (1, 2)]
        rms.append(np.sqrt(np.mean([(fit.J_ - J) ** 2 for fit in fits])))
    assert rms[0] / rms[1] == pytest.approx(10, rel=0.35)
    assert rms[1] < 0.006


# --- how sure it is -------------------------------------------------------------------------------


@pytest.mark.thorough
def test_errors_are_those_of_repetitions() -> None:
    """(Found − planted) / error: variance 1, 100 series × 12 numbers, within 5 of its errors."""
    J, h = planted(3, 0.5)
    z = []
    for k in range(100):
        fit = ms.KineticIsing().fit(kinetic_series(J, h, 1000, random_state=k))
        z.append([*((fit.J_ - J) / fit.J_error_).ravel(), *((fit.h_ - h) / fit.h_error_)])
    assert abs(np.mean(z)) < 5 / np.sqrt(1200)
    assert np.var(z) == pytest.approx(1.0, abs=5 * np.sqrt(2 / 1200))


@pytest.mark.thorough
def test_errors_with_l2_are_those_of_repetitions() -> None:
    """About their mean, of 100 series, within 5 errors of a standard deviation of 100 numbers."""
    J, h = planted(2, 0.5)
    fits = [ms.KineticIsing(l2=0.2).fit(kinetic_series(J, h, 1000, random_state=k))
            for k in range(100)]  # fmt: skip
    spread = np.std([fit.J_ for fit in fits], axis=0, ddof=1)
    np.testing.assert_allclose(fits[0].J_error_, spread, rtol=5 / np.sqrt(200))
    assert (ms.KineticIsing().fit(kinetic_series(J, h, 1000, random_state=0)).J_error_
            > fits[0].J_error_).all()  # fmt: skip


@pytest.mark.thorough
def test_false_alarms_at_the_nominal_rate() -> None:
    """300 independent series: a share 0.1 has something significant, within 5 errors."""
    level, number = 0.1, 300
    alarms, z = 0, []
    for k in range(number):
        series = np.random.default_rng(k).choice([-1, 1], size=(400, 4))
        fit = ms.KineticIsing().fit(series)
        z.append(fit.z_scores())
        alarms += bool(fit.significant(level).any())
    assert abs(alarms / number - level) < 5 * np.sqrt(level * (1 - level) / number)
    assert np.var(z) == pytest.approx(1.0, abs=5 * np.sqrt(2 / np.size(z)))


def test_what_is_there_is_found() -> None:
    n = 12
    J = 0.4 * np.roll(np.eye(n), 1, axis=0)
    fit = ms.KineticIsing().fit(kinetic_series(J, 0.0, 4000, random_state=1))
    np.testing.assert_array_equal(fit.significant(0.001), J > 0)


def test_benjamini_and_hochberg() -> None:
    """The example of their paper: 15 p-values, of which 4 are rejected at 0.05."""
    p = np.array([0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
                  0.4262, 0.5719, 0.6528, 0.7590, 1.0000])  # fmt: skip
    shuffled = np.random.default_rng(1).permutation(15)
    found = discoveries(p[shuffled], 0.05)
    assert sorted(p[shuffled][found]) == p[:4].tolist()
    assert not discoveries(np.ones((2, 2)), 0.05).any()
    np.testing.assert_allclose(p_values(np.array([0.0, 1.959964, -1.959964])), [1, 0.05, 0.05])


def test_errors_of_what_is_not_known_are_infinite() -> None:
    H = np.diag([4.0, 0.0, 1.0])
    H[:2, :2] = 4.0  # the sum of the first two is known
    found = errors(H, H)
    assert np.isinf(found).tolist() == [True, True, False]
    assert found[2] == 1.0
    with pytest.warns(ms.InfiniteMaximumWarning, match=r"spin 1 is always -1"):
        fit = ms.KineticIsing().fit(np.array([[1, -1], [-1, -1], [1, -1], [1, -1]] * 10))
    z = fit.z_scores()
    assert np.isfinite(z).all()
    assert not fit.significant().any()


# --- what it takes and gives ----------------------------------------------------------------------


def test_recordings_are_not_joined() -> None:
    J, h = planted(3)
    parts = [kinetic_series(J, h, steps, random_state=steps) for steps in (40, 60, 100)]
    fit = ms.KineticIsing(tol=1e-9).fit(parts)
    assert fit.n_transitions_ == 39 + 59 + 99
    before = np.concatenate([part[:-1] for part in parts])
    after = np.concatenate([part[1:] for part in parts])
    wanted = of_one_spin(before, after[:, 1])
    np.testing.assert_allclose(np.append(fit.J_[1], fit.h_[1]), wanted, atol=1e-6)
    same = np.stack([parts[2], parts[2][::-1]])
    one, other = ms.KineticIsing().fit(same), ms.KineticIsing().fit(list(same))
    np.testing.assert_array_equal(one.J_, other.J_)
    assert one.n_transitions_ == 198


@pytest.mark.parametrize("form", ["int8", "float", "bool", "list", "binary", "packed", "frame"])
def test_forms_of_series(form: str) -> None:
    J, h = planted(3)
    series = kinetic_series(J, h, 100, random_state=1)
    bits = np.packbits(series > 0, axis=1, bitorder="little")
    given: Any = {
        "int8": series, "float": series.astype(float), "bool": series > 0,
        "list": series.tolist(), "binary": (series + 1) // 2,
        "packed": ms.PackedSamples(bits, 3),
    }.get(form)  # fmt: skip
    if form == "frame":
        given = pytest.importorskip("pandas").DataFrame(series, columns=["a", "b", "c"])
    fit = ms.KineticIsing(units="binary" if form == "binary" else "spin").fit(given)
    np.testing.assert_array_equal(fit.J_, ms.KineticIsing().fit(series).J_)
    assert hasattr(fit, "feature_names_in_") == (form == "frame")


def test_simulation_of_what_was_learned() -> None:
    J, h = planted(3)
    series = kinetic_series(J, h, 1000, random_state=1)
    fit = ms.KineticIsing(random_state=5).fit(series)
    found = fit.sample(20)
    np.testing.assert_array_equal(found, kinetic_series(fit.J_, fit.h_, 20, series[0], 5))
    assert (found != fit.sample(20, random_state=6)).any()
    assert fit.sample(4, start=series[:7]).shape == (7, 4, 3)
    binary = ms.KineticIsing(units="binary", random_state=5).fit((series + 1) // 2)
    np.testing.assert_array_equal(binary.sample(20), (found + 1) // 2)
    np.testing.assert_array_equal(binary.sample(20, start=(series[0] + 1) // 2), (found + 1) // 2)


def test_threads_and_copies_change_nothing() -> None:
    J, h = planted(10)
    series = kinetic_series(J, h, 500, random_state=1)
    one = ms.KineticIsing(threads=1).fit(series)
    two = ms.KineticIsing(**one.get_params()).set_params(threads=2).fit(series)
    np.testing.assert_array_equal(one.J_, two.J_)
    again = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(again.J_error_, one.J_error_)
    assert repr(one).startswith("KineticIsing(l1=0.0, l2=0.0, units='spin'")


def test_warnings() -> None:
    follower = np.random.default_rng(1).choice([-1, 1], size=(80, 2))
    follower[1:, 1] = follower[:-1, 0]
    with pytest.warns(ms.InfiniteMaximumWarning, match=r"spin 1 is never \+1 after spin 0 was -1"):
        ms.KineticIsing().fit(follower)
    ms.KineticIsing(l2=0.01).fit(follower)  # is finite, and says nothing
    J, h = planted(5)
    with pytest.warns(ms.NotConvergedWarning, match="the gradient is still .* after 1 iterations"):
        fit = ms.KineticIsing(max_iter=1).fit(kinetic_series(J, h, 500, random_state=1))
    assert not fit.converged_


@pytest.mark.parametrize(
    ("series", "error", "message"),
    [
        ([1, -1], ValueError, "series: got an array of shape (2,)"),
        ([[1, -1]], ValueError, "series: got n_samples = 1 time step, allowed: 2 or"),
        ([[1, -1], [0, 1]], ValueError, "series: got 0 in row 1, column 0, allowed: -1 and +1"),
        ([[1, np.nan], [1, 1]], ValueError, "series: got NaN in row 0"),
        (np.ones((2, 3, 2, 2)), ValueError, "series: got an array of shape (2, 3, 2, 2)"),
        ([np.ones((3, 2)), np.ones((1, 2))], ValueError, "series[1]: got n_samples = 1 time step"),
        ([np.ones((3, 2)), np.ones((3, 4))], ValueError,
         "series[1]: got 4 spins, allowed: 2, as series[0] has"),
        ([np.ones((3, 2)), np.zeros((3, 2))], ValueError, "series[1]: got 0.0 in row 0"),
        ([], ValueError, "series: got an array of shape (0,)"),
        (None, ValueError, "series: got an array of shape ()"),
        ([["x"], ["y"]], TypeError, "series: got an array of <U1"),
    ],
)  # fmt: skip
def test_wrong_series(series: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match="^" + re.escape(message)):
        ms.KineticIsing().fit(series)


def test_wrong_arguments() -> None:
    series = kinetic_series(*planted(3), 30, random_state=1)
    fit = ms.KineticIsing(l2=0.1).fit(series)
    for call, message in (
        (lambda: fit.significant(1.0), "level: got 1.0, allowed: a number above 0 and below 1"),
        (lambda: fit.sample(0), "n_steps: got 0"),
        (lambda: fit.sample(1, start=[1, 1]), "start: got"),
        (lambda: fit.sample(1, start=[1, 1, 0]), "start: got 0 in row 0, column 2, allowed: -1"),
        (lambda: fit.predict_proba([[1, 1]]), "states: got 2 features, allowed: the 3"),
        (
            lambda: fit.log_likelihood(series[:, :2]),
            "series: got 2 features, allowed: the 3",
        ),
        (lambda: ms.KineticIsing(l2=-1.0).fit(series), "l2: got -1.0"),
        (lambda: ms.KineticIsing(units="bits").fit(series), "units: got 'bits'"),
        (lambda: kinetic_series([[0.0, 1.0]], 0.0, 3), "J: got 'an array of shape (1, 2)'"),
        (lambda: kinetic_series([[0.0]], [0.0, 1.0], 3), "h: got 'an array of shape (2,)'"),
        (lambda: kinetic_series([[0.0]], 0.0, 3, [0]), "start: got other values"),
    ):
        with pytest.raises(ValueError, match="^" + re.escape(message)):
            call()
    with pytest.raises(ms.NotFittedError, match="sample: got a KineticIsing that is not fitted"):
        ms.KineticIsing().sample(3)
