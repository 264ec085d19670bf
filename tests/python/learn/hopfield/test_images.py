"""Images stored and retrieved: what becomes ±1, and which images are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn import corrupt

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIGITS = ms.datasets.digits(binary=True).images[:5]
GREY = ms.datasets.digits().images[:5]


def test_digits_are_restored() -> None:
    """A fifth of the pixels wrong: 99 of 100 cues come back (the rule alone; 20 a digit)."""
    images = np.repeat(DIGITS, 20, axis=0)
    found = ms.retrieve_images(DIGITS, corrupt(images, 0.2, random_state=1), random_state=1)
    right = (found.retrieved == images).all(axis=(1, 2))
    # Fewer than 90 of 100 have a probability of 1e-7 if 99 % are restored.
    assert right.sum() >= 90
    np.testing.assert_array_equal(found.winners[right], np.repeat(np.arange(5), 20)[right])
    assert (found.overlaps[right] == 1.0).all()
    np.testing.assert_array_equal(found.retrieved, found.retrieval.state[:, 0])


def test_hebbs_rule_confuses_what_is_alike() -> None:
    found = ms.retrieve_images(DIGITS, DIGITS, rule="hebb", random_state=1)
    assert (found.overlaps < 1.0).all()


@pytest.mark.parametrize(("images", "level"), [
    (DIGITS, 0.0), (DIGITS > 0, 0.5), ((DIGITS > 0).astype(int), 0.5), (DIGITS * 0.25, 0.0),
    (((DIGITS > 0) * 255).astype(np.uint8), 127.5), (DIGITS * 1e308, 0.0),
    (list(DIGITS), 0.0), ([image.tolist() for image in DIGITS], 0.0),
])  # fmt: skip
def test_two_values_of_any_kind(images: Any, level: float) -> None:
    found = ms.retrieve_images(images, images, random_state=1)
    assert found.level == level
    for part in (found.stored, found.cues, found.retrieved):
        assert part.dtype == np.int8
        np.testing.assert_array_equal(part, DIGITS)


def test_grey_ones_are_cut_halfway_or_where_one_says() -> None:
    np.testing.assert_array_equal(ms.retrieve_images(GREY, GREY).stored, DIGITS)
    found = ms.retrieve_images(GREY, GREY / 2, level=3)
    np.testing.assert_array_equal(found.stored, np.where(GREY > 3, 1, -1))
    np.testing.assert_array_equal(found.cues, np.where(GREY > 6, 1, -1))


def test_one_cue_without_its_axis() -> None:
    found = ms.retrieve_images(DIGITS, DIGITS[2])
    assert (found.cues.shape, found.winners.tolist()) == ((1, 8, 8), [2])


@pytest.mark.parametrize(("changed", "message"), [
    ({"images": []}, "images: got 'an array of shape (0,)', allowed: one or more images of one "),
    ({"images": GREY[0]}, "images: got 'an array of shape (8, 8)', allowed: images (P, rows, col"),
    ({"images": [GREY[0], GREY[1, :7]]},
     "images[1]: got 'an image of shape (7, 8)', allowed: (8, 8), the shape of images[0]"),
    ({"images": [GREY[0], "x"]}, "images[1]: got 'x', allowed: an image of finite numbers or bool"),
    ({"images": np.ones((2, 8, 8))}, "images: got '1 everywhere', allowed: two values or more"),
    ({"images": GREY * np.nan}, "images: got nan, allowed: "),
    ({"corrupted": GREY[:, :7]},
     "corrupted: got 'images of shape (7, 8)', allowed: (8, 8), the shape of the images that"),
    ({"corrupted": GREY[:0]}, "corrupted: got 'an array of shape (0, 8, 8)', allowed: one or mor"),
    ({"level": 16}, "level: got 16, allowed: a number from 0 to less than 16"),
    ({"level": "half"}, "level: got 'half', allowed: a number from 0 to less than 16"),
    ({"rule": "best"}, "rule: got 'best', allowed: 'hebb', "),
    ({"temperature": -1}, "temperature: got -1, allowed: "),
])  # fmt: skip
def test_wrong_arguments(changed: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        ms.retrieve_images(**{"images": GREY, "corrupted": GREY, **changed})
    assert str(caught.value).startswith(message)


def _turned(noise: float, seed: int) -> NDArray[np.int64]:
    return (corrupt(DIGITS, noise, random_state=seed) != DIGITS).sum(axis=(1, 2))


@pytest.mark.parametrize(("noise", "flips"), [(0, 0), (0.25, 16), (0.3, 19), (1, 64)])
def test_as_many_units_are_turned_over_as_noise_says(noise: float, flips: int) -> None:
    assert _turned(noise, 1).tolist() == [flips] * 5


def test_each_pattern_is_corrupted_by_itself() -> None:
    ones = np.ones((2000, 4), dtype=int)
    states = corrupt(ones, 0.25, random_state=1)
    # 500 ± 19 times each; the test fails with a probability of 3e-7.
    assert abs((states < 0).sum(axis=0) - 500).max() < 100
    np.testing.assert_array_equal(states, corrupt(ones, 0.25, random_state=1))
    assert (states != corrupt(ones, 0.25, random_state=2)).any()
    assert ones.min() == 1


@pytest.mark.parametrize(("changed", "message"), [
    ({"noise": 1.1}, "noise: got 1.1, allowed: a number from 0 to 1"),
    ({"noise": -0.1}, "noise: got -0.1, allowed: "),
    ({"patterns": [1, -1]}, "patterns: got 'an array of shape (2,)', allowed: "),
    ({"patterns": GREY}, "patterns: got other values, allowed: +1 and -1"),
    ({"random_state": -1}, "random_state: got -1, allowed: "),
])  # fmt: skip
def test_wrong_noise(changed: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        corrupt(**{"patterns": DIGITS, "noise": 0.1, **changed})
    assert str(caught.value).startswith(message)


def test_images_of_another_range_are_refused() -> None:
    images = ms.datasets.digits().images[:3]
    with pytest.raises(ValueError, match="^corrupted: got .*one side of the level"):
        ms.retrieve_images(images, images / 16.0)
