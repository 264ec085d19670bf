"""The memory that a sampler says it takes, against sums by hand."""

from __future__ import annotations

from typing import Any

import pytest

import multispin as ms
from multispin._base import memory

N, E = 512, 3 * 512  # of a glass of 8 x 8 x 8 spins
WORDS = 8  # of 64 lanes a site, for up to 512 replicas

#: A site has its number and its position. A bond is kept at both ends, each time with the other
#: end and its sign; once with its ends and its sign; and by the number with which it was given.
GRAPH = N * (4 + 4) + E * (2 * (4 + 4) + (4 + 4 + 4) + 4)

#: On the way to an engine: as two int64 twice, and as two uint32 twice; and a sign, twice.
LISTED = E * (2 * 16 + 2 * 8)


def glass(replicas: int = 512, samples: int | None = None, **arguments: Any) -> ms.Sampler:
    model = ms.EdwardsAnderson((8, 8, 8), seed=1, samples=samples)
    return ms.Sampler(model, replicas=replicas, device="cpu", **arguments)


@pytest.mark.parametrize("replicas", [257, 512])
def test_replicas_of_one_sample_are_bits_beside_a_graph(replicas: int) -> None:
    assert glass(replicas).info()["bytes"] == 8 * WORDS * N + GRAPH == 86016
    assert glass(replicas, samples=1).info()["bytes"] == 86016


def test_every_replica_may_have_a_sign_for_each_bond() -> None:
    expected = 8 * WORDS * (N + E) + GRAPH
    assert glass(1, samples=512).info()["bytes"] == expected == 184320
    assert glass(2, samples=256).info()["bytes"] == expected
    assert glass(1, samples=512, shared_random_numbers=True).info()["bytes"] == expected


def test_a_few_replicas_have_two_words_a_site() -> None:
    assert glass(3).info()["bytes"] == 8 * 2 * N + GRAPH


def test_without_couplings_there_are_no_bonds() -> None:
    model = ms.EdwardsAnderson((8, 8, 8), J=0.0)
    held = ms.Sampler(model, replicas=512, device="cpu").info()["bytes"]
    assert held == 8 * WORDS * N + 8 * N


def test_bonds_of_any_graph_count() -> None:
    model = ms.Pairwise.from_edges(30, ms.graphs.random_regular(30, 3))
    held = ms.Sampler(model, replicas=512, device="cpu").info()["bytes"]
    assert held == 8 * WORDS * 30 + 30 * 8 + 45 * 32


def test_a_lattice_is_a_bit_a_spin() -> None:
    one, three = (
        ms.Sampler(ms.Ising((1024, 1024)), replicas=replicas, device="cpu").info()["bytes"]
        for replicas in (1, 3)
    )
    assert three == 3 * one
    assert 2**17 <= one <= 1.01 * 2**17


@pytest.mark.parametrize("samples", [None, 512])
def test_making_an_engine_takes_more_for_a_while(
    samples: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    replicas = 1 if samples else 512
    held = glass(replicas, samples).info()["bytes"]
    needed = held + LISTED + 2 * E * (samples or 1)
    monkeypatch.setattr(memory, "_available_memory", lambda: needed)
    glass(replicas, samples)
    monkeypatch.setattr(memory, "_available_memory", lambda: needed - 1)
    with pytest.raises(MemoryError, match=r"shape: \d+ replicas? of 8 x 8 x 8: needed"):
        glass(replicas, samples)


def test_a_replica_sweep_gives_what_is_held() -> None:
    data = ms.replica_sweep(
        ms.EdwardsAnderson((8, 8, 8), seed=1),
        2.0,
        replicas=[1, 512],
        sweeps=20,
        thermalization=0,
        interval=1,
        device="cpu",
    )
    assert data["bytes"].values.tolist() == [8 * 2 * N + GRAPH, 86016]
    assert data.bytes_per_spin.values.tolist() == [(8 * 2 * N + GRAPH) / N, 86016 / 512 / N]
