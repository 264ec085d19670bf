"""Pictures: of runs of Ising models, of spin glasses, and of how many replicas are enough."""

from multispin.plot import glass, replicas, runs

__all__ = ["glass", "replicas", "runs"]
