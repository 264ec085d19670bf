"""Two layers of units 0 and 1 against their twin, and against exact probabilities."""

from __future__ import annotations

import math
import os
import signal
import threading
from typing import Any

import numpy as np
import pytest
from scipy import stats

from multispin._engines import bipartite as bp
from reference import bipartite as twin

# Around lines, words, blocks, and four times as many.
SIZES = (
    (1, 1),
    (15, 17),
    (16, 63),
    (63, 64),
    (64, 65),
    (65, 16),
    (127, 33),
    (129, 255),
    (257, 128),
)
ROWS = (1, 3, 70)
SEED, STEP = 2**63 + 5, 2**33 + 7


class Case:
    """A machine and its twin, at three levels, and rows of both layers."""

    def __init__(self, n_visible: int, n_hidden: int, rows: int, threads: int = 1) -> None:
        rng = np.random.default_rng([n_visible, n_hidden, rows])
        weights = rng.normal(size=(n_hidden, n_visible)) * rng.choice([1e-3, 0.1, 1.0])
        a, b = rng.normal(size=(3, n_visible)), rng.normal(size=(3, n_hidden))
        scales = np.array([1.0, 0.0, 0.37])
        self.machine = bp.Bipartite(weights, a[0], b[0], threads=threads)
        self.machine.set_levels(scales, a, b)
        plain = twin.Machine.of(weights, a[0], b[0])
        self.twin = plain._replace(scales=scales, visible_offsets=a, hidden_offsets=b)
        self.units = {"visible": n_visible, "hidden": n_hidden}
        self.given = {
            layer: (rng.random((rows, n)) < rng.choice([0.02, 0.3, 0.9])).astype(np.uint8)
            for layer, n in self.units.items()
        }
        self.level = rng.integers(0, 3, rows)
        self.streams = rng.integers(0, 2**64, rows, dtype=np.uint64)
        self.numbers = bp.Numbers(SEED, self.streams, STEP)

    def given_to(self, to: str) -> Any:
        return self.given["hidden" if to == "visible" else "visible"]


@pytest.mark.one_in(3)
@pytest.mark.parametrize("to", ["hidden", "visible"])
@pytest.mark.parametrize("sizes", SIZES)
def test_every_size_is_as_the_twin(isa: str, sizes: tuple[int, int], to: Any) -> None:  # noqa: ARG001
    for rows in ROWS:
        case = Case(*sizes, rows)
        units = case.given_to(to)
        bits = bp.pack(units)
        assert case.machine.step == case.twin.step
        for level in (None, case.level):
            fields = case.machine.fields(bits, to, level)
            np.testing.assert_array_equal(fields, case.twin.fields(units, to, level))
            drawn = case.machine.draw(bits, to, case.numbers, level)
            wanted = case.twin.draw(units, to, SEED, case.streams, STEP, level)
            np.testing.assert_array_equal(drawn, bp.pack(wanted))
            np.testing.assert_array_equal(bp.draw_units(fields, to, case.numbers), drawn)
            exact = 1.0 / (1.0 + np.exp(-fields.astype(np.float64)))
            got = case.machine.probabilities(bits, to, level)
            np.testing.assert_allclose(got, exact, rtol=0, atol=1e-7)
        sums = case.machine.softplus(bits, to, [0, 2, 1, 2])
        for row, level in zip(sums, (0, 2, 1, 2), strict=True):
            x = case.twin.exact_fields(units, to, np.full(rows, level))
            np.testing.assert_allclose(row, np.logaddexp(0.0, x).sum(axis=1), rtol=1e-13)
        np.testing.assert_array_equal(case.machine.softplus(bits, to), sums[0])


@pytest.mark.parametrize("sizes", [(65, 63), (130, 70)])
def test_gibbs_is_as_the_twin_and_as_single_draws(isa: str, sizes: tuple[int, int]) -> None:  # noqa: ARG001
    case = Case(*sizes, 5)
    units = case.given["visible"]
    rng = np.random.default_rng(1)
    masks = (None, rng.random(units.shape) < 0.3)
    for mask in masks:
        held = None if mask is None else bp.pack(mask)
        visible, hidden = case.machine.gibbs(bp.pack(units), 3, case.numbers, case.level, held)
        wanted = case.twin.gibbs(units, 3, SEED, case.streams, STEP, case.level, mask)
        np.testing.assert_array_equal(bp.unpack(visible, sizes[0]), wanted[0])
        np.testing.assert_array_equal(bp.unpack(hidden, sizes[1]), wanted[1])
    bits = bp.pack(units)
    for step in range(STEP, STEP + 3):
        numbers = bp.Numbers(SEED, case.streams, step)
        hidden = case.machine.draw(bits, "hidden", numbers, case.level)
        bits = case.machine.draw(hidden, "visible", numbers, case.level)
    visible, last = case.machine.gibbs(bp.pack(units), 3, case.numbers, case.level)
    np.testing.assert_array_equal(visible, bits)
    np.testing.assert_array_equal(last, hidden)


