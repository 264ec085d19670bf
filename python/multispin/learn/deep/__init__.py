"""Deep belief networks: restricted Boltzmann machines on top of each other."""

from multispin.learn.deep.bound import LikelihoodBound
from multispin.learn.deep.estimator import DeepBeliefNetwork
from multispin.learn.deep.tempering import StackedTempering

__all__ = ["DeepBeliefNetwork", "LikelihoodBound", "StackedTempering"]
