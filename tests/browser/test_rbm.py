"""The RBM tab in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import expect

from browser.fixtures import AXE, Served, until
from browser.pictures import drag, ink, picture

if TYPE_CHECKING:
    from collections.abc import Callable

EIGHT = (8, 8)
DRAWN, AGAIN, CHAIN = "rbm-drawing", "rbm-reconstruction", "rbm-chain"


@pytest.fixture
def page(lab: Served, open_page: Callable[..., Any]) -> Any:
    """Return the tab, once all machines are trained."""
    found = open_page(f"{lab.link}#rbm")
    found.locator(".preparing").wait_for(state="attached")
    found.locator(".preparing").wait_for(state="hidden", timeout=120_000)
    return found


def verdict(page: Any) -> str:
    return str(page.locator('[data-show="verdict"]').inner_text())


def tool(page: Any, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).check(force=True)


def test_a_noisy_seven_is_a_seven_by_all_principles(page: Any) -> None:
    assert ink(page, DRAWN).shape == EIGHT
    seen = [picture(page, AGAIN)]
    for short in ("CD", "PL", "RM", "SML"):
        page.get_by_role("radio", name=short, exact=True).check(force=True)
        until(lambda: not np.array_equal(picture(page, AGAIN), seen[-1]))
        seen.append(picture(page, AGAIN))
        assert verdict(page).startswith("Most probable: 7 with ")
        likeliest = page.locator(".bar-button.likeliest .name")
        assert likeliest.inner_text() == "7"


def test_what_is_drawn_is_reconstructed_and_classified(page: Any) -> None:
    page.get_by_role("button", name="Clear", exact=True).click()
    until(lambda: not ink(page, DRAWN).any())
    tool(page, "Pencil")
    for column in (3, 4):
        drag(page, DRAWN, EIGHT, (0, column), (7, column))
    expected = np.zeros(EIGHT, dtype=bool)
    expected[:, 3:5] = True
    assert np.array_equal(ink(page, DRAWN), expected)  # at once
    until(lambda: verdict(page).startswith("Most probable: 1 "))
    until(lambda: bool(ink(page, AGAIN)[2:6, 3:5].all()))
    page.wait_for_timeout(300)
    assert np.array_equal(ink(page, DRAWN), expected)  # and it stays
    tool(page, "Eraser")
    drag(page, DRAWN, EIGHT, (0, 3), (0, 4))
    assert not ink(page, DRAWN)[0].any()
    tool(page, "Noise")
    before = ink(page, DRAWN)
    drag(page, DRAWN, EIGHT, (4, 1), (6, 6), (1, 6))
    assert 0 < (ink(page, DRAWN) != before).sum() < 40


def test_the_keyboard_draws(page: Any) -> None:
    page.get_by_role("button", name="Clear", exact=True).click()
    until(lambda: not ink(page, DRAWN).any())
    page.locator(f'canvas[data-picture="{DRAWN}"]').focus()
    for key in ("ArrowUp", " ", "ArrowRight", " ", "Tab"):
        page.keyboard.press(key)
    until(lambda: ink(page, DRAWN).sum() == 2)
    assert "row 4, column 6: ink" in page.locator(".drawing [role=status]").inner_text()


def test_held_pixels_are_completed(page: Any) -> None:
    tool(page, "Hold")
    for row in (0, 1, 2, 3):
        drag(page, DRAWN, EIGHT, (row, 0), (row, 7))
    caption = page.locator("figure", has=page.locator(f'canvas[data-picture="{AGAIN}"]'))
    until(lambda: "completed" in caption.inner_text())
    drawn, again = ink(page, DRAWN), ink(page, AGAIN)
    assert np.array_equal(drawn[:4], again[:4])
    levels = len(np.unique(picture(page, AGAIN)[:4].reshape(-1, 3), axis=0))
    assert levels == 2  # ink and paper, no grey
    page.get_by_role("button", name="From noise").click()
    page.get_by_role("button", name="Start sampling").click()
    seen = []
    for _ in range(10):
        page.wait_for_timeout(100)
        seen.append(ink(page, CHAIN))
        assert np.array_equal(seen[-1][:4], drawn[:4])
    assert len({one[5:].tobytes() for one in seen}) > 1
    page.get_by_role("button", name="Stop sampling").click()
    page.get_by_role("button", name="Hold none").click()
    until(lambda: "mean field" in caption.inner_text())


def test_sampling_starts_and_stops_over_principles(page: Any) -> None:
    def steps() -> int:
        caption = page.locator("figure", has=page.locator(f'canvas[data-picture="{CHAIN}"]'))
        found = re.match(r"step ([\d,]+)", caption.inner_text())
        assert found is not None
        return int(found[1].replace(",", ""))

    page.get_by_role("button", name="Start sampling").click()
    until(lambda: steps() > 10)
    page.get_by_role("radio", name="PL", exact=True).check(force=True)
    now = steps()
    until(lambda: steps() > now + 10)
    page.get_by_role("button", name="Stop sampling").click()
    page.get_by_role("button", name="Start sampling").wait_for()
    stopped = steps()
    page.wait_for_timeout(400)
    assert steps() == stopped
    page.get_by_role("button", name="Reset to drawing").click()
    until(lambda: steps() == 0)
    assert np.array_equal(ink(page, CHAIN), ink(page, DRAWN))


def test_a_class_is_dreamt_of(page: Any) -> None:
    page.locator(".bar-button", has_text="3").first.click()
    caption = page.locator("figure", has=page.locator(f'canvas[data-picture="{CHAIN}"]'))
    until(lambda: "label unit 3" in caption.inner_text())
    for _ in range(5):
        page.wait_for_timeout(100)
        assert "label unit 3" in caption.inner_text()
    assert page.locator('.bar-button[aria-pressed="true"]').count() == 1


def test_learning_raises_the_pseudolikelihood_that_is_shown(page: Any) -> None:
    page.get_by_role("button", name="Learn", exact=True).click()
    shown = page.locator('[data-show="learning"] dd')

    def numbers() -> list[float]:
        texts = [text.replace("−", "-") for text in shown.all_inner_texts()]
        return [float(text) if text != "–" else np.nan for text in texts]

    until(lambda: shown.count() == 2 and numbers()[0] > 0.2)
    filters = picture(page, "rbm-filters")
    _, first = numbers()
    until(lambda: numbers()[0] > 4)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("button", name="Go on").wait_for()
    epochs, last = numbers()
    assert last > first + 3
    assert not np.array_equal(picture(page, "rbm-filters"), filters)
    page.wait_for_timeout(400)
    assert numbers() == [epochs, last]
    page.get_by_role("button", name="Go on").click()
    until(lambda: numbers()[0] > epochs)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("button", name="Begin anew").click()
    page.get_by_role("button", name="Learn", exact=True).wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_says_that_what_was_learned_is_in_no_link(
    lab: Served, open_page: Callable[..., Any], scheme: str
) -> None:
    page = open_page(f"{lab.link}#rbm", scheme=scheme)
    note, copy = page.locator("#link-lacks"), page.get_by_role("button", name="Copy link")
    page.get_by_role("button", name="Learn", exact=True).wait_for()
    expect(note).to_be_hidden()
    expect(copy).to_have_accessible_description("")
    page.get_by_role("button", name="Learn", exact=True).click()
    expect(note).to_be_visible()
    expect(note).to_contain_text("Save model")
    expect(copy).to_have_accessible_description(note.inner_text())
    page.get_by_role("button", name="Pause", exact=True).click()
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run('.tools')")
    assert found["violations"] == []
    assert any(one["id"] == "color-contrast" for one in found["passes"])
    copy.click()
    said = page.locator('.notices[role="status"]')
    expect(said).to_contain_text(f"Link copied. {note.inner_text()}")
    other = open_page(page.evaluate("() => navigator.clipboard.readText()"), scheme=scheme)
    other.get_by_role("button", name="Learn", exact=True).wait_for()  # as it says
    expect(other.locator("#link-lacks")).to_be_hidden()
    page.get_by_role("tab", name="Ising").click()
    expect(note).to_be_hidden()
    copy.click()
    expect(said.get_by_text("Link copied", exact=True)).to_be_visible()


def test_the_drawing_comes_back_after_a_reload(page: Any) -> None:
    tool(page, "Pencil")
    drag(page, DRAWN, EIGHT, (7, 0), (7, 7))
    before = ink(page, DRAWN)
    page.wait_for_timeout(600)
    page.reload()
    page.locator(f'canvas[data-picture="{DRAWN}"]').wait_for()
    until(lambda: np.array_equal(ink(page, DRAWN), before))
