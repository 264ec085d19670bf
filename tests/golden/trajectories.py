"""Golden trajectories: what a seed has to give in every release with the same first two numbers.

`trajectories.json` holds, for some runs, the SHA-256 of the words that `Sampler.packed` returns at
the end, as little-endian bytes. The twin tests say that a trajectory is right; these say that it
has not changed. If one has to change (other rounds, planes, layout), say so in CHANGELOG.md, raise
the version, and write the file anew, from the top of the repository::

    PYTHONPATH=tests python -m golden.trajectories
"""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import multispin as ms

FILE = Path(__file__).with_name("trajectories.json")
SHAPES = ((34, 28), (64, 1024))  # 14 lanes, one word a row; 64 lanes, eight words
FIELDS = (0.0, 0.25)
SWEEPS = 50


def runs() -> dict[str, dict[str, Any]]:
    """Arguments of the sampler, by the name of the run."""
    combinations = itertools.product(SHAPES, ("aes", "philox"), ("metropolis", "glauber"), FIELDS)
    return {
        f"{shape[0]}x{shape[1]} {rng} {dynamics} h={h}": {
            "model": ms.Ising(shape, h=h),
            "temperature": [2.0, 2.5],
            "replicas": 2,
            "dynamics": dynamics,
            "rng": rng,
            "seed": 0x9E3779B97F4A7C15,
            "first_stream": 5,
        }
        for shape, rng, dynamics, h in combinations
    }


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
