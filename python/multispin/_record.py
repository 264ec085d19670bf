"""The record of a run: what has been measured so far, and the checkpoint file that keeps it."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._batches import BATCH_SPINS, Batch, BatchRun, Plan, runs_of, split
from multispin._info import __version__
from multispin._interrupts import interrupts_held
from multispin.errors import CheckpointError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from numpy.typing import NDArray

_KIND = "simulate"


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
        self.origin: dict[str, Any] = {}
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

    def note_origin(self, made_by: dict[str, Any]) -> None:
        """Remember what made the numbers; machines may change on the way, generators may not."""
        new = {key: made_by[key] for key in ("generator", "planes")}
        old = {key: self.origin.get(key, value) for key, value in new.items()}
        if new != old:
            raise CheckpointError(
                f"the run was begun with {old} and would go on with {new}: name rng= and device="
            )
        self.origin |= new
        for key in ("device", "instruction_set"):
            names = self.origin.get(key, "").split(", ") if key in self.origin else []
            if made_by[key] not in names:
                names.append(str(made_by[key]))
            self.origin[key] = ", ".join(names)

    def _batch(self, first: int, stop: int) -> Batch:
        chains = np.arange(first, stop)
        init = self.init
        if not isinstance(init, str) and init.ndim > len(self.plan.model.shape):
            init = init[first:stop]
        return Batch(first, self.temperatures[chains // self.replicas], init)


class Keeper:
    """Keeps a record in a checkpoint file, or nowhere if `path` is None."""

    def __init__(
        self, record: Record, path: str | os.PathLike[str] | None, interval: float
    ) -> None:
        self._record = record
        self._path = None
        self._interval = interval
        if path is not None:
            io.check_writable(path)
            self._path = Path(path)
            if self._path.exists():
                self._load(self._path)
        self._written = time.monotonic()

    def save_if_due(self) -> None:
        """Write the checkpoint if the last writing is long enough ago."""
        if time.monotonic() - self._written >= self._interval:
            self.save()

    def save(self) -> None:
        """Write the checkpoint."""
        if self._path is None:
            return
        record = self._record
        meta: dict[str, Any] = {
            "arguments": record.arguments,
            "origin": record.origin,
            "current": None,
        }
        arrays: dict[str, Any] = {
            "done": record.done,
            "energy": record.energy[record.done],
            "magnetization": record.magnetization[record.done],
        }
        with interrupts_held():
            if record.current is not None:
                meta["current"], current = record.current.state()
                arrays |= {f"current_{name}": array for name, array in current.items()}
            io.write_checkpoint(self._path, _KIND, meta, arrays)
            self._written = time.monotonic()

    def _load(self, path: Path) -> None:
        record = self._record
        meta, arrays = io.read_checkpoint(path, _KIND)
        given, kept = dict(record.arguments), dict(meta["arguments"])
        if record.plan.rng != "auto" and meta["origin"]:
            given["rng"], kept["rng"] = record.plan.rng, meta["origin"]["generator"]
        differences = [
            f"{name} {kept.get(name)!r} there, {value!r} here"
            for name, value in given.items()
            if kept.get(name) != value
        ]
        if differences:
            raise CheckpointError(
                f"{str(path)!r} is the checkpoint of another run ({'; '.join(differences)}); "
                "it was left as it is: repeat that run, or give another path"
            )
        record.origin = meta["origin"]
        record.done[:] = arrays["done"]
        record.energy[record.done] = arrays["energy"]
        record.magnetization[record.done] = arrays["magnetization"]
        if meta["current"] is not None:
            states = {name[8:]: a for name, a in arrays.items() if name.startswith("current_")}
            record.current = BatchRun.from_state(record.plan, meta["current"], states)


def _digest(states: NDArray[np.int8]) -> str:
    return hashlib.sha256(np.ascontiguousarray(states).tobytes()).hexdigest()
