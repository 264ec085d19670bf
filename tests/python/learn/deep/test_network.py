"""Deep belief networks as estimators: what is learned, what repeats, what is refused."""

from __future__ import annotations

import pickle
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn.deep.stack import passed_on

if TYPE_CHECKING:
    from pathlib import Path

SHARED = {"n_iter": 4, "batch_size": 16, "learning_rate": 0.2, "n_temperatures": 4}


def data(m: int = 60, n: int = 12, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    prototypes = rng.integers(0, 2, (4, n))
    return prototypes[rng.integers(0, 4, m)] ^ (rng.uniform(size=(m, n)) < 0.1)


def unfitted(layers: Any = (6, 4), **params: Any) -> ms.DeepBeliefNetwork:
    own = {name: params.pop(name) for name in ("inputs", "random_state") if name in params}
    rbm = ms.RBM(**{**SHARED, **params})
    return ms.DeepBeliefNetwork(layers, rbm=rbm, **{"random_state": 3, **own})


def fitted(layers: Any = (6, 4), X: Any = None, **params: Any) -> ms.DeepBeliefNetwork:
    return unfitted(layers, **params).fit(data() if X is None else X)


def same(one: ms.DeepBeliefNetwork, other: ms.DeepBeliefNetwork) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for a, b in zip(one.rbms_, other.rbms_, strict=True)
        for name in ("components_", "intercept_visible_", "intercept_hidden_")
    )


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


# --- the mean-field pass --------------------------------------------------------------------------


def test_means_go_up_and_down() -> None:
    X = data().astype(np.float64)
    network = fitted((6, 5, 3))
    at = [(r.components_, r.intercept_visible_, r.intercept_hidden_) for r in network.rbms_]
    values = X
    for depth, (W, _, c) in enumerate(at, start=1):
        values = sigmoid(values @ W.T + c)
        np.testing.assert_allclose(network.transform(X, depth), values, atol=1e-12)
    np.testing.assert_array_equal(network.transform(X), network.transform(X, 3))
    for depth in (3, 2, 1):
        found = network.transform(X, depth)
        for W, b, _ in at[:depth][::-1]:
            found = sigmoid(found @ W + b)
        again = network.inverse_transform(network.transform(X, depth), depth)
        np.testing.assert_allclose(again, found, atol=1e-12)
    np.testing.assert_allclose(
        network.reconstruct(X), network.inverse_transform(network.transform(X)), atol=1e-12
    )


def test_means_of_spins_and_numbers() -> None:
    X = 2.0 * data() - 1
    network = fitted(
        (6, ms.RBM(4, visible="spin", hidden="gaussian", n_iter=4, learning_rate=0.01)), X,
        visible="spin", hidden="spin",
    )  # fmt: skip
    low, top = network.rbms_
    h1 = np.tanh(X @ low.components_.T + low.intercept_hidden_)
    h2 = h1 @ top.components_.T + top.intercept_hidden_
    np.testing.assert_allclose(network.transform(X, 1), h1, atol=1e-12)
    np.testing.assert_allclose(network.transform(X), h2, atol=1e-12)
    down = np.tanh(np.tanh(h2 @ top.components_ + top.intercept_visible_) @ low.components_
                   + low.intercept_visible_)  # fmt: skip
    np.testing.assert_allclose(network.reconstruct(X), down, atol=1e-12)
    assert set(np.unique(network.sample(20, 10))) == {-1, 1}


def test_categories_are_seen_and_drawn() -> None:
    X = np.random.default_rng(0).integers(0, 3, (40, 5))
    network = fitted((6, 4), X, visible="categorical")
    assert network.transform(X).shape == (40, 4)
    means = network.reconstruct(X)
    assert means.shape == (40, 5, 3)
    np.testing.assert_allclose(means.sum(axis=2), 1.0)
    assert set(np.unique(network.sample(50, 10))) == {0, 1, 2}
    assert set(np.unique(network.stacked_tempering(50, 5).samples)) == {0, 1, 2}
    held = np.arange(5) < 2
    completed = network.reconstruct(X, clamp=held)
    np.testing.assert_array_equal(completed[:, :2].argmax(axis=2), X[:, :2])
    assert np.isfinite(network.score(X))


