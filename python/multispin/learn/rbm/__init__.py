"""Restricted Boltzmann machines: two layers of units, coupled across and not within."""

from multispin.learn.rbm.classifier import RBMClassifier
from multispin.learn.rbm.estimator import RBM

__all__ = ["RBM", "RBMClassifier"]
