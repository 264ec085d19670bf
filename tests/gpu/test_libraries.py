"""Arrays to and from CuPy and PyTorch, which know real GPUs only."""

from __future__ import annotations

import gc
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from device.test_arrays import device, sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    import multispin as ms


@pytest.fixture(params=["lattice", "replica"])
def make(request: pytest.FixtureRequest) -> Callable[..., ms.Sampler]:
    """Return what makes samplers of one engine."""
    return partial(sampler, engine=request.param)


def test_cupy_takes_and_gives(make: Callable[..., ms.Sampler]) -> None:
    cupy = pytest.importorskip("cupy")
    one = make()
    one.sweep(2)
    spins = device(one.spins())
    host = spins.copy_to_host()
    np.testing.assert_array_equal(cupy.asnumpy(cupy.asarray(spins)), host)
    np.testing.assert_array_equal(cupy.asnumpy(cupy.from_dlpack(spins)), host)
    for packed in (
        device(one.packed()),
        device(one.packed(copy=one.info()["engine"] == "replica")),
    ):
        np.testing.assert_array_equal(cupy.asnumpy(cupy.asarray(packed)), packed.copy_to_host())
    again = make(init=cupy.asarray(host))
    np.testing.assert_array_equal(device(again.spins()).copy_to_host(), host)
    with pytest.raises(TypeError, match="of dtype float32"):
        make(init=cupy.ones((12, 378), cupy.float32))


def test_torch_takes_and_gives(make: Callable[..., ms.Sampler]) -> None:
    torch = pytest.importorskip("torch")
    one = make()
    one.sweep(2)
    spins = device(one.spins())
    host = spins.copy_to_host()
    taken = torch.from_dlpack(spins)
    np.testing.assert_array_equal(taken.cpu().numpy(), host)
    del spins
    gc.collect()
    np.testing.assert_array_equal(taken.cpu().numpy(), host)
    again = make(init=torch.from_numpy(host).cuda())
    np.testing.assert_array_equal(device(again.spins()).copy_to_host(), host)
