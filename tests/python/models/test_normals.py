"""Gaussian numbers: which a seed gives, how accurate they are, and that machines cannot differ."""

from __future__ import annotations

import ast
import hashlib
import inspect
import math
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from multispin.models import disorder, normals, random_normals

# Numbers 0 to 5 of sample 0 of seed 0, and of sample 2 of the largest seed, to the last bit.
GOLDEN = {
    (0, 0): [
        "-0x1.a044fe3295a74p-2", "0x1.6dcd517e0f76ap+0", "-0x1.5c960224868fdp+0",
        "0x1.19c2025bbe88bp+0", "-0x1.7f7b24f97c0b3p+0", "-0x1.6eafdb1d52366p-1",
    ],
    (2**64 - 1, 2): [
        "0x1.3b79332a96c26p+0", "0x1.7f0e7c51d2f80p+0", "0x1.b4dee79f534b9p-1",
        "-0x1.23722034083b5p-3", "0x1.469e108d0ddc7p-2", "0x1.9884ac1083192p-3",
    ],
}  # fmt: skip
SHA = "e6028500510c6ee69a73a9f9f5bc62d8ae822835cd06c18ce995729662f28042"


@pytest.mark.parametrize(("seed", "k"), GOLDEN)
def test_a_seed_gives_the_same_bits_everywhere(seed: int, k: int) -> None:
    found = random_normals(6, seed, samples=k + 1)[k]
    assert [x.hex() for x in found.tolist()] == GOLDEN[seed, k]


def test_many_numbers_are_the_same_bits_everywhere() -> None:
    # 200000 numbers, 15 % of them of the tails
    found = random_normals(200_000, 5)
    assert hashlib.sha256(found.astype("<f8").tobytes()).hexdigest() == SHA


def word(tail: float, sign: int = 1) -> int:
    """The word of the number that is exceeded with probability `tail`."""
    k = round((tail * 2.0**54 - 1) / 2)
    return (sign << 63) | (k << 11)


def of(words: list[int]) -> npt.NDArray[np.float64]:
    return normals.of_words(np.array(words, dtype=np.uint64))


def exact(tail: float) -> float:
    return -NormalDist().inv_cdf(tail)


@pytest.mark.parametrize("low", [0, 1, 2**11 - 1])
def test_numbers_are_quantiles(low: int) -> None:
    # What NormalDist computes is AS241 too, with the logarithm of the library.
    tails = [*np.linspace(0.001, 0.499, 300), *np.geomspace(2.0**-54, 0.1, 300)]
    words = [word(float(tail)) for tail in tails]
    at = [(2 * ((w >> 11) & (2**52 - 1)) + 1) * 2.0**-54 for w in words]
    found = of([w | low for w in words])
    np.testing.assert_allclose(found, [exact(tail) for tail in at], rtol=2e-15)
    turned = of([(w ^ (1 << 63)) | low for w in words])
    np.testing.assert_array_equal(turned, -found)


@pytest.mark.parametrize("tail", [0.075, math.exp(-25.0)])
def test_no_step_where_the_rational_functions_meet(tail: float) -> None:
    k = word(tail) >> 11
    found = of([k - 3 + n << 11 | 1 << 63 for n in range(7)])
    assert bool(np.all(np.diff(found) <= 0.0))
    np.testing.assert_allclose(found, [exact(tail)] * 7, rtol=1e-6)


def test_the_extremes() -> None:
    # Exceeded with probability 2^-54, and half an odd multiple of 2^-54 from the median.
    largest, smallest = of([1 << 63, (2**63 - 1) | 1 << 63])
    assert largest == pytest.approx(exact(2.0**-54), rel=1e-15)
    assert disorder.LARGEST_NORMAL * 0.99 < largest < disorder.LARGEST_NORMAL
    assert smallest == pytest.approx(math.sqrt(2 * math.pi) * 2.0**-54, rel=1e-14)
    assert of([0, 2**63 - 1]).tolist() == [-largest, -smallest]


def test_the_logarithm() -> None:
    x = np.geomspace(2.0**-54, 0.075, 5000)
    np.testing.assert_allclose(normals.logarithm(x), np.log(x), rtol=1e-15)


def test_nothing_is_asked_of_a_mathematical_library() -> None:
    # Of NumPy's functions, frexp is exact and the square root is rounded correctly.
    allowed = {
        "sqrt", "frexp", "where", "nonzero", "negative", "full_like", "asarray", "uint64",
        "float64", "ndarray",
    }  # fmt: skip
    tree = ast.parse(inspect.getsource(normals))
    asked = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "np"
    }
    assert asked <= allowed
    powers = [node for node in ast.walk(tree) if isinstance(node, ast.Pow)]
    assert len(powers) == 2  # 2^53, an integer, and 2^-54, which is exact


def test_moments() -> None:
    x = random_normals(400_000, 7)
    n = x.size
    # Moments 1 to 6 are 0, 1, 0, 3, 0, 15; within 5 standard deviations of each mean.
    for p, expected in enumerate((0, 1, 0, 3, 0, 15), 1):
        variance = math.prod(range(1, 2 * p, 2)) - expected**2
        assert abs((x**p).mean() - expected) < 5 * (variance / n) ** 0.5
    assert abs(np.mean(x[1:] * x[:-1])) < 5 / n**0.5


@pytest.mark.parametrize("count", [0, 1, 65535, 65536, 65537])
def test_a_sample_depends_on_seed_and_number_only(count: int) -> None:
    many = random_normals(count, 7, samples=3)
    assert many.shape == (3, count)
    assert many.dtype == np.float64
    np.testing.assert_array_equal(random_normals(count, 7, samples=2), many[:2])
    np.testing.assert_array_equal(random_normals(count, 7), many[0])
    np.testing.assert_array_equal(random_normals(70000, 7, samples=3)[:, :count], many)


def test_samples_and_seeds_differ() -> None:
    x = np.concatenate([random_normals(2000, seed, samples=3) for seed in (0, 1, 2**32)])
    overlaps = (x @ x.T)[np.triu_indices(9, 1)]
    # 36 sums of 2000 products: 6 standard deviations are exceeded with probability 36 * 2e-9
    assert np.abs(overlaps).max() < 6 * np.sqrt(2000)


@pytest.mark.parametrize(("name", "value", "error"), [
    ("count", -1, ValueError), ("count", 1.0, TypeError), ("seed", 2**64, ValueError),
    ("seed", None, TypeError), ("samples", 0, ValueError), ("samples", "1", TypeError),
])  # fmt: skip
def test_wrong_arguments(name: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"^{name}: got .*, allowed: an integer"):
        random_normals(**({"count": 3, "seed": 1} | {name: value}))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(MemoryError, match=r"^count: .* numbers of 1 samples: needed .* available"):
        random_normals(2**50, 1)
