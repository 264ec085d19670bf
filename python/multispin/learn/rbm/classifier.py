"""Classification by free energy: an RBM whose visible units are samples and their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin.learn.base import not_fitted
from multispin.learn.classes import classes_of, joined, labels_of, number_of
from multispin.learn.names import check_same_units, names_of
from multispin.learn.rbm.estimator import RBM
from multispin.learn.rbm.nested import OfAnRBM
from multispin.learn.rbm.observations import numbers_of
from multispin.learn.rbm.visible import BINARY

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    Array = NDArray[np.float64]


class RBMClassifier(OfAnRBM):
    r"""Classes of samples, by the label units of a restricted Boltzmann machine.

    A machine of samples v and labels y, of which one is 1, learns both together; then [1]

    .. math:: P(y \mid v) = \frac{e^{-F(v, y)}}{\sum_{y'} e^{-F(v, y')}}

    exactly, at the price of one pass over the hidden units a class. Trained by one of the methods
    that sample ("pcd" and so on) it is a model of both, which draws samples of a class as well;
    with ``method="discriminative"`` it climbs ln P(y | v) alone.

    Parameters
    ----------
    rbm
        An `RBM` of binary visible units, of which a copy is trained; its `n_labels` does not
        matter. None means ``RBM()``.

    Attributes
    ----------
    classes_
        The labels, sorted, (K,).
    rbm_
        The RBM that was trained: its first visible units are those of samples, its last K those of
        labels.
    n_features_in_, feature_names_in_
        Number of features; their names, if samples were a DataFrame.

    Raises
    ------
    TypeError, ValueError
        From `fit`, for an `rbm` that is not of this kind.

    Notes
    -----
    [1] H. Larochelle & Y. Bengio, ICML 2008, 536.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> images, digits = ms.datasets.digits()
    >>> X = images.reshape(len(images), 64) > 8
    >>> machine = ms.RBM(
    ...     32, method="discriminative", learning_rate=0.5, momentum=0.9, n_iter=20, random_state=1
    ... )
    >>> classifier = ms.RBMClassifier(machine).fit(X[:1000], digits[:1000])
    >>> bool(classifier.score(X[1000:], digits[1000:]) > 0.85)
    True
    """

    classes_: NDArray[Any]
    rbm_: RBM
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]

    def __init__(self, rbm: RBM | None = None) -> None:
        self.rbm = rbm

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None, **fit: Any) -> Self:
        """Learn from samples and their labels.

        Parameters
        ----------
        X
            (M, N) of 0 and 1, or of probabilities of 1.
        y
            (M,) labels of any kind that can be sorted, two at least.
        sample_weight
            (M,) finite numbers >= 0.
        fit
            What else `RBM.fit` takes, but for `validation`.

        Raises
        ------
        TypeError, ValueError
            For samples, labels or an `rbm` that are not of this kind.
        """
        if self.rbm is not None and not isinstance(self.rbm, RBM):
            raise TypeError(checks.describe("rbm", self.rbm, "an RBM"))
        if self.rbm is not None and self.rbm.visible != "binary":
            raise ValueError(checks.describe("rbm.visible", self.rbm.visible, "'binary'"))
        if "validation" in fit:
            raise TypeError("validation: got some, allowed: none; see score")
        given = numbers_of(X, "X", BINARY.allowed)
        classes, of_samples = classes_of(labels_of(y, len(given)))
        params = (RBM() if self.rbm is None else self.rbm).get_params()
        machine = RBM(**{**params, "n_labels": len(classes)})
        machine.fit(joined(given, of_samples, len(classes)), None, sample_weight, **fit)
        self.classes_, self.rbm_, self.n_features_in_ = classes, machine, given.shape[1]
        names = names_of(X)
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return P(y | v) of all classes, (M, K), in the order of `classes_`.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for samples that are not of this kind.
        """
        machine = self._fitted()
        given = numbers_of(X, "X", BINARY.allowed)
        check_same_units("X", given.shape[1], names_of(X), self)
        return machine.label_probabilities(given)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each sample, (M,)."""
        most = self.predict_proba(X).argmax(axis=1)
        found: NDArray[Any] = self.classes_[most]
        return found

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the share of samples whose class is right."""
        found = self.predict(X)
        weights = np.ones(len(found))
        if sample_weight is not None:
            weights = checks.sample_weights("sample_weight", sample_weight, len(found))
            weights = weights / weights.max()
        return float(np.average(found == labels_of(y, len(found)), weights=weights))

    def sample(
        self, n: int, label: Any, steps: int | None = None, random_state: int | None = None
    ) -> NDArray[np.uint8]:
        """Return samples of one class, (n, N), by chains whose label units are held.

        Parameters
        ----------
        n
            How many.
        label
            One of `classes_`.
        steps, random_state
            As for `RBM.sample`.

        Raises
        ------
        ValueError
            If there is no such class.
        """
        machine = self._fitted()
        at = number_of(label, self.classes_)
        k, n_features = len(self.classes_), self.n_features_in_
        values = np.zeros(n_features + k)
        values[n_features + at] = 1
        drawn = machine.sample(
            n, steps, np.arange(n_features + k) >= n_features, values, random_state
        )
        found: NDArray[np.uint8] = drawn[:, :n_features]
        return found

    def _fitted(self) -> RBM:
        if not hasattr(self, "rbm_"):
            raise not_fitted("RBMClassifier: not fitted yet; call fit")
        return self.rbm_

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn asks: it classifies, and takes sparse samples."""
        utils = require("sklearn.utils", "learn")
        tags = super().__sklearn_tags__()
        tags.estimator_type, tags.classifier_tags = "classifier", utils.ClassifierTags()
        tags.target_tags.required = True
        tags.input_tags.sparse = True
        return tags
