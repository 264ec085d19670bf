"""The Hopfield tab in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from browser.fixtures import Served, until
from browser.pictures import drag, ink, picture

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = (16, 16)
CUE, STATE = "hopfield-cue", "hopfield-state"


@pytest.fixture
def page(lab: Served, open_page: Callable[..., Any]) -> Any:
    found = open_page(f"{lab.link}#hopfield")
    found.locator(".tile").first.wait_for()
    return found


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def verdict(page: Any) -> str:
    return str(page.locator('[data-show="verdict"]').inner_text())


def test_a_spoilt_letter_is_recalled(page: Any) -> None:
    stored = ink(page, "hopfield-pattern-0")
    wrong = (ink(page, CUE) != stored).sum()
    assert wrong == round(0.2 * 256)
    press(page, "Recall")
    page.get_by_role("button", name="Pause").wait_for()
    until(lambda: verdict(page).startswith("At rest: A (m = 1.00)"))
    assert np.array_equal(ink(page, STATE), stored)
    press(page, "Back to the cue")
    until(lambda: (ink(page, STATE) != stored).sum() == wrong)
    press(page, "Corrupt")
    until(lambda: (ink(page, CUE) != stored).sum() > wrong)
    press(page, "One sweep")
    until(lambda: "Now" in verdict(page) or "At rest" in verdict(page))


def test_a_drawing_is_stored_and_recalled(page: Any) -> None:
    press(page, "Forget all")
    until(lambda: page.locator(".tile").count() == 0)
    press(page, "Clear")
    until(lambda: not ink(page, CUE).any())
    drag(page, CUE, SIDE, (3, 3), (12, 3), (12, 12), (3, 12), (3, 3))
    drawn = ink(page, CUE)
    assert drawn[12, 3:13].all()
    press(page, "Store as pattern")
    until(lambda: page.locator(".tile").count() == 1)
    assert np.array_equal(ink(page, "hopfield-pattern-0"), drawn)
    page.get_by_role("radio", name="Noise", exact=True).check(force=True)
    drag(page, CUE, SIDE, (1, 1), (1, 14), (8, 14))
    assert not np.array_equal(ink(page, CUE), drawn)
    press(page, "Recall")
    until(lambda: verdict(page).startswith("At rest: drawn"))
    assert np.array_equal(ink(page, STATE), drawn)


def test_what_is_erased_is_completed_from_the_evidence(page: Any) -> None:
    page.get_by_role("button", name="A: overlap").click()
    stored = ink(page, "hopfield-pattern-0")
    until(lambda: np.array_equal(ink(page, CUE), stored))
    page.get_by_label("Erase half").select_option("bottom")
    until(lambda: len(np.unique(picture(page, CUE).reshape(-1, 3), axis=0)) == 3)
    press(page, "Hold what the cue knows")
    until(lambda: (ink(page, STATE)[8:] != stored[8:]).sum() > 30)
    press(page, "Recall")
    until(lambda: verdict(page).startswith("At rest: A"))
    assert np.array_equal(ink(page, STATE), stored)


def test_patterns_are_added_until_it_breaks(page: Any) -> None:
    press(page, "Forget all")
    press(page, "Add random ones until it breaks")
    readout = page.locator('[data-show="load"] dd')
    until(lambda: page.locator(".tile").count() > 30, 60.0)
    toggle = page.get_by_role("button", name="Add random ones until it breaks")
    until(lambda: toggle.get_attribute("aria-pressed") == "false", 60)
    patterns, load, share = readout.all_inner_texts()
    assert float(load) == pytest.approx(int(patterns) / 256, abs=1e-3)
    assert float(load) > 0.138
    assert int(share.removesuffix(" %")) < 50
    assert page.locator(".tile.lost").count() > int(patterns) / 2


def test_controls_do_what_they_name(page: Any) -> None:
    press(page, "Letter")
    press(page, "Digit")
    until(lambda: page.locator(".tile").count() == 5)
    page.get_by_role("button", name="Forget T").click(force=True)
    until(lambda: page.locator(".tile").count() == 4)
    page.get_by_label("Rule").select_option("dreaming")
    page.get_by_label("Dreaming time t").wait_for()
    page.get_by_label("Grid").select_option("8 × 8")
    until(lambda: ink(page, CUE).shape == (8, 8))
    page.get_by_role("radio", name="all at once").check(force=True)
    link = "() => location.hash"
    until(lambda: "dynamics=parallel" in page.evaluate(link))
    assert "side=8" in page.evaluate(link)


def test_the_keyboard_draws(page: Any) -> None:
    press(page, "Clear")
    until(lambda: not ink(page, CUE).any())
    page.locator(f'canvas[data-picture="{CUE}"]').focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    page.keyboard.press("Tab")
    until(lambda: ink(page, CUE)[9, 8])
    page.wait_for_timeout(300)
    assert ink(page, CUE)[9, 8]
