"""The command line: files, tables, and one clear line when something is wrong."""

from __future__ import annotations

import base64
import re
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin import cli, plot
from multispin.page import Chapter, Image, Table, Text, tour
from multispin.page.render import render

QUICK = ["ising", "--size", "32", "--sweeps", "200", "--thermalization", "50"]
VIEWS = [tour.scripts()[0].parent / "pictures" / f"lab_{name}.png" for name in ("rbm", "hopfield")]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "multispin", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def is_png(path: Path) -> bool:
    return path.read_bytes().startswith(b"\x89PNG")


# --- what the commands do -----------------------------------------------------------------------


def test_info_tells_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["info"]) == 0
    out = capsys.readouterr().out
    assert ms.info()["version"] in out
    for word in ("aes", "philox", "threads", "instruction_set"):
        assert word in out


@pytest.mark.thorough
def test_ising_of_a_cube_by_clusters(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--size", "6x6x8", "--dynamics", "swendsen-wang", "--interval", "1"]
    assert cli.main([*QUICK, *words, "--temperature", "4.0", "5.0"]) == 0
    assert is_png(folder / "multispin-ising.png")
    data = xr.load_dataset("multispin-ising.nc", engine="h5netcdf")
    expected = ms.simulate(
        ms.Ising((6, 6, 8)), [4.0, 5.0], 200, 50, seed=1, init="up", dynamics="swendsen-wang"
    )
    xr.testing.assert_equal(data, expected)
    table = capsys.readouterr().out
    assert "Onsager" not in table  # whose energies are those of squares


@pytest.mark.thorough
def test_ising_scan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*QUICK, "--temperature", "1.5", "2.0:3.0:3", "--seed", "7"]) == 0
    assert names(folder) == ["multispin-ising.nc", "multispin-ising.png"]
    assert is_png(folder / "multispin-ising.png")
    data = xr.load_dataset("multispin-ising.nc", engine="h5netcdf")
    expected = ms.simulate(
        ms.Ising((32, 32)), [1.5, 2.0, 2.5, 3.0], 200, 50, interval=10, seed=7, init="up"
    )
    xr.testing.assert_equal(data, expected)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["1.5000", "2.0000", "2.5000", "3.0000"]
    assert "-1.74556" in lines[2]  # Onsager at T = 2


def test_ising_at_one_temperature_shows_the_series(folder: Path) -> None:
    files = ["--output", "a.nc", "--picture", "b.svg"]
    assert cli.main([*QUICK, "--temperature", "2.0", "--replicas", "2", *files]) == 0
    assert names(folder) == ["a.nc", "b.svg"]


def test_ising_understands_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--size 16x32 --temperature 2.5 --coupling -1 --field 0.25 --dynamics glauber "
    words += "--init down --rng philox --device cpu --threads 1 --interval 5 --progress"
    assert cli.main([*QUICK, *words.split(), "--checkpoint", "run.npz"]) == 0
    attributes = xr.load_dataset("multispin-ising.nc", engine="h5netcdf").attrs
    assert attributes["shape"].tolist() == [16, 32]
    assert (attributes["J"], attributes["h"]) == (-1.0, 0.25)
    assert (attributes["dynamics"], attributes["init"]) == ("glauber", "down")
    assert attributes["generator"] == "philox"
    assert Path("run.npz").exists()
    assert "flips/ns" in capsys.readouterr().err


def test_ising_runs_odd_sizes() -> None:
    assert cli.main([*QUICK, "--size", "7", "--temperature", "2.5"]) == 0
    attributes = xr.load_dataset("multispin-ising.nc", engine="h5netcdf").attrs
    assert (attributes["shape"].tolist(), attributes["engine"]) == ([7, 7], "replica")


