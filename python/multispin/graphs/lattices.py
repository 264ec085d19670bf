"""Lattices, periodic or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory

if TYPE_CHECKING:
    from typing import TypeAlias

    from multispin.graphs._edges import Edges

    Boundary: TypeAlias = str | Sequence[str]

__all__ = [
    "bcc",
    "fcc",
    "honeycomb",
    "hypercubic",
    "kagome",
    "next_nearest",
    "triangular",
]

_STRAIGHT = ("periodic", "open")
_BOUNDARIES = (*_STRAIGHT, "helical")

#: Bonds from a site of a cell to one of the cell that is some steps away: of kagome lattices,
_KAGOME = (
    (0, 1, (0, 0)), (0, 2, (0, 0)), (1, 2, (0, 0)),
    (1, 0, (0, 1)), (2, 0, (1, 0)), (2, 1, (1, -1)),
)  # fmt: skip
#: from the centre of a cube to its corners,
_BCC = tuple((1, 0, (a, b, c)) for a in (0, 1) for b in (0, 1) for c in (0, 1))
#: and between corners and centres of faces: of (0, 0, 0), (0, ½, ½), (½, 0, ½) and (½, ½, 0).
_FCC = (
    *((0, 1, (0, b, c)) for b in (0, -1) for c in (0, -1)),
    *((0, 2, (a, 0, c)) for a in (0, -1) for c in (0, -1)),
    *((0, 3, (a, b, 0)) for a in (0, -1) for b in (0, -1)),
    *((1, 2, (a, b, 0)) for a in (0, -1) for b in (0, 1)),
    *((1, 3, (a, 0, c)) for a in (0, -1) for c in (0, 1)),
    *((2, 3, (0, b, c)) for b in (0, -1) for c in (0, 1)),
)


def hypercubic(
    shape: tuple[int, ...], boundary: Boundary = "periodic", axis: int | None = None
) -> Edges:
    """Lattice of one to four dimensions; every site inside of it has 2 · ndim neighbours.

    Parameters
    ----------
    shape : tuple of int
        One to four sides of at least 2. Along a periodic side of 2 two neighbours are joined twice,
        and both edges are listed: one goes up, the other around.
    boundary : str or sequence of str
        Of all axes, or of each: "periodic"; "open", with no edge from the last site of an axis; or
        "helical", where it leads to the first one of the next row, that is one step up the axis
        before (as does the edge from the last row, if that axis is not open). With helical axes
        alone site x has neighbours x ± 1, x ± columns, ... modulo N.
    axis : int, optional
        Axis whose edges are wanted alone, for couplings that differ from axis to axis.

    Returns
    -------
    ndarray
        (E, 2) int64: from each site one step up axis 0, then those up axis 1, ..., where there is a
        step; on a periodic lattice edge a · N + x goes from site x one step up axis a.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the edges do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> ms.graphs.hypercubic((3,)).tolist()
    [[0, 1], [1, 2], [2, 0]]
    >>> ms.graphs.hypercubic((2, 3), ("open", "helical"))[3:].tolist()
    [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]
    >>> along = [ms.graphs.hypercubic((4, 6), axis=axis) for axis in (0, 1)]
    >>> J = np.repeat([1.0, 0.25], [len(edges) for edges in along])  # weak along rows
    >>> ms.Pairwise.from_edges(24, np.concatenate(along), J).n_edges
    48
    """
    shape = checks.lattice_shape(shape)
    axes = range(len(shape))
    if axis is not None:
        axes = range(checks.count("axis", axis, 0, len(shape) - 1), int(axis) + 1)
    steps = [tuple(int(a == b) for b in range(len(shape))) for a in axes]
    return _steps(shape, steps, _checked_boundary(boundary, len(shape)))


def next_nearest(shape: tuple[int, ...], boundary: Boundary = "periodic") -> Edges:
    """Edges between next-nearest neighbours of a hypercubic lattice, by themselves.

    They are the diagonals of its squares, 2 · ndim · (ndim − 1) a site, and on a chain the sites
    two steps away.

    Parameters
    ----------
    shape : tuple of int
        One to four sides: at least 3 (of a chain 5) unless they are open.
    boundary : str or sequence of str
        As for `hypercubic`.

    Returns
    -------
    ndarray
        (E, 2) int64, for `numpy.concatenate` with those of `hypercubic`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the edges do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> near, far = ms.graphs.hypercubic((4, 4)), ms.graphs.next_nearest((4, 4))
    >>> J = np.repeat([1.0, -0.5], [len(near), len(far)])
    >>> frustrated = ms.Pairwise.from_edges(16, np.concatenate([near, far]), J)
    >>> frustrated.n_edges
    64
    """
    sides = checks.lattice_shape(shape)
    kinds = _checked_boundary(boundary, len(sides))
    least = 5 if len(sides) == 1 else 3
    for side, kind in zip(sides, kinds, strict=True):
        if side < least and kind != "open":
            allowed = f"sides >= {least} where they are not open"
            raise ValueError(checks.describe("shape", shape, allowed))
    ndim = len(sides)
    steps: list[tuple[int, ...]] = [] if ndim > 1 else [(2,)]
    for a in range(ndim):
        for b in range(a + 1, ndim):
            steps += [
                tuple(int(c == a) + sign * int(c == b) for c in range(ndim)) for sign in (1, -1)
            ]
    return _steps(sides, steps, kinds)


def triangular(shape: tuple[int, int], boundary: Boundary = "periodic") -> Edges:
    """Triangular lattice; every site inside of it has 6 neighbours.

    It is the square lattice with one diagonal in each square: site (r, c) has neighbours
    (r, c ± 1), (r ± 1, c), (r + 1, c + 1) and (r - 1, c - 1).

    Parameters
    ----------
    shape : (int, int)
        Rows and columns, each at least 3 (with less, neighbours would be joined twice). All
        sublattices have the same size if both are multiples of 3.
    boundary : str or sequence of str
        As for `hypercubic`.

    Returns
    -------
    ndarray
        (E, 2) int64: all edges along rows, then along columns, then the diagonals; on a periodic
        lattice edge k · N + x goes from site x.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the edges do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> from multispin import graphs
    >>> len(graphs.triangular((4, 5)))
    60
    """
    sides = _two_sides(shape, 3)
    return _steps(sides, [(0, 1), (1, 0), (1, 1)], _checked_boundary(boundary, 2))


def honeycomb(shape: tuple[int, int], boundary: Boundary = "periodic") -> Edges:
    """Honeycomb lattice; every site inside of it has 3 neighbours.

    It is drawn as a brick wall: site (r, c) has neighbours (r, c ± 1), and (r + 1, c) if r + c is
    even, (r - 1, c) if it is odd. A unit cell is two sites of a row.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns, both even, at least 2 rows and 4 columns.
    boundary : str or sequence of str
        "periodic" or "open", of both axes or of each.

    Returns
    -------
    ndarray
        (E, 2) int64: the edges along rows, from each site to the right; then those along columns,
        from the sites with even r + c. On a periodic lattice E = 3N/2.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the edges do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> from multispin import graphs
    >>> len(graphs.honeycomb((4, 6)))
    36
    """
    sides = _two_sides(shape, 2)
    if sides[0] % 2 or sides[1] % 2 or sides[1] < 4:
        allowed = "(rows, columns), both even, at least (2, 4)"
        raise ValueError(checks.describe("shape", shape, allowed))
    kinds = _checked_boundary(boundary, 2, _STRAIGHT)
    along, down = (_steps(sides, [step], kinds) for step in ((0, 1), (1, 0)))
    r, c = np.divmod(down[:, 0], sides[1])
    return np.concatenate([along, down[(r + c) % 2 == 0]])


def kagome(shape: tuple[int, int], boundary: Boundary = "periodic") -> Edges:
    """Kagome lattice of corner-sharing triangles; every site inside of it has 4 neighbours.

    A cell has the 3 sites of a triangle, at 0, a/2 and b/2, where a leads to the next column of
    cells, b to the next row, and the angle between them is 60°. Site k of cell (r, c) is number
    3 (r · columns + c) + k.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of cells, each at least 2; there are N = 3 · rows · columns sites.
    boundary : str or sequence of str
        "periodic" or "open", of both axes or of each.

    Returns
    -------
    ndarray
        (E, 2) int64, on a periodic lattice E = 2N.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the edges do not fit; the message says what they need and what there is.

    Notes
    -----
    I. Syozi, Prog. Theor. Phys. 6, 306 (1951).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin import graphs
    >>> edges = graphs.kagome((3, 4))
    >>> edges.shape, set(np.bincount(edges.ravel()).tolist())
    ((72, 2), {4})
    """
    sides = _two_sides(shape, 2)
    return _cells(sides, 3, _KAGOME, _checked_boundary(boundary, 2, _STRAIGHT))


def bcc(shape: tuple[int, int, int], boundary: Boundary = "periodic") -> Edges:
    """Body-centred cubic lattice; every site inside of it has 8 neighbours.

    A cell is a cube of 2 sites, a corner and the centre: number 2x and 2x + 1, where x is the
    number of the cell in the row-major order of the shape.

    Parameters
    ----------
    shape : (int, int, int)
        Cells along each axis, at least 2; there are N = 2 · cells sites.
    boundary : str or sequence of str
        "periodic" or "open", of all axes or of each.

    Returns
    -------
    ndarray
        (E, 2) int64, on a periodic lattice E = 4N.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the edges do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> from multispin import graphs
    >>> graphs.bcc((2, 3, 4)).shape
    (192, 2)
    """
    return _cells(_three_sides(shape), 2, _BCC, _checked_boundary(boundary, 3, _STRAIGHT))


def fcc(shape: tuple[int, int, int], boundary: Boundary = "periodic") -> Edges:
    """Face-centred cubic lattice; every site inside of it has 12 neighbours.

    A cell is a cube of 4 sites, a corner and the centres of the faces that meet there, (0, ½, ½),
    (½, 0, ½) and (½, ½, 0): numbers 4x to 4x + 3, where x is the number of the cell in the
    row-major order of the shape.

    Parameters
    ----------
    shape : (int, int, int)
        Cells along each axis, at least 2; there are N = 4 · cells sites.
    boundary : str or sequence of str
        "periodic" or "open", of all axes or of each.

    Returns
    -------
    ndarray
        (E, 2) int64, on a periodic lattice E = 6N.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the edges do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> from multispin import graphs
    >>> graphs.fcc((2, 2, 2)).shape
    (192, 2)
    """
    return _cells(_three_sides(shape), 4, _FCC, _checked_boundary(boundary, 3, _STRAIGHT))


def _steps(
    shape: tuple[int, ...], steps: Sequence[tuple[int, ...]], boundary: Sequence[str]
) -> Edges:
    """Edges from every site by each step, if there is one, the first step's first."""
    return _cells(shape, 1, [(0, 0, step) for step in steps], boundary)


