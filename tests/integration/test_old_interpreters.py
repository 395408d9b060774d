"""The oldest interpreters on devices run the files of every scheme and answer like Keras.

Each interpreter verifies a bundle in an environment of its own with the runtime's wheel.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drupelet.text.named import ALNUM
from drupelet_export.exporter import ExportRequest, export_bundle
from drupelet_export.reading.owner_words import OwnerVocabulary
from drupelet_export.reading.source import Source
from drupelet_export.reading.text_facts import Given
from drupelet_export.reading.text_options import TextOptions

pytestmark = [pytest.mark.slow, pytest.mark.long]

ROOT = Path(__file__).parents[2]
IMDB = ROOT / "artifacts" / "imdb"
OLDEST = {
    "litert": ("tflite", ("tflite-runtime==2.14.0", "numpy<2"), "tflite-runtime 2.14.0"),
    "onnx": ("onnx", ("onnxruntime==1.15.0", "numpy<2"), "onnxruntime 1.15.0"),
}
"""By engine: its file format, the requirements to install, and the version that it must report."""
SCHEMES = ("f32", "f16", "wi8", "wi4")
VOCABULARY = ("", "[UNK]", *(f"w{number}" for number in range(498)))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*build, str(ROOT / "runtime")], check=True)
    return next(folder.glob("drupelet-*.whl"))


BODIES = {
    "bidirectional": (True, lambda k: [k.Bidirectional(k.LSTM(8))]),
    "gru, not masked": (False, lambda k: [k.GRU(8)]),
    "convolutions": (
        False,
        lambda k: [
            k.Conv1D(16, 3, padding="same"),
            k.BatchNormalization(),
            k.Activation("gelu"),
            k.MaxPooling1D(2),
            k.SeparableConv1D(16, 3, activation="relu"),
            k.GlobalMaxPooling1D(),
        ],
    ),
}
"""By name: whether padding is masked, and the layers between embedding and classes."""


@pytest.fixture(scope="module", params=BODIES)
def bundle(request: pytest.FixtureRequest, keras: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of all schemes. Every file passes its gate on the engines of this machine."""
    folder = tmp_path_factory.mktemp("bundle")
    k = keras.layers
    masked, body = BODIES[request.param]
    embedding = k.Embedding(len(VOCABULARY), 9, mask_zero=masked)
    model = keras.Sequential([keras.Input((12,)), embedding, *body(k), k.Dense(2, activation="softmax")])
    random = np.random.default_rng(5)
    for weight in model.trainable_weights:
        weight.assign(random.normal(0, 0.3, weight.shape))
    # The probabilities are far from a tie, so that the test judges the interpreter and not the rounding.
    model.layers[-1].bias.assign([-1.5, 1.5])
    model.save(folder / "model.keras")
    words = OwnerVocabulary("list of words", tokens=VOCABULARY)
    options = TextOptions(("no", "yes"), Given(words, rules=ALNUM, max_tokens=12, keep="head", padding="pre"))
    export = export_bundle(
        ExportRequest(Source(folder / "model.keras", options, None), folder / "bundle", ("tflite", "onnx"), SCHEMES)
    )
    assert export.verification.passed
    return folder / "bundle"


def environment(folder: Path, wheel: Path, requirements: tuple[str, ...]) -> Path:
    """The bin folder of an environment with the runtime's wheel and these requirements. Skips when pip cannot install them."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *requirements]
    outcome = subprocess.run(install, capture_output=True, text=True)
    if outcome.returncode:
        pytest.skip(f"pip cannot install {' '.join(requirements)}: {outcome.stderr.strip()[-300:]}")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    return folder / "bin"


@pytest.fixture(scope="module", params=OLDEST)
def old(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """An engine, and the bin folder of an environment with its oldest interpreter."""
    folder = tmp_path_factory.mktemp(f"old_{request.param}")
    return request.param, environment(folder, wheel, OLDEST[request.param][1])


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


def test_tflite_runtime_with_numpy_2_is_unavailable_and_auto_takes_another_engine(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """tflite-runtime 2.14 was built for numpy below 2 but does not require it. With numpy 2 it fails at its first model."""
    binaries = environment(tmp_path_factory.mktemp("numpy_2"), wheel, ("tflite-runtime==2.14.0", "numpy>=2"))
    remedy = "it was built for numpy 1, and numpy 2 is installed: pip install 'numpy<2'"

    def drupelet(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([binaries / "drupelet", *map(str, arguments)], capture_output=True, text=True, cwd="/")

    doctor = drupelet("doctor", IMDB, "--json")
    assert (doctor.returncode, doctor.stderr) == (0, "")
    engines = {engine["engine"]: engine for engine in json.loads(doctor.stdout)["engines"]}
    assert engines["litert"]["reason"].startswith("loading model.wi8.tflite with tflite_runtime raised ")
    assert remedy in engines["litert"]["reason"]
    assert engines["numpy"]["reason"] is None
    verify = drupelet("verify", IMDB)
    assert (verify.returncode, verify.stderr) == (0, "")
    assert remedy in verify.stdout
    for command in ("verify", "predict"):
        named = drupelet(command, IMDB, "--engine", "litert", *(["good"] if command == "predict" else []))
        assert named.returncode == 2
        assert remedy in named.stderr.splitlines()[-1]
    program = (
        "import drupelet; from drupelet.engines import ENGINES; ENGINES['native'].check = lambda: 'not today'; "
        f"print(drupelet.load({str(IMDB)!r}).engine)"
    )
    auto = subprocess.run([binaries / "python", "-c", program], capture_output=True, text=True)
    assert (auto.returncode, auto.stdout, auto.stderr) == (0, "numpy\n", "")
