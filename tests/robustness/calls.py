"""The public API, each callable with one valid set of arguments, small enough to run at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dimod
import networkx as nx
import numpy as np

import multispin as ms
from multispin import io, learn, page, progress
from multispin.analysis import (
    clusters,
    crossing,
    equilibration,
    infinite_size,
    overlaps,
    replica_error,
    reweighting,
    round_trips,
    scaling,
    statistics,
    summary,
    temperature_grid,
    time_to_target,
)
from multispin.cli import main
from multispin.dimod import MultispinSampler
from multispin.learn import hopfield, memories
from multispin.learn.inverse import (
    bootstrap,
    comparison,
    decimation,
    heat,
    information,
    mean_field,
    minima,
    pruning,
    selection,
    uncertainty,
    units,
)
from multispin.runs import throughput
from robustness import runs

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = (4, 4)
FILES = frozenset({"path", "checkpoint"})
CONTENTS = frozenset({"parameters", "kind"})  # of a file


@dataclass(frozen=True)
class Call:
    """A public callable and arguments that it takes.

    Attributes
    ----------
    of
        The public object.
    arguments
        Valid ones, by name.
    through
        What is called instead, where `of` is a method or takes arguments by position.
    blames
        Other names with which the message about an argument may begin, as two have to fit.
    functions
        Arguments that are functions, so that any function is one.
    long
        Arguments that make it run as long as they say.
    anything
        Arguments that may be whatever they are.
    infinite
        Arguments that may be infinite.
    nan
        Whether the result may have numbers that are not finite, as its docstring says.
    """

    of: Any
    arguments: dict[str, Any]
    through: Callable[..., object] | None = None
    blames: dict[str, tuple[str, ...]] = field(default_factory=dict)
    functions: tuple[str, ...] = ()
    long: tuple[str, ...] = ()
    anything: tuple[str, ...] = ()
    infinite: tuple[str, ...] = ()
    nan: bool = False

    def __call__(self, **changed: Any) -> object:
        return (self.through or self.of)(**{**self.arguments, **changed})


def energy(model: Any) -> object:
    """Return a model with its energy, if it is one of few spins."""
    if model.n_spins > 10**5:
        return model
    lead = () if model.samples is None else (model.samples,)
    spins = np.ones((*lead, *model.shape), dtype=np.int8)
    return model, model.energy(spins), repr(model), model.description


def task(x: int, y: int = 0) -> dict[str, int]:
    return {"z": x + y}


_RNG = np.random.default_rng(1)
_SERIES = _RNG.normal(size=(3, 40))
_Q = _RNG.choice([-1.0, -0.5, 0.0, 0.5, 1.0], size=(3, 1, 40))
_CURVE = crossing.Curve(np.array([0.5, 0.5, 0.5]), 0.5 + _RNG.normal(0, 0.01, (20, 3)))
_STEEP = crossing.Curve(np.array([0.9, 0.5, 0.2]), 0.5 + _RNG.normal(0, 0.1, (20, 3)))
_SPINS = _RNG.choice(np.array([-1, 1], np.int8), size=SHAPE)
_GLASS = ms.EdwardsAnderson(SHAPE, seed=1)
_FIELDS = _RNG.normal(size=SHAPE)
_J = np.array([[0.0, 1.0, -1.0], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
_RUN = {
    "seed": 1, "dynamics": "metropolis", "init": "random", "device": "cpu", "rng": "auto",
    "threads": 1, "progress": None,
}  # fmt: skip
_KEPT = {**_RUN, "engine": "auto", "checkpoint": None, "checkpoint_interval": 60.0}


def _graph() -> Any:
    graph = nx.Graph()
    graph.add_edge("a", "b", J=-1.0)
    return graph


def _bqm() -> Any:
    return dimod.BinaryQuadraticModel({}, {("a", "b"): 1.0}, 0.0, "SPIN")


@cache
def _sampler() -> ms.Sampler:
    return ms.Sampler(ms.Ising(SHAPE), 2.0, seed=1, threads=1, engine="lattice")


def _set(name: str) -> Callable[..., None]:
    def put(**given: Any) -> None:
        setattr(_sampler(), name, given[name])

    return put


def _real_model() -> ms.Pairwise:
    return ms.Pairwise(_J, h=_FIELDS[0, :3])


def _view(name: str) -> Path:
    """Return the file of a PNG."""
    path = Path(name)
    if not path.exists():
        ms.plot.replicas.throughput([1], [1.0]).savefig(path, dpi=10)
    return path


def _file(name: str, text: str) -> Path:
    """Return a file in the working directory, which is each test's own."""
    path = Path(name)
    if not path.exists():
        path.write_text(text, encoding="utf-8")
    return path


def _models() -> dict[str, Call]:
    return {
        "Ising": Call(
            ms.Ising, {"shape": SHAPE, "J": 1.0, "h": 0.5},
            lambda **given: energy(ms.Ising(**given)), blames={"J": ("h",)},
        ),
        "Ising, in fields": Call(
            ms.Ising, {"shape": SHAPE, "J": 1.0, "h": _FIELDS},
            lambda **given: energy(ms.Ising(**given)), blames={"J": ("h",), "shape": ("h",)},
        ),
        "EdwardsAnderson": Call(
            ms.EdwardsAnderson,
            {"shape": SHAPE, "seed": 1, "J": 1.0, "h": 0.5, "samples": 2, "couplings": "bimodal",
             "p": 0.8},
            lambda **given: energy(ms.EdwardsAnderson(**given)),
            blames={"J": ("h",), "couplings": ("p",)},
        ),
        "EdwardsAnderson, Gaussian in fields": Call(
            ms.EdwardsAnderson,
            {"shape": SHAPE, "seed": 1, "J": 1.0, "h": _FIELDS, "samples": 2,
             "couplings": "gaussian", "p": 0.5},
            lambda **given: energy(ms.EdwardsAnderson(**given)),
            blames={"J": ("h",), "shape": ("h",)},
        ),
        "EdwardsAnderson.from_couplings": Call(
            ms.EdwardsAnderson.from_couplings,
            {"couplings": _RNG.normal(size=(2, *SHAPE)), "h": _FIELDS, "samples": None},
            lambda **given: energy(ms.EdwardsAnderson.from_couplings(**given)),
            blames={"couplings": ("h",), "samples": ("couplings",)},
        ),
        "SherringtonKirkpatrick": Call(
            ms.SherringtonKirkpatrick,
            {"n": 6, "seed": 1, "samples": 2, "couplings": "gaussian", "h": _FIELDS.ravel()[:6]},
            lambda **given: energy(ms.SherringtonKirkpatrick(**given)), blames={"n": ("h",)},
        ),
        "EdwardsAnderson.from_bonds": Call(
            ms.EdwardsAnderson.from_bonds,
            {"bonds": np.ones((2, *SHAPE), np.int8), "J": 1.0, "h": 0.5, "samples": None},
            lambda **given: energy(ms.EdwardsAnderson.from_bonds(**given)),
            blames={"J": ("h",), "samples": ("bonds",)},
        ),
        "Pairwise": Call(
            ms.Pairwise, {"J": _J, "h": 0.5}, lambda **given: energy(ms.Pairwise(**given)),
            blames={"J": ("h",)},
        ),
        "Pairwise, in fields": Call(
            ms.Pairwise, {"J": _J, "h": _FIELDS[0, :3]},
            lambda **given: energy(ms.Pairwise(**given)), blames={"J": ("h",)},
        ),
        "Hopfield": Call(
            ms.Hopfield, {"patterns": _SPINS, "h": _FIELDS[0]},
            lambda **given: energy(ms.Hopfield(**given)), blames={"patterns": ("h",)},
        ),
        "Hopfield, of a shape": Call(
            ms.Hopfield, {"patterns": _SPINS[:, None], "h": 0.5},
            lambda **given: energy(ms.Hopfield(**given)),
        ),
        "Hopfield.overlap": Call(
            ms.Hopfield.overlap, {"spins": _SPINS}, ms.Hopfield(_SPINS).overlap
        ),
        "Hopfield.pattern": Call(ms.Hopfield.pattern, {"k": 3}, ms.Hopfield(_SPINS).pattern),
        "Pairwise.from_edges": Call(
            ms.Pairwise.from_edges,
            {"n_spins": 3, "edges": np.array([[0, 1], [1, 2]]), "couplings": np.array([1.0, -1.0]),
             "h": 0.5, "shape": (3,)},
            lambda **given: energy(ms.Pairwise.from_edges(**given)),
            blames={"n_spins": ("edges", "shape"), "edges": ("couplings",), "couplings": ("h",)},
        ),
        "Model.energy": Call(ms.models.Model.energy, {"spins": _SPINS}, ms.Ising(SHAPE).energy),
        "SignedGraph.with_field": Call(
            ms.models.SignedGraph.with_field, {"h": _FIELDS},
            lambda **given: energy(ms.Ising(SHAPE).with_field(**given)),
        ),
        "Model.sample": Call(
            ms.models.Model.sample, {"k": 1}, ms.EdwardsAnderson(SHAPE, samples=2).sample
        ),
        "models.from_state": Call(
            ms.models.from_state, dict(zip(("meta", "arrays"), _GLASS.state(), strict=True)),
            blames={"meta": ("arrays",), "arrays": ("meta",)},
        ),
        "models.random_signs": Call(
            ms.models.random_signs, {"count": 6, "seed": 1, "samples": 2, "p": 0.8},
        ),
        "models.random_normals": Call(
            ms.models.random_normals, {"count": 6, "seed": 1, "samples": 2},
        ),
        "models.random_fields": Call(
            ms.models.random_fields,
            {"shape": SHAPE, "seed": 1, "kind": "gaussian", "strength": 0.5},
        ),
        "graphs.hypercubic": Call(
            ms.graphs.hypercubic, {"shape": SHAPE, "boundary": ("open", "helical"), "axis": 0},
            blames={"shape": ("boundary", "axis")},
        ),
        **{
            f"graphs.{function.__name__}": Call(
                function, {"shape": shape, "boundary": "open"}, blames={"boundary": ("shape",)}
            )
            for function, shape in (
                (ms.graphs.triangular, SHAPE), (ms.graphs.honeycomb, SHAPE),
                (ms.graphs.kagome, SHAPE), (ms.graphs.next_nearest, SHAPE),
                (ms.graphs.bcc, (2, 3, 4)), (ms.graphs.fcc, (2, 3, 4)),
            )
        },
        "graphs.cayley_tree": Call(
            ms.graphs.cayley_tree, {"coordination": 3, "generations": 3},
            blames={"coordination": ("generations",)},
        ),
        "graphs.small_world": Call(
            ms.graphs.small_world, {"n": 10, "degree": 4, "rewiring": 0.3, "seed": 1},
            blames={"n": ("degree",), "degree": ("n",)},
        ),
        "graphs.without_isolated": Call(
            ms.graphs.without_isolated, {"edges": [[0, 2], [2, 3]], "n_sites": 6},
            blames={"n_sites": ("edges",)},
        ),
        "graphs.random_regular": Call(
            ms.graphs.random_regular, {"n": 10, "degree": 3, "seed": 1}, blames={"n": ("degree",)}
        ),
        "graphs.dilute_bonds": Call(
            ms.graphs.dilute_bonds,
            {"edges": ms.graphs.hypercubic(SHAPE), "dilution": 0.5, "seed": 1},
        ),
        "graphs.dilute_sites": Call(
            ms.graphs.dilute_sites,
            {"edges": ms.graphs.hypercubic(SHAPE), "n_sites": 16, "dilution": 0.5, "seed": 1},
            blames={"n_sites": ("edges",)},
        ),
    }  # fmt: skip