def test_clamped_units_are_held() -> None:
    network, X, held = fitted(), data(), np.arange(12) < 5
    found = network.reconstruct(X, clamp=held)
    np.testing.assert_array_equal(found[:, :5], X[:, :5])
    assert not np.array_equal(found[:, 5:], X[:, 5:])
    once = np.where(held, X, network.reconstruct(X))
    np.testing.assert_allclose(network.reconstruct(X, held, steps=1), once)
    twice = np.where(held, X, network.reconstruct(once))
    np.testing.assert_allclose(network.reconstruct(X, held, steps=2), twice)


# --- what is learned ------------------------------------------------------------------------------


@pytest.mark.parametrize("inputs", ["means", "states"])
def test_each_layer_learns_the_one_below(inputs: str) -> None:
    X = data()
    network = fitted((6, 5, 3), X, inputs=inputs)
    values: Any = X
    for rbm in network.rbms_:
        alone = ms.RBM(**{**rbm.get_params(), "random_state": rbm.random_state}).fit(values)
        np.testing.assert_array_equal(alone.components_, rbm.components_)
        values = passed_on(rbm, values, inputs)
    assert (set(np.unique(values)) <= {0.0, 1.0}) == (inputs == "states")


@pytest.mark.parametrize("hidden", ["binary", "spin", "gaussian"])
def test_states_are_drawn_given_the_samples(hidden: str) -> None:
    # 4000 draws for each of two samples: of 12 means none is 5 standard errors off, but once in
    # 140,000 times.
    rng = np.random.default_rng(1)
    rbm = ms.RBM.from_arrays(
        rng.normal(size=(6, 12)), np.zeros(12), rng.normal(size=6), hidden=hidden, random_state=1
    )
    two = data()[:2]
    drawn = passed_on(rbm, np.repeat(two, 4000, axis=0), "states").reshape(2, 4000, 6)
    mean = rbm.transform(two)
    variance = {"binary": mean * (1 - mean), "spin": 1 - mean**2, "gaussian": np.ones_like(mean)}
    error = np.sqrt(variance[hidden] / 4000)
    assert np.abs((drawn.mean(axis=1) - mean) / error).max() < 5
    if hidden != "gaussian":
        assert set(np.unique(drawn)) == ({0, 1} if hidden == "binary" else {-1, 1})


@pytest.mark.thorough
def test_a_second_layer_raises_the_bound() -> None:
    # It begins as the law of hidden units that the first one has, and learns what is drawn of the
    # data: Hinton, Osindero & Teh (2006). Data of a model that one small RBM cannot have.
    images, _ = ms.datasets.digits(binary=True)
    X = (images[:600, 2:6, 2:6].reshape(600, 16) > 0).astype(np.float64)
    options = {"learning_rate": (0.1, 0.01), "batch_size": 50, "n_chains": 200, "random_state": 1}
    low = ms.RBM(8, n_iter=60, **options).fit(X)
    alone = low.log_likelihood(X).mean()
    drawn = np.concatenate([low.transform(X) for _ in range(10)])
    states = (np.random.default_rng(1).random(drawn.shape) < drawn).astype(np.float64)
    W, b, c = low.components_, low.intercept_visible_, low.intercept_hidden_
    top = ms.RBM.from_arrays(W.T, c, b, n_iter=60, **{**options, "learning_rate": 0.02})
    before = ms.DeepBeliefNetwork.from_layers([low, top]).score(X)
    assert before == pytest.approx(alone, abs=1e-9)
    for _ in range(30):
        top.partial_fit(states)
    assert ms.DeepBeliefNetwork.from_layers([low, top]).score(X) > alone + 0.01  # it is 0.018


@pytest.mark.parametrize("method", ["cd", "pcd", "pt", "ptt", "pl", "rm"])
def test_layers_take_any_method(method: str) -> None:
    network = fitted(method=method, inputs="states")
    assert network.sample(3, 5).shape == (3, 12)
    assert np.isfinite(network.score(data()))


