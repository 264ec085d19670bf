"""Files that were damaged, or sealed although what they hold does not fit together: all refused.

A file that is accepted all the same has to do what an undamaged one does, to the end.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

import multispin as ms
from multispin import io
from multispin.learn.deep import portable
from multispin.learn.rbm import files
from multispin.studies.journal import _seal

from . import small_machines
from .small_machines import MACHINES
from .small_runs import RUNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

Arrays = dict[str, "NDArray[Any]"]

#: What takes the place of a value of JSON.
VALUES = (
    None, True, -1, 0, 1, 7, 2**48 + 1, 2**63, 2**70, 10**30, 0.5, -1.5, 1e308, float("nan"),
    float("inf"), "", "auto", "x" * 300, [], [1], [[]], [2, 2], [2**20, 2**20], {}, {"x": 1},
)  # fmt: skip


# --- what is damaged ------------------------------------------------------------------------------


class StoppedError(Exception):
    """Leaves a run half way."""


def half_way(kind: str, path: Path) -> None:
    """Write the checkpoint of a run that was stopped."""

    def stop(progress: Any) -> None:
        if progress.sweeps > progress.total // 2:
            raise StoppedError

    with suppress(StoppedError):
        RUNS[kind](path, progress=stop)


def sampler(model: ms.models.Model, path: Path, **more: Any) -> None:
    made = ms.Sampler(model, 2.0, seed=3, threads=1, **more)
    made.sweep(3)
    made.save(path)


def task(x: int, L: int) -> dict[str, Any]:
    return {"y": x * L, "text": "x" * x, "squares": np.arange(x + 1) ** 2.0}


POINTS = {"x": [1, 2, 3], "L": 4}


def study(path: Path) -> Any:
    return ms.study(task, POINTS, path)


def use_sampler(path: Path) -> Any:
    made = ms.Sampler.load(path, threads=1)
    made.sweep(2)
    return made.energy()


# The name, how the file is made, and what reads it.
FILES: dict[str, tuple[Callable[[Path], Any], Callable[[Path], Any]]] = {
    "sampler, lattice": (lambda p: sampler(ms.Ising((6, 10)), p, replicas=2), use_sampler),
    "sampler, pairs": (
        lambda p: sampler(ms.Pairwise(np.ones((5, 5)) - np.eye(5)), p, replicas=70),
        use_sampler,
    ),
    "sampler, samples": (
        lambda p: sampler(ms.EdwardsAnderson((4, 4), seed=1, samples=3), p, replicas=2),
        use_sampler,
    ),
    **{f"{kind}, half way": (lambda p, k=kind: half_way(k, p), RUNS[kind]) for kind in RUNS},
    **{f"{kind}, finished": (RUNS[kind], RUNS[kind]) for kind in RUNS},
    **{
        f"RBM, {kind}": (small_machines.learned(kind), small_machines.use(kind))
        for kind in MACHINES
    },
    **{
        f"training of an RBM, {kind}": (small_machines.half_way(kind), small_machines.go_on(kind))
        for kind in MACHINES
    },
    "deep belief network": (small_machines.network, small_machines.use_network),
    "study": (study, study),
    "study, read": (study, ms.read_study),
}


def is_whole(found: Any, expected: Any) -> bool:
    if isinstance(expected, np.ndarray):
        return bool(np.array_equal(found, expected))
    return bool(found.identical(expected))


# --- damage ---------------------------------------------------------------------------------------


def damaged(data: bytes, numbers: random.Random) -> bytes:
    """Return the bytes with one accident."""
    here, there = sorted(numbers.randrange(len(data)) for _ in range(2))
    there = min(there, here + numbers.choice([1, 8, 512]))
    kind = numbers.randrange(6)
    if kind == 0:
        return data[:here]
    if kind == 1:
        return data[:here] + bytes(there - here) + data[there:]
    if kind == 2:
        return data[:here] + numbers.randbytes(there - here) + data[there:]
    if kind == 3:
        return data[:here] + data[there:]
    if kind == 4:
        return data[:there] + data[here:]
    flipped = bytearray(data)
    flipped[here] ^= 1 << numbers.randrange(8)
    return bytes(flipped)


# --- sealed ---------------------------------------------------------------------------------------


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the ways to all that is in a value of JSON."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:3])
    for key, inner in items:
        yield (*way, key)
        if isinstance(inner, (dict, list)):
            yield from places(inner, (*way, key))


def changed_json(value: Any, numbers: random.Random) -> Any:
    """Return JSON with one value missing or another."""
    value = copy.deepcopy(value)
    way = numbers.choice(list(places(value)))
    at = value
    for key in way[:-1]:
        at = at[key]
    if numbers.random() < 0.25:
        del at[way[-1]]
    else:
        at[way[-1]] = numbers.choice(VALUES)
    return value


def changed_array(array: NDArray[Any], numbers: random.Random) -> NDArray[Any] | None:
    """Return another array, or None for none."""
    kind = numbers.randrange(8)
    if kind == 0:
        return None
    if kind == 1:
        return array[:-1] if array.ndim and len(array) else np.zeros(3)
    if kind == 2:
        return np.concatenate([array.ravel(), array.ravel()])
    if kind == 3:
        return array.reshape(-1, 1)
    if kind == 4:
        return array.astype(numbers.choice(["f4", "i2", "u1", "c16", "S5", "?"]))
    if kind == 5:
        return np.zeros_like(array)
    if kind == 6:
        return np.zeros(0, array.dtype)
    other = array.copy().reshape(-1)
    if other.size:
        extreme = numbers.choice([-1, 2**62, float("nan"), 0])
        with np.errstate(all="ignore"), suppress(ValueError, OverflowError):
            other[numbers.randrange(other.size)] = extreme
    return other.reshape(array.shape)


def resealed(path: Path, numbers: random.Random) -> None:
    """Replace a file by one that is in order, but for what it says."""
    begins = path.read_bytes()[:9]
    if begins.startswith(b"PK"):
        kind = _kind_of(path)
        io.write_checkpoint(path, kind, *changed(*io.read_checkpoint(path, kind), numbers))
        return
    if begins == b"multispin":
        of = _format_of(path)
        files.write(path, of, *changed(*files.read(path, of), numbers))
        return
    lines = path.read_bytes().splitlines()
    number = numbers.randrange(len(lines))
    record = changed_json(json.loads(lines[number][65:]), numbers)
    sealed = [line + b"\n" for line in lines]
    sealed[number] = _seal(json.dumps(record).encode())
    path.write_bytes(b"".join(sealed))


def changed(meta: Any, arrays: Arrays, numbers: random.Random) -> tuple[Any, Arrays]:
    """Return what a file has, JSON or an array changed."""
    if not arrays or numbers.random() < 0.5:
        return changed_json(meta, numbers), arrays
    name = numbers.choice(list(arrays))
    other = changed_array(arrays[name], numbers)
    arrays = {k: v for k, v in arrays.items() if k != name}
    return meta, arrays if other is None else {**arrays, name: other}


def _format_of(path: Path) -> files.Format:
    with h5py.File(path) as archive:
        name = json.loads(archive["header"][()].tobytes())["format"]
    return portable.FORMAT if name == portable.FORMAT.name else files.FORMAT


def _kind_of(path: Path) -> str:
    with np.load(path) as archive:
        return str(json.loads(archive["header"].tobytes()[64:])["kind"])


# --- attempts -------------------------------------------------------------------------------------


def outcome(use: Callable[[Path], Any], path: Path, expected: Any) -> str:
    """Return what came of reading a file: whole, accepted, refused, or an error of another kind."""
    try:
        found = use(path)
    except ms.CheckpointError:
        return "refused"
    except BaseException as error:  # that it is not a CheckpointError is what is looked for
        return f"{type(error).__name__}: {error}"[:200]
    return "whole" if is_whole(found, expected) else "accepted"


def attempt(name: str, spoil: Callable[[Path, random.Random], None], times: int) -> Counter[str]:
    """Spoil one file many times; return how often what came of it."""
    make, use = FILES[name]
    numbers = random.Random(name)
    found: Counter[str] = Counter()
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        make(path)
        whole = path.read_bytes()
        expected = use(path)
        for _ in range(times):
            path.write_bytes(whole)
            spoil(path, numbers)
            spoilt = path.read_bytes()
            result = outcome(use, path, expected)
            if result not in ("whole", "accepted") and path.read_bytes() != spoilt:
                result += ", and the file was changed"
            found[result] += 1
    return found


def damage(path: Path, numbers: random.Random) -> None:
    path.write_bytes(damaged(path.read_bytes(), numbers))


def check(name: str, how: str, found: Counter[str], fine: set[str]) -> None:
    short = {result: times for result, times in found.items() if result not in fine}
    print(f"{name}: {found.total()} {how}, {sum(short.values())} fell short")
    assert not short, short


# A study may lose what is at its end, as a kill tears it, and computes it again: that is whole.
@pytest.mark.parametrize("name", FILES)
def test_some_damage(name: str) -> None:
    check(name, "damaged files", attempt(name, damage, 20), {"refused", "whole"} | _partly(name))


@pytest.mark.one_in(7)
@pytest.mark.parametrize("name", FILES)
def test_some_sealed(name: str) -> None:
    fine = {"refused", "whole", "accepted"}
    check(name, "sealed files", attempt(name, resealed, 30), fine)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_much_damage(name: str) -> None:
    check(name, "damaged files", attempt(name, damage, 500), {"refused", "whole"} | _partly(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_many_sealed(name: str) -> None:
    fine = {"refused", "whole", "accepted"}
    check(name, "sealed files", attempt(name, resealed, 500), fine)


def _partly(name: str) -> set[str]:
    return {"accepted"} if name == "study, read" else set()
