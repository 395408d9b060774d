from dataclasses import replace

import numpy as np
import pytest

from drupelet.errors import FormatError
from drupelet.quantization import grid_scale
from drupelet_train.config import TrainConfig
from drupelet_train.network.embedding_grid import put_on_grid
from drupelet_train.network.model import build_model
from drupelet_train.training import loop as training_loop
from drupelet_train.training.callbacks import Callbacks
from drupelet_train.training.checkpoints import STATE, Checkpoints, EpochRecord, TrainingState, kept_epoch, values
from drupelet_train.training.examples import Dataset, Examples, drop_words, one_hot
from drupelet_train.training.loop import (
    FINAL_RATE,
    DivergedError,
    TrainingInterruptedError,
    fit,
    is_finished,
    predict,
    score_model,
    trace_training,
)
from drupelet_train.training.progress import LineProgress
from drupelet_train.training.scores import Score
from runtime.rotation import every_nth

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
    return trace_training(build_model(config, rows, classes), config, 7)


def run(folder, config, stop=lambda: False, classes=2, interval=1e9):
    training = start(config, classes)
    examples = tiny_examples(classes=classes, padding=config.padding)
    dataset = Dataset.constant(examples, examples.select(np.arange(16)))
    checkpoints = Checkpoints(folder, "run", interval)
    return training, fit(training, dataset, checkpoints, Callbacks(LineProgress(), stop))


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


@pytest.mark.parametrize("steps", every_nth(5, [7, 1, 5, 10, 14]))
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


def test_the_state_of_a_network_of_another_shape_is_named(tmp_path):
    with pytest.raises(TrainingInterruptedError):
        run(tmp_path, TrainConfig(**SETTINGS), stop_after(1))
    with pytest.raises(
        FormatError, match=r"the checkpoint is of a network of another shape \(.*delete it and run with"
    ):
        run(tmp_path, TrainConfig(**{**SETTINGS, "units": SETTINGS["units"] + 1}))


def test_a_finished_training_resumes_to_itself(tmp_path):
    config = TrainConfig(**SETTINGS)
    _, state = run(tmp_path, config)
    _, again = run(tmp_path, config, stop=lambda: pytest.fail("there is no step left"))
    same_bits(state.best, again.best)


def test_the_state_is_saved_at_the_interval(tmp_path):
    config = TrainConfig(**SETTINGS)
    seen = []

    def look():
        state = Checkpoints(tmp_path, "run").read()
        seen.append(state and (state.epoch, state.step))
        return False

    run(tmp_path, config, look, interval=0.0)
    # Asked before the save of its own step, and again after it.
    assert seen[:4] == [None, (0, 1), (0, 1), (0, 2)]
    assert (1, 0) in seen
    assert (tmp_path / STATE).exists()


GRID = {**SETTINGS, "epochs": 4, "quantized_epochs": 2, "embedding_bits": 4}


def embedding_of(training):
    return training.model.get_layer("embedding").get_weights()[0]


def assert_on_grid(rows, largest):
    """For every row there is a step at which it is whole numbers times the scale, exactly in float32."""
    for row in rows:
        scales = [np.float32(grid_scale(step)) for step in range(-160, 80)]
        wholes = [np.rint(row / scale) for scale in scales]
        assert any(
            np.array_equal(whole * scale, row) and np.abs(whole).max() <= largest
            for whole, scale in zip(wholes, scales, strict=True)
        )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        pytest.param({"embedding_bits": 8, "cell": "gru", "bidirectional": True, "layers": 2}, marks=pytest.mark.long),
        {"embedding_learning_rate": 0.0, "output": "sigmoid"},
        {"quantized_epochs": 4, "schedule": "constant"},
    ],
)
def test_the_embedding_ends_on_its_grid(tmp_path, changes):
    config = TrainConfig(**{**GRID, **changes})
    training, state = run(tmp_path, config)
    assert_on_grid(embedding_of(training), 7 if config.embedding_bits == 4 else 127)
    bits = [record.embedding_bits for record in state.history]
    assert bits == [32] * config.float_epochs + [config.embedding_bits] * config.quantized_epochs
    assert state.best_epoch >= config.float_epochs
    same_bits(values(training.model.variables), state.best)
    # Counted on by the steps of the schedule, whether or not the embedding still learns.
    assert int(training.optimizers[0].iterations) == 4 * 7


