"""Print the lowest versions that pyproject.toml allows, one requirement a line.

Run as ``python tools/lowest.py [EXTRA ...]``: what the package needs, and what the extras need.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

PROJECT = import_module("tomllib").loads(
    (Path(__file__).parents[1] / "pyproject.toml").read_text()
)["project"]


def lowest(requirements: list[str]) -> list[str]:
    """Return pins of requirements; extras of the package itself are looked into."""
    pins = []
    for requirement in requirements:
        own = re.fullmatch(rf"{PROJECT['name']}\[(.*)\]", requirement)
        if own:
            for extra in own[1].split(","):
                pins += lowest(PROJECT["optional-dependencies"][extra])
            continue
        found = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement)
        if found is None:
            raise ValueError(f"{requirement!r} is not NAME>=VERSION")
        pins.append(f"{found[1]}=={found[2]}")
    return list(dict.fromkeys(pins))


if __name__ == "__main__":
    wanted = [f"{PROJECT['name']}[{','.join(sys.argv[1:])}]"] if sys.argv[1:] else []
    print("\n".join(lowest(PROJECT["dependencies"] + wanted)))
