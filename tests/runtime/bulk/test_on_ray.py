"""Parts on a Ray cluster of this machine. What needs Ray is run by make test-ray."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from drupelet.bulk import on_ray as module
from drupelet.bulk.on_ray import on_ray
from drupelet.bulk.run import Ask, score
from drupelet.bulk.scorer import Scorer
from drupelet.errors import InputError

ROOT = Path(__file__).parents[3]
TINY = ROOT / "artifacts/imdb-tiny"
CODE = os.pathsep.join(path for path in sys.path if path)


@pytest.fixture
def ray(monkeypatch):
    """Ray, whose workers find the modules of this process."""
    monkeypatch.setenv("PYTHONPATH", CODE)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    return pytest.importorskip("ray.data", reason="Ray is not installed; make test-ray has an environment with it")


@pytest.fixture
def texts(tmp_path):
    """A file of two parts and a half, one bad row and a text of two lines among them."""
    path = tmp_path / "texts.csv"
    rows = [f'{row},"film {row % 7} is {"wonderful" if row % 3 else "dull"}",{row % 5}' for row in range(10_000)]
    rows[50] = "50"
    rows[4095] = '4095,"two\nlines",1'
    path.write_text("\n".join(["id,review,stars", *rows]) + "\n")
    return path


def scored(path, out, bundle=TINY, ray=None, engine="native"):
    """What a run wrote, and its errors."""
    ask = Ask((str(path),), out, "review", jobs=2 if ray else 1, ray=ray)
    score(ask, Scorer(bundle, "text", engine), lambda rows, share: None, lambda line: None)
    errors = out.with_name(out.name + ".errors.jsonl")
    return out.read_bytes(), errors.read_bytes() if errors.exists() else b""


def written_as(path, form):
    """The rows of a CSV file as a file of another format."""
    import csv

    target = path.with_suffix(f".{form}")
    with path.open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["review"]]
    if form == "jsonl":
        target.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif form == "parquet":
        pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
        parquet.write_table(pyarrow.Table.from_pylist(rows), target, row_group_size=4000)
    return target


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_bytes_are_those_of_one_process(ray, texts, tmp_path, form):
    path = texts if form == "csv" else written_as(texts, form)
    assert scored(path, tmp_path / f"ray.{form}", ray="local") == scored(path, tmp_path / f"one.{form}")


def test_stdout_is_one_document(ray, texts, tmp_path):
    command = [sys.executable, "-m", "drupelet", "score", str(texts), "--bundle", str(TINY), "--text-column", "review"]
    command += ["--out", str(tmp_path / "out.csv"), "--ray", "local", "--jobs", "2", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["answered"], document["bad"], document["engine"]) == (9999, 1, "native")


def test_a_cluster_that_runs_already_keeps_running(ray, texts, tmp_path):
    port = 26379
    ray_program = Path(sys.executable).with_name("ray")
    start = [ray_program, "start", "--head", f"--port={port}", "--num-cpus=2", "--include-dashboard=false", "--block"]
    with subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as head:
        try:
            for _ in range(60):
                if module._reachable("127.0.0.1", str(port)):
                    break
                time.sleep(0.5)
            of_one = scored(texts, tmp_path / "one.csv")
            assert scored(texts, tmp_path / "a.csv", ray=f"127.0.0.1:{port}") == of_one
            assert scored(texts, tmp_path / "b.csv", ray=f"127.0.0.1:{port}") == of_one
        finally:
            head.terminate()


class DiesOnce(Scorer):
    """A scorer that ends its process at the second batch of the first process that makes its mark."""

    mark = ""

    def answers(self, texts):
        """As a scorer does."""
        if len(texts) < 256:
            try:
                os.close(os.open(self.mark, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass
            else:
                os._exit(9)
        return super().answers(texts)


def test_a_worker_that_dies_costs_its_part_alone(ray, texts, tmp_path):
    scorer = DiesOnce(TINY, "text", "native")
    scorer.mark = str(tmp_path / "died")
    out = tmp_path / "ray.csv"
    score(Ask((str(texts),), out, "review", jobs=2, ray="local"), scorer, lambda *each: None, lambda line: None)
    assert Path(scorer.mark).exists()
    assert out.read_bytes() == scored(texts, tmp_path / "one.csv")[0]


class Dies(Scorer):
    """A scorer that ends its process at every batch."""

    def answers(self, texts):
        """Never comes back."""
        os._exit(9)


def test_a_part_that_kills_its_workers_is_given_up(ray, texts, tmp_path):
    with pytest.raises(InputError, match="Ray: "):
        score(
            Ask((str(texts),), tmp_path / "out.csv", "review", jobs=1, ray="local"),
            Dies(TINY, "text", "native"),
            lambda *each: None,
            lambda line: None,
        )
    assert not (tmp_path / "out.csv").exists()


def test_another_version_is_refused(ray, texts, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "__version__", "9.9")
    with pytest.raises(InputError, match=r"^a worker of Ray: a worker has drupelet [0-9.]+, the driver 9\.9; install"):
        scored(texts, tmp_path / "out.csv", ray="local")


def test_a_worker_without_the_bundle_is_told(ray, texts, tmp_path, monkeypatch):
    bundle = tmp_path / "bundle"
    shutil.copytree(TINY, bundle)
    connect = module._connect

    def connect_and_hide(*each):
        connect(*each)
        bundle.rename(tmp_path / "away")

    monkeypatch.setattr(module, "_connect", connect_and_hide)
    with pytest.raises(InputError, match=r"^a worker of Ray: .*/bundle: not found; "):
        scored(texts, tmp_path / "out.csv", bundle, ray="local")


def test_a_worker_without_drupelet_is_told(ray, texts, tmp_path, monkeypatch):
    empty = tmp_path / "empty"
    (empty / "drupelet").mkdir(parents=True)
    (empty / "drupelet/__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'drupelet'\")\n")
    monkeypatch.setenv("PYTHONPATH", str(empty))
    with pytest.raises(InputError, match=r"^a worker of Ray has no drupelet; pip install drupelet"):
        scored(texts, tmp_path / "out.csv", ray="local")


def test_another_engine_is_refused(ray, texts, tmp_path):
    pytest.importorskip("numpy", reason="numpy is not installed")
    with pytest.raises(InputError, match=r"--ray with engine 'numpy': .*expected --engine native"):
        scored(texts, tmp_path / "out.csv", ray="local", engine="numpy")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "host.invalid:6379"])
def test_what_cannot_be_reached_is_named_soon(ray, texts, tmp_path, address):
    begin = time.monotonic()
    with pytest.raises(InputError, match=f"--ray {address}: "):
        scored(texts, tmp_path / "out.csv", ray=address)
    assert time.monotonic() - begin < 15


def test_a_server_that_is_no_cluster_is_named_soon(ray, texts, tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        begin = time.monotonic()
        with pytest.raises(
            InputError, match=f"--ray {address}: no Ray cluster can be reached there; does its head run"
        ):
            scored(texts, tmp_path / "out.csv", ray=address)
        assert time.monotonic() - begin < 15


@pytest.mark.parametrize("address", ["nonsense", "ray://127.0.0.1:1", "host:", "host:port"])
def test_what_is_no_address_is_told(ray, texts, tmp_path, address):
    with pytest.raises(InputError, match=f"--ray {address}: expected local, auto or HOST:PORT"):
        scored(texts, tmp_path / "out.csv", ray=address)


def test_without_ray_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r'--ray needs Ray, .*pip install "drupelet\[ray\]"'):
        next(on_ray([], [], Scorer(TINY), "local", None))
