"""One sampler for every model: draws spins from P(s) ~ exp(-E(s)/T)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from multispin import _core, io, models
from multispin._base import checks
from multispin._base.memory import check_memory, gib
from multispin._engines import devices, registry
from multispin.errors import CheckpointError
from multispin.models import Model
from multispin.sampling.device_array import DeviceArray, foreign_spins, is_foreign

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Sampler"]

_CHECKPOINT = "sampler"
_DYNAMICS = ("metropolis", "glauber")
_GENERATORS = ("auto", "aes", "philox")
_INITS = ("random", "up", "down")
_MAX_SWEEPS = 2**48  # the counter of a random block has 48 bits for them
_PAIRS = 2**20  # pairs of replicas that are handed to an engine at a time
_PAIR_BYTES = 64  # what one of them takes: its replicas, thrice, its sum and its overlap


class Sampler:
    r"""Markov chains of spins with the stationary distribution P(s) ~ exp(-E(s)/T).

    A sweep attempts one update of every site, colour after colour: sites of one colour have no
    bonds among each other. On lattices of even sides that is the checkerboard.

    * ``"metropolis"``: flip with probability min(1, exp(-dE/T)) (Metropolis et al., J. Chem.
      Phys. 21, 1087 (1953));
    * ``"glauber"`` (heat bath): s_i = +1 with probability 1 / (1 + exp(-2 f_i / T)), where
      f_i = sum_j J_ij s_j + h is the local field (Glauber, J. Math. Phys. 4, 294 (1963)).

    Two engines do it. ``lattice`` packs the sites of a row into words: `Ising` models in two and
    three dimensions with even sides. ``replica`` packs replicas: any graph with couplings of one
    magnitude and at most 12 bonds a site, every replica at a temperature of its own, fast from 64
    replicas on and fastest with multiples of 512. The sampler picks one; :meth:`info` says which.

    Probabilities are exact to 2**-45 or better. The trajectory is a function of the seed, the
    model, the temperatures, the dynamics and the generator; it does not depend on threads or on
    the instruction set.

    A sampler serves one call at a time and refuses a second thread, or a signal handler that comes
    in between, with a RuntimeError; several samplers may run side by side.

    Results have an axis for the replicas; with a model of several disorder samples, two:
    ``(samples, replicas)``. Where it says ``(replicas, ...)`` below, read so.

    Parameters
    ----------
    model
        A model with couplings of one magnitude.
    temperature
        T > 0 in units of energy: one number, one for each replica, or ``(samples, replicas)``.
    replicas
        Independent copies of the system, of each disorder sample if there are several.
    dynamics
        ``"metropolis"`` or ``"glauber"``. With the replica engine and h = 0, Metropolis flips a
        spin without a local field with probability 1/2 on rings, at double bonds, and at one site
        of each part whose sites all have an even number of bonds: else it would flip for certain,
        and not every state be reached.
    init
        ``"random"``, ``"up"``, ``"down"``, or an int8 array of +1 and -1 of shape
        ``model.shape`` or ``(replicas, *model.shape)``; on a GPU, also an array in its memory
        (CuPy, PyTorch and others with ``__cuda_array_interface__``).
    seed
        0 <= seed < 2**64.
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
        Number of threads on the CPU; None takes as many as the process may use.
    first_stream
        Random stream of replica 0; replica r uses stream first_stream + r (counted through all
        disorder samples; below 2**26 with the replica engine). Samplers with the same seed and
        different streams are independent.
    engine
        ``"auto"``, ``"lattice"`` or ``"replica"``. ``"auto"`` takes the lattice engine where it can
        run the model, unless there are 64 replicas or more with rows of fewer than 32 sites, or
        fewer than 36 spins.
        Engines draw different random numbers.
    shared_random_numbers
        One random number for each site and sweep, for all disorder samples of a block of 512 (by
        stream): several times as fast. Each sample is then still a chain with the right
        distribution, so disorder averages are right; but samples of a block are *not independent*
        of each other, and errors over samples come out too small, the more so the higher the
        temperature. For a model of disorder samples, with one replica each and one temperature.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong kind; the message says which, what was given and what is
        allowed.
    MemoryError
        If the lattice does not fit; the message says what it needs and what there is.
    DeviceError
        If the device cannot be used.

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
        seed: int = 1,
        device: str = "auto",
        rng: str = "auto",
        threads: int | None = None,
        first_stream: int = 0,
        engine: str = "auto",
        shared_random_numbers: bool = False,
    ) -> None:
        checks.instance("model", model, Model, "a multispin model, such as Ising")
        devices.check(device)
        self._model = model
        replicas = checks.count("replicas", replicas, 1)
        self._lead = (replicas,) if model.samples is None else (model.samples, replicas)
        self._replicas = replicas * (model.samples or 1)  # of all samples together
        self._shared = checks.flag("shared_random_numbers", shared_random_numbers)
        self._check_shared(replicas)
        self._dynamics = checks.choice("dynamics", dynamics, _DYNAMICS)
        self._rng = checks.choice("rng", rng, _GENERATORS)
        self._seed = checks.seed("seed", seed)
        self._first_stream = checks.count("first_stream", first_stream, 0, 2**63)
        self._threads = _default_threads(threads)
        self._engine_name = registry.choose(
            engine, model, self._replicas, self._first_stream, self._shared
        )
        spins = self._replicas * model.n_spins
        self._gpu = devices.choose(device, self._rng, spins, spins)
        self._check_fits()
        temperatures = self._temperatures(temperature)
        if self._rng == "auto":
            self._rng = "aes" if self._gpu is None else "philox"
        start = self._initial(init)
        self._engine = registry.new(
            self._engine_name, model, self._request(), self._gpu, self._threads
        )
        self._set_temperatures(temperatures)
        if isinstance(start, np.ndarray):
            self._engine.set_spins(start)
        elif isinstance(start, tuple):
            self._engine.set_device_spins(*start)
        elif start == "random":
            self._engine.randomize()
        else:
            self._engine.fill(up=start == "up")

    def _request(self) -> registry.Request:
        return registry.Request(
            self._replicas,
            self._dynamics,
            self._rng,
            self._seed,
            self._first_stream,
            self._shared,
        )

    def _check_shared(self, replicas: int) -> None:
        if self._shared and (self._model.samples is None or replicas > 1):
            allowed = (
                "False, or True for a model of several disorder samples with replicas=1: replicas "
                "of one sample have to be independent"
            )
            raise ValueError(checks.describe("shared_random_numbers", True, allowed))

    def _check_fits(self) -> None:
        # Before anything is made of the size of the replicas or of the lattice.
        sides = " x ".join(str(side) for side in self._model.shape)
        what = f"shape: {_counted(self._replicas)} of {sides}"
        request = self._request()
        to_make = registry.bytes_to_make(self._engine_name, self._model, request, self._gpu)
        held = self._bytes_held()
        if self._gpu is None:
            check_memory(what, held + to_make)
            return
        free = devices.cuda_module().free_memory(self._gpu)
        if held > free:
            raise MemoryError(f"{what}: needed {gib(held)} on cuda:{self._gpu}, free: {gib(free)}")
        check_memory(f"{what}, on the way to cuda:{self._gpu}", to_make)

    def _bytes_held(self) -> int:
        return registry.bytes_held(self._engine_name, self._model, self._request(), self._gpu)

    def __repr__(self) -> str:
        return (
            f"Sampler({self._model!r}, temperature={self.temperature}, replicas={self._lead[-1]}, "
            f"dynamics={self._dynamics!r}, rng={self._rng!r}, seed={self._seed})"
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
        if type(n) is not int or not 0 <= n <= _MAX_SWEEPS:
            n = checks.count("n", n, 0, _MAX_SWEEPS)
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
        draws = checks.count("draws", draws, 0, 2**48)
        interval = checks.count("interval", interval, 1, _MAX_SWEEPS)
        check_memory(f"draws: {draws} of {_counted(self._replicas)}", 48 * draws * self._replicas)
        bonds, spins = self._engine.record(draws, interval)
        shape = (draws, *self._lead)
        bonds, spins = bonds.reshape(shape), spins.reshape(shape)
        return self._energy(bonds, spins), spins / self._model.n_spins

    @property
    def sweeps_done(self) -> int:
        """Sweeps since the initial state (on a GPU, those in its queue included)."""
        sweeps: int = self._engine.sweeps_done
        return sweeps

    @property
    def temperature(self) -> float | NDArray[np.float64]:
        """T: a float if all replicas have the same, else ``(replicas,)`` float64. Can be set."""
        if bool(np.all(self._temperature == self._temperature[0])):
            return float(self._temperature[0])
        return np.array(self._temperature).reshape(self._lead)

    @temperature.setter
    def temperature(self, value: ArrayLike) -> None:
        self._set_temperatures(self._temperatures(value))

    # --- observables --------------------------------------------------------------------------

    def energy(self) -> NDArray[np.float64]:
        """Total energy, ``(replicas,)`` float64."""
        bonds, spins = self._engine.sums()
        return self._energy(bonds, spins).reshape(self._lead)

    def energy_per_spin(self) -> NDArray[np.float64]:
        """Energy divided by the number of spins, ``(replicas,)`` float64."""
        return self.energy() / self._model.n_spins

    def magnetization(self) -> NDArray[np.float64]:
        """Mean spin, ``(replicas,)`` float64."""
        spins: NDArray[np.int64] = self._engine.sums()[1]
        return spins.reshape(self._lead) / self._model.n_spins

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
        self._demand_pairs("overlap")
        n = self._model.n_spins
        if self._engine_name == "replica":
            return self._of_all_pairs(self._engine.overlaps, n)
        return _overlaps_of_bits(
            self._packed_on_host().reshape(self._replicas, -1).view(np.uint8), n
        )

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
        self._demand_pairs("link_overlap", unpacked=True)
        n_edges = len(self._model.edges)
        if n_edges == 0 or self._model.J == 0.0:
            raise ValueError("link_overlap: got a model without bonds, allowed: at least one")
        if self._engine_name == "replica":
            return self._of_all_pairs(self._engine.link_overlaps, n_edges)
        up = (self._engine.spins > 0).reshape(self._replicas, *self._model.shape)
        bonds = [
            np.packbits((up ^ np.roll(up, 1, axis)).reshape(self._replicas, -1), axis=1)
            for axis in range(1, up.ndim)
        ]
        return _overlaps_of_bits(np.concatenate(bonds, axis=1), n_edges)

    def _of_all_pairs(self, sums_of: Any, most: int) -> NDArray[np.float64]:
        replicas = self._lead[-1]
        all_pairs = np.ones((*self._lead, replicas))
        starts = np.arange(0, self._replicas, replicas)[:, None]
        rows = max(1, _PAIRS // self._replicas)  # their pairs take more memory than the result
        for row in range(0, replicas - 1, rows):
            first, second = np.triu_indices(min(rows, replicas - row), row + 1, replicas)
            first += row
            pairs = np.stack([(starts + first).ravel(), (starts + second).ravel()], axis=1)
            values = sums_of(np.ascontiguousarray(pairs, dtype=np.uint32)) / most
            all_pairs[..., first, second] = values.reshape(*self._lead[:-1], -1)
            all_pairs[..., second, first] = all_pairs[..., first, second]
        return all_pairs

    def _demand_pairs(self, what: str, unpacked: bool = False) -> None:
        replicas = self._lead[-1]
        if replicas < 2:
            raise ValueError(f"{what}: got a sampler of one replica, allowed: at least 2")
        all_pairs = self._replicas * replicas
        if self._engine_name == "replica":
            block = min(max(_PAIRS, self._replicas), all_pairs)
            needed = 8 * all_pairs + _PAIR_BYTES * block
        else:  # with the product of a piece of the rows
            needed = 12 * all_pairs + 4 * self._replicas * self._model.n_spins * unpacked
        check_memory(f"replicas: {what} of all pairs of {_counted(replicas)}", needed)

    def _demand_lattice_engine(self, what: str) -> None:
        if self._engine_name != "lattice":
            raise ValueError(f"{what}: got the replica engine, allowed: engine='lattice'")

    def moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Means <s_i> ``(N,)`` and second moments <s_i s_j> ``(N, N)`` over the replicas.

        With disorder samples, ``(samples, N)`` and ``(samples, N, N)``. Spins are unpacked for it.

        Raises
        ------
        MemoryError
            If it does not fit; the message says what it needs and what there is.
        """
        n, chains = self._model.n_spins, self._lead[-1]
        # Sums of less than 2^24 signs are exact in float32.
        exact = np.dtype(np.float32 if chains < 2**24 else np.float64)
        needed = n * ((8 + exact.itemsize) * n + (1 + exact.itemsize) * chains)
        check_memory(f"moments: of {n} spins", self._replicas // chains * needed)
        spins = self._engine.spins.reshape(*self._lead, n).astype(exact)
        second = (np.swapaxes(spins, -1, -2) @ spins).astype(np.float64)
        return spins.mean(axis=-2, dtype=np.float64), second / chains

    def correlation(self) -> tuple[NDArray[np.float64], ...]:
        """Spin-spin correlation functions <s_i s_{i+d}>, averaged over the sites i of a replica.

        Not connected. For each axis of the lattice ``(replicas, side // 2 + 1)``, by the distance d
        along it.

        Raises
        ------
        ValueError
            With the replica engine.
        """
        self._demand_lattice_engine("correlation")
        return tuple(along / self._model.n_spins for along in self._engine.correlation())

    def block_average(
        self, block: int | Sequence[int] | NDArray[np.integer[Any]], replica: int = 0
    ) -> NDArray[np.float32]:
        """Mean spin of blocks, without unpacking the lattice: a picture of a large one.

        Parameters
        ----------
        block
            ``(height, width)`` or one number for both; divisors of the shape, the width even.
        replica
            Which replica.

        Returns
        -------
        ndarray
            ``(rows / height, columns / width)`` float32 in [-1, 1]; with an axis for the planes in
            front in three dimensions.

        Raises
        ------
        TypeError, ValueError
            For a block that does not divide the lattice, a replica that there is not, or with the
            replica engine.
        """
        given: Any = block.tolist() if isinstance(block, np.ndarray) else block
        self._demand_lattice_engine("block_average")
        several = isinstance(given, Sequence) and not isinstance(given, (str, bytes))
        sides = given if several else (given, given)
        if len(sides) != 2:
            allowed = "one integer >= 1, or two as (height, width)"
            raise ValueError(checks.describe("block", block, allowed))
        longest = max(self._model.shape)
        height, width = (checks.count("block", side, 1, longest) for side in sides)
        replica = checks.count("replica", replica, 0, self._replicas - 1)
        means: NDArray[np.float32] = self._engine.block_average(replica, height, width)
        return means

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
        if self._gpu is not None:
            return DeviceArray(self._engine.device_spins().reshaped(shape))
        spins: NDArray[np.int8] = self._engine.spins
        return spins.reshape(shape)

    def packed(self, copy: bool = True) -> NDArray[np.uint64] | DeviceArray:
        """Spins as bits, a copy.

        Replica engine: ``(N, words)`` uint64; bit r % 64 of word r // 64 is replica r (counted
        through all disorder samples), sites are in the row-major order of ``model.shape``.

        Lattice engine: ``(replicas, 2, rows, words)`` uint64, in three dimensions
        ``(replicas, 2, planes, rows, words)``. Index 1 is the colour, the sum of the coordinates
        mod 2. Bit b of word w of a row is that row's site
        number k = b * words + w of this colour, which is column 2k or 2k + 1; bit 1 is s = +1.
        With n = columns / 2 sites of a colour in a row, the bits in use are the lowest b of each
        word, b the largest divisor of n up to 64; the others are 0.

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
        if not copy and (self._gpu is None or self._engine_name == "replica"):
            allowed = "True on the CPU and with the replica engine"
            raise ValueError(checks.describe("copy", copy, allowed))
        if self._gpu is None:
            return self._packed_on_host()
        engine = self._engine
        return DeviceArray(engine.device_packed() if copy else engine.device_packed(copy=False))

    def _packed_on_host(self) -> NDArray[np.uint64]:
        # Part by part: it passes through little of a GPU's memory.
        packed: NDArray[np.uint64] = self._engine.packed
        return packed

    def info(self) -> dict[str, Any]:
        """Which engine, device, instruction set, threads and generator this sampler uses.

        On a GPU the instruction set is its architecture, ``"sm_<compute capability>"``, and
        ``threads`` is None. ``bytes`` is the memory of the device that spins, graph and signs of
        the couplings take; what the temperatures need comes on top.
        """
        return {
            "engine": self._engine_name,
            **self._device_info(),
            "generator": self._rng,
            "planes": _core.AES_PLANES if self._rng == "aes" else _core.PHILOX_PLANES,
            "tail_planes": _core.TAIL_PLANES,
            "bytes": self._bytes_held(),
        }

    def _device_info(self) -> dict[str, Any]:
        if self._gpu is None:
            return {
                "device": "cpu",
                "instruction_set": self._engine.isa,
                "threads": self._threads,
            }
        device = devices.cuda_module().demand_device(self._gpu)
        return {
            "device": f"cuda:{self._gpu}",
            "device_name": device.name,
            "instruction_set": f"sm_{device.major}{device.minor}",
            "threads": None,
        }

    # --- state --------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the whole state to a file, atomically; :meth:`load` continues bit for bit."""
        meta, arrays = self._state()
        io.write_checkpoint(path, _CHECKPOINT, meta, arrays)

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
        devices.check(device)
        threads = _default_threads(threads)
        _core.selected_isa()
        meta, arrays = io.read_checkpoint(path, _CHECKPOINT)
        try:
            return cls._from_state(meta, arrays, device, threads)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{Path(path)}: not a sampler's state: {error}") from error

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Sampler cannot be pickled or copied: use save(path) and Sampler.load(path)"
        )

    def _state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        sweeps_done, temperature, packed = self._engine.state()  # in one call: of one moment
        model, model_arrays = self._model.state()
        meta = {
            "model": model,
            "replicas": self._lead[-1],
            "engine": self._engine_name,
            "shared_random_numbers": self._shared,
            "dynamics": self._dynamics,
            "rng": self._rng,
            "seed": self._seed,
            "first_stream": self._first_stream,
            "sweeps_done": sweeps_done,
        }
        arrays = {f"model_{name}": array for name, array in model_arrays.items()}
        return meta, {**arrays, "temperature": temperature, "packed": packed}

    @classmethod
    def _from_state(
        cls,
        meta: Mapping[str, Any],
        arrays: Mapping[str, NDArray[Any]],
        device: str = "auto",
        threads: int | None = None,
    ) -> Sampler:
        model_arrays = {name[6:]: a for name, a in arrays.items() if name.startswith("model_")}
        model = models.from_state(meta["model"], model_arrays)
        replicas, temperature = meta["replicas"], arrays["temperature"]
        lead = (replicas,) if model.samples is None else (model.samples, replicas)
        if temperature.shape != (math.prod(lead),):
            raise ValueError(f"temperature: got shape {temperature.shape} for replicas {lead}")
        sampler = cls(
            model,
            temperature.reshape(lead),
            replicas=replicas,
            dynamics=meta["dynamics"],
            init="up",
            seed=meta["seed"],
            device=device,
            rng=meta["rng"],
            threads=threads,
            first_stream=meta["first_stream"],
            engine=meta["engine"],
            shared_random_numbers=meta["shared_random_numbers"],
        )
        sampler._engine.set_packed(arrays["packed"])
        sampler._engine.sweeps_done = meta["sweeps_done"]
        return sampler

    # --- inside -------------------------------------------------------------------------------

    def _energy(self, bonds: NDArray[np.int64], spins: NDArray[np.int64]) -> NDArray[np.float64]:
        # The replica engine's sums over bonds have the signs of the couplings in them.
        J = self._model.J if self._engine_name == "lattice" else abs(self._model.J)
        # The last zero makes -0.0 one without a sign.
        return np.asarray(-J * bonds - self._model.h * spins + 0.0, dtype=np.float64)

    def _temperatures(self, value: ArrayLike) -> NDArray[np.float64]:
        """Temperatures of all replicas, in one row."""
        temperatures = checks.temperatures("temperature", value, ndim=len(self._lead))
        if temperatures.shape not in ((1,), self._lead[-1:], self._lead):
            allowed = "one number"
            if self._replicas > 1:
                allowed += f", or one for each of the {self._lead[-1]} replicas"
            if len(self._lead) > 1:
                allowed += f", or an array of shape {self._lead}"
            raise ValueError(checks.describe("temperature", value, allowed))
        return np.ascontiguousarray(np.broadcast_to(temperatures, self._lead)).ravel()

    def _set_temperatures(self, temperatures: NDArray[np.float64]) -> None:
        self._engine.set_temperatures(temperatures)
        self._temperature = temperatures

    def _initial(
        self, init: object
    ) -> str | NDArray[np.int8] | tuple[int, tuple[int, ...], int | None, bool]:
        if isinstance(init, str):
            return checks.choice("init", init, _INITS)
        one = self._model.shape
        shape = (*self._lead, *one)
        flat = (self._model.n_spins,) if self._engine_name == "replica" else one
        if is_foreign(init) and self._gpu is not None:
            pointer, given, stream, known = foreign_spins("init", init, (one, shape))
            return pointer, flat if given == one else (self._replicas, *flat), stream, known
        allowed = f"'random', 'up', 'down', or an array of +1 and -1 of shape {one} or {shape}"
        if is_foreign(init):
            raise TypeError(f"init: got a GPU array for a sampler on the CPU, allowed: {allowed}")
        if not isinstance(init, np.ndarray):
            raise TypeError(checks.describe("init", init, allowed))
        if init.shape not in (shape, one):
            raise ValueError(f"init: got an array of shape {init.shape}, allowed: {allowed}")
        if init.dtype.kind not in "iuf" or not bool(np.all((init == 1) | (init == -1))):
            raise ValueError(f"init: got an array with other values, allowed: {allowed}")
        spins = np.ascontiguousarray(np.broadcast_to(init, shape), dtype=np.int8)
        return spins.reshape(self._replicas, *flat)


def _default_threads(threads: int | None) -> int:
    if threads is None:
        return _core.default_threads()
    return checks.count("threads", threads, 1, 2**16)


def _counted(replicas: int) -> str:
    return f"{replicas} replica" + "s" * (replicas != 1)


def _overlaps_of_bits(rows: NDArray[np.uint8], n: int) -> NDArray[np.float64]:
    """Overlaps of all pairs of rows with n bits in use, which stand for +1 and -1; others are 0."""
    q = np.zeros((len(rows), len(rows)))
    piece = max(1, 2**22 // len(rows))  # so that memory stays bounded
    for start in range(0, rows.shape[1], piece):
        bits = np.unpackbits(rows[:, start : start + piece], axis=1).astype(np.float32)
        q += bits @ bits.T
    up = np.diag(q).copy()
    q *= 4  # in place: with many replicas this is large
    q -= 2 * up[:, None]
    q -= 2 * up[None, :]
    q += n
    q /= n
    return q
