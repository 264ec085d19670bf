"""Spin models as neural networks: what they store, and what they learn."""

from multispin.learn.hopfield import HopfieldNetwork

__all__ = ["HopfieldNetwork"]
