"""What several test files share."""

from __future__ import annotations

import sys

import pytest

import multispin as ms
from multispin import _core

ISAS: list[str] = _core.available_isas()


@pytest.fixture(params=ISAS)
def isa(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test once for each instruction set of this machine: samplers made in it use that."""
    monkeypatch.setenv("MULTISPIN_ISA", request.param)
    return str(request.param)


@pytest.fixture
def without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let multispin be a build without CUDA engines, whatever this one has."""
    monkeypatch.setitem(sys.modules, "multispin._cuda", None)
    monkeypatch.delattr(ms, "_cuda", raising=False)