def test_bench(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "--size 32 64 --rng philox --threads 1 --seconds 0.005"
    assert cli.main(["bench", *words.split()]) == 0
    assert is_png(folder / "multispin-bench.png")
    data = xr.load_dataset("multispin-bench.nc", engine="h5netcdf")
    assert data.flips_per_ns.shape == (2, 1, 1)
    assert "philox" in capsys.readouterr().out


def test_glass(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "--size 4 --temperature 0.8:2.0:7 --samples 5 --sweeps 800 --thermalization 200 "
    words += "--interval 4 --seed 3 --threads 1"
    assert cli.main(["glass", *words.split()]) == 0
    assert names(folder) == ["multispin-glass.nc", "multispin-glass.png"]
    assert is_png(folder / "multispin-glass.png")
    data = xr.load_dataset("multispin-glass.nc", engine="h5netcdf")
    expected = ms.temper(
        ms.EdwardsAnderson((4, 4, 4), seed=3, samples=5),
        np.linspace(0.8, 2.0, 7).round(12),
        sweeps=800,
        thermalization=200,
        interval=4,
        seed=3,
        threads=1,
    )
    xr.testing.assert_equal(data, expected)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:8]] == [f"{0.8 + 0.2 * i:.4f}" for i in range(7)]
    assert lines[7].endswith("-")
    per_spin = data.energy.mean(("replica", "draw")) / 64
    error = per_spin.std("sample", ddof=1) / np.sqrt(5)
    for line, mean, of_mean in zip(lines[1:8], per_spin.mean("sample"), error, strict=True):
        shown, _, shown_error = line.split()[1:4]
        assert float(shown) == pytest.approx(float(mean), abs=6e-6)
        assert float(shown_error) == pytest.approx(float(of_mean), abs=6e-6)


@pytest.mark.thorough
def test_glass_understands_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--size 6 --dimensions 2 --temperature 0.5 1 2 --samples 1 --replicas 3 --sweeps 600 "
    words += "--thermalization 6 --interval 3 --cluster-moves --dynamics glauber --rng philox "
    words += "--threads 1 --checkpoint run.npz --progress --output a.nc --picture b.svg"
    assert cli.main(["glass", *words.split()]) == 0
    data = xr.load_dataset("a.nc", engine="h5netcdf")
    assert data.attrs["model"] == "EdwardsAnderson((6, 6), seed=1, J=1.0, h=0.0)"
    assert (data.attrs["cluster_moves"], data.attrs["dynamics"]) == (1, "glauber")
    assert data.sizes["pair"] == 3
    assert Path("run.npz").exists()
    assert Path("b.svg").exists()
    assert "flips/ns" in capsys.readouterr().err


@pytest.mark.thorough
def test_replicas(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "--size 4 --replicas 1 2 4 --sweeps 200 --thermalization 20 --seed 3 --threads 1"
    assert cli.main(["replicas", *words.split()]) == 0
    assert names(folder) == ["multispin-replicas.nc", "multispin-replicas.png"]
    assert is_png(folder / "multispin-replicas.png")
    data = xr.load_dataset("multispin-replicas.nc", engine="h5netcdf")
    glass = ms.EdwardsAnderson((4, 4, 4), seed=3)
    expected = ms.replica_sweep(
        glass, 1.5, replicas=[1, 2, 4], sweeps=200, thermalization=20, seed=3, threads=1
    )
    timed = ["flips_per_ns", "seconds"]
    xr.testing.assert_equal(data.drop_vars(timed), expected.drop_vars(timed))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "4"]
    assert lines[3].split()[-1] == "replica"
    assert lines[4].startswith("error ~ R^(-0.")


