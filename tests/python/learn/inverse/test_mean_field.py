"""Closed formulas: exact where they should be, errors of the order that theory has, no NaN."""

from __future__ import annotations

import pickle
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

import multispin as ms
from multispin.learn.inverse import mean_field as mf

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Formula = Callable[..., mf.Solution]

FORMULAS: dict[str, Formula] = {
    name: getattr(mf, name)
    for name in ("independent", "pair", "mean_field", "tap", "bethe", "sessak_monasson")
}
SPINS = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], dtype=np.int8)


def counted(*counts: float) -> tuple[Floats, Floats]:
    """Moments of two spins of which ++, +-, -+ and -- have been seen so often."""
    return of_samples(SPINS, np.array(counts, dtype=np.float64))


def of_samples(samples: NDArray[np.int8], weights: Floats | None = None) -> tuple[Floats, Floats]:
    mean, second = ms.moments(samples, weights)
    return mean, second - np.outer(mean, mean)


def of_model(J: Floats, h: Floats) -> tuple[Floats, Floats]:
    found = ms.exact.enumerate(ms.Pairwise(J, h), 1.0)
    mean = found.first_moments
    return mean, found.second_moments - np.outer(mean, mean)


def draw(n: int, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    J = np.triu(rng.normal(size=(n, n)) / np.sqrt(n), 1)
    return J + J.T, rng.normal(size=n)


# --- two spins, and one ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pair", "bethe", "sessak_monasson"])
def test_two_spins_are_exact(name: str) -> None:
    J, h = FORMULAS[name](*counted(50, 20, 10, 40))
    np.testing.assert_allclose(J, [[0, 0.575646273249], [0.575646273249, 0]], atol=1e-12)
    np.testing.assert_allclose(h, [0.229072682969, -0.117500907311], atol=1e-12)


def test_two_spins_in_mean_fields() -> None:
    """The second mean is 0: the term that TAP has more is m_i m_j, so its coupling is naive too."""
    moments = counted(50, 20, 10, 40)
    naive, tap = mf.mean_field(*moments), mf.tap(*moments)
    for found in (naive, tap):
        np.testing.assert_allclose(found.J[0, 1], 9 / 13, atol=1e-12)
    np.testing.assert_allclose(naive.h, [np.arctanh(1 / 6), -9 / 13 / 6], atol=1e-12)
    np.testing.assert_allclose(tap.h - naive.h, [(9 / 13) ** 2 / 6, 0], atol=1e-12)
    free = mf.independent(*moments)
    assert not free.J.any()
    np.testing.assert_allclose(free.h, np.arctanh([1 / 6, 0]), atol=1e-15)


@pytest.mark.parametrize("name", FORMULAS)
def test_one_spin(name: str) -> None:
    J, h = FORMULAS[name]([0.5], [[0.75]])
    assert J.tolist() == [[0.0]]
    np.testing.assert_allclose(h, np.arctanh([0.5]), atol=1e-15)


# --- more spins -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMULAS)
def test_spins_that_do_not_interact(name: str) -> None:
    mean = np.array([0.9, 0.0, -0.5, 0.2])
    J, h = FORMULAS[name](mean, np.diag(1 - mean**2))
    np.testing.assert_allclose(J, 0.0, atol=1e-15)
    np.testing.assert_allclose(h, np.arctanh(mean), atol=1e-14)


@pytest.mark.parametrize("name", FORMULAS)
def test_couplings_are_those_of_a_model(name: str) -> None:
    """Symmetric to the last digit, as models ask, and float64."""
    J, h = draw(20, 7)
    sampler = ms.Sampler(ms.Pairwise(0.3 * J, 0.3 * h), 1.0, replicas=2000, seed=1)
    sampler.sweep(50)
    found = FORMULAS[name](*of_samples(np.asarray(sampler.spins())))
    model = ms.Pairwise(found.J, found.h)
    assert model.n_spins == 20
    assert {part.dtype for part in found} == {np.dtype(np.float64)}


def test_bethe_is_exact_on_a_tree() -> None:
    edges, couplings = [[0, 1], [1, 2], [1, 3], [3, 4], [3, 5]], [0.8, -1.1, 0.5, 0.9, -0.4]
    h = np.array([0.3, -0.2, 0.5, 0.0, -0.7, 0.1])
    J = np.zeros((6, 6))
    for (i, j), value in zip(edges, couplings, strict=True):
        J[i, j] = J[j, i] = value
    found = mf.bethe(*of_model(J, h))
    np.testing.assert_allclose(found.J, J, atol=1e-12)
    np.testing.assert_allclose(found.h, h, atol=1e-12)


def test_bethe_is_the_published_formula() -> None:
    """Ricci-Tersenghi (2012), and Nguyen & Berg (2012)."""
    J, h = draw(7, 1)
    m, C = of_model(0.3 * J, 0.5 * h)
    off = ~np.eye(7, dtype=bool)
    X, mm = np.linalg.inv(C)[off], np.outer(m, m)[off]
    root = np.sqrt(1 + 4 * np.outer(1 - m**2, 1 - m**2)[off] * X**2)
    inner = np.sqrt((root - 2 * mm * X) ** 2 - 4 * X**2)
    published = -np.arctanh(root / (2 * X) - mm - inner / (2 * X))
    np.testing.assert_allclose(mf.bethe(m, C).J[off], published, atol=1e-12)


def test_tap_solves_its_equations() -> None:
    J, h = draw(7, 2)
    m, C = of_model(0.3 * J, 0.5 * h)
    found = mf.tap(m, C)
    left = found.J + 2 * found.J**2 * np.outer(m, m) + np.linalg.inv(C)
    np.testing.assert_allclose(left - np.diag(np.diagonal(left)), 0.0, atol=1e-13)
    field = found.h + found.J @ m - m * (found.J**2 @ (1 - m**2))
    np.testing.assert_allclose(np.tanh(field), m, atol=1e-13)


def test_fields_of_sessak_and_monasson_are_those_of_its_entropy() -> None:
    """That is h = −∂S/∂m at fixed second moments, by differences."""
    J, h = draw(5, 3)
    m, C = of_model(0.4 * J, 0.5 * h)
    second = C + np.outer(m, m)

    def entropy(mean: Floats) -> float:
        c = second - np.outer(mean, mean)
        coefficient = c / np.sqrt(np.outer(np.diagonal(c), np.diagonal(c)))
        total = 0.5 * np.linalg.slogdet(coefficient)[1]
        single = [of_cells([(1 + a * mean[i]) / 2 for a in (1, -1)]) for i in range(5)]
        for i in range(5):
            total += single[i]
            for j in range(i):
                cells = [
                    (1 + a * mean[i] + b * mean[j] + a * b * second[i, j]) / 4
                    for a in (1, -1) for b in (1, -1)
                ]  # fmt: skip
                total += of_cells(cells) - single[i] - single[j]
                total -= 0.5 * np.log(1 - coefficient[i, j] ** 2)
        return float(total)

    def of_cells(cells: list[float]) -> float:
        return float(-sum(p * np.log(p) for p in cells))

    step = 1e-5 * np.eye(5)
    slopes = [(entropy(m + one) - entropy(m - one)) / 2e-5 for one in step]
    np.testing.assert_allclose(mf.sessak_monasson(m, C).h, -np.array(slopes), atol=1e-8)


#: Powers of β in the error of J, in fields of any size and in fields of size β.
ORDERS = {
    "independent": (1, 1), "pair": (2, 2), "mean_field": (2, 3), "tap": (3, 3), "bethe": (3, 4),
    "sessak_monasson": (4, 5),
}  # fmt: skip


@pytest.mark.parametrize("small_fields", [False, True])
def test_errors_have_the_orders_of_theory(small_fields: bool) -> None:
    """Over six draws; what the next order adds turns slopes by 0.1 and less."""
    beta = np.array([0.01, 0.02, 0.04])
    squares = {name: np.zeros(3) for name in FORMULAS}
    for seed in range(6):
        J, h = draw(7, seed)
        for k, b in enumerate(beta):
            moments = of_model(b * J, b * h if small_fields else 0.5 * h)
            for name, formula in FORMULAS.items():
                squares[name][k] += np.sum((formula(*moments).J - b * J) ** 2)
    for name, orders in ORDERS.items():
        slope = np.polyfit(np.log(beta), 0.5 * np.log(squares[name]), 1)[0]
        assert slope == pytest.approx(orders[small_fields], abs=0.2), name


#: Slopes in fields of 0.1 or so, between the two: where couplings are as small as fields.
BETWEEN = {
    "pair": (1.9, 2.1), "mean_field": (2.2, 2.7), "tap": (2.8, 3.2), "bethe": (3.2, 3.5),
    "sessak_monasson": (4.2, 4.7),
}  # fmt: skip


def test_errors_in_small_fields_are_between_those_orders() -> None:
    beta = np.geomspace(0.01, 0.1, 5)
    squares = {name: np.zeros(5) for name in BETWEEN}
    for seed in range(5):
        J, h = draw(8, seed)
        for k, b in enumerate(beta):
            moments = of_model(b * J, 0.1 * h)
            for name in BETWEEN:
                squares[name][k] += np.sum((FORMULAS[name](*moments).J - b * J) ** 2)
    for name, (low, high) in BETWEEN.items():
        slope = np.polyfit(np.log(beta), 0.5 * np.log(squares[name]), 1)[0]
        assert low < slope < high, name


@pytest.mark.parametrize("name", list(FORMULAS)[1:])
def test_small_correlations_keep_their_digits(name: str) -> None:
    mean, c = np.array([0.3, -0.6]), 1e-12
    C = np.diag(1 - mean**2) + c * (1 - np.eye(2))
    J = FORMULAS[name](mean, C).J[0, 1]
    assert J == pytest.approx(c / ((1 - 0.09) * (1 - 0.36)), rel=1e-9)


# --- what has no solution -------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMULAS)
def test_a_constant_spin_is_named(name: str) -> None:
    samples = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), size=(100, 4))
    samples[:, 2] = -1
    with pytest.raises(mf.NoSolutionError, match="mean: got -1 of spin 2") as caught:
        FORMULAS[name](*of_samples(samples))
    assert (caught.value.spins, caught.value.count) == ((2,), 1)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.spins, again.count) == (str(caught.value), (2,), 1)


