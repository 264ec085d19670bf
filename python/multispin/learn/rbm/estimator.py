"""Restricted Boltzmann machines as estimators of scikit-learn."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._engines import registry
from multispin._engines.bipartite import Bipartite, Numbers, pack, unpack
from multispin.errors import CheckpointError
from multispin.learn.base import Estimator, not_fitted
from multispin.learn.names import check_same_units
from multispin.learn.partition import check_log_partition
from multispin.learn.rates import MOST_CHAINS, MOST_STEPS
from multispin.learn.rbm import files, flips, partition, settings
from multispin.learn.rbm.chains import streams
from multispin.learn.rbm.equilibrium import equilibrated, warn_of_slow_chains
from multispin.learn.rbm.observations import Observations, observed
from multispin.learn.rbm.parameters import Parameters, sigmoid
from multispin.learn.rbm.running import Epoch, Run, digest
from multispin.learn.rbm.training import Training
from multispin.learn.seeds import seed_for
from multispin.runs.checkpoint import with_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    from multispin.learn.partition import LogPartition
    from multispin.progress import TrainingProgress
    from multispin.runs.checkpoint import Checkpoint

    Array = NDArray[np.float64]
    Bits = NDArray[np.uint64]


#: What seeds are made for, beside training.
_HIDDEN, _DRAWN = 1, 2


class RBM(Estimator):
    r"""A restricted Boltzmann machine of units 0 and 1.

    .. math:: P(v, h) \propto \exp\Big(\sum_i b_i v_i + \sum_j c_j h_j
        + \sum_{ij} h_j W_{ji} v_i\Big)

    Hidden units given visible ones are independent, P(h_j = 1 | v) = σ(c_j + Σ_i W_ji v_i), and the
    other way round [1]. Learning climbs the likelihood's gradient, ⟨h v⟩ of the data less ⟨h v⟩ of
    the model, for which chains are sampled; or descends a loss that needs no chains:

    ========  ======================================================================================
    method    the model's phase, or the loss
    ========  ======================================================================================
    ``cd``    chains of `steps` steps that begin at the batch, contrastive divergence [2]
    ``pcd``   chains that go on from update to update [3]
    ``pt``    the same, exchanged with chains at `n_temperatures` temperatures [4]
    ``ptt``   the same, exchanged with chains of models kept along the way of training [5]
    ``pl``    −Σ_i ln P(v_i | all other v), the pseudolikelihood [6]
    ``rm``    Σ_i (1 − P(v_i | all other v))², ratio matching [7]
    ========  ======================================================================================

    It takes the place of ``sklearn.neural_network.BernoulliRBM``. Other than there: the gradient is
    centred, visible biases begin at the log odds of the data, rows are shuffled, and
    `score_samples` is exact.

    Parameters
    ----------
    n_components
        Number of hidden units.
    learning_rate
        Length of a step along the gradient, > 0; or two numbers, from which it goes to which.
    batch_size
        Samples of an update, at most; batches are of sizes as even as can be.
    n_iter
        Epochs of `fit`.
    verbose
        Whether `fit` shows a bar, and not a step more.
    random_state
        Seed of all that is random: None takes a fresh one; an integer; or a generator of NumPy,
        which is asked for one.
    method
        One of the table.
    steps
        Gibbs steps of each chain between two updates.
    n_chains
        Number of chains of the model's phase; None means `batch_size`. Of ``cd`` they are the
        batch.
    n_temperatures
        Of ``pt``: temperatures, β evenly from 0 to 1.
    centered
        Whether the gradient is that of centred units [8]. What is learned is the same; learning is
        faster, and does not depend on which of its two values a unit calls 1.
    momentum
        Share of the last step that the next one repeats, >= 0 and < 1.
    l1, l2
        Penalties l1 Σ|W| + l2 Σ W² beside the mean negative log-likelihood; of weights alone.
    threads
        Number of threads; None takes as many as the process may use. Results do not depend on it.

    Attributes
    ----------
    components_, intercept_visible_, intercept_hidden_
        W (n_components, n_features), b and c: float32 if the data were, else float64.
    h_samples_
        Hidden states of the model's chains, (n_chains, n_components), as scikit-learn calls them.
    history_
        By name: ``epoch`` after which it was measured, each of the first 200, then every other and
        so on; ``learning_rate``, ``reconstruction_error``, ``singular_values``, and with validation
        data ``free_energy_gap``; of the first 256 samples.
    n_iter_
        Epochs that are over.
    n_features_in_, feature_names_in_
        Number of visible units; their names, if samples were a DataFrame.

    Raises
    ------
    TypeError, ValueError
        From `fit`, for a parameter that is not of this kind.

    Notes
    -----
    [1] P. Smolensky, in Parallel Distributed Processing 1, 194 (MIT Press, 1986). [2] G. E. Hinton,
    Neural Comput. 14, 1771 (2002). [3] T. Tieleman, ICML 2008, 1064. [4] G. Desjardins et al.,
    AISTATS 2010, PMLR 9, 145. [5] N. Béreux et al., arXiv:2405.15376 (2024). [6] J. Besag,
    Statistician 24, 179 (1975). [7] A. Hyvärinen, Comput. Stat. Data Anal. 51, 2499 (2007). [8] J.
    Melchior, A. Fischer & L. Wiskott, J. Mach. Learn. Res. 17(99), 1 (2016).

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> X = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]])
    >>> rbm = ms.RBM(2, learning_rate=0.5, n_iter=500, n_chains=64, random_state=1).fit(X)
    >>> bool(rbm.log_likelihood(X).mean() > -1.5)  # of four states at most -ln 4 = -1.386
    True
    """

    components_: NDArray[Any]
    intercept_visible_: NDArray[Any]
    intercept_hidden_: NDArray[Any]
    history_: dict[str, NDArray[Any]]
    n_iter_: int
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]

    #: Of a checkpoint file.
    _kind: ClassVar[str] = "training of an RBM"

    def __init__(
        self,
        n_components: int = 256,
        *,
        learning_rate: float | tuple[float, float] = 0.05,
        batch_size: int = 128,
        n_iter: int = 10,
        verbose: int = 0,
        random_state: Any = None,
        method: str = "pcd",
        steps: int = 1,
        n_chains: int | None = None,
        n_temperatures: int = 10,
        centered: bool = True,
        momentum: float = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
        threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.verbose = verbose
        self.random_state = random_state
        self.method = method
        self.steps = steps
        self.n_chains = n_chains
        self.n_temperatures = n_temperatures
        self.centered = centered
        self.momentum = momentum
        self.l1 = l1
        self.l2 = l2
        self.threads = threads

    # --- learning ---------------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: object = None,  # noqa: ARG002
        sample_weight: ArrayLike | None = None,
        *,
        validation: Any = None,
        progress: bool | Callable[[TrainingProgress], object] | None = None,
        callbacks: Sequence[Callable[[Epoch], object]] = (),
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_interval: float = 30.0,
    ) -> Self:
        """Learn from samples, `n_iter` epochs.

        Parameters
        ----------
        X
            (M, N) of 0 and 1, or of probabilities of 1 between: bool, integers, floats, a sparse
            matrix or a DataFrame.
        y
            Ignored.
        sample_weight
            (M,) finite numbers >= 0: how often each was seen.
        validation
            Samples that are not learned, for ``free_energy_gap``.
        progress
            True for a bar (extra ``[run]``), or a function of a `TrainingProgress`, called after
            each update.
        callbacks
            Functions called with an `Epoch` after each; training ends if one returns True.
        checkpoint
            Where training is kept on its way. If the file is there, and of the same parameters and
            samples, training goes on from it, bit for bit as if it had never stopped; with a larger
            `n_iter` it goes on further.
        checkpoint_interval
            Seconds between two writings.

        Raises
        ------
        TypeError, ValueError
            For samples, weights or parameters that are not of this kind.
        CheckpointError
            If the file is damaged, in use, or of another training.

        Warns
        -----
        SlowMixingWarning
            If chains of the model have not forgotten where they began after as many steps as an
            epoch has, and 1000 at least: averages over them are not those of the model.
        """
        seed = settings.seed_of(self.random_state)
        data = observed(X, sample_weight)
        held_out = None
        if validation is not None:
            held_out = observed(validation, name="validation")
            if held_out.n_features != data.n_features:
                got = f"{held_out.n_features} features"
                raise ValueError(f"validation: got {got}, allowed: {data.n_features}, as X has")
        if not isinstance(callbacks, (list, tuple)):
            raise TypeError(checks.describe("callbacks", callbacks, "a list of functions"))
        for one in callbacks:
            checks.function("callbacks", one, "functions of one argument")

        def trained(file: Checkpoint) -> Run:
            chosen = settings.checked(self.get_params(), file.seed(seed))
            shown = bool(self.verbose) if progress is None else progress
            identity = chosen.identity
            epochs = identity.pop("n_iter")
            identity |= {"data": digest(data), "validation": digest(held_out)}
            run = file.load(
                identity, "auto", lambda *kept: Run.restored(chosen, data, held_out, *kept)
            )
            if run is None:
                run = Run(Training.begun(chosen, data), data, held_out)
            run.go_on(epochs, shown, callbacks, file if file.kept else None)
            return run

        run = with_checkpoint(self._kind, checkpoint, checkpoint_interval, trained)
        self._take(run)
        if run.training.model is not None and run.epoch > 0:
            per_epoch = -(-len(data) // run.training.settings.batch_size)
            warn_of_slow_chains(run.training, per_epoch)
        return self

    def partial_fit(
        self,
        X: Any,
        y: object = None,  # noqa: ARG002
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Learn one epoch more, from these samples; the first call begins anew.

        Parameters
        ----------
        X
            (M, N) as for `fit`; the first call says how many units there are, and of which type.
        y
            Ignored.
        sample_weight
            (M,) finite numbers >= 0.

        Raises
        ------
        TypeError, ValueError
            As for `fit`.
        """
        data = observed(X, sample_weight)
        if not hasattr(self, "components_"):
            seed = checks.seed_or_fresh("random_state", settings.seed_of(self.random_state))
            chosen = settings.checked(self.get_params(), seed)
            run = Run(Training.begun(chosen, data), data, None)
        else:
            check_same_units("X", data.n_features, data.names, self)
            chosen = settings.checked(self.get_params(), self._kept[0]["seed"])
            for name, began in self._kept[0]["fixed"].items():
                if getattr(chosen, name) != began:
                    allowed = f"{began!r}, with which learning began; fit begins anew"
                    raise ValueError(checks.describe(name, getattr(chosen, name), allowed))
            run = Run.restored(chosen, data, None, self._kept[0], self._arrays())
        calls = self._kept[0]["calls"] if hasattr(self, "components_") else 0
        run.go_on(run.epoch + 1, False, (), None)
        self._take(run)
        self._kept[0]["calls"] = calls
        return self

    def _take(self, run: Run) -> None:
        """Keep what a run has come to."""
        self._restore(*self._stated(run))
        if run.data.names is not None:
            self.feature_names_in_ = np.array(run.data.names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    @staticmethod
    def _stated(run: Run) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        meta, arrays = run.state()
        return meta | {"seed": run.training.settings.seed, "calls": 0}, arrays

    def _restore(self, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.components_, self.intercept_visible_, self.intercept_hidden_ = (
            arrays[f"at_{name}"] for name in ("weights", "visible", "hidden")
        )
        self.history_ = {k[8:]: v for k, v in arrays.items() if k.startswith("history_")}
        self.n_iter_, self.n_features_in_ = meta["epoch"], self.components_.shape[1]
        self._kept = (meta, arrays)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        """Return what is kept, with parameters as they are now: they may have been changed."""
        now = self._parameters()
        kept = {name: part.copy() for name, part in self._kept[1].items()}
        changed = {
            "at_weights": now.weights, "at_visible": now.visible, "at_hidden": now.hidden
        }  # fmt: skip
        return {**kept, **{name: part.copy() for name, part in changed.items()}}

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn asks: it transforms sparse samples too, and keeps their type."""
        utils = require("sklearn.utils", "learn")
        tags = super().__sklearn_tags__()
        tags.transformer_tags = utils.TransformerTags(preserves_dtype=["float64", "float32"])
        tags.input_tags.sparse = True
        return tags

    # --- what has been learned --------------------------------------------------------------------

    @property
    def h_samples_(self) -> NDArray[np.uint8]:
        """Hidden states of the model's chains, (n_chains, n_components)."""
        numbers = Numbers(
            seed_for(self._kept[0]["seed"], 0, _HIDDEN), streams(0, len(self._chains())), 0
        )
        chains = self._kernel().draw(self._chains(), "hidden", numbers)
        return unpack(chains, self._parameters().shape[0])

    def transform(self, X: Any) -> NDArray[Any]:
        """Return P(h_j = 1 | v), (M, n_components), of the type of the data.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for samples that are not of this kind.
        """
        data = self._observed(X)
        if data.bits is not None and data.dtype == np.float32:
            return self._kernel().probabilities(data.bits, "hidden")
        return sigmoid(self._parameters().fields(data.numbers())).astype(data.dtype)

    def fit_transform(self, X: Any, y: object = None, **fit_params: Any) -> NDArray[Any]:
        """Return ``fit(X, y, **fit_params).transform(X)``."""
        return self.fit(X, y, **fit_params).transform(X)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Return the names of hidden units, rbm0, rbm1 and so on."""
        n = self._parameters().shape[0]
        return np.array([f"rbm{j}" for j in range(n)], dtype=object)

    def free_energy(self, X: Any) -> Array:
        """Return F(v) = −b·v − Σ_j ln(1 + exp(c_j + Σ_i W_ji v_i)), (M,): P(v) = e^−F / Z."""
        return self._parameters().free_energy(self._observed(X).numbers())

    def score_samples(self, X: Any) -> Array:
        """Return the pseudolikelihood Σ_i ln P(v_i | all other v) of each sample, (M,).

        The mean of what scikit-learn estimates from one unit of each sample.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for samples that are not of 0 and 1.
        """
        found = flips.log_conditionals(self._parameters(), self._binary(X))
        return np.asarray(found.sum(axis=1))

    def score(self, X: Any, y: object = None) -> float:  # noqa: ARG002
        """Return the mean of `score_samples`."""
        return float(self.score_samples(X).mean())

    def log_partition(
        self,
        method: str = "auto",
        chains: int = 500,
        temperatures: int = 1000,
        betas: ArrayLike | None = None,
        random_state: int | None = None,
    ) -> LogPartition:
        """Return ln Z = ln Σ_vh exp(−E(v, h)), in nats.

        Parameters
        ----------
        method
            "exact": sums over all states of the smaller layer, at most 24 units. "ais": annealed
            importance sampling from independent units, chains going there and, after as many steps
            more, coming back, put together by Bennett's acceptance ratio. "reverse_ais": by the way
            back alone, which in the mean is too high. "auto" is "exact" up to 20 units, else "ais".
        chains
            Number of chains each way.
        temperatures
            Steps of β from 0 to 1, closer where energies fluctuate more.
        betas
            β themselves, rising from 0 to 1, instead.
        random_state
            Seed; None takes another one each time, that follows from the estimator's.

        Returns
        -------
        LogPartition
            ``value``, its ``error``, and by "ais" what both ways say, ``forward`` and ``reverse``.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for an argument that is not of its kind.

        Warns
        -----
        NotConvergedWarning
            If the two ways differ by more than their errors can explain.
        """
        return partition.log_partition(
            self._parameters(), method, chains=chains, temperatures=temperatures, betas=betas,
            seed=self._seed_or(random_state), threads=self.threads, base=self._kept[1]["base"],
        )  # fmt: skip

    def log_likelihood(self, X: Any, log_partition: LogPartition | None = None) -> Array:
        """Return ln P(v) of each sample, (M,), in nats.

        Parameters
        ----------
        X
            (M, N) of 0 and 1.
        log_partition
            ln Z, if it is known; None computes it.
        """
        check_log_partition(log_partition)
        v = self._binary(X)
        found = self.log_partition() if log_partition is None else log_partition
        return np.asarray(-self._parameters().free_energy(v) - found.value)

    # --- sampling ---------------------------------------------------------------------------------

    def gibbs(self, v: Any, steps: int = 1, clamp: ArrayLike | None = None) -> NDArray[np.bool_]:
        """Return states after some Gibbs steps, hidden units and then visible ones, (M, N).

        Parameters
        ----------
        v
            (M, N) of 0 and 1 to begin with.
        steps
            How many steps.
        clamp
            (N,) or (M, N) of bool: visible units that are held.
        """
        v = self._binary(v, "v")
        steps = checks.count("steps", steps, 1, MOST_STEPS)
        held = clamped(clamp, v.shape)
        moved, _ = self._kernel().gibbs(
            pack(v != 0), steps, self._numbers(len(v)), None, None if held is None else pack(held)
        )
        return unpack(moved, v.shape[1]).astype(np.bool_)

    def sample(
        self,
        n: int = 1,
        steps: int | None = None,
        clamp: ArrayLike | None = None,
        values: ArrayLike | None = None,
        random_state: int | None = None,
    ) -> NDArray[np.uint8]:
        """Return n samples of visible units, (n, N), each of a chain of its own.

        Parameters
        ----------
        n
            How many.
        steps
            Gibbs steps from a start in which all units are independent, as frequent as in the data;
            None takes as many as chains need to forget it, found from the chains, and keeps the
            number as ``sample_steps_``.
        clamp, values
            (N,) of bool, visible units that are held, and (N,) of 0 and 1, at what.
        random_state
            Seed; None takes another one each time, that follows from the estimator's.

        Warns
        -----
        SlowMixingWarning
            If chains have not forgotten their start after 100 000 steps.
        """
        n = checks.count("n", n, 1, MOST_CHAINS)
        if steps is not None:
            steps = checks.count("steps", steps, 1, MOST_STEPS)
        parameters = self._parameters()
        found, self.sample_steps_ = equilibrated(
            parameters, self._kept[1]["base"], n, steps, self._seed_or(random_state),
            self.threads,
            **held_at(parameters.shape[1], clamp, values),
        )  # fmt: skip
        return unpack(found, parameters.shape[1])

    def reconstruct(
        self, X: Any, clamp: ArrayLike | None = None, steps: int | None = None
    ) -> NDArray[Any]:
        """Return probabilities of visible units, by mean fields of the hidden ones, (M, N).

        v ← σ(b + Wᵀ σ(c + W v)), with units that are clamped as they are in X.

        Parameters
        ----------
        X
            (M, N) of numbers from 0 to 1. What is not clamped is where it begins: to complete
            what is not known, put means there.
        clamp
            (N,) or (M, N) of bool: units that are held. None holds none.
        steps
            How many times; None is once without `clamp`, and 100 times with it.
        """
        data = self._observed(X)
        values, parameters = data.numbers(), self._parameters()
        held = clamped(clamp, values.shape)
        times = (
            checks.count("steps", steps, 1, MOST_STEPS)
            if steps is not None
            else (1 if held is None else 100)
        )
        found = values
        for _ in range(times):
            found = sigmoid(parameters.fields_of_visible(sigmoid(parameters.fields(found))))
            if held is not None:
                found = np.where(held, values, found)
        return found

    # --- files, and other programs ----------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write parameters, chains, history and kept models to one HDF5 file (extra ``[run]``).

        `load` makes of it an estimator that goes on as this one would.

        Raises
        ------
        NotFittedError, OSError, MissingExtraError
            Before `fit`; if the file cannot be written; without h5py.
        """
        self._parameters()
        params = self.get_params()
        params["random_state"] = self._kept[0]["seed"]
        names = getattr(self, "feature_names_in_", None)
        meta = {
            "params": params, "kept": self._kept[0],
            "names": None if names is None else names.tolist(),
        }  # fmt: skip
        files.write(path, meta, self._arrays())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the estimator that was saved.

        Raises
        ------
        FileNotFoundError, CheckpointError, MissingExtraError
            If there is no such file; if it is damaged, or another one; without h5py.
        """
        meta, arrays = files.read(path)
        try:
            rate = meta["params"]["learning_rate"]
            meta["params"]["learning_rate"] = tuple(rate) if isinstance(rate, list) else rate
            found = cls(**meta["params"])
            found._restore(meta["kept"], arrays)
            if meta["names"] is not None:
                found.feature_names_in_ = np.array(meta["names"], dtype=object)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise CheckpointError(
                f"{os.fspath(path)!r}: what it holds does not fit together ({error})"
            ) from error
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

        `params` are those of the constructor, for `partial_fit`.

        Raises
        ------
        TypeError, ValueError
            If they are no finite numbers, or shapes do not fit.
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
        dtype = np.asarray(components).dtype
        dtype = dtype if dtype == np.float32 else np.dtype(np.float64)
        found = cls(len(weights), **params)
        seed = checks.seed_or_fresh("random_state", settings.seed_of(found.random_state))
        chosen = settings.checked(found.get_params(), seed)
        mean = sigmoid(visible)
        training = Training.of(
            chosen, Parameters(*(part.astype(dtype) for part in (weights, visible, hidden))), mean
        )
        nothing = Observations(weights.shape[1], None, np.zeros((0, 0)), None, None, dtype)
        found._restore(*found._stated(Run(training, nothing, None)))
        return found

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
        """
        of = self._parameters()
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
    def from_rbms(cls, path: str | os.PathLike[str], update: int | None = None) -> Self:
        """Return what a file of the package rbms has, at its last update or a given one."""
        weights, visible, hidden = files.read_rbms(path, update)
        return cls.from_arrays(weights, visible, hidden)

    def to_rbms(self, path: str | os.PathLike[str]) -> None:
        """Write parameters and chains as the package rbms reads them."""
        of = self._parameters()
        chains = unpack(self._chains(), of.shape[1])
        files.write_rbms(path, of, chains, self._kept[0]["updates"])

    # --- what all of them need --------------------------------------------------------------------

    def _parameters(self) -> Parameters:
        if not hasattr(self, "components_"):
            raise not_fitted("RBM: not fitted yet; call fit, or partial_fit")
        return Parameters(self.components_, self.intercept_visible_, self.intercept_hidden_)

    def _kernel(self) -> Bipartite:
        return self._parameters().kernel(registry.threads(self.threads))

    def _chains(self) -> Bits:
        chains = self._kept[1].get("model_chains")
        if chains is None:
            raise AttributeError(f"h_samples_: got method={self.method!r}, which has no chains")
        return chains[-1] if chains.ndim == 3 else chains

    def _observed(self, X: Any, name: str = "X") -> Observations:
        self._parameters()
        data = observed(X, name=name)
        check_same_units(name, data.n_features, data.names, self)
        return data

    def _binary(self, X: Any, name: str = "X") -> NDArray[Any]:
        data = self._observed(X, name)
        if data.bits is None:
            assert data.values is not None
            i, j = np.argwhere((data.values != 0) & (data.values != 1))[0]
            value = data.values[i, j]
            raise ValueError(f"{name}: got {value} in row {i}, column {j}, allowed: 0 and 1")
        return data.numbers()

    def _fresh_seed(self) -> int:
        """Return another seed each time; all of them follow from that of the training."""
        meta = self._kept[0]
        meta["calls"] += 1
        return seed_for(meta["seed"], meta["calls"])

    def _seed_or(self, random_state: int | None) -> int:
        if random_state is None:
            return self._fresh_seed()
        # Not the numbers of a training with this seed.
        return seed_for(checks.seed("random_state", random_state), 0, _DRAWN)

    def _numbers(self, rows: int) -> Numbers:
        return Numbers(self._fresh_seed(), streams(0, rows), 0)


def clamped(clamp: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Return which visible units are held, (M, N), or None."""
    if clamp is None:
        return None
    allowed = f"({shape[1]},) or {shape} of bool"
    given = checks.array("clamp", clamp, allowed)
    if given.dtype != np.bool_:
        raise TypeError(f"clamp: got an array of {given.dtype}, allowed: {allowed}")
    if given.shape not in ((shape[1],), shape):
        raise ValueError(f"clamp: got shape {given.shape}, allowed: {allowed}")
    return np.ascontiguousarray(np.broadcast_to(given, shape))


def held_at(n: int, clamp: ArrayLike | None, values: ArrayLike | None) -> dict[str, Any]:
    """Return what `sample` holds, and at what."""
    held = clamped(clamp, (1, n))
    if held is None:
        if values is not None:
            raise ValueError("values: got some without clamp, allowed: None, or with clamp")
        return {}
    allowed = f"({n},) of 0 and 1"
    given = checks.array("values", values, allowed)
    if given.shape != (n,) or not bool(np.all((given == 0) | (given == 1))):
        raise ValueError(checks.describe("values", values, allowed))
    return {"clamp": held[0], "values": given != 0}
