"""Print the lowest versions that pyproject.toml allows, one requirement a line.

Run as ``python tools/lowest.py [EXTRA ...]``: what the package needs, and what the extras need.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


def lowest(requirements: list[str]) -> list[str]:
    """Return pins of requirements; extras of the package itself are looked into."""
    pins = []
    for requirement in requirements:
        own = re.fullmatch(rf"{PROJECT['name']}\[(.*)\]", requirement)
        if own:
            for extra in own[1].split(","):
                pins += lowest(PROJECT["optional-dependencies"][extra])
            continue
        name, version = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()
        pins.append(f"{name}=={version}")
    return list(dict.fromkeys(pins))


if __name__ == "__main__":
    wanted = [f"{PROJECT['name']}[{','.join(sys.argv[1:])}]"] if sys.argv[1:] else []
    print("\n".join(lowest(PROJECT["dependencies"] + wanted)))