@pytest.fixture
def scripted(monkeypatch):
    """A function that scripts the validation losses; it returns the embeddings that were validated."""

    def script(*losses):
        left, validated = list(losses), []

        def score_as_scripted(training, examples):
            validated.append(embedding_of(training))
            return Score(16, 0.5, left.pop(0), (0.0, 1.0))

        monkeypatch.setattr(training_loop, "score_model", score_as_scripted)
        return validated

    return script


@pytest.fixture
def rounded(monkeypatch):
    """Pairs of the rows that were put on the grid and what became of them."""
    seen = []

    def remember(rows, kernel, largest):
        seen.append((rows, put_on_grid(rows, kernel, largest)))
        return seen[-1][1]

    monkeypatch.setattr(training_loop, "put_on_grid", remember)
    return seen


def test_the_best_epoch_goes_on_the_grid_and_all_else_adapts_to_it(tmp_path, scripted, rounded, capsys):
    validated = scripted(0.3, 0.2, 0.4, 0.9, 0.8)
    training, state = run(tmp_path, TrainConfig(**{**GRID, "epochs": 5}))
    ((before, after),) = rounded
    np.testing.assert_array_equal(before, validated[1])
    for embedding in (*validated[3:], embedding_of(training)):
        np.testing.assert_array_equal(embedding, after)
    assert state.best_epoch == 4
    assert "epoch 4/5: continues from epoch 2, with the embedding on its 4-bit grid\n" in capsys.readouterr().err
    lstm = [
        [array for array in arrays if array.shape == (5, 16)]
        for arrays in (state.best, values(start(TrainConfig(**GRID)).model.variables))
    ]
    assert not np.array_equal(*[kernels[0] for kernels in lstm])


def test_the_patience_of_the_first_phase_leads_to_the_second(tmp_path, scripted, rounded):
    validated = scripted(0.3, 0.4, 0.9, 0.8)
    training, state = run(tmp_path, TrainConfig(**{**GRID, "epochs": 8, "patience": 1}))
    assert [(record.epoch, record.embedding_bits) for record in state.history] == [(0, 32), (1, 32), (6, 4), (7, 4)]
    np.testing.assert_array_equal(rounded[0][0], validated[0])
    assert state.best_epoch == 7
    # The learning rates are those of the last two of eight epochs, the moments those of four.
    optimizer = training.optimizers[0]
    assert int(optimizer.iterations) == 4 * 7
    assert float(optimizer.learning_rate) == pytest.approx(0.02 * FINAL_RATE)


def test_a_training_that_begins_with_the_second_phase_takes_steps_of_the_schedules_size(tmp_path):
    config = TrainConfig(**{**GRID, "epochs": 8})
    training = start(config)
    examples = tiny_examples()
    kernel = training.model.get_layer("lstm").trainable_variables[0]
    before = kernel.numpy()
    float_history = (EpochRecord(0, 0.5, 0.5, 0.5, 0.5, 1.0),)
    dataset, checkpoints = Dataset.constant(examples, examples), Checkpoints(tmp_path, "run")
    with pytest.raises(TrainingInterruptedError):
        fit(training, dataset, checkpoints, Callbacks(LineProgress(), lambda: True), float_history)
    # Six of eight epochs are over; Adam's first step is of the learning rate itself.
    rate = 0.02 * (FINAL_RATE + (1 - FINAL_RATE) * (1 + np.cos(np.pi * 6 / 8)) / 2)
    assert np.abs(kernel.numpy() - before).max() == pytest.approx(rate, rel=0.01)


