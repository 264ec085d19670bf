"""An annealing on its way: replicas that follow a schedule, and the best they have seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._base import checks
from multispin.errors import CheckpointError
from multispin.runs._schedule_run import ScheduleRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from multispin.models import Model
    from multispin.runs._schedule import Schedule
    from multispin.runs.observables import Measure
    from multispin.sampling.sampler import Sampler


class AnnealRun(ScheduleRun):
    """Replicas that are cooled down. Looks are counted by sweeps."""

    def __init__(
        self,
        model: Model,
        replicas: int,
        schedule: Schedule,
        sampler: Sampler,
        measures: Sequence[Measure] = (),
        final_states: bool = False,
    ) -> None:
        super().__init__(
            model, replicas, schedule, sampler, measures, final_states, times=bool(measures)
        )
        samples = model.samples or 1
        self.best_energy = np.full((samples, replicas), np.inf)
        self.best_state = np.zeros((samples, *model.shape), dtype=np.int8)
        self.best_state_energy = np.full(samples, np.inf)

    @property
    def looked(self) -> int:
        """Sweeps at the last look."""
        return self._seen

    def _sweeps_of(self, looked: Any) -> int:
        return checks.count("looked", looked, 0, self.schedule.sweeps)

    def _put_at(self, step: int) -> None:
        self.sampler.temperature = float(self.schedule.temperatures[step])

    def _measure(self, energy: NDArray[np.float64]) -> Callable[[], None]:
        """Look for states that are better than the best so far."""
        lowest = energy.min(axis=1)
        better = np.flatnonzero(lowest < self.best_state_energy)
        states = self._states(better, energy[better].argmin(axis=1)) if better.size else None

        def note() -> None:
            np.minimum(self.best_energy, energy, out=self.best_energy)
            if states is not None:
                self.best_state[better] = states
                self.best_state_energy[better] = lowest[better]

        return note

    def _states(self, samples: NDArray[np.intp], replicas: NDArray[np.intp]) -> NDArray[np.int8]:
        """Return the spins of one replica of each of some samples."""
        return self.sampler._engine.spins_of(samples * self.best_energy.shape[1] + replicas)

    def _kept(self) -> dict[str, NDArray[Any]]:
        return {
            "best_energy": self.best_energy,
            "best_state": self.best_state,
            "best_state_energy": self.best_state_energy,
        }

    def _demand_kept(self, arrays: Mapping[str, NDArray[Any]], seen: int) -> Callable[[], None]:
        best = {
            name: io.demand_array(arrays, name, own.dtype, own.shape)
            for name, own in self._kept().items()
        }
        states = best["best_state"]
        if seen and not bool((abs(states) == 1).all()):
            raise CheckpointError("the checkpoint's best state has values other than +1 and -1")

        def take() -> None:
            self.best_energy, self.best_state = best["best_energy"], states
            self.best_state_energy = best["best_state_energy"]

        return take
