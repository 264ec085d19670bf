"""What all tests need of their process."""

from __future__ import annotations

import itertools
import os
import signal
import threading

# Tests are one process a core, and of small matrices: threads of NumPy's BLAS wait for each other
# and take several times the processor's time. It is read when NumPy is imported, and by workers.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest

from multispin._base import checks

# A shell starts its background jobs with SIGINT ignored, and children inherit that: Ctrl-C would
# not reach the tests that press it.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def fresh_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh seeds are others from call to call, and the same from run to run of a test."""
    numbers = itertools.count(1_000_000_007, 1_000_003)
    monkeypatch.setattr(checks, "fresh_seed", lambda: next(numbers))
