"""How well the lab's machines restore 200 noisy digits, by each principle; and how soon.

    python bench/python/lab_reconstruction.py [--output FOLDER]

The machines are those that the RBM tab trains at its first start, on 1597 of the package's digits.
The other 200 have a tenth or a fifth of their 64 pixels turned over (6 or 13, five times each).

- Pixels that are right, noisy and after one, three and ten mean-field steps, rounded; and squared
  error an image of the mean fields after one.
- Half of the image is not known: pixels of the lower half that are right, upper half held.
- Classes that are right, of the images as they are and of noisy ones.
- Pseudolikelihood, nats an image, of pixels and the label; processor time of the training.

And, in milliseconds of processor time, the median over 200 strokes of what the scene does of each:
the command, and the frame with reconstruction, classes and filters; of 8 × 8 digits, and of random
images of 28 × 28.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from peer import machine

CORE = machine.one_thread(None)  # before anything may start threads

import numpy as np  # noqa: E402

from multispin.lab.scene import Options  # noqa: E402
from multispin.lab.scenes import rbm_data, rbm_models  # noqa: E402
from multispin.lab.scenes.rbm import RBMScene  # noqa: E402
from multispin.lab.scenes.rbm_models import PRINCIPLES  # noqa: E402
from multispin.lab.scenes.rbm_views import Views, pseudolikelihood  # noqa: E402
from multispin.learn import corrupt  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.lab.scenes.rbm_data import Images

RESULTS = Path(__file__).resolve().parents[1] / "results"
ABOUT = """`python bench/python/lab_reconstruction.py`, which says what is measured.
200 digits that were not learned, noise drawn five times; errors are standard errors over digits.
Processor times beside other work.
"""
LEVELS, DRAWS, STEPS, STROKES = (0.1, 0.2), 5, (1, 3, 10), 200


def main() -> int:
    """Measure, write the tables and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    images = rbm_data.digits()
    about = ", ".join(f"{key} {value}" for key, value in machine.describe(CORE).items())
    lines = [f"# The lab's machines on noisy digits\n\n{about}\n", ABOUT]
    rows = {method: restored(method, images) for method in PRINCIPLES}
    noisy = {
        f"pixels right, {level:.0%} turned over": np.mean(spoilt(images, level) == whole(images))
        for level in LEVELS
    }
    names = [short for short, _ in PRINCIPLES.values()]
    lines.append(f"| | noisy | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}")
    for what in rows["pcd"]:
        before = f"{noisy[what]:.3f}" if what in noisy else ""
        found = " | ".join(f"{rows[method][what]:.3f}" for method in PRINCIPLES)
        lines.append(f"| {what} | {before} | {found} |")
    lines.append(
        "\n| of a stroke, ms of processor time | median | 95th percentile |\n|---|---|---|"
    )
    for name, times in (("8 × 8", answers(None)), ("28 × 28", answers((28, 28)))):
        lines.append(f"| {name} | {np.median(times):.2f} | {np.quantile(times, 0.95):.2f} |")
    text = "\n".join(lines) + "\n"
    print(text)
    date = dt.datetime.now(dt.timezone.utc).date().isoformat()
    (options.output / f"{date}-lab-reconstruction.md").write_text(text, encoding="utf-8")
    return 0


def whole(images: Images) -> NDArray[np.bool_]:
    """Return the images that are kept back, five times over, (1000, 64)."""
    return np.tile(images.kept_back[:, :64], (DRAWS, 1)).astype(np.bool_)


def spoilt(images: Images, level: float) -> NDArray[np.bool_]:
    """Return them with a share of the pixels turned over."""
    return corrupt(np.where(whole(images), 1, -1), level, random_state=1) > 0


def restored(method: str, images: Images) -> dict[str, float]:
    """Train a machine, and measure what it makes of the images."""
    course = rbm_models.Course(rbm_models.recipe(method, images, 1), images, 1)
    start = time.process_time()
    while course.advance():
        pass
    spent = time.process_time() - start
    views = Views(course.rbm, images, 1)
    truth = whole(images)
    labels = np.tile(images.kept_back[:, 64:].argmax(axis=1), DRAWS)
    found: dict[str, float] = {}
    for level in LEVELS:
        noisy = spoilt(images, level)
        said = f"{level:.0%} turned over"
        means = {steps: np.array([views.reconstruct(v, steps) for v in noisy]) for steps in STEPS}
        right = ((means[1] > 0.5) == truth).reshape(DRAWS, -1, 64).mean(axis=(0, 2))
        found[f"pixels right, {said}"] = right.mean()
        found[f"its error, {said}"] = right.std(ddof=1) / np.sqrt(len(right))
        for steps in STEPS[1:]:
            found[f"the same, {steps} steps, {said}"] = np.mean((means[steps] > 0.5) == truth)
        found[f"squared error an image, {said}"] = ((means[1] - truth) ** 2).sum(axis=1).mean()
        guesses = np.array([views.classes(v).argmax() for v in noisy])
        found[f"classes right, {said}"] = np.mean(guesses == labels)
    upper = np.arange(64) < 32
    once = truth[: len(images.kept_back)]
    completed = np.array([views.complete(v, upper) for v in once])
    found["lower half right, upper half held"] = np.mean((completed[:, 32:] > 0.5) == once[:, 32:])
    guesses = np.array([views.classes(v).argmax() for v in once])
    found["classes right, as they are"] = np.mean(guesses == labels[: len(once)])
    found["pseudolikelihood, nats"] = pseudolikelihood(course.rbm, images)
    found["training, s of processor time"] = spent
    return found


def answers(shape: tuple[int, int] | None) -> NDArray[np.float64]:
    """Return milliseconds of processor time that strokes take in the scene."""
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        data = None
        if shape is not None:
            data = Path(folder) / "images.npz"
            np.savez(data, X=rng.random((500, *shape)) < 0.2, y=np.arange(500) % 10)
        scene = RBMScene(Options(data=data, threads=1), {})
        while "pcd" not in scene.bank.ready:
            scene.step(0.02)
        n, times = scene.drawing.size, []
        for _ in range(STROKES):
            cells = np.unique(rng.integers(0, n, 3))
            on, off = (cells[scene.drawing[cells] == was].tolist() for was in (False, True))
            start = time.process_time()
            scene.handle({"do": "draw", "on": on, "off": off})
            scene.frame()
            times.append(1e3 * (time.process_time() - start))
    return np.array(times)


if __name__ == "__main__":
    raise SystemExit(main())
