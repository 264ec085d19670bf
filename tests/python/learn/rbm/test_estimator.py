"""RBMs as estimators: what is learned, what repeats, what is refused."""

from __future__ import annotations

import itertools
import pickle
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin._engines.bipartite import unpack
from multispin.learn.rbm import flips
from multispin.learn.rbm.parameters import Parameters
from multispin.learn.rbm.training import parts

if TYPE_CHECKING:
    from pathlib import Path

    from multispin.learn.rbm.running import Epoch

METHODS = ("cd", "pcd", "pt", "ptt", "pl", "rm")


def bars_and_stripes(n: int) -> np.ndarray:
    """Images (2^(n+1), n²) of which all rows, or all columns, are of one colour."""
    lines = np.array(list(itertools.product((0, 1), repeat=n)))
    return np.concatenate([np.repeat(lines, n, axis=1), np.tile(lines, n)])


def data(m: int = 50, n: int = 12, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    prototypes = rng.integers(0, 2, (4, n))
    return prototypes[rng.integers(0, 4, m)] ^ (rng.uniform(size=(m, n)) < 0.1)


def fitted(X: Any = None, weights: Any = None, **params: Any) -> ms.RBM:
    chosen = {
        "n_components": 6, "n_iter": 5, "batch_size": 16, "random_state": 3, "n_temperatures": 4
    } | params  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ms.SlowMixingWarning)
        return ms.RBM(**chosen).fit(data() if X is None else X, sample_weight=weights)


def same(one: ms.RBM, other: ms.RBM) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("components_", "intercept_visible_", "intercept_hidden_")
    )


# --- what is learned ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["pt", "ptt"])
@pytest.mark.thorough
def test_bars_and_stripes(method: str) -> None:
    # 3 × 3: at most −2.5993, of 14 images two are twice in the data.
    X = bars_and_stripes(3)
    rbm = fitted(
        X, method=method, n_components=8, learning_rate=(0.5, 0.01), n_iter=8000, n_chains=128,
        batch_size=16, momentum=0.5,
    )  # fmt: skip
    assert rbm.log_likelihood(X).mean() > -2.65


def test_few_states_are_learned() -> None:
    X = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]])
    rbm = fitted(X, n_components=2, learning_rate=(0.5, 0.01), n_iter=2000, n_chains=256)
    assert rbm.log_likelihood(X).mean() > -1.42  # of −ln 4 = −1.386


@pytest.mark.thorough
def test_centred_learning_does_not_know_which_value_is_called_1() -> None:
    # Not the same numbers, but likelihoods that are alike, on turned and plain data.
    X = bars_and_stripes(2)
    options = {"n_components": 4, "learning_rate": 0.2, "n_iter": 1500, "n_chains": 512}
    plain = fitted(X, **options)
    turned = fitted(1 - X, **options)
    assert plain.log_likelihood(X).mean() == pytest.approx(
        turned.log_likelihood(1 - X).mean(), abs=0.1
    )


def test_likelihoods_add_up_to_one() -> None:
    rbm = fitted()
    states = np.array(list(itertools.product((0, 1), repeat=12)))
    assert np.exp(rbm.log_likelihood(states)).sum() == pytest.approx(1.0, abs=1e-9)


def test_scores_do_not_depend_on_order_or_batch() -> None:
    rbm, X = fitted(), data()
    whole = rbm.score_samples(X)
    np.testing.assert_array_equal(rbm.score_samples(X), whole)
    np.testing.assert_allclose(rbm.score_samples(X[::-1])[::-1], whole, rtol=1e-12)
    np.testing.assert_allclose(rbm.score_samples(X[3:5]), whole[3:5], rtol=1e-12)


def test_momentum_is_of_biases_too() -> None:
    # Of the pseudolikelihood, whose gradient is a function of the parameters; two updates.
    X, rate, m = data().astype(np.float64), 0.3, 0.6
    before = fitted(X, method="pl", n_iter=0, batch_size=50, centered=False)
    at = Parameters(before.components_, before.intercept_visible_, before.intercept_hidden_).copy()
    velocity = [np.zeros_like(part) for part in parts(at)]
    for _ in range(2):
        along = flips.gradient(at, X, np.full(len(X), 1 / len(X)), "pl")
        for part, moving, direction in zip(parts(at), velocity, along, strict=True):
            moving *= m
            moving += rate * direction
            part += moving
    found = fitted(
        X, method="pl", n_iter=2, batch_size=50, centered=False, learning_rate=rate, momentum=m
    )
    np.testing.assert_allclose(found.components_, at.weights, atol=1e-12)
    np.testing.assert_allclose(found.intercept_visible_, at.visible, atol=1e-12)
    np.testing.assert_allclose(found.intercept_hidden_, at.hidden, atol=1e-12)


