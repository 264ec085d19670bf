"""What compute-sanitizer runs on a GPU (bench/gpu/tiny.py) has to run."""

from __future__ import annotations

import runpy
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "bench/gpu/tiny.py"


def test_every_kernel() -> None:
    runpy.run_path(str(SCRIPT))["main"]()
