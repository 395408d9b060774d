import numpy as np
import pytest

from drupelet.errors import InputError
from drupelet_train.checkpoints import STATE, EpochRecord, TrainingState, read_state, values
from drupelet_train.config import TrainConfig
from drupelet_train.examples import Examples, one_hot
from drupelet_train.model import build_model
from drupelet_train.progress import LineProgress
from drupelet_train.training import (
    TrainingInterruptedError,
    compile_training,
    fit,
    is_finished,
    predict,
    score_model,
)

SETTINGS = {
    "embedding": "random",
    "embedding_dim": 5,
    "units": 4,
    "max_tokens": 9,
    "batch_size": 8,
    "epochs": 2,
    "learning_rate": 0.02,
    "embedding_learning_rate": 0.01,
}


def tiny_examples(texts=50, classes=2, padding="pre"):
    """Texts whose class is that of their words: 2..5 for class 0, 6..9 for class 1, and so on."""
    generator = np.random.default_rng(4)
    label_ids = np.arange(texts, dtype=np.int32) % classes
    ids = np.zeros((texts, 9), np.int32)
    for row, label_id in enumerate(label_ids):
        length = generator.integers(1, 10)
        words = generator.integers(2 + 4 * label_id, 6 + 4 * label_id, length)
        ids[row, slice(9 - length, None) if padding == "pre" else slice(0, length)] = words
    return Examples(ids, one_hot(label_ids, classes), padding)


def start(config, classes=2):
    rows = np.random.default_rng(1).normal(size=(2 + 4 * classes, 5)).astype(np.float32)
    return compile_training(build_model(config, rows, classes), config, 7)


def run(folder, config, stop=lambda: False, classes=2, interval=1e9):
    training = start(config, classes)
    examples = tiny_examples(classes=classes, padding=config.padding)
    validation = examples.select(np.arange(16))
    state = fit(training, config, examples, validation, folder, "run", LineProgress(), stop, interval)
    return training, state


def stop_after(steps):
    """A stop function that says so once, after ``steps`` steps."""
    asked = []

    def stop():
        asked.append(None)
        return len(asked) >= steps

    return stop


def same_bits(one, other):
    assert len(one) == len(other)
    for left, right in zip(one, other, strict=True):
        assert left.dtype == right.dtype
        assert left.tobytes() == right.tobytes()


def without_seconds(history):
    return [(r.epoch, r.loss, r.accuracy, r.validation_loss, r.validation_accuracy) for r in history]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"output": "sigmoid", "schedule": "constant", "padding": "post"},
        {"cell": "gru", "bidirectional": True, "pooling": "max", "embedding_learning_rate": 0.0},
    ],
)
def test_it_learns(tmp_path, changes):
    config = TrainConfig(**{**SETTINGS, "epochs": 8, "patience": 8, "word_dropout": 0.0, "dropout": 0.1, **changes})
    training, state = run(tmp_path, config)
    assert score_model(training, tiny_examples(padding=config.padding)).accuracy > 0.95
    assert state.history[0].loss > state.history[-1].loss
    same_bits(values(training.model.variables), state.best)


def test_three_classes(tmp_path):
    training, _ = run(tmp_path, TrainConfig(**{**SETTINGS, "epochs": 8}), classes=3)
    examples = tiny_examples(classes=3)
    probabilities = predict(training, examples)
    assert probabilities.shape == (50, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_predictions_come_in_the_order_of_the_texts():
    training = start(TrainConfig(**SETTINGS))
    examples = tiny_examples()
    together = predict(training, examples)
    one_by_one = [predict(training, examples.select(np.array([row])))[0] for row in range(5)]
    np.testing.assert_allclose(together[:5], one_by_one, atol=1e-6)


def test_a_frozen_embedding_stays(tmp_path):
    config = TrainConfig(**{**SETTINGS, "embedding_learning_rate": 0.0})
    before = values(start(config).model.get_layer("embedding").variables)
    training, _ = run(tmp_path, config)
    same_bits(before, values(training.model.get_layer("embedding").variables))


def test_the_same_run_twice_gives_the_same_bits(tmp_path):
    config = TrainConfig(**SETTINGS)
    one, state_one = run(tmp_path / "one", config)
    other, state_other = run(tmp_path / "other", config)
    same_bits(values(one.model.variables), values(other.model.variables))
    assert without_seconds(state_one.history) == without_seconds(state_other.history)


@pytest.mark.parametrize("steps", [1, 5, 7, 10, 14])
def test_interrupted_and_resumed_gives_the_same_bits(tmp_path, steps):
    config = TrainConfig(**SETTINGS)
    whole, state_whole = run(tmp_path / "whole", config)
    with pytest.raises(TrainingInterruptedError, match=r"interrupted in epoch [12], step [1-7] of 7"):
        run(tmp_path / "cut", config, stop_after(steps))
    resumed, state_resumed = run(tmp_path / "cut", config)
    same_bits(values(whole.model.variables), values(resumed.model.variables))
    same_bits(state_whole.variables, state_resumed.variables)
    same_bits(state_whole.optimizer, state_resumed.optimizer)
    assert without_seconds(state_whole.history) == without_seconds(state_resumed.history)


def test_a_finished_training_resumes_to_itself(tmp_path):
    config = TrainConfig(**SETTINGS)
    _, state = run(tmp_path, config)
    _, again = run(tmp_path, config, stop=lambda: pytest.fail("there is no step left"))
    same_bits(state.best, again.best)


def test_the_state_is_saved_at_the_interval(tmp_path):
    config = TrainConfig(**SETTINGS)
    seen = []

    def look():
        state = read_state(tmp_path, "run")
        seen.append(state and (state.epoch, state.step))
        return False

    run(tmp_path, config, look, interval=0.0)
    # Asked before the save of its own step, and again after it.
    assert seen[:4] == [None, (0, 1), (0, 1), (0, 2)]
    assert (1, 0) in seen
    assert (tmp_path / STATE).exists()


def test_a_loss_that_is_no_number_is_named(tmp_path):
    config = TrainConfig(**SETTINGS)
    training = start(config)
    examples = tiny_examples()
    broken = Examples(examples.ids, np.full_like(examples.targets, np.nan), "pre")
    with pytest.raises(
        InputError, match=r"the loss is not a number in epoch 1, step 1; .* lower learning_rate \(now 0\.02"
    ):
        fit(training, config, broken, examples, tmp_path, "run", LineProgress(), lambda: False)


@pytest.mark.parametrize(
    ("losses", "finished"),
    [([], False), ([0.5], False), ([0.5, 0.6], False), ([0.5, 0.6, 0.7], True), ([0.5, 0.4, 0.3, 0.2], True)],
)
def test_the_training_ends_with_the_epochs_or_the_patience(losses, finished):
    history = tuple(EpochRecord(epoch, 0.1, 0.9, loss, 0.8, 1.0) for epoch, loss in enumerate(losses))
    state = TrainingState(len(losses), 0, 0.0, 0, 0, 0.0, history, (), (), ())
    assert is_finished(state, TrainConfig(epochs=4, patience=2)) == finished
