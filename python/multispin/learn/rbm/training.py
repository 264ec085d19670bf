"""Training, update by update: where it stands, and how it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.learn.rbm import flips, phases
from multispin.learn.rbm.gradient import Offsets, gradient, phase_of
from multispin.learn.rbm.parameters import Machine, Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.rbm.observations import Observations
    from multispin.learn.rbm.phases import ModelPhase
    from multispin.learn.rbm.settings import Settings

    Array = NDArray[np.float64]

#: Standard deviation of weights at the beginning.
_SMALL = 0.01
#: Log odds of units that never change, at most.
_FARTHEST = 50.0
#: How fast offsets follow the means of units.
_SLIDING = 0.01


@dataclass
class Training:
    """Parameters on their way, and all that the next update depends on."""

    settings: Settings
    parameters: Parameters
    velocity: Parameters
    offsets: Offsets
    base: Array  # log odds of visible units by themselves
    model: ModelPhase | None  # of methods that sample
    step: int = 1  # the number of the next step of chains
    updates: int = 0

    @classmethod
    def begun(cls, settings: Settings, data: Observations) -> Training:
        """Begin with weights near 0, and visible units as frequent as in the data.

        By one sample more than there is, half of it on: so units that never change stay finite.
        """
        shape, dtype = (settings.n_components, data.n_features), data.dtype
        total = float(len(data) if data.weights is None else data.weights.sum())
        mean = (data.mean() * total + 0.5) / (total + 1.0)
        rng = np.random.Generator(np.random.Philox(key=[settings.seed, 0x77656967]))
        parameters = Parameters(
            rng.normal(0.0, _SMALL, shape).astype(dtype),
            (np.log(mean) - np.log1p(-mean)).astype(dtype), np.zeros(shape[0], dtype),
        )  # fmt: skip
        return cls.of(settings, parameters, mean)

    @classmethod
    def of(cls, settings: Settings, parameters: Parameters, mean: Array) -> Training:
        """Begin with these parameters, and chains of visible units that are as frequent as this."""
        with np.errstate(divide="ignore"):
            base = np.clip(np.log(mean) - np.log1p(-mean), -_FARTHEST, _FARTHEST)
        velocity = Parameters(*(np.zeros_like(part) for part in parts(parameters)))
        offsets = Offsets(mean.copy(), np.full(parameters.shape[0], 0.5))
        samples = settings.method not in ("pl", "rm")
        model = phases.begun(settings, parameters, base) if samples else None
        return cls(settings, parameters, velocity, offsets, base, model)

    def update(self, batch: Observations, rate: float, machine: Machine) -> None:
        """Move parameters along the gradient of one batch."""
        if self.model is None:
            found = self._of_flips(batch)
        else:
            data = phase_of(machine, batch)
            model = self.model.average(machine, batch, self.step)
            self.step += self.settings.steps
            offsets = self.offsets if self.settings.centered else None
            found = gradient(data, model, offsets, batch.dtype)
            self.offsets.follow(data, model, _SLIDING)
        self._move(found, rate)
        self.updates += 1
        machine.kernel.replace(*parts(self.parameters))

    def _of_flips(self, batch: Observations) -> Parameters:
        shares = np.ones(len(batch)) if batch.weights is None else batch.weights
        if batch.bits is None:
            raise ValueError(
                f"X: got values between 0 and 1, allowed: 0 and 1 with method="
                f"{self.settings.method!r}; 'pcd' takes probabilities"
            )
        weights, visible, hidden = flips.gradient(
            self.parameters, batch.numbers(), shares / shares.sum(), self.settings.method
        )
        if self.settings.centered:
            visible = visible - (weights * self.offsets.hidden[:, None]).sum(axis=0)
            hidden = hidden - (weights * self.offsets.visible).sum(axis=1)
        return Parameters(*(part.astype(batch.dtype) for part in (weights, visible, hidden)))

    def _move(self, along: Parameters, rate: float) -> None:
        settings, weights = self.settings, self.parameters.weights
        if settings.l2 > 0.0:
            along.weights -= weights.dtype.type(2 * settings.l2) * weights
        pairs = zip(parts(self.parameters), parts(self.velocity), parts(along), strict=True)
        for at, velocity, direction in pairs:
            velocity *= at.dtype.type(settings.momentum)
            velocity += at.dtype.type(rate) * direction
            at += velocity
        if settings.l1 > 0.0:
            # What the penalty's slope would carry beyond 0 stays there.
            least = weights.dtype.type(rate * settings.l1)
            np.copyto(weights, np.sign(weights) * np.maximum(np.abs(weights) - least, 0))


def parts(of: Parameters) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return weights, visible biases and hidden biases."""
    return of.weights, of.visible, of.hidden
