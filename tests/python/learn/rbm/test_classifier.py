"""Classification by label units."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest

import multispin as ms


def parity(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(seed).integers(0, 2, (n, 3))
    return X, np.where(X.sum(axis=1) % 2, "odd", "even")


def test_parity_is_learned() -> None:
    # No linear classifier can: all of them are right half of the time.
    X, y = parity(400, 0)
    machine = ms.RBM(
        12, method="discriminative", learning_rate=1.0, momentum=0.9, n_iter=100, batch_size=50,
        random_state=1,
    )  # fmt: skip
    classifier = ms.RBMClassifier(machine).fit(X, y)
    every = np.array(list(itertools.product((0, 1), repeat=3)))
    expected = np.where(every.sum(axis=1) % 2, "odd", "even")
    assert list(classifier.classes_) == ["even", "odd"]
    assert classifier.score(every, expected) == 1.0
    assert not hasattr(machine, "components_")


def test_probabilities_are_those_of_free_energies() -> None:
    X, y = parity(60, 1)
    classifier = ms.RBMClassifier(ms.RBM(4, learning_rate=0.5, n_iter=30, random_state=1)).fit(X, y)
    joint = [np.concatenate([X, np.tile(label, (60, 1))], axis=1) for label in ([1, 0], [0, 1])]
    F = np.stack([classifier.rbm_.free_energy(part) for part in joint], axis=1)
    expected = np.exp(-F) / np.exp(-F).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(classifier.predict_proba(X), expected, atol=1e-12)


@pytest.mark.thorough
def test_images_of_a_class() -> None:
    # Two classes, each of which has one image, nearly.
    y = np.arange(200) % 2
    X = np.repeat(y[:, None], 6, axis=1)
    X[:, ::2] ^= 1
    machine = ms.RBM(4, learning_rate=(0.1, 0.01), n_iter=300, n_chains=500, random_state=1)
    classifier = ms.RBMClassifier(machine).fit(X, y)
    for label in (0, 1):
        drawn = classifier.sample(200, label, steps=50, random_state=1)
        assert (drawn == X[label]).mean() > 0.8


@pytest.mark.thorough
def test_digits_are_classified_whatever_the_method() -> None:
    # A nearest mean is right about 0.84 of the time, guesses 0.1.
    images, digits = ms.datasets.digits()
    X = images.reshape(len(images), 64) > 8
    for method, rate, epochs in (
        ("discriminative", 0.5, 10), ("pcd", (0.1, 0.01), 40), ("pl", 0.2, 8), ("rm", 0.5, 8),
    ):  # fmt: skip
        machine = ms.RBM(
            48, method=method, learning_rate=rate, momentum=0.5, n_iter=epochs, batch_size=50,
            random_state=1,
        )  # fmt: skip
        classifier = ms.RBMClassifier(machine).fit(X[:1000], digits[:1000])
        assert classifier.score(X[1000:], digits[1000:]) > 0.75


def test_it_is_an_estimator(tmp_path: Any) -> None:
    clone = pytest.importorskip("sklearn.base").clone
    selection = pytest.importorskip("sklearn.model_selection")
    X, y = parity(80, 2)
    classifier = ms.RBMClassifier(ms.RBM(3, n_iter=2, method="discriminative", random_state=1))
    search = selection.GridSearchCV(classifier, {"rbm__n_components": [2, 3]}, cv=2).fit(X, y)
    assert search.best_estimator_.predict(X).shape == (80,)
    assert clone(classifier).set_params(rbm__n_iter=5).rbm.n_iter == 5
    assert classifier.rbm.n_iter == 2
    fitted = classifier.fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))
    path = tmp_path / "training.npz"
    other = clone(classifier).fit(X, y, checkpoint=path, checkpoint_interval=0.0)
    assert np.array_equal(other.predict_proba(X), fitted.predict_proba(X))
    assert path.exists()


@pytest.mark.parametrize(
    ("rbm", "X", "y", "message"),
    [
        (None, [[0, 1], [1, 0]], [0, 0], "y: got 1 class"),
        (None, [[0, 1], [1, 0]], [0], "y: got shape"),
        (None, [[0, 1], [1, 0]], None, "y: got None"),
        (None, [[0, 1], [1, 0]], [0.5, 1.0], "y: got continuous"),
        (None, [[0, 3], [1, 0]], [0, 1], "X: got 3"),
        (ms.RBM(visible="spin"), [[0, 1], [1, 0]], [0, 1], "rbm.visible: got 'spin'"),
        (None, [[0, 1], [1, 0]], [np.nan, 1.0], "y: got NaN"),
        (None, [[0, 1], [1, 0]], ["a", None], "y: got None"),
    ],
)
def test_what_is_refused(rbm: Any, X: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ms.RBMClassifier(rbm).fit(X, y)


def test_other_refusals() -> None:
    with pytest.raises(TypeError, match="rbm: got"):
        ms.RBMClassifier("rbm").fit([[0, 1]], [0])
    with pytest.raises(ms.NotFittedError):
        ms.RBMClassifier().predict([[0, 1]])
    X, y = parity(20, 1)
    classifier = ms.RBMClassifier(ms.RBM(2, n_iter=1, random_state=1)).fit(X, y)
    with pytest.raises(ValueError, match="label: got 'none'"):
        classifier.sample(1, "none", 1)
    with pytest.raises(ValueError, match="X: got 2 features"):
        classifier.predict([[0, 1]])
