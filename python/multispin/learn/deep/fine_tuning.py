"""Fine-tuning: a module of PyTorch, trained by back-propagation and Adam, update by update."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base import checks
from multispin._base.interrupts import interrupts_held
from multispin.learn.deep.unrolled import torch
from multispin.learn.rates import MOST_STEPS, learning_rate
from multispin.learn.rbm.history import History
from multispin.learn.seeds import shuffled
from multispin.progress import TrainingReporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from multispin.progress import TrainingProgress
    from multispin.runs.checkpoint import Checkpoint

    Reals = NDArray[Any]
    Arrays = dict[str, NDArray[Any]]

LOSSES = ("cross_entropy", "squared_error")
#: Samples whose loss is computed together.
_ROWS = 2048
#: Learning rate, at most.
_LARGEST = 1e30


class Settings(NamedTuple):
    """What fine-tuning depends on, beside weights and data."""

    n_iter: int
    batch_size: int
    learning_rate: tuple[float, float]
    loss: str
    patience: int | None
    seed: int

    @property
    def identity(self) -> dict[str, Any]:
        """What has to be the same to go on; a larger `n_iter` goes further."""
        kept = self._asdict()
        del kept["n_iter"]
        return {**kept, "learning_rate": list(self.learning_rate)}

    def rate(self, share: float) -> float:
        """Return the learning rate when a share of the training is over."""
        first, last = self.learning_rate
        return first + (last - first) * min(share, 1.0)


def settings(
    n_iter: Any,
    batch_size: Any,
    rate: Any,
    loss: Any,
    patience: Any,
    held_out: bool,
    labelled: bool,
    two_valued: bool,
) -> Settings:
    """Return what `fine_tune` was given, checked; the seed is 0.

    Which losses there are depends on whether there are labels, and on the visible units.

    Raises
    ------
    TypeError, ValueError
        For an argument that is not of its kind.
    """
    if patience is not None:
        patience = checks.count("patience", patience, 1, MOST_STEPS)
        if not held_out:
            raise ValueError(checks.describe("patience", patience, "None without validation"))
    allowed = LOSSES if two_valued and not labelled else LOSSES[:1] if labelled else LOSSES[1:]
    loss = allowed[0] if loss is None else checks.choice("loss", loss, allowed)
    rates = learning_rate(rate)
    if max(rates) > _LARGEST:  # PyTorch cannot multiply by much more
        raise ValueError(checks.describe("learning_rate", rate, f"at most {_LARGEST:g}"))
    return Settings(
        checks.count("n_iter", n_iter, 0, MOST_STEPS),
        checks.count("batch_size", batch_size, 1, checks.MOST_SITES),
        rates, loss, patience, 0,
    )  # fmt: skip


class Samples(NamedTuple):
    """Inputs (M, N) as the module takes them, and the classes of them, if it is a classifier."""

    inputs: Reals
    classes: NDArray[np.intp] | None

    @property
    def m(self) -> int:
        """How many."""
        return len(self.inputs)


@dataclass
class FineTuning:
    """A module on its way, and all that the next update depends on."""

    module: Any
    settings: Settings
    spins: bool  # whether visible units are
    data: Samples
    validation: Samples | None
    epoch: int = 0
    batch: int = 0  # of this epoch
    total: float = 0.0  # sum of the losses of this epoch's samples so far
    waited: int = 0  # epochs since the least validation loss
    least: float = math.inf
    best: list[Reals] = field(default_factory=list)
    history: History = field(default_factory=History)

    def __post_init__(self) -> None:
        """Begin with Adam's moments at 0."""
        self._parameters = list(self.module.parameters())
        self.optimiser = torch().optim.Adam(self._parameters, lr=self.settings.learning_rate[0])

    def go_on(
        self,
        progress: bool | Callable[[TrainingProgress], object] | None,
        checkpoint: Checkpoint | None,
    ) -> None:
        """Train until all epochs are over, or `patience` is; then take the best weights."""
        settings, m = self.settings, self.data.m
        per_epoch = -(-m // settings.batch_size)
        reporter = TrainingReporter(
            progress, settings.n_iter * per_epoch, self.epoch * per_epoch + self.batch
        )
        try:
            while self.epoch < settings.n_iter and not self.stopped:
                batches = shuffled(settings.seed, self.epoch, m, settings.batch_size)
                while self.batch < len(batches):
                    rate = settings.rate((self.epoch + self.batch / per_epoch) / settings.n_iter)
                    with interrupts_held():
                        self._update(batches[self.batch], rate)
                        self.batch += 1
                    reporter.advance(1)
                    if checkpoint is not None:
                        checkpoint.save_if_due(self.state)
                with interrupts_held():
                    self._end_epoch(reporter)
        finally:
            reporter.close()
            if checkpoint is not None:
                checkpoint.save(self.state)
        if self.best:
            self._put(self.best)

    @property
    def stopped(self) -> bool:
        """Whether the validation loss has not fallen for too long."""
        return self.settings.patience is not None and self.waited >= self.settings.patience

    def _update(self, rows: NDArray[np.intp], rate: float) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad()
        loss = self._loss(self.data, rows)
        loss.backward()
        value = float(loss.detach())
        if not math.isfinite(value):
            allowed = "one with which the loss stays finite"
            given = self.settings.learning_rate
            raise ValueError(checks.describe("learning_rate", given, allowed))
        self.optimiser.step()
        self.total += value * len(rows)

    def _end_epoch(self, reporter: TrainingReporter) -> None:
        found = {"loss": self.total / self.data.m}
        self.epoch, self.batch, self.total = self.epoch + 1, 0, 0.0
        if self.validation is not None:
            found["validation_loss"] = least = self._mean_loss(self.validation)
            self.waited += 1
            if least < self.least:
                self.least, self.waited = least, 0
                self.best = [part.copy() for part in self._taken()]
        self.history.note(**found)
        reporter.monitored = {"epoch": self.epoch, **found}

    def _mean_loss(self, samples: Samples) -> float:
        total = 0.0
        with torch().no_grad():
            for first in range(0, samples.m, _ROWS):
                rows = np.arange(first, min(first + _ROWS, samples.m))
                total += float(self._loss(samples, rows)) * len(rows)
        return total / samples.m

    def _loss(self, samples: Samples, rows: NDArray[np.intp]) -> Any:
        """Return the mean loss of some samples: of all visible units, or of their classes."""
        of, functional = torch(), torch().nn.functional
        x = of.from_numpy(samples.inputs[rows])
        if samples.classes is not None:
            y = of.from_numpy(samples.classes[rows].astype(np.int64))
            return functional.cross_entropy(self.module(x), y)
        if self.settings.loss == "squared_error":
            return functional.mse_loss(self.module(x), x, reduction="sum") / len(rows)
        # Before the last activation: its logarithm has no digits where it is near 0 or 1.
        logits = self.module.decoder[:-1](self.module.encoder(x))
        if self.spins:
            logits, x = 2 * logits, (x + 1) / 2
        loss = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        return loss / len(rows)

    # --- the file ---------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Any], Arrays]:
        """Return what a checkpoint keeps."""
        meta = {
            "epoch": self.epoch, "batch": self.batch, "total": self.total, "waited": self.waited,
            "least": None if self.least == math.inf else self.least,
        }  # fmt: skip
        arrays: Arrays = {f"best_{k}": part for k, part in enumerate(self.best)}
        arrays |= {f"at_{k}": part for k, part in enumerate(self._taken())}
        for k, kept in self.optimiser.state_dict()["state"].items():
            arrays |= {f"adam_{k}_{name}": part.numpy() for name, part in kept.items()}
        arrays |= {f"history_{name}": part for name, part in self.history.arrays().items()}
        return meta, arrays

    def restore(self, meta: dict[str, Any], arrays: Arrays) -> FineTuning:
        """Go on from what a checkpoint has kept.

        Raises
        ------
        KeyError, TypeError, ValueError
            If something is missing, or of another type or shape. That numbers are finite is seen by
            what is computed of them.
        """
        self._count(meta)
        self._put(self._like("at", arrays))
        if any(name.startswith("best_") for name in arrays):
            self.best = self._like("best", arrays)
        if (self.least < math.inf) != bool(self.best):
            raise ValueError(checks.describe("least", meta["least"], "a number with its weights"))
        self._restore_adam(arrays)
        self.history = History({k[8:]: v for k, v in arrays.items() if k.startswith("history_")})
        names = {"loss"} if self.validation is None else {"loss", "validation_loss"}
        for name in names if self.epoch else ():
            losses = arrays[f"history_{name}"]
            if losses.dtype != np.float64 or losses.shape != (self.epoch,):
                got = f"{losses.dtype} {losses.shape}"
                raise ValueError(f"history_: got {got}, allowed: float64 ({self.epoch},)")
        if self.history.rows.keys() != (names if self.epoch else set()):
            raise ValueError(f"history_: got {set(self.history.rows)}, allowed: {names}")
        return self

    def _count(self, meta: dict[str, Any]) -> None:
        per_epoch = -(-self.data.m // self.settings.batch_size)
        self.epoch = checks.count("epoch", meta["epoch"], 0, MOST_STEPS)
        self.batch = checks.count("batch", meta["batch"], 0, per_epoch)
        self.waited = checks.count("waited", meta["waited"], 0, self.epoch)
        self.total, least = checks.finite("total", meta["total"]), meta["least"]
        self.least = math.inf if least is None else checks.finite("least", least)

    def _like(self, of: str, arrays: Arrays) -> list[Reals]:
        """Return an array for each of the module's parameters."""
        found = [arrays[f"{of}_{k}"] for k in range(len(self._parameters))]
        for part, like in zip(found, self._taken(), strict=True):
            if part.dtype != like.dtype or part.shape != like.shape:
                got, allowed = f"{part.dtype} {part.shape}", f"{like.dtype} {like.shape}"
                raise ValueError(f"{of}: got {got}, allowed: {allowed}")
        return found

    def _restore_adam(self, arrays: Arrays) -> None:
        """Take Adam's moments, which there are from the first update on."""
        of, began = torch(), bool(self.epoch or self.batch)
        if any(name.startswith("adam_") for name in arrays) != began:
            raise ValueError("adam: got moments, allowed: those of the updates that are over")
        kept: dict[int, dict[str, Any]] = {}
        for k, like in enumerate(self._taken() if began else ()):
            shapes = {"step": (), "exp_avg": like.shape, "exp_avg_sq": like.shape}
            kept[k] = {}
            for what, shape in shapes.items():
                part = arrays[f"adam_{k}_{what}"]
                if (
                    part.dtype != (np.float32 if what == "step" else like.dtype)
                    or part.shape != shape
                ):
                    raise ValueError(f"adam: got {part.dtype} {part.shape}, allowed: {shape}")
                kept[k][what] = of.from_numpy(part.copy())
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": kept, "param_groups": groups})

    def _taken(self) -> list[Reals]:
        """Return the weights as they are; they go on to change."""
        return [part.detach().numpy() for part in self._parameters]

    def _put(self, arrays: list[Reals]) -> None:
        with torch().no_grad():
            for part, given in zip(self._parameters, arrays, strict=True):
                part.copy_(torch().from_numpy(given))
