"""What is tested on GPUs of either kind: real ones, or an emulated one (`emulated`)."""

from __future__ import annotations

import pytest

from emulated import EMULATED, demand_gpu, load

load()


@pytest.fixture(autouse=True)
def gpu() -> str:
    """Return the name of a device that works."""
    demand_gpu()
    return "cuda"


@pytest.fixture
def emulated() -> None:
    """Skip where the device is not an emulated one, whose limits the test sets."""
    if not EMULATED:
        pytest.skip("needs the emulated device")