def _moved(
    shape: tuple[int, ...], step: tuple[int, ...], boundary: Sequence[str]
) -> tuple[Edges, npt.NDArray[np.bool_]]:
    """Site that is a step away from each, in row-major order, and whether there is one."""
    exists, there = np.ones(shape, dtype=bool), np.zeros(shape, dtype=np.int64)
    carry: Edges | int = 0
    for axis in reversed(range(len(shape))):
        along = [1] * len(shape)
        along[axis] = shape[axis]
        place = np.arange(shape[axis], dtype=np.int64).reshape(along) + step[axis] + carry
        around, place = np.divmod(place, shape[axis])
        if boundary[axis] == "open":
            exists &= around == 0
        carry = around if boundary[axis] == "helical" else 0
        there += place * math.prod(shape[axis + 1 :])
    return there.ravel(), exists.ravel()


def _cells(
    shape: tuple[int, ...],
    sites: int,
    bonds: Sequence[tuple[int, int, tuple[int, ...]]],
    boundary: Sequence[str],
) -> Edges:
    """Edges of a lattice whose cells have so many sites, bond after bond."""
    n_cells, sides = math.prod(shape), " x ".join(map(str, shape))
    what = f"shape: edges of {sides} {'cells' if sites > 1 else 'sites'}"
    check_memory(what, 8 * n_cells * (4 + 2 * len(shape) + 5 * len(bonds)))
    cell = np.arange(n_cells, dtype=np.int64)
    found = []
    for first, second, step in bonds:
        there, exists = _moved(shape, step, boundary)
        pair = [sites * cell[exists] + first, sites * there[exists] + second]
        found.append(np.stack(pair, axis=1))
    return np.concatenate(found)


