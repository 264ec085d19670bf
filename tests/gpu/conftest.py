"""What only hardware can show: physics at full size, and the arrays of other libraries."""

from __future__ import annotations

import pytest

from emulated import EMULATED, demand_gpu


@pytest.fixture(autouse=True)
def real_gpu() -> None:
    """Skip where there is no real GPU; what an emulated one can show is tested elsewhere."""
    if EMULATED:
        pytest.skip("needs a real GPU")
    demand_gpu()