def test_one_number_of_replicas_has_no_slope(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--size 4 --replicas 1 --sweeps 200 --thermalization 20 --threads 1"
    assert cli.main(["replicas", *words.split()]) == 0
    out = capsys.readouterr().out
    assert "nan" not in out
    assert "error ~" not in out


def test_glass_without_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--size 4 --temperature 1 2 --samples 2 --sweeps 20 --thermalization 20 --threads 1"
    assert cli.main(["glass", *words.split()]) == 0
    cells = capsys.readouterr().out.splitlines()[1].split("  ")
    assert [cell.strip() for cell in cells if cell.strip()][-3:-1] == ["-", "-"]


@pytest.mark.thorough
def test_replicas_understands_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--model ising --size 6 --dimensions 2 --temperature 3 --replicas 2 --sweeps 100 "
    words += "--thermalization 5 --interval 5 --dynamics glauber --rng philox --device cpu "
    words += "--threads 1 --progress --output a.nc --picture b.svg"
    assert cli.main(["replicas", *words.split()]) == 0
    attributes = xr.load_dataset("a.nc", engine="h5netcdf").attrs
    assert attributes["model"] == "Ising((6, 6), J=1.0, h=0.0)"
    assert (attributes["sweeps"], attributes["interval"]) == (100, 5)
    assert (attributes["dynamics"], attributes["temperature"]) == ("glauber", 3.0)
    assert Path("b.svg").exists()
    assert "flips/ns" in capsys.readouterr().err


# --- the tour -----------------------------------------------------------------------------------


def test_every_chapter_is_numbered_once() -> None:
    numbers = [path.name[:2] for path in tour.scripts()]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == "01"


@pytest.mark.thorough
def test_quick_demo(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--quick", "--output", "tour.html"]) == 0
    assert names(folder) == ["tour.html", "tour.nc", "tour.png"]
    assert "difference / error" in capsys.readouterr().out
    page = Path("tour.html").read_text(encoding="utf-8")
    assert "<h2>The Ising model</h2>" in page
    assert "<h2>The spin glass</h2>" in page
    assert "<h2>How many replicas?</h2>" in page
    assert "<h2>Infinite range</h2>" in page
    assert "<h2>The Hopfield network</h2>" in page
    assert "<h2>The dynamics of recall</h2>" in page
    assert "<h2>The inverse problem</h2>" in page
    assert "<h2>The Boltzmann machine</h2>" in page
    assert "<h2>The restricted Boltzmann machine</h2>" in page
    assert "<h2>Going deep</h2>" in page
    assert page.count("data:image/png;base64,") == page.count("<img ") >= 4
    # Nothing from anywhere else: the page works offline.
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert not re.findall(r"@import|url\(", page)
    scan = xr.load_dataset("tour.nc", group="ising_scan", engine="h5netcdf")
    assert scan.attrs["generator"]


@pytest.mark.thorough
def test_a_chapter_alone_agrees_with_exact_results() -> None:
    # 19 differences in standard errors, which these short runs underestimate; the seeds are fixed.
    command = [sys.executable, str(tour.scripts()[0]), "--quick", "--output", "chapter.html"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    cells = re.findall(r"^.*  ([+-]\d+\.\d)$", result.stdout, re.MULTILINE)
    differences = np.array(cells, dtype=float)
    assert len(differences) == 19
    assert np.all(abs(differences) < 6)
    assert Path("chapter.html").exists()


@pytest.mark.thorough
def test_the_chapter_of_infinite_range_agrees_with_theory() -> None:
    # Columns: T, sizes, their limit, Parisi, replicas that are alike. Sizes are small, and so are
    # errors; the seeds are fixed.
    command = [sys.executable, str(tour.scripts()[3]), "--quick", "--output", "chapter.html"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    number = r"(-\d\.\d+)"
    rows = re.findall(rf"{number} ± (\d\.\d+) +{number} +{number}$", result.stdout, re.MULTILINE)
    assert len(rows) == 3
    for limit, error, right, alike in np.array(rows, dtype=float):
        assert abs(limit - right) < 4 * error
        assert alike < right
    spectrum = xr.load_dataset("chapter.nc", group="sk_spectrum", engine="h5netcdf")
    assert abs(abs(spectrum.eigenvalue) < 1).mean() == pytest.approx(0.609, abs=0.01)


@pytest.mark.thorough
def test_the_chapters_of_hopfield_networks_agree_with_theory() -> None:
    """Quick runs have two draws of the patterns, whose errors say little: bounds are absolute."""
    command = [sys.executable, "-m", "multispin", "demo", "--quick", "--chapter", "5", "6"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    name = "multispin-demo.nc"
    loads = xr.load_dataset(name, group="hopfield_loads", engine="h5netcdf").squeeze()
    for load in (0.05, 0.08, 0.1, 0.12):
        right = ms.theory.hopfield.retrieval(load, 0.0)
        assert right is not None
        assert loads.overlap.sel(alpha=load).item() == pytest.approx(right.m, abs=0.002)
    assert loads.overlap.sel(alpha=0.17).item() < 0.6
    warm = xr.load_dataset(name, group="hopfield_warm", engine="h5netcdf").squeeze()
    for load, T in ((0.02, 0.25), (0.05, 0.25), (0.1, 0.25), (0.02, 0.6)):
        right = ms.theory.hopfield.retrieval(load, T)
        assert right is not None
        found = warm.overlap.sel(alpha=load, temperature=T).item()
        assert found == pytest.approx(right.m, abs=0.015)
    assert warm.overlap.sel(alpha=0.1, temperature=0.6).item() < 0.4
    recall = xr.load_dataset(name, group="recall", engine="h5netcdf").mean("draw")
    flow = ms.theory.recall.coolen_sherrington(0.1, 0.1, 0.6, range(7))
    np.testing.assert_allclose(recall.clocks.sel(begin=0.6), flow.m, atol=0.02)
    steps = ms.theory.recall.first_steps(0.1, 0.6)
    np.testing.assert_allclose(recall.cold.sel(begin=0.6)[1:3], steps, atol=0.01)


@pytest.mark.thorough
def test_the_chapter_of_the_inverse_problem_recovers_what_was_planted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bounds are absolute: the seeds are fixed, and quick runs have two draws."""
    monkeypatch.delenv("MULTISPIN_DATA", raising=False)
    command = [sys.executable, str(tour.scripts()[6]), "--quick", "--output", "chapter.html"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    methods = xr.load_dataset("chapter.nc", group="inverse_methods", engine="h5netcdf").squeeze()
    right = methods.gamma.sel(algorithm=["pseudolikelihood", "mpf", "rise", "exact"])
    assert right.max() < 0.15
    assert (methods.edges_right.sel(algorithm=right.algorithm) == 1).all()
    wrong = methods.gamma.sel(algorithm=["mean_field", "bethe"], beta=0.7)
    assert wrong.min() > 0.3
    network = xr.load_dataset("chapter.nc", group="inverse_network", engine="h5netcdf")
    assert ((network.planted != 0) == network.significant.astype(bool)).mean() > 0.99
    digits = xr.load_dataset("chapter.nc", group="inverse_digits", engine="h5netcdf").images
    ink = digits.mean(("image", "row", "column")).values
    np.testing.assert_allclose(ink, ink[0], atol=0.1)


@pytest.mark.thorough
def test_the_chapter_of_deep_networks_says_less_is_enough() -> None:
    """Bounds are absolute: the seeds are fixed, and quick runs learn for moments only."""
    command = [sys.executable, str(tour.scripts()[9]), "--quick", "--output", "chapter.html"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    codes = xr.load_dataset("chapter.nc", group="deep_codes", engine="h5netcdf")
    assert codes.code.shape == (360, 6)
    errors = {name: value for name, value in codes.attrs.items() if name.startswith("error ")}
    assert errors["error layer by layer"] < 7.6  # of 8.2 by the mean of all digits
    if "error fine-tuned" in errors:
        assert errors["error fine-tuned"] < errors["error layer by layer"]
    model = xr.load_dataset("chapter.nc", group="deep_model", engine="h5netcdf")
    assert (model.log_likelihood > -22).all()  # of -24.4 by pixels that are independent
    exchanged = xr.load_dataset("chapter.nc", group="deep_tempering", engine="h5netcdf")
    assert (exchanged.acceptance > 0.01).all()
    found = re.findall(r"base64,([^\"]*)", Path("chapter.html").read_text(encoding="utf-8"))
    assert found[-2:] == [base64.b64encode(view.read_bytes()).decode() for view in VIEWS]


def test_the_last_chapter_shows_the_lab_and_how_it_is_started() -> None:
    blocks = runpy.run_path(str(tour.scripts()[9]))["show_lab"]()
    page = render([Chapter("Going deep", blocks)])
    assert "<code>multispin lab</code>" in page
    assert "<code>make lab</code>" in page
    for view, block in zip(VIEWS, blocks[1:], strict=True):
        assert view.stat().st_size < 60_000
        assert f'<img alt="{block.description}" style="max-width: 1280px" ' in page
        assert f"base64,{base64.b64encode(view.read_bytes()).decode()}" in page


def test_an_image_is_a_png(folder: Path) -> None:
    text = folder / "text.png"
    text.write_text("no picture", encoding="utf-8")
    with pytest.raises(ValueError, match="path: got '.*text.png', allowed: a PNG file"):
        Image(text, "caption", "description")
    with pytest.raises(ValueError, match="path: got '.*', allowed: a PNG file"):
        Image(folder, "caption", "description")
    with pytest.raises(FileNotFoundError):
        Image(folder / "none.png", "caption", "description")


def test_a_page_escapes_what_is_text() -> None:
    table = Table(("a < b", "x"), [("<script>", "&")], "1 < 2")
    page = render([Chapter("J & h", [Text("<p>1 &lt; 2</p>"), table])])
    assert "<h2>J &amp; h</h2>" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "<p>1 &lt; 2</p>" in page


def test_chapters_are_listed_in_order() -> None:
    page = render([Chapter("first", []), Chapter("second", [])])
    assert page.index('href="#chapter-1"') < page.index('href="#chapter-2"')
    assert page.index("<h2>first") < page.index("<h2>second")


def test_tables_are_readable_in_a_terminal() -> None:
    table = Table(("quantity", "value"), [("e", "-1.41"), ("longer name", "2")])
    assert str(table).splitlines() == [
        "quantity     value",
        "e            -1.41",
        "longer name      2",
    ]


# --- what goes wrong ----------------------------------------------------------------------------


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "words",
    [
        "",
        "glas",
        "glass --size 1",
        "glass --temperature 2 1",
        "glass --samples 0",
        "glass --samples 1 --sweeps 200 --interval 20",
        "glass --replicas 1",
        "ising --size 1",
        "ising --size 0",
        "ising --size -4",
        "ising --size 16x",
        "ising --size big",
        "ising --temperature 0",
        "ising --temperature nan",
        "ising --temperature -2",
        "ising --temperature 1:2",
        "ising --temperature 1:2:0",
        "ising --temperature 1:2:-3",
        "ising --temperature hot",
        "ising --temperature 1:2:99999999999",
        "ising --temperature 1:2:\u0663",
        "ising --sweeps -1",
        "ising --sweeps 1.5",
        "ising --sweeps 199 --interval 10",
        "ising --interval 0",
        "ising --thermalization -1",
        "ising --replicas 0",
        "ising --coupling nan",
        "ising --field inf",
        "ising --seed -1",
        "ising --dynamics heat",
        "ising --init sideways",
        "ising --rng mt19937",
        "ising --device tpu",
        "ising --threads 0",
        "ising --picture x.doc",
        "replicas --model potts",
        "replicas --size 1",
        "replicas --dimensions 5",
        "replicas --dimensions 0",
        "replicas --temperature 0",
        "replicas --replicas 0",
        "replicas --replicas 4 2",
        "replicas --replicas many",
        "replicas --sweeps 199",
        "replicas --picture x.doc",
        "bench --size 0",
        "bench --threads 0",
        "bench --seconds 0",
        "bench --rng mt19937",
        "demo --chapter 99",
        "demo --output tour.txt",
    ],
)
def test_misuse_is_one_line_and_status_2(
    words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = cli.main(words.split())
    except SystemExit as stop:  # argparse leaves this way
        status = int(stop.code or 0)
    captured = capsys.readouterr()
    assert status == 2
    assert captured.err.startswith("multispin")
    assert captured.err.count("\n") == 1
    assert not names(folder)


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("glass --size 1", "--size: got 1, allowed: an integer >= 2"),
        ("replicas --size 1", "--size: got 1, allowed: an integer >= 2"),
        ("ising --size 1", "--size: got 1, allowed: an integer >= 2"),
        ("ising --size 4x0", "--size: got 0, allowed: an integer >= 2"),
        ("glass --temperature 2 1", "--temperature: got [2.0, 1.0], allowed: two or more"),
        ("ising --temperature 0", "--temperature: got [0.0], allowed: "),
        ("replicas --temperature 0", "--temperature: got 0.0, allowed: "),
        ("ising --coupling nan", "--coupling: got nan, allowed: a finite number"),
        ("ising --field inf", "--field: got inf, allowed: a finite number"),
        ("glass --replicas 1", "--replicas: got 1, allowed: "),
        ("glass --dynamics heat", "--dynamics: got 'heat', allowed: "),
        ("replicas --sweeps 199", "--sweeps: got 199, allowed: "),
    ],
)
def test_messages_name_the_option(
    words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words.split()) == 2
    assert capsys.readouterr().err.startswith(f"multispin: {message}")


@pytest.mark.parametrize(
    "words",
    [
        "ising --output missing/x.nc",
        "ising --picture missing/x.png",
        "ising --checkpoint missing/x.npz",
        "ising --checkpoint foreign",
        "replicas --output missing/x.nc",
        "bench --output missing/x.nc",
        "demo --output missing/x.html",
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_1(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("foreign").write_text("my thesis", encoding="utf-8")
    assert cli.main(words.split()) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("multispin: ")
    assert captured.err.count("\n") == 1
    assert Path("foreign").read_text(encoding="utf-8") == "my thesis"
    assert names(Path()) == ["foreign"]


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ms.MissingExtraError, match=r'pip install "multispin\[plot\]"'):
        plot.runs.snapshots([np.ones((2, 2))], ["up"])


# The command line in a process that says when its first sweeps begin.
CHILD = """
import runpy
import multispin as ms

sweep = ms.Sampler.sweep

def announced(self, *sweeps):
    print("sweeping", flush=True)
    return sweep(self, *sweeps)

ms.Sampler.sweep = announced
runpy.run_module("multispin", run_name="__main__")
"""


@pytest.mark.thorough
def test_ctrl_c_is_one_line(folder: Path) -> None:
    words = [*QUICK, "--size", "4096", "--sweeps", "1000000", "--checkpoint", "run.npz"]
    command = [sys.executable, "-c", CHILD, *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "sweeping\n"
        child.send_signal(signal.SIGINT)
        _, err = child.communicate()
    assert child.returncode == 130
    assert err == "multispin: interrupted\n"
    assert names(folder) == ["run.npz"]


@pytest.mark.one_in(6)
@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["ising", "--help"],
        ["replicas", "-h"],
        ["bench", "-h"],
        ["demo", "-h"],
        ["inverse", "-h"],
    ],
)
def test_help_helps(words: list[str]) -> None:
    result = run(*words)
    assert result.returncode == 0
    assert result.stdout.startswith("usage: multispin")
    assert not result.stderr


@pytest.mark.thorough
def test_version() -> None:
    assert run("--version").stdout == f"multispin {ms.info()['version']}\n"


@pytest.mark.thorough
def test_the_chapters_of_boltzmann_machines_learn() -> None:
    """Quick runs learn for a short time: bounds are what they have to reach, with room."""
    command = [sys.executable, "-m", "multispin", "demo", "--quick", "--chapter", "8", "9"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    name = "multispin-demo.nc"
    parity = xr.load_dataset(name, group="boltzmann_parity", engine="h5netcdf")
    divergence = parity.divergence.sel(connectivity="full")
    assert divergence.sel(hidden=0).item() == pytest.approx(np.log(2), abs=0.005)
    assert (divergence.sel(hidden=[1, 2, 3]) < 0.2).all()
    assert parity.divergence.sel(hidden=3, connectivity="layered").item() < 0.2
    np.testing.assert_allclose(parity.probability.sum("state").values[1:], 1.0, atol=1e-9)
    digits = xr.load_dataset(name, group="rbm_digits", engine="h5netcdf")
    assert digits.log_partition_error < 0.1
    assert digits.reconstruction_error.values[-1] < 0.08
    completed = xr.load_dataset(name, group="rbm_completed", engine="h5netcdf")
    assert completed.attrs["right mean fields"] > completed.attrs["right pixels by themselves"]
    classes = xr.load_dataset(name, group="rbm_classes", engine="h5netcdf")
    assert (classes.told == classes.label).mean() > 0.6
