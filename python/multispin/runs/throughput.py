"""Throughput of this machine, measured through the Python interface."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from multispin import exact
from multispin._base import checks
from multispin._base.extras import require
from multispin._engines.base import MOST_THREADS
from multispin._info import info
from multispin.models import Ising
from multispin.sampling.sampler import GENERATORS, Sampler

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["measure", "nanoseconds_per_sweep"]

#: Repetitions of a measurement; the fastest counts, since other programs only ever slow one down.
REPETITIONS = 3

_LONGEST = 3600.0  # seconds of one


def measure(
    sizes: Sequence[int] = (128, 512, 2048, 8192),
    generators: Sequence[str] = ("aes", "philox"),
    threads: Sequence[int] = (1,),
    dynamics: str = "metropolis",
    temperature: float = exact.critical_temperature,
    seconds: float = 0.2,
    seed: int = 1,
    device: str = "cpu",
) -> xr.Dataset:
    """Measure attempted spin updates per nanosecond of one square lattice after another.

    Parameters
    ----------
    sizes : sequence of int
        Linear sizes L.
    generators : sequence of str
        Random generators.
    threads : sequence of int
        Numbers of threads.
    dynamics : {"metropolis", "glauber", "swendsen-wang", "wolff"}
        Acceptance rule.
    temperature : float
        Temperature, in units of J.
    seconds : float
        Time of one repetition; the fastest of three counts.
    seed : int
        Seed of the random streams.
    device : str
        As for `Sampler`. Threads do not matter on a GPU.

    Returns
    -------
    xarray.Dataset
        ``flips_per_ns`` and ``energy_per_spin`` (of the final state, a check that work was done)
        along ``size``, ``generator`` and ``threads``; the attributes describe the machine.

    Raises
    ------
    TypeError, ValueError
        As `Sampler`.
    MissingExtraError
        If xarray is not installed (extra ``[run]``).

    Examples
    --------
    >>> bench = measure(sizes=[64], generators=["philox"], seconds=0.01)
    >>> bool(bench.flips_per_ns.min() > 0)
    True
    """
    xarray = require("xarray", "run")
    if checks.positive_finite("seconds", seconds) > _LONGEST:
        raise ValueError(checks.describe("seconds", seconds, f"at most {_LONGEST}"))
    sizes = [checks.count("sizes", L, 2, 2**31) for L in _several("sizes", sizes)]
    generators = [
        checks.choice("generators", rng, GENERATORS) for rng in _several("generators", generators)
    ]
    threads = [checks.count("threads", n, 1, MOST_THREADS) for n in _several("threads", threads)]
    temperature = checks.positive_finite("temperature", temperature)
    dims = ("size", "generator", "threads")
    speed = np.empty((len(sizes), len(generators), len(threads)))
    energy = np.empty_like(speed)
    for index in np.ndindex(*speed.shape):
        size, generator, count = sizes[index[0]], generators[index[1]], threads[index[2]]
        sampler = Sampler(
            Ising((size, size)),
            temperature=temperature,
            dynamics=dynamics,
            seed=seed,
            rng=generator,
            threads=count,
            device=device,
        )
        speed[index] = size * size / nanoseconds_per_sweep(sampler, seconds)
        energy[index] = sampler.energy_per_spin()[0]
    used = sampler.info()
    data = xarray.Dataset(
        {
            "flips_per_ns": (dims, speed, {"long_name": "throughput", "units": "1/ns"}),
            "energy_per_spin": (dims, energy, {"long_name": "final energy per spin", "units": "J"}),
        },
        coords={"size": list(sizes), "generator": list(generators), "threads": list(threads)},
        attrs={
            "title": "Throughput",
            "version": str(info()["version"]),
            "dynamics": dynamics,
            "temperature": temperature,
            "seed": seed,
            "device": used["device"],
            "instruction_set": used["instruction_set"],
            "processor": used.get("device_name") or _processor(),
        },
    )
    return cast("xr.Dataset", data)


def _several(name: str, given: object) -> list[Any]:
    """Return a sequence as a list, which is not empty."""
    allowed = "a sequence of at least one"
    if isinstance(given, np.ndarray) and given.ndim == 1:
        given = given.tolist()
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        raise TypeError(checks.describe(name, given, allowed))
    if not given:
        raise ValueError(checks.describe(name, given, allowed))
    return list(given)


def nanoseconds_per_sweep(sampler: Sampler, seconds: float) -> float:
    """Return the time of a sweep of all replicas: the fastest of three runs of `seconds` or so.

    Raises
    ------
    TypeError, ValueError
        If `sampler` is none, or `seconds` not above 0 and at most an hour.
    """
    checks.instance("sampler", sampler, Sampler, "a Sampler")
    if checks.positive_finite("seconds", seconds) > _LONGEST:
        raise ValueError(checks.describe("seconds", seconds, f"at most {_LONGEST}"))
    sweeps, best = 1, float("inf")
    repetitions = 0
    while repetitions < REPETITIONS:
        began = time.perf_counter()
        sampler.sweep(sweeps)
        sampler.synchronize()
        taken = time.perf_counter() - began
        if taken < 0.7 * seconds and taken / sweeps < 0.5 * seconds:  # too short to be counted
            sweeps = max(2 * sweeps, int(seconds / max(taken, 1e-9) * sweeps))
            continue
        best = min(best, taken * 1e9 / sweeps)
        repetitions += 1
    return best


def _processor() -> str:
    """Return the processor's name where Linux tells it."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return "unknown"
