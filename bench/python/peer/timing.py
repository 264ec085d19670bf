"""Spin updates per nanosecond, without what a call costs beyond its sweeps.

The clock is the CPU time of the process, all threads together. On a quiet machine that is the
wall time of one thread; on a busy one it does not count what other programs took of the core,
and a peer that started a second thread would gain nothing by it.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from peer.physics import CRITICAL_TEMPERATURE

if TYPE_CHECKING:
    from peer.interface import Peer

# Long enough for the ordering of the first sweeps after a random start to be over. The lattice
# is not in equilibrium at T_c then, but its acceptance rate no longer changes visibly.
WARM_UP_SWEEPS = 96


def prepare(peer: Peer) -> None:
    """Bring `peer` to T_c from a random start; this also warms caches and compilers."""
    peer.start(CRITICAL_TEMPERATURE, ordered=False)
    peer.sweep(-(-WARM_UP_SWEEPS // peer.chunk) * peer.chunk)


def sweeps_lasting(peer: Peer, seconds: float) -> int:
    """Sweeps that take about `seconds` beyond the cost of a call, found by doubling."""
    sweeps = base = peer.chunk
    # The better of two calls: a first call, or a disturbed one, would end the search too early.
    fixed = min(_elapsed(peer, base), _elapsed(peer, base))
    while True:
        sweeps *= 2
        spent = min(_elapsed(peer, sweeps), _elapsed(peer, sweeps)) - fixed
        if spent >= seconds / 4:
            chunks = seconds / spent * (sweeps - base) / base
            return base * (1 + max(1, round(chunks)))


def flips_per_ns(peer: Peer, sweeps: int) -> float:
    """Attempted updates per ns, from the difference of a long and a shortest possible call.

    Conversions, schedules and result objects cost the same in both and drop out.

    Raises
    ------
    RuntimeError
        The long call was not longer: the machine is too noisy for such short measurements.
    """
    short = _elapsed(peer, peer.chunk)
    spent = _elapsed(peer, sweeps) - short
    if spent <= 0:
        raise RuntimeError("timing drowned in noise; give --seconds a larger value")
    return (sweeps - peer.chunk) * peer.n_spins / spent * 1e-9


def _elapsed(peer: Peer, sweeps: int) -> float:
    # A garbage collection walks the objects of every peer in the process: not during a timing.
    gc.disable()
    begin = time.process_time()
    peer.sweep(sweeps)
    spent = time.process_time() - begin
    gc.enable()
    return spent
