"""How much a network retrieves: over load, temperature, size, and what it begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin._engines.base import MOST_SWEEPS
from multispin.learn.hopfield.cues import corrupt
from multispin.learn.hopfield.network import RULES, HopfieldNetwork
from multispin.studies.unkept import study_perhaps_kept

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from concurrent.futures import Executor

    import xarray as xr
    from numpy.typing import ArrayLike

    from multispin.progress import StudyProgress

#: Beyond these no computer goes, and a study's numbers end.
_MOST_NEURONS, _MOST, _HOTTEST, _LARGEST_LOAD = 10**6, 10**6, 1e6, 1e3
#: Rules by which random patterns are states at rest: sequences go on, and the threshold of biased
#: patterns is another subject.
_SWEPT = tuple(rule for rule in RULES if rule not in ("covariance", "sequence"))
_RETRIEVED = 0.9  # overlap from which on a pattern counts as retrieved


def capacity_sweep(
    alphas: ArrayLike,
    temperatures: ArrayLike = 0.0,
    n_neurons: ArrayLike = 1000,
    overlaps: ArrayLike = 1.0,
    draws: int = 10,
    cues: int = 32,
    rule: str = "hebb",
    sweeps: int = 50,
    random_state: int | None = None,
    path: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    progress: bool | Callable[[StudyProgress], object] | None = None,
) -> xr.Dataset:
    """Retrieve random patterns at many loads, and see how much of them is left.

    Each draw is a network with patterns of its own, of which the first ones are cues.

    Parameters
    ----------
    alphas
        Loads P/N above 0 and up to 1000, one or several; P is rounded, and 1 at least.
    temperatures
        Temperatures from 0 to 10⁶, one or several.
    n_neurons
        Numbers of neurons N, 2 to 10⁶, one or several.
    overlaps
        Overlaps from 0 to 1 with the pattern that retrieval begins with, one or several: over many
        of them the basin of attraction shows.
    draws
        Draws of the patterns, 2 or more.
    cues
        Patterns that are retrieved in each; all, if there are fewer.
    rule
        As of `HopfieldNetwork`: ``hebb``, ``pseudoinverse``, ``storkey`` or ``dreaming``.
    sweeps
        Sweeps at most.
    random_state
        Seed of all draws; a fresh one if not given. With a path it has to be.
    path, executor, progress
        As of `multispin.study`, of which every draw is a point: a file that keeps what is finished,
        and workers, with one thread each. Without a path nothing is kept.

    Returns
    -------
    xarray.Dataset
        Over alpha, temperature, n_neurons and initial_overlap: ``overlap`` with the pattern at the
        end; ``retrieved``, the share of cues that end with an overlap of 0.9 or more; and
        ``overlap_error`` and ``retrieved_error``, standard errors over draws. The means of each
        draw are ``overlap_of_draw`` and ``retrieved_of_draw``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind.
    StudyError, ExecutorError, CheckpointError, OSError
        As `multispin.study`.
    MissingExtraError
        If xarray is not installed (extra ``[run]``).

    Notes
    -----
    Cues of one draw share their patterns: errors count draws, not cues. What theory says is of
    infinitely many neurons: `multispin.analysis.infinite_size.extrapolate` takes overlaps of
    several sizes there.

    Examples
    --------
    >>> from multispin.learn import capacity_sweep
    >>> data = capacity_sweep([0.05, 0.3], n_neurons=400, draws=3, cues=8, random_state=1)
    >>> data.retrieved.values.ravel().tolist()
    [1.0, 0.0]
    """
    require("xarray", "run")
    if path is not None and random_state is None:
        allowed = "a seed with a path, so that the same call goes on with the file"
        raise ValueError(checks.describe("random_state", None, allowed))
    seed = checks.seed_or_fresh("random_state", random_state)
    draws = checks.count("draws", draws, 2, _MOST)
    grid = {
        "alpha": _numbers("alphas", alphas, _LARGEST_LOAD, above=True),
        "temperature": _numbers("temperatures", temperatures, _HOTTEST),
        "n_neurons": _sizes(n_neurons),
        "initial_overlap": _numbers("overlaps", overlaps, 1.0),
    }
    fixed = {
        "cues": checks.count("cues", cues, 1, _MOST),
        "rule": checks.choice("rule", rule, _SWEPT),
        "sweeps": checks.count("sweeps", sweeps, 1, MOST_SWEEPS),
        "seed": seed,
    }
    points: dict[str, Any] = {**grid, "draw": list(range(draws)), **fixed}
    return _with_errors(study_perhaps_kept(retrieve_one, points, path, executor, progress))


def retrieve_one(
    alpha: float,
    temperature: float,
    n_neurons: int,
    initial_overlap: float,
    draw: int,
    cues: int,
    rule: str,
    sweeps: int,
    seed: int,
) -> dict[str, float]:
    """Store one draw of patterns and retrieve the first ones: a point of the study."""
    n_patterns = max(1, round(alpha * n_neurons))
    # Patterns depend on size and draw alone: at another load there are more or fewer of them.
    of_patterns, of_noise, of_sweeps = (
        int(np.random.SeedSequence([seed, n_neurons, draw, use]).generate_state(1, np.uint64)[0])
        for use in range(3)
    )
    rng = np.random.Generator(np.random.Philox(of_patterns))
    patterns = 2 * rng.integers(0, 2, (n_patterns, n_neurons), dtype=np.int8) - 1
    chosen = patterns[:cues]
    start = corrupt(chosen, (1.0 - initial_overlap) / 2.0, of_noise)
    network = HopfieldNetwork(rule).fit(patterns)
    found = network.retrieve(start, temperature, sweeps, random_state=of_sweeps, threads=1)
    own = np.arange(len(chosen))
    m = found.overlap[own, 0, own]
    return {"overlap": float(m.mean()), "retrieved": float((m >= _RETRIEVED).mean())}


def _with_errors(data: xr.Dataset) -> xr.Dataset:
    """Return means over draws, with their errors, beside what each draw gave."""
    found: xr.Dataset = data.drop_vars(["overlap", "retrieved"])
    for name in ("overlap", "retrieved"):
        values = data[name]
        found[name] = values.mean("draw")
        found[f"{name}_error"] = values.std("draw", ddof=1) / np.sqrt(values.sizes["draw"])
        found[f"{name}_of_draw"] = values
    return found


def _numbers(name: str, given: ArrayLike, most: float, above: bool = False) -> list[float]:
    """Return distinct numbers from 0, or above 0, to the largest one allowed."""
    least = "above 0 and up to" if above else "from 0 to"
    allowed = f"a number {least} {most:g}, or a sequence of distinct ones"
    found = np.atleast_1d(checks.numbers(name, given, allowed))
    in_range = (found > 0.0 if above else found >= 0.0) & (found <= most)
    if found.ndim != 1 or found.size == 0 or not bool(in_range.all()):
        raise ValueError(checks.describe(name, given, allowed))
    if len(np.unique(found)) < found.size:
        raise ValueError(checks.describe(name, given, allowed))
    return [float(number) for number in found]


def _sizes(n_neurons: ArrayLike) -> list[int]:
    allowed = f"an integer from 2 to {_MOST_NEURONS}, or a sequence of distinct ones"
    given = np.atleast_1d(checks.array("n_neurons", n_neurons, allowed))
    if given.dtype.kind not in "iu":
        raise TypeError(checks.describe("n_neurons", n_neurons, allowed))
    if given.ndim != 1 or len(np.unique(given)) < max(given.size, 1):
        raise ValueError(checks.describe("n_neurons", n_neurons, allowed))
    return [checks.count("n_neurons", size, 2, _MOST_NEURONS) for size in given.tolist()]
