"""Restricted Boltzmann machines: two layers of units 0 and 1, coupled across and not within."""

from multispin.learn.rbm.estimator import RBM

__all__ = ["RBM"]
