"""GPUs for the tests: real ones, or an emulated one in the place of the real one.

Without a GPU tests that need one skip, with the reason; `MULTISPIN_REQUIRE_GPU=1` makes that a
failure. `MULTISPIN_EMULATED_CUDA=<path>` names the module that a build with
`MULTISPIN_BUILD_EMULATION` makes: the same engines and the same Python layer over a device in the
host's memory.
"""

from __future__ import annotations

import importlib.util
import os
import sys

import pytest

import multispin as ms
from multispin._engines import devices

#: The module for an emulated device; nothing for real ones.
EMULATED = os.environ.get("MULTISPIN_EMULATED_CUDA", "")


def load() -> None:
    """Put the emulated module, if one is named, where the package looks for the real one."""
    if not EMULATED or "multispin._cuda" in sys.modules:
        return
    spec = importlib.util.spec_from_file_location("multispin._cuda", EMULATED)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["multispin._cuda"] = module
    ms._cuda = module  # type: ignore[attr-defined]


def demand_gpu() -> None:
    """Skip a test, or fail it if that was asked for, where no GPU works."""
    reason = devices.why_not()
    if reason and os.environ.get("MULTISPIN_REQUIRE_GPU") == "1":
        pytest.fail(f"MULTISPIN_REQUIRE_GPU=1, but {reason}")
    if reason:
        pytest.skip(reason)