def _samplers() -> dict[str, Call]:
    _sampler().save("sampler.npz")

    def sampled(**given: Any) -> object:
        sampler = ms.Sampler(**given)
        sampler.sweep(1)
        return sampler.energy(), sampler.magnetization()

    return {
        "Sampler": Call(
            ms.Sampler,
            {"model": ms.EdwardsAnderson(SHAPE, samples=2), "temperature": 2.0, "replicas": 1,
             "dynamics": "metropolis", "init": "random", "seed": 1, "device": "cpu", "rng": "auto",
             "threads": 1, "first_stream": 0, "engine": "auto", "shared_random_numbers": False,
             "order": "fixed", "clamp": None},
            sampled,
            blames={"model": ("shape",)}, infinite=("temperature",),
        ),
        "Sampler, of real couplings": Call(
            ms.Sampler,
            {"model": _real_model(), "temperature": 2.0, "replicas": 2, "dynamics": "glauber",
             "init": "random", "seed": 1, "device": "cpu", "rng": "auto", "threads": 1,
             "first_stream": 0, "engine": "real", "shared_random_numbers": False,
             "order": "random", "clamp": np.arange(3) == 1},
            sampled,
            blames={"model": ("shape", "init", "clamp"), "replicas": ("clamp",)},
            infinite=("temperature",),
        ),
        "Sampler, of patterns": Call(
            ms.Sampler,
            {"model": ms.Hopfield(_SPINS), "temperature": 0.0, "replicas": 2,
             "dynamics": "glauber", "init": "random", "seed": 1, "device": "cpu", "rng": "auto",
             "threads": 1, "first_stream": 0, "engine": "pattern", "shared_random_numbers": False,
             "order": "random", "clamp": np.arange(4) == 1},
            sampled,
            blames={"model": ("shape", "init", "clamp"), "replicas": ("clamp",),
                    "engine": ("model",)},
            infinite=("temperature",),
        ),
        "Sampler.pattern_overlap": Call(
            ms.Sampler.pattern_overlap, {}, ms.Sampler(ms.Hopfield(_SPINS)).pattern_overlap
        ),
        "Sampler.model": Call(ms.Sampler.model, {"model": ms.Ising(SHAPE, J=-1.0)}, _set("model")),
        "Sampler.h": Call(ms.Sampler.h, {"h": 0.5}, _set("h")),
        "Sampler.clamp": Call(ms.Sampler.clamp, {"clamp": None}, _set("clamp")),
        "Sampler.set_spins": Call(ms.Sampler.set_spins, {"spins": "up"}, _sampler().set_spins),
        "moments": Call(
            ms.moments,
            {"samples": _SPINS, "sample_weight": [1.0, 0.5, 0.0, 2.0], "threads": 1},
            blames={"samples": ("sample_weight",)},
        ),
        "Sampler.sweep": Call(ms.Sampler.sweep, {"n": 1}, _sampler().sweep, long=("n",)),
        "Sampler.record": Call(
            ms.Sampler.record, {"draws": 2, "interval": 1}, _sampler().record, long=("interval",)
        ),
        "Sampler.temperature": Call(
            ms.Sampler.temperature, {"temperature": 2.0}, _set("temperature"),
            infinite=("temperature",),
        ),
        "Sampler.block_average": Call(
            ms.Sampler.block_average, {"block": 2, "replica": 0}, _sampler().block_average
        ),
        "Sampler.packed": Call(ms.Sampler.packed, {"copy": True}, _sampler().packed),
        "Sampler.save": Call(ms.Sampler.save, {"path": "saved.npz"}, _sampler().save),
        "Sampler.load": Call(
            ms.Sampler.load, {"path": Path("sampler.npz"), "device": "cpu", "threads": 1}
        ),
    }  # fmt: skip


def _runs() -> dict[str, Call]:
    ms.study(task, {"x": [1, 2], "y": 1}, "done.study")
    return {
        "simulate": Call(
            ms.simulate,
            {"model": ms.Ising(SHAPE), "temperatures": [2.0, 2.5], "sweeps": 4, "thermalization": 2,
             "interval": 2, "replicas": 2, **_KEPT, "executor": None,
             "observables": {"E": "link_energy"}, "snapshots": 1},
            blames={"interval": ("sweeps",), "sweeps": ("interval", "thermalization"),
                    "model": ("observables",)},
            functions=("progress",), long=("sweeps", "thermalization"),
        ),
        "Observable": Call(
            ms.Observable,
            {"measure": "structure_factor", "interval": 2, "dims": None,
             "wave_vectors": [(0, 0), (0, 1)]},
            blames={"measure": ("wave_vectors",)}, functions=("measure",),
        ),
        "Observable, a function": Call(
            ms.Observable,
            {"measure": np.mean, "interval": 2, "dims": ("site",), "wave_vectors": None},
            blames={"measure": ("dims",)}, functions=("measure",),
        ),
        "unpack_snapshots": Call(ms.unpack_snapshots, {"run": runs.simulated()}),
        "temper": Call(
            ms.temper,
            {"model": _GLASS, "temperatures": [1.0, 1.5, 2.0], "sweeps": 4, "swap_interval": 1,
             "replicas": 2, "thermalization": 2, "interval": 2, "measure": ["overlap"],
             "cluster_moves": False, **_KEPT, "observables": ["link_energy"], "snapshots": 1},
            blames={"interval": ("sweeps", "thermalization"), "swap_interval": ("interval",),
                    "sweeps": ("thermalization",), "model": ("observables",)},
            functions=("progress",), long=("sweeps", "thermalization"), nan=True,
        ),
        "protocol": Call(
            ms.protocol,
            {"model": _GLASS, "temperatures": [3.0, 1.0], "fields": [0.0, 0.5],
             "sweeps_per_step": [2, 2], "replicas": 4, "observables": ["staggered_magnetization"],
             "snapshots": 1, "final_states": True, **_KEPT},
            blames={"temperatures": ("sweeps_per_step", "fields", "temperature"),
                    "fields": ("sweeps_per_step", "temperatures", "h"),
                    "model": ("observables", "h"), "replicas": ("temperatures",)},
            functions=("progress",), long=("sweeps_per_step",), nan=True,
            infinite=("temperatures",),
        ),
        "temperature_range": Call(ms.temperature_range, {"model": _GLASS}),
        "anneal": Call(
            ms.anneal,
            {"model": _GLASS, "temperatures": [3.0, 1.0], "sweeps_per_temperature": [2, 2],
             "replicas": 8, "interval": 0, "final_states": False, **_KEPT,
             "observables": ["staggered_magnetization"], "snapshots": 1},
            blames={"temperatures": ("sweeps_per_temperature",), "model": ("observables",),
                    "replicas": ("temperatures",)},
            functions=("progress",), long=("sweeps_per_temperature",),
        ),
        "replica_sweep": Call(
            ms.replica_sweep,
            {"model": ms.Ising(SHAPE), "temperature": 2.5, "replicas": (1, 2), "sweeps": 20,
             "thermalization": 1, "interval": 1, **_RUN, "observables": ["link_energy"]},
            blames={"interval": ("sweeps",), "sweeps": ("thermalization",),
                    "model": ("observables",)},
            functions=("progress",), long=("sweeps", "thermalization"), nan=True,
        ),
        "study": Call(
            ms.study,
            {"task": task, "parameters": {"x": [1, 2], "y": 1}, "path": "done.study",
             "executor": None, "in_flight": None, "progress": None},
            blames={"task": ("executor",)}, functions=("task", "progress"),
        ),
        "study, elsewhere": Call(
            ms.study,
            {"task": task, "parameters": {"x": [1, 2], "y": 1}, "path": "done.study",
             "executor": ThreadPoolExecutor(1), "in_flight": 2, "progress": None},
            functions=("task", "progress"),
        ),
        "read_study": Call(ms.read_study, {"path": Path("done.study")}),
        "throughput.measure": Call(
            throughput.measure,
            {"sizes": [4], "generators": ["philox"], "threads": [1], "dynamics": "metropolis",
             "temperature": 2.0, "seconds": 1e-4, "seed": 1, "device": "cpu"},
        ),
        "throughput.nanoseconds_per_sweep": Call(
            throughput.nanoseconds_per_sweep, {"sampler": _sampler(), "seconds": 1e-4},
            anything=("sampler",),  # of all things, a sampler
        ),
        "progress.check_progress": Call(
            progress.check_progress, {"progress": None}, functions=("progress",)
        ),
    }  # fmt: skip


