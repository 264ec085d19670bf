"""Graphs found among samples of planted ones: by penalties, by tests, by decimation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn.inverse import criteria, selection
from multispin.learn.inverse.decimation import decimate
from multispin.learn.inverse.pruning import prune
from multispin.learn.inverse.selection import regularization_path


def all_states(n: int) -> Any:
    return (2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1).astype(np.int8)


def drawn(J: Any, h: Any, m: int, seed: int) -> tuple[Any, Any]:
    """States that are among m samples, and their counts."""
    states = all_states(len(h))
    exponent = ((states @ J) * states).sum(axis=1) / 2 + states @ h
    p = np.exp(exponent - exponent.max())
    counts = np.random.default_rng(seed).multinomial(m, p / p.sum())
    return states[counts > 0], counts[counts > 0]


def square(coupling: float = 0.5, seed: int = 1) -> Any:
    """±J on 4 × 4 sites, open."""
    rng, J = np.random.default_rng(seed), np.zeros((16, 16))
    for i in range(16):
        for j in ([i + 1] if i % 4 < 3 else []) + ([i + 4] if i < 12 else []):
            J[i, j] = J[j, i] = coupling * rng.choice([-1, 1])
    return J


def regular(coupling: float = 0.4, seed: int = 1) -> Any:
    """±J on 16 sites with three neighbours each: a random ring and a random matching."""
    rng, J = np.random.default_rng(seed), np.zeros((16, 16))
    ring = rng.permutation(16)
    while True:
        pairs = rng.permutation(16).reshape(8, 2)
        places = np.argsort(ring)[pairs]
        if not np.isin(np.abs(places[:, 0] - places[:, 1]), (1, 15)).any():
            break
    for i, j in [*zip(ring, np.roll(ring, 1), strict=True), *pairs]:
        J[i, j] = J[j, i] = coupling * rng.choice([-1, 1])
    return J


def chain(n: int, coupling: float) -> Any:
    return coupling * (np.eye(n, k=1) + np.eye(n, k=-1))


FIELDS = np.random.default_rng(2).normal(0, 0.1, 16)
GRAPHS = {"square": square(), "regular": regular()}


# --- planted graphs -------------------------------------------------------------------------------


@pytest.mark.one_in(12)
@pytest.mark.parametrize("m", [4000, pytest.param(20_000, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("method", selection.METHODS)
def test_penalties_find_planted_graphs(method: str, name: str, m: int) -> None:
    J = GRAPHS[name]
    if method == "exact":
        # Of correlations that reach far penalties find neighbours of neighbours first.
        J, m = J / 2, 5 * m
    samples, counts = drawn(J, FIELDS, m, 5)
    found = regularization_path(samples, method, sample_weight=counts)
    assert ((J != 0) == found.support).all()
    assert found.edges[0] == 0
    assert (found.supports[found.best] == found.support).all()
    fit = ms.InverseIsing(method, support=J != 0).fit(samples, sample_weight=counts)
    np.testing.assert_allclose(found.estimator.J_, fit.J_, atol=1e-12)


@pytest.mark.parametrize("m", [2000, pytest.param(20_000, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("name", GRAPHS)
def test_decimation_finds_planted_graphs(name: str, m: int) -> None:
    samples, counts = drawn(GRAPHS[name], FIELDS, m, 5)
    found = decimate(samples, counts)
    assert ((GRAPHS[name] != 0) == found.support).all()
    assert found.edges[found.best] == 24
    assert (found.edges[[0, -1]] == [120, 0]).all()
    assert (np.diff(found.edges) < 0).all()
    assert found.tilted[0] == found.tilted[-1] == 0.0
    assert found.tilted.argmax() == found.best
    # With fewer parameters the maximum is lower, but for what tolerances allow.
    assert (np.diff(found.log_pseudolikelihood) < 1e-6).all()
    # One at a time around the maximum.
    assert (np.diff(found.edges)[found.best - 1 : found.best + 1] == -1).all()


def test_large_steps_find_the_same() -> None:
    samples, counts = drawn(GRAPHS["square"], FIELDS, 20_000, 5)
    found = decimate(samples, counts, step=0.3)
    assert ((GRAPHS["square"] != 0) == found.support).all()


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("method", ["exact", "pseudolikelihood", "pseudolikelihood_averaged"])
def test_tests_find_planted_graphs(method: str, name: str) -> None:
    samples, counts = drawn(GRAPHS[name], FIELDS, 20_000, 5)
    fit = ms.InverseIsing(method).fit(samples, sample_weight=counts)
    found = prune(fit, samples, counts, level=0.001)
    assert ((GRAPHS[name] != 0) == found.support).all()
    assert found.edges == 24
    assert fit.support is None


def test_edges_are_counted_as_barber_and_drton_do() -> None:
    samples, counts = drawn(chain(5, 0.4), np.zeros(5), 3000, 1)
    found = regularization_path(samples, sample_weight=counts, gamma=0.25)
    for k in (0, 8, len(found.l1) - 1):
        value = 0.0
        for i in range(5):
            rows = found.supports[k][i]
            mask = np.zeros((5, 5), dtype=bool)
            mask[i] = mask[:, i] = rows
            fit = ms.InverseIsing("pseudolikelihood_averaged", support=mask, tol=1e-8)
            fit.fit(samples, sample_weight=counts)
            # Only the row of spin i is its regression: J is a mean with its neighbours' rows.
            value += best_conditional(samples, counts, i, rows) * 2
            value += rows.sum() * (np.log(3000) + 2 * 0.25 * np.log(5))
        assert found.score[k] == pytest.approx(value, abs=1e-3)
    assert found.score.argmin() == found.best


def best_conditional(samples: Any, counts: Any, i: int, others: Any) -> float:
    """Smallest −Σ ln P(s_i | others), by Newton's method."""
    X = np.concatenate([samples[:, others], np.ones((len(samples), 1))], axis=1).astype(float)
    b = np.zeros(X.shape[1])
    for _ in range(30):
        tanh = np.tanh(X @ b)
        H = X.T @ ((counts * (1 - tanh**2))[:, None] * X)
        b += np.linalg.solve(H, X.T @ (counts * (samples[:, i] - tanh)))
    return float((counts * np.log1p(np.exp(-2 * samples[:, i] * (X @ b)))).sum())


