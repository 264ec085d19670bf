"""A tempering run on its way: sampler, ladders of temperatures, and what has been measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._base import checks
from multispin._base.interrupts import interrupts_held
from multispin.errors import CheckpointError
from multispin.runs._drive import Pace
from multispin.runs._restored import restored_sampler
from multispin.runs.ladders import Ladders
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.analysis.round_trips import RoundTrips
    from multispin.models import Model

#: What `temper` can measure beside energy and magnetization: name of the variable -> dtype of the
#: engine's sums.
PAIR_SUMS = {"overlap": np.int64, "link_overlap": np.int64, "overlap_k2": np.float64}


@dataclass(frozen=True)
class Plan:
    """The arguments of a tempering run, checked."""

    model: Model
    temperatures: NDArray[np.float64]
    replicas: int
    sweeps: int
    thermalization: int
    interval: int
    swap_interval: int
    cluster_moves: bool
    measure: tuple[str, ...]
    seed: int
    dynamics: str
    init: str
    device: str
    rng: str
    engine: str
    threads: int | None

    @property
    def draws(self) -> int:
        """Draws that are kept."""
        return self.sweeps // self.interval

    @property
    def discarded(self) -> int:
        """Draws of the thermalization, of which nothing is kept."""
        return self.thermalization // self.interval

    @property
    def walkers(self) -> int:
        """Walkers of one sample."""
        return self.replicas * len(self.temperatures)

    @property
    def all_walkers(self) -> int:
        """Walkers of all samples."""
        return self.walkers * (self.model.samples or 1)

    def record_bytes(self) -> int:
        """Bytes of all records, and of the Dataset that is made of them."""
        values = sum(math.prod(shape) for shape in self.record_shapes().values())
        return 16 * self.draws * values

    def record_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of a draw of what is recorded, as the engine writes it."""
        samples, temperatures = self.model.samples or 1, len(self.temperatures)
        of_replicas = (samples, temperatures, self.replicas)
        of_pairs = (samples, temperatures, self.replicas * (self.replicas - 1) // 2)
        return {
            "energy": of_replicas,
            "spins": of_replicas,
            **dict.fromkeys(self.measure, of_pairs),
            "temperature_index": (samples, self.replicas, temperatures),
        }


class TemperingRun:
    """Sweeps, exchanges and measures in pieces; consistent between them, and after Ctrl-C."""

    def __init__(self, plan: Plan, sampler: Sampler | None = None) -> None:
        self.plan = plan
        walkers = np.tile(plan.temperatures, plan.replicas)
        self.sampler = sampler or Sampler(
            plan.model,
            temperature=walkers,
            replicas=plan.walkers,
            dynamics=plan.dynamics,
            init=plan.init,
            seed=plan.seed,
            device=plan.device,
            rng=plan.rng,
            threads=plan.threads,
            engine=plan.engine,
        )
        self._ladders = Ladders(
            self.sampler,
            plan.temperatures,
            plan.replicas,
            swap_interval=plan.swap_interval,
            exchanges_per_draw=plan.interval // plan.swap_interval,
            cluster_moves=plan.cluster_moves,
            seed=plan.seed,
        )
        self.records = {
            name: np.empty((plan.draws, *shape), dtype=_dtype(name))
            for name, shape in plan.record_shapes().items()
        }
        self._pace = Pace()
        self._whole = True

    @property
    def drawn(self) -> int:
        """Draws done, those of the thermalization included."""
        return self._ladders.exchanges * self.plan.swap_interval // self.plan.interval

    @property
    def consistent(self) -> bool:
        """Whether it can be kept: not if something went wrong among several draws."""
        return self._whole

    @property
    def finished(self) -> bool:
        """Whether all draws are there."""
        return self._whole and self.drawn == self.plan.discarded + self.plan.draws

    @property
    def total_sweeps(self) -> int:
        """Sweeps of the whole run, over all walkers."""
        draws = self.plan.discarded + self.plan.draws
        return draws * self.plan.interval * self.plan.all_walkers

    @property
    def sweeps_done(self) -> int:
        """Sweeps so far, over all walkers."""
        return self.sampler.sweeps_done * self.plan.all_walkers

    @property
    def _rows(self) -> int:
        """Rows of the records so far. A draw's is written before clusters move at its end."""
        exchanges = self._ladders.exchanges
        last = (exchanges + 1) * self.plan.swap_interval % self.plan.interval == 0
        written = self.drawn + bool(self._ladders.clusters_moved > 0 and last)
        return max(0, written - self.plan.discarded)

    def swaps(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Attempted and accepted exchanges, (samples, M - 1), thermalization included."""
        return self._ladders.swaps()

    def travel(self) -> RoundTrips:
        """Round trips between the ends, by exchange, thermalization included."""
        return self._ladders.travel()

    def advance(self) -> int:
        """Do a piece of work of about a tenth of a second; return its sweeps, over all walkers."""
        before = self.sweeps_done
        drawn, discarded = self.drawn, self.plan.discarded
        if drawn == discarded:
            self._pace = Pace()  # from here on draws are measured, and take longer
        goal = discarded if drawn < discarded else discarded + self.plan.draws
        draws = min(goal - drawn, self._pace.fitting)
        with self._pace.learning(draws):
            if draws == 1:  # Ctrl-C may stop it anywhere; nothing is lost
                self._run(drawn, 1)
            else:
                with interrupts_held():
                    self._whole = False
                    self._run(drawn, draws)
                    self._whole = True
        return self.sweeps_done - before

    def _run(self, drawn: int, draws: int) -> None:
        first = drawn - self.plan.discarded
        keep = first >= 0
        rows = {
            name: array[first : first + draws] if keep else None
            for name, array in self.records.items()
        }
        self._ladders.run(draws, rows)

    # --- state ------------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON data and arrays from which `from_state` continues."""
        meta, arrays = self.sampler._state()
        counted = {
            "exchanges": self._ladders.exchanges,
            "clusters_moved": self._ladders.clusters_moved,
        }
        return {"sampler": meta, **counted}, {
            **{f"state_{name}": array for name, array in arrays.items()},
            **{f"record_{name}": array[: self._rows] for name, array in self.records.items()},
            **{f"ladder_{name}": values for name, values in self._ladders.numbers().items()},
        }

    @classmethod
    def from_state(
        cls, plan: Plan, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> TemperingRun:
        """Continue from what `state` returned.

        Raises
        ------
        CheckpointError, LookupError, TypeError, ValueError
            If it is none of this plan's.
        """
        sampler = restored_sampler(
            meta,
            arrays,
            "state_",
            plan.device,
            plan.threads,
            model=plan.model,
            replicas=plan.walkers,
            dynamics=plan.dynamics,
            seed=plan.seed,
            first_stream=0,
            engine=plan.engine,
        )
        run = cls(plan, sampler)
        run._ladders.restore(
            meta["exchanges"],
            meta["clusters_moved"],
            {name[7:]: array for name, array in arrays.items() if name.startswith("ladder_")},
        )
        run._check()
        for name, array in run.records.items():
            shape = (run._rows, *array.shape[1:])
            array[: run._rows] = io.demand_array(arrays, f"record_{name}", array.dtype, shape)
        return run

    def _check(self) -> None:
        """Refuse a ladder that went further than the run, or not as far as its sampler."""
        numbers = self._ladders.numbers()
        counts = [values for name, values in numbers.items() if name != "last_end"]
        if any((values < 0).any() for values in counts):
            raise CheckpointError("the checkpoint's ladder has counted less than nothing")
        exchanges = checks.count("exchanges", self._ladders.exchanges, 0)
        between, sweeps = self.plan.swap_interval, self.sampler.sweeps_done
        too_far = self.drawn > self.plan.discarded + self.plan.draws
        if too_far or not exchanges * between <= sweeps <= (exchanges + 1) * between:
            given = f"{sweeps} sweeps and {exchanges} exchanges every {between}"
            raise CheckpointError(f"the checkpoint is of no run: it has {given}")


def _dtype(name: str) -> type[np.generic]:
    if name == "temperature_index":
        return np.int16
    return np.float64 if name == "energy" else PAIR_SUMS.get(name, np.int64)
