"""Training, update by update: where it stands, and how it goes on."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.bipartite import Rates, learn
from multispin.learn.rbm import flips, labels, phases
from multispin.learn.rbm.gradient import Gradient, Offsets, difference
from multispin.learn.rbm.parameters import LARGEST, Machine, Parameters
from multispin.learn.rbm.settings import OF_FLIPS, SAMPLING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from multispin.learn.rbm.layers import Layers
    from multispin.learn.rbm.observations import Observations
    from multispin.learn.rbm.phases import ModelPhase
    from multispin.learn.rbm.settings import Settings

    Array = NDArray[np.float64]

#: Standard deviation of weights at the beginning.
_SMALL = 0.01
#: How fast offsets follow the means of units.
_SLIDING = 0.01


@dataclass
class Training:
    """Parameters on their way, and all that the next update depends on."""

    settings: Settings
    parameters: Parameters
    velocity: Parameters
    offsets: Offsets
    base: Array  # fields of a machine's visible units that give them their means by themselves
    model: ModelPhase | None  # of methods that sample
    step: int = 1  # the number of the next step of chains
    updates: int = 0

    def __post_init__(self) -> None:
        """Forget what no momentum carries on: there may be some later on."""
        if self.settings.momentum == 0.0:
            self.velocity = self.velocity.of(*(np.zeros_like(p) for p in parts(self.velocity)))

    @classmethod
    def begun(cls, settings: Settings, data: Observations, layers: Layers) -> Training:
        """Begin with weights near 0, and visible units whose means are those of the data.

        By one sample more than there is, of free units: so those that never change stay finite.
        """
        shape, dtype = (settings.n_components, data.n_units), data.dtype
        total = max(data.weight, len(data))  # weights may be of any scale
        free = layers.visible.mean(np.zeros((1, data.n_units)))[0]
        mean = (data.mean() * total + free) / (total + 1.0)
        rng = np.random.Generator(np.random.Philox(key=[settings.seed, 0x77656967]))
        parameters = Parameters(
            rng.normal(0.0, _SMALL, shape).astype(dtype), np.zeros(shape[1], dtype),
            np.zeros(shape[0], dtype), layers,
        )  # fmt: skip
        found = cls.of(settings, parameters, mean)
        parameters.visible[:] = found.base / layers.spans[0]
        return found

    @classmethod
    def of(cls, settings: Settings, parameters: Parameters, mean: Array) -> Training:
        """Begin with these parameters, and chains of a machine's visible units of these means."""
        layers = parameters.layers
        base = layers.visible.fields_of(mean)
        base = np.rint(base * 2.0**30) * 2.0**-30  # logarithms differ between machines
        velocity = parameters.of(*(np.zeros_like(part) for part in parts(parameters)))
        hidden = layers.hidden.mean(np.zeros((1, parameters.shape[0])))[0]
        (low, low_h), (span, span_h) = layers.lows, layers.spans
        offsets = Offsets(low + span * mean, low_h + span_h * hidden)
        samples = settings.method in SAMPLING
        model = phases.begun(settings, parameters, base) if samples else None
        return cls(settings, parameters, velocity, offsets, base, model)

    def update(self, batch: Observations, rate: float, machine: Machine) -> None:
        """Move parameters along the gradient of one batch."""
        settings = self.settings
        offsets = self.offsets
        if not settings.centered:
            offsets = Offsets(*(np.zeros_like(part) for part in (offsets.visible, offsets.hidden)))
        if self.model is None:
            found = self._of_loss(machine, batch, offsets)
        else:
            with np.errstate(over="ignore", invalid="ignore"):
                chains = self.model.advanced(machine, batch, self.step)
            self.step += settings.steps
            with self._finite():
                found = difference(machine, batch, chains, offsets)
        at, velocity = self.parameters, self.velocity
        with self._finite():
            along = learn(
                found.sums, found.hidden, (offsets.visible, offsets.hidden),
                Rates(rate, settings.momentum, settings.l1, settings.l2), at.weights,
                velocity.weights,
            )  # fmt: skip
        biases = ((at.visible, velocity.visible, found.visible + along[0]),
                  (at.hidden, velocity.hidden, found.hidden + along[1]))  # fmt: skip
        for of, moving, direction in biases:
            moving *= settings.momentum
            moving += rate * direction
            of += moving
        self.offsets.follow(*found.means, _SLIDING)
        self.updates += 1
        with self._finite():
            at.check()
            machine.kernel.replace(at)

    @contextlib.contextmanager
    def _finite(self) -> Iterator[None]:
        """Say what is wrong where numbers stop to be finite."""
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                yield
        except ValueError as error:
            allowed = f"one with which parameters stay within {LARGEST:g}"
            rate = self.settings.learning_rate
            raise ValueError(checks.describe("learning_rate", rate, allowed)) from error

    def _of_loss(self, machine: Machine, batch: Observations, offsets: Offsets) -> Gradient:
        at, method = self.parameters.of_machine(), self.settings.method
        if method in OF_FLIPS:
            if batch.bits is None:
                low = self.parameters.layers.lows[0]
                raise ValueError(
                    f"X: got values between {low} and 1, allowed: {low} and 1 with method="
                    f"{method!r}; 'pcd' takes probabilities"
                )
            slopes = flips.gradient(at, batch.numbers(), batch.shares, method)
        else:
            slopes = labels.gradient(at, batch.numbers(), batch.shares)
        weights, visible, hidden = slopes
        mean = machine.kernel.means(batch.states, "hidden")
        layers = self.parameters.layers
        (low, low_h), (span, span_h) = layers.lows, layers.spans
        means = (
            low + span * batch.mean(),
            low_h + span_h * np.einsum("r,rj->j", batch.shares, mean),
        )
        # By the parameters of spins, which those of a machine follow from.
        weights = span * (span_h * weights + low_h * visible) + low * span_h * hidden[:, None]
        visible, hidden = span * visible, span_h * hidden
        # Its terms by hidden units are measured from their offsets here, by visible ones later on.
        sums = weights.T - np.outer(visible, offsets.hidden)
        return Gradient(np.ascontiguousarray(sums), visible, hidden, means)


def parts(of: Parameters) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return weights, visible biases and hidden biases."""
    return of.weights, of.visible, of.hidden
