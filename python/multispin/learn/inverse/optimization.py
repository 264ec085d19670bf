"""Minima of a smooth convex function plus an L1 penalty: SciPy's L-BFGS-B, then Newton's steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from multispin._base import checks, extras

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

#: To which gradient L-BFGS-B is asked to go: below, Newton's steps are fewer, and its own line
#: search would soon meet the rounding of values.
_FIRST = 1e-4
_CORRECTIONS = 10
_NEWTON_STEPS, _SOLVER_STEPS, _SHORTER = 30, 200, 12


def penalty(name: str, value: object, largest: float) -> float:
    """Return `value` as float if it is a number from 0 to `largest`."""
    number = checks.nonnegative_finite(name, value)
    if number > largest:
        raise ValueError(checks.describe(name, value, f"a number from 0 to {largest:g}"))
    return number


class Smooth(Protocol):
    """A smooth function of a vector, of which the first entries are couplings."""

    @property
    def size(self) -> int:
        """Number of entries."""
        ...

    @property
    def n_couplings(self) -> int:
        """How many of them are couplings."""
        ...

    def evaluate(self, x: Vector) -> tuple[float, Vector]:
        """Return value and gradient."""
        ...

    def curvature(self, x: Vector, direction: Vector) -> Vector:
        """Return the Hessian times a direction."""
        ...


@dataclass(frozen=True)
class Minimum:
    """Where a minimization ended."""

    x: Vector
    value: float  # penalties included
    optimality: float  # largest violation of what holds at a minimum
    n_iter: int
    converged: bool
    values: list[float]  # one an iteration


class Ridge:
    """A function with an L2 penalty, l2 Σ J², on its couplings."""

    def __init__(self, smooth: Smooth, l2: float) -> None:
        self._smooth, self._l2 = smooth, l2
        self.size, self.n_couplings = smooth.size, smooth.n_couplings

    def evaluate(self, x: Vector) -> tuple[float, Vector]:
        """Return value and gradient."""
        value, gradient = self._smooth.evaluate(x)
        couplings = x[: self.n_couplings]
        gradient[: self.n_couplings] += 2 * self._l2 * couplings
        return value + self._l2 * float(couplings @ couplings), gradient

    def curvature(self, x: Vector, direction: Vector) -> Vector:
        """Return the Hessian times a direction."""
        product = self._smooth.curvature(x, direction)
        product[: self.n_couplings] += 2 * self._l2 * direction[: self.n_couplings]
        return product


def minimize(
    smooth: Smooth, start: Vector, l1: Vector, tol: float, max_iter: int, newton: bool = True
) -> Minimum:
    """Minimize f(x) + Σ l1 |couplings|.

    Parameters
    ----------
    smooth
        f, convex for Newton's steps to be of use.
    start
        Where to begin.
    l1
        Penalties of the couplings, >= 0, (n_couplings,).
    tol
        Largest violation of the conditions of a minimum: |∂f| of fields; |∂f + l1 sign J| of
        couplings that are not 0, and what |∂f| exceeds l1 by of those that are.
    max_iter
        Most iterations.
    newton
        Whether to go on by Newton's steps where L-BFGS-B leaves off above `tol`.
    """
    values: list[float] = []
    x = _by_gradients(smooth, start, l1, max(tol, _FIRST if newton else tol), max_iter, values)
    n_iter = len(values)
    steps = _NEWTON_STEPS if newton and n_iter < max_iter else 0
    x, optimality, taken = _by_newton(smooth, x, l1, tol, steps)
    value = smooth.evaluate(x)[0] + float(l1 @ np.abs(x[: smooth.n_couplings]))
    return Minimum(x, value, optimality, n_iter + taken, optimality <= tol, [*values, value])


def _by_gradients(
    smooth: Smooth, start: Vector, l1: Vector, tol: float, max_iter: int, values: list[float]
) -> Vector:
    """L-BFGS-B; with a penalty, of couplings as differences of two numbers >= 0."""
    optimize = extras.require("scipy.optimize", "learn")
    c = smooth.n_couplings if l1.any() else 0
    penalty = l1[:c]

    def joined(z: Vector) -> Vector:
        return np.concatenate([z[:c] - z[c : 2 * c], z[2 * c :]]) if c else z

    def penalized(z: Vector) -> tuple[float, Vector]:
        value, gradient = smooth.evaluate(joined(z))
        if c == 0:
            return value, gradient
        up, down = gradient[:c] + penalty, penalty - gradient[:c]
        paid = float(penalty @ (z[:c] + z[c : 2 * c]))
        return value + paid, np.concatenate([up, down, gradient[c:]])

    first = np.concatenate([np.maximum(start[:c], 0), np.maximum(-start[:c], 0), start[c:]])
    bounds = [(0.0, None)] * (2 * c) + [(None, None)] * (len(start) - c) if c else None

    def note(intermediate_result: Any) -> None:
        values.append(float(intermediate_result.fun))

    found = optimize.minimize(
        penalized, first, jac=True, method="L-BFGS-B", bounds=bounds, callback=note,
        options={"maxcor": _CORRECTIONS, "ftol": 0.0, "gtol": tol, "maxiter": max_iter,
                 "maxfun": 20 * max_iter, "maxls": 40},
    )  # fmt: skip
    return joined(np.asarray(found.x, dtype=np.float64))


def _by_newton(
    smooth: Smooth, x: Vector, l1: Vector, tol: float, steps: int
) -> tuple[Vector, float, int]:
    """Newton's steps of what is not 0, each shortened until the conditions are violated less."""
    gradient = smooth.evaluate(x)[1]
    violated = violation(gradient, x, l1, smooth.n_couplings)
    for step in range(steps):
        worst = float(np.abs(violated).max())
        if worst <= tol:
            return x, worst, step
        free = (x != 0) | (violated != 0)
        free[smooth.n_couplings :] = True
        direction = np.zeros_like(x)
        direction[free] = -_solved(smooth, x, free, violated[free], worst)
        for shorter in range(_SHORTER):
            closer = within_signs(x, direction * 0.5**shorter, violated, l1, smooth.n_couplings)
            gradient = smooth.evaluate(closer)[1]
            left = violation(gradient, closer, l1, smooth.n_couplings)
            if float(np.abs(left).max()) < worst:
                break
        else:
            return x, worst, step
        x, violated = closer, left
    return x, float(np.abs(violated).max()), steps


