"""The oldest interpreters that devices have run the files of every scheme, and answer like Keras.

Each gets an environment of its own with the runtime's wheel, and verifies a bundle there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drupelet.tokenizer import ALNUM
from drupelet_export.exporter import ExportRequest, export_bundle
from drupelet_export.source import Source
from drupelet_export.text_options import TextOptions

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OLDEST = {
    "litert": ("tflite", ("tflite-runtime==2.14.0", "numpy<2"), "tflite-runtime 2.14.0"),
    "onnx": ("onnx", ("onnxruntime==1.15.0", "numpy<2"), "onnxruntime 1.15.0"),
}
"""Engine -> its format, what is installed, and the version that it must say."""
SCHEMES = ("f32", "f16", "wi8", "wi4")
VOCABULARY = ("", "[UNK]", *(f"w{number}" for number in range(498)))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*build, str(ROOT / "runtime")], check=True)
    return next(folder.glob("drupelet-*.whl"))


@pytest.fixture(scope="module", params=["bidirectional", "gru, not masked"])
def bundle(request: pytest.FixtureRequest, keras: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of all schemes; every file answers within its gate on the engines of this machine."""
    folder = tmp_path_factory.mktemp("bundle")
    k = keras.layers
    body = [k.Bidirectional(k.LSTM(8))] if request.param == "bidirectional" else [k.GRU(8)]
    embedding = k.Embedding(len(VOCABULARY), 9, mask_zero=request.param == "bidirectional")
    model = keras.Sequential([keras.Input((12,)), embedding, *body, k.Dense(2, activation="softmax")])
    random = np.random.default_rng(5)
    for weight in model.trainable_weights:
        weight.assign(random.normal(0, 0.3, weight.shape))
    # Far from a tie, so that what is tested is the interpreter and not the rounding.
    model.layers[-1].bias.assign([-1.5, 1.5])
    model.save(folder / "model.keras")
    options = TextOptions(("no", "yes"), VOCABULARY, replace(ALNUM, max_tokens=12), padding="pre")
    export = export_bundle(
        ExportRequest(Source(folder / "model.keras", options, None), folder / "bundle", ("tflite", "onnx"), SCHEMES)
    )
    assert export.verification.passed
    return folder / "bundle"


@pytest.fixture(scope="module", params=OLDEST)
def old(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """An engine and the bin folder of an environment that has its oldest interpreter."""
    folder = tmp_path_factory.mktemp(f"old_{request.param}")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *OLDEST[request.param][1]]
    outcome = subprocess.run(install, capture_output=True, text=True)
    if outcome.returncode:
        pytest.skip(f"pip cannot install {' '.join(OLDEST[request.param][1])}: {outcome.stderr.strip()[-300:]}")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    return request.param, folder / "bin"


def test_the_oldest_interpreter_verifies_every_scheme(old: tuple[str, Path], bundle: Path) -> None:
    engine, binaries = old
    file_format, _, version = OLDEST[engine]
    command = [binaries / "drupelet", "verify", bundle, "--engine", engine, "--json"]
    outcome = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr
    document = json.loads(outcome.stdout)
    assert document["passed"] is True
    assert [result["file"] for result in document["results"]] == [f"model.{scheme}.{file_format}" for scheme in SCHEMES]
    for result in document["results"]:
        if (engine, result["scheme"]) == ("litert", "f16"):
            assert "answers wrongly from float16 constants" in result["not_run_because"]
            continue
        assert (result["version"], result["passed"], result["not_run_because"]) == (version, True, None), result["file"]