def test_one_mask_for_all_rows() -> None:
    case = Case(130, 70, 9)
    mask = np.random.default_rng(1).random(130) < 0.5
    bits = bp.pack(case.given["visible"])
    one = bp.pack(mask[None])
    alike = case.machine.gibbs(bits, 2, case.numbers, clamp=one[0])
    each = case.machine.gibbs(bits, 2, case.numbers, clamp=np.repeat(one, 9, axis=0))
    np.testing.assert_array_equal(alike[0], each[0])
    np.testing.assert_array_equal(alike[0] & one, bits & one)


def everything(case: Case) -> list[Any]:
    """What a machine says of its case."""
    bits, machine = bp.pack(case.given["visible"]), case.machine
    values = machine.probabilities(bits, "hidden", case.level)
    return [
        machine.fields(bits, "hidden", case.level),
        values,
        machine.softplus(bits, "hidden", [0, 1]),
        *machine.gibbs(bits, 4, case.numbers, case.level),
        bp.outer(bits, case.units["visible"], values, threads=machine.threads),
        bp.outer(bits, case.units["visible"], values.astype(np.float64), threads=machine.threads),
    ]


def test_threads_and_instruction_sets_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows enough for tables and several tiles, and levels that differ within a tile."""
    case = Case(200, 150, 1300)
    wanted = None
    for name in bp._core.available_isas():
        monkeypatch.setenv("MULTISPIN_ISA", name)
        for threads in (1, 2, 5):
            case.machine.threads = threads
            got = everything(case)
            wanted = got if wanted is None else wanted
            for one, other in zip(got, wanted, strict=True):
                np.testing.assert_array_equal(one, other)
    units = case.given["visible"]
    assert wanted is not None
    np.testing.assert_array_equal(wanted[0], case.twin.fields(units, "hidden", case.level))


def test_rows_do_not_know_each_other() -> None:
    """A few rows by inputs, many by tables."""
    case = Case(200, 150, 700)
    bits = bp.pack(case.given["visible"])
    together = case.machine.gibbs(bits, 3, case.numbers, case.level)
    for rows in (slice(0, 1), slice(5, 12), slice(600, 700)):
        numbers = case.numbers._replace(streams=case.streams[rows])
        alone = case.machine.gibbs(bits[rows], 3, numbers, case.level[rows])
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one, all_of_them[rows])


# --- weights --------------------------------------------------------------------------------------


def test_weights_of_any_size(isa: str) -> None:  # noqa: ARG001
    rng = np.random.default_rng(1)
    units = (rng.random((20, 70)) < 0.5).astype(np.uint8)
    units[0] = 1
    for scale in (0.0, 1e-300, 1e-9, 1.0, 1e9, 1e30):
        for kind in (np.float32, np.float64):
            with np.errstate(under="ignore"):
                weights = (scale * rng.normal(size=(67, 70))).astype(kind)
            weights[3] = np.abs(weights[3])
            machine = bp.Bipartite(weights, np.zeros(70), np.zeros(67))
            wanted = twin.Machine.of(weights, np.zeros(70), np.zeros(67))
            assert machine.step == wanted.step
            np.testing.assert_array_equal(
                machine.fields(bp.pack(units), "hidden"), wanted.fields(units, "hidden")
            )


def test_rounding_error_is_as_stated() -> None:
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(300, 400))
    machine = bp.Bipartite(weights, np.zeros(400), np.zeros(300))
    moduli = np.abs(weights)
    most = max(moduli.sum(axis=0).max(), moduli.sum(axis=1).max())
    assert machine.step < most * 2.0**-29.9
    units = (rng.random((50, 400)) < 0.5).astype(np.uint8)
    lost = machine.fields(bp.pack(units), "hidden") - units.astype(np.float64) @ weights.T
    assert np.abs(lost).max() <= 400 * machine.step / 2 + 2.0**-24 * most


def test_replaced_numbers_are_those_of_another_machine() -> None:
    case = Case(130, 70, 40)
    rng = np.random.default_rng(1)
    weights, a, b = rng.normal(size=(70, 130)), rng.normal(size=130), rng.normal(size=70)
    case.machine.replace(weights, a, b)
    other = bp.Bipartite(weights, a, b)
    bits = bp.pack(case.given["visible"])
    for one, another in zip(
        case.machine.gibbs(bits, 2, case.numbers), other.gibbs(bits, 2, case.numbers), strict=True
    ):
        np.testing.assert_array_equal(one, another)
    with pytest.raises(ValueError, match="level: "):
        case.machine.fields(bits, "hidden", np.ones(40, dtype=np.int64))
    with pytest.raises(ValueError, match="weights: "):
        case.machine.replace(np.full((70, 130), np.nan), a, b)
    np.testing.assert_array_equal(case.machine.fields(bits, "hidden"), other.fields(bits, "hidden"))


# --- noise ----------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_noise_is_logistic_but_for_2_to_the_minus_24() -> None:
    """P(noise > x) of the numbers of one sign from v on, u / 2, against that of the noise."""
    rng = np.random.default_rng(1)
    v = np.unique(
        np.concatenate(
            [
                np.arange(1, 2**15, 2),
                2**31 - np.arange(1, 2**15, 2),
                rng.integers(0, 2**30, 10**6) * 2 + 1,
                (2.0 ** rng.uniform(0, 31, 10**6)).astype(np.int64) | 1,
            ]
        )
    ).astype(np.uint64)
    noise = twin.noise(v << np.uint64(1)).astype(np.float64)
    assert np.all(np.diff(noise) <= 2.0**-22 * np.maximum(noise[1:], 1.0))
    error = v.astype(np.float64) * 2.0**-32 - 1.0 / (1.0 + np.exp(noise))
    assert np.abs(error).max() < 2.0**-24
    np.testing.assert_array_equal(twin.noise((v << np.uint64(1)) | np.uint64(1)), -noise)


def test_probabilities_of_any_field(isa: str) -> None:  # noqa: ARG001
    """One hidden unit whose offset is the field."""
    x = np.concatenate([np.linspace(-100, 100, 20001), [-1e30, 1e30, -87.5, 87.5, 0.0]])
    machine = bp.Bipartite(np.zeros((len(x), 1)), np.zeros(1), x)
    got = machine.probabilities(bp.pack(np.zeros((1, 1), dtype=np.uint8)), "hidden")[0]
    with np.errstate(over="ignore"):
        exact = 1.0 / (1.0 + np.exp(-x.astype(np.float32).astype(np.float64)))
    assert np.abs(got - exact).max() < 1e-7
    near = np.abs(x) < 87
    np.testing.assert_allclose(got[near], exact[near], rtol=5e-7)


def test_draws_have_their_probabilities(isa: str) -> None:  # noqa: ARG001
    """Frequencies of 200 units in 40,000 draws; chi-square, error rate 1e-6."""
    rng = np.random.default_rng(2)
    offsets = rng.normal(size=200) * 2
    machine = bp.Bipartite(np.zeros((200, 3)), np.zeros(3), offsets)
    rows = 40_000
    numbers = bp.Numbers(11, np.arange(rows, dtype=np.uint64), 3)
    bits = machine.draw(bp.pack(np.zeros((rows, 3), dtype=np.uint8)), "hidden", numbers)
    up = bp.unpack(bits, 200).sum(axis=0, dtype=np.int64)
    p = 1.0 / (1.0 + np.exp(-offsets))
    chi_square = ((up - rows * p) ** 2 / (rows * p * (1 - p))).sum()
    assert 1e-6 < stats.chi2.sf(chi_square, 200) < 1 - 1e-6


def test_chains_are_those_of_the_exact_distribution(isa: str) -> None:  # noqa: ARG001
    """Joint states of 3 + 2 units after 30 steps of 50,000 chains; chi-square, error rate 1e-6."""
    rng = np.random.default_rng(3)
    weights, a, b = rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=2)
    machine = bp.Bipartite(weights, a, b)
    rows = 50_000
    numbers = bp.Numbers(5, np.arange(rows, dtype=np.uint64), 0)
    start = bp.pack(np.zeros((rows, 3), dtype=np.uint8))
    visible, _ = machine.gibbs(start, 30, numbers)
    hidden = machine.draw(visible, "hidden", numbers._replace(step=30))
    exponents = twin.log_weights(weights, a, b)
    expected = rows * np.exp(exponents - twin.log_sum(exponents)).ravel()
    states = (visible[:, 0] * np.uint64(4) + hidden[:, 0]).astype(np.int64)
    counted = np.bincount(states, minlength=32)
    chi_square = ((counted - expected) ** 2 / expected).sum()
    assert stats.chi2.sf(chi_square, 31) > 1e-6


def test_layers_and_steps_and_streams_have_numbers_of_their_own() -> None:
    fields = np.zeros((2, 640), dtype=np.float32)
    streams = np.array([1, 2**32 + 1], dtype=np.uint64)
    words = [
        bp.draw_units(fields, to, bp.Numbers(seed, streams, step))
        for to in ("hidden", "visible")
        for seed in (1, 2**32 + 1)
        for step in (0, 1, 2**32)
    ]
    assert len(np.unique(np.concatenate(words))) == 12 * 20


# --- gradients ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_outer_is_exact_but_for_rounding(isa: str, kind: Any) -> None:  # noqa: ARG001
    rng = np.random.default_rng(1)
    for rows, n, width in ((1, 1, 1), (63, 65, 17), (256, 64, 64), (257, 130, 15), (1000, 70, 129)):
        units = (rng.random((rows, n)) < 0.4).astype(np.uint8)
        values = rng.normal(size=(rows, width)).astype(kind)
        step = 2.0 ** math.frexp(float(np.abs(values).max()) / (2.0**23 - 1))[1]
        rounded = np.rint(values.astype(np.float64) / step).astype(np.int64)
        got = bp.outer(bp.pack(units), n, values)
        np.testing.assert_array_equal(got, (units.T.astype(np.int64) @ rounded) * step)
        assert step < 2.0**-21.9 * np.abs(values).max()


def test_outer_of_the_largest_sums(isa: str) -> None:  # noqa: ARG001
    """All of a chunk's values are the largest, so that 32 bits are filled."""
    bits = bp.pack(np.ones((1024, 65), dtype=np.uint8))
    values = np.full((1024, 3), -(2.0**23 - 2))
    np.testing.assert_array_equal(bp.outer(bits, 65, values), np.full((65, 3), values[:, 0].sum()))
    np.testing.assert_array_equal(bp.outer(bits, 65, 0 * values), 0.0)


