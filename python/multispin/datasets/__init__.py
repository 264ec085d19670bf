"""Images that come with the package, for networks to store and to learn."""

from multispin.datasets.images import Digits, digits

__all__ = ["Digits", "digits"]
