"""A training from its first epoch to its last: batches, what is seen on the way, the file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base.interrupts import interrupts_held
from multispin.learn.rbm import kept, phases
from multispin.learn.rbm.gradient import Offsets
from multispin.learn.rbm.history import History, measured, singular_values
from multispin.learn.rbm.parameters import Machine, Parameters
from multispin.learn.rbm.training import Training, parts
from multispin.learn.seeds import shuffled
from multispin.progress import TrainingReporter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from multispin.learn.rbm.layers import Layers
    from multispin.learn.rbm.observations import Observations
    from multispin.learn.rbm.settings import Settings
    from multispin.progress import TrainingProgress
    from multispin.runs.checkpoint import Checkpoint

    Arrays = dict[str, NDArray[Any]]

#: So many epochs are looked at one by one, then every other, then every third: it takes time.
_ONE_BY_ONE = 200


@dataclass(frozen=True)
class Epoch:
    """What a callback is told after each epoch.

    Attributes
    ----------
    number
        How many epochs are over.
    parameters
        Weights and biases as they are; they go on to change.
    monitored
        What was measured, by name.
    """

    number: int
    parameters: Parameters
    monitored: dict[str, float]


@dataclass
class Run:
    """A training on its way over data."""

    training: Training
    data: Observations
    validation: Observations | None
    epoch: int = 0
    batch: int = 0  # of this epoch
    stopped: bool = False
    history: History = field(default_factory=History)

    def batches(self) -> list[NDArray[np.intp]]:
        """Return the rows of this epoch's batches, in an order of its own and of even sizes."""
        settings, m = self.training.settings, len(self.data)
        return shuffled(settings.seed, self.epoch, m, settings.batch_size)

    def go_on(
        self,
        epochs: int,
        progress: bool | Callable[[TrainingProgress], object] | None,
        callbacks: Sequence[Callable[[Epoch], object]],
        checkpoint: Checkpoint | None,
    ) -> None:
        """Train until so many epochs are over, or a callback has had enough."""
        training = self.training
        per_epoch = -(-len(self.data) // training.settings.batch_size)
        reporter = TrainingReporter(
            progress, epochs * per_epoch, self.epoch * per_epoch + self.batch
        )

        def rate(batch: int) -> float:
            return training.settings.rate((self.epoch + batch / per_epoch) / epochs)

        whole = True
        machine = Machine(training.parameters, training.parameters.kernel(training.settings.place))
        try:
            while self.epoch < epochs and not self.stopped:
                batches = self.batches()
                while self.batch < len(batches):
                    batch = self.data.taken(batches[self.batch])
                    # Batches are as many as samples have it; one of little weight goes less far.
                    share = batch.weight * len(batches) / self.data.weight
                    with interrupts_held():
                        whole = False  # nothing goes on from an update that fails half way
                        training.update(batch, share * rate(self.batch), machine)
                        self.batch += 1
                        whole = True
                    reporter.advance(1)
                    if checkpoint is not None:
                        checkpoint.save_if_due(self.state)
                self._end_epoch(reporter, callbacks, rate(len(batches) - 1))
        finally:
            reporter.close()
            if checkpoint is not None and whole:
                checkpoint.save(self.state)

    def _end_epoch(
        self,
        reporter: TrainingReporter,
        callbacks: Sequence[Callable[[Epoch], object]],
        rate: float,
    ) -> None:
        parameters, found = self.training.parameters, {}
        with interrupts_held():
            self.epoch, self.batch = self.epoch + 1, 0
            noted = self.epoch % (1 + self.epoch // _ONE_BY_ONE) == 0
            if noted or callbacks:
                found = measured(parameters, self.data, self.validation)
                reporter.monitored = {"epoch": self.epoch, **found}
            if noted:
                self.history.note(epoch=self.epoch, learning_rate=rate, **found)
                self.history.note(singular_values=singular_values(parameters))
        for one in callbacks:  # all of them, whatever the first says
            self.stopped |= one(Epoch(self.epoch, parameters, found)) is True

    # --- the file ---------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Any], Arrays]:
        """Return what a checkpoint keeps."""
        training = self.training
        meta = {
            "fixed": training.settings.fixed,
            "epoch": self.epoch, "batch": self.batch,
            "step": training.step, "updates": training.updates,
        }  # fmt: skip
        arrays: Arrays = {"base": training.base}
        for of, moving in (("at", training.parameters), ("velocity", training.velocity)):
            for name, part in zip(("weights", "visible", "hidden"), parts(moving), strict=True):
                arrays[f"{of}_{name}"] = part
        arrays["offsets_visible"] = training.offsets.visible
        arrays["offsets_hidden"] = training.offsets.hidden
        if training.model is not None:
            arrays |= {f"model_{k}": v for k, v in training.model.arrays().items()}
        arrays |= {f"history_{k}": v for k, v in self.history.arrays().items()}
        return meta, arrays

    @classmethod
    def restored(
        cls,
        settings: Settings,
        data: Observations,
        validation: Observations | None,
        layers: Layers,
        meta: dict[str, Any],
        arrays: Arrays,
    ) -> Run:
        """Return what a checkpoint has kept."""
        per_epoch = -(-len(data) // settings.batch_size)
        kept.check(settings, layers.visible, data.n_units, per_epoch, meta, arrays)

        def of(prefix: str) -> Arrays:
            return {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}

        parameters, velocity = (
            Parameters(part["weights"], part["visible"], part["hidden"], layers)
            for part in (of("at_"), of("velocity_"))
        )
        offsets = Offsets(arrays["offsets_visible"], arrays["offsets_hidden"])
        base, chains = arrays["base"], of("model_")
        model = phases.resumed(settings, parameters, base, chains) if chains else None
        training = Training(
            settings, parameters, velocity, offsets, base, model, meta["step"], meta["updates"]
        )
        return cls(
            training, data, validation, meta["epoch"], meta["batch"], False,
            History(of("history_")),
        )  # fmt: skip


def digest(data: Observations | None) -> str | None:
    """Return what tells these samples, with their weights, from others."""
    if data is None:
        return None
    found = hashlib.sha256(f"{len(data)} {data.n_units} {data.dtype}".encode())
    for part in (data.bits, data.values, data.weights):
        if part is not None:
            found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()