# --- partition functions --------------------------------------------------------------------------


def test_log_partition(isa: str) -> None:  # noqa: ARG001
    rng = np.random.default_rng(1)
    for n_visible, n_hidden in ((1, 1), (3, 2), (5, 7), (6, 6), (7, 9), (12, 7), (8, 70)):
        for scale in (0.0, 1.0, 30.0, 300.0, 1000.0):
            weights = scale * rng.normal(size=(n_hidden, n_visible))
            a, b = scale * rng.normal(size=n_visible), rng.normal(size=n_hidden)
            v = twin.states(n_visible).astype(np.float64)
            exponents = v @ a + np.logaddexp(0.0, v @ weights.T + b).sum(axis=1)
            for args in ((weights, a, b), (weights.T, b, a)):
                got = bp.log_partition(*args)
                assert got == pytest.approx(twin.log_sum(exponents), rel=1e-13, abs=1e-13)


def test_log_partition_of_several_chunks(isa: str) -> None:  # noqa: ARG001
    """Units of which some are fast and some slow, and threads."""
    rng = np.random.default_rng(2)
    weights = rng.normal(size=(14, 90)) * np.where(np.arange(90) % 3 == 0, 200.0, 1.0)
    a, b = rng.normal(size=90), rng.normal(size=14)
    h = twin.states(14).astype(np.float64)
    exponents = h @ b + np.logaddexp(0.0, h @ weights + a).sum(axis=1)
    alone = bp.log_partition(weights, a, b, threads=1)
    assert alone == pytest.approx(twin.log_sum(exponents), rel=1e-13)
    assert bp.log_partition(weights, a, b, threads=3) == alone


