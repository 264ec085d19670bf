"""Machines of two layers on GPUs are those of the CPU, bit for bit."""

from __future__ import annotations

import signal
import threading
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin._engines import bipartite as bp

# One below, at and above words of 32 and of 64 units, and several of them.
SIZES = ((1, 1), (31, 33), (32, 32), (63, 65), (64, 64), (65, 63), (130, 17), (100, 200))
# The same for rows of a group, of a warp, and enough of them for every size of a warp's share.
ROWS = (1, 8, 31, 33, 70, 300)
SEED, STEP = 2**63 + 5, 2**33 + 7


class Case:
    """A machine on both devices, at three levels, and rows of both layers."""

    def __init__(self, n_visible: int, n_hidden: int, rows: int, kind: Any = np.float64) -> None:
        rng = np.random.default_rng([n_visible, n_hidden, rows])
        self.n = {"visible": n_visible, "hidden": n_hidden}
        weights = rng.normal(size=(n_hidden, n_visible)) * rng.choice([1e-3, 0.1, 1.0])
        self.numbers = bp.Numbers(SEED, rng.integers(0, 2**64, rows, dtype=np.uint64), STEP)
        self.offsets = rng.normal(size=(3, n_visible)), rng.normal(size=(3, n_hidden))
        a, b = (of_levels[0] for of_levels in self.offsets)
        self.machines = tuple(
            bp.Bipartite(weights.astype(kind), a, b, device=device) for device in ("cpu", "cuda")
        )
        self.level = rng.integers(0, 3, rows)
        self.bits = {
            layer: bp.pack(rng.random((rows, n)) < rng.choice([0.02, 0.3, 0.9]))
            for layer, n in self.n.items()
        }
        self.masks = bp.pack(rng.random((rows, n_visible)) < 0.3)

    def set_levels(self) -> None:
        for machine in self.machines:
            machine.set_levels([1.0, 0.0, 0.37], *self.offsets)

    def same(self, name: str, *arguments: Any) -> None:
        """Call both, and compare all bits of what they return."""
        found = [getattr(machine, name)(*arguments) for machine in self.machines]
        cpu, gpu = (one if isinstance(one, tuple) else (one,) for one in found)
        for wanted, got in zip(cpu, gpu, strict=True):
            assert got.dtype == wanted.dtype
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("sizes", SIZES)
def test_every_size(sizes: tuple[int, int], rows: int) -> None:
    case = Case(*sizes, rows, np.float32 if rows % 2 else np.float64)
    assert case.machines[0].step == case.machines[1].step
    for level in (None, case.level):
        if level is not None:
            case.set_levels()
        for to, given in (("hidden", "visible"), ("visible", "hidden")):
            bits = case.bits[given]
            case.same("fields", bits, to, level)
            case.same("probabilities", bits, to, level)
            case.same("draw", bits, to, case.numbers, level)
            case.same("softplus", bits, to, None if level is None else [0, 2, 1, 2])
        for mask in (None, case.masks[0], case.masks):
            case.same("gibbs", case.bits["visible"], 3, case.numbers, level, mask)


def test_steps_are_single_draws() -> None:
    case = Case(70, 40, 9)
    machine = case.machines[1]
    bits = case.bits["visible"]
    visible, hidden = machine.gibbs(bits, 4, case.numbers)
    for step in range(STEP, STEP + 4):
        numbers = case.numbers._replace(step=step)
        up = machine.draw(bits, "hidden", numbers)
        bits = machine.draw(up, "visible", numbers)
    np.testing.assert_array_equal(visible, bits)
    np.testing.assert_array_equal(hidden, up)


@pytest.mark.parametrize("scale", [0.0, 1e-300, 1e-30, 1e30])
def test_weights_of_any_size(scale: float) -> None:
    """Weights that differ by many powers of two, and equal ones: sums up to the largest."""
    rng = np.random.default_rng(1)
    weights = scale * rng.choice([-1.0, 1.0], (40, 70)) * 10.0 ** rng.uniform(-12, 0, (40, 70))
    for given in (weights, np.full((40, 70), scale), np.full((40, 70), -scale)):
        machines = [
            bp.Bipartite(given, np.zeros(70), np.ones(40), device=device)
            for device in ("cpu", "cuda")
        ]
        cpu, gpu = machines
        ones = {n: bp.pack(np.ones((3, n), dtype=np.uint8)) for n in (40, 70)}
        np.testing.assert_array_equal(
            gpu.fields(ones[70], "hidden"), cpu.fields(ones[70], "hidden")
        )
        np.testing.assert_array_equal(
            gpu.fields(ones[40], "visible"), cpu.fields(ones[40], "visible")
        )
        np.testing.assert_array_equal(
            gpu.softplus(ones[70], "hidden"), cpu.softplus(ones[70], "hidden")
        )