def _files() -> dict[str, Call]:
    io.write_checkpoint("demo.npz", "demo", {}, {"x": np.ones(3)})
    couplings = ms.couplings
    return {
        "io.write_checkpoint": Call(
            io.write_checkpoint,
            {"path": "written.npz", "kind": "demo", "meta": {"x": 1}, "arrays": {"x": np.ones(3)}},
            anything=("meta", "arrays"),  # any mapping is one
        ),
        "io.read_checkpoint": Call(io.read_checkpoint, {"path": Path("demo.npz"), "kind": "demo"}),
        "couplings.read_edges": Call(
            couplings.read_edges,
            {"path": _file("edges.txt", "0 1 1\n1 2 -1\n"), "n_spins": 4, "h": 0.5,
             "first_site": 0},
        ),
        "couplings.write_edges": Call(
            couplings.write_edges, {"path": "edges.out", "model": _GLASS}
        ),
        "couplings.read_adabm_dca": Call(
            couplings.read_adabm_dca,
            {"path": _file("learned.dat", "J 0 1 1 1 2\nh 0 1 -0.5\n"), "n_spins": 4,
             "symbols": "01"},
        ),
        "couplings.write_adabm_dca": Call(
            couplings.write_adabm_dca, {"path": "learned.out", "model": _GLASS, "symbols": "-A"}
        ),
        "couplings.read_ace": Call(
            couplings.read_ace, {"path": _file("learned.j", "-0.5\n-1\n2\n")}
        ),
        "couplings.write_ace": Call(couplings.write_ace, {"path": "ace.out", "model": _GLASS}),
        "couplings.read_ace_moments": Call(
            couplings.read_ace_moments, {"path": _file("moments.p", "0.75\n0.5\n0.4\n")}
        ),
        "couplings.write_ace_moments": Call(
            couplings.write_ace_moments,
            {"path": "moments.out", "mean": np.array([0.75, 0.5]),
             "second": np.array([[0.75, 0.4], [0.4, 0.5]])},
            blames={"mean": ("second",)},
        ),
        "couplings.read_max_cut": Call(
            couplings.read_max_cut, {"path": _file("cut.txt", "3 2\n1 2 1\n2 3 -1\n")}
        ),
        "couplings.write_max_cut": Call(
            couplings.write_max_cut, {"path": "cut.out", "model": _GLASS}
        ),
        "couplings.cut_value": Call(
            couplings.cut_value, {"model": _GLASS, "spins": _SPINS}, blames={"model": ("spins",)}
        ),
        "couplings.to_sparse": Call(couplings.to_sparse, {"model": _GLASS}),
        "couplings.to_networkx": Call(couplings.to_networkx, {"model": _GLASS, "weight": "J"}),
        "couplings.from_networkx": Call(
            couplings.from_networkx, {"graph": _graph(), "weight": "J", "h": 0.5}
        ),
        "couplings.read_dimacs": Call(
            couplings.read_dimacs, {"path": _file("cut.col", "p edge 3 2\ne 1 2 1\ne 2 3 -1\n")}
        ),
        "couplings.write_dimacs": Call(
            couplings.write_dimacs, {"path": "out.col", "model": _GLASS}
        ),
        "couplings.recognize": Call(
            couplings.recognize, {"path": _file("which.txt", "3 2\n1 2 1\n2 3 -1\n")}
        ),
        "couplings.read_problem": Call(
            couplings.read_problem,
            {"path": _file("problem.bq", "2 2\n1 1 1\n1 2 -1\n"), "format": "auto", "problem": 1},
            blames={"format": ("problem",), "problem": ("format",)},
        ),
        "couplings.to_dimod": Call(couplings.to_dimod, {"problem": _GLASS, "vartype": "BINARY"}),
        "couplings.from_dimod": Call(couplings.from_dimod, {"bqm": _bqm()}),
    }  # fmt: skip


def _qubos() -> dict[str, Call]:
    couplings = ms.couplings
    Q = _J + np.diag([1.0, -2.0, 0.5])
    problem, qubo = couplings.Problem(_GLASS, 0.5), couplings.from_qubo(Q)
    return {
        "couplings.Problem": Call(
            couplings.Problem, {"model": _GLASS, "offset": 0.5},
            lambda **given: energy(couplings.Problem(**given).model),
        ),
        "couplings.Problem.energy": Call(
            couplings.Problem.energy, {"values": _SPINS.ravel()}, problem.energy,
        ),
        "couplings.Problem.from_spins": Call(
            couplings.Problem.from_spins, {"spins": _SPINS.ravel()}, problem.from_spins
        ),
        "couplings.Qubo": Call(
            couplings.Qubo,
            {"linear": np.array([1.0, -2.0, 0.5]), "pairs": np.array([[0, 1], [1, 2]]),
             "quadratic": np.array([1.0, -1.0]), "constant": 0.5},
            lambda **given: energy(couplings.Qubo(**given).model),
            blames={"linear": ("pairs", "quadratic", "offset"), "pairs": ("quadratic",),
                    "quadratic": ("linear", "offset"), "constant": ("offset",)},
        ),
        "couplings.Qubo.energy": Call(
            couplings.Qubo.energy, {"values": np.array([[0, 1, 1], [1, 0, 0]])}, qubo.energy
        ),
        "couplings.Qubo.from_spins": Call(
            couplings.Qubo.from_spins, {"spins": np.array([1, -1, 1])}, qubo.from_spins
        ),
        "couplings.from_qubo": Call(
            couplings.from_qubo, {"Q": Q, "constant": 0.5, "n_variables": 3},
            lambda **given: energy(couplings.from_qubo(**given).model),
            blames={"Q": ("n_variables", "offset"), "constant": ("offset",),
                    "n_variables": ("Q",)},
        ),
        "couplings.from_qubo, of a dict": Call(
            couplings.from_qubo,
            {"Q": {(0, 0): -1.0, (0, 1): 2.0}, "constant": 0.5, "n_variables": None},
            lambda **given: energy(couplings.from_qubo(**given).model),
            blames={"Q": ("offset",), "constant": ("offset",), "n_variables": ("Q",)},
        ),
        "couplings.to_qubo": Call(couplings.to_qubo, {"problem": problem}),
        "couplings.read_qubo": Call(
            couplings.read_qubo,
            {"path": _file("bqp.txt", "1\n2 2\n1 1 1\n1 2 -1\n"), "format": "orlib",
             "problem": 1},
        ),
        "couplings.write_qubo": Call(
            couplings.write_qubo, {"path": "qubo.out", "problem": qubo, "format": "sparse"}
        ),
    }  # fmt: skip


def _dimod() -> dict[str, Call]:
    bqm = dimod.BinaryQuadraticModel({"a": 0.5}, {("a", "b"): 1.0}, 0.5, "SPIN")
    valid: dict[str, Any] = {
        "bqm": bqm, "num_reads": 2, "num_sweeps": 4, "beta_range": [0.1, 2.0],
        "beta_schedule_type": "linear", "beta_schedule": None, "num_sweeps_per_beta": 2, "seed": 1,
        "initial_states": None, "initial_states_generator": "random",
        "randomize_order": False, "proposal_acceptance_criteria": "Metropolis",
        "interrupt_function": None,
    }  # fmt: skip

    def sampled(**given: Any) -> object:
        sampleset = MultispinSampler(device="cpu", threads=1).sample(**given)
        return sampleset.record.energy

    blames = {
        "beta_schedule_type": ("beta_schedule",), "num_sweeps_per_beta": ("num_sweeps",),
        "initial_states_generator": ("initial_states",), "beta_range": ("temperature",),
        "beta_schedule": ("temperature",),
    }  # fmt: skip
    common: dict[str, Any] = {
        "functions": ("interrupt_function",), "long": ("num_sweeps", "num_sweeps_per_beta"),
    }  # fmt: skip
    custom = {
        **valid, "beta_schedule_type": "custom", "beta_schedule": np.array([0.1, 2.0]),
        "initial_states": ([[1, -1], [1, 1]], ["a", "b"]), "initial_states_generator": "tile",
    }  # fmt: skip
    return {
        "MultispinSampler": Call(MultispinSampler, {"device": "cpu", "threads": 1}),
        "MultispinSampler.sample": Call(
            MultispinSampler.sample, valid, sampled, blames=blames, **common
        ),
        "MultispinSampler.sample, customized": Call(
            MultispinSampler.sample, custom, sampled,
            blames={**blames, "beta_schedule": ("beta_range", "num_sweeps", "temperature")},
            **common,
        ),
    }  # fmt: skip


def _images() -> dict[str, Call]:
    images = ms.datasets.digits().images[:3]
    return {
        "datasets.digits": Call(ms.datasets.digits, {"binary": True}),
        "learn.corrupt": Call(
            learn.corrupt,
            {"patterns": ms.datasets.digits(binary=True).images[:3], "noise": 0.2,
             "random_state": 1},
        ),
        "capacity_sweep": Call(
            learn.capacity_sweep,
            {"alphas": [0.1, 0.2], "temperatures": [0.0, 0.5], "n_neurons": [20], "draws": 2,
             "overlaps": [0.5, 1.0], "cues": 2, "rule": "hebb", "sweeps": 2, "random_state": 1,
             "path": None, "executor": None, "progress": None},
            long=("sweeps", "draws", "n_neurons"), functions=("progress",),
        ),
        "retrieve_images": Call(
            ms.retrieve_images,
            {"images": images, "corrupted": images, "rule": "hebb", "level": 8,
             "temperature": 0.0, "sweeps": 5, "random_state": 1},
            blames={"images": ("corrupted", "level")}, long=("sweeps",),
        ),
    }  # fmt: skip


def _exact() -> dict[str, Call]:
    exact = ms.exact
    return {
        "exact.chain": Call(
            ms.exact.chain,
            {"T": np.array([2.0, 3.0]), "J": 1.0, "h": 0.1},
            blames={"J": ("T",), "h": ("T",)},
            nan=True,
        ),
        "exact.onsager": Call(exact.onsager, {"T": np.array([2.0, 3.0]), "J": 1.0}),
        "exact.ising_2d": Call(
            exact.ising_2d, {"L": (4, 6), "T": np.array([2.0, 3.0]), "J": 1.0}, blames={"J": ("L",)}
        ),
        "exact.transfer_matrix": Call(
            exact.transfer_matrix, {"rows": 4, "cols": 3, "T": 2.0, "J": 1.0, "h": 0.1}
        ),
        "exact.enumerate": Call(exact.enumerate, {"model": ms.Ising((2, 3)), "temperature": 2.0}),
        "exact.state_probabilities": Call(
            exact.state_probabilities, {"model": ms.Ising((2, 3)), "temperature": 2.0}
        ),
        "exact.eliminate": Call(exact.eliminate, {"model": ms.Ising((3, 3)), "temperature": 2.0}),
    }


