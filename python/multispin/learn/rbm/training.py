"""Training, update by update: where it stands, and how it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.bipartite import Rates, learn
from multispin.learn.rbm import flips, phases
from multispin.learn.rbm.gradient import Gradient, Offsets, difference
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

    def __post_init__(self) -> None:
        """Forget what no momentum carries on: there may be some later on."""
        if self.settings.momentum == 0.0:
            self.velocity = Parameters(*(np.zeros_like(part) for part in parts(self.velocity)))

    @classmethod
    def begun(cls, settings: Settings, data: Observations) -> Training:
        """Begin with weights near 0, and visible units as frequent as in the data.

        By one sample more than there is, half of it on: so units that never change stay finite.
        """
        shape, dtype = (settings.n_components, data.n_features), data.dtype
        total = max(data.weight, len(data))  # weights may be of any scale
        mean = (data.mean() * total + 0.5) / (total + 1.0)
        rng = np.random.Generator(np.random.Philox(key=[settings.seed, 0x77656967]))
        parameters = Parameters(
            rng.normal(0.0, _SMALL, shape).astype(dtype), np.zeros(shape[1], dtype),
            np.zeros(shape[0], dtype),
        )  # fmt: skip
        found = cls.of(settings, parameters, mean)
        parameters.visible[:] = found.base
        return found

    @classmethod
    def of(cls, settings: Settings, parameters: Parameters, mean: Array) -> Training:
        """Begin with these parameters, and chains of visible units that are as frequent as this."""
        with np.errstate(divide="ignore"):
            base = np.clip(np.log(mean) - np.log1p(-mean), -_FARTHEST, _FARTHEST)
        base = np.rint(base * 2.0**30) * 2.0**-30  # logarithms differ between machines
        velocity = Parameters(*(np.zeros_like(part) for part in parts(parameters)))
        offsets = Offsets(mean.copy(), np.full(parameters.shape[0], 0.5))
        samples = settings.method not in ("pl", "rm")
        model = phases.begun(settings, parameters, base) if samples else None
        return cls(settings, parameters, velocity, offsets, base, model)

    def update(self, batch: Observations, rate: float, machine: Machine) -> None:
        """Move parameters along the gradient of one batch."""
        settings = self.settings
        offsets = self.offsets
        if not settings.centered:
            offsets = Offsets(*(np.zeros_like(part) for part in (offsets.visible, offsets.hidden)))
        if self.model is None:
            found = self._of_flips(machine, batch, offsets)
        else:
            chains = self.model.advanced(machine, batch, self.step)
            self.step += settings.steps
            found = difference(machine, batch, chains, offsets)
        at, velocity = self.parameters, self.velocity
        along = learn(
            found.sums, found.hidden, (offsets.visible, offsets.hidden),
            Rates(rate, settings.momentum, settings.l1, settings.l2), at.weights, velocity.weights,
        )  # fmt: skip
        biases = ((at.visible, velocity.visible, found.visible + along[0]),
                  (at.hidden, velocity.hidden, found.hidden + along[1]))  # fmt: skip
        for of, moving, direction in biases:
            moving *= settings.momentum
            moving += rate * direction
            of += moving
        self.offsets.follow(*found.means, _SLIDING)
        self.updates += 1
        try:
            machine.kernel.replace(*parts(at))
        except ValueError as error:  # not finite
            allowed = "one with which weights stay finite"
            raise ValueError(
                checks.describe("learning_rate", settings.learning_rate, allowed)
            ) from error

    def _of_flips(self, machine: Machine, batch: Observations, offsets: Offsets) -> Gradient:
        if batch.bits is None:
            raise ValueError(
                f"X: got values between 0 and 1, allowed: 0 and 1 with method="
                f"{self.settings.method!r}; 'pcd' takes probabilities"
            )
        weights, visible, hidden = flips.gradient(
            self.parameters, batch.numbers(), batch.shares, self.settings.method
        )
        probable = machine.kernel.probabilities(batch.bits, "hidden")
        means = batch.mean(), np.einsum("r,rj->j", batch.shares, probable)
        # Its terms by hidden units are measured from their offsets here, by visible ones later on.
        sums = weights.T - np.outer(visible, offsets.hidden)
        return Gradient(np.ascontiguousarray(sums), visible, hidden, means)


def parts(of: Parameters) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return weights, visible biases and hidden biases."""
    return of.weights, of.visible, of.hidden
