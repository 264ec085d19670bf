"""The RBM tab, without a page: drawing, machines, sampling, learning, links and lines."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin.lab import frames
from multispin.lab.scene import Options
from multispin.lab.scenes import rbm_models
from multispin.lab.scenes.rbm import RBMScene
from multispin.lab.scenes.rbm_models import PRINCIPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a file of 5 × 4 images: of class "row" one row is ink, of "column" one column."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 180)
    X = np.zeros((180, 5, 4))
    for image, kind in zip(X, y, strict=True):
        if kind:
            image[:, rng.integers(4)] = 1
        else:
            image[rng.integers(5)] = 1
    np.savez(tmp_path / "bars.npz", X=X, y=np.where(y, "column", "row"))
    return tmp_path / "bars.npz"


@pytest.fixture
def scene(data: Path, monkeypatch: pytest.MonkeyPatch) -> RBMScene:
    """Return a scene of these images, whose machines are trained; the first one trains them."""
    monkeypatch.setattr(rbm_models, "_UPDATES", 500)
    found = RBMScene(Options(data=data, threads=1), {"speed": 500.0, "hidden": 16})
    until(found, lambda: not found.bank.pending)
    return found


def until(scene: RBMScene, there: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        assert scene.step(0.01) or there()


def row_of(scene: RBMScene, k: int) -> None:
    """Draw a row."""
    ink = [4 * k + c for c in range(4)]
    scene.handle({"do": "clear"})
    scene.handle({"do": "draw", "on": ink})


# --- preparing ------------------------------------------------------------------------------------


def test_what_is_shown_while_machines_are_trained(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rbm_models, "_UPDATES", 60)
    monkeypatch.setattr(rbm_models, "_trained", {})
    scene = RBMScene(Options(data=data), {"principle": "pl"})
    header, arrays = scene.frame()
    assert header["preparing"] == 0.0
    assert not header["ready"]
    assert "reconstruction" not in arrays
    row_of(scene, 0)  # one may draw already
    exec(scene.python(), {})  # and copy the lines that train it
    with pytest.raises(ValueError, match="file: got no machine yet"):
        scene.file()
    shares = [0.0]
    while scene.step(0.001):
        shares.append(scene.frame()[0]["preparing"] or 1.0)
        if len(shares) == 3:
            assert [one["ready"] for one in scene.frame()[0]["principles"]] == [False] * 4
    assert shares == sorted(shares)
    assert scene.frame()[0]["preparing"] is None
    assert "reconstruction" in scene.frame()[1]
    assert not scene.step(0.001)


@pytest.mark.thorough
def test_a_noisy_seven_is_a_seven_by_all_principles() -> None:
    scene = RBMScene(Options(), {})
    until(scene, lambda: not scene.bank.pending, 300.0)
    seven = scene.images.kept_back[:, 64 + 7] == 1
    assert seven.any()
    drawing = scene.drawing
    clean = scene.images.kept_back[seven, :64]
    assert (clean != drawing).sum(axis=1).min() == 6  # a tenth of 64 pixels is turned over
    for principle in PRINCIPLES:
        scene.handle({"do": "set", "principle": principle})
        header, arrays = scene.frame()
        found = arrays["probabilities"]
        assert header["classes"][found.argmax()] == "7", principle
        assert found.max() > 0.5, principle
        again = arrays["reconstruction"] > 0.5
        assert (clean != again).sum(axis=1).min() < 6, principle


# --- drawing --------------------------------------------------------------------------------------


def test_drawings_are_reconstructed_and_classified(scene: RBMScene) -> None:
    for principle in PRINCIPLES:
        scene.handle({"do": "set", "principle": principle})
        for k in range(5):
            row_of(scene, k)
            header, arrays = scene.frame()
            assert header["classes"][arrays["probabilities"].argmax()] == "row", principle
        row_of(scene, 2)
        before = scene.frame()[1]["reconstruction"]
        scene.handle({"do": "draw", "off": [9]})
        after = scene.frame()[1]["reconstruction"]
        assert not np.array_equal(before, after)
        assert after[9] > 0.5, principle  # the missing pixel is filled in
        assert after[0] < 0.5


def test_more_mean_field_steps_go_further(scene: RBMScene) -> None:
    row_of(scene, 1)
    once = scene.frame()[1]["reconstruction"]
    scene.handle({"do": "set", "field": 5})
    assert not np.array_equal(scene.frame()[1]["reconstruction"], once)


def test_held_pixels_are_completed(scene: RBMScene) -> None:
    row_of(scene, 1)
    held = [4, 5, 6, 0, 1, 2, 8, 9]  # three of four pixels of row 1, and paper around
    scene.handle({"do": "hold", "on": held})
    scene.handle({"do": "draw", "off": [7]})  # not held: what is there does not matter
    arrays = scene.frame()[1]
    assert (arrays["reconstruction"][[4, 5, 6]] == 1).all()
    assert (arrays["reconstruction"][[0, 1, 2, 8, 9]] == 0).all()
    assert arrays["reconstruction"][7] > 0.5
    assert arrays["held"].sum() == 8
    scene.handle({"do": "run", "on": True})
    until(scene, lambda: scene.chain.steps > 50)
    for pixels in (scene.chain.pixels, scene.frame()[1]["chain"]):
        assert pixels[[4, 5, 6]].all()
        assert not pixels[[0, 1, 2, 8, 9]].any()
    scene.handle({"do": "clear", "what": "held"})
    assert not scene.frame()[1]["held"].any()


def test_noise_turns_over_its_share_and_leaves_what_is_held(scene: RBMScene) -> None:
    row_of(scene, 1)
    scene.handle({"do": "noise", "level": 0.2})
    assert (scene.drawing != np.repeat([0, 1, 0, 0, 0], 4)).sum() == 4
    row_of(scene, 1)
    scene.handle({"do": "hold", "on": list(range(10))})
    for _ in range(5):
        scene.handle({"do": "noise", "level": 0.5})
        assert np.array_equal(scene.drawing[:10], np.repeat([0, 1, 0], [4, 4, 2]))


def test_examples_have_not_been_learned() -> None:
    scene = RBMScene(Options(), {})
    kept_back, seen = scene.images.kept_back, set()
    for _ in range(8):
        scene.handle({"do": "example", "label": 4})
        seen.add(scene.drawing.tobytes())
        found = (kept_back[:, :64] == scene.drawing).all(axis=1)
        assert kept_back[found, 64 + 4].any()
    assert len(seen) == 8
    scene.handle({"do": "example", "label": None})
    assert (kept_back[:, :64] == scene.drawing).all(axis=1).any()


# --- sampling -------------------------------------------------------------------------------------


def test_sampling_goes_on_over_a_change_of_principle(scene: RBMScene) -> None:
    assert not scene.step(0.01)
    scene.handle({"do": "run", "on": True})
    until(scene, lambda: scene.chain.steps >= 20)
    state, steps = scene.chain.state.copy(), scene.chain.steps
    scene.handle({"do": "set", "principle": "rm"})
    assert np.array_equal(scene.chain.state, state)
    until(scene, lambda: scene.chain.steps >= steps + 20)
    assert len(scene.frame()[1]["free_energy"]) == min(scene.chain.steps, 400)
    scene.handle({"do": "run", "on": False})
    assert not scene.step(0.01)
    steps = scene.chain.steps
    scene.handle({"do": "begin", "at": "drawing"})
    assert scene.chain.steps == 0 < steps
    assert np.array_equal(scene.chain.pixels, scene.drawing)
    assert len(scene.frame()[1]["free_energy"]) == 0


@pytest.mark.thorough
def test_a_class_is_dreamt_of(scene: RBMScene) -> None:
    scene.handle({"do": "set", "label": 1})  # "row"
    scene.handle({"do": "begin", "at": "noise"})
    scene.handle({"do": "run", "on": True})
    rows, columns = 0, 0
    for steps in range(20, 1200, 20):
        until(scene, lambda least=steps: scene.chain.steps >= least)  # type: ignore[misc]
        image = scene.chain.pixels.reshape(5, 4)
        rows += int(image.all(axis=1).any())
        columns += int(image.all(axis=0).any())
        assert scene.frame()[0]["chain_label"] == 1
    assert rows > 3 * columns + 5


def test_heat_raises_the_free_energy(scene: RBMScene) -> None:
    # Means over 350 steps that are some nats apart; both chains have the same law each time.
    means = []
    for temperature in (0.5, 3.0):
        scene.handle({"do": "set", "temperature": temperature})
        scene.handle({"do": "begin"})
        scene.handle({"do": "run", "on": True})
        until(scene, lambda: scene.chain.steps >= 400)
        means.append(np.mean(scene.frame()[1]["free_energy"][50:]))
    assert means[1] > means[0] + 2


def test_who_draws_draws_on_the_chain_too(scene: RBMScene) -> None:
    scene.handle({"do": "draw", "on": [0, 7], "off": [3]})
    assert scene.chain.pixels[[0, 7, 3]].tolist() == [1, 1, 0]


# --- learning -------------------------------------------------------------------------------------


@pytest.mark.parametrize("principle", PRINCIPLES)
def test_learning_raises_the_pseudolikelihood(scene: RBMScene, principle: str) -> None:
    scene.handle({"do": "set", "principle": principle, "rate": 0.3})
    scene.handle({"do": "learn", "on": True})
    until(scene, lambda: scene.live.epochs >= 40)
    scene.handle({"do": "learn", "on": False})
    points = scene.frame()[1]["pseudolikelihood"]
    # Rows and columns of ink leave little room: at first a pixel costs some 0.5 nats, 22 units 11.
    assert points[-1, 1] > points[0, 1] + 2
    assert (np.diff(points[:, 0]) > 0).all()
    header = scene.frame()[0]
    assert header["epochs"] == pytest.approx(points[-1, 0], abs=1)
    assert scene.state()["model"] == "live"
    assert not scene.step(0.01)


def test_learning_is_held_gone_on_with_and_begun_anew(scene: RBMScene) -> None:
    scene.handle({"do": "learn", "on": True})
    until(scene, lambda: scene.live.slices >= 5)
    scene.handle({"do": "learn", "on": False})
    weights = scene.live.rbm.components_.copy()
    assert not scene.step(0.01)
    scene.handle({"do": "learn", "on": True})
    until(scene, lambda: scene.live.slices >= 8)
    assert not np.array_equal(weights, scene.live.rbm.components_)
    assert scene.live.rbm.n_iter_ == scene.live.slices  # one machine all the way
    scene.handle({"do": "set", "hidden": 32})
    assert not scene.learning
    assert not scene.frame()[0]["begun"]
    scene.handle({"do": "learn", "on": True})
    until(scene, lambda: scene.live.slices >= 2)
    assert scene.live.rbm.components_.shape == (32, 22)
    scene.handle({"do": "forget"})
    assert scene.live.slices == 0
    assert not scene.frame()[0]["ready"]


def test_another_principle_goes_on_from_the_weights(scene: RBMScene) -> None:
    scene.handle({"do": "set", "principle": "cd"})
    scene.handle({"do": "learn", "on": True})
    until(scene, lambda: scene.live.slices >= 10)
    weights = scene.live.rbm.components_.copy()
    scene.handle({"do": "set", "principle": "rm"})
    assert np.array_equal(scene.live.rbm.components_, weights)
    assert scene.live.rbm.method == "rm"
    until(scene, lambda: scene.live.slices >= 12)
    change = np.abs(scene.live.rbm.components_ - weights).max()
    assert 0 < change < 1


def test_a_rate_with_which_numbers_are_no_longer_finite_ends_learning(
    scene: RBMScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.handle({"do": "learn", "on": True})

    def refuse(*_: object) -> None:
        raise ValueError("learning_rate: got too much, allowed: less")

    monkeypatch.setattr(scene.live.rbm, "partial_fit", refuse)
    assert not scene.step(0.01)
    assert not scene.learning
    assert "learning_rate: got too much" in scene.frame()[0]["notes"][-1]
    scene.handle({"do": "learn", "on": True})  # begun anew, it may go on
    assert scene.step(0.01)


# --- links, lines, files --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "held"),
    [
        ({}, []), ({}, [0, 1, 2, 3]), ({"principle": "pl", "field": 3}, []),
        ({"principle": "cd", "temperature": 2.0, "label": 1}, [0, 1]),
    ],
)  # fmt: skip
def test_the_lines_do_the_same(scene: RBMScene, settings: dict[str, Any], held: list[int]) -> None:
    scene.handle({"do": "set", **settings})
    row_of(scene, 0)
    scene.handle({"do": "hold", "on": held})
    names: dict[str, Any] = {}
    exec(scene.python(), names)
    arrays = scene.frame()[1]
    trained = scene.bank.ready[scene.settings["principle"]]
    assert np.array_equal(names["rbm"].components_, trained.components_)
    assert np.allclose(names["reconstruction"], arrays["reconstruction"], atol=1e-6)
    assert np.allclose(names["probabilities"], arrays["probabilities"], atol=1e-6)
    assert names["state"].shape == (1, 22)
    if settings.get("label"):
        assert names["state"][0, 20:].tolist() == [0, 1]


@pytest.mark.thorough
def test_the_lines_learn_the_same(scene: RBMScene) -> None:
    exec(scene.python(), {})
    scene.handle({"do": "set", "principle": "cd", "rate": 0.1})
    scene.handle({"do": "learn", "on": True})
    until(scene, lambda: scene.live.slices >= 3)
    scene.handle({"do": "set", "rate": 0.02})
    until(scene, lambda: scene.live.slices >= 5)
    scene.handle({"do": "set", "principle": "pl"})
    until(scene, lambda: scene.live.slices >= 7)
    names: dict[str, Any] = {}
    exec(scene.python(), names)
    assert np.array_equal(names["rbm"].components_, scene.live.rbm.components_)
    scene.handle({"do": "forget"})
    exec(scene.python(), {})


def test_images_without_labels(tmp_path: Path, data: Path) -> None:
    with np.load(data) as file:
        np.savez(tmp_path / "x.npz", X=file["X"])
    scene = RBMScene(Options(data=tmp_path / "x.npz"), {"hidden": 16})
    scene.handle({"do": "learn", "on": True})
    until(scene, lambda: scene.live.slices >= 3)
    scene.handle({"do": "run", "on": True})
    until(scene, lambda: scene.chain.steps >= 3)
    header, arrays = scene.frame()
    assert header["classes"] == ()
    assert header["chain_label"] is None
    assert len(arrays["probabilities"]) == 0
    assert arrays["reconstruction"].shape == (20,)
    exec(scene.python(), {})
    with pytest.raises(ValueError, match="label: got 0, allowed: None"):
        scene.handle({"do": "set", "label": 0})


def test_a_link_holds_drawing_and_settings(scene: RBMScene, data: Path) -> None:
    row_of(scene, 3)
    scene.handle({"do": "hold", "on": [1, 2]})
    scene.handle({"do": "set", "principle": "cd", "temperature": 1.5, "label": 1, "seed": 5})
    state = json.loads(json.dumps(scene.state()))
    again = RBMScene(Options(data=data, seed=77), state)
    assert again.state() == scene.state()
    assert np.array_equal(again.drawing, scene.drawing)
    assert np.array_equal(again.held, scene.held)
    assert len(json.dumps(state)) < 400


def test_it_says_what_the_link_lacks(scene: RBMScene) -> None:
    def lacks() -> str | None:
        return scene.frame()[0]["link_lacks"]

    assert lacks() is None
    scene.handle({"do": "learn", "on": True})
    until(scene, lambda: scene.live.begun)
    assert "not what this machine has learned" in lacks()
    assert "Save model" in lacks()
    scene.handle({"do": "set", "model": "trained"})  # which any lab trains by itself
    assert lacks() is None
    scene.handle({"do": "set", "model": "live"})
    assert lacks() is not None
    scene.handle({"do": "forget"})
    assert lacks() is None


def test_a_new_page_begins_with_a_drawing_that_the_seed_decides(data: Path) -> None:
    one, same, other = (RBMScene(Options(data=data, seed=seed), {}).drawing for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert one.any()


def test_frames_can_be_packed(scene: RBMScene) -> None:
    scene.handle({"do": "run", "on": True})
    until(scene, lambda: scene.chain.steps > 3)
    header, arrays = frames.unpack(frames.pack(*scene.frame()))
    assert header["shape"] == [5, 4]
    assert arrays["filters"].shape == (64, 20)
    assert arrays["top_filters"].shape == (8, 20)
    assert (np.diff(arrays["top_active"]) <= 0).all()


def test_frames_do_not_repeat_work(scene: RBMScene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.frame()
    views = scene.views()
    assert views is not None
    calls = []
    monkeypatch.setattr(views, "classes", lambda *_: calls.append(1))
    monkeypatch.setattr(views, "singular_values", lambda *_: calls.append(1))
    scene.frame()
    assert not calls


@pytest.mark.parametrize("model", ["trained", "live"])
def test_the_file_is_the_machine(scene: RBMScene, tmp_path: Path, model: str) -> None:
    if model == "live":
        scene.handle({"do": "learn", "on": True})
        until(scene, lambda: scene.live.begun)
    name, contents = scene.file()
    assert name == ("multispin-rbm-live-pcd.h5" if model == "live" else "multispin-rbm-pcd.h5")
    (tmp_path / name).write_bytes(contents)
    found = ms.RBM.load(tmp_path / name)
    views = scene.views()
    assert views is not None
    assert np.array_equal(found.components_, views.rbm.components_)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ({"do": "dream"}, "do: got 'dream'"), ({"do": "draw", "on": ["a"]}, "on: got 'a'"),
        ({"do": "draw", "on": [20]}, "on: got 20"), ({"do": "hold", "off": 3}, "off: got 3"),
        ({"do": "draw", "unknown": []}, "draw: got 'unknown'"),
        ({"do": "noise", "level": -0.1}, "level: got -0.1"),
        ({"do": "clear", "what": "all"}, "what: got 'all'"),
        ({"do": "example", "label": 2}, "label: got 2"), ({"do": "run"}, "on: got None"),
        ({"do": "begin", "at": "end"}, "at: got 'end'"), ({"do": "learn", "on": 1}, "on: got 1"),
        ({"do": "forget", "all": True}, "forget: got 'all'"),
        ({"do": "set", "principle": "ptt"}, "principle: got 'ptt'"),
        ({"do": "set", "model": 1}, "model: got 1"),
        ({"do": "set", "hidden": 65}, "hidden: got 65"),
        ({"do": "set", "hidden": "64"}, "hidden: got '64'"),
        ({"do": "set", "temperature": 0}, "temperature: got 0"),
        ({"do": "set", "rate": float("nan")}, "rate: got nan"),
        ({"do": "set", "field": 0}, "field: got 0"), ({"do": "set", "label": -1}, "label: got -1"),
        ({"do": "set", "speed": 1e9}, "speed: got 1000000000.0"),
        ({"do": "draw", "stroke": 2.5}, "stroke: got 2.5"),
    ],
)  # fmt: skip
def test_commands_that_make_no_sense(scene: RBMScene, command: dict[str, Any], words: str) -> None:
    before = scene.state()
    with pytest.raises((TypeError, ValueError)) as caught:
        scene.handle(command)
    assert str(caught.value).startswith(words)
    assert ", allowed: " in str(caught.value)
    assert scene.state() == before


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"drawing": "AA=="}, "drawing: got 'AA=='"), ({"held": 1}, "held: got 1"),
        ({"running": 1}, "running: got 1"), ({"hidden": 7}, "hidden: got 7"),
        ({"weights": []}, "state: got 'weights'"),
    ],
)  # fmt: skip
def test_links_that_make_no_sense(data: Path, state: dict[str, Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        RBMScene(Options(data=data), state)
    assert str(caught.value).startswith(words)