def test_the_criterion_of_the_likelihood_is_that_of_foygel_and_drton() -> None:
    samples, counts = drawn(chain(5, 0.4), np.zeros(5), 3000, 1)
    found = regularization_path(samples, "exact", sample_weight=counts, gamma=0.25)
    fit = found.estimator
    likelihood = 3000 * fit.log_likelihood(samples, counts)
    price = 4 * np.log(3000) + 4 * 0.25 * 4 * np.log(5)
    assert found.edges[found.best] == 4
    assert found.score[found.best] == pytest.approx(-2 * likelihood + price, abs=1e-3)


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["pseudolikelihood_averaged", "pseudolikelihood", "mpf"])
def test_cross_validation_finds_the_graph_and_perhaps_more(method: str) -> None:
    J = GRAPHS["square"]
    samples, counts = drawn(J, FIELDS, 4000, 5)
    found = regularization_path(
        samples, method, sample_weight=counts, criterion="cv", folds=4, random_state=1
    )
    assert found.support[J != 0].all()
    assert found.support.sum() <= 2 * 40
    assert found.error is not None
    assert (found.error > 0).all()
    assert found.score.argmax() == found.best
    again = regularization_path(
        np.repeat(samples, counts, axis=0), method, found.l1[[3, 20]], criterion="cv",
        random_state=1,
    )  # fmt: skip
    assert again.l1.tolist() == found.l1[[3, 20]].tolist()
    assert again.score[1] == pytest.approx(found.score[20], abs=0.01)


@pytest.mark.thorough
def test_held_out_scores_are_of_samples_that_were_left_out() -> None:
    """Of independent spins every coupling that is fitted makes predictions worse."""
    samples = np.random.default_rng(1).choice([-1, 1], size=(300, 8))
    found = regularization_path(samples, criterion="cv", random_state=1)
    assert found.score[-1] < found.score[0]
    assert found.score[0] == pytest.approx(-8 * np.log(2), abs=0.15)
    assert found.edges[-1] > 20


# --- how often it is wrong ------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["exact", "pseudolikelihood", "pseudolikelihood_averaged"])
def test_the_false_discovery_rate_is_the_level(method: str) -> None:
    """Of 28 pairs 21 are not coupled: the rate is 21/28 of the level, to 0.013 of 50 data sets."""
    J, h = chain(8, 0.35), np.full(8, 0.1)
    shares = []
    for seed in range(50):
        samples, counts = drawn(J, h, 3000, seed)
        fit = ms.InverseIsing(method, tol=1e-4).fit(samples, sample_weight=counts)
        found = prune(fit, samples, counts, level=0.1)
        assert found.support[J != 0].all()
        shares.append(found.support[J == 0].sum() / found.support.sum())
    assert np.mean(shares) == pytest.approx(0.075, abs=0.04)