def _theory() -> dict[str, Call]:
    sk = ms.theory.sherrington_kirkpatrick
    hopfield, recall = ms.theory.hopfield, ms.theory.recall
    bethe, curie_weiss, nishimori = ms.theory.bethe, ms.theory.curie_weiss, ms.theory.nishimori
    T = np.array([0.8, 2.5])
    return {
        "bethe.critical_temperature": Call(
            bethe.critical_temperature,
            {"coordination": 4, "J": 1.0},
            blames={"coordination": ("J",)},
        ),
        "bethe.solution": Call(
            bethe.solution,
            {"T": T, "coordination": 4, "h": 0.1, "J": 1.0},
            blames={"J": ("T",), "h": ("T",), "coordination": ("T", "J")},
            nan=True,
        ),
        "curie_weiss.solution": Call(
            curie_weiss.solution,
            {"T": T, "h": 0.1, "J": 1.0},
            blames={"J": ("T",), "h": ("T",)},
            nan=True,
        ),
        "curie_weiss.finite": Call(
            curie_weiss.finite,
            {"n": 10, "T": T, "h": 0.1, "J": 1.0},
            blames={"J": ("T",), "h": ("T",)},
            nan=True,
        ),
        "nishimori.temperature": Call(nishimori.temperature, {"p": 0.8, "J": 1.0}),
        "nishimori.share": Call(nishimori.share, {"T": T, "J": 1.0}),
        "nishimori.energy": Call(
            nishimori.energy,
            {"T": T, "coordination": 4.0, "J": 1.0},
            blames={"J": ("coordination",)},
        ),
        **{
            f"hopfield.{function.__name__}": Call(function, arguments)
            for function, arguments in (
                (hopfield.retrieval, {"alpha": 0.05, "T": 0.3}),
                (hopfield.spin_glass, {"alpha": 0.05, "T": 0.3}),
                (hopfield.T_M, {"alpha": 0.05}),
                (hopfield.T_c, {"alpha": 0.05}),
                (hopfield.T_g, {"alpha": 0.05}),
                (hopfield.alpha_c, {}),
                (hopfield.phase_diagram, {"n": 3}),
                (hopfield.pseudo_inverse_energy, {"alpha": 0.5}),
                (hopfield.symmetric_mixture, {"n": 3}),
                (hopfield.sequence_capacity, {}),
                (hopfield.diluted_capacity, {}),
                (hopfield.sparse_capacity, {"activity": 0.05}),
                (hopfield.dense_error, {"n": 3, "N": 100.0, "K": 50.0}),
                (hopfield.dense_capacity, {"n": 3, "error": 0.01}),
            )
        },
        "recall.first_steps": Call(recall.first_steps, {"alpha": 0.1, "m0": 0.4}),
        "recall.coolen_sherrington": Call(
            recall.coolen_sherrington,
            {"alpha": 0.1, "T": 0.5, "m0": 0.4, "times": [0.0, 0.2], "r0": 1.0},
            blames={"alpha": ("r0",), "m0": ("r0",)},
            long=("times",),
        ),
        "sherrington_kirkpatrick.replica_symmetric": Call(
            sk.replica_symmetric, {"T": 0.5, "h": 0.1}
        ),
        "sherrington_kirkpatrick.de_almeida_thouless_field": Call(
            sk.de_almeida_thouless_field, {"T": 0.5}
        ),
        "sherrington_kirkpatrick.parisi": Call(sk.parisi, {"T": 0.7, "h": 0.1, "steps": 1}),
        "sherrington_kirkpatrick.semicircle": Call(sk.semicircle, {"x": np.array([0.0, 1.0])}),
    }


def _learn() -> dict[str, Call]:
    dense, patterns = ms.DenseAssociativeMemory, _SPINS[:3]

    def memory() -> ms.DenseAssociativeMemory:
        return dense("rectified", 3).fit(patterns)

    def network() -> ms.HopfieldNetwork:
        return ms.HopfieldNetwork(random_state=1).fit(patterns)

    modern = {"patterns": _FIELDS, "state": _FIELDS[:2], "beta": 2.0}
    return {
        "DenseAssociativeMemory": Call(
            dense, {"energy": "power", "n": 3},
            lambda **given: dense(**given).fit(patterns).energy(patterns),
        ),
        "DenseAssociativeMemory.fit": Call(
            dense.fit, {"patterns": patterns, "y": None},
            lambda **given: memory().fit(**given).energy(memory().fit(**given).patterns_),
        ),
        "DenseAssociativeMemory.partial_fit": Call(
            dense.partial_fit, {"patterns": patterns, "y": None},
            lambda **given: memory().partial_fit(**given).energy(patterns),
        ),
        "DenseAssociativeMemory.forget": Call(
            dense.forget, {"indices": [0, 2]}, lambda indices: memory().forget(indices).patterns_
        ),
        "DenseAssociativeMemory.energy": Call(
            dense.energy, {"states": _SPINS}, lambda states: memory().energy(states)
        ),
        "DenseAssociativeMemory.retrieve": Call(
            dense.retrieve,
            {"cues": _SPINS, "sweeps": 2, "temperature": 0.5, "dynamics": "sequential",
             "clamp": _SPINS > 0, "random_state": 1},
            lambda **given: memory().retrieve(**given),
            blames={"cues": ("clamp",)}, long=("sweeps",),
        ),
        "DenseAssociativeMemory.get_params": Call(
            dense.get_params, {"deep": True}, memory().get_params
        ),
        "DenseAssociativeMemory.set_params": Call(dense.set_params, {}, memory().set_params),
        "HopfieldNetwork": Call(
            ms.HopfieldNetwork,
            {"rule": "dreaming", "dreaming_time": 1.0, "threshold": 0.5, "dilution": 0.5,
             "symmetric": True, "random_state": 1},
            lambda **given: ms.HopfieldNetwork(**given).fit(patterns).couplings_,
        ),
        "HopfieldNetwork.fit": Call(
            ms.HopfieldNetwork.fit, {"patterns": patterns, "y": None},
            lambda **given: network().fit(**given).energy(network().fit(**given).patterns_),
            anything=("y",),  # which scikit-learn passes on
        ),
        "HopfieldNetwork.partial_fit": Call(
            ms.HopfieldNetwork.partial_fit, {"patterns": patterns, "y": None},
            lambda **given: network().partial_fit(**given).energy(patterns), anything=("y",),
        ),
        "HopfieldNetwork.forget": Call(
            ms.HopfieldNetwork.forget, {"patterns": [0, 2]},
            lambda **given: network().forget(**given).patterns_,
        ),
        "HopfieldNetwork.unlearn": Call(
            ms.HopfieldNetwork.unlearn,
            {"steps": 1, "strength": 0.01, "batch": 2, "random_state": 1},
            lambda **given: network().unlearn(**given).couplings_, long=("steps",),
        ),
        "HopfieldNetwork.energy": Call(
            ms.HopfieldNetwork.energy, {"states": _SPINS}, lambda states: network().energy(states)
        ),
        "HopfieldNetwork.retrieve": Call(
            ms.HopfieldNetwork.retrieve,
            {"cues": _SPINS, "temperature": 0.5, "sweeps": 2, "dynamics": "glauber",
             "order": "random", "clamp": _SPINS > 0, "replicas": 2, "record_every": 1,
             "retrieved_at": 0.9, "random_state": 1, "device": "cpu", "threads": 1},
            lambda **given: vars(network().retrieve(**given)),
            blames={"cues": ("clamp",), "dynamics": ("temperature",)}, long=("sweeps",),
        ),
        "modern_hopfield_update": Call(
            ms.modern_hopfield_update, {**modern, "steps": 2, "return_weights": True},
            blames={"patterns": ("state",)}, long=("steps",),
        ),
        "modern_hopfield_energy": Call(
            memories.modern_hopfield_energy, modern, blames={"patterns": ("state",)}
        ),
    }  # fmt: skip


def _inverse() -> dict[str, Call]:
    rng = np.random.default_rng(1)
    J = np.array([[0.0, 0.2, -0.1], [0.2, 0.0, 0.3], [-0.1, 0.3, 0.0]])
    model = ms.Pairwise(J, h=_FIELDS[0, :3])
    samples = rng.choice(np.array([-1, 1], np.int8), size=(200, 3))
    mean, second = ms.moments(samples)
    covariance = second - np.outer(mean, mean)
    moments: dict[str, Any] = {"mean": mean, "covariance": covariance}
    both = {"mean": ("covariance",)}
    names = ("independent", "pair", "mean_field", "sessak_monasson")
    closed = {
        f"mean_field.{name}": Call(getattr(mean_field, name), moments, blames=both)
        for name in names
    }
    solved = {
        f"mean_field.{of.__name__}": Call(of, {**moments, "unsolved": "raise"}, blames=both)
        for of in (mean_field.tap, mean_field.bethe)
    }
    fit = ms.InverseIsing("pseudolikelihood", max_iter=50).fit(samples)
    replicates = bootstrap.bootstrap(fit, samples, 3, random_state=1)
    weighted: dict[str, Any] = {"samples": samples, "sample_weight": np.ones(200)}
    of_weights = {"samples": ("sample_weight",), "sample_weight": ("samples",)}
    return {
        **closed,
        **solved,
        "InverseIsing.standard_errors": Call(
            ms.InverseIsing.standard_errors, weighted,
            fit.standard_errors, blames=of_weights,
        ),
        "bootstrap": Call(
            bootstrap.bootstrap,
            {"estimator": fit, "replicates": 2, "random_state": 1, "executor": None, **weighted},
            blames=of_weights, long=("replicates",),
        ),
        "Bootstrap.interval": Call(
            bootstrap.Bootstrap.interval, {"level": 0.5},
            replicates.interval,
        ),
        "regularization_path": Call(
            selection.regularization_path,
            {"method": "pseudolikelihood", "l1": [0.1, 0.2], "criterion": "cv", "gamma": 0.5,
             "folds": 2, "rule": "or", "l2": 0.1, "units": "spin", "support": J != 0,
             "random_state": 1, "threads": 1, **weighted},
            blames={**of_weights, "samples": ("sample_weight", "support"), "units": ("samples",)},
            long=("l1",),
        ),
        "prune": Call(
            pruning.prune, {"fit": fit, "level": 0.1, **weighted},
            blames={**of_weights, "fit": ("samples", "method", "l1")},
        ),
        "decimate": Call(
            decimation.decimate,
            {"step": 0.5, "l2": 0.1, "units": "spin", "support": J != 0, "threads": 1, **weighted},
            blames={**of_weights, "samples": ("sample_weight", "support"), "units": ("samples",)},
        ),
        "units.to_binary": Call(units.to_binary, {"J": J, "h": _FIELDS[0, :3]},
                                blames={"J": ("h", "problem")}),
        "units.from_binary": Call(units.from_binary, {"J": J, "h": _FIELDS[0, :3]},
                                  blames={"J": ("h", "problem")}),
        "units.moments_to_binary": Call(
            units.moments_to_binary, {"mean": mean, "second": second}, blames={"mean": ("second",)}
        ),
        "units.moments_from_binary": Call(
            units.moments_from_binary, {"mean": mean, "second": second},
            blames={"mean": ("second",)},
        ),
        "information.entropies": Call(
            information.entropies,
            {"model": model, "samples": samples, "sample_weight": np.ones(200),
             "correction": "plug-in"},
            blames={"model": ("samples",), "samples": ("sample_weight",)},
        ),
        "information.entropy_of_samples": Call(
            information.entropy_of_samples,
            {"samples": samples, "sample_weight": np.ones(200), "correction": "plug-in"},
            blames={"samples": ("sample_weight",)},
        ),
        "specific_heat": Call(
            heat.specific_heat,
            {"model": model, "temperatures": [1.0, 2.0], "method": "samples", "draws": 20,
             "interval": 1, "thermalization": 1, "replicas": 2, "random_state": 1},
            blames={"temperatures": ("temperature",)}, long=("draws", "interval", "thermalization"),
        ),
        "local_minima": Call(
            minima.local_minima, {"model": model, "starts": samples}, blames={"model": ("starts",)}
        ),
        "comparison.compare": Call(
            comparison.compare,
            {"data": samples, "model": samples, "data_weight": np.ones(200),
             "model_weight": np.ones(200), "data_size": 100.0, "model_size": None,
             "most_triples": 10, "random_state": 1, "units": "spin"},
            blames={"data": ("model", "data_weight"), "model": ("model_weight",),
                    "units": ("data",)},
        ),
    }  # fmt: skip


