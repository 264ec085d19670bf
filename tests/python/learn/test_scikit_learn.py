"""scikit-learn's own checks of estimators with hidden units, and what its users do with them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import multispin as ms

checks = pytest.importorskip("sklearn.utils.estimator_checks")


def mapped(samples: Any, function: Any) -> Any:
    """Apply a function to what is finite of real numbers; leave what is none as it is."""
    if hasattr(samples, "columns"):
        return samples.apply(lambda column: mapped(column.to_numpy(), function))
    if hasattr(samples, "toarray"):
        return type(samples)(mapped(samples.toarray(), function))
    try:
        numbers = np.asarray(samples)
        if numbers.dtype.kind not in "Obiuf":
            return samples
        real = numbers.astype(np.float32 if numbers.dtype == np.float32 else np.float64)
    except (TypeError, ValueError):
        return samples
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(real), function(real), real).astype(real.dtype)


def shares(x: np.ndarray) -> np.ndarray:
    return x - np.floor(x)


def bits(x: np.ndarray) -> np.ndarray:
    return np.floor(8 * x) % 2


class Shares(ms.RBM):
    """Takes any numbers, of which what is behind the point is a probability."""

    function = staticmethod(shares)

    def _of(self, X: Any) -> Any:
        return mapped(X, type(self).function)

    def fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Any:  # type: ignore[override]
        return super().fit(self._of(X), y, sample_weight)

    def partial_fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Any:
        return super().partial_fit(self._of(X), y, sample_weight)

    def transform(self, X: Any) -> Any:
        return super().transform(self._of(X))

    def score_samples(self, X: Any) -> Any:
        return super().score_samples(mapped(X, bits))


class Bits(Shares):
    function = staticmethod(bits)


class Layers(ms.DeepBeliefNetwork):
    """Takes any numbers, of which what is behind the point is a probability."""

    def fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Any:  # type: ignore[override]
        return super().fit(mapped(X, shares), y, sample_weight)

    def transform(self, X: Any, depth: Any = None) -> Any:
        return super().transform(mapped(X, shares), depth)

    def score_samples(self, X: Any) -> Any:
        return super().score_samples(mapped(X, bits))


class Spins(ms.BoltzmannMachine):
    def fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Any:  # type: ignore[override]
        return super().fit(mapped(X, lambda x: 1 - 2 * bits(x)), y, sample_weight)


class Numbers(ms.RBM):
    """Takes any numbers as they are; scores are of units of two values."""

    @property
    def score(self) -> Any:  # type: ignore[override]
        raise AttributeError("score")

    score_samples = score  # type: ignore[assignment]


def slopes(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-3 * x))


class Classes(ms.RBMClassifier):
    """Takes any numbers, the larger ones as more probable."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        return super().fit(mapped(X, slopes), y, sample_weight)

    def predict_proba(self, X: Any) -> Any:
        return super().predict_proba(mapped(X, slopes))


#: Small, and warm enough that few samples of many units are learned without much ado.
FEW = {"n_components": 5, "n_iter": 2, "random_state": 0}


#: Chains that begin at samples draw for each of them; one of weight 2 is not drawn for twice.
OF_CHAINS_AT_SAMPLES = {
    f"check_sample_weight_equivalence_on_{kind}_data": "each sample has a chain of its own"
    for kind in ("dense", "sparse")
}


@pytest.mark.one_in(12)
@pytest.mark.parametrize(
    "estimator",
    [
        Shares(**FEW), Bits(**FEW), Bits(**FEW, method="cd"),
        Bits(**FEW, method="pt", n_temperatures=3), Bits(**FEW, method="ptt"),
        Bits(**FEW, method="pl"), Bits(**FEW, method="rm"),
        Numbers(**FEW, visible="gaussian", learning_rate=1e-3),
        Numbers(**FEW, visible="gaussian", hidden="relu", learning_rate=1e-3),
        Classes(ms.RBM(20, method="discriminative", n_iter=100, learning_rate=0.5, random_state=0)),
        Layers([5, 3], rbm=ms.RBM(n_iter=2), random_state=0),
        Spins(2, n_iter=2, n_chains=64, random_state=0),
    ],
    ids=lambda estimator: f"{type(estimator).__name__} {getattr(estimator, 'method', '')}",
)  # fmt: skip
def test_checks_pass_with_numbers_that_units_can_have(estimator: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # checks are of few samples, and of constant ones
        expected = OF_CHAINS_AT_SAMPLES if getattr(estimator, "method", "") == "cd" else {}
        if isinstance(estimator, Classes):
            expected = {"check_supervised_y_2d": "a column of labels is taken without a warning"}
        found = checks.check_estimator(
            estimator, expected_failed_checks=expected, on_fail=None, on_skip=None
        )
    failed = [(one["check_name"], one["exception"]) for one in found if one["status"] == "failed"]
    assert not failed


def test_in_pipelines_and_searches() -> None:
    pipeline = pytest.importorskip("sklearn.pipeline")
    linear = pytest.importorskip("sklearn.linear_model")
    selection = pytest.importorskip("sklearn.model_selection")
    images, labels = ms.datasets.digits()
    X, y = images[:200].reshape(200, -1) / 16, labels[:200]
    steps = [("rbm", ms.RBM(20, n_iter=2, random_state=0)), ("of", linear.LogisticRegression())]
    search = selection.GridSearchCV(
        pipeline.Pipeline(steps), {"rbm__n_components": [5, 20]}, cv=2
    ).fit(X, y)
    assert search.best_score_ > 0.3
    assert search.best_estimator_["rbm"].get_feature_names_out()[0] == "rbm0"