def test_layers_may_have_parameters_of_their_own() -> None:
    network = fitted((6, ms.RBM(5, method="cd", n_iter=2), 3), n_iter=3)
    assert [rbm.n_iter_ for rbm in network.rbms_] == [3, 2, 3]
    assert [rbm.method for rbm in network.rbms_] == ["pcd", "cd", "pcd"]
    given = network.layers[1]
    assert not hasattr(given, "components_")  # copies are trained


def test_labels_are_learned_with_the_top() -> None:
    images, digits = ms.datasets.digits()
    X, y = (images[:500].reshape(500, 64) > 8).astype(np.float32), digits[:500] + 10
    few = (y == 10) | (y == 11)
    options = {"learning_rate": 0.1, "batch_size": 20, "n_iter": 30}
    top = ms.RBM(20, n_labels=2, **options)
    network = ms.DeepBeliefNetwork([20, top], rbm=ms.RBM(**options), random_state=1)
    network.fit(X[few], y[few])
    assert list(network.classes_) == [10, 11]
    assert (network.predict_labels(X[few]) == y[few]).mean() > 0.95
    drawn = np.concatenate([network.sample(50, 200, label, random_state=1) for label in (10, 11)])
    means = [X[few][y[few] == label].mean(axis=0) for label in (10, 11)]
    apart = np.stack([((drawn - mean) ** 2).sum(axis=1) for mean in means])
    assert (apart.argmin(axis=0) == np.repeat([0, 1], 50)).mean() > 0.8
    assert network.transform(X).shape == (500, 20)  # the top layer does not count
    for call in (network.unroll, network.stacked_tempering, lambda: network.score(X)):
        with pytest.raises(ValueError, match="got 2 label units"):
            call()
    with pytest.raises(ValueError, match="^y: got 3 classes, allowed: 2"):
        network.fit(X, np.arange(500) % 3)
    with pytest.raises(ValueError, match="^y: got None"):
        network.fit(X)


# --- what repeats ---------------------------------------------------------------------------------


@pytest.mark.parametrize("inputs", ["means", "states"])
def test_a_seed_repeats_the_whole_on_any_number_of_threads(inputs: str) -> None:
    one, other = fitted(threads=1, inputs=inputs), fitted(threads=2, inputs=inputs)
    assert same(one, other)
    assert not same(one, fitted(random_state=4, inputs=inputs))
    np.testing.assert_array_equal(one.sample(5, 9), other.sample(5, 9))
    two = [each.stacked_tempering(5, 9).samples for each in (one, other)]
    np.testing.assert_array_equal(*two)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("inputs", ["means", "states"])
