"""The module of the GPU engines for an emulated device, put in the place of the real one."""

from __future__ import annotations

import importlib.util
import os
import sys

import multispin as ms

#: The module that a build with `MULTISPIN_BUILD_EMULATION` makes; nothing for real devices.
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
