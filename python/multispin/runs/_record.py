"""The record of a run: what has been measured so far."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._info import __version__
from multispin.errors import CheckpointError, ObservableError
from multispin.runs._batches import (
    BATCH_SPINS,
    Batch,
    BatchRun,
    Drawn,
    Plan,
    runs_of,
    split,
)
from multispin.runs._growth import Growth, begins_with
from multispin.runs._observing import add_seconds, check_axes
from multispin.runs.observables import identities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from multispin.runs._observing import Values
    from multispin.runs.observables import Measure


#: Spins of all chains up to which a checkpoint has their last states, so that a finished run can be
#: extended: 128 MiB.
MOST_KEPT = 2**30


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
        self.drawn = np.zeros(chains, dtype=np.int64)  # of each chain, but for those under way
        self.energy = np.empty((chains, plan.draws))
        self.magnetization = np.empty((chains, plan.draws))
        self.observed: Values = {}  # by name, (chains, values, ...), once their shapes are known
        self.states: NDArray[np.uint8] | None = None  # of chains, after their last draw, as bits
        if plan.keeps_states:
            self.states = np.zeros((chains, -(-plan.model.n_spins // 8)), dtype=np.uint8)
        self.seconds: dict[str, float] = {}
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
            "observables": identities(plan.measures),
        }

    @property
    def finished(self) -> bool:
        """Whether all chains are done."""
        return bool((self.drawn == self.plan.draws).all())

    @property
    def total_sweeps(self) -> int:
        """Sweeps of the whole run, over all chains."""
        return len(self.drawn) * self.plan.sweeps

    @property
    def sweeps_done(self) -> int:
        """Sweeps done so far, over all chains."""
        done = sum(self.plan.sweeps_at(drawn) for drawn in self.drawn.tolist())
        if self.current is not None:
            known = self.plan.sweeps_at(self.current.began)
            done += self.current.chains * (self.current.sampler.sweeps_done - known)
        return done

    def pending(self, by_temperature: bool) -> Iterator[Batch]:
        """Cut the chains that nobody has begun, or gone on with, into batches."""
        most = max(1, BATCH_SPINS // self.plan.model.n_spins)
        open_chains = self.drawn < self.plan.draws
        if self.current is not None:
            open_chains[self.current.first : self.current.stop] = False
        width = self.replicas if by_temperature else len(self.drawn)
        for began in np.unique(self.drawn[open_chains]).tolist():
            alike = open_chains & (self.drawn == began)
            for left in range(0, len(self.drawn), width):
                for first, stop in runs_of(alike[left : left + width]):
                    for piece in split(left + first, left + stop, most):
                        yield self._batch(began, *piece)

    def finish(self, given: Drawn) -> None:
        """Take over what a finished batch has given."""
        chains = slice(given.first, given.first + given.energy.shape[1])
        self.energy[chains, given.began :] = given.energy.T
        self.magnetization[chains, given.began :] = given.magnetization.T
        for one in self.plan.measures:
            values = given.observed[one.name]
            room = self._room(one, values.shape[2:], given.first)
            room[chains, one.count(given.began) :] = np.moveaxis(values, 0, 1)
        if self.states is not None and given.states is not None:
            self.states[chains] = given.states
        add_seconds(self.seconds, given.seconds)
        self.drawn[chains] = self.plan.draws

    def _room(self, one: Measure, shape: tuple[int, ...], first: int) -> NDArray[Any]:
        """Return the values of an observable, of this shape each, of which some may be there."""
        if one.name not in self.observed:
            values = (len(self.drawn), one.count(self.plan.draws))
            self.observed[one.name] = np.empty((*values, *shape), dtype=one.dtype)
        room = self.observed[one.name]
        if room.shape[2:] != shape:
            raise ObservableError(
                f"observables: got {shape} for each replica from {one.name!r} in the chains from "
                f"{first} on, allowed: {room.shape[2:]}, as in others"
            )
        return room

    def take_current(self) -> None:
        """Take over the draws of the batch under way, which is finished."""
        current = self.current
        assert current is not None
        self.finish(current.given())
        self.current = None

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON data and arrays from which `restore` continues.

        Of draws, and of values of observables, those that there are: chain after chain.
        """
        meta: dict[str, Any] = {"current": None, "seconds": dict(self.seconds)}
        there = _first(self.drawn, self.plan.draws)
        arrays: dict[str, NDArray[Any]] = {
            "drawn": self.drawn,
            "energy": self.energy[there],
            "magnetization": self.magnetization[there],
        }
        for one in self.plan.measures:
            if one.name in self.observed:
                arrays[f"observed_{one.name}"] = self.observed[one.name][self._values_there(one)]
        if self.states is not None:
            arrays["states"] = self.states[self.drawn > 0]
        if self.current is not None:
            meta["current"], current = self.current.state()
            arrays |= {f"current_{name}": array for name, array in current.items()}
        return meta, arrays

    def _values_there(self, one: Measure) -> NDArray[np.bool_]:
        return _first(self.drawn // one.every, one.count(self.plan.draws))

    def restore(self, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        """Take over what `state` returned.

        Raises
        ------
        CheckpointError, LookupError, TypeError, ValueError
            If it is none of this run's.
        """
        kept = meta["arguments"]  # of this run, or of one that it extends: its first chains
        chains = len(kept["temperatures"]) * kept["replicas"]
        drawn = np.zeros(self.drawn.shape, dtype=np.int64)
        drawn[:chains] = io.demand_array(arrays, "drawn", np.int64, (chains,))
        if bool(((drawn < 0) | (drawn > self.plan.draws)).any()):
            raise CheckpointError("the checkpoint's chains have more draws than the run, or less")
        self.drawn[:] = drawn
        there = _first(self.drawn, self.plan.draws)
        for name, values in (("energy", self.energy), ("magnetization", self.magnetization)):
            values[there] = io.demand_array(arrays, name, np.float64, (int(self.drawn.sum()),))
        if drawn.any():
            self._restore_observed(arrays)
        if self.states is not None:
            shape = (int((drawn > 0).sum()), self.states.shape[1])
            self.states[drawn > 0] = io.demand_array(arrays, "states", np.uint8, shape)
        add_seconds(self.seconds, meta["seconds"])
        if meta["current"] is not None:
            states = {name[8:]: a for name, a in arrays.items() if name.startswith("current_")}
            current = BatchRun.from_state(self.plan, meta["current"], states)
            self._check(current)
            self.current = current

    def _restore_observed(self, arrays: dict[str, NDArray[Any]]) -> None:
        for one in self.plan.measures:
            there, kept = self._values_there(one), arrays.get(f"observed_{one.name}")
            if kept is None or kept.dtype != one.dtype or kept.shape[:1] != (int(there.sum()),):
                raise CheckpointError(f"the checkpoint has not the values of {one.name!r}")
            self._room(one, kept.shape[1:], 0)[there] = kept
        check_axes(self.plan.measures, {name: a.shape[2:] for name, a in self.observed.items()})

    def _check(self, current: BatchRun) -> None:
        """Refuse a batch of chains that are done, or are not those of this run."""
        sampler = current.sampler
        chains = range(current.first, current.stop)
        inside = chains.start >= 0 and chains.stop <= len(self.drawn)
        if not inside or not bool((self.drawn[chains] == current.began).all()):
            raise CheckpointError(f"the checkpoint's batch has chains {chains}, which are not open")
        expected = self.temperatures[np.array(chains) // self.replicas]
        if not np.array_equal(np.broadcast_to(sampler.temperature, len(chains)), expected):
            raise CheckpointError("the checkpoint's batch has other temperatures than the run")

    def _batch(self, began: int, first: int, stop: int) -> Batch:
        chains = np.arange(first, stop)
        temperatures = self.temperatures[chains // self.replicas]
        if began:
            assert self.states is not None
            return Batch(first, temperatures, "up", began, self.states[first:stop])
        init = self.init
        if not isinstance(init, str) and init.ndim > len(self.plan.model.shape):
            init = init[first:stop]
        return Batch(first, temperatures, init)


def growth_of(init: str | NDArray[np.int8], ndim: int, n_spins: int) -> Growth:
    """Return how the run of a checkpoint may be extended to one from these starts.

    Chains that are there have to keep their numbers, and so their random streams; and for more
    sweeps their last states.
    """

    def fits(kept: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
        old, new = (len(one["temperatures"]) for one in (kept, given))
        same_numbers = kept["replicas"] == given["replicas"] or (
            old == 1 and kept["replicas"] < given["replicas"]
        )
        chains = old * kept["replicas"]
        start = kept["init"] == given["init"]
        if not isinstance(init, str) and init.ndim > ndim:
            start = kept["init"] == f"array {_digest(init[:chains])}"
        longer = kept["sweeps"] < given["sweeps"]
        have_states = new * given["replicas"] * n_spins <= MOST_KEPT
        return (
            begins_with(given["temperatures"], kept["temperatures"])
            and same_numbers
            and start
            and (kept["sweeps"] == given["sweeps"] or (longer and have_states))
        )

    return Growth(
        ("sweeps", "temperatures", "replicas", "init"),
        fits,
        f"more sweeps (of up to {MOST_KEPT} spins in all), temperatures after its last one, or "
        "replicas where it has one temperature, with the same engine",
    )


def _first(counts: NDArray[np.int64], most: int) -> NDArray[np.bool_]:
    """Return flags (len(counts), most): the first counts[c] of row c are true."""
    return np.asarray(np.arange(most) < counts[:, None])


def _digest(states: NDArray[np.int8]) -> str:
    return hashlib.sha256(np.ascontiguousarray(states).tobytes()).hexdigest()
