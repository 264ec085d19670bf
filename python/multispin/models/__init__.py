"""Models: what the energy of a configuration is.

=========================== ====================================================================
`Ising`                     one coupling, on a periodic lattice of one to four dimensions
`EdwardsAnderson`           random couplings on such a lattice: one draw of them, or many samples
`SherringtonKirkpatrick`    random couplings between all pairs of spins
`Pairwise`                  any couplings on any graph
`Hopfield`                  couplings that patterns make, by Hebb's rule
=========================== ====================================================================

All take a field that is one number, or differs from site to site; `random_fields` draws one. Every
model has the properties and the method ``energy`` of `Model`; those whose spins interact in pairs
have couplings and edges, and signs if all couplings are ±J, as `SignedGraph` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin._base import checks
from multispin.models.base import Model
from multispin.models.disorder import random_fields, random_normals, random_signs
from multispin.models.edwards_anderson import EdwardsAnderson
from multispin.models.hopfield import Hopfield
from multispin.models.ising import Ising
from multispin.models.pairwise import Pairwise
from multispin.models.sherrington_kirkpatrick import SherringtonKirkpatrick
from multispin.models.signed_graph import SignedGraph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = [
    "EdwardsAnderson",
    "Hopfield",
    "Ising",
    "Model",
    "Pairwise",
    "SherringtonKirkpatrick",
    "SignedGraph",
    "from_state",
    "random_fields",
    "random_normals",
    "random_signs",
]

_KINDS: dict[str, type[Model]] = {
    kind.__name__: kind
    for kind in (Ising, EdwardsAnderson, SherringtonKirkpatrick, Pairwise, Hopfield)
}


def from_state(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Model:
    """Make a model of what `Model.state` returned.

    Parameters
    ----------
    meta : mapping
        What JSON can hold; ``meta["model"]`` is the name of the class.
    arrays : mapping of str to ndarray
        The model's arrays; others are ignored.

    Returns
    -------
    Model
        Equal to the one whose state it is, with the same ``repr``.

    Raises
    ------
    TypeError, ValueError
        If this is no state of a model.

    Examples
    --------
    >>> import multispin as ms
    >>> ms.models.from_state(*ms.Ising((4, 6), J=-1.0).state())
    Ising((4, 6), J=-1.0, h=0.0)
    """
    allowed = "what Model.state returned"
    checks.mapping("meta", meta, ["model"], allowed)
    checks.mapping("arrays", arrays, [], allowed)
    kind = _KINDS[checks.choice("meta['model']", meta["model"], list(_KINDS))]
    try:
        return kind._from_state(meta, arrays)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ValueError(f"meta: got no state of a model ({what}), allowed: {allowed}") from error
