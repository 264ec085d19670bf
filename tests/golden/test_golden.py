"""Trajectories do not change from one release to the next."""

from __future__ import annotations

import json

import pytest

from golden import trajectories
from multispin import _core

RUNS = trajectories.runs()


@pytest.fixture(params=_core.available_isas(), autouse=True)
def _isa(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MULTISPIN_ISA", request.param)


def golden() -> dict[str, str]:
    digests: dict[str, str] = json.loads(trajectories.FILE.read_text(encoding="ascii"))
    return digests


def test_every_run_has_its_digest() -> None:
    assert golden().keys() == RUNS.keys()
    assert len(set(golden().values())) == len(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_a_trajectory_has_not_changed(name: str) -> None:
    assert trajectories.digest(RUNS[name]) == golden()[name]