def test_training_goes_on_bit_for_bit(inputs: str, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    whole = fitted((6, 5, 3), inputs=inputs)
    updates = 0

    def stopping(_: Any) -> None:
        nonlocal updates
        updates += 1
        if updates % 11 == 0:
            raise StoppedError

    stops = 0
    while True:  # 16 updates a layer: each is stopped somewhere
        try:
            network = unfitted((6, 5, 3), inputs=inputs)
            network.fit(data(), checkpoint=tmp_path / "training", progress=stopping)
        except StoppedError:
            stops += 1
            assert not hasattr(network, "rbms_")
            continue
        break
    assert stops >= 4
    assert same(network, whole)
    assert sorted(path.name for path in (tmp_path / "training").iterdir()) == [
        "layer1.npz", "layer2.npz", "layer3.npz"
    ]  # fmt: skip
    # Without a seed, the files have one.
    again = unfitted((6, 5, 3), inputs=inputs, random_state=None)
    assert same(again.fit(data(), checkpoint=tmp_path / "training"), whole)
    with pytest.raises(ms.CheckpointError, match="another run"):
        unfitted((6, 5, 2), inputs=inputs).fit(data(), checkpoint=tmp_path / "training")
    with pytest.raises(ms.CheckpointError, match="another run"):
        unfitted((6, 5, 3), inputs=inputs).fit(data(seed=1), checkpoint=tmp_path / "training")


def test_copies_are_the_same() -> None:
    network = fitted()
    copy = pickle.loads(pickle.dumps(network))
    assert same(network, copy)
    np.testing.assert_array_equal(network.transform(data()), copy.transform(data()))
    np.testing.assert_array_equal(network.sample(3, 5), copy.sample(3, 5))


def test_parameters_as_scikit_learn_asks_for_them() -> None:
    base = pytest.importorskip("sklearn.base")
    network = ms.DeepBeliefNetwork([6, ms.RBM(4, hidden="gaussian")], rbm=ms.RBM(n_iter=3))
    copy = base.clone(network)
    assert repr(copy) == repr(network)
    assert copy.layers[1] is not network.layers[1]
    copy.set_params(rbm__n_iter=7, inputs="states")
    assert (copy.rbm.n_iter, network.rbm.n_iter, copy.inputs) == (7, 3, "states")
    assert copy.get_params()["rbm__n_iter"] == 7


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("inputs", ["means", "states"])
def test_types_are_kept(dtype: type, inputs: str) -> None:
    network = fitted((6, 4, 3), data().astype(dtype), inputs=inputs)
    assert all(rbm.components_.dtype == dtype for rbm in network.rbms_)
    assert network.transform(data().astype(dtype)).dtype == dtype


def test_names_of_columns() -> None:
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(data().astype(float), columns=[f"x{i}" for i in range(12)])
    network = unfitted().fit(X)
    assert list(network.feature_names_in_) == list(X.columns)
    with pytest.raises(ValueError, match="feature names"):
        network.transform(X[X.columns[::-1]])
    assert list(network.get_feature_names_out()) == ["dbn0", "dbn1", "dbn2", "dbn3"]


# --- what is refused ------------------------------------------------------------------------------


def rbm(n: int, m: int, **params: Any) -> ms.RBM:
    return ms.RBM.from_arrays(np.ones((m, n)), np.zeros(n), np.zeros(m), **params)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"layers": 5}, TypeError, "layers: got 5, allowed: a list of numbers"),
        ({"layers": []}, ValueError, "layers: got []"),
        ({"layers": [4, 0]}, ValueError, "layers[1]: got 0, allowed: an integer >= 1"),
        ({"layers": [4, 2.0]}, TypeError, "layers[1]: got 2.0"),
        ({"layers": [4, "8"]}, TypeError, "layers[1]: got '8'"),
        ({"rbm": 3}, TypeError, "rbm: got 3, allowed: an RBM"),
        ({"rbm": ms.RBM(steps=0)}, ValueError, "rbm.steps: got 0"),
        ({"layers": [4, ms.RBM(momentum=2.0)]}, ValueError, "layers[1].momentum: got 2.0"),
        ({"layers": [ms.RBM(4, hidden="relu"), 3]}, ValueError, "layers[0].hidden: got 'relu'"),
        (
            {"layers": [4, ms.RBM(4, visible="spin")]}, ValueError,
            "layers[1].visible: got 'spin', allowed: 'binary', as the hidden units",
        ),
        ({"layers": [ms.RBM(4, n_labels=2), 3]}, ValueError, "layers[0].n_labels: got 2"),
        ({"layers": [ms.RBM(4, n_labels=2)]}, ValueError, "layers[0].n_labels: got 2"),
        ({"inputs": "both"}, ValueError, "inputs: got 'both', allowed: 'means', 'states'"),
        ({"random_state": -1}, ValueError, "random_state: got -1"),
        ({"verbose": "much"}, TypeError, "verbose: got 'much'"),
    ],
)  # fmt: skip
def test_wrong_parameters(params: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error) as found:
        ms.DeepBeliefNetwork(**params).fit(data())
    assert str(found.value).startswith(message)


