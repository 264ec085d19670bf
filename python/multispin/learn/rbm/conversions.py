"""What an RBM has learned, in files and in other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._engines.bipartite import unpack
from multispin.learn.rbm import files, settings, stored
from multispin.learn.rbm.layers import layers_of
from multispin.learn.rbm.observations import Observations
from multispin.learn.rbm.parameters import LARGEST, Parameters, check_size
from multispin.learn.rbm.running import Run
from multispin.learn.rbm.sampled import Sampled
from multispin.learn.rbm.training import Training
from multispin.learn.rbm.visible import Visible
from multispin.models import Hopfield, Pairwise

if TYPE_CHECKING:
    import os

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    Array = NDArray[np.float64]


class Portable(Sampled):
    """An RBM that goes to files and other programs, and comes from there."""

    n_iter: int
    batch_size: int
    learning_rate: float | tuple[float, float]
    random_state: Any
    visible: str
    n_categories: int | None
    feature_names_in_: NDArray[np.object_]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write parameters, chains, history and kept models to one HDF5 file (extra ``[run]``).

        `load` makes of it an estimator that goes on as this one would.

        Raises
        ------
        NotFittedError, OSError, MissingExtraError
            Before `fit`; if the file cannot be written; without h5py.
        TypeError, ValueError
            If parameters, or what was learned, were changed to what nothing can go on with.
        """
        files.write(path, files.FORMAT, *self._stored())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the estimator that was saved.

        Raises
        ------
        FileNotFoundError, CheckpointError, MissingExtraError
            If there is no such file; if it is damaged, another one, or holds what does not fit
            together; without h5py.
        """
        meta, arrays = files.read(path, files.FORMAT)
        with files.fits_together(path):
            return cls._of_stored(meta, arrays)

    def _stored(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what a file keeps: JSON, and arrays."""
        self._parameters()
        params = self.get_params()
        params["random_state"] = self._kept[0]["seed"]
        names = getattr(self, "feature_names_in_", None)
        meta = {
            "params": params, "kept": self._kept[0],
            "names": None if names is None else names.tolist(),
        }  # fmt: skip
        arrays = self._arrays()
        stored.check(meta, arrays)
        return meta, arrays

    @classmethod
    def _of_stored(cls, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Return the estimator of what a file has kept, or raise whatever does not fit."""
        found = cls(**stored.of_json(meta["params"]))
        stored.check({**meta, "params": found.get_params()}, arrays)
        found._restore(meta["kept"], arrays)
        if meta["names"] is not None:
            found.feature_names_in_ = np.array(meta["names"], dtype=object)
        return found

    @classmethod
    def from_arrays(
        cls,
        components: ArrayLike,
        intercept_visible: ArrayLike,
        intercept_hidden: ArrayLike,
        **params: Any,
    ) -> Self:
        """Return an estimator with these weights (n_components, n_features) and biases.

        `params` are those of the constructor, which say what units are of, and how `partial_fit`
        goes on. Of categorical ones, weights have n_categories columns for each feature.

        Raises
        ------
        TypeError, ValueError
            If they are no numbers, or beyond 1e15, or shapes do not fit.
        """
        weights = checks.numbers("components", components)
        if weights.ndim != 2 or 0 in weights.shape:
            raise ValueError(
                f"components: got shape {weights.shape}, allowed: (n_components, n_features)"
            )
        visible = checks.numbers("intercept_visible", intercept_visible)
        hidden = checks.numbers("intercept_hidden", intercept_hidden)
        for name, part, n in (
            ("intercept_visible", visible, weights.shape[1]),
            ("intercept_hidden", hidden, weights.shape[0]),
        ):
            if part.shape != (n,):
                raise ValueError(f"{name}: got shape {part.shape}, allowed: ({n},)")
            check_size(name, part)
        check_size("components", weights)
        dtype = np.asarray(components).dtype
        dtype = dtype if dtype == np.float32 else np.dtype(np.float64)
        given = params.get("n_components", len(weights))
        if given != len(weights):
            allowed = f"{len(weights)}, the number of rows of components"
            raise ValueError(checks.describe("n_components", given, allowed))
        found = cls(**{**params, "n_components": len(weights)})
        seed = checks.seed_or_fresh("random_state", settings.seed_of(found.random_state))
        chosen = settings.checked(found.get_params(), seed)
        if chosen.n_labels >= weights.shape[1]:
            allowed = f"fewer than {weights.shape[1]}, the number of columns of components"
            raise ValueError(checks.describe("n_labels", chosen.n_labels, allowed))
        kind = Visible(chosen.visible, found._categories_of(weights.shape[1]), chosen.n_labels)
        n = weights.shape[1] // max(kind.categories, 1)
        units = kind.units(n)
        parameters = Parameters(
            weights.astype(dtype), visible.astype(dtype), hidden.astype(dtype),
            layers_of(chosen.visible, chosen.hidden, units),
        )  # fmt: skip
        # The means that visible units have by themselves.
        mean = units.mean(parameters.layers.spans[0] * visible[None])[0]
        nothing = Observations(weights.shape[1], n, None, np.zeros((0, 0)), None, None, dtype)
        run = Run(Training.of(chosen, parameters, mean), nothing, None)
        found._restore(*stated(run))
        return found

    def _categories_of(self, n_units: int) -> int:
        """Return how many categories each feature has, of so many units of a machine."""
        if self.visible != "categorical":
            return 0
        if self.n_categories is None:
            allowed = "a number: here it has to be given with visible='categorical'"
            raise ValueError(checks.describe("n_categories", None, allowed))
        wanted: int = checks.count("n_categories", self.n_categories, 2, n_units)
        if n_units % wanted:
            allowed = f"a divisor of {n_units}, the number of columns of components"
            raise ValueError(checks.describe("n_categories", wanted, allowed))
        return wanted

    @classmethod
    def from_sklearn(cls, rbm: Any) -> Self:
        """Return what a ``sklearn.neural_network.BernoulliRBM`` has learned.

        Raises
        ------
        TypeError
            If it is none, or not fitted.
        """
        names = ("components_", "intercept_visible_", "intercept_hidden_")
        if not all(hasattr(rbm, name) for name in names):
            raise TypeError(checks.describe("rbm", rbm, "a BernoulliRBM that has been fitted"))
        return cls.from_arrays(
            *(getattr(rbm, name) for name in names), batch_size=rbm.batch_size, n_iter=rbm.n_iter,
            learning_rate=rbm.learning_rate, random_state=rbm.random_state,
        )  # fmt: skip

    def to_sklearn(self) -> Any:
        """Return a ``sklearn.neural_network.BernoulliRBM`` with what has been learned.

        Raises
        ------
        NotFittedError, MissingExtraError
            Before `fit`; without scikit-learn.
        ValueError
            If units are not binary.
        """
        of = self._of_binary_units()
        networks = require("sklearn.neural_network", "learn")
        rate = self.learning_rate
        found = networks.BernoulliRBM(
            of.shape[0], learning_rate=rate[0] if isinstance(rate, tuple) else rate,
            batch_size=self.batch_size, n_iter=self.n_iter, random_state=self.random_state,
        )  # fmt: skip
        found.components_, found.intercept_visible_ = of.weights.copy(), of.visible.copy()
        found.intercept_hidden_, found.n_features_in_ = of.hidden.copy(), of.shape[1]
        found._n_features_out = of.shape[0]
        chains = getattr(self, "h_samples_", np.zeros((self.batch_size, of.shape[0])))
        found.h_samples_ = chains.astype(of.weights.dtype)
        return found

    @classmethod
    def from_hopfield(cls, model: Hopfield, temperature: float = 1.0, **params: Any) -> Self:
        r"""Return the RBM of spins and Gaussian hidden units that is a Hopfield model.

        .. math:: e^{(\xi \cdot s)^2 / 2NT} = \int \frac{dh}{\sqrt{2\pi}}
            e^{-h^2/2 + h\, \xi \cdot s / \sqrt{NT}}

        One hidden unit a pattern, W = ξ / √(N T) and b = h / T: visible units are of the same
        distribution, P(s) ~ e^(−E(s)/T), and a Gibbs step draws all of them at once.

        Parameters
        ----------
        model
            A `Hopfield` model.
        temperature
            T > 0.
        params
            Other parameters of the constructor.

        Raises
        ------
        TypeError, ValueError
            If they are not of this kind.

        Notes
        -----
        A. Barra, A. Bernacchia, E. Santucci & P. Contucci, Neural Netw. 34, 1 (2012).
        """
        if not isinstance(model, Hopfield):
            raise TypeError(checks.describe("model", model, "a Hopfield model"))
        t = checks.positive_finite("temperature", temperature)
        for name in ("visible", "hidden", "n_labels", "n_categories"):
            if name in params:
                raise ValueError(checks.describe(name, params[name], "nothing: it is known here"))
        patterns = model.patterns.reshape(model.n_patterns, -1)
        fields = np.broadcast_to(np.asarray(model.h, np.float64), model.shape).ravel()
        weights, fields = patterns / np.sqrt(model.n_spins * t), fields / t
        if max(np.abs(weights).max(), np.abs(fields).max()) > LARGEST:
            allowed = f"one with which 1 / sqrt(N T) and h / T are up to {LARGEST:g}"
            raise ValueError(checks.describe("temperature", temperature, allowed))
        return cls.from_arrays(
            weights, fields, np.zeros(len(patterns)),
            **params, visible="spin", hidden="gaussian",
        )  # fmt: skip

    def to_hopfield(self) -> tuple[Hopfield, float]:
        """Return the Hopfield model and the temperature that an RBM of it stands for.

        Of spins and Gaussian hidden units, with weights of one modulus w: T = 1 / (N w²),
        ξ = W / w and fields T (b + Wᵀ c).

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If units are others, or weights of several moduli; `to_pairwise` takes those.
        """
        weights, b, c = self._of_gaussian_hidden()
        moduli = np.abs(weights)
        modulus = moduli.mean()
        if not np.allclose(moduli, modulus, rtol=1e-6, atol=0.0) or modulus == 0.0:
            got = f"moduli from {moduli.min():g} to {moduli.max():g}"
            raise ValueError(f"components_: got {got}, allowed: one; or see to_pairwise")
        t = float(1.0 / (weights.shape[1] * modulus**2))
        return Hopfield(np.sign(weights), t * (b + weights.T @ c)), t

    def to_pairwise(self) -> Pairwise:
        """Return the model of pairs, at temperature 1, that visible spins are of.

        Gaussian hidden units integrated out: J = Wᵀ W, but for its diagonal, and h = b + Wᵀ c.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If visible units are no spins, or hidden ones not Gaussian.
        """
        weights, b, c = self._of_gaussian_hidden()
        couplings = weights.T @ weights
        couplings = (couplings + couplings.T) / 2
        np.fill_diagonal(couplings, 0.0)
        return Pairwise(couplings, b + weights.T @ c)

    def _of_gaussian_hidden(self) -> tuple[Array, Array, Array]:
        of = self._parameters()
        for name, kind, wanted in (
            ("visible", self._fixed["visible"], "spin"),
            ("hidden", self._fixed["hidden"], "gaussian"),
        ):  # fmt: skip
            if kind != wanted:
                raise ValueError(f"{name}: got {kind!r}, allowed: {wanted!r}")
        weights, b, c = (
            np.asarray(part, np.float64) for part in (of.weights, of.visible, of.hidden)
        )
        return weights, b, c

    @classmethod
    def from_rbms(cls, path: str | os.PathLike[str], update: int | None = None) -> Self:
        """Return what a file of the package rbms has, at its last update or a given one."""
        weights, visible, hidden = files.read_rbms(path, update)
        return cls.from_arrays(weights, visible, hidden)

    def to_rbms(self, path: str | os.PathLike[str]) -> None:
        """Write parameters and chains as the package rbms reads them.

        Raises
        ------
        NotFittedError, OSError, MissingExtraError
            Before `fit`; if the file cannot be written; without h5py.
        ValueError
            If units are not binary.
        """
        of = self._of_binary_units()
        chains = unpack(self._chains(), of.shape[1])
        files.write_rbms(path, of, chains, self._kept[0]["updates"])

    def _of_binary_units(self) -> Parameters:
        found = self._parameters()
        for name, kind in (("visible", self._fixed["visible"]), ("hidden", self._fixed["hidden"])):
            if kind != "binary":
                raise ValueError(f"{name}: got {kind!r}, allowed: 'binary', there")
        return found


def stated(run: Run) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return all that an estimator keeps of a training."""
    meta, arrays = run.state()
    chosen, data = run.training.settings, run.data
    categories = data.n_units // data.n_features if chosen.visible == "categorical" else 0
    return meta | {"seed": chosen.seed, "calls": 0, "categories": categories}, arrays
