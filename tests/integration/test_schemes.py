"""Quantization from the Keras model to the engines: the engines agree with each other, and damage is found and named."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drupelet.bundle import open_bundle
from drupelet.cli.main import main
from drupelet.comparison import answer_difference
from drupelet.text.named import ALNUM
from drupelet_export.compiled import compile_source
from drupelet_export.emitters.vocabulary_file import bundle_vocabulary
from drupelet_export.exporter import Export, ExportRequest, export_bundle
from drupelet_export.model.quantized import Quantized
from drupelet_export.parity.check import check_parity
from drupelet_export.passes import SCHEME_PASSES, run_passes
from drupelet_export.reading.owner_words import OwnerVocabulary
from drupelet_export.reading.source import Source
from drupelet_export.reading.text_facts import Given
from drupelet_export.reading.text_options import TextOptions

WORDS = tuple(f"w{number}" for number in range(498))
VOCABULARY = ("", "[UNK]", *WORDS)
MAX_TOKENS = 12
SMALL = ("f16", "wi8", "wi4")
SEED = 3
AGREE = 1e-4
INT8_STATES = 2e-2
"""Tolerance between the native engine and the others for wi8 and wi4: only the native engine rounds states to int8."""
HALVED_BIASES = 2e-3
"""Tolerance between TFLite and the others for f16: its converter stores biases as float16 too."""

MODELS: dict[str, Callable[[Any], list[Any]]] = {
    "lstm": lambda k: [k.Embedding(500, 9, mask_zero=True), k.LSTM(6), k.Dense(1, activation="sigmoid")],
    "bidirectional, max pooling": lambda k: [
        k.Embedding(500, 8, mask_zero=True),
        k.Bidirectional(k.LSTM(5, return_sequences=True)),
        k.GlobalMaxPooling1D(),
        k.Dense(6, activation="relu"),
        k.Dense(2, activation="softmax"),
    ],
    "gru, not masked": lambda k: [k.Embedding(500, 8), k.GRU(6), k.Dense(2, activation="softmax")],
    "text vectorization": lambda k: [
        k.TextVectorization(max_tokens=500, output_sequence_length=MAX_TOKENS, vocabulary=list(WORDS)),
        k.Embedding(500, 8, mask_zero=True),
        k.LSTM(6),
        k.Dense(1, activation="sigmoid"),
    ],
}


def save(keras: Any, name: str, path: Path) -> Source:
    """A saved model with weights as large as trained ones, and how its texts are read."""
    inside = name == "text vectorization"
    first = keras.Input((1,), dtype="string") if inside else keras.Input((MAX_TOKENS,))
    model = keras.Sequential([first, *MODELS[name](keras.layers)])
    random = np.random.default_rng(SEED)
    for weight in model.trainable_weights:
        weight.assign(random.normal(0, 0.5, weight.shape))
    model.save(path)
    if inside:
        return Source(path, TextOptions(labels=("no", "yes")), None)
    words = OwnerVocabulary("list of words", tokens=VOCABULARY)
    given = Given(words, rules=ALNUM, max_tokens=MAX_TOKENS, keep="head", padding="pre")
    return Source(path, TextOptions(("no", "yes"), given), None)


@pytest.fixture(scope="module", params=MODELS)
def exported(request: pytest.FixtureRequest, keras: Any, tmp_path_factory: pytest.TempPathFactory) -> Export:
    folder = tmp_path_factory.mktemp("schemes")
    source = save(keras, request.param, folder / "model.keras")
    return export_bundle(ExportRequest(source, folder / "bundle", schemes=SMALL, keep_failed=True))


@pytest.fixture(scope="module")
def plain(keras: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Export, Source]:
    """The bundle of the plain LSTM in wi8, with its source."""
    folder = tmp_path_factory.mktemp("plain")
    source = save(keras, "lstm", folder / "model.keras")
    return export_bundle(ExportRequest(source, folder / "bundle", schemes=("wi8",), keep_failed=True)), source


@pytest.mark.parametrize("scheme", SMALL)
def test_all_engines_agree(exported: Export, scheme: str) -> None:
    verdicts = [verdict for verdict in exported.verification.verdicts if verdict.model.scheme == scheme]
    assert {verdict.engine for verdict in verdicts} >= {"litert", "onnx", "numpy"}
    assert [verdict.reason for verdict in verdicts] == [None] * len(verdicts)
    (first,) = [verdict for verdict in verdicts if verdict.engine == "numpy"]
    for verdict in verdicts:
        allowed = AGREE
        if (scheme, verdict.engine) == ("f16", "litert"):
            allowed = HALVED_BIASES
        if verdict.engine == "native" and scheme in ("wi8", "wi4"):
            allowed = INT8_STATES
        for suite in ("sampled", "edge"):
            pairs = zip(first.answers[suite], verdict.answers[suite], strict=True)
            assert max(answer_difference(a, b) for a, b in pairs) <= allowed, (verdict.engine, suite)
            assert verdict.comparisons[suite].id_mismatches == ()


@pytest.mark.parametrize(("scheme", "allowed"), [("f16", 2e-3), ("wi8", 0.1)])
def test_answers_stay_near_those_of_keras(exported: Export, scheme: str, allowed: float) -> None:
    for verdict in exported.verification.verdicts:
        if verdict.model.scheme == scheme:
            for suite, comparison in verdict.comparisons.items():
                assert 0 < comparison.max_difference <= allowed, (verdict.engine, suite)


def test_files_are_named_and_shrink(exported: Export) -> None:
    size = {model.entry.file: model.entry.size_bytes for model in exported.bundle.manifest.models}
    assert set(size) == {f"model.{scheme}.{suffix}" for scheme in SMALL for suffix in ("tflite", "onnx", "drupelet")}
    for suffix in ("tflite", "onnx", "drupelet"):
        assert size[f"model.wi8.{suffix}"] > size[f"model.wi4.{suffix}"]


def damage(bundle: Path, source: Source, mend_the_manifest: bool = False) -> None:
    """Flips a bit of the int8 embedding in the TFLite file."""
    path = bundle / "model.wi8.tflite"
    content = path.read_bytes()
    table = run_passes(compile_source(source).final, SCHEME_PASSES["wi8"]).tensors["embedding.0.table"]
    assert isinstance(table, Quantized)
    stored = table.values.tobytes()
    assert content.count(stored) == 1
    place = content.index(stored) + 1000
    wrong = content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]
    path.write_bytes(wrong)
    if mend_the_manifest:
        manifest = bundle / "manifest.json"
        text = manifest.read_text()
        manifest.write_text(text.replace(hashlib.sha256(content).hexdigest(), hashlib.sha256(wrong).hexdigest()))


@pytest.fixture
def damaged(plain: tuple[Export, Source], tmp_path: Path) -> Path:
    shutil.copytree(plain[0].bundle.path, tmp_path / "bundle")
    damage(tmp_path / "bundle", plain[1])
    return tmp_path / "bundle"


def parity(bundle: Path, source: Source, *more: str) -> int:
    vocabulary = bundle.parent / "vocabulary.txt"
    vocabulary.write_text("".join(f"{word}\n" for word in VOCABULARY))
    return main(
        ["parity", str(bundle), "--model", str(source.model_path), "--vocab", str(vocabulary), "--labels", "no,yes",
         "--tokenizer", "alnum", "--max-tokens", str(MAX_TOKENS), "--keep", "head",
         "--padding", "pre", *more]
    )  # fmt: skip


def test_parity_finds_a_flipped_bit_and_names_the_tensor(damaged: Path, plain: tuple[Export, Source]) -> None:
    verification = check_parity(open_bundle(damaged), plain[1]).verification
    assert not verification.passed
    assert "model.wi8.tflite: embedding.0.table differs from the model in 1 of 4500 values" in verification.findings
    assert any("sha256" in finding or "hash" in finding for finding in verification.findings)
    assert {verdict.model.format for verdict in verification.verdicts} == {"onnx", "drupelet"}, (
        "the damaged file must not run"
    )


def test_parity_also_finds_it_when_the_manifest_has_the_new_hash(tmp_path: Path, plain: tuple[Export, Source]) -> None:
    shutil.copytree(plain[0].bundle.path, tmp_path / "bundle")
    damage(tmp_path / "bundle", plain[1], mend_the_manifest=True)
    verification = check_parity(open_bundle(tmp_path / "bundle"), plain[1]).verification
    assert verification.findings == ("model.wi8.tflite: embedding.0.table differs from the model in 1 of 4500 values",)
    assert not verification.passed


def test_the_command_fails_and_names_it(
    damaged: Path, plain: tuple[Export, Source], capsys: pytest.CaptureFixture[str]
) -> None:
    assert parity(damaged, plain[1]) == 1
    assert (
        "FAILED: model.wi8.tflite: embedding.0.table differs from the model in 1 of 4500 values"
        in capsys.readouterr().out
    )
    assert parity(damaged, plain[1], "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["passed"] is False
    assert any("embedding" in finding for finding in document["findings"])


def test_a_sound_bundle_has_no_findings(plain: tuple[Export, Source]) -> None:
    assert check_parity(plain[0].bundle, plain[1]).verification.findings == ()


def test_explain_prints_tensors_and_stages(
    plain: tuple[Export, Source], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(plain[0].bundle.path, tmp_path / "bundle")
    layers = [node.layer for node in compile_source(plain[1]).final.nodes]  # Keras numbers the layers of a process
    parity(tmp_path / "bundle", plain[1], "--explain")
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| wi8")]
    assert [line.split("|")[2].strip() for line in lines] == [
        "embedding.0.table", "recurrent.1.forward.kernel", "recurrent.1.forward.recurrent_kernel", "dense.2.kernel",
        *(f"after {layer}" for layer in layers),
    ]  # fmt: skip


def test_parity_writes_a_report(plain: tuple[Export, Source], tmp_path: Path) -> None:
    shutil.copytree(plain[0].bundle.path, tmp_path / "bundle")
    parity(tmp_path / "bundle", plain[1], "--explain", "--report", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text()
    assert "recurrent.1.forward.recurrent_kernel" in page


@pytest.mark.parametrize(("given", "meant"), [("wi9", "wi8"), ("f32,f61", "f16")])
def test_a_mistyped_scheme_gets_the_closest_match(
    plain: tuple[Export, Source], tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str, meant: str
) -> None:
    model = str(plain[1].model_path)
    status = main(["export", model, "--labels", "no,yes", "--schemes", given, "--out", str(tmp_path / "bundle")])
    assert status == 2
    wrong = given.split(",")[-1]
    assert f"scheme '{wrong}' is not known; did you mean '{meant}'?" in capsys.readouterr().err
    assert not (tmp_path / "bundle").exists()


def test_a_model_too_small_is_refused_with_its_scheme(
    keras: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = keras.layers
    model = keras.Sequential([keras.Input((4,)), layers.Embedding(4, 2), layers.LSTM(2), layers.Dense(1, "sigmoid")])
    model.save(tmp_path / "tiny.keras")
    (tmp_path / "vocabulary.txt").write_text("\n[UNK]\na\nb\n")
    status = main(
        ["export", str(tmp_path / "tiny.keras"), "--vocab", str(tmp_path / "vocabulary.txt"), "--labels", "no,yes",
         "--tokenizer", "alnum", "--max-tokens", "4", "--keep", "head", "--padding", "pre", "--schemes", "f32,wi8",
         "--out", str(tmp_path / "bundle")]
    )  # fmt: skip
    assert status == 2
    assert "tiny.keras: scheme wi8: the model is too small to quantize usefully" in capsys.readouterr().err
    assert not (tmp_path / "bundle").exists()


def test_the_vocabulary_is_the_same_for_every_scheme(plain: tuple[Export, Source]) -> None:
    final = compile_source(plain[1]).final
    assert {bundle_vocabulary(run_passes(final, passes)) for passes in SCHEME_PASSES.values()} == {
        bundle_vocabulary(final)
    }
