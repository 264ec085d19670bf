"""The spin glass of Sherrington and Kirkpatrick, in which all spins are coupled."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.models import fields, triangle
from multispin.models.disorder import (
    KINDS,
    LARGEST_NORMAL,
    MOST_SAMPLES,
    bytes_of_normals,
    bytes_of_signs,
    normals_of_sample,
    random_normals,
    random_signs,
    signs_of_sample,
)
from multispin.models.fields import check_energies
from multispin.models.signed_graph import SignedGraph, several_magnitudes

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

_MOST_SPINS = 2**31  # edges are numbered by 64-bit integers


class SherringtonKirkpatrick(SignedGraph):
    r"""The Sherrington-Kirkpatrick spin glass: all pairs of N spins are coupled at random.

    .. math:: E(s) = -\sum_{i<j} J_{ij} s_i s_j - \sum_i h_i s_i, \qquad s_i = \pm 1, \quad
              \langle J_{ij} \rangle = 0, \ \langle J_{ij}^2 \rangle = 1/N

    The couplings are quenched, and the same for a seed on every machine: numbers of
    `random_normals` or signs of `random_signs`, times 1/√N, one after the other along the rows of
    the upper triangle (0, 1), (0, 2), …, (N − 2, N − 1). Without a field the glass orders at T = 1.

    Couplings are kept as these rows, 8 bytes each (Gaussian) or one (bimodal); `edges` are listed
    when asked for. Energies come from products with blocks of the matrix. Bimodal ones are exact
    but for the factor; the last digits of Gaussian ones may depend on the BLAS.

    Parameters
    ----------
    n
        Number of spins N, at least 2.
    seed
        Seed of the couplings, 0 to 2⁶⁴ − 1. It has nothing to do with a sampler's.
    samples
        Number of disorder samples, in one field. Sample k depends on the seed and k only; none
        means sample 0, without an axis for samples.
    couplings
        ``"gaussian"`` or ``"bimodal"``, which are J_ij = ±1/√N. Gaussian ones have several
        magnitudes: `couplings` gives them, while `J` and `signs` raise ValueError.
    h
        Field h_i, finite, in units of energy (k_B = 1): a number for all sites, or (N,).

    Raises
    ------
    TypeError, ValueError
        For an argument that is not of this kind.
    MemoryError
        If the couplings do not fit; the message says what they need and what there is.

    Notes
    -----
    D. Sherrington & S. Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975), eqs. (1) and (2), with J₀ = 0
    and J = 1.

    Examples
    --------
    >>> import multispin as ms
    >>> model = ms.SherringtonKirkpatrick(100, seed=1)
    >>> model.n_edges, model.couplings.shape, model.edges[:2].tolist()
    (4950, (4950,), [[0, 1], [0, 2]])
    >>> ms.SherringtonKirkpatrick(64, couplings="bimodal").J
    0.125
    """

    def __init__(
        self,
        n: int,
        seed: int = 0,
        samples: int | None = None,
        couplings: str = "gaussian",
        h: ArrayLike = 0.0,
    ) -> None:
        n, seed = checks.count("n", n, 2, _MOST_SPINS), checks.seed("seed", seed)
        if samples is not None:
            samples = checks.count("samples", samples, 1, MOST_SAMPLES)
        self._set_arguments(n, seed, checks.choice("couplings", couplings, KINDS), h)
        what = "n: couplings" if samples is None else f"samples: couplings of {samples}"
        bimodal = self.one_magnitude
        check_memory(what, (bytes_of_signs if bimodal else bytes_of_normals)(self.n_edges, samples))
        self._keep((random_signs if bimodal else random_normals)(self.n_edges, seed, samples))

    @classmethod
    def _one_sample(cls, n: int, seed: int, k: int, couplings: str, h: ArrayLike) -> Self:
        """Make the model of sample k alone."""
        model = cls.__new__(cls)
        model._set_arguments(n, seed, couplings, h)
        model._number = k
        draw = signs_of_sample if model.one_magnitude else normals_of_sample
        model._keep(draw(model.n_edges, seed, k))
        return model

    def _set_arguments(self, n: int, seed: int, couplings: str, h: ArrayLike) -> None:
        SignedGraph.__init__(self, (n,), h)
        self._seed, self._kind = seed, couplings
        self._number = 0  # of the sample, where there is one
        largest = 1.0 if self.one_magnitude else LARGEST_NORMAL
        check_energies("n", n, self.n_edges * largest * self._scale, n, self._h)

    def _keep(self, drawn: NDArray[Any]) -> None:
        """Keep signs, or Gaussian numbers as couplings; both (E,) or (samples, E)."""
        if not self.one_magnitude:
            drawn *= self._scale
        drawn.flags.writeable = False
        self._values = drawn

    @property
    def _scale(self) -> float:
        return 1.0 / math.sqrt(self.n_spins)

    @property
    def samples(self) -> int | None:
        """Number of disorder samples; None if there is one set of couplings and no axis for it."""
        return None if self._values.ndim == 1 else self._values.shape[0]

    @property
    def one_magnitude(self) -> bool:
        """Whether all couplings are ±J. If not, `J` and `signs` raise ValueError."""
        return self._kind == "bimodal"

    @property
    def J(self) -> float:
        """Magnitude of bimodal couplings, 1/√N.

        Raises
        ------
        ValueError
            If the couplings are Gaussian.
        """
        self._check_magnitude()
        return self._scale

    @property
    def n_edges(self) -> int:
        """Number of edges, N (N − 1)/2."""
        return triangle.count(self.n_spins)

    @property
    def _joins_all_pairs(self) -> bool:
        return True

    @property
    def edges(self) -> NDArray[np.int64]:
        """Sites i < j that each edge joins, (E, 2) int64 in ascending order, made anew each time.

        Raises
        ------
        MemoryError
            If they do not fit; the message says what they need and what there is.
        """
        return triangle.pairs(self.n_spins, "n")

    @property
    def signs(self) -> NDArray[np.int8]:
        """Signs of bimodal couplings, (E,) or (samples, E) int8, read-only.

        Raises
        ------
        ValueError
            If the couplings are Gaussian.
        """
        self._check_magnitude()
        signs: NDArray[np.int8] = self._values
        return signs

    @property
    def couplings(self) -> NDArray[np.float64]:
        """Couplings J_ij of the edges, (E,) or (samples, E) float64; Gaussian ones read-only."""
        return super().couplings if self.one_magnitude else self._values

    @property
    def description(self) -> dict[str, Any]:
        """What results say of the model beside its shape: couplings and field."""
        return {"couplings": self._kind, **super().description}

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what `from_state` makes the model of: its arguments, and the field if an array."""
        h, arrays = fields.state(self._h)
        meta = {
            "model": "SherringtonKirkpatrick",
            "n": self.n_spins,
            "seed": self._seed,
            "samples": self.samples,
            "sample": self._number,
            "couplings": self._kind,
            "h": h,
        }
        return meta, arrays

    @classmethod
    def _from_state(cls, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        n, seed, kind, h = (
            meta["n"],
            meta["seed"],
            meta["couplings"],
            fields.from_state(meta, arrays),
        )
        k = checks.count("sample", meta["sample"], 0, MOST_SAMPLES - 1)
        if meta["samples"] is not None or k == 0:
            return cls(n, seed, meta["samples"], kind, h)
        return cls._one_sample(
            checks.count("n", n, 2, _MOST_SPINS),
            checks.seed("seed", seed),
            k,
            checks.choice("couplings", kind, KINDS),
            h,
        )

    def _sample(self, k: int) -> Self:
        return self._one_sample(self.n_spins, self._seed, k, self._kind, self._h)

    def _interaction(self, s: NDArray[np.int8]) -> NDArray[np.float64]:
        lead, scale = s.shape[:-1], self._scale if self.one_magnitude else 1.0
        if self.samples is None:
            spins = s.reshape(-1, self.n_spins)
            return -scale * triangle.products(spins, self._values).reshape(lead)
        by_sample = s.reshape(self.samples, -1, self.n_spins)
        sums = [triangle.products(*each) for each in zip(by_sample, self._values, strict=True)]
        return -scale * np.stack(sums).reshape(lead)

    def _check_magnitude(self) -> None:
        if not self.one_magnitude:
            raise several_magnitudes(self._values)

    def _identity(self) -> Hashable:
        # Couplings are those of their arguments, on every machine.
        return self.n_spins, self._seed, self.samples, self._number, self._kind, self._field

    def __repr__(self) -> str:
        samples = self._number + 1 if self._number else self.samples
        rest = "" if samples is None else f", samples={samples}"
        rest += f", couplings={self._kind!r}, h={fields.shown(self._field)}"
        of = f".sample({self._number})" if self._number else ""
        return f"SherringtonKirkpatrick({self.n_spins}, seed={self._seed}{rest}){of}"