def test_the_patience_of_the_second_phase_ends_the_training(tmp_path, scripted):
    scripted(0.3, 0.8, 0.9)
    _, state = run(tmp_path, TrainConfig(**{**GRID, "quantized_epochs": 3, "patience": 1}))
    assert [record.epoch for record in state.history] == [0, 1, 2]
    assert state.best_epoch == 1


def test_without_restored_weights_no_validation_loss_chooses(tmp_path, scripted, rounded, capsys):
    validated = scripted(0.3, 0.8, 0.9, 0.2, 0.5)
    config = {**GRID, "epochs": 5, "quantized_epochs": 2, "patience": 1, "restore_best_weights": False}
    training, state = run(tmp_path, TrainConfig(**config))
    assert [(record.epoch, record.embedding_bits) for record in state.history] == [
        *((0, 32), (1, 32), (2, 32), (3, 4), (4, 4))
    ]
    np.testing.assert_array_equal(rounded[0][0], validated[2])
    assert "continues from epoch 3, " in capsys.readouterr().err
    for kept, last in zip(state.best, state.variables, strict=True):
        np.testing.assert_array_equal(kept, last)
    assert kept_epoch(state.history, training.config) == 4
    assert kept_epoch(state.history, replace(training.config, restore_best_weights=True)) == 3


class KilledError(BaseException):
    """Stands for the end of the process: nothing is saved."""


def kill_in_round(*arguments):
    raise KilledError


def kill_in_first_quantized_step(ids, rate, seed, epoch, step):
    if epoch == GRID["epochs"] - GRID["quantized_epochs"]:
        raise KilledError
    return drop_words(ids, rate, seed, epoch, step)


def assert_same_end(one, other):
    (training_one, state_one), (training_other, state_other) = one, other
    same_bits(values(training_one.model.variables), values(training_other.model.variables))
    same_bits(state_one.variables, state_other.variables)
    same_bits(state_one.optimizer, state_other.optimizer)
    assert without_seconds(state_one.history) == without_seconds(state_other.history)


@pytest.mark.parametrize(
    ("name", "kill"), every_nth(2, [("drop_words", kill_in_first_quantized_step), ("put_on_grid", kill_in_round)])
)
def test_killed_around_the_rounding_and_resumed_gives_the_same_bits(tmp_path, monkeypatch, name, kill):
    config = TrainConfig(**GRID)
    whole = run(tmp_path / "whole", config)
    with monkeypatch.context() as patched:
        patched.setattr(training_loop, name, kill)
        with pytest.raises(KilledError):
            run(tmp_path / "cut", config, interval=0.0)
    state = Checkpoints(tmp_path / "cut", "run").read()
    assert (state.epoch, state.step) == (2, 0)
    assert_same_end(whole, run(tmp_path / "cut", config))


@pytest.mark.parametrize("steps", every_nth(5, [14, 13, 15, 21, 22]))
def test_interrupted_near_the_rounding_and_resumed_gives_the_same_bits(tmp_path, steps):
    config = TrainConfig(**GRID)
    whole = run(tmp_path / "whole", config)
    with pytest.raises(TrainingInterruptedError):
        run(tmp_path / "cut", config, stop_after(steps))
    assert_same_end(whole, run(tmp_path / "cut", config))


def test_after_the_patience_a_kill_resumes_in_the_second_phase(tmp_path, scripted, monkeypatch):
    config = TrainConfig(**{**GRID, "epochs": 8, "patience": 1})
    scripted(0.3, 0.4, 0.9, 0.8)
    whole = run(tmp_path / "whole", config)
    scripted(0.3, 0.4, 0.9, 0.8)
    with monkeypatch.context() as patched:
        patched.setattr(training_loop, "put_on_grid", kill_in_round)
        with pytest.raises(KilledError):
            run(tmp_path / "cut", config)
    scripted(0.9, 0.8)
    assert_same_end(whole, run(tmp_path / "cut", config))


