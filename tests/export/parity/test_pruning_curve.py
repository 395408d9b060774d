"""The pruning curve: with fewer words, files are smaller and more labels flip. The whole vocabulary is the last step."""

from pathlib import Path

import numpy as np
import pytest

from drupelet.output import most_probable, probabilities
from drupelet_export.compiled import Compiled
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.parity import pruning_curve as module
from drupelet_export.parity.pruning_curve import pruning_curve
from drupelet_export.parity.reference_texts import HeldOut
from drupelet_export.passes import PIPELINE, run_passes

WORDS = (None, None, *(f"w{number}" for number in range(1398)))
RANDOM = np.random.default_rng(0)
TEXTS = tuple(" ".join(f"w{place}" for place in RANDOM.integers(0, 1398, 6)) for _ in range(60))


def compiled_of(model):
    """A compiled model without its Keras model."""
    return Compiled(Path("model.keras"), "", PIPELINE, None, model, run_passes(model, PIPELINE))


@pytest.fixture(scope="module")
def model(random_model):
    return random_model(words=WORDS, embedding_dim=8, units=4, output="softmax")


@pytest.fixture(scope="module")
def reference(model):
    return [probabilities([float(value) for value in evaluate_text(model, text)], model.output) for text in TEXTS]


@pytest.fixture(scope="module")
def curve(model, reference):
    truth = tuple(most_probable(row) for row in reference)
    return pruning_curve(compiled_of(model), HeldOut(TEXTS, truth), reference)


def test_steps_grow_up_to_the_whole_vocabulary(curve):
    assert [row.words for row in curve] == [498, 998, 1398]


def test_files_shrink_with_the_words(curve):
    sizes = [row.size_bytes for row in curve]
    assert sizes == sorted(set(sizes))
    assert sizes[2] - sizes[0] > 900 * (8 + 1), "each word has a row of eight int8 values, a scale code and its letters"


def test_accuracy_and_flips_count_the_same_texts(curve):
    for row in curve:
        assert row.flips == round(len(TEXTS) * (1 - row.accuracy)), "true when Keras is right everywhere"
    assert curve[-1].flips <= 2
    assert curve[0].flips >= curve[-1].flips


def test_flips_are_counted_against_keras_and_accuracy_against_the_truth(model, reference, monkeypatch):
    monkeypatch.setattr(module, "CURVE_ROWS", ())
    (row,) = pruning_curve(compiled_of(model), HeldOut(TEXTS, (1,) * len(TEXTS)), reference)
    ones = sum(most_probable(answer) == 1 for answer in reference)
    assert row.accuracy == pytest.approx(ones / len(TEXTS), abs=2.5 / len(TEXTS))
    assert row.flips <= 2