def _checked_boundary(
    boundary: Boundary, ndim: int, kinds: tuple[str, ...] = _BOUNDARIES
) -> tuple[str, ...]:
    """Return what is at the end of each axis."""
    if isinstance(boundary, str):
        return (checks.choice("boundary", boundary, kinds),) * ndim
    listed = ", ".join(map(repr, kinds))
    allowed = f"{listed}, or {ndim} of them, one for each axis"
    if not isinstance(boundary, Sequence):
        raise TypeError(checks.describe("boundary", boundary, allowed))
    if len(boundary) != ndim:
        raise ValueError(checks.describe("boundary", boundary, allowed))
    return tuple(
        checks.choice(f"boundary[{axis}]", one, kinds) for axis, one in enumerate(boundary)
    )


def _three_sides(shape: tuple[int, int, int]) -> tuple[int, ...]:
    sides = checks.lattice_shape(shape)
    if len(sides) != 3:
        raise ValueError(
            checks.describe("shape", shape, "three integers >= 2, cells along each axis")
        )
    return sides


def _two_sides(shape: tuple[int, int], minimum: int) -> tuple[int, int]:
    sides = checks.lattice_shape(shape)
    if len(sides) != 2 or min(sides) < minimum:
        allowed = f"a tuple (rows, columns) of two integers >= {minimum}"
        raise ValueError(checks.describe("shape", shape, allowed))
    return sides[0], sides[1]
