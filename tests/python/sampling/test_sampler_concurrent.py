"""Two threads, one sampler: a call is refused, disturbs nothing, and sees no half-way state."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# None of them changes the spins, so a call that comes too early or too late does no harm.
CALLS: dict[str, Callable[[ms.Sampler], object]] = {
    "sweep": lambda sampler: sampler.sweep(0),
    "spins": lambda sampler: sampler.spins(),
    "energy": lambda sampler: sampler.energy_per_spin(),
    "temperature": lambda sampler: setattr(sampler, "temperature", 2.3),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_second_thread_is_refused(name: str) -> None:
    sampler, alone = (
        ms.Sampler(ms.Ising((2048, 2048)), 2.3, seed=4, threads=threads) for threads in (1, 2)
    )
    sweeps = 500
    thread = threading.Thread(target=sampler.sweep, args=[sweeps])
    thread.start()

    def call_until_it_ends() -> None:
        while thread.is_alive():
            CALLS[name](sampler)

    with pytest.raises(RuntimeError, match="one call at a time"):
        call_until_it_ends()
    thread.join()
    alone.sweep(sweeps)
    np.testing.assert_array_equal(sampler.packed(), alone.packed())


class SweptBetween:
    """An engine on which another thread sweeps between any two calls of this one."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        self._engine.sweep(1)
        return getattr(self._engine, name)


def test_a_saved_state_is_of_one_moment(tmp_path: Path) -> None:
    sampler, twin = (ms.Sampler(ms.Ising((64, 64)), 2.3, seed=4, threads=1) for _ in range(2))
    sampler._engine = SweptBetween(sampler._engine)  # type: ignore[assignment]
    sampler.save(tmp_path / "state")
    loaded = ms.Sampler.load(tmp_path / "state")
    assert loaded.sweeps_done > 0
    twin.sweep(loaded.sweeps_done)
    np.testing.assert_array_equal(loaded.packed(), twin.packed())
