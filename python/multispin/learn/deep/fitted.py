"""What a fitted deep belief network makes of samples, layer by layer, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.learn.base import not_fitted
from multispin.learn.deep.network import Network
from multispin.learn.rates import MOST_STEPS
from multispin.learn.rbm.nested import OfAnRBM
from multispin.learn.rbm.sampled import clamped

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from multispin.learn.rbm.estimator import RBM
    from multispin.learn.rbm.layers import Layers
    from multispin.learn.rbm.observations import Observations

    Reals = NDArray[Any]


class Fitted(OfAnRBM):
    """A deep belief network that is fitted, and its mean-field pass."""

    rbms_: list[RBM]
    network_: Network
    n_features_in_: int
    classes_: NDArray[Any]
    feature_names_in_: NDArray[np.object_]

    def transform(self, X: Any, depth: int | None = None) -> Reals:
        """Return means of the hidden units at a depth, by the mean-field pass upwards.

        h₁ = ⟨h⟩ given v, h₂ = ⟨h⟩ given h₁ and so on, by the weights of `fine_tune` once that has
        been called.

        Parameters
        ----------
        X
            (M, N), of means that visible units may have.
        depth
            From 1, the lowest hidden layer, to the number of layers; None is the highest. A top
            layer with label units does not count.

        Returns
        -------
        ndarray
            (M, units of that layer), of the type of the data.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for samples that are not of this kind; for a depth that is not there.
        """
        data = self._observed(X)
        found = self.network_.up(self._values_of(data), self._depth(depth))
        return found.astype(data.dtype, copy=False)

    def inverse_transform(self, H: ArrayLike, depth: int | None = None) -> Reals:
        """Return means of visible units, by the mean-field pass downwards.

        Parameters
        ----------
        H
            (M, units of that layer) of finite numbers: states or means of hidden units.
        depth
            As for `transform`.

        Returns
        -------
        ndarray
            (M, N); of categorical units probabilities, (M, N, n_categories).

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for an argument that is not of this kind.
        """
        self._fitted()
        depth = self._depth(depth)
        n = len(self.network_.encoder[depth - 1].bias)
        allowed = f"(M, {n}) finite numbers"
        given = checks.numbers("H", H, allowed, "biuf")
        if given.ndim != 2 or given.shape[1] != n or len(given) == 0:
            raise ValueError(f"H: got shape {given.shape}, allowed: {allowed}")
        return self._shown(self.network_.down(given, depth))

    def reconstruct(
        self, X: Any, clamp: ArrayLike | None = None, steps: int | None = None
    ) -> Reals:
        """Return means of visible units after the mean-field pass up to the top and down again.

        Parameters
        ----------
        X
            (M, N), of means that visible units may have. What is not clamped is where it begins: to
            complete what is not known, put means there.
        clamp
            (N,) or (M, N) of bool: units that are held. None holds none.
        steps
            How many times; None is once without `clamp`, and 100 times with it.

        Returns
        -------
        ndarray
            (M, N); of categorical units probabilities, (M, N, n_categories).

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for an argument that is not of this kind.
        """
        data = self._observed(X)
        held = clamped(clamp, (len(data), data.n_features))
        usual = 1 if held is None else 100
        times = usual if steps is None else checks.count("steps", steps, 1, MOST_STEPS)
        values = found = self._values_of(data)
        if held is not None:
            held = np.repeat(held, data.n_units // data.n_features, axis=1)
        for _ in range(times):
            found = self.network_.again(found)
            if held is not None:
                found = np.where(held, values, found)
        return self._shown(found)

    def fit_transform(self, X: Any, y: object = None, **fit_params: Any) -> Reals:
        """Return ``fit(X, y, **fit_params).transform(X)``."""
        found: Reals = self.fit(X, y, **fit_params).transform(X)  # type: ignore[attr-defined]
        return found

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Return the names of the highest hidden units, dbn0, dbn1 and so on."""
        self._fitted()
        return np.array([f"dbn{j}" for j in range(self.network_.n_code)], dtype=object)

    # --- what all of them need --------------------------------------------------------------------

    def _take(self, machines: list[RBM], classes: NDArray[Any] | None) -> None:
        """Keep what was learned; whatever was fine-tuned before is of the past."""
        for name in ("classes_", "classifier_", "history_", "feature_names_in_"):
            if hasattr(self, name):
                delattr(self, name)
        self.rbms_, self.network_ = machines, Network.of(machines)
        self.n_features_in_ = machines[0].n_features_in_
        if classes is not None:
            self.classes_ = classes

    def _fitted(self) -> list[RBM]:
        if not hasattr(self, "rbms_"):
            raise not_fitted("DeepBeliefNetwork: not fitted yet; call fit")
        return self.rbms_

    def _depth(self, depth: int | None) -> int:
        most = len(self.network_.encoder)
        return most if depth is None else checks.count("depth", depth, 1, most)

    @property
    def _n_labels(self) -> int:
        return self._fitted()[-1].n_labels

    @property
    def _layers(self) -> Layers:
        return self._fitted()[0]._parameters().layers

    def _observed(self, X: Any, name: str = "X") -> Observations:
        """Return samples of the visible units of the lowest layer."""
        self._fitted()
        return self.rbms_[0]._observed(X, name)

    def _values_of(self, data: Observations) -> Reals:
        """Return samples as people see them, categories as units of which one is 1."""
        low, span = self._layers.lows[0], self._layers.spans[0]
        numbers = data.numbers()
        return numbers if span == 1 else low + span * numbers

    def _shown(self, means: Reals) -> Reals:
        categories = self.rbms_[0]._visible.categories
        return means.reshape(len(means), -1, categories) if categories else means
