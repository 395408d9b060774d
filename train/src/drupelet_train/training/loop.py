"""The training loop: deterministic, and resumable at every step.

A step depends on the seed, the epoch and the step alone (order of the texts, dropped words), and on variables that are
part of the state (weights, optimizer moments, seeds of the dropout layers). A run that was killed and resumed therefore ends
with the same bits as one that was not, on the same machine and with the same versions.

With ``embedding_bits`` below 32 a training has two phases. The first ends after ``float_epochs``, or when the patience runs
out. The second starts from the best epoch of the first. Its embedding is on the grid and frozen, and its learning rates are
those of the schedule for the last epochs. The model is the best epoch of the second phase. Without ``restore_best_weights``
there is no best epoch: each phase trains all its epochs and ends with the last one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from drupelet.decision import HOLDS
from drupelet.errors import FormatError, InputError
from drupelet.quantization import INT4_MAX, INT8_MAX
from drupelet_train.config import FLOAT_BITS, OUTPUT_EACH, TrainConfig
from drupelet_train.network.embedding_grid import put_on_grid
from drupelet_train.network.model import EMBEDDING, class_probabilities, input_kernel
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError
from drupelet_train.training.checkpoints import Checkpoints, EpochRecord, TrainingState, assign, kept_epoch, values
from drupelet_train.training.examples import Dataset, Examples, drop_words, epoch_batches
from drupelet_train.training.scores import Score, score

GRADIENT_NORM = 1.0
"""The gradient of all weights except the embedding is clipped to this norm. A long text sometimes gives a far larger one."""

FINAL_RATE = 0.02
"""Learning rates at the end of the cosine schedule, as a share of those at its start."""

SCORING_BATCH = 256
"""Texts in a batch of predictions."""

LARGEST = {4: INT4_MAX, 8: INT8_MAX}
"""Largest whole number of an embedding, by its ``embedding_bits``."""


class DivergedError(InputError):
    """The loss is not a number any more: train with other settings."""


@dataclass(frozen=True)
class Training:
    """A model, its configuration, its optimizers, and the functions over them, traced into TensorFlow graphs.

    ``optimizers`` train disjoint variables. ``step`` maps (batch, time) int32 ids, (batch, classes) float32 labels and
    (batch,) float32 weights to the batch's weighted mean loss in nats and its number of right answers;
    ``frozen_step`` does the same and leaves the embedding
    as it is; ``predict`` maps ids to (batch, classes) float32. ``schedule_lead`` is the number of steps by which the
    schedule of the learning rates is ahead of the updates that the optimizers made: the steps of skipped epochs.
    """

    model: keras.Model
    config: TrainConfig
    optimizers: tuple[keras.optimizers.Optimizer, ...]
    schedule_lead: tf.Variable
    step: Callable[[Any, Any, Any], tuple[Any, Any]]
    frozen_step: Callable[[Any, Any, Any], tuple[Any, Any]]
    predict: Callable[[Any], Any]

    def optimizer_variables(self) -> list[Any]:
        """The variables of all optimizers, in a fixed order."""
        return [variable for optimizer in self.optimizers for variable in optimizer.variables]


def trace_training(model: keras.Model, config: TrainConfig, steps: int, zeros_stay: bool = False) -> Training:
    """The functions that train ``model`` with the settings of ``config``, in epochs of ``steps`` steps.

    Each is traced into a TensorFlow graph at its first call. With ``zeros_stay``, weights outside of the embedding that
    are 0 now stay 0. Makes TensorFlow deterministic for the whole process.
    """
    tf.config.experimental.enable_op_determinism()
    embedding = model.get_layer(EMBEDDING).trainable_variables
    others = [variable for variable in model.trainable_variables if all(variable is not held for held in embedding)]
    groups = [(others, config.learning_rate), (embedding, config.embedding_learning_rate)]
    lead = tf.Variable(0, dtype=tf.int64, trainable=False)
    trained = [(variables, _adam(variables, rate, config, steps, lead)) for variables, rate in groups if variables]
    masks = [tf.cast(variable != 0, tf.float32) if zeros_stay else None for variable in others]
    each = config.output == OUTPUT_EACH
    is_binary = each or config.output == "sigmoid"
    loss_of = keras.losses.BinaryCrossentropy() if is_binary else keras.losses.CategoricalCrossentropy()

    ids_spec, labels_spec = tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None], tf.float32)
    weights_spec = tf.TensorSpec([None], tf.float32)

    def step_of(learning: list[tuple[list[Any], keras.optimizers.Optimizer]]) -> Any:
        def step(ids: Any, labels: Any, weights: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                output = model(ids, training=True)
                loss = loss_of(labels[:, 1:] if config.output == "sigmoid" else labels, output, sample_weight=weights)
            gradients = tape.gradient(loss, [variables for variables, _ in learning])
            of_others = [
                gradient if mask is None else gradient * mask
                for gradient, mask in zip(gradients[0], masks, strict=True)
            ]
            clipped, _ = tf.clip_by_global_norm(of_others, GRADIENT_NORM)
            for (variables, optimizer), gradient in zip(learning, [clipped, *gradients[1:]], strict=True):
                optimizer.apply(gradient, variables)
            if each:
                return loss, tf.math.count_nonzero(tf.reduce_all((output >= HOLDS) == (labels >= HOLDS), axis=1))
            answers = tf.argmax(class_probabilities(output), axis=1)
            return loss, tf.math.count_nonzero(answers == tf.argmax(labels, axis=1))

        return tf.function(step, input_signature=[ids_spec, labels_spec, weights_spec])

    def predict(ids: Any) -> Any:
        output = model(ids, training=False)
        return output if each else class_probabilities(output)

    return Training(
        model,
        config,
        tuple(optimizer for _, optimizer in trained),
        lead,
        step_of(trained),
        step_of(trained[:1]),
        tf.function(predict, input_signature=[ids_spec]),
    )


class _LeadingCosine(keras.optimizers.schedules.CosineDecay):  # type: ignore[misc]  # keras has no types
    """A cosine schedule that is ``lead`` steps ahead of Adam's own count of updates.

    Adam also corrects its moments by that count, which must therefore stay the number of updates.
    """

    def __init__(self, rate: float, steps: int, lead: tf.Variable) -> None:
        super().__init__(rate, steps, alpha=FINAL_RATE)
        self.lead = lead

    def __call__(self, step: Any) -> Any:
        return super().__call__(tf.cast(step, tf.int64) + self.lead)


def _adam(
    variables: list[Any], rate: float, config: TrainConfig, steps: int, lead: tf.Variable
) -> keras.optimizers.Optimizer:
    schedule = _LeadingCosine(rate, config.epochs * steps, lead) if config.schedule == "cosine" else rate
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(variables)
    return optimizer


def steps_per_epoch(examples: Examples, config: TrainConfig) -> int:
    """Number of batches in an epoch over ``examples``. The last one may be smaller than the others."""
    return -(-len(examples.ids) // config.batch_size)


def predict(training: Training, examples: Examples) -> npt.NDArray[np.float32]:
    """(texts, classes) float32: the probabilities of every text, in the order of ``examples``."""
    order = np.argsort(examples.lengths, kind="stable")
    answers = np.empty(examples.labels.shape, np.float32)
    for start in range(0, len(order), SCORING_BATCH):
        rows = order[start : start + SCORING_BATCH]
        answers[rows] = training.predict(examples.trimmed_ids(rows)).numpy()
    return answers


def score_model(training: Training, examples: Examples) -> Score:
    """The score of the model's current weights on ``examples``."""
    return score(predict(training, examples), examples.labels, training.config.output == OUTPUT_EACH)


