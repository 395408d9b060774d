"""A bundle is compared with the model it was exported from, and with no other."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from drupelet.bundle import open_bundle
from drupelet.errors import EngineUnavailableError, InputError, IntegrityError
from drupelet.manifest import FORMATS
from drupelet_export.exporter import ExportRequest, export_bundle
from drupelet_export.parity import check as parity
from drupelet_export.parity.check import check_parity, failures
from drupelet_export.parity.reference_texts import HeldOut
from drupelet_export.reading.source import Source
from drupelet_export.report.document import StageError, TensorCost


def test_every_file_answers_like_its_model(exported, source):
    steps, counts = [], []
    checked = check_parity(exported.bundle, source, progress=steps.append, count=lambda *done: counts.append(done))
    verification = checked.verification
    assert verification.passed
    assert verification.findings == ()
    assert checked.explanation is None
    assert verification.bundle == exported.bundle.path
    assert {verdict.engine for verdict in verification.verdicts} >= {"litert", "onnx", "numpy"}
    looks = [f"checking model.f32.{suffix}" for suffix in ("drupelet", "onnx", "tflite")]
    assert steps[:3] == [f"reading {source.model_path}", "starting Keras and TensorFlow", "running the passes"]
    assert [*sorted(steps[3:6]), steps[6]] == [*looks, "asking Keras"]
    assert len(checked.goldens) == counts[-1][1]
    assert counts[-1][0] == counts[-1][1]


def test_one_engine(exported, source):
    verification = check_parity(exported.bundle, source, "onnx").verification
    assert [verdict.engine for verdict in verification.verdicts] == ["onnx"]


def test_held_out_texts_are_read_from_the_data(exported, source, monkeypatch):
    monkeypatch.setattr(
        parity, "load_held_out", lambda data, labels, *_: HeldOut((f"{data} film",), (labels.index("good"),))
    )
    verification = check_parity(exported.bundle, replace(source, data="imdb"), "numpy").verification
    assert set(verification.verdicts[0].comparisons) == {"held_out", "edge"}


def test_a_mistyped_engine_is_named_before_keras_is_asked(exported, source):
    steps = []
    with pytest.raises(InputError, match=r"engine 'nunpy' is not known; did you mean 'numpy'?"):
        check_parity(exported.bundle, source, "nunpy", progress=steps.append)
    assert steps == []


def test_an_engine_without_a_file_is_an_error(source, tmp_path):
    from drupelet_export.exporter import ExportRequest, export_bundle

    bundle = export_bundle(ExportRequest(source, tmp_path / "bundle", formats=("drupelet",))).bundle
    with pytest.raises(EngineUnavailableError, match="engine 'onnx' cannot run: the bundle has no onnx file"):
        check_parity(bundle, source, "onnx")


def test_a_damaged_bundle_is_refused(exported, source, tmp_path):
    shutil.copytree(exported.bundle.path, tmp_path / "bundle")
    (tmp_path / "bundle" / "vocabulary.bin").write_bytes(b"damaged")
    with pytest.raises(IntegrityError, match=r"vocabulary.bin"):
        check_parity(open_bundle(tmp_path / "bundle"), source)


def test_another_model_is_refused(exported, source, keras_chain, tmp_path):
    from keras import layers

    keras_chain(layers.Embedding(8, 4, mask_zero=True), layers.GRU(3), layers.Dense(1, "sigmoid")).save(
        tmp_path / "other.keras"
    )
    message = rf"{exported.bundle.path}: was exported from another model than .*other.keras \(sha256 differs\); give the one it"
    with pytest.raises(InputError, match=message):
        check_parity(exported.bundle, replace(source, model_path=tmp_path / "other.keras"))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"labels": ("good", "bad")}, "labels"),
        ({"max_tokens": 5}, "text rules"),
        ({"keep": "tail"}, "text rules"),
    ],
)
def test_other_options_are_refused(exported, source, text_options, change, what):
    options = text_options(**{"max_tokens": 6, **change})
    message = (
        rf"{exported.bundle.path}: {what}: the bundle has .*, {source.model_path} with these options gives .*; give"
    )
    with pytest.raises(InputError, match=message):
        check_parity(exported.bundle, replace(source, options=options))


def test_another_network_is_refused(exported, source):
    manifest = exported.bundle.manifest
    odd = replace(exported.bundle, manifest=replace(manifest, network=replace(manifest.network, output="logits")))
    with pytest.raises(InputError, match="network: the bundle has Graph"):
        check_parity(odd, source)


def test_words_in_another_order_are_a_failure(exported, source, text_options):
    words = text_options().text.vocabulary.tokens
    swapped = (*words[:2], words[3], words[2], *words[4:])
    other = replace(source, options=text_options(words=swapped, max_tokens=6))
    verification = check_parity(exported.bundle, other).verification
    assert not verification.passed
    assert failures(verification)[:2] == list(verification.findings)
    assert list(verification.findings) == [
        f"vocabulary.bin: {words[3]!r} has id 3, in the vocabulary of the model id 2; "
        "give the vocabulary that it was exported with",
        "model.f32.drupelet: embedding.0.table differs from the model in 8 of 32 values",
    ]


def test_a_damaged_file_is_a_finding_and_is_not_run(exported, source, tmp_path):
    shutil.copytree(exported.bundle.path, tmp_path / "bundle")
    path = tmp_path / "bundle" / "model.f32.drupelet"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    verification = check_parity(open_bundle(tmp_path / "bundle"), source).verification
    assert not verification.passed
    assert "numpy" not in {verdict.engine for verdict in verification.verdicts}
    assert all(verdict.passed for verdict in verification.verdicts if verdict.reason is None)
    hash_wrong, checksum_wrong = verification.findings
    assert "model.f32.drupelet: sha256" in hash_wrong
    assert "section 'dense.2.bias' has checksum" in checksum_wrong
    assert failures(verification) == [hash_wrong, checksum_wrong]


def test_an_explanation_is_given_when_asked_for(exported, source):
    checked = check_parity(exported.bundle, source, "numpy", explain=True)
    tensors = [row for row in checked.explanation if isinstance(row, TensorCost)]
    assert [row.tensor for row in tensors] == [
        "embedding.0.table", "recurrent.1.forward.kernel", "recurrent.1.forward.recurrent_kernel", "dense.2.kernel",
    ]  # fmt: skip
    assert all((row.scheme, row.max_dp, row.flips) == ("f32", 0.0, 0) for row in tensors)
    stages = [row for row in checked.explanation if isinstance(row, StageError)]
    assert stages
    assert all(row.relative_error == 0.0 for row in stages)


def test_a_zip_and_a_single_file_can_be_compared(exported, source, tmp_path):
    shutil.make_archive(str(tmp_path / "bundle"), "zip", exported.bundle.path)
    assert check_parity(open_bundle(tmp_path / "bundle.zip"), source, "numpy").verification.passed
    single = open_bundle(Path(exported.bundle.path) / "model.f32.drupelet")
    assert check_parity(single, source, "numpy").verification.passed


@pytest.fixture(scope="module")
def with_small_weights(keras_chain, text_options, tmp_path_factory):
    """A model that is worth its quantization, and its bundle with weights within 63."""
    import keras

    folder = tmp_path_factory.mktemp("small-weights")
    words = ("", "[UNK]", *(f"w{number}" for number in range(400)))
    layers = [
        keras.layers.Embedding(len(words), 8, mask_zero=True),
        keras.layers.LSTM(12),
        keras.layers.Dense(2, "softmax"),
    ]
    model = keras_chain(*layers, length=None)
    for weight in model.weights:
        weight.assign(weight * 0.5)
    model.save(folder / "model.keras")
    source = Source(folder / "model.keras", text_options(words=words, max_tokens=20), None)
    request = ExportRequest(source, folder / "bundle", schemes=("wi8",), weight_range=63)
    return source, export_bundle(request)


def test_small_weights_are_told_and_compared(with_small_weights):
    source, exported = with_small_weights
    assert exported.bundle.manifest.source["weight_range"] == 63
    checked = check_parity(exported.bundle, source).verification
    assert (checked.passed, checked.findings) == (True, ())
    assert {verdict.engine for verdict in checked.verdicts} >= {"litert", "onnx", "numpy"}


def test_files_with_other_weights_than_the_manifest_says_are_findings(with_small_weights):
    source, exported = with_small_weights
    findings = check_parity(exported.bundle, source, weight_range=127).verification.findings
    assert {finding.partition(":")[0] for finding in findings} == {f"model.wi8.{kind}" for kind in FORMATS}
    assert all("recurrent.1.forward" in finding for finding in findings)


@pytest.mark.parametrize("value", [100, "63", True, None, [63]])
def test_another_range_of_weights_is_refused(with_small_weights, value):
    source, exported = with_small_weights
    manifest = exported.bundle.manifest
    odd = replace(exported.bundle, manifest=replace(manifest, source={**manifest.source, "weight_range": value}))
    with pytest.raises(InputError, match=r"source\.weight_range is .*, expected 127 or 63; export it again"):
        check_parity(odd, source)
