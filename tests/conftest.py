"""What all tests need of their process."""

from __future__ import annotations

import collections
import itertools
import os
import signal
import threading
import zlib

# Tests are one process a core, and of small matrices: threads of NumPy's BLAS wait for each other
# and take several times the processor's time. It is read when NumPy is imported, and by workers.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest

from multispin._base import checks

# A shell starts its background jobs with SIGINT ignored, and children inherit that: Ctrl-C would
# not reach the tests that press it.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be a share of the tests."""
    parser.addoption("--share", metavar="K/N", help="only tests whose names have a CRC of K mod N")


@pytest.hookimpl(tryfirst=True)  # before marks select
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the cases of a test that is one_in(n) thorough, but for every n-th; take the share."""
    seen: collections.Counter[str] = collections.Counter()
    for item in items:
        mark = item.get_closest_marker("one_in")
        if mark is not None:
            name = item.nodeid.partition("[")[0]
            if seen[name] % mark.args[0] != 0:
                item.add_marker("thorough")
            seen[name] += 1
    share = config.getoption("--share")
    if share is not None:
        k, n = map(int, share.split("/"))
        others = [item for item in items if zlib.crc32(item.nodeid.encode()) % n != k]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if zlib.crc32(item.nodeid.encode()) % n == k]


@pytest.fixture(autouse=True)
def fresh_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh seeds are others from call to call, and the same from run to run of a test."""
    numbers = itertools.count(1_000_000_007, 1_000_003)
    monkeypatch.setattr(checks, "fresh_seed", lambda: next(numbers))
