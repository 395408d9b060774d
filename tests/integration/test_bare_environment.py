"""The runtime's wheel predicts in an environment of its own, without any dependency and then with one engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from runtime.on_python import interpreter

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "artifacts" / "imdb"
TEXT = "a quiet, wonderful film"


def environment(folder: Path, **variables: str) -> Path:
    """The bin folder of an environment with only the runtime's wheel, which is built with these variables."""
    source = folder / "runtime"
    shutil.copytree(ROOT / "runtime", source, ignore=shutil.ignore_patterns("*.so"))
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*build, str(source)], check=True, env={**os.environ, **variables})
    (wheel,) = folder.glob("drupelet-*.whl")
    venv.create(folder / "venv", with_pip=True)
    binaries = folder / "venv" / "bin"
    subprocess.run([binaries / "python", "-m", "pip", "install", "--quiet", "--no-index", str(wheel)], check=True)
    return binaries


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the runtime as built on a machine with a C compiler."""
    return environment(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="module")
def without_compiler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the runtime as built on a machine without a working C compiler."""
    return environment(tmp_path_factory.mktemp("without"), CC="false")


def drupelet(binaries: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([binaries / "drupelet", *arguments], capture_output=True, text=True, cwd="/")


def test_the_base_install_brings_no_other_distribution(bare: Path) -> None:
    listed = subprocess.run([bare / "python", "-m", "pip", "list", "--format=json"], capture_output=True, check=True)
    assert {entry["name"] for entry in json.loads(listed.stdout)} - {"pip", "setuptools"} == {"drupelet"}


def test_the_base_install_predicts_and_verifies_with_the_c_kernel(bare: Path) -> None:
    predict = drupelet(bare, "predict", str(BUNDLE), TEXT, "--json")
    assert predict.returncode == 0, predict.stderr
    answer = json.loads(predict.stdout)
    assert (answer["engine"], answer["predictions"][0]["label"]) == ("native", "positive")
    verify = drupelet(bare, "verify", str(BUNDLE))
    assert verify.returncode == 0, verify.stderr
    program = (
        f"import sys, drupelet; drupelet.load({str(BUNDLE)!r})({TEXT!r}); "
        "print([name for name in ('numpy', 'dataclasses', 'json', 'zlib', 'hashlib', 're') if name in sys.modules])"
    )
    imported = subprocess.run([bare / "python", "-c", program], capture_output=True, text=True, check=True)
    assert imported.stdout == "[]\n"


def test_without_a_compiler_it_installs_and_says_what_to_install(without_compiler: Path) -> None:
    doctor = drupelet(without_compiler, "doctor", str(BUNDLE))
    assert doctor.returncode == 1
    assert "the C kernel drupelet._native is not there" in doctor.stdout
    assert "pip install" in doctor.stdout
    predict = drupelet(without_compiler, "predict", str(BUNDLE), TEXT)
    assert predict.returncode == 2
    assert "no engine can run this bundle here" in predict.stderr
    assert "Traceback" not in predict.stderr


def test_commands_of_the_workstation_say_what_to_install(bare: Path) -> None:
    outcome = drupelet(bare, "export", "model.keras")
    assert outcome.returncode == 2
    assert "pip install drupelet-export" in outcome.stderr


def test_inspect_needs_no_engine(bare: Path) -> None:
    outcome = drupelet(bare, "inspect", str(BUNDLE), "--json")
    assert outcome.returncode == 0, outcome.stderr
    assert json.loads(outcome.stdout)["vocabulary"]["words"] == 5_998


def test_with_numpy_it_predicts_and_verifies_and_imports_nothing_of_keras(bare: Path) -> None:
    requirements = [
        bare / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--constraint",
        str(ROOT / "constraints.txt"),
        "numpy",
    ]
    subprocess.run(requirements, check=True)
    verify = drupelet(bare, "verify", str(BUNDLE), "--engine", "numpy", "--json")
    assert verify.returncode == 0, verify.stderr
    assert json.loads(verify.stdout)["passed"] is True
    program = (
        "import sys, drupelet; "
        f"print(drupelet.load({str(BUNDLE)!r})({TEXT!r}).label); "
        "print(sorted({'keras', 'tensorflow', 'drupelet_export', 'drupelet_train'} & set(sys.modules)))"
    )
    predict = subprocess.run([bare / "python", "-c", program], capture_output=True, text=True, check=True)
    assert predict.stdout.splitlines() == ["positive", "[]"]


@pytest.mark.parametrize("minor", [9, 10, 12, 13, 14])
def test_one_binary_serves_every_python(bare: Path, minor: int) -> None:
    python = interpreter(f"python3.{minor}")
    if python is None:
        pytest.skip(f"no python3.{minor}, neither on PATH nor in pyenv")
    (packages,) = (bare.parent / "lib").glob("python3.*/site-packages")
    program = f"import drupelet; c = drupelet.load({str(BUNDLE)!r}); print(c.engine, c({TEXT!r}).label)"
    variables = {**os.environ, "PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"}
    outcome = subprocess.run([python, "-c", program], capture_output=True, text=True, env=variables)
    assert outcome.stdout == "native positive\n", outcome.stderr