@pytest.mark.parametrize("cell", range(4))
@pytest.mark.parametrize("name", ["pair", "sessak_monasson"])
def test_an_empty_cell_is_named(name: str, cell: int) -> None:
    counts = np.array([50.0, 20.0, 10.0, 40.0])
    counts[cell] = 0.0
    seen = ("++", "+-", "-+", "--")[cell]
    message = f"none of {seen} of spins 0 and 1".replace("+", r"\+")
    with pytest.raises(mf.NoSolutionError, match=message) as caught:
        FORMULAS[name](*counted(*counts))
    assert caught.value.spins == (0, 1)
    # One sample in a million is enough.
    counts[cell] = 1e-4
    assert np.isfinite(FORMULAS[name](*counted(*counts)).J).all()


@pytest.mark.parametrize("name", ["mean_field", "tap", "bethe", "sessak_monasson"])
def test_spins_that_depend_on_each_other_are_named(name: str) -> None:
    samples = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), size=(500, 6))
    samples[:, 4] = -samples[:, 1]
    with pytest.raises(mf.NoSolutionError, match="spins 1, 4: each of them follows") as caught:
        FORMULAS[name](*of_samples(samples))
    assert (caught.value.spins, caught.value.count) == ((1, 4), 1)


def test_fewer_samples_than_spins_have_no_inverse() -> None:
    samples = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), size=(30, 40))
    with pytest.raises(mf.NoSolutionError, match="allowed: a positive definite matrix") as caught:
        mf.mean_field(*of_samples(samples))
    assert caught.value.count == 11  # 40 spins, less 29: one is for the means


