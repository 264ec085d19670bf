"""How the Hopfield model of infinitely many neurons retrieves a pattern.

The model is that of `multispin.theory.hopfield`. The state at first has an overlap with one pattern
and none with the others.
"""

from multispin.theory.recall._first_steps import FirstSteps, first_steps
from multispin.theory.recall._flow import Flow, coolen_sherrington

__all__ = ["FirstSteps", "Flow", "coolen_sherrington", "first_steps"]