def _estimator() -> dict[str, Call]:
    of = ms.InverseIsing
    model = ms.Pairwise(_J, _FIELDS[0, :3])
    samples = learn.independent_samples(model, 60, random_state=1)
    mean, second = ms.moments(samples)
    weighted: dict[str, Any] = {"samples": samples, "sample_weight": np.ones(60)}
    of_weights = {"samples": ("sample_weight",), "sample_weight": ("samples",)}
    scored = {**weighted, "y": None}

    def unlearned(**given: Any) -> ms.InverseIsing:
        return of(**{"l2": 0.01, "max_iter": 50, "random_state": 1, "threads": 1, **given})

    known = unlearned().fit(samples)
    return {
        "InverseIsing": Call(
            of, {"method": "exact", "l1": 0.0, "l2": 0.1, "units": "spin", "support": _J != 0,
                 "pseudocount": 1.0, "k_pairwise": False, "firth": False, "tol": 1e-6,
                 "max_iter": 20, "chains": 64, "random_state": 1, "threads": 1, "device": "cpu"},
            lambda **given: unlearned(**given).fit(samples).J_, blames={"units": ("samples",)},
        ),
        "InverseIsing.fit": Call(
            of.fit, {**scored, "progress": None}, lambda **given: unlearned().fit(**given).J_,
            blames=of_weights, anything=("y", "progress"),
        ),
        "InverseIsing.fit, by chains": Call(
            of.fit, {**scored, "progress": len},
            lambda **given: unlearned(method="boltzmann", chains=64).fit(
                **{**given, "progress": None}
            ).J_,
            blames=of_weights, anything=("y", "progress"), functions=("progress",),
        ),
        "InverseIsing.fit_moments": Call(
            of.fit_moments,
            {"mean": mean, "second_moments": second, "n_samples": 60.0, "progress": None},
            lambda **given: unlearned(method="exact").fit_moments(**given).J_,
            blames={"mean": ("second_moments",)}, anything=("progress",),
        ),
        "InverseIsing.sample": Call(
            of.sample, {"n": 3, "sweeps": 2, "random_state": 1}, known.sample,
            long=("n", "sweeps"),
        ),
        "InverseIsing.conditional": Call(
            of.conditional, {"samples": samples, "sweeps": 2, "random_state": 1},
            known.conditional, long=("sweeps",),
        ),
        "InverseIsing.energy": Call(of.energy, {"samples": samples}, known.energy),
        "InverseIsing.log_partition": Call(
            of.log_partition,
            {"method": "ais", "chains": 20, "temperatures": 20, "random_state": 1},
            known.log_partition, long=("chains", "temperatures"),
        ),
        "InverseIsing.log_likelihood": Call(
            of.log_likelihood, weighted, known.log_likelihood, blames=of_weights
        ),
        "InverseIsing.score": Call(
            of.score, scored, known.score, blames=of_weights, anything=("y",)
        ),
        "InverseIsing.entropy": Call(
            of.entropy, {"random_state": 1}, known.entropy
        ),
        "InverseIsing.information": Call(
            of.information, weighted, known.information, blames=of_weights
        ),
        "InverseIsing.report": Call(
            of.report, {**weighted, "n": 20, "sweeps": 2, "random_state": 1}, known.report,
            blames=of_weights, long=("n", "sweeps"),
        ),
        "InverseIsing.get_params": Call(of.get_params, {"deep": True}, known.get_params),
        "InverseIsing.set_params": Call(of.set_params, {}, known.set_params),
        "PackedSamples": Call(
            ms.PackedSamples,
            {"bits": np.packbits(samples > 0, axis=1, bitorder="little"), "n_features": 3},
            lambda **given: unlearned().fit(ms.PackedSamples(**given)).J_,
            blames={"n_features": ("bits",), "bits": ("samples",)},
        ),
        "estimate_temperature": Call(
            ms.estimate_temperature, {**weighted, "model": model},
            blames={**of_weights, "samples": ("sample_weight", "model"), "model": ("samples",)},
        ),
        "log_partition": Call(
            ms.log_partition,
            {"model": model, "method": "integration", "chains": 20, "temperatures": 20, "seed": 1,
             "threads": 1, "device": "cpu"},
            long=("chains", "temperatures"),
        ),
    }  # fmt: skip


def _rbm() -> dict[str, Call]:
    of = ms.RBM
    X = np.random.default_rng(0).integers(0, 2, (40, 5))
    held = np.array([True, True, False, False, False])
    weighted: dict[str, Any] = {"X": X, "sample_weight": np.ones(40)}
    of_weights = {"X": ("sample_weight",), "sample_weight": ("X",)}

    def unlearned(**given: Any) -> ms.RBM:
        return of(**{"n_components": 3, "n_iter": 1, "random_state": 1, "threads": 1, **given})

    known = unlearned().fit(X)
    labelled = np.concatenate([X[:, :3], np.eye(2, dtype=int)[X[:, 3]]], axis=1)
    with_labels = unlearned(n_labels=2).fit(labelled)
    return {
        "RBM": Call(
            of, {"n_components": 3, "learning_rate": 0.1, "batch_size": 16, "n_iter": 1,
                 "verbose": 0, "random_state": 1, "method": "pt", "steps": 1, "n_chains": 8,
                 "n_temperatures": 3, "centered": True, "momentum": 0.1, "l1": 0.0, "l2": 0.0,
                 "visible": "binary", "hidden": "binary", "n_labels": 0, "n_categories": None,
                 "threads": 1, "device": "cpu"},
            lambda **given: of(**given).fit(X).components_,
            blames={"l2": ("learning_rate",), "n_labels": ("X",)},
            long=("n_components", "n_iter", "steps", "n_chains", "n_temperatures"),
        ),
        "RBM.fit": Call(
            of.fit,
            {**weighted, "y": None, "validation": X, "progress": len, "callbacks": [],
             "checkpoint": None, "checkpoint_interval": 30.0},
            lambda **given: unlearned().fit(**{**given, "progress": None}).components_,
            blames={**of_weights, "validation": ("X",), "X": ("sample_weight", "validation")},
            anything=("y", "progress"), functions=("progress",),
        ),
        "RBM.partial_fit": Call(
            of.partial_fit, {**weighted, "y": None},
            lambda **given: unlearned().partial_fit(**given).components_,
            blames=of_weights, anything=("y",),
        ),
        "RBM.fit_transform": Call(
            of.fit_transform, {"X": X, "y": None},
            lambda **given: unlearned().fit_transform(**given), anything=("y",),
        ),
        "RBM.transform": Call(of.transform, {"X": X}, known.transform),
        "RBM.get_feature_names_out": Call(
            of.get_feature_names_out, {"input_features": None}, known.get_feature_names_out,
            anything=("input_features",),
        ),
        "RBM.free_energy": Call(of.free_energy, {"X": X}, known.free_energy),
        "RBM.score_samples": Call(of.score_samples, {"X": X}, known.score_samples),
        "RBM.score": Call(of.score, {"X": X, "y": None}, known.score, anything=("y",)),
        "RBM.log_partition": Call(
            of.log_partition,
            {"method": "ais", "chains": 20, "temperatures": 5, "betas": [0.0, 0.3, 0.6, 1.0],
             "random_state": 1},
            known.log_partition, long=("chains", "temperatures"),
        ),
        "RBM.log_likelihood": Call(
            of.log_likelihood, {"X": X, "log_partition": known.log_partition()},
            known.log_likelihood,
        ),
        "RBM.gibbs": Call(
            of.gibbs, {"v": X, "steps": 2, "clamp": held}, known.gibbs,
            blames={"v": ("clamp",), "clamp": ("v",)}, long=("steps",),
        ),
        "RBM.sample": Call(
            of.sample,
            {"n": 4, "steps": 2, "clamp": held, "values": X[0], "random_state": 1}, known.sample,
            blames={"clamp": ("values",), "values": ("clamp",)}, long=("n", "steps"),
        ),
        "RBM.reconstruct": Call(
            of.reconstruct, {"X": X, "clamp": held, "steps": 2}, known.reconstruct,
            blames={"X": ("clamp",), "clamp": ("X",)}, long=("steps",),
        ),
        "RBM.label_probabilities": Call(
            of.label_probabilities, {"X": X[:, :3]}, with_labels.label_probabilities
        ),
        "RBM.sample_quality": Call(
            of.sample_quality, {"X": X, "steps": (1, 3), "random_state": 1}, known.sample_quality,
            long=("steps",),
        ),
        "RBM.from_hopfield": Call(
            of.from_hopfield, {"model": ms.Hopfield(2 * X[:3] - 1), "temperature": 1.0},
            of.from_hopfield,
        ),
        "RBM.save": Call(of.save, {"path": "rbm.h5"}, known.save),
        "RBM.from_arrays": Call(
            of.from_arrays,
            {"components": np.ones((2, 3)), "intercept_visible": np.ones(3),
             "intercept_hidden": np.ones(2)},
            of.from_arrays,
            blames={"components": ("intercept_visible", "intercept_hidden")},
        ),
        "RBM.get_params": Call(of.get_params, {"deep": True}, known.get_params),
        "RBM.set_params": Call(of.set_params, {}, known.set_params),
    }  # fmt: skip


