"""The parts of a model file add up to the file, and only a .drupelet file holds the vocabulary."""

from pathlib import Path

import pytest

import drupelet
from drupelet.ledger import PARTS, size_ledger, size_ledgers

BUNDLE = drupelet.open_bundle(Path(__file__).parents[1] / "golden" / "bundle-schemes")
MODELS = {model.entry.file: model for model in BUNDLE.manifest.models}


@pytest.mark.parametrize("file", MODELS)
def test_the_parts_of_a_file_add_up_to_its_size(file):
    model, ledger = MODELS[file], size_ledgers(BUNDLE.manifest)[file]
    assert tuple(ledger) == PARTS
    assert sum(ledger.values()) == model.entry.size_bytes
    assert (ledger["vocabulary"] > 0) == (model.format == "drupelet")


def test_the_tensors_of_a_scheme_take_the_same_bytes_in_every_format():
    ledgers = size_ledgers(BUNDLE.manifest)
    for scheme in {model.scheme for model in MODELS.values()}:
        tensors = {
            (ledgers[file]["embedding"], ledgers[file]["recurrent"], ledgers[file]["head"])
            for file, model in MODELS.items()
            if model.scheme == scheme
        }
        assert len(tensors) == 1


def test_a_file_that_is_smaller_than_its_tensors_has_a_negative_container():
    ledger = size_ledger(BUNDLE.manifest.architecture, "f32", 1, 0)
    assert ledger["container"] < 0
    assert sum(ledger.values()) == 1
