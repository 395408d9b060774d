"""The parts of a model file add up to the file, and only a .drupelet file holds the vocabulary."""

from pathlib import Path

import pytest

import drupelet
from drupelet.errors import FormatError
from drupelet.ledger import PARTS, ledger_of, size_ledger, size_ledgers
from runtime.networks import GOLDEN_BUNDLE

BUNDLE = drupelet.open_bundle(Path(__file__).parents[1] / "golden" / "bundle-schemes")
MODELS = {model.entry.file: model for model in BUNDLE.manifest.models}


@pytest.mark.parametrize("file", MODELS)
def test_the_parts_of_a_file_add_up_to_its_size(file):
    model, ledger = MODELS[file], size_ledgers(BUNDLE)[file]
    assert tuple(ledger) == PARTS
    assert sum(ledger.values()) == model.entry.size_bytes
    assert (ledger["vocabulary"] > 0) == (model.format == "drupelet")


def test_the_tensors_of_a_scheme_take_the_same_bytes_in_every_format():
    ledgers = size_ledgers(BUNDLE)
    for scheme in {model.scheme for model in MODELS.values()}:
        tensors = {
            (ledgers[file]["embedding"], ledgers[file]["recurrent"], ledgers[file]["dense"])
            for file, model in MODELS.items()
            if model.scheme == scheme
        }
        assert len(tensors) == 1


def test_a_drupelet_file_has_no_rows_that_belong_to_no_word():
    bundle = drupelet.open_bundle(GOLDEN_BUNDLE)
    assert {file: parts["embedding"] for file, parts in size_ledgers(bundle).items()} == {
        "model.f32.drupelet": 14 * 4 * 4,
        "model.f32.onnx": 16 * 4 * 4,
        "model.f32.tflite": 16 * 4 * 4,
    }


def test_a_damaged_drupelet_file_is_named(bundle_copy, replace_file):
    replace_file(bundle_copy, "model.f32.drupelet", b"DRPLT")
    bundle = drupelet.open_bundle(bundle_copy)
    with pytest.raises(FormatError, match=r"model\.f32\.drupelet: 5 bytes, expected at least"):
        ledger_of(bundle, bundle.model("drupelet"))


def test_a_file_that_is_smaller_than_its_tensors_has_a_negative_container():
    ledger = size_ledger(BUNDLE.manifest.network, "f32", 1, 0)
    assert ledger["container"] < 0
    assert sum(ledger.values()) == 1