def test_moments_of_no_spins() -> None:
    C = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    with pytest.raises(mf.NoSolutionError, match="no spins have such moments"):
        mf.mean_field(np.zeros(3), C)


def correlated() -> tuple[Floats, Floats]:
    """Seldom up, and spins 0 and 1 then never together, nearly: neither TAP nor Bethe follows."""
    m, c = -0.8, -0.0399
    C = np.diag(np.full(3, 1 - m**2))
    C[0, 1] = C[1, 0] = c
    C[0, 2] = C[2, 0] = C[1, 2] = C[2, 1] = 0.12
    return np.full(3, m), C


@pytest.mark.parametrize("name", ["tap", "bethe"])
def test_pairs_without_a_solution(name: str) -> None:
    moments = correlated()
    with pytest.raises(
        mf.NoSolutionError, match=f"{name} has no coupling of spins 0 and 1"
    ) as caught:
        FORMULAS[name](*moments)
    assert (caught.value.spins, caught.value.count) == ((0, 1), 1)
    with pytest.warns(UserWarning, match="theirs are those of two spins by themselves"):
        found = FORMULAS[name](*moments, unsolved="pair")
    assert found.J[0, 1] == pytest.approx(mf.pair(*moments).J[0, 1], abs=1e-14)
    assert found.J[0, 2] != pytest.approx(mf.pair(*moments).J[0, 2], abs=1e-3)
    assert np.isfinite(found.h).all()


def test_the_option_changes_nothing_where_there_is_a_solution() -> None:
    J, h = draw(6, 5)
    moments = of_model(0.3 * J, 0.5 * h)
    for formula in (mf.tap, mf.bethe):
        for one, other in zip(formula(*moments), formula(*moments, unsolved="pair"), strict=True):
            assert (one == other).all()


# --- arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(
    ("mean", "covariance", "message"),
    [
        ([0.0, 1.5], np.eye(2), "mean: got 1.5, allowed: means"),
        ([[0.0]], np.eye(1), "mean: got"),
        ([], np.zeros((0, 0)), "mean: got"),
        ([0.0, 0.0], np.eye(3), "covariance: got"),
        ([0.0, 0.5], np.eye(2), "covariance: got 1 at [1, 1], allowed: 0.75 there"),
        ([0.0, 0.0], [[1, 0.1], [0.2, 1]], "covariance: got 0.1 at [0, 1] and 0.2 at [1, 0]"),
        ([0.0, np.nan], np.eye(2), "mean: got nan"),
        ([0.0, 0.0], [[1, np.inf], [np.inf, 1]], "covariance: got inf"),
    ],
)
def test_what_are_no_moments(name: str, mean: object, covariance: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        FORMULAS[name](mean, covariance)


def test_what_is_no_option() -> None:
    for formula in (mf.tap, mf.bethe):
        with pytest.raises(ValueError, match="unsolved: got 'clip', allowed: 'raise', 'pair'"):
            formula([0.0], [[1.0]], unsolved="clip")
