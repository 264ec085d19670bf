"""Binary quadratic models of dimod, whose signs are the other ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin.couplings._pairs import check_strength
from multispin.couplings.problem import Problem
from multispin.couplings.qubo import Qubo
from multispin.models import Pairwise, SignedGraph, fields

if TYPE_CHECKING:
    from numpy.typing import NDArray


def from_dimod(bqm: Any) -> Problem:
    r"""Make the problem of a dimod binary quadratic model, of spins or of variables 0 and 1.

    dimod's energy is +Σ J s s + Σ h s + offset, multispin's is −Σ J s s − Σ h s. So the **signs of
    all biases of a SPIN model are changed**, and the energies are the same::

        bqm.energy(values) == problem.energy(values)
        problem.energy(values) == problem.model.energy(spins) + problem.offset

    A BINARY model becomes a `Qubo`, which keeps its biases as they are.

    Parameters
    ----------
    bqm : dimod.BinaryQuadraticModel
        Of at least one variable. Site k is the k-th of ``bqm.variables``.

    Returns
    -------
    Problem
        With ``model`` and ``offset``; a `Qubo` if the vartype is BINARY.

    Raises
    ------
    TypeError, ValueError
        If the binary quadratic model is not of this kind.

    Examples
    --------
    >>> import dimod
    >>> import multispin as ms
    >>> bqm = dimod.BinaryQuadraticModel({}, {("a", "b"): 1.0}, 0.5, "SPIN")  # antiferromagnetic
    >>> problem = ms.couplings.from_dimod(bqm)
    >>> problem.model.couplings.tolist(), problem.offset
    ([-1.0], 0.5)
    """
    if not (hasattr(type(bqm), "vartype") and hasattr(type(bqm), "to_numpy_vectors")):
        raise TypeError(checks.describe("bqm", bqm, "a dimod.BinaryQuadraticModel"))
    if len(bqm.variables) == 0:
        raise ValueError("bqm: got one without variables, allowed: at least one variable")
    linear, (i, j, quadratic), offset = bqm.to_numpy_vectors(variable_order=list(bqm.variables))
    a, q = _biases("linear", linear), _biases("quadratic", quadratic)
    constant = checks.finite("bqm.offset", float(offset))
    check_strength("bqm.quadratic", q, "biases of which Σ|J|")
    check_strength("bqm.linear", np.concatenate([a, q]), "biases of which Σ|J| + Σ|h|")
    pairs = np.stack([i, j], axis=1).astype(np.int64)
    with checks.within("bqm"):
        if bqm.vartype.name == "BINARY":
            return Qubo(a, pairs, q, constant)
        return Problem(Pairwise.from_edges(len(a), pairs, -q, -a), constant)


def to_dimod(problem: Problem | SignedGraph, vartype: str | None = None) -> Any:
    """Return the dimod binary quadratic model of the same energies.

    dimod's energy is +Σ J s s + Σ h s + offset, multispin's is −Σ J s s − Σ h s. So the **signs
    are changed**: the quadratic biases are −J_ij and the linear ones −h_i. Coefficients of a
    `Qubo` are kept as they are.

    Parameters
    ----------
    problem : Problem or SignedGraph
        A problem, or a model of one set of couplings, which has no offset.
    vartype : {"SPIN", "BINARY"}, optional
        Of the result. By default that of the problem: BINARY for a `Qubo`, else SPIN. The other
        one is what dimod makes of it.

    Returns
    -------
    dimod.BinaryQuadraticModel
        With the variables 0 to N − 1.

    Raises
    ------
    MissingExtraError
        If dimod is not installed.
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> bqm = ms.couplings.to_dimod(ms.Ising((3,), h=0.5))
    >>> float(bqm.energy({0: 1, 1: 1, 2: 1}))
    -4.5
    """
    dimod = require("dimod", "graphs")
    if vartype is not None:
        checks.choice("vartype", vartype, ("SPIN", "BINARY"))
    if not isinstance(problem, Problem):
        checks.instance("problem", problem, SignedGraph, "a Problem, or a model of multispin")
        with checks.within("problem"):
            problem = Problem(problem)
    if isinstance(problem, Qubo):
        a, q, own = problem.linear, problem.quadratic, "BINARY"
        edges, constant = problem.pairs, problem.constant
    else:
        model, own = problem.model, "SPIN"
        a, q = -fields.at_sites(model.h, model.n_spins), -model.couplings
        edges, constant = model.edges, problem.offset
    bqm = dimod.BinaryQuadraticModel.from_numpy_vectors(a, (*edges.T, q), constant, own)
    return bqm if vartype in (None, own) else bqm.change_vartype(vartype, inplace=False)


def _biases(name: str, values: Any) -> NDArray[np.float64]:
    return checks.numbers(f"bqm.{name}", values).astype(np.float64)
