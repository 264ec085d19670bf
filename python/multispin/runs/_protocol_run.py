"""A protocol on its way: steps of temperature and field, and the replicas that follow them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._base import checks
from multispin._base.interrupts import interrupts_held
from multispin.errors import CheckpointError
from multispin.models import SignedGraph
from multispin.runs._drive import Pace
from multispin.runs._observing import SWEEPING, Observations
from multispin.runs._restored import restored_sampler, take_packed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from multispin.models import Model
    from multispin.runs.observables import Measure
    from multispin.sampling.sampler import Sampler


@dataclass(frozen=True)
class Steps:
    """Temperatures and applied fields in the order in which they come."""

    temperatures: NDArray[np.float64]
    fields: NDArray[np.float64]
    ends: NDArray[np.int64]  # sweeps since the start at the end of each step

    @property
    def sweeps(self) -> int:
        """Sweeps of one replica."""
        return int(self.ends[-1])

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


class ProtocolRun:
    """Replicas that follow a protocol, measured at the end of each step.

    Between two calls of `advance`, and also after Ctrl-C in the middle of one, the object is
    consistent and `state` returns all that is needed to go on elsewhere. Models without disorder
    samples count as one sample here.
    """

    def __init__(
        self,
        model: Model,
        replicas: int,
        steps: Steps,
        sampler: Sampler,
        measures: Sequence[Measure] = (),
        final_states: bool = False,
    ) -> None:
        samples, count = model.samples or 1, len(steps.ends)
        self.model = model
        self.steps = steps
        self.sampler = sampler
        self.looked = 0  # steps that are done and measured
        self.energy = np.empty((count, samples, replicas))
        self.magnetization = np.empty((count, samples, replicas))
        chains = samples * replicas
        self.observed = Observations(measures, 0, count, chains, chains)
        self.final_state: NDArray[np.int8] | None = None
        self._final_states = final_states
        self._set = -1  # the step whose temperature and field the sampler is known to have
        self._pace = Pace()
        for step in (*steps.hardest(), 0):  # what is refused is refused before the start
            self._put(step)

    @property
    def replicas(self) -> int:
        """Number of replicas, of all disorder samples together."""
        return int(self.energy[0].size)

    @property
    def consistent(self) -> bool:
        """Whether it can be kept: always, as what is measured is noted or measured again."""
        return True

    @property
    def finished(self) -> bool:
        """Whether the last step is done."""
        return self.looked == len(self.steps.ends)

    @property
    def sweeps_done(self) -> int:
        """Sweeps of each replica so far."""
        return self.steps.sweeps if self.finished else self.sampler.sweeps_done

    def _put(self, step: int) -> None:
        """Give the sampler temperature and field of a step."""
        if step == self._set:
            return
        temperature = float(self.steps.temperatures[step])
        model = in_field(self.model, float(self.steps.fields[step]))
        # The hotter of the two temperatures goes with both fields, if each has its own.
        if temperature >= np.max(self.sampler.temperature):
            self.sampler.temperature = temperature
        if self.sampler.model != model:
            self.sampler.h = model.h
        self.sampler.temperature = temperature
        self._set = step

    def advance(self) -> int:
        """Do a piece of work of about a tenth of a second; return its sweeps, over all replicas."""
        before, end = self.sampler.sweeps_done, int(self.steps.ends[self.looked])
        if before == end:
            self._look()
            return 0
        self._put(self.looked)
        sweeps = min(end - before, self._pace.fitting)
        with self._pace.learning(sweeps), self.observed.timing(SWEEPING):
            self.sampler.sweep(sweeps)
            self.sampler.synchronize()
        return (self.sampler.sweeps_done - before) * self.replicas

    def _look(self) -> None:
        """Measure at the end of a step. Ctrl-C may stop this, and then it is measured again."""
        step, sampler = self.looked, self.sampler
        self._put(step)  # it may have been restored here, and the energy depends on the field
        found = self.observed.evaluate(step + 1, sampler.sweeps_done, sampler._engine.spins)
        shape = self.energy.shape[1:]
        energy = sampler.energy().reshape(shape)
        magnetization = sampler.magnetization().reshape(shape)
        at_the_end = self._final_states and step + 1 == len(self.steps.ends)
        final = sampler._engine.spins() if at_the_end else None
        with interrupts_held():
            self.energy[step], self.magnetization[step] = energy, magnetization
            self.observed.note(step + 1, found)
            self.final_state = final
            self.looked = step + 1

    # --- state ------------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON data and arrays from which `restore` continues."""
        seconds = dict(self.observed.seconds)
        meta: dict[str, Any] = {"looked": self.looked, "sampler": None, "seconds": seconds}
        arrays: dict[str, NDArray[Any]] = {
            "energy": self.energy[: self.looked],
            "magnetization": self.magnetization[: self.looked],
        }
        arrays |= {f"observed_{name}": a for name, a in self.observed.upto(self.looked).items()}
        if self.final_state is not None:
            arrays["final_state"] = self.final_state
        if self.finished:  # what it takes to go on, should there be more steps
            arrays["packed"] = self.sampler._engine.packed()
        else:
            meta["sampler"], states = self.sampler._state()
            arrays |= {f"sampler_{name}": array for name, array in states.items()}
        return meta, arrays

    def restore(
        self,
        meta: dict[str, Any],
        arrays: dict[str, NDArray[Any]],
        device: str,
        threads: int | None,
    ) -> None:
        """Take over what `state` returned.

        Raises
        ------
        CheckpointError, LookupError, TypeError, ValueError
            If it is none of this run's.
        """
        looked = checks.count("looked", meta["looked"], 0, len(self.steps.ends))
        shape = (looked, *self.energy.shape[1:])
        energy = io.demand_array(arrays, "energy", np.float64, shape)
        magnetization = io.demand_array(arrays, "magnetization", np.float64, shape)
        if meta["sampler"] is None:  # it was finished; perhaps there are more steps now
            take_packed(self.sampler, int(self.steps.ends[looked - 1]), arrays)
        else:
            self.sampler = self._restored(meta, arrays, looked, device, threads)
        if looked == len(self.steps.ends) and self._final_states:
            of_all = (self.replicas, *self.model.shape)
            self.final_state = io.demand_array(arrays, "final_state", np.int8, of_all)
        prefix = "observed_"
        kept = {name[len(prefix) :]: a for name, a in arrays.items() if name.startswith(prefix)}
        self.observed.restore(looked, kept)
        self.observed.add_seconds(meta["seconds"])
        self.energy[:looked], self.magnetization[:looked] = energy, magnetization
        self.looked, self._set = looked, -1

    def _restored(
        self,
        meta: dict[str, Any],
        arrays: dict[str, NDArray[Any]],
        looked: int,
        device: str,
        threads: int | None,
    ) -> Sampler:
        own = self.sampler._engine
        sampler = restored_sampler(
            meta,
            arrays,
            "sampler_",
            device,
            threads,
            replicas=self.energy.shape[2],
            dynamics=own.request.dynamics,
            seed=own.request.seed,
            first_stream=0,
            engine=own.name,
        )
        begun = int(self.steps.ends[looked - 1]) if looked else 0
        if not begun <= sampler.sweeps_done <= int(self.steps.ends[looked]):
            given = f"{sampler.sweeps_done} sweeps and {looked} steps"
            raise CheckpointError(f"the checkpoint is of no run: it has {given}")
        if _without_field(sampler.model) != _without_field(self.model):
            raise CheckpointError("the checkpoint's sampler has another model")
        return sampler


def _without_field(model: Model) -> Model:
    return model.with_field(0.0) if isinstance(model, SignedGraph) else model
