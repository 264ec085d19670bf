"""One sampler, two threads: the second call is refused and the first is not disturbed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

import multispin as ms

if TYPE_CHECKING:
    from collections.abc import Callable

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
