"""A deep belief network unrolled: an autoencoder or a classifier of PyTorch, and back."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.learn.classes import classes_of, labels_of
from multispin.learn.deep import fine_tuning, unrolled
from multispin.learn.deep.generative import Generative
from multispin.learn.deep.network import Classifier
from multispin.learn.rates import MOST_UNITS
from multispin.learn.rbm.observations import numbers_of
from multispin.learn.rbm.units import Gaussian
from multispin.learn.seeds import seed_for
from multispin.progress import check_progress
from multispin.runs.checkpoint import with_checkpoint

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    from multispin.progress import TrainingProgress
    from multispin.runs.checkpoint import Checkpoint

    Array = NDArray[np.float64]

_KIND = "fine-tuning of a deep belief network"
#: What seeds are made for.
_HEAD, _ORDER = 0x68656164, 0x74756E65
#: Standard deviation of the weights of a new head.
_SMALL = 0.01


class FineTuned(Generative):
    """A fitted network whose mean-field pass goes to PyTorch, is trained there, and comes back."""

    classifier_: Classifier
    history_: dict[str, NDArray[Any]]

    def unroll(self) -> Any:
        """Return the mean-field pass as an autoencoder of PyTorch (extra ``[deep]``).

        A ``torch.nn.Sequential`` of two parts, ``encoder`` and ``decoder``, each a ``Sequential``
        of ``Linear`` layers and activations: sigmoids of binary units, tanh of spins, none of
        Gaussian ones. It takes (M, N) of visible units of the type of the weights, float32 if the
        data were,
        and has copies of them: train it as you like, and give it to `roll`.

        Raises
        ------
        NotFittedError, MissingExtraError
            Before `fit`; without PyTorch.
        ValueError
            With units of other kinds, or label units.
        """
        self._without_labels("unroll")
        return unrolled.autoencoder(self.network_)

    def classifier(self, n_classes: int | None = None) -> Any:
        """Return the mean-field pass upwards with a unit for each class, as a module of PyTorch.

        A ``torch.nn.Sequential`` of two parts, ``encoder`` and ``head``, whose outputs are logits.

        Parameters
        ----------
        n_classes
            How many, of a new head with small random weights; None takes the classifier that was
            fine-tuned, or given to `roll`.

        Raises
        ------
        NotFittedError, MissingExtraError
            Before `fit`; without PyTorch.
        TypeError, ValueError
            If `n_classes` is None and there is no classifier; with units of other kinds, or label
            units.
        """
        self._without_labels("classifier")
        if n_classes is not None:
            n_classes = checks.count("n_classes", n_classes, 2, MOST_UNITS)
            return unrolled.classifier(self._with_head(n_classes))
        if not hasattr(self, "classifier_"):
            allowed = "a number before fine_tune(X, y)"
            raise ValueError(checks.describe("n_classes", None, allowed))
        return unrolled.classifier(self.classifier_)

    def roll(self, module: Any) -> Self:
        """Take the weights of a module that `unroll` or `classifier` returned.

        Those of an autoencoder are what `transform` and `reconstruct` go by from now on, those of a
        classifier what `label_probabilities` does. RBMs stay as they are: encoder and decoder need
        not be each other's transposed by now, and are no belief network.

        Parameters
        ----------
        module
            Of the same layers, with weights on any device; they are copied.

        Raises
        ------
        NotFittedError, MissingExtraError
            Before `fit`; without PyTorch.
        TypeError, ValueError
            If it is no such module, its layers are others, or weights are not finite.
        """
        self._without_labels("roll")
        if unrolled.parts_of(module) == unrolled.AUTOENCODER:
            self.network_ = unrolled.network_of(module, self.network_)
            return self
        found = unrolled.classifier_of(module, self.network_.encoder)
        self._keep(found, np.arange(len(found.head[1])))
        return self

    def fine_tune(
        self,
        X: Any,
        y: ArrayLike | None = None,
        *,
        n_iter: int = 50,
        batch_size: int = 100,
        learning_rate: float | tuple[float, float] = 1e-3,
        loss: str | None = None,
        validation: Any = None,
        patience: int | None = None,
        random_state: int | None = None,
        progress: bool | Callable[[TrainingProgress], object] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_interval: float = 30.0,
    ) -> Self:
        """Train the unrolled network by back-propagation and Adam, and take its weights back.

        Without labels the autoencoder, from where it is now; with labels a classifier, from the one
        that there is of these classes, or else the encoder and a new head.

        Parameters
        ----------
        X
            (M, N), of means that visible units may have.
        y
            (M,) labels of any kind that can be sorted, two classes at least; None has none.
        n_iter
            Epochs.
        batch_size
            Samples of an update, at most.
        learning_rate
            Of Adam, > 0; or two numbers, from which it goes to which.
        loss
            Of the autoencoder: "cross_entropy", −Σ x ln x̂ + (1 − x) ln(1 − x̂) over visible units
            of two values, or "squared_error", Σ (x − x̂)². None is the first where it can be. With
            labels −ln P(y | v), which None and "cross_entropy" mean.
        validation
            Samples that are not learned; with labels a pair ``(X, y)``. The weights with the least
            loss of them are taken in the end.
        patience
            Epochs without a smaller validation loss after which it ends; None does not end before
            `n_iter`.
        random_state
            Seed of the order of samples; None takes one that follows from the estimator's.
        progress
            True for a bar (extra ``[run]``), or a function of a `TrainingProgress`, called after
            each update.
        checkpoint
            File in which it is kept on its way, with the moments of Adam. If it is there, and of
            the same weights, samples and parameters, it goes on from there, as if it had never
            stopped; with a larger `n_iter` it goes on further. As exactly as PyTorch repeats: on
            the same machine, with as many threads.
        checkpoint_interval
            Seconds between two writings.

        Raises
        ------
        NotFittedError, MissingExtraError
            Before `fit`; without PyTorch.
        TypeError, ValueError
            For an argument that is not of its kind.
        CheckpointError
            If the file is damaged, in use, or of another training.

        Notes
        -----
        G. E. Hinton & R. R. Salakhutdinov, Science 313, 504 (2006); D. P. Kingma & J. Ba,
        ICLR 2015.
        """
        self._without_labels("fine_tune")
        start, classes = (None, None) if y is None else self._start(labels_of(y, _length(X)))
        data = self._samples("X", X, "y", y, classes)
        held_out = None
        if validation is not None:
            held_out = self._held_out(validation, classes)
        kind = self._layers.visible
        chosen = fine_tuning.settings(
            n_iter, batch_size, learning_rate, loss, patience, held_out is not None,
            y is not None, not isinstance(kind, Gaussian),
        )  # fmt: skip
        if random_state is None:
            seed = seed_for(self.rbms_[0]._kept[0]["seed"], 0, _ORDER)
        else:
            seed = checks.seed("random_state", random_state)
        check_progress(progress)
        identity = chosen.identity | {
            "seed": seed, "data": digest(*data), "validation": digest(*(held_out or ())),
            "from": digest(*(self.network_ if start is None else start).arrays()),
        }  # fmt: skip

        def tuned(file: Checkpoint) -> fine_tuning.FineTuning:
            module = self.unroll() if start is None else unrolled.classifier(start)
            found = fine_tuning.FineTuning(
                module, chosen._replace(seed=seed), self._layers.spins[0], data, held_out
            )
            file.load(identity, "auto", found.restore)
            found.go_on(progress, file if file.kept else None)
            return found

        found = with_checkpoint(_KIND, checkpoint, checkpoint_interval, tuned)
        self.history_ = found.history.arrays()
        if classes is None:
            return self.roll(found.module)
        self._keep(unrolled.classifier_of(found.module, self.network_.encoder), classes)
        return self

    def label_probabilities(self, X: Any) -> Array:
        """Return P(y | v) of all classes, (M, K), in the order of `classes_`.

        By the classifier that was fine-tuned; or of a network with label units by those, given
        the means of the layer below: from free energies, exactly.

        Parameters
        ----------
        X
            (M, N), of means that visible units may have.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before `fit`; for samples that are not of this kind; without labels.
        """
        data = self._observed(X)
        values = self._values_of(data)
        if self._n_labels:
            below = self.network_.up(values, len(self.network_.encoder))
            return self.rbms_[-1].label_probabilities(below)
        if not hasattr(self, "classifier_"):
            raise ValueError(
                "label_probabilities: got a network without labels, allowed: one with label units, "
                "or after fine_tune(X, y)"
            )
        return self.classifier_.probabilities(values)

    def predict_labels(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each sample, (M,); see `label_probabilities`."""
        most = self.label_probabilities(X).argmax(axis=1)
        found: NDArray[Any] = self.classes_[most]
        return found

    # --- what fine_tune needs ---------------------------------------------------------------------

    def _keep(self, classifier: Classifier, classes: NDArray[Any]) -> None:
        self.classifier_, self.classes_ = classifier, classes

    def _with_head(self, n_classes: int) -> Classifier:
        """Return the encoder with a new head."""
        code, kind = self.network_.n_code, self.network_.encoder[-1].weights.dtype
        key = [seed_for(self.rbms_[-1]._kept[0]["seed"], 0, _HEAD), n_classes]
        rng = np.random.Generator(np.random.Philox(key=key))
        weights = rng.normal(0.0, _SMALL, (n_classes, code)).astype(kind)
        return Classifier(self.network_.encoder, (weights, np.zeros(n_classes, kind)))

    def _start(self, labels: NDArray[Any]) -> tuple[Classifier, NDArray[Any]]:
        """Return the classifier to begin with, and its classes."""
        known = getattr(self, "classes_", np.zeros(0)).tolist()
        if set(labels.tolist()) <= set(known):
            return self.classifier_, self.classes_
        classes, _ = classes_of(labels)
        return self._with_head(len(classes)), classes

    def _samples(
        self, name: str, X: Any, name_of_labels: str, y: Any, classes: NDArray[Any] | None
    ) -> fine_tuning.Samples:
        """Return samples, and the numbers of their classes, as a module takes them."""
        data = self._observed(X, name)
        kind = self.network_.encoder[0].weights.dtype
        inputs = np.ascontiguousarray(self._values_of(data), kind)
        if classes is None:
            return fine_tuning.Samples(inputs, None)
        labels = labels_of(y, len(data), name_of_labels)
        numbers = {one: k for k, one in enumerate(classes.tolist())}
        other = [one for one in labels.tolist() if one not in numbers]
        if other:
            allowed = f"one of {', '.join(map(repr, classes.tolist()))}"
            raise ValueError(checks.describe(name_of_labels, other[0], allowed))
        return fine_tuning.Samples(inputs, np.array([numbers[one] for one in labels.tolist()]))

    def _held_out(self, validation: Any, classes: NDArray[Any] | None) -> fine_tuning.Samples:
        if classes is None:
            return self._samples("validation", validation, "", None, None)
        if not isinstance(validation, (list, tuple)) or len(validation) != 2:
            allowed = "a pair (X, y) with labels"
            raise TypeError(checks.describe("validation", validation, allowed))
        X, y = validation
        return self._samples("validation[0]", X, "validation[1]", y, classes)


def _length(X: Any) -> int:
    """Return how many samples there are, of what may turn out to be none."""
    return len(numbers_of(X, "X", "an array (M, N)"))


def digest(*arrays: NDArray[Any] | None) -> str:
    """Return what tells these numbers from others."""
    found = hashlib.sha256()
    for part in arrays:
        if part is not None:
            found.update(f"{part.shape} {part.dtype}".encode())
            found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()