@pytest.mark.parametrize(
    ("rbms", "error", "message"),
    [
        ([rbm(5, 4), rbm(3, 2)], ValueError, "rbms[1]: got 3 visible units, allowed: 4, as"),
        ([rbm(5, 4), rbm(6, 2, n_labels=3)], ValueError, "rbms[1]: got 3 visible units"),
        ([rbm(5, 4), rbm(4, 2, visible="spin")], ValueError, "rbms[1].visible: got 'spin'"),
        ([rbm(5, 4), ms.RBM(3)], ms.NotFittedError, "RBM: not fitted"),
        ([rbm(5, 4), 7], TypeError, "rbms[1]: got 7"),
        ([], ValueError, "rbms: got []"),
        (rbm(5, 4), TypeError, "rbms: got"),
    ],
)  # fmt: skip
def test_layers_that_do_not_fit(rbms: Any, error: type, message: str) -> None:
    with pytest.raises(error) as found:
        ms.DeepBeliefNetwork.from_layers(rbms)
    assert str(found.value).startswith(message)


@pytest.mark.one_in(7)
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda n, X: n.transform(X[:, :5]), ValueError, "X: got 5 features, allowed: the 12"),
        (lambda n, X: n.transform(X * np.nan), ValueError, "X: got NaN in row 0, column 0"),
        (lambda n, X: n.transform(X, 3), ValueError, "depth: got 3, allowed: an integer >= 1"),
        (lambda n, X: n.transform(X, 0), ValueError, "depth: got 0"),
        (lambda n, X: n.transform(X, 1.0), TypeError, "depth: got 1.0"),
        (lambda n, X: n.inverse_transform(X), ValueError, "H: got shape (60, 12), allowed: (M, 4)"),
        (lambda n, _: n.inverse_transform("a"), TypeError, "H: got"),
        (lambda n, X: n.reconstruct(X, clamp=[True]), ValueError, "clamp: got shape (1,)"),
        (lambda n, _: n.sample(0), ValueError, "n: got 0"),
        (lambda n, _: n.sample(1, 0), ValueError, "steps: got 0"),
        (lambda n, _: n.sample(1, label=1), ValueError, "label: got 1, allowed: None without"),
        (lambda n, _: n.stacked_tempering(1, 0), ValueError, "steps: got 0"),
        (lambda n, X: n.score_samples(X / 2), ValueError, "X: got 0.5 in row"),
        (lambda n, X: n.log_likelihood_bound(X, samples=1), ValueError, "samples: got 1"),
        (lambda n, X: n.log_likelihood_bound(X, 3.0), TypeError, "log_partition: got 3.0"),
        (lambda n, X: n.log_likelihood_bound(X, method="ais"), ValueError, "method: got 'ais'"),
        (lambda n, X: n.fit(X * np.nan), ValueError, "X: got NaN"),
        (lambda n, X: n.fit(X, progress=3), TypeError, "progress: got 3"),
        (lambda n, X: n.fit(X, checkpoint=3), TypeError, "checkpoint: got 3"),
        (lambda n, X: n.label_probabilities(X), ValueError, "label_probabilities: got a network"),
    ],
)  # fmt: skip
def test_wrong_calls(call: Any, error: type, message: str) -> None:
    with pytest.raises(error) as found:
        call(fitted(), data())
    assert str(found.value).startswith(message)


def test_nothing_before_fit() -> None:
    network = ms.DeepBeliefNetwork([3])
    for call in (
        lambda: network.transform(data()), lambda: network.inverse_transform(data()),
        lambda: network.reconstruct(data()), network.sample, network.stacked_tempering,
        lambda: network.score(data()), network.unroll, network.classifier,
        lambda: network.roll(None), lambda: network.fine_tune(data()),
        lambda: network.label_probabilities(data()), network.get_feature_names_out,
    ):  # fmt: skip
        with pytest.raises(ms.NotFittedError):
            call()


def test_a_missing_torch_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    network = fitted()
    for call in (network.unroll, lambda: network.classifier(3), lambda: network.fine_tune(data())):
        with pytest.raises(ms.MissingExtraError, match=r'pip install "multispin\[deep\]"'):
            call()


def test_numbers_without_a_distribution_are_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wild = rbm(3, 2, visible="gaussian", hidden="gaussian")
    network = ms.DeepBeliefNetwork.from_layers([wild, rbm(2, 2, visible="gaussian")])
    for call in (lambda: network.stacked_tempering(1, 1), lambda: network.score(np.zeros((1, 3)))):
        with pytest.raises(ValueError, match="^components_: got weights"):
            call()
