"""A protocol on its way: steps of temperature and field, and the replicas that follow them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._base import checks
from multispin.models import SignedGraph
from multispin.runs._schedule import Schedule
from multispin.runs._schedule_run import ScheduleRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from multispin.models import Model
    from multispin.runs.observables import Measure
    from multispin.sampling.sampler import Sampler


@dataclass(frozen=True)
class Steps(Schedule):
    """Temperatures and applied fields in the order in which they come."""

    fields: NDArray[np.float64] = field(kw_only=True)

    def hardest(self) -> list[int]:
        """Return steps at which an engine that runs any of them has most to hold.

        The strongest field at its lowest temperature, and the lowest temperature above 0 in its
        strongest field.
        """
        strength = np.abs(self.fields)
        cold = np.where(self.temperatures > 0.0, self.temperatures, np.inf)
        return [int(np.lexsort((cold, -strength))[0]), int(np.lexsort((-strength, cold))[0])]


def in_field(model: Model, field: float) -> Model:
    """Return a model in an applied field on top of its own."""
    if field == 0.0:
        return model
    assert isinstance(model, SignedGraph)
    return model.with_field(model.h + field)


class ProtocolRun(ScheduleRun):
    """Replicas that follow steps of temperature and field. Looks are counted by steps."""

    schedule: Steps

    def __init__(
        self,
        model: Model,
        replicas: int,
        schedule: Steps,
        sampler: Sampler,
        measures: Sequence[Measure] = (),
        final_states: bool = False,
    ) -> None:
        super().__init__(model, replicas, schedule, sampler, measures, final_states, times=True)
        self.magnetization = np.empty_like(self.energy)
        for step in (*schedule.hardest(), 0):  # what is refused is refused before the start
            self._put(step)

    @property
    def looked(self) -> int:
        """Steps that are done and measured."""
        return self.schedule.step(self._seen)

    def _sweeps_of(self, looked: Any) -> int:
        steps = checks.count("looked", looked, 0, len(self.schedule.ends))
        return int(self.schedule.ends[steps - 1]) if steps else 0

    def _put_at(self, step: int) -> None:
        """Give the sampler temperature and field of a step."""
        temperature = float(self.schedule.temperatures[step])
        model = in_field(self.model, float(self.schedule.fields[step]))
        # The hotter of the two temperatures goes with both fields, if each has its own.
        if temperature >= np.max(self.sampler.temperature):
            self.sampler.temperature = temperature
        if self.sampler.model != model:
            self.sampler.h = model.h
        self.sampler.temperature = temperature

    def _measure(self, energy: NDArray[np.float64]) -> Callable[[], None]:
        step, magnetization = self.looked, self.sampler.magnetization().reshape(energy.shape)

        def note() -> None:
            self.magnetization[step] = magnetization

        return note

    def _kept(self) -> dict[str, NDArray[Any]]:
        return {"magnetization": self.magnetization[: self.looked]}

    def _demand_kept(self, arrays: Mapping[str, NDArray[Any]], seen: int) -> Callable[[], None]:
        steps = self.schedule.step(seen)
        shape = (steps, *self.energy.shape[1:])
        magnetization = io.demand_array(arrays, "magnetization", np.float64, shape)

        def take() -> None:
            self.magnetization[:steps] = magnetization

        return take

    def _is_model(self, model: Model) -> bool:
        return _without_field(model) == _without_field(self.model)


def _without_field(model: Model) -> Model:
    return model.with_field(0.0) if isinstance(model, SignedGraph) else model
