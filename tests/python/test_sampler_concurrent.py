"""Two threads, one sampler: a call is refused, disturbs nothing, and sees no half-way state."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING

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


def test_a_saved_state_is_of_one_moment(tmp_path: Path) -> None:
    """Save while another thread sweeps: refused, or spins that belong to their sweep number."""
    sampler, twin = (ms.Sampler(ms.Ising((64, 64)), 2.3, seed=4, threads=1) for _ in range(2))
    after = [twin.packed()]
    for _ in range(400):
        twin.sweep(1)
        after.append(twin.packed())
    stop = threading.Event()

    def sweep() -> None:
        done = 0
        while done < 400 and not stop.wait(1e-4):
            with contextlib.suppress(RuntimeError):  # refused while the other one saves
                sampler.sweep(1)
                done += 1

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=sweep)
    saved = 0
    try:
        thread.start()
        while thread.is_alive():
            with contextlib.suppress(RuntimeError):
                sampler.save(tmp_path / "state")
                saved += 1
                loaded = ms.Sampler.load(tmp_path / "state")
                np.testing.assert_array_equal(loaded.packed(), after[loaded.sweeps_done])
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(before)
    assert saved > 10
