"""How the run of a checkpoint may be extended by the same call with more of something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class Growth:
    """Which arguments of a kept run may have become more.

    Attributes
    ----------
    names
        The arguments that may differ.
    fits
        Whether a run goes on as another, of what was kept and what is given, by name: whether the
        longer run would have done all that the kept one has, and first.
    allowed
        What to say where it does not.
    """

    names: tuple[str, ...]
    fits: Callable[[Mapping[str, Any], Mapping[str, Any]], bool]
    allowed: str

    def leads_to(
        self, changed: Sequence[str], kept: Mapping[str, Any], given: Mapping[str, Any]
    ) -> bool:
        """Whether a kept run, of which some arguments have changed, goes on as the one given."""
        return set(changed) <= set(self.names) and self.fits(kept, given)


def begins_with(longer: Sequence[Any], shorter: Sequence[Any]) -> bool:
    """Whether a sequence begins with another."""
    return list(longer[: len(shorter)]) == list(shorter)