@pytest.mark.thorough
def test_models_are_kept_where_training_leaves_them() -> None:
    X = np.repeat([[0] * 12, [1] * 12], 10, axis=0)
    rbm = fitted(X, method="ptt", learning_rate=0.5, n_iter=300)
    kept = rbm._kept[1]["model_kept_weights"]
    assert len(kept) > 2
    assert np.all(kept[0] == 0.0)
    # Each of them is farther than the one before, and none goes on to change.
    assert np.all(np.diff(np.linalg.norm(kept, axis=(1, 2))) > 0)
    # Both prototypes are there, though chains of the model alone would stay at one.
    half = unpack(rbm._chains(), 12).mean()
    assert 0.2 < half < 0.8


# --- what repeats ---------------------------------------------------------------------------------


@pytest.mark.one_in(3)
@pytest.mark.parametrize("method", METHODS)
def test_a_seed_repeats_the_whole_on_any_number_of_threads(method: str) -> None:
    one, other = fitted(method=method, threads=1), fitted(method=method, threads=2)
    assert same(one, other)
    assert not same(one, fitted(method=method, random_state=4))
    np.testing.assert_array_equal(one.sample(5), other.sample(5))


@pytest.mark.one_in(5)
@pytest.mark.parametrize("method", METHODS)
def test_training_goes_on_bit_for_bit(method: str, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    # More updates than exchanges are averaged over, so that "ptt" keeps models on the way.
    chosen = {
        "n_components": 6, "n_iter": 12, "batch_size": 16, "random_state": 3, "n_temperatures": 4,
        "learning_rate": 4.0, "method": method, "momentum": 0.5,
    }  # fmt: skip
    file = tmp_path / "training.npz"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ms.SlowMixingWarning)
        whole = ms.RBM(**chosen).fit(data())
        assert method != "ptt" or len(whole._kept[1]["model_kept_weights"]) > 2
        for stop in (13, 17, 29):

            def stopping(state: Any, stop: int = stop) -> None:
                if state.updates == stop:
                    raise StoppedError

            with pytest.raises(StoppedError):
                ms.RBM(**chosen).fit(data(), checkpoint=file, progress=stopping)
        resumed = ms.RBM(**chosen).fit(data(), checkpoint=file)
    assert same(resumed, whole)
    assert resumed.n_iter_ == 12
    for name, values in whole.history_.items():
        np.testing.assert_array_equal(resumed.history_[name], values)
    np.testing.assert_array_equal(resumed.h_samples_, whole.h_samples_) if method not in (
        "pl", "rm"
    ) else None  # fmt: skip


def test_a_checkpoint_is_of_one_training(tmp_path: Path) -> None:
    file = tmp_path / "training.npz"
    ms.RBM(4, n_iter=1, random_state=1).fit(data(), checkpoint=file)
    before = file.read_bytes()
    for params, X in (
        ({"n_components": 5}, data()),
        ({"momentum": 0.1}, data()),
        ({}, data(seed=1)),
    ):
        with pytest.raises(ms.CheckpointError, match="another run"):
            ms.RBM(**{"n_components": 4, "n_iter": 1, "random_state": 1, **params}).fit(
                X, checkpoint=file
            )
    assert file.read_bytes() == before
    # More epochs go on.
    more = ms.RBM(4, n_iter=2, random_state=1).fit(data(), checkpoint=file)
    assert more.n_iter_ == 2
    file.write_bytes(before[:-100])
    with pytest.raises(ms.CheckpointError):
        ms.RBM(4, n_iter=2, random_state=1).fit(data(), checkpoint=file)


def test_weights_are_repetitions() -> None:
    rng = np.random.default_rng(1)
    X, weights = data(15), rng.integers(0, 4, 15)
    one = fitted(X, weights, batch_size=100, n_iter=3)
    other = fitted(np.repeat(X, weights, axis=0), batch_size=100, n_iter=3)
    np.testing.assert_allclose(one.components_, other.components_, atol=1e-7)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("method", ["pcd", "pl"])
