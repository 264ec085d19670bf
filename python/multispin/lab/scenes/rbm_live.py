"""A machine that learns while one looks: begun, held, gone on with, begun anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin.lab.scenes.rbm_models import parts_of
from multispin.lab.scenes.rbm_views import pseudolikelihood
from multispin.learn.rbm import RBM

if TYPE_CHECKING:
    from multispin.lab.scenes.rbm_data import Images

#: Points of the curve; of more, every other is dropped.
_MOST_POINTS = 300
_BATCH, _MOMENTUM = 20, 0.5


class Live:
    """An RBM that `partial_fit` takes along, slice by slice of the samples.

    Parameters
    ----------
    images
        What it learns.
    method, n_components, learning_rate, seed
        As of `RBM`. Rate and method may change on the way: weights stay.
    """

    def __init__(
        self, images: Images, method: str, n_components: int, learning_rate: float, seed: int
    ) -> None:
        self._images, self._seed = images, seed
        self.slices = 0
        self.points: list[tuple[float, float]] = []  # epochs, pseudolikelihood
        self._every, self._since = 1, 0
        #: What it has learned by: [method, rate, slices, slices of an epoch], one after the other.
        self.course: list[list[Any]] = []
        self.rbm = RBM(n_components, **self._params(method, learning_rate))
        self._parts = self._parts_of(method)

    @property
    def epochs(self) -> float:
        """How often it has seen all samples."""
        return float(sum(slices / parts for *_, slices, parts in self.course))

    @property
    def begun(self) -> bool:
        """Whether it has learned anything."""
        return bool(self.course)

    def set(self, method: str, learning_rate: float) -> None:
        """Go on by another principle, or at another rate, from the weights that there are."""
        rbm = self.rbm
        if rbm.method == method:
            rbm.set_params(learning_rate=learning_rate)
            return
        params = self._params(method, learning_rate)
        if self.begun:
            parts = rbm.components_, rbm.intercept_visible_, rbm.intercept_hidden_
            self.rbm = RBM.from_arrays(*(part.copy() for part in parts), **params)
        else:
            self.rbm = RBM(rbm.n_components, **params)
        self._parts = self._parts_of(method)

    def advance(self) -> None:
        """Learn one slice."""
        part = self.slices % self._parts
        self.rbm.partial_fit(self._images.learned[part :: self._parts].astype("float32"))
        self.slices += 1
        step = [self.rbm.method, self.rbm.learning_rate, 1, self._parts]
        if self.course and self.course[-1][:2] == step[:2]:
            self.course[-1][2] += 1
        else:
            self.course.append(step)
        self._since += 1
        if self._since >= self._every:
            self._since = 0
            self.points.append((self.epochs, pseudolikelihood(self.rbm, self._images)))
            if len(self.points) > _MOST_POINTS:
                self.points, self._every = self.points[::2], 2 * self._every

    def python(self) -> list[str]:
        """Return the lines of Python that learn the same, of samples V."""
        lines: list[str] = []
        k = 0
        for number, (method, rate, slices, parts) in enumerate(self.course):
            words = self._words(method, rate)
            V = "V" if parts == 1 else f"V[k % {parts} :: {parts}]"
            if number == 0:
                lines.append(f"rbm = ms.RBM({self.rbm.n_components}, {words})")
            elif self.course[number - 1][0] == method:
                lines.append(f"rbm.set_params(learning_rate={rate!r})")
            else:
                lines += [
                    "learned = rbm.components_, rbm.intercept_visible_, rbm.intercept_hidden_",
                    f"rbm = ms.RBM.from_arrays(*learned, {words})",
                ]
            lines += [f"for k in range({k}, {k + slices}):", f"    rbm.partial_fit({V})"]
            k += slices
        if not lines:
            words = self._words(self.rbm.method, self.rbm.learning_rate)
            lines = [f"rbm = ms.RBM({self.rbm.n_components}, {words})", "rbm.partial_fit(V)"]
        return lines

    def _words(self, method: str, rate: Any) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self._params(method, rate).items())

    def _params(self, method: str, learning_rate: float) -> dict[str, Any]:
        found: dict[str, Any] = {
            "method": method, "learning_rate": learning_rate, "batch_size": _BATCH,
            "momentum": _MOMENTUM, "random_state": self._seed,
        }  # fmt: skip
        if self._images.classes:
            found["n_labels"] = len(self._images.classes)
        if method == "pcd":
            found["n_chains"] = 100
        return found

    def _parts_of(self, method: str) -> int:
        samples, units = self._images.learned.shape
        return parts_of(method, samples, units, self.rbm.n_components, _BATCH)