def test_log_partition_without_weights() -> None:
    """24 units are enumerated, whatever the other layer has."""
    assert bp.log_partition(np.zeros((18, 25)), np.zeros(25), np.zeros(18)) == pytest.approx(
        43 * math.log(2.0), rel=1e-14
    )


# --- calls ----------------------------------------------------------------------------------------


def test_pack() -> None:
    units = np.zeros((2, 65), dtype=np.uint8)
    units[0, 0] = units[0, 64] = units[1, 63] = 1
    bits = bp.pack(units)
    np.testing.assert_array_equal(bits, np.array([[1, 1], [2**63, 0]], dtype=np.uint64))
    np.testing.assert_array_equal(bp.unpack(bits, 65), units)
    np.testing.assert_array_equal(bp.pack(units.astype(bool)), bits)


def test_no_rows() -> None:
    case = Case(70, 65, 1)
    bits, streams = np.zeros((0, 2), dtype=np.uint64), np.zeros(0, dtype=np.uint64)
    numbers = bp.Numbers(1, streams, 0)
    assert case.machine.fields(bits, "hidden").shape == (0, 65)
    assert case.machine.softplus(bits, "hidden", [0, 1]).shape == (2, 0)
    assert case.machine.gibbs(bits, 2, numbers)[1].shape == (0, 2)
    assert bp.draw_units(np.zeros((0, 3), dtype=np.float32), "hidden", numbers).shape == (0, 1)
    assert not bp.outer(bits, 70, np.zeros((0, 3))).any()