def _rbm_classifier() -> dict[str, Call]:
    of = ms.RBMClassifier
    X = np.random.default_rng(0).integers(0, 2, (40, 5))
    y = X[:, 0].copy()
    rbm = ms.RBM(3, n_iter=1, random_state=1, threads=1)
    known = of(rbm).fit(X, y)
    weighted = {"X": X, "y": y, "sample_weight": np.ones(40)}
    blames = {
        "X": ("y", "sample_weight"), "y": ("X", "sample_weight"), "sample_weight": ("X", "y")
    }  # fmt: skip
    return {
        "RBMClassifier": Call(of, {"rbm": rbm}, lambda **given: of(**given).fit(X, y).rbm_),
        "RBMClassifier.fit": Call(
            of.fit, weighted, lambda **given: of(rbm).fit(**given).rbm_, blames=blames
        ),
        "RBMClassifier.predict_proba": Call(of.predict_proba, {"X": X}, known.predict_proba),
        "RBMClassifier.predict": Call(of.predict, {"X": X}, known.predict),
        "RBMClassifier.score": Call(of.score, weighted, known.score, blames=blames),
        "RBMClassifier.sample": Call(
            of.sample, {"n": 2, "label": 1, "steps": 2, "random_state": 1}, known.sample,
            long=("n", "steps"),
        ),
        "RBMClassifier.get_params": Call(of.get_params, {"deep": True}, known.get_params),
        "RBMClassifier.set_params": Call(of.set_params, {}, known.set_params),
    }  # fmt: skip


def _deep() -> dict[str, Call]:
    of = ms.DeepBeliefNetwork
    X = np.random.default_rng(0).integers(0, 2, (40, 5))
    held = np.array([True, True, False, False, False])
    rbm = ms.RBM(n_iter=1, random_state=1, threads=1)
    weighted: dict[str, Any] = {"X": X, "sample_weight": np.ones(40)}
    of_weights = {"X": ("sample_weight",), "sample_weight": ("X",)}
    known = of([4, 3], rbm=rbm, random_state=1).fit(X)
    labelled = of([4, ms.RBM(3, n_labels=2, n_iter=1)], rbm=rbm, random_state=1).fit(X, X[:, 0])
    return {
        "DeepBeliefNetwork": Call(
            of, {"layers": [4, 3], "rbm": rbm, "inputs": "means", "verbose": 0, "random_state": 1},
            lambda **given: of(**given).fit(X).rbms_[-1].components_,
        ),
        "DeepBeliefNetwork.fit": Call(
            of.fit,
            {**weighted, "y": None, "progress": len, "checkpoint": None,
             "checkpoint_interval": 30.0},
            lambda **given: (
                of([4], rbm=rbm).fit(**{**given, "progress": None}).rbms_[0].components_
            ),
            blames=of_weights, anything=("y", "progress"), functions=("progress",),
        ),
        "DeepBeliefNetwork.fit, labels": Call(
            of.fit,
            {**weighted, "y": X[:, 0], "progress": None, "checkpoint": None,
             "checkpoint_interval": 30.0},
            lambda **given: of([4, ms.RBM(3, n_labels=2)], rbm=rbm).fit(**given).classes_,
            blames={"X": ("y", "sample_weight"), "sample_weight": ("X",), "y": ("X",)},
            functions=("progress",),
        ),
        "DeepBeliefNetwork.fit_transform": Call(
            of.fit_transform, {"X": X, "y": None}, of([4], rbm=rbm).fit_transform, anything=("y",)
        ),
        "DeepBeliefNetwork.from_layers": Call(
            of.from_layers, {"rbms": known.rbms_},
            lambda **given: of.from_layers(**given).rbms_[0].components_,
        ),
        "DeepBeliefNetwork.transform": Call(of.transform, {"X": X, "depth": 1}, known.transform),
        "DeepBeliefNetwork.inverse_transform": Call(
            of.inverse_transform, {"H": np.ones((2, 4)), "depth": 1}, known.inverse_transform,
            blames={"depth": ("H",)},
        ),
        "DeepBeliefNetwork.reconstruct": Call(
            of.reconstruct, {"X": X, "clamp": held, "steps": 2}, known.reconstruct,
            blames={"X": ("clamp",), "clamp": ("X",)}, long=("steps",),
        ),
        "DeepBeliefNetwork.get_feature_names_out": Call(
            of.get_feature_names_out, {"input_features": None}, known.get_feature_names_out,
            anything=("input_features",),
        ),
        "DeepBeliefNetwork.sample": Call(
            of.sample, {"n": 4, "steps": 2, "label": 1, "random_state": 1}, labelled.sample,
            long=("n", "steps"),
        ),
        "DeepBeliefNetwork.stacked_tempering": Call(
            of.stacked_tempering, {"n": 4, "steps": 2, "random_state": 1},
            lambda **given: known.stacked_tempering(**given).samples, long=("n", "steps"),
        ),
        "DeepBeliefNetwork.log_likelihood_bound": Call(
            of.log_likelihood_bound,
            {"X": X, "log_partition": known.rbms_[1].log_partition(), "method": "sampled",
             "samples": 3, "random_state": 1},
            lambda **given: known.log_likelihood_bound(**given).values, long=("samples",),
        ),
        "DeepBeliefNetwork.score_samples": Call(of.score_samples, {"X": X}, known.score_samples),
        "DeepBeliefNetwork.score": Call(
            of.score, {"X": X, "y": None}, known.score, anything=("y",)
        ),
        "DeepBeliefNetwork.label_probabilities": Call(
            of.label_probabilities, {"X": X}, labelled.label_probabilities
        ),
        "DeepBeliefNetwork.predict_labels": Call(
            of.predict_labels, {"X": X}, labelled.predict_labels
        ),
        "DeepBeliefNetwork.save": Call(of.save, {"path": "dbn.h5"}, known.save),
        "DeepBeliefNetwork.get_params": Call(of.get_params, {"deep": True}, known.get_params),
        "DeepBeliefNetwork.set_params": Call(of.set_params, {}, known.set_params),
    }  # fmt: skip


def _boltzmann_machine() -> dict[str, Call]:
    of = ms.BoltzmannMachine
    X = np.random.default_rng(0).choice([-1, 1], (20, 3))
    held = np.array([True, False, False])
    weighted: dict[str, Any] = {"X": X, "sample_weight": np.ones(20)}
    of_weights = {"X": ("sample_weight",), "sample_weight": ("X",)}
    chosen: dict[str, Any] = {
        "n_hidden": 2, "connectivity": "layered", "units": "spin", "learning_rate": 0.1,
        "batch_size": 8, "n_iter": 1, "n_chains": 16, "sweeps": 1, "momentum": 0.1, "l1": 0.0,
        "l2": 0.0, "random_state": 1, "threads": 1, "device": "cpu",
    }  # fmt: skip
    known = of(**chosen).fit(X)
    return {
        "BoltzmannMachine": Call(
            of, chosen, lambda **given: of(**given).fit(X).J_,
            blames={"units": ("X",), "n_hidden": ("connectivity",), "l2": ("learning_rate",)},
            long=("n_hidden", "n_iter", "n_chains", "sweeps"),
        ),
        "BoltzmannMachine.fit": Call(
            of.fit, {**weighted, "y": None, "progress": len},
            lambda **given: of(**chosen).fit(**{**given, "progress": None}).J_,
            blames=of_weights, anything=("y", "progress"), functions=("progress",),
        ),
        "BoltzmannMachine.gradient": Call(
            of.gradient, weighted, known.gradient, blames=of_weights
        ),
        "BoltzmannMachine.sample": Call(
            of.sample, {"n": 4, "sweeps": 2, "clamp": held, "values": X[0], "random_state": 1},
            known.sample, blames={"clamp": ("values",), "values": ("clamp", "X")},
            long=("n", "sweeps"),
        ),
        "BoltzmannMachine.reconstruct": Call(
            of.reconstruct, {"X": X, "clamp": held, "sweeps": 2, "random_state": 1},
            known.reconstruct, blames={"X": ("clamp",), "clamp": ("X",)}, long=("sweeps",),
        ),
        "BoltzmannMachine.log_partition": Call(
            of.log_partition,
            {"method": "ais", "chains": 20, "temperatures": 5, "random_state": 1},
            known.log_partition, long=("chains", "temperatures"),
        ),
        "BoltzmannMachine.log_likelihood": Call(
            of.log_likelihood, {"X": X, "log_partition": known.log_partition()},
            known.log_likelihood,
        ),
        "BoltzmannMachine.free_energy": Call(of.free_energy, {"X": X}, known.free_energy),
        "BoltzmannMachine.get_params": Call(of.get_params, {"deep": True}, known.get_params),
        "BoltzmannMachine.set_params": Call(of.set_params, {}, known.set_params),
    }  # fmt: skip


def _kinetic() -> dict[str, Call]:
    of = ms.KineticIsing
    J, h = _FIELDS[:3, :3], _FIELDS[0, :3]
    series = learn.kinetic_series(J, h, 60, random_state=1)
    series2 = series.reshape(2, 30, 3)

    def fitted(**given: Any) -> ms.KineticIsing:
        return of(**{"random_state": 1, "threads": 1, "l2": 0.01, **given}).fit(series)

    known = fitted()
    return {
        "kinetic_series": Call(
            learn.kinetic_series,
            {"J": J, "h": h, "n_steps": 3, "start": [1, -1, 1], "random_state": 1},
            blames={"J": ("h", "start")}, long=("n_steps",),
        ),
        "KineticIsing": Call(
            of, {"l1": 0.0, "l2": 0.1, "units": "spin", "tol": 1e-6, "max_iter": 20,
                 "random_state": 1, "threads": 1},
            lambda **given: fitted(**given).J_, blames={"units": ("series",)},
        ),
        "KineticIsing.fit": Call(
            of.fit, {"series": series2, "y": None},
            lambda **given: of(l2=0.01, threads=1).fit(**given).J_, anything=("y",),
        ),
        "KineticIsing.significant": Call(of.significant, {"level": 0.1}, known.significant),
        "KineticIsing.sample": Call(
            of.sample, {"n_steps": 4, "start": series[:2], "random_state": 1}, known.sample,
            long=("n_steps",),
        ),
        "KineticIsing.predict_proba": Call(
            of.predict_proba, {"states": series}, known.predict_proba
        ),
        "KineticIsing.log_likelihood": Call(
            of.log_likelihood, {"series": series}, known.log_likelihood
        ),
        "KineticIsing.score": Call(
            of.score, {"series": series, "y": None}, known.score, anything=("y",)
        ),
        "KineticIsing.get_params": Call(of.get_params, {"deep": True}, known.get_params),
        "KineticIsing.set_params": Call(of.set_params, {}, known.set_params),
    }  # fmt: skip


