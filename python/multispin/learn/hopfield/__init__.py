"""Associative memories of Hopfield: patterns stored in the couplings of spins, and recalled."""

from multispin.learn.hopfield.capacity import capacity_sweep
from multispin.learn.hopfield.cues import corrupt
from multispin.learn.hopfield.images import ImageRetrieval, retrieve_images
from multispin.learn.hopfield.network import HopfieldNetwork
from multispin.learn.hopfield.retrieval import Retrieval

__all__ = [
    "HopfieldNetwork",
    "ImageRetrieval",
    "Retrieval",
    "capacity_sweep",
    "corrupt",
    "retrieve_images",
]