class EnoughError(Exception):
    """Raised by a test to end a training."""


def test_what_is_told_of_the_epochs_can_end_the_training(tmp_path):
    config = TrainConfig(**{**SETTINGS, "epochs": 4})
    training, examples, told = start(config), tiny_examples(), []

    def before_epoch(history):
        told.append([record.epoch for record in history])
        if len(history) == 2:
            raise EnoughError

    arguments = (training, Dataset.constant(examples, examples), Checkpoints(tmp_path, "run"))
    with pytest.raises(TrainingInterruptedError):
        fit(*arguments, Callbacks(LineProgress(), stop_after(9), before_epoch))
    # Resumed in the second epoch, and ended; and ended again.
    for _ in range(2):
        with pytest.raises(EnoughError):
            fit(*arguments, Callbacks(LineProgress(), before_epoch=before_epoch))
    assert told == [[], [0], [0], [0, 1], [0, 1]]
    assert Checkpoints(tmp_path, "run").read().epoch == 2


def test_a_loss_that_is_no_number_is_named(tmp_path):
    config = TrainConfig(**SETTINGS)
    training = start(config)
    examples = tiny_examples()
    broken = Examples(examples.ids, np.full_like(examples.labels, np.nan), "pre")
    with pytest.raises(
        DivergedError, match=r"the loss is not a number in epoch 1, step 1; .* lower learning_rate \(now 0\.02"
    ):
        fit(training, Dataset.constant(broken, examples), Checkpoints(tmp_path, "run"), Callbacks(LineProgress()))


@pytest.mark.parametrize(
    ("losses", "finished"),
    [([], False), ([0.5], False), ([0.5, 0.6], False), ([0.5, 0.6, 0.7], True), ([0.5, 0.4, 0.3, 0.2], True)],
)
def test_the_training_ends_with_the_epochs_or_the_patience(losses, finished):
    history = tuple(EpochRecord(epoch, 0.1, 0.9, loss, 0.8, 1.0) for epoch, loss in enumerate(losses))
    state = TrainingState(len(losses), history, (), (), ())
    assert is_finished(state, TrainConfig(epochs=4, patience=2)) == finished
    # None of these epochs had the embedding on its grid.
    assert not is_finished(state, TrainConfig(epochs=4, patience=2, embedding_bits=4))


def test_a_text_of_weight_0_changes_nothing_and_one_of_weight_2_counts_twice():
    config = TrainConfig(**SETTINGS)
    examples = tiny_examples(8)
    ones = np.ones(8, np.float32)

    def after(weights, labels):
        training = start(config)
        training.step(examples.ids, labels, np.asarray(weights, np.float32))
        return [np.array(each) for each in training.model.get_weights()]

    half = np.where(np.arange(8) < 4, 2.0, 0.0)
    turned = np.where(np.arange(8)[:, None] < 4, examples.labels, 1.0 - examples.labels)
    one, other = after(half, examples.labels), after(half, turned)
    assert all(left.tobytes() == right.tobytes() for left, right in zip(one, other, strict=True))
    one, other = after(ones, examples.labels), after(ones, turned)
    assert any(left.tobytes() != right.tobytes() for left, right in zip(one, other, strict=True))


def test_labels_that_are_decided_alone_are_learnt(tmp_path):
    config = TrainConfig(**{**SETTINGS, "epochs": 20, "patience": 20, "output": "sigmoids"})
    examples = tiny_examples(classes=2)
    both = Examples(examples.ids, np.stack([np.ones(50), examples.labels[:, 1]], axis=1).astype(np.float32), "pre")
    training = start(config)
    state = fit(training, Dataset.constant(both, both), Checkpoints(tmp_path, "run", 1e9), Callbacks(LineProgress()))
    assert state.history[-1].validation_accuracy > 0.9
    found = score_model(training, both)
    assert found.accuracy > 0.9
    assert found.macro_f1 > 0.9
    assert (predict(training, both)[:, 0] > 0.5).all()