def test_weights_count_whatever_the_batches_are(method: str) -> None:
    # One sample of weight 499 and 499 others of weight 1: half and half.
    X = np.zeros((500, 2), int)
    X[7] = 1
    weights = np.where(np.arange(500) == 7, 499.0, 1.0)
    rbm = fitted(
        X, weights, n_components=2, batch_size=20, n_iter=100, learning_rate=0.05, method=method,
        n_chains=500,
    )  # fmt: skip
    p = np.exp(rbm.log_likelihood(np.array([[0, 0], [1, 1]])))
    assert abs(np.log(p[1] / p[0])) < 0.7


def test_an_epoch_may_end_where_it_was_stopped(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stopping(state: Any) -> None:
        if state.updates == 4:  # the last of the first epoch
            raise StoppedError

    chosen = {"n_components": 3, "n_iter": 3, "batch_size": 16, "random_state": 1}
    file = tmp_path / "training.npz"
    with pytest.raises(StoppedError):
        ms.RBM(**chosen).fit(data(), checkpoint=file, progress=stopping)
    assert same(ms.RBM(**chosen).fit(data(), checkpoint=file), ms.RBM(**chosen).fit(data()))


def test_partial_fit_goes_on_with_what_began() -> None:
    rbm = fitted(method="pl")
    rbm.set_params(method="pcd")
    with pytest.raises(ValueError, match="^method: got 'pcd', allowed: 'pl', with which"):
        rbm.partial_fit(data())
    rbm.set_params(method="pl", n_components=7)
    with pytest.raises(ValueError, match="^n_components: got 7, allowed: 6"):
        rbm.partial_fit(data())


def test_a_step_of_centred_learning_goes_uphill() -> None:
    # The direction of all parameters together, of a method whose gradient is known.
    X = data().astype(np.float64)
    of = fitted(X, method="pl", n_iter=20, centered=False, learning_rate=0.5)
    steps = []
    for centered in (False, True):
        one = fitted(X, method="pl", n_iter=0, batch_size=50, centered=centered, learning_rate=1e-3)
        one.components_, one.intercept_visible_, one.intercept_hidden_ = (
            of.components_.copy(), of.intercept_visible_.copy(), of.intercept_hidden_.copy()
        )  # fmt: skip
        one.partial_fit(X)
        steps.append(
            np.concatenate(
                [
                    (one.components_ - of.components_).ravel(),
                    one.intercept_visible_ - of.intercept_visible_,
                    one.intercept_hidden_ - of.intercept_hidden_,
                ]
            )
        )
    assert steps[0] @ steps[1] > 0.3 * steps[0] @ steps[0]


def test_samples_of_no_weight_have_not_been_seen() -> None:
    X = data()
    weights = np.ones(len(X))
    weights[::3] = 0.0
    assert same(fitted(X, weights), fitted(X[weights > 0], weights[weights > 0]))


def test_showing_progress_changes_nothing() -> None:
    assert same(fitted(verbose=0), fitted(verbose=1))


def test_partial_fit_goes_on() -> None:
    rbm = ms.RBM(4, random_state=1, batch_size=16)
    assert rbm.partial_fit(data()) is rbm
    first = rbm.components_.copy()
    rbm.partial_fit(data())
    assert not np.array_equal(first, rbm.components_)
    again = ms.RBM(4, random_state=1, batch_size=16).partial_fit(data()).partial_fit(data())
    assert same(rbm, again)
    with pytest.raises(ValueError, match="expecting 12 features"):
        rbm.partial_fit(data(n=11))


def test_copies_are_the_same() -> None:
    rbm = fitted()
    copy = pickle.loads(pickle.dumps(rbm))
    assert same(rbm, copy)
    np.testing.assert_array_equal(rbm.sample(3), copy.sample(3))
    rbm.partial_fit(data())
    copy.partial_fit(data())
    assert same(rbm, copy)


def test_draws_differ() -> None:
    rbm = fitted()
    X = data()
    assert not np.array_equal(rbm.gibbs(X), rbm.gibbs(X))
    assert not np.array_equal(rbm.sample(20, 5), rbm.sample(20, 5))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", METHODS)
def test_types_are_kept(dtype: type, method: str) -> None:
    rbm = fitted(data().astype(dtype), method=method)
    assert rbm.components_.dtype == rbm.intercept_visible_.dtype == dtype
    assert rbm.intercept_hidden_.dtype == rbm.transform(data().astype(dtype)).dtype == dtype
    assert rbm.partial_fit(data().astype(dtype)).components_.dtype == dtype


# --- conditions -----------------------------------------------------------------------------------


def test_clamped_units_are_held() -> None:
    rbm, X = fitted(), data()
    held = np.zeros(12, bool)
    held[:5] = True
    found = rbm.gibbs(X, 3, clamp=held)
    np.testing.assert_array_equal(found[:, :5], X[:, :5])
    assert not np.array_equal(found[:, 5:], X[:, 5:])
    again = rbm.reconstruct(X, clamp=held)
    np.testing.assert_array_equal(again[:, :5], X[:, :5])
    drawn = rbm.sample(30, 10, clamp=held, values=X[0])
    np.testing.assert_array_equal(drawn[:, :5], np.tile(X[0, :5], (30, 1)))


@pytest.mark.thorough
def test_conditional_samples_have_the_conditional_law() -> None:
    # χ² of 2^4 states of what is free, of 4000 chains: above 50 with probability 1e-5.
    rbm = fitted(data(n=8), n_components=4, learning_rate=0.5, n_iter=60)
    held = np.arange(8) < 4
    values = data(n=8)[0]
    drawn = rbm.sample(4000, 200, clamp=held, values=values)[:, 4:]
    free = np.array(list(itertools.product((0, 1), repeat=4)))
    logs = -rbm.free_energy(np.concatenate([np.tile(values[:4], (16, 1)), free], axis=1))
    p = np.exp(logs - np.logaddexp.reduce(logs))
    seen = np.bincount(drawn @ np.array([8, 4, 2, 1]), minlength=16)
    assert ((seen - 4000 * p) ** 2 / (4000 * p)).sum() < 50


@pytest.mark.thorough
def test_samples_have_the_law_of_the_model() -> None:
    # χ² of 2^4 states, of 4000 chains: above 50 with probability 1e-5.
    rbm = fitted(data(n=4), n_components=3, learning_rate=0.2, n_iter=60)
    drawn = rbm.sample(4000)
    assert rbm.sample_steps_ >= 100
    states = np.array(list(itertools.product((0, 1), repeat=4)))
    p = np.exp(rbm.log_likelihood(states))
    seen = np.bincount(drawn @ np.array([8, 4, 2, 1]), minlength=16)
    assert ((seen - 4000 * p) ** 2 / (4000 * p)).sum() < 50


@pytest.mark.thorough
def test_chains_that_do_not_mix_are_named() -> None:
    # Two prototypes, far from each other, and weights that no chain gets over.
    X = np.repeat([[0] * 12, [1] * 12], 10, axis=0)
    options = {"n_components": 4, "learning_rate": 0.5, "n_iter": 300, "random_state": 1}
    with pytest.warns(ms.SlowMixingWarning, match="do not mix"):
        ms.RBM(**options).fit(X)
    rbm = fitted(X, **options)
    with pytest.warns(ms.SlowMixingWarning, match="still differ"):
        rbm.sample(64)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ms.RBM(4, n_iter=3, random_state=1).fit(data())


# --- hard data ------------------------------------------------------------------------------------


def test_constant_units_are_finite() -> None:
    X = data()
    X[:, 0], X[:, 1] = 0, 1
    for method in METHODS:
        rbm = fitted(X, method=method, learning_rate=0.5, n_iter=30)
        assert np.isfinite(rbm.components_).all()
        assert np.isfinite(rbm.intercept_visible_).all()
        assert np.isfinite(rbm.score_samples(X)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_weights_are_finite(dtype: type) -> None:
    rbm = fitted(data().astype(dtype))
    rbm.components_ = np.where(rbm.components_ > 0, 1000, -1000).astype(dtype)
    X = data().astype(dtype)
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(rbm.transform(X)).all()
        assert np.isfinite(rbm.score_samples(X)).all()
        assert np.isfinite(rbm.log_likelihood(X)).all()
        assert np.isfinite(rbm.reconstruct(X)).all()
        assert rbm.sample(3, 5).max() <= 1


def test_kinds_of_samples() -> None:
    scipy_sparse = pytest.importorskip("scipy.sparse")
    X = data()
    expected = fitted(X.astype(np.float64))
    for other in (
        X.astype(bool),
        X.tolist(),
        scipy_sparse.csr_matrix(X.astype(float)),
        X.astype("u1"),
    ):
        assert same(fitted(other), expected)


def test_probabilities_are_samples_too() -> None:
    X = np.random.default_rng(0).uniform(size=(40, 12))
    for method in ("cd", "pcd", "pt", "ptt"):
        rbm = fitted(X, method=method)
        assert np.isfinite(rbm.components_).all()
        assert rbm.transform(X).shape == (40, 6)
    with pytest.raises(ValueError, match="allowed: 0 and 1 with method='pl'"):
        fitted(X, method="pl")
    with pytest.raises(ValueError, match=r"^X: got 0\.\d+ in row 0, column 0, allowed: 0 and 1"):
        rbm.score_samples(X)


# --- wrong arguments ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_components": 0}, "n_components"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": (0.1, 0.1, 0.1)}, "learning_rate"),
        ({"batch_size": 0}, "batch_size"),
        ({"n_iter": -1}, "n_iter"),
        ({"method": "other"}, "method"),
        ({"steps": 0}, "steps"),
        ({"n_chains": 0}, "n_chains"),
        ({"n_temperatures": 1}, "n_temperatures"),
        ({"momentum": 1.0}, "momentum"),
        ({"l1": -1.0}, "l1"),
        ({"l2": float("nan")}, "l2"),
        ({"random_state": -1}, "random_state"),
        ({"threads": 0}, "threads"),
    ],
)
def test_wrong_parameters(params: dict, message: str) -> None:
    rbm = ms.RBM(**params)  # scikit-learn wants constructors that only keep
    with pytest.raises(ValueError, match=f"^{message}: got"):
        rbm.fit(data())


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.array([[0.0, 1.0], [0.0, 1.5]]), r"X: got 1.5 in row 1, column 1"),
        (np.array([[0.0, np.nan], [0.0, 1.0]]), r"X: got NaN in row 0, column 1"),
        (np.array([[0, -1], [0, 1]]), r"X: got -1 in row 0, column 1"),
        (np.zeros((0, 3)), r"0 sample\(s\)"),
        (np.zeros((3, 0)), r"0 feature\(s\)"),
        (np.zeros(3), "Reshape your data"),
    ],
)
def test_wrong_samples(X: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ms.RBM(2).fit(X)


def test_other_wrong_arguments() -> None:
    X, rbm = data(), fitted()
    with pytest.raises(ms.NotFittedError):
        ms.RBM().transform(X)
    for weights in (-np.ones(50), np.zeros(50), np.ones(49)):
        with pytest.raises(ValueError, match="^sample_weight: got"):
            ms.RBM(2).fit(X, sample_weight=weights)
    with pytest.raises(ValueError, match="expecting 12 features"):
        rbm.transform(X[:, :5])
    with pytest.raises(ValueError, match="^clamp: got shape"):
        rbm.gibbs(X, clamp=np.ones(13, bool))
    with pytest.raises(TypeError, match="^clamp: got"):
        rbm.gibbs(X, clamp=np.ones(12))
    with pytest.raises(ValueError, match="^values: got"):
        rbm.sample(1, values=X[0])
    with pytest.raises(AttributeError, match="no chains"):
        _ = fitted(method="pl").h_samples_
    with pytest.raises(ValueError, match="^validation: got 5 features"):
        ms.RBM(2).fit(X, validation=X[:, :5])


# --- on the way -----------------------------------------------------------------------------------


def test_callbacks_may_end_it() -> None:
    told = []

    def enough(epoch: Epoch) -> bool:
        told.append((epoch.number, dict(epoch.monitored)))
        return epoch.number == 3

    rbm = ms.RBM(4, n_iter=10, random_state=1).fit(
        data(), validation=data(seed=2), callbacks=[enough]
    )
    assert rbm.n_iter_ == 3
    assert [number for number, _ in told] == [1, 2, 3]
    assert set(told[0][1]) == {"reconstruction_error", "free_energy_gap"}
    assert len(rbm.history_["free_energy_gap"]) == 3
    assert rbm.history_["singular_values"].shape == (3, 4)


@pytest.mark.thorough
def test_penalties_are_of_weights_alone() -> None:
    large = fitted(l2=5.0, n_iter=60, learning_rate=0.05)
    assert np.abs(large.components_).max() < 0.05
    assert np.abs(large.intercept_visible_).max() > 0.1
    sparse = fitted(l1=0.5, n_iter=60)
    assert np.all(sparse.components_ == 0.0)


def test_the_learning_rate_falls() -> None:
    rbm = fitted(learning_rate=(0.1, 0.0), n_iter=10)
    rates = rbm.history_["learning_rate"]
    assert np.all(np.diff(rates) < 0)
    assert rates[-1] < 0.01


def test_a_machine_of_arrays() -> None:
    rng = np.random.default_rng(0)
    rbm = fitted()
    rbm.components_ = rng.normal(size=(6, 12))
    v = data()
    expected = Parameters(rbm.components_, rbm.intercept_visible_, rbm.intercept_hidden_)
    np.testing.assert_allclose(rbm.free_energy(v), expected.free_energy(v))


# --- files, and other programs --------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_saved_and_loaded(method: str, tmp_path: Path) -> None:
    rbm, file = fitted(method=method, learning_rate=(0.5, 0.1), n_iter=12), tmp_path / "rbm.h5"
    rbm.save(file)
    found = ms.RBM.load(file)
    assert same(rbm, found)
    assert found.get_params()["learning_rate"] == (0.5, 0.1)
    np.testing.assert_array_equal(found.sample(3, 5), rbm.sample(3, 5))
    for name, values in rbm.history_.items():
        np.testing.assert_array_equal(found.history_[name], values)
    assert same(rbm.partial_fit(data()), found.partial_fit(data()))


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "rbm.h5"
    fitted().save(file)
    whole = file.read_bytes()
    at = whole.rindex(fitted().components_.tobytes()[:64])
    turned = bytearray(whole)
    turned[at + 5] ^= 1
    for damaged in (whole[:1000], b"", b"text", bytes(turned)):
        file.write_bytes(damaged)
        with pytest.raises(ms.CheckpointError, match="left as it is"):
            ms.RBM.load(file)
        assert file.read_bytes() == damaged
    with pytest.raises(FileNotFoundError):
        ms.RBM.load(tmp_path / "none.h5")


def test_arrays_make_a_machine() -> None:
    rng = np.random.default_rng(0)
    W, b, c = rng.normal(size=(4, 7)), rng.normal(size=7), rng.normal(size=4)
    rbm = ms.RBM.from_arrays(W, b, c, random_state=1)
    assert rbm.n_features_in_ == 7
    states = np.array(list(itertools.product((0, 1), repeat=7)))
    assert np.exp(rbm.log_likelihood(states)).sum() == pytest.approx(1.0)
    assert rbm.partial_fit(states).components_.shape == (4, 7)
    assert ms.RBM.from_arrays(W.astype(np.float32), b, c).components_.dtype == np.float32
    with pytest.raises(ValueError, match=r"^intercept_hidden: got shape \(7,\)"):
        ms.RBM.from_arrays(W, b, b)
    with pytest.raises(ValueError, match="^components: got shape"):
        ms.RBM.from_arrays(b, b, c)


def test_files_of_rbms(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    rbm, file = fitted(), tmp_path / "other.h5"
    rbm.to_rbms(file)
    with h5py.File(file) as archive:
        (update,) = (key for key in archive if key.startswith("update_"))
        assert archive[update]["params"]["weight_matrix"].shape == (12, 6)
        assert archive["parallel_chains"].shape == (16, 12)
    assert same(ms.RBM.from_rbms(file), rbm)
    with pytest.raises(ValueError, match="^update: got 3"):
        ms.RBM.from_rbms(file, 3)
    file.write_bytes(b"text")
    with pytest.raises(ValueError, match="no HDF5"):
        ms.RBM.from_rbms(file)


def test_machines_of_scikit_learn() -> None:
    networks = pytest.importorskip("sklearn.neural_network")
    theirs = networks.BernoulliRBM(5, n_iter=2, random_state=0).fit(data())
    ours = ms.RBM.from_sklearn(theirs)
    np.testing.assert_allclose(ours.transform(data()), theirs.transform(data()), atol=1e-12)
    back = ours.to_sklearn()
    np.testing.assert_array_equal(back.components_, theirs.components_)
    np.testing.assert_allclose(back.transform(data()), theirs.transform(data()))
    with pytest.raises(TypeError, match="^rbm: got"):
        ms.RBM.from_sklearn(networks.BernoulliRBM())
