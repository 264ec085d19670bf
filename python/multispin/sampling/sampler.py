"""One sampler for every model: draws spins from P(s) ~ exp(-E(s)/T)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin._engines import devices, registry
from multispin._engines.base import CLUSTER_DYNAMICS, MOST_REPLICAS, MOST_SWEEPS, Request
from multispin._engines.cluster import check_field
from multispin.models import Model, SignedGraph
from multispin.models.base import check_model
from multispin.models.forms import periodic_lattice
from multispin.sampling import observables, state
from multispin.sampling.arguments import checked_block, checked_shared, checked_temperatures
from multispin.sampling.clamp import checked_clamp, demand_holding, packed_clamp
from multispin.sampling.device_array import DeviceArray
from multispin.sampling.mixing import warn_where_slow
from multispin.sampling.packing import warn_where_empty
from multispin.sampling.replacement import engine_with
from multispin.sampling.rounding import check_rounding
from multispin.sampling.start import checked_start

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from multispin._engines.base import Engine

__all__ = ["Sampler"]

#: Those whose stationary law is Boltzmann's, which is what runs are for; and all.
BOLTZMANN = ("metropolis", "glauber", *CLUSTER_DYNAMICS)
DYNAMICS = (*BOLTZMANN, "parallel")
ORDERS = ("fixed", "random")
GENERATORS = ("auto", "aes", "philox")
_SETTABLE = ("temperature", "model", "h", "clamp")  # attributes of a sampler


class Sampler:
    r"""Markov chains of spins with the stationary distribution P(s) ~ exp(-E(s)/T).

    A sweep attempts one update of every site, in the lattice and the replica engine colour after
    colour: sites of one colour have no bonds among each other. On lattices of even sides that is
    the checkerboard. The real engine goes from site to site.

    * ``"metropolis"``: flip with probability min(1, exp(-dE/T)) (Metropolis et al., J. Chem.
      Phys. 21, 1087 (1953));
    * ``"glauber"`` (heat bath): s_i = +1 with probability 1 / (1 + exp(-2 f_i / T)), where
      f_i = sum_j J_ij s_j + h_i is the local field (Glauber, J. Math. Phys. 4, 294 (1963));
    * ``"parallel"``: all spins at once, each by the heat bath of the state before (Little, Math.
      Biosci. 19, 101 (1974)). This has another stationary law, P(s) ~ exp(sum_i h_i s_i / T)
      prod_i 2 cosh(f_i(s) / T) (Peretto, Biol. Cybern. 50, 51 (1984));
    * ``"swendsen-wang"``: bonds that are satisfied are active with probability
      1 - exp(-2|J_ij|/T), and every cluster of sites that active bonds join is turned with
      probability 1/2 (Swendsen & Wang, Phys. Rev. Lett. 58, 86 (1987)). A spin along its field is
      bound to it with probability 1 - exp(-2|h_i|/T), and a cluster with such a spin stays;
    * ``"wolff"``: the cluster of one site is grown and turned (Wolff, Phys. Rev. Lett. 62, 361
      (1989)), as often in a sweep as it takes to visit all sites once on average
      (:meth:`clusters_per_sweep`).

    Clusters forget at a critical point in a few sweeps what single flips take L^2.17 sweeps for.
    They are for models of which one state satisfies all couplings and fields: ferromagnets, also
    diluted, antiferromagnets on bipartite graphs, in a field of one sign.

    Five engines do it. ``lattice`` packs the sites of a row into words: `Ising` models in two and
    three dimensions with even sides. ``replica`` packs replicas: any graph with couplings of one
    magnitude, every replica at a temperature of its own, fast from 64 replicas on and fastest with
    multiples of 512; sites with more than 12 bonds for ``"metropolis"`` without a field only.
    ``real`` keeps the local fields of any couplings and fields, of all pairs or of some: a flip
    costs as much as its site has neighbours, whatever the attempt. ``pattern`` keeps the overlaps
    with the patterns of a `Hopfield` model, and no couplings. ``cluster`` labels clusters. The
    sampler picks one; :meth:`info` says which.

    Probabilities are exact to 2**-45 or better; with the real engine to 2**-24, of couplings that
    are rounded to a multiple of ``info()["step"]``, some 2**-30 of the largest local field. The
    trajectory is a function of the seed, the
    model, the temperatures, the dynamics and the generator; it does not depend on threads or on
    the instruction set.

    A sampler serves one call at a time and refuses a second thread, or a signal handler that comes
    in between, with a RuntimeError; several samplers may run side by side.

    Results have an axis for the replicas; with a model of several disorder samples, two:
    ``(samples, replicas)``. Where it says ``(replicas, ...)`` below, read so.

    Parameters
    ----------
    model
        What the energy is.
    temperature
        T from 0 to infinity, in units of energy: one number, one for each replica, or
        ``(samples, replicas)``. At 0 spins follow their fields: no flip that costs energy is
        accepted. One without a field is left to the rule as at any temperature: Metropolis flips it
        for certain (with probability 1/2 where it says so below), the heat bath of the lattice and
        the replica engine turns it up with probability 1/2; but that of the real and the pattern
        engine leaves it as it is. Whether a field vanishes is decided in double precision, or
        of couplings as they were rounded. At ``inf`` (`math.inf`) Metropolis accepts every flip,
        and the heat bath turns spins up with probability 1/2, whatever their fields. Clusters
        hold together by all satisfied bonds at 0, and are single spins at ``inf``.
    replicas
        Independent copies of the system, of each disorder sample if there are several.
    dynamics
        ``"metropolis"``, ``"glauber"``, with the cluster engine ``"swendsen-wang"`` or
        ``"wolff"``, or with the real and the pattern engine ``"parallel"``.
        With the replica engine and h = 0, Metropolis flips a spin without a local field with
        probability 1/2 on rings, at double bonds, and at one site of each part whose sites all have
        an even number of bonds: else it would flip for certain, and not every state be reached. In
        a field, Metropolis leaves a spin whose neighbours cancel the field, to 1 part in 1024, to
        the heat bath. In the real and the pattern engine it flips such a spin, with a field or
        without, with half the probability.
    init
        ``"random"``, ``"up"``, ``"down"``, or an int8 array of +1 and -1 of shape
        ``model.shape`` or ``(replicas, *model.shape)``; on a GPU, also an array in its memory
        (CuPy, PyTorch and others with ``__cuda_array_interface__``).
    seed
        0 <= seed < 2**64; None takes a fresh one. The same seed gives the same run. It is in
        :meth:`info` and in what :meth:`save` writes.
    device
        ``"cpu"``, ``"cuda"`` (the first GPU), ``"cuda:<index>"``, or ``"auto"``: the first GPU if
        there is one and at least 2**22 spins to sweep, unless ``rng="aes"``; else the CPU.
        :meth:`info` says which it is. On a GPU :meth:`sweep` returns as soon as the sweeps are in
        the GPU's queue; whatever looks at the spins waits for them.
    rng
        ``"philox"`` (what ``"auto"`` means on a GPU) gives the same spins on every device, bit for
        bit. So does ``"aes"`` (what ``"auto"`` means on a CPU), which is faster on CPUs. GPUs have
        no instructions for it: there it is for going on with what was begun on a CPU.
    threads
        Number of threads on the CPU, at most 1024 or twice its processors; None takes as many as
        the process may use.
    first_stream
        Random stream of replica 0; replica r uses stream first_stream + r (counted through all
        disorder samples; below 2**26 with the replica engine). Samplers with the same seed and
        different streams are independent.
    engine
        ``"auto"``, ``"lattice"``, ``"replica"``, ``"real"``, ``"pattern"`` or ``"cluster"``.
        ``"auto"`` takes the
        real engine where no other runs the model, and else the lattice engine where it can, unless
        there are 64 replicas or more with rows of fewer than 32 sites, or fewer than 36 spins; and
        the pattern engine for `Hopfield` models of 1000 neurons or more with fewer patterns than a
        quarter of them, or of more than 5000 neurons.
        Engines draw different random numbers.
    shared_random_numbers
        One random number for each site and sweep, for all disorder samples of a block of 512 (by
        stream): several times as fast. Each sample is then still a chain with the right
        distribution, so disorder averages are right; but samples of a block are *not independent*
        of each other, and errors over samples come out too small, the more so the higher the
        temperature. For a model of disorder samples, with one replica each and one temperature.
    order
        ``"fixed"``, or with the real and the pattern engine ``"random"``: a sweep attempts the
        sites in an order that is drawn anew for each sweep, of all replicas.
    clamp
        Spins that are held as they are, with the real and the pattern engine: bool of shape
        ``model.shape`` or ``(replicas, *model.shape)``. The others then have the law that is
        conditional on them.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong kind; the message says which, what was given and what is
        allowed.
    MemoryError
        If the lattice does not fit; the message says what it needs and what there is.
    DeviceError
        If the device cannot be used.

    Warns
    -----
    SlowMixingWarning
        Where Metropolis accepts more than 90 % of all flips: T > 19 (z |J| + \|h\|) for z bonds a
        site. Sweeps then turn nearly all spins to and fro, which takes very long to forget a start.
    SlowEngineWarning
        Where the replica engine gets many spins of fewer than 64 replicas: lattices of odd sides,
        other graphs. 64 replicas take as long as one.
    RoundedCouplingsWarning
        Where the temperature is so low against the largest couplings that their rounding changes
        probabilities by more than 2**-16; beyond 2**-6 it is an error.

    Examples
    --------
    >>> import multispin as ms
    >>> sampler = ms.Sampler(ms.Ising((128, 128)), temperature=2.0, init="up", seed=7)
    >>> sampler.sweep(100)
    >>> sampler.sweeps_done
    100
    >>> bool(-1.8 < sampler.energy_per_spin()[0] < -1.7)
    True
    """

    def __init__(
        self,
        model: Model,
        temperature: ArrayLike = 2.269,
        replicas: int = 1,
        dynamics: str = "metropolis",
        init: str | NDArray[np.int8] = "random",
        seed: int | None = None,
        device: str = "auto",
        rng: str = "auto",
        threads: int | None = None,
        first_stream: int = 0,
        engine: str = "auto",
        shared_random_numbers: bool = False,
        order: str = "fixed",
        clamp: ArrayLike | None = None,
    ) -> None:
        check_model("model", model)
        devices.check(device)
        replicas = checks.count("replicas", replicas, 1, MOST_REPLICAS)
        self._model = model
        self._lead = (replicas,) if model.samples is None else (model.samples, replicas)
        request = Request(
            model,
            replicas * (model.samples or 1),
            checks.choice("dynamics", dynamics, DYNAMICS),
            checks.choice("order", order, ORDERS),
            clamp is not None,
            checks.choice("rng", rng, GENERATORS),
            checks.seed_or_fresh("seed", seed),
            checks.count("first_stream", first_stream, 0, 2**63),
            checked_shared(shared_random_numbers, self._lead),
            threads=registry.threads(threads),
        )
        kind = registry.choose(engine, request)
        request = devices.placed(request, device, kind)
        registry.check_fits(kind, request)
        temperatures = checked_temperatures(temperature, self._lead)
        start = checked_start(init, model.shape, self._lead, request.gpu)
        warn_where_empty(kind, request)
        self._warned = warn_where_slow(model, request.dynamics, temperatures)
        held = checked_clamp(clamp, model.shape, self._lead)
        demand_holding(held, kind.abilities)
        self._engine = kind(request)
        check_rounding(self._engine.rounding_error, temperatures)
        self._engine.set_temperatures(temperatures)
        start(self._engine)
        self._hold(held)

    def __setattr__(self, name: str, value: object) -> None:
        # A name that is not there, or one of a method, is a mistake and would go unnoticed.
        if not name.startswith("_") and name not in _SETTABLE:
            settable = ", ".join(_SETTABLE)
            if name == "spins":
                settable += "; set_spins takes spins"
            raise AttributeError(f"{name}: got {value!r}, allowed: to set {settable}", name=name)
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        request = self._engine.request
        order = "" if request.order == "fixed" else f"order={request.order!r}, "
        held = "" if self._clamp is None else f", clamp=<{int(self._clamp.sum())} spins held>"
        return (
            f"Sampler({self._model!r}, temperature={self.temperature}, replicas={self._lead[-1]}, "
            f"dynamics={request.dynamics!r}, {order}rng={request.rng!r}, seed={request.seed}{held})"
        )

    # --- running ------------------------------------------------------------------------------

    def sweep(self, n: int = 1) -> None:
        """Run `n` sweeps of every replica.

        Ctrl-C raises `KeyboardInterrupt` within 0.2 s; if that falls inside a sweep, the next use
        of the sampler completes it, so no trajectory is ever changed. On a GPU this returns before
        the sweeps are done (but not long before: the queue is kept short).

        Raises
        ------
        TypeError, ValueError
            If `n` is not an integer from 0 to 2**48.
        """
        if type(n) is not int or not 0 <= n <= MOST_SWEEPS:
            n = checks.count("n", n, 0, MOST_SWEEPS)
        self._engine.sweep(n)

    def synchronize(self) -> None:
        """Wait until all sweeps are done: those in a GPU's queue, or an interrupted one on the CPU.

        Nothing but timing needs it. Ctrl-C raises `KeyboardInterrupt`; the sweeps still get done.
        """
        self._engine.finish()

    def record(
        self, draws: int, interval: int = 1
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Repeat `draws` times: `interval` sweeps, then measure.

        Returns
        -------
        energy, magnetization
            ``(draws, replicas)`` float64: total energy, and mean spin.

        Raises
        ------
        TypeError, ValueError
            If `draws` is not an integer >= 0 or `interval` not an integer >= 1.
        MemoryError
            If the measurements do not fit; the message says what they need and what there is.
        KeyboardInterrupt
            On Ctrl-C, as in :meth:`sweep`; the measurements of this call are lost.
        """
        draws = checks.count("draws", draws, 0, MOST_SWEEPS)
        interval = checks.count("interval", interval, 1, MOST_SWEEPS)
        chains = self._engine.request.replicas
        check_memory(f"draws: {draws} of {registry.counted(chains)}", 48 * draws * chains)
        energies, spins = self._engine.record(draws, interval)
        shape = (draws, *self._lead)
        return energies.reshape(shape), spins.reshape(shape) / self._model.n_spins

    @property
    def sweeps_done(self) -> int:
        """Sweeps since the initial state (on a GPU, those in its queue included)."""
        return self._engine.sweeps_done

    @property
    def temperature(self) -> float | NDArray[np.float64]:
        """T: a float if all replicas have the same, else ``(replicas,)`` float64. Can be set."""
        temperatures = self._engine.temperatures
        if bool(np.all(temperatures == temperatures[0])):
            return float(temperatures[0])
        return temperatures.reshape(self._lead)

    @temperature.setter
    def temperature(self, value: ArrayLike) -> None:
        temperatures = checked_temperatures(value, self._lead)
        if not self._warned:
            self._warned = warn_where_slow(self._model, self._engine.request.dynamics, temperatures)
        check_rounding(self._engine.rounding_error, temperatures)
        self._engine.set_temperatures(temperatures)

    @property
    def model(self) -> Model:
        """The model. Another one of the same shape can be set: spins and random numbers go on.

        The real engine takes other couplings of the same edges in place; for anything else its
        kind of engine is made anew.
        """
        return self._model

    @model.setter
    def model(self, value: Model) -> None:
        check_model("model", value)
        self._replace(value, same_edges=False)

    @property
    def h(self) -> float | NDArray[np.float64]:
        """The field of the model: a float if all sites have the same, else of the model's shape.

        Can be set, to a number or an array of the model's shape.
        """
        return self._model.h

    @h.setter
    def h(self, value: ArrayLike) -> None:
        if not isinstance(self._model, SignedGraph):
            raise AttributeError(f"h: got {self._model!r}, allowed: a model with a field", name="h")
        model = self._model.with_field(value)
        check_field("h", value, model, self._engine.request.dynamics)
        self._replace(model, same_edges=True)

    @property
    def clamp(self) -> NDArray[np.bool_] | None:
        """Mask of the spins that are held, or None. Can be set, as the argument."""
        return self._clamp

    @clamp.setter
    def clamp(self, value: ArrayLike | None) -> None:
        mask = checked_clamp(value, self._model.shape, self._lead)
        demand_holding(mask, self._engine.abilities)
        self._hold(mask)

    def set_spins(self, spins: str | NDArray[np.int8] | Any) -> None:
        """Put the spins into another state; sweeps and random numbers go on.

        Parameters
        ----------
        spins
            As `init`.

        Raises
        ------
        TypeError, ValueError
            If it is no such state.
        """
        start = checked_start(
            spins, self._model.shape, self._lead, self._engine.request.gpu, name="spins"
        )
        start(self._engine)

    # --- observables --------------------------------------------------------------------------

    def energy(self) -> NDArray[np.float64]:
        """Total energy, ``(replicas,)`` float64."""
        return self._engine.energies().reshape(self._lead)

    def energy_per_spin(self) -> NDArray[np.float64]:
        """Energy divided by the number of spins, ``(replicas,)`` float64."""
        return self.energy() / self._model.n_spins

    def magnetization(self) -> NDArray[np.float64]:
        """Mean spin, ``(replicas,)`` float64."""
        return self._engine.spin_sums().reshape(self._lead) / self._model.n_spins

    def overlap(self) -> NDArray[np.float64]:
        """Overlaps q_ab = (1/N) sum_i s_i^a s_i^b of all pairs of replicas.

        Returns
        -------
        ndarray
            ``(replicas, replicas)`` float64; ``(samples, replicas, replicas)`` with disorder
            samples, whose replicas are not compared with each other.

        Raises
        ------
        ValueError
            For fewer than two replicas.
        MemoryError
            If they do not fit; the message says what they need and what there is.
        """
        n = self._model.n_spins
        return observables.of_all_pairs("overlap", self._engine.overlaps, n, self._lead)

    def link_overlap(self) -> NDArray[np.float64]:
        """Link overlaps q_ab = (1/E) sum over the E bonds ij of s_i^a s_j^a s_i^b s_j^b.

        Returns
        -------
        ndarray
            As :meth:`overlap`.

        Raises
        ------
        ValueError
            For fewer than two replicas, or a model without bonds (J = 0 is none).
        MemoryError
            If they do not fit; the message says what they need and what there is.
        """
        bonds, sums_of = self._engine.n_bonds, self._engine.link_overlaps
        if self._lead[-1] > 1 and bonds == 0:
            raise ValueError("link_overlap: got a model without bonds, allowed: at least one")
        return observables.of_all_pairs("link_overlap", sums_of, bonds, self._lead)

    def pattern_overlap(self) -> NDArray[np.float64]:
        """Overlaps m = (1/N) sum_i xi_i s_i with the patterns of a Hopfield model.

        Returns
        -------
        ndarray
            ``(replicas, P)`` float64. The pattern engine has them at hand.

        Raises
        ------
        ValueError
            For another model.
        """
        return observables.pattern_overlap(self._engine, self._lead)

    def moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Means <s_i> ``(N,)`` and second moments <s_i s_j> ``(N, N)`` over the replicas.

        With disorder samples, ``(samples, N)`` and ``(samples, N, N)``. The sums are exact, as
        those of :func:`multispin.moments`. Only the lattice engine unpacks its spins for it. A GPU
        adds up its own replicas: nothing but the sums comes to the host.

        Raises
        ------
        MemoryError
            If it does not fit; the message says what it needs and what there is.
        """
        return observables.moments(self._engine, self._lead)

    def clusters(self) -> NDArray[np.uint32]:
        """Clusters of Swendsen and Wang in the spins as they are: those the next sweep looks at.

        `multispin.analysis.clusters` makes improved estimators of them, of the magnetization's
        moments and of correlations.

        Returns
        -------
        ndarray
            ``(replicas, *model.shape)`` uint32: the first site, as a number in row-major order, of
            each site's cluster.

        Raises
        ------
        ValueError
            With another engine than that of clusters.

        Examples
        --------
        >>> import multispin as ms
        >>> model = ms.Ising((4, 4))
        >>> sampler = ms.Sampler(model, 0.1, dynamics="swendsen-wang", init="up", seed=1)
        >>> bool((sampler.clusters() == 0).all())
        True
        """
        first: NDArray[np.uint32] = registry.ask(self._engine, "clusters")()
        return first.reshape(*self._lead, *self._model.shape)

    def clusters_per_sweep(self) -> NDArray[np.int64]:
        """How many of Wolff's clusters are a sweep: sites over the mean size of a cluster.

        The mean is measured once for a temperature, on a chain of its own that begins with all
        spins up, over the clusters that visit four times all sites. It does not depend on the seed
        or on the spins: a number that did would bias what is measured after a sweep. It takes as
        long as eight sweeps or so, at each temperature that is new to the sampler.

        Returns
        -------
        ndarray
            ``(replicas,)`` int64.

        Raises
        ------
        ValueError
            With other dynamics than ``"wolff"``.
        """
        if self._engine.request.dynamics != "wolff":
            allowed = "a sampler with dynamics='wolff'"
            raise ValueError(
                checks.describe("clusters_per_sweep", self._engine.request.dynamics, allowed)
            )
        clusters: NDArray[np.int64] = registry.ask(self._engine, "clusters_per_sweep")()
        return clusters.reshape(self._lead)

    def correlation(self) -> tuple[NDArray[np.float64], ...]:
        """Spin-spin correlation functions <s_i s_{i+d}>, averaged over the sites i of a replica.

        Not connected. For each axis of the model's shape, whose ends are joined, by the distance d
        along it: ``(replicas, side // 2 + 1)``, and with disorder samples one more axis in front.
        Only the lattice engine need not unpack its spins for it.

        Raises
        ------
        ValueError
            For a model that neither lies on a periodic lattice nor has two or more sides.
        """
        if len(self._model.shape) < 2 and not periodic_lattice(self._model):
            allowed = "a model on a periodic lattice, or of a shape of two or more sides"
            raise ValueError(checks.describe("model", self._model, allowed))
        sums = self._engine.correlation()
        return tuple(along.reshape(*self._lead, -1) / self._model.n_spins for along in sums)

    def block_average(
        self, block: int | Sequence[int] | NDArray[np.integer[Any]], replica: int = 0
    ) -> NDArray[np.float32]:
        """Mean spin of blocks: a picture of a large lattice, which its engine need not unpack.

        Parameters
        ----------
        block
            ``(height, width)`` or one number for both; divisors of the shape, with the lattice
            engine the width even.
        replica
            Which replica, counted through all disorder samples.

        Returns
        -------
        ndarray
            ``(rows / height, columns / width)`` float32 in [-1, 1]; with axes for the other
            dimensions in front.

        Raises
        ------
        TypeError, ValueError
            For a block that does not divide the lattice, a replica that there is not, or a model of
            one dimension.
        """
        if len(self._model.shape) < 2:
            allowed = "a model whose configurations have rows and columns"
            raise ValueError(checks.describe("model", self._model, allowed))
        height, width = checked_block(block, self._model.shape)
        replica = checks.count("replica", replica, 0, self._engine.request.replicas - 1)
        return self._engine.block_average(replica, height, width)

    def spins(self) -> NDArray[np.int8] | DeviceArray:
        """Spins +1 and -1, ``(replicas, *model.shape)`` int8, a copy.

        On a GPU it stays there: a :class:`~multispin.DeviceArray`. With ``device="auto"``, machine
        and lattice decide which of the two this is.

        Raises
        ------
        MemoryError
            If it does not fit the GPU; the message says what it needs and what is free.
        """
        shape = (*self._lead, *self._model.shape)
        if self._engine.request.gpu is not None:
            return DeviceArray(registry.ask(self._engine, "device_spins")().reshaped(shape))
        return self._engine.spins().reshape(shape)

    def packed(self, copy: bool = True) -> NDArray[np.uint64] | DeviceArray:
        """Spins as bits, a copy.

        Replica, real and pattern engine: ``(N, words)`` uint64; bit r % 64 of word r // 64 is
        replica r (counted through all disorder samples), sites are in the row-major order of
        ``model.shape``.

        Lattice engine: ``(replicas, 2, rows, words)`` uint64, in three dimensions
        ``(replicas, 2, planes, rows, words)``. Index 1 is the colour, the sum of the coordinates
        mod 2. Bit b of word w of a row is that row's site
        number k = b * words + w of this colour, which is column 2k or 2k + 1; bit 1 is s = +1.
        With n = columns / 2 sites of a colour in a row, the bits in use are the lowest b of each
        word, b the largest divisor of n up to 64; the others are 0.

        Cluster engine: ``(replicas, words)`` uint64; bit i % 64 of word i // 64 is site i, in the
        row-major order of ``model.shape``. Of a lattice in up to three dimensions with one coupling
        and one field, each row of the last axis begins with a word of its own: bit b of word w of a
        row is column 64 w + b. The others are 0.

        On a GPU it stays there: a :class:`~multispin.DeviceArray`.

        Parameters
        ----------
        copy
            False, with the lattice engine on a GPU only: the sampler's own memory, which later
            sweeps change, and in which a change is one of the sampler's spins (leave the unused
            bits 0).

        Raises
        ------
        ValueError
            For ``copy=False`` on the CPU or with the replica engine, whose own memory is laid out
            otherwise.
        MemoryError
            If a copy does not fit the GPU; the message says what it needs and what is free.
        """
        on_gpu = self._engine.request.gpu is not None
        if not checks.flag("copy", copy) and not (
            on_gpu and "own_packed" in self._engine.abilities
        ):
            allowed = "True on the CPU and with the replica engine"
            raise ValueError(checks.describe("copy", copy, allowed))
        if on_gpu:
            return DeviceArray(
                registry.ask(self._engine, "device_packed" if copy else "own_packed")()
            )
        return self._engine.packed()

    def info(self) -> dict[str, Any]:
        """Which engine, device, instruction set, threads, generator and seed this sampler uses.

        On a GPU the instruction set is its architecture, ``"sm_<compute capability>"``, and
        ``threads`` is None. ``bytes`` is the memory of the device that spins, graph and signs of
        the couplings take; what the temperatures need comes on top.
        """
        return {
            "engine": self._engine.name,
            "dynamics": self._engine.request.dynamics,
            "order": self._engine.request.order,
            **self._engine.info(),
            "seed": self._engine.request.seed,
            "bytes": self._engine.bytes_held(self._engine.request),
        }

    # --- state --------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the whole state to a file, atomically; :meth:`load` continues bit for bit."""
        state.write(checks.path("path", path), self._state())

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], device: str = "auto", threads: int | None = None
    ) -> Sampler:
        """Read what :meth:`save` wrote, on this or any other device.

        Parameters
        ----------
        path
            The file.
        device, threads
            As for a new sampler. With ``"auto"`` the generator decides too: a sampler that draws
            from ``aes`` goes on on the CPU.

        Raises
        ------
        CheckpointError
            If the file is damaged, truncated, or not a sampler's.
        DeviceError
            If the device cannot be used.
        """
        # What is wrong with these is not the file's fault.
        path = checks.path("path", path)
        devices.check(device)
        threads = registry.threads(threads)
        devices.check_isa()
        return state.read(path, lambda kept: cls._from_state(*kept, device, threads))

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Sampler cannot be pickled or copied: use save(path) and Sampler.load(path)"
        )

    def _state(self) -> state.State:
        meta, arrays = state.of(self._engine, self._lead[-1])
        return meta, arrays if self._clamp is None else {**arrays, "clamp": self._clamp}

    @classmethod
    def _from_state(
        cls,
        meta: Mapping[str, Any],
        arrays: Mapping[str, NDArray[Any]],
        device: str = "auto",
        threads: int | None = None,
    ) -> Sampler:
        sweeps_done = checks.count("sweeps_done", meta["sweeps_done"], 0, MOST_SWEEPS)
        sampler = cls(**state.arguments(meta, arrays), init="up", device=device, threads=threads)
        sampler._engine.restore(sweeps_done, arrays["packed"])
        return sampler

    # --- inside -------------------------------------------------------------------------------

    def _replace(self, model: Model, same_edges: bool) -> None:
        """Take another model, or leave everything as it is."""
        before = self._engine
        engine = engine_with(before, model, same_edges)
        try:
            check_rounding(engine.rounding_error, engine.temperatures)
            if engine is not before:
                self._hold(self._clamp, engine)
        except BaseException:
            if engine is before:
                engine_with(before, self._model, same_edges)
            raise
        self._engine, self._model = engine, model

    def _hold(self, mask: NDArray[np.bool_] | None, engine: Engine | None = None) -> None:
        engine = self._engine if engine is None else engine
        if "hold" in engine.abilities:
            words = None if mask is None else packed_clamp(mask, self._model.shape, self._lead)
            registry.ask(engine, "hold")(words)
        self._clamp = mask