def test_adjusted_values_are_those_of_benjamini_and_hochberg() -> None:
    """Table 1 of their paper: 15 p-values, of which 4 pass at 0.05."""
    from multispin.learn.inverse.pruning import _adjusted

    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
         0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip
    order = np.random.default_rng(1).permutation(15)
    found = np.empty(15)
    found[order] = _adjusted(np.array(p)[order])
    assert (found <= 0.05).sum() == 4
    assert found[:5] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625, 0.0603], abs=1e-12)
    assert found[5:9] == pytest.approx([0.0298 * 15 / 7] * 2 + [0.0344 * 15 / 8, 0.0459 * 15 / 9])
    assert (np.diff(found) >= 0).all()
    assert found[-1] == 1.0


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(1, 5))]
)
def test_a_graph_without_edges_gives_none(seed: int) -> None:
    samples, counts = drawn(np.zeros((10, 10)), FIELDS[:10], 2000, seed)
    found = regularization_path(samples, sample_weight=counts)
    assert not found.support.any()
    np.testing.assert_allclose(np.tanh(found.estimator.h_), counts @ samples / 2000, atol=1e-5)
    assert not regularization_path(samples, "mpf", sample_weight=counts).support.any()
    assert not decimate(samples, counts).support.any()
    fit = ms.InverseIsing().fit(samples, sample_weight=counts)
    assert prune(fit, samples, counts, 0.001).edges == 0


@pytest.mark.parametrize("coupling", [0.0, 0.5])
def test_two_spins(coupling: float) -> None:
    samples, counts = drawn(chain(2, coupling), np.array([0.1, 0.2]), 2000, 1)
    edges = [[False, coupling != 0], [coupling != 0, False]]
    for method in selection.METHODS:
        assert regularization_path(samples, method, sample_weight=counts).support.tolist() == edges
        fit = ms.InverseIsing(method).fit(samples, sample_weight=counts)
        assert prune(fit, samples, counts).support.tolist() == edges
    assert decimate(samples, counts).support.tolist() == edges


def test_one_spin_has_no_graph() -> None:
    samples = [[1], [1], [-1]]
    assert regularization_path(samples).support.tolist() == [[False]]
    assert decimate(samples).support.tolist() == [[False]]
    assert prune(ms.InverseIsing().fit(samples), samples).support.tolist() == [[False]]
    assert len(regularization_path(samples, criterion="cv", folds=3).l1) == 1


# --- options --------------------------------------------------------------------------------------


def test_either_direction_is_more_than_both() -> None:
    samples, counts = drawn(GRAPHS["square"], FIELDS, 500, 5)
    both = regularization_path(samples, "rise", sample_weight=counts)
    either = regularization_path(samples, "rise", both.l1, rule="or", sample_weight=counts)
    assert (both.supports <= either.supports).all()
    assert (both.supports != either.supports).any()
    np.testing.assert_array_equal(both.J, either.J)
    assert ((either.J != 0) == either.supports).all()


def test_couplings_on_the_way_are_those_of_single_fits() -> None:
    """From where another fit ended or not: a minimum of a convex function."""
    samples, counts = drawn(chain(6, 0.4), FIELDS[:6], 2000, 1)
    for method in selection.METHODS:
        found = regularization_path(samples, method, [0.05, 0.2, 0.1], sample_weight=counts)
        assert found.l1.tolist() == [0.2, 0.1, 0.05]
        for l1, J in zip(found.l1, found.J, strict=True):
            fit = ms.InverseIsing(method, l1=l1).fit(samples, sample_weight=counts)
            np.testing.assert_allclose(J, fit.J_, atol=1e-4)


def test_the_largest_penalty_is_the_smallest_without_couplings() -> None:
    samples, counts = drawn(chain(6, 0.4), FIELDS[:6], 2000, 1)
    for method in selection.METHODS:
        top = regularization_path(samples, method, sample_weight=counts).l1[0]
        found = regularization_path(samples, method, top * np.array([1.001, 0.97]),
                                    sample_weight=counts, rule="or")  # fmt: skip
        assert not found.supports[0].any()
        assert found.supports[1].any()


def test_pairs_outside_of_the_support_stay_out() -> None:
    samples, counts = drawn(chain(6, 0.4), FIELDS[:6], 2000, 1)
    support = np.ones((6, 6), dtype=bool) ^ np.eye(6, dtype=bool)
    support[0, 1] = support[1, 0] = False
    expected = (chain(6, 1.0) != 0) & support
    # Spin 0 goes with spin 2 then.
    for found in (
        regularization_path(samples, support=support, sample_weight=counts).support,
        decimate(samples, counts, support=support).support,
    ):
        assert (found <= support).all()
        assert (found >= expected).all()


