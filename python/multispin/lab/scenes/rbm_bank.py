"""The machines of all principles: recalled from the cache, or trained while one waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multispin.lab.scenes import rbm_models
from multispin.lab.scenes.rbm_models import PRINCIPLES, Course

if TYPE_CHECKING:
    from multispin.lab.scene import Options
    from multispin.lab.scenes.rbm_data import Images
    from multispin.learn.rbm import RBM


class Bank:
    """Trained machines by their methods, and the training of those that are missing.

    Attributes
    ----------
    ready
        The machines that there are.
    notes
        What there is to say of the cache: a line each.
    """

    def __init__(self, images: Images, options: Options) -> None:
        self._images, self._options = images, options
        self.recipes = {
            method: rbm_models.recipe(method, images, options.seed) for method in PRINCIPLES
        }
        self.ready: dict[str, RBM] = {}
        self.notes: list[str] = []
        self._courses: dict[str, Course] = {}
        for method in PRINCIPLES:
            self._recall(method)

    @property
    def pending(self) -> list[str]:
        """Methods whose machines are not there yet."""
        return [method for method in PRINCIPLES if method not in self.ready]

    @property
    def share(self) -> float:
        """How much of all the training is over."""
        shares = [
            1.0 if method in self.ready
            else self._courses[method].share if method in self._courses else 0.0
            for method in PRINCIPLES
        ]  # fmt: skip
        return sum(shares) / len(shares)

    def advance(self, first: str) -> None:
        """Train a slice of a machine that is missing, of `first` before others."""
        pending = self.pending
        if not pending:
            return
        method = first if first in pending else pending[0]
        recipe = self.recipes[method]
        course = self._courses.get(method)
        if course is None:
            # Another page may have trained it by now.
            if self._recall(method):
                return
            course = self._courses[method] = Course(recipe, self._images, self._options.threads)
        if not course.advance():
            del self._courses[method]
            self.ready[method] = course.rbm
            self._note(rbm_models.keep(course.rbm, recipe, self._images, self._options.cache))

    def _recall(self, method: str) -> bool:
        found, note = rbm_models.recall(self.recipes[method], self._images, self._options.cache)
        self._note(note)
        if found is not None:
            self.ready[method] = found
        return found is not None

    def _note(self, note: str | None) -> None:
        if note is not None and note not in self.notes:
            self.notes.append(note)
