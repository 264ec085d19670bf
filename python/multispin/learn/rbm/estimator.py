"""Restricted Boltzmann machines as estimators of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from multispin._base import checks
from multispin._base.callers import warn
from multispin._base.extras import require
from multispin.errors import NotConvergedWarning
from multispin.learn.names import check_same_units
from multispin.learn.rbm import settings
from multispin.learn.rbm.conversions import Portable, stated
from multispin.learn.rbm.enumeration import diverges
from multispin.learn.rbm.equilibrium import warn_of_slow_chains
from multispin.learn.rbm.layers import layers_of
from multispin.learn.rbm.observations import numbers_of, observed
from multispin.learn.rbm.running import Epoch, Run, digest
from multispin.learn.rbm.training import Training
from multispin.learn.rbm.visible import Visible, categories_of
from multispin.runs.checkpoint import with_checkpoint

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike
    from typing_extensions import Self

    from multispin.learn.rbm.layers import Layers
    from multispin.learn.rbm.observations import Observations
    from multispin.progress import TrainingProgress
    from multispin.runs.checkpoint import Checkpoint


class RBM(Portable):
    r"""A restricted Boltzmann machine: of units 0 and 1, of spins, of numbers or of categories.

    .. math:: P(v, h) \propto \exp\Big(\sum_i b_i v_i + \sum_j c_j h_j
        + \sum_{ij} h_j W_{ji} v_i\Big)

    times Π e^(−v_i²/2) or Π e^(−h_j²/2) over a layer whose units are numbers. Hidden units given
    visible ones are independent, of units 0 and 1 P(h_j = 1 | v) = σ(c_j + Σ_i W_ji v_i), and the
    other way round [1]. Learning climbs the likelihood's gradient, ⟨h v⟩ of the data less ⟨h v⟩ of
    the model, for which chains are sampled; or descends a loss that needs no chains:

    ==================  ============================================================================
    method              the model's phase, or the loss
    ==================  ============================================================================
    ``cd``              chains of `steps` steps that begin at the batch, contrastive divergence [2]
    ``pcd``             chains that go on from update to update [3]
    ``pt``              the same, exchanged with chains at `n_temperatures` temperatures [4]
    ``ptt``             the same, exchanged with chains of models kept along the way of training [5]
    ``pl``              −Σ_i ln P(v_i | all other v), the pseudolikelihood [6]
    ``rm``              Σ_i (1 − P(v_i | all other v))², ratio matching [7]
    ``discriminative``  −ln P(labels | all other v), with `n_labels` [9]
    ==================  ============================================================================

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
    visible
        "binary", 0 and 1, or probabilities between; "spin", -1 and 1, or means between; "gaussian",
        any numbers, of variance 1 given the hidden units: scale data by their noise; "categorical",
        integers from 0 on.
    hidden
        "binary", "spin", "gaussian", or "relu", numbers >= 0 of the measure e^(−h²/2) [10].
    n_labels
        How many of the last visible units are labels, of which just one is 1; 0 for none. See
        `RBMClassifier`. Of ``pl`` they are one more term, −ln P(labels | all other v), of ``rm``
        ½ Σ_y (δ_y − P(y | all other v))², which of two labels is what it is of a unit.
    n_categories
        How many values categorical units have, 2 at least; None takes the largest of the first data
        that are seen, and 1 more.
    threads
        Number of threads; None takes as many as the process may use. Results do not depend on it.
    device
        "cpu", "cuda", "cuda:<index>" or "auto": where chains and sums of packed units are. Numbers
        are the same, bit for bit.

    Attributes
    ----------
    components_, intercept_visible_, intercept_hidden_
        W (n_components, n_features), b and c: float32 if the data were, else float64. Categorical
        units have n_categories columns for each feature.
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
    Melchior, A. Fischer & L. Wiskott, J. Mach. Learn. Res. 17(99), 1 (2016). [9] H. Larochelle & Y.
    Bengio, ICML 2008, 536. [10] J. Tubiana, S. Cocco & R. Monasson, eLife 8, e39397 (2019).

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> X = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]])
    >>> rbm = ms.RBM(2, learning_rate=0.5, n_iter=500, n_chains=64, random_state=1).fit(X)
    >>> bool(rbm.log_likelihood(X).mean() > -1.5)  # of four states at most -ln 4 = -1.386
    True
    """

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
        visible: str = "binary",
        hidden: str = "binary",
        n_labels: int = 0,
        n_categories: int | None = None,
        threads: int | None = None,
        device: str = "cpu",
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
        self.visible = visible
        self.hidden = hidden
        self.n_labels = n_labels
        self.n_categories = n_categories
        self.threads = threads
        self.device = device

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
            (M, N) of values of `visible`: bool, integers, floats, a sparse matrix or a DataFrame.
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
        NotConvergedWarning
            If units are numbers on both sides, and weights too large for a distribution.
        SlowMixingWarning
            If chains of the model have not forgotten where they began after as many steps as an
            epoch has, and 1000 at least: averages over them are not those of the model.
        """
        seed = settings.seed_of(self.random_state)
        settings.checked(self.get_params(), 0)
        kind = self._first_kind(X)
        data = observed(X, sample_weight, visible=kind)
        held_out = None
        if validation is not None:
            held_out = observed(validation, name="validation", visible=kind)
            if held_out.n_features != data.n_features:
                got = f"{held_out.n_features} features"
                raise ValueError(f"validation: got {got}, allowed: {data.n_features}, as X has")
        if not isinstance(callbacks, (list, tuple)):
            raise TypeError(checks.describe("callbacks", callbacks, "a list of functions"))
        for one in callbacks:
            checks.function("callbacks", one, "functions of one argument")

        layers = self._layers(data)

        def trained(file: Checkpoint) -> Run:
            chosen = settings.checked(self.get_params(), file.seed(seed))
            shown = bool(self.verbose) if progress is None else progress
            identity = chosen.identity
            epochs = identity.pop("n_iter")
            identity |= {"data": digest(data), "validation": digest(held_out)}
            run = file.load(
                identity, "auto", lambda *kept: Run.restored(chosen, data, held_out, layers, *kept)
            )
            if run is None:
                run = Run(Training.begun(chosen, data, layers), data, held_out)
            run.go_on(epochs, shown, callbacks, file if file.kept else None)
            return run

        run = with_checkpoint(self._kind, checkpoint, checkpoint_interval, trained)
        self._take(run)
        if diverges(run.training.parameters.of_machine()):
            warn(
                "what was learned has no distribution: numbers on both sides pull each other "
                "without end. A smaller learning_rate, a larger l2 or data of smaller numbers help",
                NotConvergedWarning,
            )
        elif run.training.model is not None and run.epoch > 0:
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
        if not hasattr(self, "components_"):
            settings.checked(self.get_params(), 0)
            data = observed(X, sample_weight, visible=self._first_kind(X))
            seed = checks.seed_or_fresh("random_state", settings.seed_of(self.random_state))
            chosen = settings.checked(self.get_params(), seed)
            run = Run(Training.begun(chosen, data, self._layers(data)), data, None)
        else:
            chosen = settings.checked(self.get_params(), self._kept[0]["seed"])
            for name, began in self._kept[0]["fixed"].items():
                if getattr(chosen, name) != began:
                    allowed = f"{began!r}, with which learning began; fit begins anew"
                    raise ValueError(checks.describe(name, getattr(chosen, name), allowed))
            data = observed(X, sample_weight, visible=self._visible)
            check_same_units("X", data.n_features, data.names, self)
            run = Run.restored(
                chosen, data, None, self._layers(data), self._kept[0], self._arrays()
            )
        calls = self._kept[0]["calls"] if hasattr(self, "components_") else 0
        run.go_on(run.epoch + 1, False, (), None)
        self._take(run)
        self._kept[0]["calls"] = calls
        return self

    def _layers(self, data: Observations) -> Layers:
        """Return what these samples are layers of."""
        kind = self._kind_of(data.n_units // data.n_features)
        return layers_of(self.visible, self.hidden, kind.units(data.n_features))

    def _kind_of(self, categories: int) -> Visible:
        return Visible(
            self.visible, categories if self.visible == "categorical" else 0, self.n_labels
        )

    def _first_kind(self, X: Any) -> Visible:
        """Return what samples are of, the first that are seen."""
        if self.visible != "categorical":
            return self._kind_of(0)
        given = numbers_of(X, "X", Visible("categorical", 2**16).allowed)
        return self._kind_of(categories_of(given, self.n_categories))

    def _take(self, run: Run) -> None:
        """Keep what a run has come to."""
        self._restore(*stated(run))
        if run.data.names is not None:
            self.feature_names_in_ = np.array(run.data.names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn asks: it transforms sparse samples too, and keeps their type."""
        utils = require("sklearn.utils", "learn")
        tags = super().__sklearn_tags__()
        tags.transformer_tags = utils.TransformerTags(preserves_dtype=["float64", "float32"])
        tags.input_tags.sparse = True
        return tags