def _benchmark() -> dict[str, Call]:
    small = {
        "models": ["glass"],
        "n_spins": [9],
        "betas": [0.3, 0.5],
        "samples": [20, 40],
        "methods": ["independent", "mean_field"],
        "repetitions": 2,
        "sweeps": 5,
        "random_state": 1,
    }
    return {
        "independent_samples": Call(
            learn.independent_samples,
            {"model": _GLASS, "n": 5, "sweeps": 5, "random_state": 1, "threads": 1},
            long=("n", "sweeps"),
        ),
        "inverse_benchmark": Call(
            ms.inverse_benchmark, {**small, "path": None, "executor": None, "progress": None},
            blames={"models": ("n_spins",)}, functions=("progress",), nan=True,
            long=("repetitions", "samples", "n_spins", "sweeps"),
        ),
        "plot.inverse.benchmark": Call(
            ms.plot.inverse.benchmark, {"dataset": ms.inverse_benchmark(**small)}
        ),
        "plot.inverse.recovered": Call(
            ms.plot.inverse.recovered, {"truth": _J, "found": {"half": _J / 2}},
            blames={"truth": ("found",)},
        ),
    }  # fmt: skip


def _analysis() -> dict[str, Call]:
    series = {"series": _SERIES, "replicas": True}
    q = {"overlap": _Q, "samples": False}
    there = reweighting.Reweighting(runs.reweighted())
    return {
        **{
            f"statistics.{function.__name__}": Call(
                function, series, blames={"replicas": ("series",)}
            )
            for function in (
                statistics.autocorrelation_time, statistics.effective_draws, statistics.mean,
                statistics.binning,
            )
        },
        "statistics.jackknife": Call(
            statistics.jackknife, {"function": np.square, **series},
            lambda function, series, replicas: statistics.jackknife(
                function, series, replicas=replicas
            ),
            blames={"replicas": ("series",)}, functions=("function",), nan=True,
        ),
        "statistics.jackknife, two": Call(
            statistics.jackknife, {"function": np.add, **series},
            lambda function, series, replicas: statistics.jackknife(
                function, _SERIES, series, replicas=replicas
            ),
            blames={"replicas": ("series",)}, functions=("function",),
        ),
        "statistics.sample_jackknife": Call(
            statistics.sample_jackknife, {"function": np.square, "values": _SERIES},
            lambda **given: statistics.sample_jackknife(*given.values()),
            functions=("function",), nan=True,
        ),
        "statistics.binder_cumulant": Call(
            statistics.binder_cumulant, {"magnetization": _SERIES, "replicas": True},
            blames={"replicas": ("magnetization",)}, nan=True,
        ),
        "statistics.susceptibility": Call(
            statistics.susceptibility,
            {"magnetization": _SERIES, "temperature": 2.0, "n_spins": 16, "replicas": True},
            blames={"replicas": ("magnetization",)},
        ),
        "statistics.specific_heat": Call(
            statistics.specific_heat,
            {"energy": _SERIES, "temperature": 2.0, "n_spins": 16, "replicas": True},
            blames={"replicas": ("energy",)},
        ),
        "statistics.correlation_length": Call(
            statistics.correlation_length,
            {"at_zero": _SERIES**2, "at_k": _SERIES**2 / 2, "length": 8, "replicas": True},
            blames={"at_zero": ("at_k",), "replicas": ("at_zero",)}, nan=True,
        ),
        "overlaps.distribution": Call(
            overlaps.distribution, {"overlap": _Q, "n_spins": 4, "bins": 5, "symmetric": False,
                                    "samples": False},
            blames={"n_spins": ("overlap",), "samples": ("overlap",)},
        ),
        "overlaps.binder_ratio": Call(
            overlaps.binder_ratio, q, blames={"samples": ("overlap",)}, nan=True
        ),
        "overlaps.susceptibility": Call(
            overlaps.susceptibility, {**q, "n_spins": 4}, blames={"samples": ("overlap",)}
        ),
        "overlaps.correlation_length": Call(
            overlaps.correlation_length, {**q, "overlap_k2": _Q**2 / 4, "length": 2},
            blames={"samples": ("overlap",), "overlap": ("overlap_k2",)}, nan=True,
        ),
        "crossing.binder_ratio_curve": Call(
            crossing.binder_ratio_curve, {**q, "resamples": 10, "seed": 1},
            blames={"samples": ("overlap",)}, nan=True,
        ),
        "crossing.correlation_length_curve": Call(
            crossing.correlation_length_curve,
            {**q, "overlap_k2": _Q**2 / 4, "length": 2, "resamples": 10, "seed": 1},
            blames={"samples": ("overlap",), "overlap": ("overlap_k2",)}, nan=True,
        ),
        "crossing.crossing": Call(
            crossing.crossing,
            {"temperature": np.array([1.0, 2.0, 3.0]), "small": _CURVE, "large": _STEEP},
            blames={"temperature": ("small",), "small": ("large",)}, nan=True,
        ),
        "reweighting.Reweighting": Call(
            reweighting.Reweighting, {"run": runs.reweighted()}, nan=True
        ),
        "reweighting.Reweighting, in fields": Call(
            reweighting.Reweighting, {"run": [runs.reweighted(), runs.in_a_field()]}, nan=True
        ),
        "Reweighting.averages": Call(
            reweighting.Reweighting.averages, {"temperature": np.array([2.2, 2.4]), "h": 0.01},
            there.averages, blames={"h": ("temperature",)},
        ),
        "Reweighting.ranges": Call(reweighting.Reweighting.ranges, {"h": 0.01}, there.ranges),
        "Reweighting.peak": Call(
            reweighting.Reweighting.peak,
            {"name": "specific_heat", "low": 2.1, "high": 2.9, "h": None},
            there.peak, blames={"h": ("temperature",), "low": ("temperature", "high"),
                                "high": ("temperature", "low"), "name": ("low", "high")},
        ),
        "Reweighting.curve": Call(
            reweighting.Reweighting.curve,
            {"name": "binder_cumulant", "temperature": np.array([2.2, 2.4]), "resamples": 10,
             "seed": 1, "h": None},
            there.curve, blames={"h": ("temperature",)},
        ),
        "scaling.collapse": Call(
            scaling.collapse,
            {"lengths": (4, 8), "temperatures": [np.array([1.0, 2.0, 3.0])] * 2,
             "curves": [_STEEP, _STEEP], "critical_temperature": 2.0, "nu": 1.0, "exponent": None},
            blames={"lengths": ("temperatures",), "temperatures": ("curves",),
                    "curves": ("temperatures",), "critical_temperature": ("temperatures",),
                    "nu": ("temperatures",), "exponent": ("temperatures",)},
        ),
        "infinite_size.extrapolate": Call(
            infinite_size.extrapolate,
            {"sizes": [8, 16, 32], "values": np.array([1.0, 2.0, 3.0]),
             "errors": np.array([0.1, 0.1, 0.2]), "power": 1.0, "terms": 1},
            blames={"terms": ("sizes",), "power": ("sizes",), "sizes": ("values",),
                    "values": ("errors",)},
        ),
        "equilibration.logarithmic_bins": Call(
            equilibration.logarithmic_bins,
            {"series": _RNG.normal(size=(2, 2, 1, 40)), "samples": True, "tolerance": 3.0},
            blames={"samples": ("series",)},
        ),
        "equilibration.sherrington_kirkpatrick_identity": Call(
            equilibration.sherrington_kirkpatrick_identity,
            {"energy": _RNG.normal(size=(3, 2, 2, 5)), "overlap": _RNG.uniform(-1, 1, (3, 2, 1, 5)),
             "temperature": np.array([1.0, 2.0]), "tolerance": 3.0},
            blames={"energy": ("overlap", "temperature")},
        ),
        "equilibration.edwards_anderson_identity": Call(
            equilibration.edwards_anderson_identity,
            {"energy": _RNG.normal(size=(3, 2, 2, 5)),
             "link_overlap": _RNG.uniform(-1, 1, (3, 2, 1, 5)),
             "temperature": np.array([1.0, 2.0]), "neighbours": 6, "J": 1.0, "tolerance": 3.0},
            blames={"energy": ("link_overlap", "temperature")},
        ),
        "replica_error.replica_error": Call(
            replica_error.replica_error, {"series": _SERIES}, nan=True
        ),
        "round_trips.round_trips": Call(
            round_trips.round_trips,
            {"temperature_index": np.array([[0, 1, 2, 1, 1, 0], [1, 2, 1, 0, 1, 2]]),
             "n_temperatures": 3},
            blames={"n_temperatures": ("temperature_index",)}, nan=True,
        ),
        "summary.summarize": Call(summary.summarize, {"run": runs.simulated()}, nan=True),
        "summary.summarize, tempered": Call(
            summary.summarize, {"run": runs.tempered_samples()}, nan=True
        ),
        "summary.summarize_overlaps": Call(
            summary.summarize_overlaps, {"run": runs.tempered()}, nan=True
        ),
        "clusters.moments": Call(
            clusters.moments, {"clusters": np.zeros((2, 4, 4), dtype=np.int64), "ndim": 2},
            blames={"clusters": ("ndim",)},
        ),
        "clusters.correlation": Call(
            clusters.correlation, {"clusters": np.zeros((2, 4, 4), dtype=np.int64), "ndim": 2},
            blames={"clusters": ("ndim",)},
        ),
        "time_to_target.success_probability": Call(
            time_to_target.success_probability,
            {"hits": np.array([0, 3, 8]), "runs": 8, "confidence": 0.95},
            blames={"runs": ("hits",)},
        ),
        "time_to_target.time_to_target": Call(
            time_to_target.time_to_target,
            {"hits": np.array([0, 3, 8]), "runs": 8, "run_time": 0.1, "target": 0.99,
             "confidence": 0.95},
            blames={"runs": ("hits",)}, nan=True,
        ),
        "temperature_grid.equal_acceptance": Call(
            temperature_grid.equal_acceptance,
            {"temperatures": np.array([1.0, 2.0, 4.0]), "acceptance": np.array([0.3, 0.2])},
            blames={"temperatures": ("acceptance",)},
        ),
        "temperature_grid.feedback_optimized": Call(
            temperature_grid.feedback_optimized,
            {"temperatures": np.array([1.0, 2.0, 4.0]), "from_top": np.array([0.0, 0.8, 1.0])},
            blames={"temperatures": ("from_top",)},
        ),
    }  # fmt: skip