BITS = np.zeros((2, 2), dtype=np.uint64)
NUMBERS = bp.Numbers(1, np.zeros(2, dtype=np.uint64), 0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.fields(BITS[:, :1], "hidden"), ValueError, "bits: "),
        (lambda m: m.fields(BITS[0], "hidden"), ValueError, "bits: "),
        (lambda m: m.fields(BITS.astype(np.int64), "hidden"), TypeError, "bits: "),
        (lambda m: m.fields(BITS, "up"), ValueError, "to: got 'up'"),
        (lambda m: m.fields(BITS, "hidden", [0]), ValueError, "level: "),
        (lambda m: m.fields(BITS, "hidden", [0, 1]), ValueError, "level: got 1, allowed: 0 to 0"),
        (lambda m: m.fields(BITS, "hidden", [0, -1]), ValueError, "level: got -1"),
        (lambda m: m.fields(BITS, "hidden", [0.0, 0.5]), TypeError, "level: "),
        (lambda m: m.softplus(BITS, "hidden", [1]), ValueError, "level: got 1"),
        (lambda m: m.gibbs(BITS, 0, NUMBERS), ValueError, "steps: got 0"),
        (lambda m: m.gibbs(BITS, 1, NUMBERS, clamp=BITS[:1]), ValueError, "clamp: "),
        (lambda m: m.gibbs(BITS, 1, NUMBERS._replace(streams=BITS[0, :1])), ValueError, "streams"),
        (lambda m: m.gibbs(BITS, 1, NUMBERS._replace(seed=-1)), ValueError, "seed: "),
        (lambda m: m.gibbs(BITS, 1, NUMBERS._replace(step=0.5)), TypeError, "step: "),
        (lambda m: m.replace(np.zeros((3, 69)), np.zeros(70), np.zeros(3)), ValueError, "weights"),
        (lambda m: m.replace(np.zeros(3), np.zeros(70), np.zeros(3)), ValueError, "weights"),
        (
            lambda m: m.replace(np.full((3, 70), np.inf), np.zeros(70), np.zeros(3)),
            ValueError,
            "weights: ",
        ),
        (
            lambda m: m.replace(np.zeros((3, 70)), np.full(70, np.nan), np.zeros(3)),
            ValueError,
            "visible_offsets: ",
        ),
        (
            lambda m: m.set_levels([1.0, np.nan], np.zeros((2, 70)), np.zeros((2, 3))),
            ValueError,
            "scales: ",
        ),
        (
            lambda m: m.set_levels([1.0], np.zeros((1, 70)), np.zeros((2, 3))),
            ValueError,
            "hidden_offsets: ",
        ),
        (lambda _: bp.outer(BITS, 70, np.full((2, 3), np.nan)), ValueError, "values: "),
        (lambda _: bp.outer(BITS, 70, np.zeros((3, 3))), ValueError, "values: "),
        (lambda _: bp.outer(BITS, 60, np.zeros((2, 3))), ValueError, "bits: "),
        (
            lambda _: bp.log_partition(np.zeros((25, 25)), np.zeros(25), np.zeros(25)),
            ValueError,
            "one of at most 24",
        ),
        (
            lambda _: bp.log_partition(np.full((2, 2), np.inf), np.zeros(2), np.zeros(2)),
            ValueError,
            "weights: ",
        ),
    ],
)
def test_refused(call: Any, error: type[Exception], message: str) -> None:
    machine = bp.Bipartite(np.zeros((3, 70)), np.zeros(70), np.zeros(3))
    with pytest.raises(error, match=message):
        call(machine)


def test_ctrl_c() -> None:
    case = Case(257, 255, 70)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        case.machine.gibbs(bp.pack(case.given["visible"]), 10**8, case.numbers)
    timer.join()