def test_weights_are_repetitions_and_units_do_not_matter() -> None:
    samples, counts = drawn(chain(6, 0.4), FIELDS[:6], 800, 1)
    rows = np.repeat(samples, counts, axis=0)
    found = regularization_path(samples, sample_weight=counts)
    other = regularization_path((rows + 1) // 2, units="binary")
    np.testing.assert_allclose(found.l1, other.l1)
    np.testing.assert_allclose(found.score, other.score, atol=1e-2)
    assert (found.support == other.support).all()
    one, two = decimate(samples, counts), decimate((rows + 1) // 2, units="binary")
    np.testing.assert_allclose(one.tilted, two.tilted, atol=1e-5)


def test_l2_keeps_couplings_finite() -> None:
    """Spins 0 and 1 are always equal."""
    samples = np.random.default_rng(1).choice([-1, 1], size=(400, 4))
    samples[:, 1] = samples[:, 0]
    for found in (regularization_path(samples, l2=0.01), decimate(samples, l2=0.01)):
        assert found.support[0, 1]
        assert found.support.sum() == 2
        assert 0.5 < found.estimator.J_[0, 1] < 5.0


def test_what_they_say_of_themselves() -> None:
    samples, counts = drawn(chain(5, 0.4), np.zeros(5), 3000, 1)
    assert "edges)" in repr(regularization_path(samples, sample_weight=counts))
    assert repr(decimate(samples, counts)) == "Decimation(4 of 10 couplings are left)"
    fit = ms.InverseIsing().fit(samples, sample_weight=counts)
    pruned = prune(fit, samples, counts, 0.001)
    assert repr(pruned) == "Pruned(4 of 10 couplings are left at level 0.001)"
    assert (pruned.p_value <= pruned.q_value).all()
    assert (pruned.support == (pruned.q_value <= 0.001)).all()
    assert (pruned.z == pruned.z.T).all()


SAMPLES = np.random.default_rng(1).choice([-1, 1], size=(40, 3))
FIT = ms.InverseIsing("pseudolikelihood", l2=0.1).fit(SAMPLES)


@pytest.mark.parametrize(
    ("function", "given", "error", "message"),
    [
        (regularization_path, {"method": "tap"}, ValueError, "method: got 'tap', allowed: 'pseudo"),
        (regularization_path, {"l1": [0.1, 0.0]}, ValueError, "l1: got "),
        (regularization_path, {"l1": [[0.1]]}, ValueError, "l1: got an array of shape (1, 1)"),
        (regularization_path, {"l1": []}, ValueError, "l1: got an array of shape (0,)"),
        (regularization_path, {"criterion": "aic"}, ValueError, "criterion: got 'aic'"),
        (regularization_path, {"gamma": -1}, ValueError, "gamma: got -1"),
        (regularization_path, {"folds": 1}, ValueError, "folds: got 1, allowed: an integer >= 2"),
        (
            regularization_path, {"folds": 41, "criterion": "cv"}, ValueError,
            "folds: got 41, allowed: 2 to 40, so many samples",
        ),
        (
            regularization_path, {"sample_weight": np.full(40, 0.5), "criterion": "cv"}, ValueError,
            "sample_weight: got array([0.5, ",
        ),
        (regularization_path, {"rule": "xor"}, ValueError, "rule: got 'xor', allowed: 'and', 'or'"),
        (regularization_path, {"samples": [[0, 1]]}, ValueError, "samples: got 0 in row 0"),
        (decimate, {"step": 0.0}, ValueError, "step: got 0.0, allowed: a finite number > 0"),
        (decimate, {"step": 1.0}, ValueError, "step: got 1.0, allowed: a number between 0 and 1"),
        (decimate, {"l2": -1.0}, ValueError, "l2: got -1.0"),
        (prune, {"fit": 1}, TypeError, "fit: got 1, allowed: a fitted InverseIsing"),
        (prune, {"fit": ms.InverseIsing()}, ms.NotFittedError, "fit: got an InverseIsing that"),
        (prune, {"level": 1.0}, ValueError, "level: got 1.0, allowed: a number between 0 and 1"),
        (
            prune, {"fit": ms.InverseIsing("independent").fit(SAMPLES)}, ValueError,
            "method: got 'independent', allowed: exact, ",
        ),
        (prune, {"fit": ms.InverseIsing(l1=0.1).fit(SAMPLES)}, ValueError, "l1: got 0.1, allow"),
    ],
)  # fmt: skip
def test_wrong_arguments(
    function: Any, given: dict[str, Any], error: type[Exception], message: str
) -> None:
    arguments = {"fit": FIT} if function is prune else {}
    with pytest.raises(error) as raised:
        function(**{"samples": SAMPLES, **arguments, **given})
    assert str(raised.value).startswith(message)


def test_the_criterion_by_hand() -> None:
    assert criteria.ebic(-2.0, 100.0, 10, 3, 0.0, True) == pytest.approx(400 + 3 * np.log(100))
    difference = criteria.ebic(-2.0, 100.0, 10, 3, 0.5, False) - 400
    assert difference == pytest.approx(6 * np.log(100) + 6 * np.log(10))
