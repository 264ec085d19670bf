"""Spin models as neural networks: what they store, and what they learn."""

from multispin.learn.hopfield import HopfieldNetwork, capacity_sweep, corrupt, retrieve_images

__all__ = ["HopfieldNetwork", "capacity_sweep", "corrupt", "retrieve_images"]