def violation(gradient: Vector, x: Vector, l1: Vector, couplings: int) -> Vector:
    """Return the gradient with penalties, where there is one; else its part nearest to 0."""
    found: Vector = gradient.copy()
    if l1.any():
        g, J = gradient[:couplings], x[:couplings]
        at_zero = np.sign(g) * np.maximum(np.abs(g) - l1, 0.0)
        found[:couplings] = np.where(J != 0, g + l1 * np.sign(J), at_zero)
    return found


def _solved(
    smooth: Smooth, x: Vector, free: NDArray[np.bool_], right: Vector, worst: float
) -> Vector:
    """Solve the Hessian of what is free, by conjugate gradients."""
    linalg = extras.require("scipy.sparse.linalg", "learn")
    whole = np.zeros_like(x)

    def product(v: Vector) -> Vector:
        whole[free] = v.ravel()
        return np.asarray(smooth.curvature(x, whole)[free])

    n = len(right)
    operator = linalg.LinearOperator((n, n), matvec=product, dtype=np.float64)
    accuracy = min(0.1, max(1e-6, worst**0.5))
    found, _ = linalg.cg(operator, right, rtol=accuracy, maxiter=_SOLVER_STEPS)
    return np.asarray(found, dtype=np.float64)


def within_signs(
    x: Vector, direction: Vector, violated: Vector, l1: Vector, couplings: int
) -> Vector:
    """Take a step; couplings that would change their signs become 0."""
    found = x + direction
    if l1.any():
        signs = np.where(x[:couplings] != 0, np.sign(x[:couplings]), -np.sign(violated[:couplings]))
        crossed = found[:couplings] * signs < 0
        found[:couplings][crossed] = 0.0
    return found