def _plot() -> dict[str, Call]:
    glass, replicas, of_runs = ms.plot.glass, ms.plot.replicas, ms.plot.runs
    hopfield, spins = ms.plot.hopfield, ms.datasets.digits(binary=True).images[:2]
    return {
        "plot.glass.overlap_distribution": Call(
            glass.overlap_distribution, {"run": runs.tempered(), "bins": 5}
        ),
        "plot.glass.binder_ratio": Call(glass.binder_ratio, {"runs": runs.tempered()}),
        "plot.glass.correlation_length": Call(glass.correlation_length, {"runs": runs.tempered()}),
        "plot.glass.tempering": Call(glass.tempering, {"run": runs.tempered()}),
        "plot.glass.annealing": Call(glass.annealing, {"run": runs.annealed(), "sample": 0}),
        "plot.hopfield.retrieved": Call(
            hopfield.retrieved,
            {"cues": spins, "states": spins, "stored": spins, "overlap": np.array([1.0, 0.5])},
            blames={"stored": ("cues", "overlap")},
        ),
        "plot.hopfield.phase_diagram": Call(
            hopfield.phase_diagram,
            {"lines": ms.theory.hopfield.phase_diagram(3), "alpha": np.array([0.1, 0.2]),
             "temperature": np.array([0.1, 0.0]), "overlap": np.array([0.9, 0.1])},
            blames={"overlap": ("alpha", "temperature")},
        ),
        "plot.hopfield.basin": Call(
            hopfield.basin,
            {"initial": np.array([0.0, 1.0]), "final": np.array([[0.0, 0.9]]), "labels": ["a"],
             "error": np.array([[0.1, 0.1]])},
            blames={"initial": ("final",), "final": ("labels", "error")},
        ),
        "plot.hopfield.recall": Call(
            hopfield.recall,
            {"times": np.array([0.0, 1.0]), "m": np.array([[0.5, 0.9]]), "labels": ["a"],
             "flows": [ms.theory.recall.coolen_sherrington(0.1, 0.5, 0.4, [0.0, 0.2])],
             "error": np.array([[0.1, 0.1]])},
            blames={"times": ("m",), "m": ("labels", "error")},
        ),
        "plot.inverse.comparison": Call(
            ms.plot.inverse.comparison,
            {"found": comparison.compare(_SPINS, _SPINS[:3], random_state=1)},
        ),
        "plot.inverse.path": Call(
            ms.plot.inverse.path,
            {"found": selection.regularization_path(_SPINS, l1=[0.1, 0.2], l2=0.1)},
        ),
        "plot.inverse.couplings": Call(
            ms.plot.inverse.couplings, {"J": np.eye(3), "error": np.ones((3, 3))},
            blames={"J": ("error",)},
        ),
        "plot.rbm.images": Call(
            ms.plot.rbm.images,
            {"pictures": np.eye(3)[None], "columns": 1, "titles": ["a"]},
            blames={"pictures": ("titles",), "columns": ("titles",)},
        ),
        "plot.rbm.embedding": Call(
            ms.plot.rbm.embedding,
            {"hidden": np.arange(8.0).reshape(4, 2) ** 2, "labels": np.arange(4)},
            blames={"hidden": ("labels",)},
        ),
        "plot.rbm.filters": Call(
            ms.plot.rbm.filters,
            {"components": np.eye(4), "shape": (2, 2), "most": 3, "columns": 2},
            blames={"shape": ("components",)},
        ),
        "plot.rbm.history": Call(
            ms.plot.rbm.history, {"kept": {"reconstruction_error": np.array([0.2, 0.1])}}
        ),
        "plot.rbm.singular_values": Call(
            ms.plot.rbm.singular_values, {"values": np.ones((2, 3)), "most": 2}
        ),
        "plot.problems.annealing": Call(
            ms.plot.problems.annealing,
            {"temperatures": np.array([3.0, 1.0]), "values": np.array([[1.0, 2.0], [0.0, 0.0]]),
             "what": "cut", "best": 2.0},
            blames={"temperatures": ("values",)},
        ),
        "plot.replicas.error": Call(
            replicas.error, {"result": replica_error.replica_error(_SERIES)}
        ),
        "plot.replicas.throughput": Call(
            replicas.throughput,
            {"replicas": np.array([1, 2]), "flips_per_ns": np.array([1.0, 2.0])},
            blames={"replicas": ("flips_per_ns",)},
        ),
        "plot.replicas.overview": Call(replicas.overview, {"runs": runs.replica_swept()}),
        "plot.scaling.collapse": Call(
            ms.plot.scaling.collapse,
            {"lengths": (4, 8), "temperatures": [np.array([1.0, 2.0, 3.0])] * 2,
             "curves": [_STEEP, _STEEP],
             "found": scaling.Collapse(2.0, 0.1, 1.0, 0.1, 0.5, 0.0, 1.0, 0.8), "label": "$U_4$"},
            blames={"lengths": ("temperatures", "curves", "found"),
                    "temperatures": ("curves", "found"), "curves": ("temperatures",)},
        ),
        **{
            f"plot.runs.{function.__name__}": Call(
                function, {"runs": runs.simulated(), "theory": "bethe", "coordination": 4},
                blames={"coordination": ("theory", "runs"), "runs": ("theory",)},
            )
            for function in (
                of_runs.energy, of_runs.magnetization, of_runs.specific_heat, of_runs.overview,
            )
        },
        **{
            f"plot.runs.{function.__name__}": Call(function, {"runs": runs.simulated()})
            for function in (of_runs.susceptibility, of_runs.binder_cumulant)
        },
        "page.Text": Call(page.Text, {"source": "<p>"}),
        "page.Picture": Call(
            page.Picture,
            {"figure": replicas.throughput([1], [1.0]), "caption": "c", "description": "d"},
        ),
        "page.Image": Call(
            page.Image, {"path": _view("view.png"), "caption": "c", "description": "d"},
        ),
        "page.Table": Call(
            page.Table, {"header": ["a", "b"], "rows": [["1", "2"]], "caption": "c"},
            lambda **given: str(page.Table(**given)), blames={"header": ("rows",)},
        ),
        "page.Chapter": Call(
            page.Chapter,
            {"title": "t", "blocks": [page.Text("<p>")], "data": {"run": runs.simulated()}},
        ),
        "plot.runs.series": Call(of_runs.series, {"run": runs.simulated()}),
        "plot.runs.snapshots": Call(
            of_runs.snapshots, {"images": [np.ones((4, 4))], "titles": ["up"]},
            blames={"images": ("titles",)},
        ),
        "plot.runs.throughput": Call(of_runs.throughput, {"bench": runs.measured()}),
    }  # fmt: skip


#: The table, in parts. Files are made in the working directory.
PARTS: dict[str, Callable[[], dict[str, Call]]] = {
    "models": _models, "samplers": _samplers, "runs": _runs, "files": _files, "qubos": _qubos,
    "dimod": _dimod, "images": _images, "exact": _exact,
    "theory": _theory, "learn": _learn, "inverse": _inverse,
    "estimator": _estimator, "kinetic": _kinetic,
    "rbm": _rbm, "rbm_classifier": _rbm_classifier, "deep": _deep,
    "boltzmann_machine": _boltzmann_machine, "benchmark": _benchmark,
    "analysis": _analysis, "plot": _plot,
}  # fmt: skip

#: Public callables that the table leaves out, and why.
EXCEPTIONS: dict[Any, str] = {
    **dict.fromkeys(
        (getattr(ms.errors, name) for name in ms.errors.__all__),
        "an exception or a warning: its message is whatever it is",
    ),
    **dict.fromkeys(
        (
            ms.LogPartition, ms.exact.Elimination, ms.exact.Enumeration,
            ms.exact.Chain, ms.theory.curie_weiss.Finite, ms.exact.Infinite, ms.exact.Torus,
            ms.exact.TransferMatrix, hopfield.Retrieval, memories.Retrieval, ms.datasets.Digits,
            learn.hopfield.ImageRetrieval, ms.theory.hopfield.Mixture,
            ms.theory.hopfield.PhaseDiagram, ms.theory.hopfield.State,
            ms.theory.recall.FirstSteps, ms.theory.recall.Flow,
            ms.theory.sherrington_kirkpatrick.ReplicaSymmetric,
            ms.theory.sherrington_kirkpatrick.BrokenSymmetry, crossing.Crossing, crossing.Curve,
            equilibration.GaussianIdentity,
            equilibration.LogarithmicBins, overlaps.OverlapDistribution,
            replica_error.ReplicaError, round_trips.RoundTrips, statistics.Autocorrelation,
            clusters.ClusterMoments, statistics.Binning, statistics.Estimate,
            time_to_target.SuccessProbability,
            time_to_target.TimeToTarget, progress.Progress, progress.StudyProgress,
            progress.TrainingProgress, reweighting.Peak, scaling.Collapse,
            infinite_size.Extrapolation,
            comparison.Compared, comparison.Comparison, information.Entropies, information.Entropy,
            bootstrap.Bootstrap, bootstrap.Interval, decimation.Decimation, pruning.Pruned,
            selection.RegularizationPath, uncertainty.StandardErrors,
            learn.LikelihoodBound, learn.StackedTempering,
            mean_field.Solution, minima.LocalMinima, heat.SpecificHeat, units.Converted,
        ),
        "a result: it holds what it was made of, and what takes it checks it",
    ),
    mean_field.NoSolutionError: "an exception: its message is whatever it is",
    **dict.fromkeys(
        (ms.models.Model, ms.models.SignedGraph), "abstract: its subclasses and methods are tested"
    ),
    **dict.fromkeys(
        (
            MultispinSampler.parse_initial_states, MultispinSampler.remove_unknown_kwargs,
            MultispinSampler.sample_ising, MultispinSampler.sample_qubo,
        ),
        "of dimod",
    ),
    ms.DeviceArray: "made by samplers on a GPU",
    **dict.fromkeys(
        (
            ms.RBM.load, ms.RBM.from_rbms, ms.RBM.from_sklearn, ms.RBM.to_rbms,
            ms.DeepBeliefNetwork.load,
        ),
        "files and estimators that are wrong have tests of their own",
    ),
    **dict.fromkeys(
        (
            ms.DeepBeliefNetwork.classifier, ms.DeepBeliefNetwork.fine_tune,
            ms.DeepBeliefNetwork.roll,
        ),
        "with PyTorch, which need not be here: wrong calls have tests of their own",
    ),
    **dict.fromkeys((ms.models.SignedGraph.form, ms.Hopfield.form, ms.Ising.form), "for engines"),
    ms.info: "takes nothing",
    io.demand_array: "for what reads a checkpoint: it says what is wrong with what was read",
    progress.Reporter: "for what runs long, which has checked everything",
    progress.StudyReporter: "for studies, which have checked everything",
    progress.TrainingReporter: "for estimators, which have checked everything",
    main: "takes words from the command line, and has its own tests",
    page.main: "takes its options from the command line",
    ms.lab.serve: "serves until Ctrl-C; how it starts has tests of its own",
    page.announce: "prints what it is given",
}  # fmt: skip
