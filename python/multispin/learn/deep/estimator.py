"""Deep belief networks as estimators of scikit-learn: learned layer by layer."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin.learn.classes import classes_of, joined, labels_of
from multispin.learn.deep import layers
from multispin.learn.deep.portable import Portable
from multispin.learn.deep.stack import passed_on
from multispin.learn.names import names_of
from multispin.learn.rbm import settings
from multispin.learn.rbm.observations import numbers_of
from multispin.learn.seeds import seed_for
from multispin.progress import check_progress

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike
    from typing_extensions import Self

    from multispin.learn.rbm.estimator import RBM
    from multispin.progress import TrainingProgress

_LAYER = 0x6C61796572


class DeepBeliefNetwork(Portable):
    r"""A stack of restricted Boltzmann machines, each of which learns the hidden units below.

    .. math:: P(v, h_1, \dots, h_L) = P(v \mid h_1) \cdots P(h_{L-2} \mid h_{L-1})\,
        P(h_{L-1}, h_L)

    The two highest layers are an RBM, P(h_{L−1}, h_L); below, each layer is drawn given the one
    above, by the weights of its RBM [1]. It is learned greedily: the first RBM learns the data, the
    next one the hidden units of the first given the data, and so on. With ``inputs="states"`` each
    further layer that learns its inputs better than the RBM below draws them raises a lower bound
    of the likelihood.

    Unrolled, up and down again, it is an autoencoder that begins where back-propagation works [2]:
    `fine_tune` goes on from there, with PyTorch (extra ``[deep]``).

    Parameters
    ----------
    layers
        Numbers of hidden units, the lowest layer first, or RBMs of which copies are trained, in any
        mixture. Visible units of an RBM are of the kind of the hidden ones below, "binary", "spin"
        or "gaussian". Label units are those of the highest RBM (`n_labels`), which then learns
        samples and labels together.
    rbm
        An `RBM`, of which layers that are numbers have all other parameters; its `visible` is that
        of the data, and its `n_labels` those of the highest layer. None means ``RBM()``.
    inputs
        What layers beyond the first learn from: "means", ⟨h⟩ given the layer below, or "states",
        one draw of h for each sample.
    verbose
        Whether `fit` shows a bar for each layer.
    random_state
        Seed of all that is random: None takes a fresh one; an integer; or a generator of NumPy,
        which is asked for one. Those of RBMs do not matter.

    Attributes
    ----------
    rbms_
        The RBMs, fitted, the lowest first.
    network_
        Weights of the mean-field pass up and down, those of `fine_tune` once it has been called.
    classes_
        Labels, sorted, (K,): of a network with label units, or that was fine-tuned on labels.
    history_
        Of the last `fine_tune`, by name: ``loss`` and with validation data ``validation_loss``,
        one an epoch.
    n_features_in_, feature_names_in_
        Number of visible units; their names, if samples were a DataFrame.

    Raises
    ------
    TypeError, ValueError
        From `fit`, for a parameter that is not of this kind, or layers that do not fit on top of
        each other.

    Notes
    -----
    [1] G. E. Hinton, S. Osindero & Y. W. Teh, Neural Comput. 18, 1527 (2006). [2] G. E. Hinton & R.
    R. Salakhutdinov, Science 313, 504 (2006).

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> images, _ = ms.datasets.digits()
    >>> X = (images.reshape(len(images), 64) > 8).astype(np.float32)
    >>> shared = ms.RBM(learning_rate=(0.1, 0.01), n_iter=10, method="cd")
    >>> dbn = ms.DeepBeliefNetwork([32, 16], rbm=shared, random_state=1).fit(X)
    >>> dbn.transform(X).shape, dbn.transform(X, depth=1).shape
    ((1797, 16), (1797, 32))
    >>> dbn.sample(5, steps=100).shape
    (5, 64)
    """

    def __init__(
        self,
        layers: Sequence[int | RBM] = (128, 32),
        *,
        rbm: RBM | None = None,
        inputs: str = "means",
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        self.layers = layers
        self.rbm = rbm
        self.inputs = inputs
        self.verbose = verbose
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: ArrayLike | None = None,
        *,
        progress: bool | Callable[[TrainingProgress], object] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_interval: float = 30.0,
    ) -> Self:
        """Learn from samples, one layer after the other.

        Parameters
        ----------
        X
            (M, N) of values of the lowest layer's visible units, as for `RBM.fit`.
        y
            (M,) labels, if the highest layer has label units, of as many classes; else ignored.
        sample_weight
            (M,) finite numbers >= 0: how often each was seen.
        progress
            True for a bar for each layer (extra ``[run]``), or a function of a `TrainingProgress`,
            called after each update of a layer.
        checkpoint
            A folder, made if it is not there, where training is kept on its way, one file for each
            layer. If they are there, and of the same parameters and samples, training goes on from
            them, bit for bit as if it had never stopped.
        checkpoint_interval
            Seconds between two writings.

        Raises
        ------
        TypeError, ValueError
            For samples, labels, weights or parameters that are not of this kind.
        DeviceError
            If the device of an RBM cannot be used.
        CheckpointError, OSError
            If a file is damaged, in use, or of another training; if it cannot be written.

        Warns
        -----
        NotConvergedWarning, SlowMixingWarning
            As `RBM.fit`, of each layer.
        """
        machines = layers.machines(self.layers, self.rbm)
        inputs = checks.choice("inputs", self.inputs, layers.INPUTS)
        check_progress(progress)
        settings.check_verbose(self.verbose)
        seed = settings.seed_of(self.random_state)
        shown = bool(self.verbose) if progress is None else progress
        given = numbers_of(X, "X", machines[0]._first_kind(X).allowed)
        n_labels, classes = machines[-1].n_labels, np.zeros(0)
        if n_labels:
            classes, numbers = classes_of(labels_of(y, len(given)))
            if len(classes) != n_labels:
                allowed = f"{n_labels}, as the highest layer has label units"
                raise ValueError(f"y: got {len(classes)} classes, allowed: {allowed}")
        folder = None if checkpoint is None else _folder(checkpoint)
        values, weights = X, sample_weight
        for k, machine in enumerate(machines):
            machine.random_state = None if seed is None else seed_for(seed, k, _LAYER)
            if n_labels and k == len(machines) - 1:
                values = joined(values, numbers, n_labels)
            file = None if folder is None else folder / f"layer{k + 1}.npz"
            machine.fit(
                values, None, weights, progress=shown, checkpoint=file,
                checkpoint_interval=checkpoint_interval,
            )  # fmt: skip
            if k + 1 < len(machines):
                values = passed_on(machine, values, inputs)
        self._take(machines, classes if n_labels else None)
        names = names_of(X)
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        return self

    @classmethod
    def from_layers(cls, rbms: Sequence[RBM], **params: Any) -> Self:
        """Return the network of RBMs that are fitted, the lowest first; of copies of them.

        Parameters
        ----------
        rbms
            As many visible units, labels left out, as the RBM below has hidden ones, and of the
            same kind.
        params
            Other parameters of the constructor, for `fit`.

        Raises
        ------
        TypeError, ValueError, NotFittedError
            If they are no RBMs, not fitted, or do not fit on top of each other.
        """
        machines = copy.deepcopy(layers.fitted(rbms))
        found = cls(list(rbms), **params)
        n_labels = machines[-1].n_labels
        found._take(machines, np.arange(n_labels) if n_labels else None)
        names = getattr(machines[0], "feature_names_in_", None)
        if names is not None:
            found.feature_names_in_ = names
        return found

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn asks: it transforms sparse samples too, and keeps their type."""
        utils = require("sklearn.utils", "learn")
        tags = super().__sklearn_tags__()
        tags.transformer_tags = utils.TransformerTags(preserves_dtype=["float64", "float32"])
        tags.input_tags.sparse = True
        return tags


def _folder(checkpoint: Any) -> Path:
    """Return the folder of checkpoints, made if it is not there."""
    path = checks.path("checkpoint", checkpoint, "a folder, str or os.PathLike")
    path.mkdir(parents=True, exist_ok=True)
    return path
