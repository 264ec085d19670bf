"""The lab in a real browser: tabs draw, controls do what they say, nothing gets lost."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

import multispin as ms
from browser.fixtures import AXE, Served, until
from multispin.lab.scenes import SCENES

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

TABS = list(SCENES)
# A hash of the pixels of all pictures, and how many colours they have.
PICTURES = """() => [...document.querySelectorAll("canvas[data-picture]")].map((canvas) => {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const pixels = new Uint32Array(data.buffer);
  let hash = 0;
  for (const pixel of pixels) hash = (Math.imul(hash, 31) + pixel) | 0;
  return [hash, new Set(pixels).size];
})"""
STATE = """async () => {
  const { readLink } = await import("/static/link.js");
  return readLink(location.hash).state ?? {};
}"""


def state(page: Page) -> dict[str, Any]:
    return page.evaluate(STATE)


def shown(page: Page, name: str) -> float:
    """Return a number among the readouts."""
    text = page.locator(".readouts div", has=page.get_by_text(name, exact=True)).locator("dd")
    return float(text.inner_text().replace(",", "").replace("−", "-").replace("–", "nan"))


def pause(page: Page) -> None:
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()


# --- all tabs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_draws(lab: Served, open_page: Callable[..., Page], tab: str) -> None:
    page = open_page(f"{lab.link}#{tab}")
    # Some of them come when models have been trained.
    until(lambda: (found := page.evaluate(PICTURES)) and all(n > 1 for _, n in found), 120.0)
    expect(page.get_by_role("tab", selected=True)).to_have_text(SCENES[tab].title)
    assert SCENES[tab].title in page.title()
    until(lambda: "seed" in state(page))


@pytest.mark.parametrize("tab", ["ising", "glass"])
def test_pictures_live(lab: Served, open_page: Callable[..., Page], tab: str) -> None:
    page = open_page(f"{lab.link}#{tab}")
    seen = set()
    until(lambda: seen.add(json.dumps(page.evaluate(PICTURES))) or len(seen) > 3)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_axe_finds_nothing(
    lab: Served, open_page: Callable[..., Page], tab: str, scheme: str, size: str
) -> None:
    page = open_page(f"{lab.link}#{tab}", size, scheme)
    until(lambda: (found := page.evaluate(PICTURES)) and found[0][1] > 1)
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document)")
    violations = [
        f"{one['id']}: {node['html'][:160]} ({node['failureSummary']})"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    assert violations == [], "\n".join(violations)
    assert len(found["passes"]) > 20


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("width", [320, 390, 700, 820, 1100, 1280])
def test_nothing_sticks_out(
    lab: Served, open_page: Callable[..., Page], tab: str, width: int
) -> None:
    page = open_page(f"{lab.link}#{tab}")
    page.set_viewport_size({"width": width, "height": 800})
    until(lambda: page.evaluate(PICTURES))
    page.wait_for_timeout(200)
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= width


@pytest.mark.parametrize("tab", TABS)
def test_every_control_has_a_name(lab: Served, open_page: Callable[..., Page], tab: str) -> None:
    page = open_page(f"{lab.link}#{tab}")
    until(lambda: page.evaluate(PICTURES))
    for control in page.locator("main :is(button, input, select, canvas[tabindex])").all():
        named = control.evaluate(
            "(e) => e.ariaLabel || e.textContent.trim() || e.labels?.[0]?.textContent"
        )
        assert named, control.evaluate("(e) => e.outerHTML")
    for canvas in page.locator("main canvas").all():
        assert canvas.get_attribute("role") == "img"
        assert len(canvas.get_attribute("aria-label") or "") > 3


@pytest.mark.parametrize("tab", TABS)
def test_what_is_saved(
    lab: Served, open_page: Callable[..., Page], tab: str, tmp_path: Path
) -> None:
    page = open_page(f"{lab.link}#{tab}")
    # Of the machine there is something to save when it has been trained.
    until(lambda: (found := page.evaluate(PICTURES)) and all(n > 1 for _, n in found), 120.0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
    assert download.value.suggested_filename.endswith(".png")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save model").click()
    assert download.value.suggested_filename.startswith("multispin-")
    target = tmp_path / download.value.suggested_filename
    download.value.save_as(target)
    assert target.stat().st_size > 100
    if tab in ("ising", "glass"):
        until(lambda: "seed" in state(page))
        assert ms.Sampler.load(target).info()["seed"] == state(page)["seed"]


@pytest.mark.parametrize("tab", TABS)
def test_what_is_copied(lab: Served, open_page: Callable[..., Page], tab: str) -> None:
    page = open_page(f"{lab.link}#{tab}")
    until(lambda: "seed" in state(page))
    page.get_by_role("button", name="Copy as Python").click()
    expect(page.get_by_text("Python copied")).to_be_visible()
    lines = page.evaluate("() => navigator.clipboard.readText()")
    assert "import multispin as ms" in lines
    compile(lines, "copied", "exec")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    link = page.evaluate("() => navigator.clipboard.readText()")
    other = open_page(link)
    until(lambda: state(other) == state(page))


# --- the page -------------------------------------------------------------------------------------


def test_the_first_page_is_small(lab: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(lab.link)
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.__setitem__(answer.url, len(answer.body())))
    page.reload()
    expect(page.locator(".link-state .text")).to_have_text("live")
    until(lambda: page.evaluate(PICTURES))
    assert len(sizes) >= 8
    assert sum(sizes.values()) < 500_000


def test_tabs_by_keyboard(lab: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(lab.link)
    page.get_by_role("tab", selected=True).focus()
    for name in [*TABS[1:], TABS[0]]:
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", selected=True)).to_have_text(SCENES[name].title)
        assert page.evaluate("() => document.activeElement.id") == f"tab-{name}"
    page.keyboard.press("End")
    expect(page.get_by_role("tab", selected=True)).to_have_text(SCENES[TABS[-1]].title)


def test_the_switch_of_colours(lab: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(lab.link, scheme="light")

    def background() -> str:
        return page.evaluate("() => getComputedStyle(document.body).backgroundColor")

    until(lambda: page.evaluate(PICTURES))
    pause(page)
    light, picture = background(), page.evaluate(PICTURES)
    switch = page.get_by_role("button", name="Colours")
    switch.click()
    assert background() == light  # light, whatever the system says
    switch.click()
    assert background() != light
    assert page.evaluate(PICTURES) != picture  # the lattice has other colours too
    page.reload()
    expect(page.locator(".link-state .text")).to_have_text("live")
    assert background() != light
    page.get_by_role("button", name="Colours").click()
    assert background() == light
    page.emulate_media(color_scheme="dark")
    assert background() != light


def test_a_link_that_makes_no_sense_says_so(lab: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{lab.link}#ising?temperature=900")
    expect(page.locator(".notice")).to_contain_text("temperature: got 900")
    until(lambda: state(page).get("temperature") == 2.27)
    page = open_page(f"{lab.link}#chess")
    expect(page.locator(".notice")).to_contain_text("chess")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Ising")


def test_a_wrong_token(lab: Served, open_page: Callable[..., Page]) -> None:
    link = lab.link.replace("token=", "token=x")
    page = open_page(link, wait=False)
    assert "token" in page.locator("body").inner_text()
    assert page.locator(".tabs").count() == 0


# --- staying alive --------------------------------------------------------------------------------


def test_stop_is_answered_within_a_fifth_of_a_second(
    lab: Served, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{lab.link}#ising?size=2048")
    until(lambda: page.evaluate(PICTURES))
    times = page.evaluate("""async () => {
      const button = document.querySelector("main button.main");
      const wait = (text) => new Promise((done) => {
        const look = () => (button.textContent === text ? done() : requestAnimationFrame(look));
        look();
      });
      const times = [];
      for (let i = 0; i < 7; i += 1) {
        await wait("Pause");
        const began = performance.now();
        button.click();
        await wait("Run");
        times.push(performance.now() - began);
        button.click();
      }
      return times;
    }""")
    assert sorted(times)[3] < 200


def test_two_pages_side_by_side(lab: Served, open_page: Callable[..., Page]) -> None:
    one, two = open_page(f"{lab.link}#ising?size=256"), open_page(f"{lab.link}#ising?size=256")
    until(lambda: shown(one, "sweeps") > 0 and shown(two, "sweeps") > 0)
    pause(one)
    stopped, before = shown(one, "sweeps"), shown(two, "sweeps")
    until(lambda: shown(two, "sweeps") > before)
    assert shown(one, "sweeps") == stopped


def test_a_reload_goes_on(lab: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{lab.link}#ising?size=256&seed=77")
    until(lambda: shown(page, "sweeps") > 10)
    pause(page)
    sweeps, picture = shown(page, "sweeps"), page.evaluate(PICTURES)
    page.reload()
    until(lambda: page.evaluate(PICTURES) == picture)
    assert shown(page, "sweeps") == sweeps
    assert state(page).get("seed") == 77


def test_a_tab_left_and_come_back_to_is_as_it_was(
    lab: Served, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{lab.link}#ising?size=256")
    until(lambda: shown(page, "sweeps") > 10)
    pause(page)
    sweeps = shown(page, "sweeps")
    page.get_by_role("tab", name="Spin glass").click()
    until(lambda: shown(page, "exchanges") > 0)
    page.get_by_role("tab", name="Ising").click()
    until(lambda: shown(page, "sweeps") == sweeps)


def test_a_link_pasted_into_the_same_page(lab: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{lab.link}#ising?size=256&seed=5")
    until(lambda: state(page).get("seed") == 5)
    page.evaluate("() => (location.hash = '#ising?size=512&seed=6')")
    until(lambda: state(page).get("seed") == 6 and state(page).get("size") == 512)


def test_a_lab_that_is_killed_and_started_again(
    tmp_path: Path, open_page: Callable[..., Page]
) -> None:
    served = Served(tmp_path)
    try:
        page = open_page(f"{served.link}#ising?size=256&temperature=1.75&seed=9")
        until(lambda: shown(page, "sweeps") > 10)
        page.get_by_label("Field h").press("ArrowRight")
        until(lambda: state(page).get("field") == 0.01)
        served.kill()
        expect(page.locator(".link-state .text")).to_have_text("away, trying again")
        time.sleep(1.0)
        link = served.link
        served.start()
        assert served.link == link  # the folder keeps the token
        expect(page.locator(".link-state .text")).to_have_text("live")
        until(lambda: shown(page, "sweeps") > 0)
        expected = {"size": 256, "temperature": 1.75, "seed": 9, "field": 0.01}
        assert state(page) | expected == state(page)
        before = shown(page, "sweeps")
        until(lambda: shown(page, "sweeps") > before)
    finally:
        assert served.end() == 0


def test_ctrl_c_with_a_page_open(tmp_path: Path, open_page: Callable[..., Page]) -> None:
    served = Served(tmp_path)
    page = open_page(served.link)
    until(lambda: page.evaluate(PICTURES))
    began = time.monotonic()
    assert served.end() == 0
    assert time.monotonic() - began < 10
    expect(page.locator(".link-state .text")).to_have_text("away, trying again")


# --- what controls do -----------------------------------------------------------------------------


def ising(open_page: Callable[..., Page], lab: Served, **given: Any) -> Page:
    query = "&".join(f"{name}={value}" for name, value in ({"size": 256} | given).items())
    page = open_page(f"{lab.link}#ising?{query}")
    until(lambda: "seed" in state(page))
    return page


def test_ising_sliders(lab: Served, open_page: Callable[..., Page]) -> None:
    page = ising(open_page, lab, temperature=3)
    page.get_by_label("Temperature T").press("ArrowRight")
    until(lambda: state(page).get("temperature") == 3.01)
    page.get_by_label("Temperature T").press("Home")
    until(lambda: state(page).get("temperature") == 0.5)
    page.get_by_label("Field h").press("End")
    until(lambda: state(page).get("field") == 1)
    until(lambda: shown(page, "magnetization") > 0.9)
    page.get_by_label("Field h").press("Home")
    until(lambda: shown(page, "magnetization") < -0.9)


def test_ising_lists(lab: Served, open_page: Callable[..., Page]) -> None:
    page = ising(open_page, lab, temperature=1)
    page.get_by_label("Lattice", exact=True).select_option("512²")
    until(lambda: state(page).get("size") == 512)
    expect(page.locator("figcaption").first).to_contain_text("512 × 512 spins")
    page.get_by_label("Start", exact=True).select_option("all up")
    until(lambda: state(page).get("start") == "up")
    until(lambda: shown(page, "magnetization") > 0.99)
    page.get_by_label("Sweeps of a loop").select_option("16,000")
    until(lambda: state(page).get("loop_sweeps") == 16000)
    page.get_by_label("10", exact=True).check(force=True)
    until(lambda: state(page).get("speed") == 10)


def test_ising_buttons(lab: Served, open_page: Callable[..., Page]) -> None:
    page = ising(open_page, lab, temperature=3, seed=4)
    pause(page)
    sweeps = shown(page, "sweeps")
    page.get_by_role("button", name="Step").click()
    until(lambda: shown(page, "sweeps") == sweeps + 1)
    page.get_by_role("button", name="Reset").click()
    until(lambda: shown(page, "sweeps") == 0)
    page.get_by_role("button", name="New seed").click()
    until(lambda: state(page).get("seed") == 5)
    page.get_by_role("button", name="Quench").click()
    until(lambda: state(page).get("temperature") == 1.5)
    until(lambda: shown(page, "sweeps") > 0 and shown(page, "energy a spin") < -1.5)


def test_ising_hysteresis(lab: Served, open_page: Callable[..., Page]) -> None:
    page = ising(open_page, lab, temperature=1.5)
    chart = page.get_by_role("img", name="Magnetization against field")
    expect(chart).to_be_hidden()
    button = page.get_by_role("button", name="Hysteresis")
    button.click()
    expect(chart).to_be_visible()
    fields: set[float] = set()
    until(lambda: fields.add(state(page)["field"]) or (min(fields) < 0 < max(fields)))
    time.sleep(0.6)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    pause(page)


def test_glass_controls(lab: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{lab.link}#glass?lattice=4x4x4&seed=4")
    until(lambda: shown(page, "exchanges") > 50)
    page.get_by_label("Temperature looked at").press("ArrowRight")
    until(lambda: state(page).get("look") == 1)
    page.get_by_label("Lowest temperature").press("ArrowRight")
    until(lambda: state(page).get("coldest") == 0.75)
    page.get_by_label("Lattice", exact=True).select_option("16 × 16")
    until(lambda: state(page).get("lattice") == "16x16")
    page.get_by_label("Temperatures", exact=True).select_option("24")
    until(lambda: state(page).get("steps") == 24)
    page.get_by_label("100", exact=True).check(force=True)
    until(lambda: state(page).get("speed") == 100)
    page.get_by_role("button", name="New bonds").click()
    until(lambda: state(page).get("seed") == 5)
    pause(page)
    exchanges = shown(page, "exchanges")
    page.get_by_role("button", name="Step").click()
    until(lambda: shown(page, "exchanges") == exchanges + 1)
    page.get_by_role("button", name="P(q) anew").click()
    page.get_by_role("button", name="Reset").click()
    until(lambda: shown(page, "exchanges") == 0)
