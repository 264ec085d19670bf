"""What is tested on GPUs of either kind: real ones, or an emulated one (`emulated`)."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emulated import EMULATED, demand_gpu, load

if TYPE_CHECKING:
    from collections.abc import Callable

load()


@pytest.fixture(autouse=True)
def gpu() -> str:
    """Return the name of a device that works."""
    demand_gpu()
    return "cuda"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Return what gives the names in a bench of GPUs."""
    folder = Path(__file__).parents[2] / "bench" / "gpu"
    monkeypatch.syspath_prepend(str(folder))  # where it finds what benches share
    return lambda name: runpy.run_path(str(folder / f"{name}.py"))


@pytest.fixture
def emulated() -> None:
    """Skip where the device is not an emulated one, whose limits the test sets."""
    if not EMULATED:
        pytest.skip("needs the emulated device")
