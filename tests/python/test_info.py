"""What the installation says about itself, and what importing it costs."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from typing import Any

import pytest

import multispin as ms
from reference import lattice, planes


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_info_has_everything() -> None:
    info = ms.info()
    assert info.keys() == {
        "version", "instruction_set", "threads", "devices", "cuda", "generators", "compiler",
    }  # fmt: skip
    assert info["version"] == ms.__version__ == importlib.metadata.version("multispin")
    assert info["devices"][0] == "cpu"
    assert info["compiler"]
    json.dumps(info)  # plain data, fit for the attributes of a file


def test_a_build_without_cuda_says_so(without_cuda: None) -> None:  # noqa: ARG001
    info = ms.info()
    assert info["devices"] == ["cpu"]
    assert not info["cuda"]["built"]
    assert info["cuda"]["unavailable_because"].startswith("not built: ")
    json.dumps(info)


def test_the_generators_are_those_of_the_trajectory() -> None:
    aes, philox = (ms.info()["generators"][name] for name in ("aes", "philox"))
    assert aes == {
        "planes": lattice.COARSE_PLANES["aes"],
        "tail_planes": planes.TAIL_PLANES,
        "key_rounds": planes.AES_KEY_ROUNDS,
        "start_rounds": planes.AES_START_ROUNDS,
    }
    assert philox == {
        "planes": lattice.COARSE_PLANES["philox"],
        "tail_planes": planes.TAIL_PLANES,
        "rounds": planes.PHILOX_ROUNDS,
    }


def test_the_best_instruction_set_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MULTISPIN_ISA", raising=False)
    instruction_set = ms.info()["instruction_set"]
    assert instruction_set["available"][0] == "portable"
    assert instruction_set["used"] == instruction_set["available"][-1]
    monkeypatch.setenv("MULTISPIN_ISA", "")
    assert ms.info()["instruction_set"] == instruction_set


def test_an_instruction_set_can_be_forced(isa: str) -> None:
    assert ms.info()["instruction_set"]["used"] == isa
    assert ms.Sampler(ms.Ising((4, 4))).info()["instruction_set"] == isa


@pytest.mark.parametrize("wrong", ["sse9", "AVX2", "avx2 "])
def test_an_instruction_set_that_there_is_not(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("MULTISPIN_ISA", wrong)
    calls: list[Any] = [ms.info, lambda: ms.Sampler(ms.Ising((4, 4)))]
    for call in calls:
        with pytest.raises(ValueError, match=rf"MULTISPIN_ISA: got '{wrong}'.*portable"):
            call()


def test_importing_loads_no_heavy_package() -> None:
    heavy = ["xarray", "h5netcdf", "h5py", "matplotlib", "scipy", "pandas", "tqdm", "numba"]
    done = run(f"import multispin, sys; print([m for m in {heavy} if m in sys.modules])")
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


@pytest.mark.thorough
def test_importing_works_where_the_instruction_set_is_wrong() -> None:
    # The error belongs to the first use, where it can be caught.
    assert run("import multispin", MULTISPIN_ISA="sse9").returncode == 0


@pytest.mark.thorough
def test_the_default_number_of_threads_can_be_set() -> None:
    done = run("import multispin as ms; print(ms.info()['threads'])", OMP_NUM_THREADS="3")
    assert done.stdout == "3\n"


@pytest.mark.thorough
def test_the_default_number_of_threads_is_that_of_the_process() -> None:
    cores = sorted(os.sched_getaffinity(0))
    code = (
        f"import os; os.sched_setaffinity(0, {cores[:1]}); os.environ.pop('OMP_NUM_THREADS', 0)\n"
        "import multispin as ms; print(ms.info()['threads'])"
    )
    assert run(code).stdout == "1\n"
