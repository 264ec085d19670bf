"""Golden trajectories: what a seed has to give in every release with the same first two numbers.

`trajectories.json` holds, for some runs, the SHA-256 of the words that `Sampler.packed` returns at
the end, as little-endian bytes. The twin tests say that a trajectory is right; these say that it
has not changed. If one has to change (other rounds, planes, layout), say so in CHANGELOG.md, raise
the version, and write the file anew, from the top of the repository::

    PYTHONPATH=tests python -m golden.trajectories
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import multispin as ms
from multispin import graphs

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = Path(__file__).with_name("trajectories.json")
# 14 lanes, one word a row; 64 lanes, eight words; cubes of each
SHAPES = ((34, 28), (64, 1024), (6, 10, 28), (4, 6, 1024))
FIELDS = (0.0, 0.25)
SWEEPS = 50


def runs() -> dict[str, dict[str, Any]]:
    """Arguments of the sampler, by the name of the run."""
    choices = itertools.product(("aes", "philox"), ("metropolis", "glauber"), FIELDS)
    return {
        f"{name} {rng} {dynamics} h={h}": {
            **system(h),
            "dynamics": dynamics,
            "rng": rng,
            "seed": 0x9E3779B97F4A7C15,
            "first_stream": 5,
        }
        for (name, system), (rng, dynamics, h) in itertools.product(_systems().items(), choices)
        if system is not _many_bonds or (dynamics == "metropolis" and h == 0)
    }


def _systems() -> dict[str, Callable[[float], dict[str, Any]]]:
    """For each system its arguments as a function of the field."""
    lattices = {"x".join(map(str, shape)): functools.partial(_lattice, shape) for shape in SHAPES}
    return {
        **lattices,
        "replicas of a glass": _glass,
        "replicas of a frustrated graph": _graph,
        "replicas with many bonds": _many_bonds,
        "samples": _samples,
        "samples, shared random numbers": lambda h: _samples(h) | {"shared_random_numbers": True},
    }


def _lattice(shape: tuple[int, ...], h: float) -> dict[str, Any]:
    # Both sides of the critical temperature, where every threshold has something to decide.
    temperatures = [2.0, 2.5] if len(shape) == 2 else [4.0, 5.0]
    return {"model": ms.Ising(shape, h=h), "temperature": temperatures, "replicas": 2}


def _glass(h: float) -> dict[str, Any]:
    # Two words, the second one partly used.
    model = ms.EdwardsAnderson((3, 4, 5), seed=1, h=h)
    return {"model": model, "temperature": np.linspace(0.5, 3.0, 70), "replicas": 70}


def _graph(h: float) -> dict[str, Any]:
    # Sites of degree 6; more than one bundle of 512.
    model = ms.Pairwise.from_edges(35, graphs.triangular((5, 7)), -1.5, h)
    return {"model": model, "temperature": np.linspace(0.5, 6.0, 600), "replicas": 600}


def _many_bonds(h: float) -> dict[str, Any]:
    # All pairs of 24 spins and three of them with 20 neighbours more: sites of 1, 23 and 43 bonds.
    edges = list(itertools.combinations(range(24), 2))
    edges += [(hub, 24 + 20 * hub + leaf) for hub in range(3) for leaf in range(20)]
    signs = np.random.default_rng(1).choice([-1.0, 1.0], len(edges))
    model = ms.Pairwise.from_edges(84, edges, signs, h)
    temperature = np.linspace(0.5, 12.0, 600)
    return {"model": model, "temperature": temperature, "replicas": 600, "engine": "replica"}


def _samples(h: float) -> dict[str, Any]:
    return {"model": ms.EdwardsAnderson((4, 6), seed=2, h=h, samples=600), "temperature": 1.25}


def digest(arguments: dict[str, Any]) -> str:
    """SHA-256 of the state at the end of the run."""
    sampler = ms.Sampler(**arguments)
    sampler.sweep(SWEEPS)
    return hashlib.sha256(sampler.packed().astype("<u8").tobytes()).hexdigest()


def main() -> None:
    """Write the file anew."""
    digests = {name: digest(arguments) for name, arguments in runs().items()}
    FILE.write_text(json.dumps(digests, indent=2) + "\n", encoding="ascii")
    print(f"{len(digests)} trajectories of version {ms.__version__} in {FILE}")


if __name__ == "__main__":
    main()
