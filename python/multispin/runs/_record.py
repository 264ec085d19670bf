"""The record of a run: what has been measured so far."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._info import __version__
from multispin.errors import CheckpointError
from multispin.runs._batches import BATCH_SPINS, Batch, BatchRun, Plan, runs_of, split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


class Record:
    """The arguments of a run, its finished chains, and the batch that is under way."""

    def __init__(
        self,
        plan: Plan,
        temperatures: NDArray[np.float64],
        replicas: int,
        sweeps: int,
        init: str | NDArray[np.int8],
    ) -> None:
        chains = len(temperatures) * replicas
        self.plan = plan
        self.temperatures = temperatures
        self.replicas = replicas
        self.init = init
        self.done = np.zeros(chains, dtype=np.bool_)
        self.energy = np.empty((chains, plan.draws))
        self.magnetization = np.empty((chains, plan.draws))
        self.current: BatchRun | None = None
        self.arguments = {
            "version": __version__,
            "model": repr(plan.model),
            "temperatures": temperatures.tolist(),
            "replicas": replicas,
            "sweeps": sweeps,
            "thermalization": plan.thermalization,
            "interval": plan.interval,
            "seed": plan.seed,
            "dynamics": plan.dynamics,
            "engine": plan.engine,
            "init": init if isinstance(init, str) else f"array {_digest(init)}",
        }

    @property
    def finished(self) -> bool:
        """Whether all chains are done."""
        return bool(self.done.all())

    @property
    def total_sweeps(self) -> int:
        """Sweeps of the whole run, over all chains."""
        return len(self.done) * self.plan.sweeps

    @property
    def sweeps_done(self) -> int:
        """Sweeps done so far, over all chains."""
        done = int(self.done.sum()) * self.plan.sweeps
        if self.current is not None:
            done += self.current.chains * self.current.sampler.sweeps_done
        return done

    def pending(self, by_temperature: bool) -> Iterator[Batch]:
        """Cut the chains that nobody has begun into batches."""
        most = max(1, BATCH_SPINS // self.plan.model.n_spins)
        open_chains = ~self.done
        if self.current is not None:
            open_chains[self.current.first : self.current.stop] = False
        width = self.replicas if by_temperature else len(self.done)
        for left in range(0, len(self.done), width):
            for first, stop in runs_of(open_chains[left : left + width]):
                for piece in split(left + first, left + stop, most):
                    yield self._batch(*piece)

    def finish(
        self,
        first: int,
        energy: NDArray[np.float64],
        magnetization: NDArray[np.float64],
    ) -> None:
        """Take over the draws of a finished batch, arrays of shape (draws, chains)."""
        rows = slice(first, first + energy.shape[1])
        self.energy[rows] = energy.T
        self.magnetization[rows] = magnetization.T
        self.done[rows] = True

    def take_current(self) -> None:
        """Take over the draws of the batch under way, which is finished."""
        current = self.current
        assert current is not None
        self.finish(current.first, current.energy, current.magnetization)
        self.current = None

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON data and arrays from which `restore` continues."""
        meta: dict[str, Any] = {"current": None}
        arrays: dict[str, NDArray[Any]] = {
            "done": self.done,
            "energy": self.energy[self.done],
            "magnetization": self.magnetization[self.done],
        }
        if self.current is not None:
            meta["current"], current = self.current.state()
            arrays |= {f"current_{name}": array for name, array in current.items()}
        return meta, arrays

    def restore(self, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        """Take over what `state` returned.

        Raises
        ------
        CheckpointError, LookupError, TypeError, ValueError
            If it is none of this run's.
        """
        self.done[:] = io.demand_array(arrays, "done", np.bool_, self.done.shape)
        shape = (self.done.sum(), self.plan.draws)
        self.energy[self.done] = io.demand_array(arrays, "energy", np.float64, shape)
        self.magnetization[self.done] = io.demand_array(arrays, "magnetization", np.float64, shape)
        if meta["current"] is not None:
            states = {name[8:]: a for name, a in arrays.items() if name.startswith("current_")}
            current = BatchRun.from_state(self.plan, meta["current"], states)
            self._check(current)
            self.current = current

    def _check(self, current: BatchRun) -> None:
        """Refuse a batch of chains that are done, or are not those of this run."""
        sampler = current.sampler
        chains = range(current.first, current.stop)
        if chains.start < 0 or chains.stop > len(self.done) or self.done[chains].any():
            raise CheckpointError(f"the checkpoint's batch has chains {chains} of {len(self.done)}")
        expected = self.temperatures[np.array(chains) // self.replicas]
        if not np.array_equal(np.broadcast_to(sampler.temperature, len(chains)), expected):
            raise CheckpointError("the checkpoint's batch has other temperatures than the run")

    def _batch(self, first: int, stop: int) -> Batch:
        chains = np.arange(first, stop)
        init = self.init
        if not isinstance(init, str) and init.ndim > len(self.plan.model.shape):
            init = init[first:stop]
        return Batch(first, self.temperatures[chains // self.replicas], init)


def _digest(states: NDArray[np.int8]) -> str:
    return hashlib.sha256(np.ascontiguousarray(states).tobytes()).hexdigest()
