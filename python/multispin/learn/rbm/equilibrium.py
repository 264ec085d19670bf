"""Whether chains have forgotten where they began."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base.callers import warn
from multispin._engines.bipartite import Numbers
from multispin.errors import SlowMixingWarning
from multispin.learn.rbm.kernel import held as with_held
from multispin.learn.rbm.randomness import streams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.place import Place
    from multispin.learn.rbm.kernel import Kernel, States
    from multispin.learn.rbm.parameters import Parameters
    from multispin.learn.rbm.training import Training

    Array = NDArray[np.float64]

#: Directions in which chains are followed: those of the largest singular values of the weights.
_DIRECTIONS = 8
#: Chains that are followed, and how often they are looked at.
_CHAINS, _LOOKS = 64, 50
#: Between two chains there may be so much more variance than within one, of means.
_LARGEST = 1.1
#: Steps that are looked at after a training, at least and at most.
_FEWEST_STEPS, _MOST_STEPS = 1000, 5000
#: Where `equilibrated` begins, and where it gives up.
_FIRST, _LAST = 100, 100_000


def directions(parameters: Parameters) -> Array:
    """Return the right singular vectors of the largest singular values, (directions, n_visible)."""
    weights = np.asarray(parameters.weights, dtype=np.float64)
    _, _, right = np.linalg.svd(weights, full_matrices=False)
    found: Array = right[:_DIRECTIONS]
    return found


def potential_scale_reduction(series: Array) -> float:
    """Return the largest R̂ of series (looks, chains, directions): 1 where chains are alike.

    A. Gelman & D. B. Rubin, Stat. Sci. 7, 457 (1992), of halves of chains (Gelman et al., Bayesian
    Data Analysis, 3rd ed., sec. 11.4).
    """
    if not np.isfinite(series).all():
        return math.inf
    half = len(series) // 2
    halves = np.concatenate([series[:half], series[half : 2 * half]], axis=1)
    within = halves.var(axis=0, ddof=1).mean(axis=0)
    between = halves.mean(axis=0).var(axis=0, ddof=1)
    moving = within + between > 1e-12
    if not moving.any():
        return 1.0
    with np.errstate(divide="ignore"):
        ratio = np.sqrt((half - 1) / half + between[moving] / within[moving])
    return float(ratio.max())


def followed(
    kernel: Kernel, along: Array, states: States, steps: int, numbers: Numbers, **held: Any
) -> tuple[States, float]:
    """Let chains take about so many steps, looked at on the way; return them and R̂."""
    every = max(1, steps // _LOOKS)
    series = []
    for k in range(-(-steps // every)):
        at = numbers._replace(step=numbers.step + k * every)
        states, _ = kernel.gibbs(states, every, at, None, held.get("clamp"))
        series.append(kernel.along(states[:_CHAINS], along))
    return states, potential_scale_reduction(np.stack(series))


def warn_of_slow_chains(training: Training, per_epoch: int) -> None:
    """Warn if the model's chains, left alone, stay where they are for longer than an epoch."""
    assert training.model is not None
    settings = training.settings
    steps = int(np.clip(per_epoch * settings.steps, _FEWEST_STEPS, _MOST_STEPS))
    states = np.ascontiguousarray(training.model.visible[:_CHAINS])
    if len(states) < 2 or settings.method in ("pt", "ptt"):
        return
    kernel = training.parameters.kernel(settings.place)
    # Other random numbers than those of the training, which does not know of this.
    numbers = Numbers(settings.seed, streams(1 << 32, len(states)), training.step)
    _, ratio = followed(kernel, directions(training.parameters), states, steps, numbers)
    if ratio > _LARGEST:
        warn(
            f"chains of the model do not mix: after {steps} steps they still differ from each "
            f"other, R̂ = {ratio:.2f}. What was learned is not the maximum of the likelihood; "
            "method='ptt' or 'pt' exchanges chains with some that mix, and a smaller "
            "learning_rate or more steps help",
            SlowMixingWarning,
        )


def equilibrated(
    parameters: Parameters,
    base: Array,
    n: int,
    steps: int | None,
    seed: int,
    place: Place,
    clamp: States | None = None,
    values: States | None = None,
) -> tuple[States, int]:
    """Return n states at the ends of chains, and how many steps they took.

    `clamp` and `values` are rows of a machine's states: which units are held, and at what.
    """
    kernel = parameters.kernel(place)
    chains = max(n, 2 if steps is None else 1)
    states = kernel.independent(base, Numbers(seed, streams(0, chains), 0))
    held = {}
    if clamp is not None:
        assert values is not None
        held["clamp"] = np.repeat(clamp, chains, axis=0)
        states = with_held(held["clamp"], np.repeat(values, chains, axis=0), states)
    if steps is not None:
        states, _ = kernel.gibbs(
            states, steps, Numbers(seed, streams(0, chains), 1), None, held.get("clamp")
        )
        return states, steps
    along, done, more = directions(parameters), 0, _FIRST
    while True:
        numbers = Numbers(seed, streams(0, chains), done + 1)
        states, ratio = followed(kernel, along, states, more, numbers, **held)
        done += more
        if ratio < _LARGEST:
            return states[:n], done
        if done >= _LAST:
            break
        more = done
    warn(
        f"samples: after {done} steps chains still differ from each other, R̂ = {ratio:.2f}: they "
        "are no samples of the model, but of where it holds chains that begin at random",
        SlowMixingWarning,
    )
    return states[:n], done
