"""Reads: replicas that follow a schedule, some at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from multispin.dimod._schedule import Schedule
    from multispin.models import Model

_HOTTEST = 1e300  # a temperature, for an inverse one of 0


class Reads:
    """Replicas that follow a schedule.

    Attributes
    ----------
    made_with
        Engine and device, once there was a read.
    """

    def __init__(self, model: Model, schedule: Schedule, **given: Any) -> None:
        """Take the arguments of a `Sampler` that are the same for all reads."""
        self._model, self._schedule, self._given = model, schedule, given
        self.made_with: dict[str, Any] = {}

    def run(
        self,
        reads: int,
        states: NDArray[np.int8] | None,
        at_a_time: int,
        interrupted: Callable[[], bool] | None,
    ) -> Iterator[NDArray[np.int8]]:
        """Yield spins at the end, (reads, N), of so many reads at a time until interrupted."""
        for first in range(0, reads, at_a_time):
            number = min(at_a_time, reads - first)
            yield self._some(first, number, None if states is None else states[first:][:number])
            if interrupted is not None and first + number < reads and interrupted():
                return

    def _some(self, first: int, number: int, states: NDArray[np.int8] | None) -> NDArray[np.int8]:
        temperatures = [_temperature(beta) for beta in self._schedule.betas]
        sampler = Sampler(
            self._model,
            min(temperatures, default=1.0),  # the one at which couplings could be too coarse
            replicas=number,
            init="random" if states is None else states,
            first_stream=first,
            **self._given,
        )
        info = sampler.info()
        self.made_with = {name: info[name] for name in ("engine", "device")}
        # Whatever was chosen is chosen for all reads.
        self._given |= {**self.made_with, "rng": info["generator"]}
        # Not through the sampler, which would look at all couplings for each of a thousand.
        engine = sampler._engine
        for temperature in temperatures:
            engine.set_temperatures(np.full(number, temperature))
            sampler.sweep(self._schedule.sweeps)
        return np.asarray(engine.spins_of(np.arange(number)))


def _temperature(beta: float) -> float:
    return min(1 / float(beta), _HOTTEST) if beta > 0 else _HOTTEST
