"""The exceptions and warnings of multispin that Python has no name for.

Wrong arguments raise `TypeError` or `ValueError`; the message names the argument, what was given
and what is allowed.
"""

from __future__ import annotations

__all__ = [
    "CheckpointError",
    "DeviceError",
    "ExecutorError",
    "InfiniteMaximumWarning",
    "MissingExtraError",
    "NotConvergedWarning",
    "NotFittedError",
    "ObservableError",
    "ReweightingError",
    "RoundedCouplingsWarning",
    "SlowEngineWarning",
    "SlowMixingWarning",
    "StudyError",
]


class CheckpointError(RuntimeError):
    """A checkpoint that is damaged, truncated, of another program, or of another run or model."""


class DeviceError(RuntimeError):
    """A device that cannot be used, or a call to one that failed.

    The message says which: not built, no driver, no device, unsupported architecture, or the kernel
    that failed.
    """


class ExecutorError(RuntimeError):
    """An executor that broke, by the death of a worker for one, with work still to do."""


class InfiniteMaximumWarning(UserWarning):
    """A likelihood that grows for ever; the message names what in the data makes it."""


class MissingExtraError(ImportError):
    """An optional package is not installed; the message says which extra of multispin brings it."""


class NotConvergedWarning(UserWarning):
    """A result that was asked for is not reached; the message says how far away it is."""


class NotFittedError(ValueError):
    """An estimator that is asked for what it has not been taught yet."""


class ObservableError(RuntimeError):
    """An observable of a run that failed; the message names it, and what it did."""


class ReweightingError(ValueError):
    """Draws that say too little of what is asked for; the message has the range where they do."""


class RoundedCouplingsWarning(UserWarning):
    """Couplings that were rounded more than their temperature lets pass unnoticed."""


class SlowEngineWarning(UserWarning):
    """An engine that does what it was asked to, but at a small part of its speed; and the cure."""


class SlowMixingWarning(UserWarning):
    """A sampler that does what it was asked to, but hardly mixes; the message says what would."""


class StudyError(RuntimeError):
    """A study some of whose points failed; the message counts them and shows one of them."""