def test_replaced_numbers() -> None:
    case, other = Case(66, 34, 20), Case(66, 34, 21)
    machine = case.machines[1]
    case.set_levels()
    for weights_of in (np.float32, np.float64):
        weights = np.random.default_rng(2).normal(size=(34, 66)).astype(weights_of)
        for one in case.machines:
            one.replace(weights, other.offsets[0][1], other.offsets[1][1])
        case.same("gibbs", case.bits["visible"], 2, case.numbers)
        with pytest.raises(ValueError, match="level: got 1, allowed: 0 to 0"):
            machine.fields(other.bits["visible"], "hidden", np.ones(21, dtype=int))


def test_what_is_refused_changes_nothing() -> None:
    case = Case(66, 34, 20)
    case.set_levels()
    machine: Any = case.machines[1]
    bits = case.bits["visible"]
    before = machine.fields(bits, "hidden", case.level)
    bad = np.ones((34, 66))
    bad[3, 4] = np.nan
    zeros = np.zeros(66), np.zeros(34)
    calls: tuple[tuple[Any, str], ...] = (
        (lambda: machine.replace(bad, *zeros), "weights: allowed: finite"),
        (lambda: machine.replace(np.ones((34, 66)), zeros[0] + np.inf, zeros[1]), "visible_offs"),
        (lambda: machine.replace(np.ones((34, 65)), *zeros), "weights: got"),
        (lambda: machine.set_levels([1e300], zeros[0][None], zeros[1][None] - np.inf), "hidden"),
        (lambda: machine.set_levels([1.0], zeros[0][None], zeros[1][None, 1:]), "hidden_offsets"),
        (lambda: machine.set_levels([], np.empty((0, 66)), np.empty((0, 34))), "scales: got none"),
        (lambda: machine.fields(bits, "hidden", np.full(20, 3)), "level: got 3, allowed: 0 to 2"),
        (lambda: machine.fields(bits, "hidden", np.full(19, 0)), "level: got"),
        (lambda: machine.fields(bits, "visible"), "bits: got"),
        (lambda: machine.fields(bits, "hiden"), "to: got 'hiden'"),
        (lambda: machine.softplus(bits, "hidden", [-1]), "level: got -1"),
        (lambda: machine.draw(bits, "hidden", case.numbers._replace(streams=bits[:3, 0])), "strea"),
        (lambda: machine.gibbs(bits, 0, case.numbers), "steps: got 0"),
        (lambda: machine.gibbs(bits, 1, case.numbers, clamp=case.masks[:7]), "clamp: got"),
        (lambda: machine.outer(bits, 66, np.full((20, 2), np.inf)), "values: allowed: finite"),
        (lambda: machine.outer(bits, 66, np.ones((19, 2))), "values: got"),
    )
    for call, message in calls:
        with pytest.raises(ValueError, match=message):
            call()
    np.testing.assert_array_equal(machine.fields(bits, "hidden", case.level), before)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("rows", "n", "width"), [(1, 1, 1), (33, 31, 65), (64, 64, 32), (300, 70, 40)]
)
def test_outer(rows: int, n: int, width: int, kind: Any) -> None:
    case = Case(n, 5, rows)
    rng = np.random.default_rng(rows)
    for values in (
        rng.normal(size=(rows, width)),
        -np.ones((rows, width)),
        np.zeros((rows, width)),
    ):
        given = values.astype(kind)
        case.same("outer", case.bits["visible"], n, given)
        expected = bp.outer(case.bits["visible"], n, given)
        np.testing.assert_array_equal(
            case.machines[1].outer(case.bits["visible"], n, given), expected
        )


def test_outer_of_more_samples_than_fit_at_once() -> None:
    case = Case(3, 2, 2**16 + 70)
    ones = bp.pack(np.ones((2**16 + 70, 3), dtype=np.uint8))
    values = np.full((2**16 + 70, 2), 0.75)
    values[-1] = [1.0, -1.0]
    case.same("outer", ones, 3, values)


