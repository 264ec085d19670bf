"""Simulated annealing with the interface of dimod."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._engines import devices
from multispin.couplings import from_dimod
from multispin.dimod._reads import Reads
from multispin.dimod._schedule import SCHEDULES, schedule_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

dimod: Any = require("dimod", "graphs")

__all__ = ["MultispinSampler"]

_GENERATORS = ("none", "tile", "random")
_DYNAMICS = {"Metropolis": "metropolis", "Gibbs": "glauber"}

#: What every engine takes.
_MOST_READS = 2**22

#: Reads side by side between two calls of an `interrupt_function`: fewer take as long.
_AT_A_TIME = 64

_PARAMETERS = (
    "num_reads",
    "num_sweeps",
    "beta_range",
    "beta_schedule_type",
    "beta_schedule",
    "num_sweeps_per_beta",
    "seed",
    "initial_states",
    "initial_states_generator",
    "randomize_order",
    "proposal_acceptance_criteria",
    "interrupt_function",
)


class MultispinSampler(dimod.Sampler, dimod.Initialized):  # type: ignore[misc]
    """Simulated annealing of binary quadratic models, all reads side by side.

    It takes the parameters of dwave-samplers' ``SimulatedAnnealingSampler`` in their meaning, so
    that either can stand for the other. A read is a replica: reads are run side by side, the
    faster each the more there are, and up to 64 of a sparse model of one coupling take as long as
    one.

    Parameters
    ----------
    device : str
        Where to run: "cpu", "cuda", "cuda:<index>" or "auto", as for `Sampler`.
    threads : int, optional
        Threads on the CPU; by default all cores. Results do not depend on it.

    Raises
    ------
    MissingExtraError
        If dimod is not installed, when the module is imported.

    Examples
    --------
    >>> import dimod
    >>> from multispin.dimod import MultispinSampler
    >>> sampler = MultispinSampler()
    >>> sampleset = sampler.sample_ising(
    ...     {}, {"ab": 1.0, "bc": 1.0, "ca": 1.0}, num_reads=10, seed=1
    ... )
    >>> float(sampleset.first.energy), len(sampleset)
    (-1.0, 10)
    """

    def __init__(self, device: str = "auto", threads: int | None = None) -> None:
        devices.check(device)
        self._device = device
        self._threads = None if threads is None else checks.count("threads", threads, 1, 2**16)

    @property
    def parameters(self) -> Mapping[str, Sequence[str]]:
        """What `sample` takes, and the properties that say what is allowed."""
        named = {"beta_schedule_type": ["beta_schedule_options"]}
        return {name: named.get(name, []) for name in _PARAMETERS}

    @property
    def properties(self) -> Mapping[str, Any]:
        """What may be given: "beta_schedule_options"."""
        return {"beta_schedule_options": SCHEDULES}

    def sample(
        self,
        bqm: Any,
        num_reads: int | None = None,
        num_sweeps: int | None = None,
        beta_range: Sequence[float] | None = None,
        beta_schedule_type: str = "geometric",
        beta_schedule: ArrayLike | None = None,
        num_sweeps_per_beta: int = 1,
        seed: int | None = None,
        initial_states: Any = None,
        initial_states_generator: str = "random",
        randomize_order: bool = False,
        proposal_acceptance_criteria: str = "Metropolis",
        interrupt_function: Callable[[], bool] | None = None,
        **parameters: Any,
    ) -> Any:
        r"""Anneal a binary quadratic model.

        Every read visits inverse temperatures β = 1/T, in units of the biases, in the order of the
        schedule, for `num_sweeps_per_beta` sweeps each. Its state at the end is the sample.

        Parameters
        ----------
        bqm : dimod.BinaryQuadraticModel
            Of spins or of variables 0 and 1. One without variables has empty samples.
        num_reads : int, optional
            Number of reads; by default that of initial states, and 1 without these.
        num_sweeps : int, optional
            Sweeps of each read, a multiple of `num_sweeps_per_beta`; by default 1000, or what
            `beta_schedule` says.
        beta_range : (float, float), optional
            First and last β >= 0; > 0 for "geometric". By default 1/T for the two ends of
            `multispin.temperature_range`.
        beta_schedule_type : {"geometric", "linear", "custom"}
            How β goes from the one to the other.
        beta_schedule : array_like, optional
            All β >= 0 of a "custom" schedule.
        num_sweeps_per_beta : int
            Sweeps at each β.
        seed : int, optional
            0 <= seed < 2**64; by default a fresh one. The same seed and parameters give the same
            samples, with any number of threads. Read r uses random stream r.
        initial_states : samples-like, optional
            States to begin with, one for each read; see ``dimod.as_samples``.
        initial_states_generator : {"random", "tile", "none"}
            What to do if there are fewer of them than reads: take random ones, take them again
            from the first on, or refuse.
        randomize_order : bool
            Whether each sweep takes the variables in an order of its own, drawn at random, instead
            of a fixed one. (dwave-samplers draws each variable by itself; here a sweep attempts
            each once.)
        proposal_acceptance_criteria : {"Metropolis", "Gibbs"}
            How flips are accepted; "Gibbs" is the heat bath.
        interrupt_function : callable, optional
            Called without arguments after every 64 reads; if it returns True, the reads so far are
            returned. It changes no read.
        **parameters
            Others are ignored with dimod's ``SamplerUnknownArgWarning``.

        Returns
        -------
        dimod.SampleSet
            A row for each read, with the vartype, variables and energies of `bqm`, its offset
            included. ``info`` has "seed", "beta_range", "beta_schedule_type", "beta_schedule",
            "num_sweeps_per_beta", "engine", "device" and "timing", in nanoseconds as
            dwave-samplers has it.

        Raises
        ------
        TypeError, ValueError
            If an argument is not of this kind; the message names it, what was given, and what is
            allowed.
        MemoryError, DeviceError
            As for `Sampler`.

        Notes
        -----
        S. Kirkpatrick, C. D. Gelatt & M. P. Vecchi, Science 220, 671 (1983).

        Examples
        --------
        >>> import dimod
        >>> from multispin.dimod import MultispinSampler
        >>> bqm = dimod.BinaryQuadraticModel.from_qubo({(0, 0): -1, (1, 1): -1, (0, 1): 3}, 10)
        >>> sampleset = MultispinSampler().sample(bqm, num_reads=8, num_sweeps=50, seed=1)
        >>> float(sampleset.first.energy), int(sum(sampleset.first.sample.values()))
        (9.0, 1)
        """
        began = time.perf_counter_ns()
        self.remove_unknown_kwargs(**parameters)
        _check_bqm(bqm)
        seed = checks.seed_or_fresh("seed", seed)
        names = tuple(_DYNAMICS)
        criteria = "proposal_acceptance_criteria"
        dynamics = _DYNAMICS[checks.choice(criteria, proposal_acceptance_criteria, names)]
        order = "random" if checks.flag("randomize_order", randomize_order) else "fixed"
        if interrupt_function is not None:
            checks.function("interrupt_function", interrupt_function, "a function, or None")
        reads, states = self._start(bqm, num_reads, initial_states, initial_states_generator, seed)
        problem = from_dimod(bqm) if len(bqm.variables) else None
        schedule = schedule_of(
            None if problem is None else problem.model,
            num_sweeps,
            beta_range,
            beta_schedule_type,
            beta_schedule,
            num_sweeps_per_beta,
        )
        prepared = time.perf_counter_ns()
        info: dict[str, Any] = {"seed": seed, **schedule.info()}
        if problem is None:
            values = np.empty((reads, 0), np.int8)
        else:
            at_a_time = reads if interrupt_function is None else _AT_A_TIME
            annealed = Reads(
                problem.model,
                schedule,
                dynamics=dynamics,
                order=order,
                seed=seed,
                device=self._device,
                threads=self._threads,
            )
            spins = list(annealed.run(reads, states, at_a_time, interrupt_function))
            values = problem.from_spins(np.concatenate(spins))
            info |= annealed.made_with
        sampled = time.perf_counter_ns()
        variables = list(bqm.variables)
        sampleset = dimod.SampleSet.from_samples_bqm((values, variables), bqm, info=info)
        sampleset.info["timing"] = {
            "preprocessing_ns": prepared - began,
            "sampling_ns": sampled - prepared,
            "postprocessing_ns": time.perf_counter_ns() - sampled,
        }
        return sampleset

    def _start(
        self, bqm: Any, num_reads: int | None, states: Any, generator: str, seed: int
    ) -> tuple[int, NDArray[np.int8] | None]:
        """Return the number of reads, and the spins they begin with unless they are random."""
        if num_reads is not None:
            num_reads = checks.count("num_reads", num_reads, 1, _MOST_READS)
        checks.choice("initial_states_generator", generator, _GENERATORS)
        if states is None:
            if generator != "random":
                allowed = f"states, as the generator is {generator!r}"
                raise ValueError(checks.describe("initial_states", None, allowed))
            return num_reads or 1, None
        allowed = "states of all variables of bqm; see dimod.as_samples"
        try:
            parsed = self.parse_initial_states(
                bqm, states, generator, num_reads, seed=seed % 2**32, copy_always=True
            )
        except Exception as error:  # of all kinds, as states may be anything
            got = checks.shown(states)
            raise ValueError(
                f"initial_states: got {got}, allowed: {allowed} ({checks.shown(str(error))})"
            ) from error
        found, variables = parsed.initial_states.record.sample, parsed.initial_states.variables
        values = found[:, [variables.index(v) for v in bqm.variables]].astype(np.int8)
        spins = 2 * values - 1 if bqm.vartype is dimod.BINARY else values
        if not bool(np.all(abs(spins) == 1)):
            got = "values that are none of the variables'"
            raise ValueError(f"initial_states: got {got}, allowed: {allowed}")
        return parsed.num_reads, spins


def _check_bqm(bqm: Any) -> None:
    if not (hasattr(type(bqm), "vartype") and hasattr(type(bqm), "to_numpy_vectors")):
        raise TypeError(checks.describe("bqm", bqm, "a dimod.BinaryQuadraticModel"))
