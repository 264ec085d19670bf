"""Parameters of an estimator, as scikit-learn asks for them and without importing it."""

from __future__ import annotations

import inspect
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from multispin._base import checks, extras
from multispin.errors import NotFittedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self


def not_fitted(message: str) -> NotFittedError:
    """Return the error of an estimator that is not fitted: scikit-learn's too, where it is used."""
    if "sklearn.exceptions" not in sys.modules:
        return NotFittedError(message)
    found: NotFittedError = _of_both()(message)
    return found


@cache
def _of_both() -> Any:
    """Make the class of errors that are ours and scikit-learn's."""
    theirs = sys.modules["sklearn.exceptions"].NotFittedError
    # Other processes have it made anew.
    unpickled = {"__reduce__": lambda error: (not_fitted, error.args)}
    return type("NotFittedError", (NotFittedError, theirs), unpickled)


class Estimator:
    """What scikit-learn's ``clone``, pipelines and searches need of an estimator.

    A subclass keeps what its constructor is given, unchanged, in attributes of the same names; what
    it learns has names that end with an underscore.
    """

    #: Attributes of parameters whose own names are those of methods.
    _kept_as: ClassVar[Mapping[str, str]] = {}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the constructor, by name.

        Parameters
        ----------
        deep
            As in scikit-learn; no parameter has parameters of its own.

        Raises
        ------
        TypeError
            If `deep` is neither True nor False.
        """
        checks.flag("deep", deep)
        names = inspect.signature(type(self)).parameters
        return {name: getattr(self, self._kept_as.get(name, name)) for name in names}

    def set_params(self, **params: Any) -> Self:
        """Change parameters, all of them or, if one is wrong, none; and return the estimator.

        Raises
        ------
        TypeError, ValueError
            For a parameter that there is not, or a value that the constructor refuses.
        """
        known = self.get_params(deep=False)
        for name in params:
            if name not in known:
                raise ValueError(checks.describe("params", name, ", ".join(known)))
        type(self)(**{**known, **params})  # which checks them
        for name, value in params.items():
            setattr(self, self._kept_as.get(name, name), value)
        return self

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn's searches and pipelines ask: neither classes nor targets."""
        utils = extras.require("sklearn.utils", "learn")
        return utils.Tags(estimator_type=None, target_tags=utils.TargetTags(required=False))

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={value!r}" for name, value in self.get_params(deep=False).items()
        )
        return f"{type(self).__name__}({shown})"