def test_softplus_of_many_units_and_in_parts() -> None:
    """More units than are multiplied at once, and sums that do not fit at once."""
    case = Case(7, 6500, 12)
    case.same("softplus", case.bits["visible"], "hidden", [0, 0])
    large = Case(40, 6500, 3000)
    large.same("softplus", large.bits["visible"], "hidden")


def test_no_rows() -> None:
    machine = Case(70, 40, 3).machines[1]
    none = np.empty((0, 2), dtype=np.uint64)
    assert machine.fields(none, "hidden").shape == (0, 40)
    assert machine.softplus(none, "hidden").shape == (0,)
    numbers = bp.Numbers(1, np.empty(0, dtype=np.uint64), 0)
    visible, hidden = machine.gibbs(none, 2, numbers)
    assert visible.shape == (0, 2)
    assert hidden.shape == (0, 1)
    assert machine.outer(none, 70, np.empty((0, 4))).tolist() == np.zeros((70, 4)).tolist()


def test_device_names() -> None:
    zeros = np.zeros(256), np.zeros(256)
    small = bp.Bipartite(np.zeros((255, 256)), zeros[0], zeros[1][1:], device="auto")
    assert small.device == "cpu"
    assert bp.Bipartite(np.zeros((256, 256)), *zeros, device="auto").device == "cuda:0"
    assert bp.Bipartite(np.zeros((256, 256)), *zeros).device == "cpu"
    count = len(ms.info()["cuda"]["devices"])
    with pytest.raises(ms.DeviceError, match=f"got 'cuda:{count}', but no device of"):
        bp.Bipartite(np.zeros((256, 256)), *zeros, device=f"cuda:{count}")
    for name, error in (("gpu", ValueError), (None, TypeError)):
        with pytest.raises(error, match="device: got"):
            bp.Bipartite(np.zeros((256, 256)), *zeros, device=name)  # type: ignore[arg-type]


@pytest.mark.usefixtures("emulated")
def test_a_device_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = np.zeros(256), np.zeros(256)
    monkeypatch.setenv("MULTISPIN_EMULATED_DRIVER", "0")
    with pytest.raises(ms.DeviceError, match="no driver"):
        bp.Bipartite(np.zeros((256, 256)), *zeros, device="cuda")
    assert bp.Bipartite(np.zeros((256, 256)), *zeros, device="auto").device == "cpu"


@pytest.mark.usefixtures("emulated")
def test_what_does_not_fit_leaves_the_machine_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(70, 40, 20)
    monkeypatch.setenv("MULTISPIN_EMULATED_MEMORY", str(2**17))
    with pytest.raises(MemoryError, match=r"needed .* free"):
        case.machines[1].fields(np.zeros((2000, 2), dtype=np.uint64), "hidden")
    monkeypatch.delenv("MULTISPIN_EMULATED_MEMORY")
    case.same("gibbs", case.bits["visible"], 2, case.numbers)


@pytest.mark.usefixtures("emulated")
def test_a_kernel_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(70, 40, 20)
    monkeypatch.setenv("MULTISPIN_EMULATED_FAILURE", "draw_units")
    with pytest.raises(ms.DeviceError, match="draw_units"):
        case.machines[1].gibbs(case.bits["visible"], 2, case.numbers)
    monkeypatch.delenv("MULTISPIN_EMULATED_FAILURE")
    case.same("gibbs", case.bits["visible"], 2, case.numbers)


def test_ctrl_c() -> None:
    """An interrupted call says so, and the machine goes on unharmed."""
    case = Case(130, 70, 100)
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            case.machines[1].gibbs(case.bits["visible"], 2**40, case.numbers)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, previous)
    case.same("gibbs", case.bits["visible"], 2, case.numbers)


def test_threads_take_turns() -> None:
    """Several callers of one machine get what each alone would get."""
    case = Case(65, 63, 40)
    machine = case.machines[1]
    wanted = case.machines[0].gibbs(case.bits["visible"], 2, case.numbers)
    found: list[Any] = []

    def call() -> None:
        found.extend(machine.gibbs(case.bits["visible"], 2, case.numbers) for _ in range(5))

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(found) == 20
    for one in found:
        np.testing.assert_array_equal(one[0], wanted[0])
        np.testing.assert_array_equal(one[1], wanted[1])
