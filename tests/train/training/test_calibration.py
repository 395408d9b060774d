import keras
import numpy as np
import pytest

from drupelet.reliability import reliability
from drupelet_train.config import TrainConfig
from drupelet_train.network.model import build_model, class_probabilities
from drupelet_train.training.calibration import TEMPERATURES, at_temperature, best_temperature, divide_logits
from drupelet_train.training.examples import one_hot


def overconfident(classes, factor, texts=4000):
    """Probabilities from logits that are ``factor`` times too large, and labels drawn from the right ones."""
    generator = np.random.default_rng(5)
    logits = generator.normal(0, 2, (texts, classes))
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    label_ids = np.array([generator.choice(classes, p=row) for row in right], np.int32)
    said = np.exp(factor * logits)
    return np.asarray(said / said.sum(axis=1, keepdims=True), np.float32), one_hot(label_ids, classes)


@pytest.mark.parametrize(("classes", "factor"), [(2, 2.0), (2, 0.5), (3, 1.5)])
def test_the_temperature_is_found(classes, factor):
    probabilities, labels = overconfident(classes, factor)
    temperature = best_temperature(probabilities, labels)
    assert temperature == pytest.approx(factor, rel=0.1)
    label_ids = labels.argmax(axis=1).tolist()
    before, after = (
        reliability(rows.tolist(), label_ids).expected_calibration_error
        for rows in (probabilities, at_temperature(probabilities, temperature))
    )
    assert after < before / 2


def test_a_temperature_stays_in_its_range():
    sure = np.array([[0.6, 0.4]] * 4000, np.float32)
    right, wrong = (one_hot(np.full(4000, label_id, np.int32), 2) for label_id in (0, 1))
    assert best_temperature(sure, right) == pytest.approx(TEMPERATURES[0], 0.01)
    assert best_temperature(sure, wrong) == pytest.approx(TEMPERATURES[1], 0.01)


@pytest.mark.parametrize("label_id", [0, 1])
def test_a_handful_of_texts_changes_little(label_id):
    sure = np.array([[0.8, 0.2]] * 6, np.float32)
    temperature = best_temperature(sure, one_hot(np.full(6, label_id, np.int32), 2))
    assert 0.5 < temperature < 2.0
    assert (temperature < 1) == (label_id == 0)


@pytest.mark.parametrize(("output", "classes"), [("softmax", 2), ("softmax", 3), ("sigmoid", 2)])
def test_the_last_layer_takes_the_temperature_in(output, classes):
    config = TrainConfig(embedding="random", embedding_dim=4, units=3, output=output)
    rows = np.random.default_rng(2).normal(0, 3, (9, 4)).astype(np.float32)
    model = build_model(config, rows, classes)
    ids = np.random.default_rng(3).integers(1, 9, (5, 6)).astype(np.int32)
    before = np.asarray(class_probabilities(model(ids)))
    divide_logits(model, 0.4)
    after = np.asarray(class_probabilities(keras.ops.convert_to_tensor(model(ids))))
    np.testing.assert_allclose(after, at_temperature(before, 0.4), atol=1e-5)
    assert (after.argmax(axis=1) == before.argmax(axis=1)).all()


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_the_temperature_of_labels_that_are_decided_alone(factor):
    generator = np.random.default_rng(5)
    logits = generator.normal(0, 2, (4000, 3))
    labels = (generator.random((4000, 3)) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    said = (1 / (1 + np.exp(-factor * logits))).astype(np.float32)
    temperature = best_temperature(said, labels, each=True)
    assert temperature == pytest.approx(factor, rel=0.1)
    assert at_temperature(said, factor, each=True) == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-4)