def fit(
    training: Training,
    dataset: Dataset,
    checkpoints: Checkpoints,
    callbacks: Callbacks,
    float_history: tuple[EpochRecord, ...] = (),
) -> TrainingState:
    """Trains until the epochs or the patience run out, from the state in ``checkpoints`` if there is one.

    ``float_history``: the records of float epochs that were trained elsewhere. If there are any, the model has the weights
    of the best of them, and the training begins with the quantized epochs.

    Leaves the best variables in the model and the final state in ``checkpoints``. Raises TrainingInterruptedError if
    ``callbacks.stop`` returns True, the exceptions of ``callbacks.before_epoch``, and DivergedError if the loss is not a
    number.
    """
    return _Loop(training, dataset, checkpoints, callbacks, float_history).run()


@dataclass
class _Loop:
    """One call of :func:`fit`; the fields are its arguments."""

    training: Training
    dataset: Dataset
    checkpoints: Checkpoints
    callbacks: Callbacks
    float_history: tuple[EpochRecord, ...]

    def __post_init__(self) -> None:
        self.config = self.training.config
        self.steps = 0
        self.steps_done = 0
        self.started = self.saved = time.monotonic()

    def run(self) -> TrainingState:
        state = self.checkpoints.read()
        if state is None:
            variables, optimizer = self._values()
            first, best = (self.config.float_epochs, variables) if self.float_history else (0, ())
            state = TrainingState(first, self.float_history, variables, optimizer, best)
        else:
            try:
                assign(self.training.model.variables, state.variables)
                assign(self.training.optimizer_variables(), state.optimizer)
            except ValueError as error:
                reason = str(error).partition("\n")[0]
                raise FormatError(
                    f"{self.checkpoints.folder}: the checkpoint is of a network of another shape ({reason}); expected that of "
                    "these versions of drupelet-train and Keras: resume with those that began the run, or delete it and run "
                    "with --resume to train from the start"
                ) from error
        self.steps = steps_per_epoch(self.dataset.of_epoch(state.epoch), self.config)
        self._lead_schedule(state)
        self.callbacks.progress.start(self.config.epochs, self.steps)
        while not is_finished(state, self.config):
            self.callbacks.before_epoch(state.history)
            if state.epoch == self.config.float_epochs and state.step == 0:
                self._quantize(state)
            state = self._epoch(state)
        assign(self.training.model.variables, state.best)
        return state

    def _epoch(self, state: TrainingState) -> TrainingState:
        config, epoch = self.config, state.epoch
        examples = self.dataset.of_epoch(epoch)
        batches = epoch_batches(examples.lengths, config.batch_size, config.seed, epoch)
        one_step = self.training.step if epoch < config.float_epochs else self.training.frozen_step
        resumed = time.monotonic()
        for step in range(state.step, self.steps):
            rows = batches[step]
            ids = drop_words(examples.trimmed_ids(rows), config.word_dropout, config.seed, epoch, step)
            loss, correct = one_step(ids, examples.labels[rows], examples.weights_of(rows))
            state = replace(
                state,
                step=step + 1,
                loss_sum=state.loss_sum + float(loss) * len(rows),
                correct=state.correct + int(correct),
                seen=state.seen + len(rows),
            )
            self._check_loss(state)
            self._report(state)
            if self.callbacks.stop() or time.monotonic() - self.saved >= self.checkpoints.interval_s:
                now = time.monotonic()
                state = replace(state, epoch_seconds=state.epoch_seconds + now - resumed)
                resumed = now
                self._save(self._snapshot(state))
                if self.callbacks.stop():
                    raise TrainingInterruptedError(f"interrupted in epoch {epoch + 1}, step {step + 1} of {self.steps}")
        state = self._validate(replace(state, epoch_seconds=state.epoch_seconds + time.monotonic() - resumed))
        self._save(state)
        self.callbacks.progress.epoch(state.history[-1])
        return state

    def _validate(self, state: TrainingState) -> TrainingState:
        began, config = time.monotonic(), self.config
        validation = score_model(self.training, self.dataset.validation)
        record = EpochRecord(
            epoch=state.epoch,
            loss=state.loss_sum / state.seen,
            accuracy=state.correct / state.seen,
            validation_loss=validation.loss,
            validation_accuracy=validation.accuracy,
            seconds=state.epoch_seconds + time.monotonic() - began,
            embedding_bits=FLOAT_BITS if state.epoch < config.float_epochs else config.embedding_bits,
        )
        variables, optimizer = self._values()
        following = TrainingState(state.epoch + 1, (*state.history, record), variables, optimizer, state.best)
        if kept_epoch(following.history, config) == state.epoch:
            following = replace(following, best=variables)
        if following.epoch < config.float_epochs < config.epochs and _is_out_of_patience(following, config):
            following = replace(following, epoch=config.float_epochs)
        return following

    def _quantize(self, state: TrainingState) -> None:
        """Puts the embedding of the best epoch so far on its grid, and moves the schedule to the second phase.

        The state is not saved before the next step. A training that is killed in between rounds again when it is resumed.
        """
        model, config = self.training.model, self.config
        if state.best:
            assign(model.variables, state.best)
        embedding = model.get_layer(EMBEDDING)
        (rows,) = embedding.get_weights()
        embedding.set_weights([put_on_grid(rows, input_kernel(model), LARGEST[config.embedding_bits])])
        self._lead_schedule(state)
        began = f"from epoch {kept_epoch(state.history, config) + 1}, " if state.history else ""
        self.callbacks.progress.notice(
            f"epoch {state.epoch + 1}/{config.epochs}: continues {began}with the embedding on its "
            f"{config.embedding_bits}-bit grid"
        )

    def _lead_schedule(self, state: TrainingState) -> None:
        """Sets the learning rates to those of the schedule at the state's epoch and step."""
        made = max(int(optimizer.iterations.numpy()) for optimizer in self.training.optimizers)
        self.training.schedule_lead.assign(state.epoch * self.steps + state.step - made)

    def _check_loss(self, state: TrainingState) -> None:
        if not np.isfinite(state.loss_sum):
            raise DivergedError(
                f"the loss is not a number in epoch {state.epoch + 1}, step {state.step}; expected a finite one: "
                f"lower learning_rate (now {self.config.learning_rate}) and train into a new folder"
            )

    def _report(self, state: TrainingState) -> None:
        self.steps_done += 1
        left = (self.config.epochs - state.epoch) * self.steps - state.step
        remaining_s = (time.monotonic() - self.started) / self.steps_done * left
        self.callbacks.progress.step(
            state.epoch, state.step - 1, state.loss_sum / state.seen, state.correct / state.seen, remaining_s
        )

    def _values(self) -> tuple[Any, Any]:
        return values(self.training.model.variables), values(self.training.optimizer_variables())

    def _snapshot(self, state: TrainingState) -> TrainingState:
        variables, optimizer = self._values()
        return replace(state, variables=variables, optimizer=optimizer)

    def _save(self, state: TrainingState) -> None:
        self.checkpoints.write(state)
        self.saved = time.monotonic()


def is_finished(state: TrainingState, config: TrainConfig) -> bool:
    """True once the last epoch is trained or the patience has run out, in the quantized phase if there is one."""
    if not state.history or state.history[-1].embedding_bits != config.embedding_bits:
        return False
    return state.epoch >= config.epochs or _is_out_of_patience(state, config)


def _is_out_of_patience(state: TrainingState, config: TrainConfig) -> bool:
    return (
        config.restore_best_weights
        and state.best_epoch is not None
        and state.epoch - 1 - state.best_epoch >= config.patience
    )
