"""A tempering run on its way: sampler, ladders of temperatures, and what has been measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._base import checks
from multispin._base.interrupts import interrupts_held
from multispin.errors import CheckpointError
from multispin.runs._drive import Pace
from multispin.runs._observing import SWEEPING, Observations, kept_values, named_values
from multispin.runs._restored import restored_sampler
from multispin.runs._tempering_plan import Plan, dtype_of
from multispin.runs.ladders import Ladders
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.analysis.round_trips import RoundTrips


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
            # With observables it stops before the last exchange of a draw.
            exchanges_per_draw=1 if plan.measures else plan.exchanges,
            cluster_moves=plan.cluster_moves,
            seed=plan.seed,
        )
        self.records = {
            name: np.empty((plan.draws, *shape), dtype=dtype_of(name))
            for name, shape in plan.record_shapes().items()
        }
        chains = plan.all_walkers
        self.observed = Observations(plan.measures, 0, plan.draws, chains, chains)
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
        if self.plan.measures and drawn >= discarded:
            draws = min(draws, self.observed.free_draws(drawn - discarded))
        if draws == 0:
            self._run_observed(drawn)
            return self.sweeps_done - before
        with self._pace.learning(draws), self.observed.timing(SWEEPING):
            if draws == 1:  # Ctrl-C may stop it anywhere; nothing is lost
                self._run(drawn, 1)
            else:
                with interrupts_held():
                    self._whole = False
                    self._run(drawn, draws)
                    self._whole = True
        return self.sweeps_done - before

    def _run(self, drawn: int, draws: int) -> None:
        if not self.plan.measures:
            self._ladders.run(draws, self._rows_of(drawn, draws))
            return
        for draw in range(drawn, drawn + draws):
            self._run_to_last(draw)
            self._ladders.run(1, self._rows_of(draw, 1))

    def _rows_of(self, drawn: int, draws: int) -> dict[str, NDArray[Any] | None]:
        """Return the rows of the next draws; of the thermalization nothing is kept."""
        first = drawn - self.plan.discarded
        return {
            name: array[first : first + draws] if first >= 0 else None
            for name, array in self.records.items()
        }

    def _run_to_last(self, drawn: int) -> None:
        """Make all exchanges of a draw but the last."""
        missing = (drawn + 1) * self.plan.exchanges - 1 - self._ladders.exchanges
        if missing > 0:
            self._ladders.run(missing, {})

    def _run_observed(self, drawn: int) -> None:
        """Make a draw of which spins are looked at. Ctrl-C may stop it anywhere; nothing is lost.

        They are looked at when energies are: before clusters move and temperatures are exchanged,
        at the end of the draw.
        """
        sampler, ladders = self.sampler, self._ladders
        with self.observed.timing(SWEEPING):
            self._run_to_last(drawn)
        if ladders.clusters_moved == 0:  # else it has been written and observed, and is to go on
            due = (drawn + 1) * self.plan.interval
            with self.observed.timing(SWEEPING):
                sampler.sweep(due - sampler.sweeps_done)
                sampler.synchronize()
            row = drawn - self.plan.discarded + 1
            found = self.observed.evaluate(row, due, sampler._engine.spins)
            order = ladders.walkers()
            with interrupts_held():
                self.observed.note(row, {name: array[order] for name, array in found.items()})
        with self.observed.timing(SWEEPING):
            ladders.run(1, self._rows_of(drawn, 1))

    # --- state ------------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON data and arrays from which `from_state` continues."""
        meta, arrays = self.sampler._state()
        counted: dict[str, Any] = {
            "exchanges": self._ladders.exchanges,
            "clusters_moved": self._ladders.clusters_moved,
        }
        if self.plan.measures:
            counted["seconds"] = dict(self.observed.seconds)
        return {"sampler": meta, **counted}, {
            **{f"state_{name}": array for name, array in arrays.items()},
            **{f"record_{name}": array[: self._rows] for name, array in self.records.items()},
            **{f"ladder_{name}": values for name, values in self._ladders.numbers().items()},
            **named_values(self.observed.upto(self._rows)),
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
        if plan.measures:
            run.observed.restore(run._rows, kept_values(arrays))
            run.observed.add_seconds(meta["seconds"])
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
