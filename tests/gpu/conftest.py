"""GPUs for the tests here: real ones, or an emulated one.

Without a GPU these tests skip, with the reason; `MULTISPIN_REQUIRE_GPU=1` makes that a failure.
`MULTISPIN_EMULATED_CUDA=<path>` names the module that a build with `MULTISPIN_BUILD_EMULATION`
makes: the same engines and the same Python layer over a device in the host's memory.
"""

from __future__ import annotations

import importlib.util
import os
import sys

import pytest

import multispin as ms
from multispin._engines import devices

EMULATED = os.environ.get("MULTISPIN_EMULATED_CUDA", "")


def _load_emulated(path: str) -> None:
    spec = importlib.util.spec_from_file_location("multispin._cuda", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["multispin._cuda"] = module
    ms._cuda = module  # type: ignore[attr-defined]


if EMULATED:
    _load_emulated(EMULATED)


@pytest.fixture(autouse=True)
def gpu() -> str:
    """Return the name of a device that works."""
    reason = devices.why_not()
    if reason and os.environ.get("MULTISPIN_REQUIRE_GPU") == "1":
        pytest.fail(f"MULTISPIN_REQUIRE_GPU=1, but {reason}")
    if reason:
        pytest.skip(reason)
    return "cuda"


@pytest.fixture
def emulated() -> None:
    """Skip where the device is not an emulated one, whose limits the test sets."""
    if not EMULATED:
        pytest.skip("needs the emulated device")


@pytest.fixture
def real() -> None:
    """Skip where the device is not a real one."""
    if EMULATED:
        pytest.skip("needs a real GPU")
