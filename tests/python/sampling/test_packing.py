"""The warning where an engine that packs replicas has next to none to pack."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms

if TYPE_CHECKING:
    from collections.abc import Callable

GLASS = ms.EdwardsAnderson((64, 64, 64), seed=1)


def sampler(model: ms.models.Model, **more: Any) -> ms.Sampler:
    return ms.Sampler(model, 2.0, seed=1, threads=1, **more)


@pytest.mark.one_in(5)
@pytest.mark.parametrize(("make", "cure"), [
    (lambda: sampler(ms.Ising((1023, 1023))), "64 replicas or more, .* or even sides"),
    (lambda: sampler(ms.Ising((512, 513)), replicas=63), "or even sides"),
    (lambda: sampler(GLASS), "take 64 replicas or more, which take as long$"),
    (lambda: ms.simulate(ms.Ising((513, 513)), 2.0, 1, 0, seed=1), "or even sides"),
    (lambda: ms.anneal(GLASS, [2.0], 1, replicas=2, seed=1), "64 replicas or more"),
])  # fmt: skip
def test_few_replicas_of_many_spins(make: Callable[[], object], cure: str) -> None:
    with pytest.warns(ms.SlowEngineWarning, match=cure) as caught:
        make()
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize(
    "make",
    [
        lambda: sampler(ms.Ising((1024, 1024))),
        lambda: sampler(GLASS, replicas=64),
        lambda: sampler(ms.Ising((63, 63)), replicas=60),  # few spins
        lambda: sampler(ms.Pairwise(np.ones((5, 5)) - np.eye(5))),
    ],
)
def test_no_warning(make: Callable[[], object]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make()
