"""Many fits of one kind: from where another one ended, and without a warning of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from multispin._engines import registry
from multispin.learn.inverse.methods import METHODS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from multispin.learn.inverse.estimator import InverseIsing
    from multispin.learn.inverse.methods import Outcome, Task
    from multispin.learn.inverse.observations import Observations

    Start = tuple[NDArray[np.float64], NDArray[np.float64]]

#: Warnings show a single fit's troubles at the user's line; of a thousand fits their number is
#: told, and threads share what Python ignores.


def task_of(estimator: InverseIsing, observations: Observations) -> Task:
    """Return what an estimator would fit, after a look at its parameters."""
    estimator._check_parameters()
    moments = observations.moments(registry.threads(estimator.threads))
    return estimator._task(observations, moments)


def solved(task: Task, method: str, start: Start | None = None) -> Outcome:
    """Return parameters of a task; couplings to start with may be rows that are not symmetric."""
    return METHODS[method].solve(replace(task, start=start))


def like(estimator: InverseIsing, **changed: object) -> InverseIsing:
    """Return an estimator that is not fitted, with parameters of another one."""
    return type(estimator)(**{**estimator.get_params(), **changed})
