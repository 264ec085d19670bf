"""Pictures: of Ising models, glasses, problems, networks, and of how many replicas are enough."""

from multispin.plot import glass, hopfield, problems, replicas, runs

__all__ = ["glass", "hopfield", "problems", "replicas", "runs"]
