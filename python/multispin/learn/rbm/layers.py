"""What two layers are made of, and what people and machines call the values of their units."""

from __future__ import annotations

from dataclasses import dataclass

from multispin.learn.rbm.units import Binary, Gaussian, Rectified, Units, VisibleUnits


@dataclass(frozen=True)
class Layers:
    """Kinds of units of both layers. Machines take spins as units 0 and 1: s = 2 u − 1."""

    visible: VisibleUnits
    hidden: Units
    spins: tuple[bool, bool] = (False, False)  # of the visible layer, of the hidden one

    @property
    def lows(self) -> tuple[int, int]:
        """Value of a unit that machines take as 0."""
        return -int(self.spins[0]), -int(self.spins[1])

    @property
    def spans(self) -> tuple[int, int]:
        """How much a unit's value rises where a machine's rises by 1."""
        return 1 + int(self.spins[0]), 1 + int(self.spins[1])

    @property
    def of_machine(self) -> Layers:
        """The same layers as a machine takes them."""
        return Layers(self.visible, self.hidden)


BINARY = Layers(Binary(), Binary())
#: Kinds of hidden units by name, as machines take them.
HIDDEN: dict[str, Units] = {
    "binary": Binary(), "spin": Binary(), "gaussian": Gaussian(), "relu": Rectified()
}  # fmt: skip


def layers_of(visible: str, hidden: str, units: VisibleUnits) -> Layers:
    """Return layers of kinds that people name, of visible units as a machine takes them."""
    return Layers(units, HIDDEN[hidden], (visible == "spin", hidden == "spin"))
