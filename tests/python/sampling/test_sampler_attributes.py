"""What a sampler has, what of it can be set, and that a slip of the pen is no new attribute."""

from __future__ import annotations

from typing import Any

import pytest

import multispin as ms


@pytest.fixture
def sampler() -> ms.Sampler:
    return ms.Sampler(ms.Ising((4, 6), h=0.25), 2.0, seed=1)


def test_model_and_field(sampler: ms.Sampler) -> None:
    assert sampler.model == ms.Ising((4, 6), h=0.25)
    assert sampler.h == 0.25


@pytest.mark.parametrize("name", ["T", "temprature", "temperatures", "beta", "J", "spins", "sweep",
                                  "sweeps_done", "seed"])  # fmt: skip
def test_what_cannot_be_set_is_refused(sampler: ms.Sampler, name: str) -> None:
    before = sampler.packed()
    with pytest.raises(AttributeError, match=f"^{name}: got 1.5, allowed: to set temp"):
        setattr(sampler, name, 1.5)
    assert (sampler.packed() == before).all()


def test_temperature_can_be_set(sampler: ms.Sampler) -> None:
    sampler.temperature = 3.0
    assert sampler.temperature == 3.0


@pytest.mark.parametrize("name", ["T", "beta", "temprature"])
def test_what_is_not_there(sampler: Any, name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(sampler, name)
