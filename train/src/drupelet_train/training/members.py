"""Trains several networks, the members, each from a seed of its own, and joins them into one network of the usual kind.

Embeddings and states of the members lie side by side, and the head gives the mean of their logits: one network answers as
the ensemble does (Hansen and Salamon: *Neural Network Ensembles*, 1990), in one pass and in every format. The kernels are
block-diagonal: weights between two members are 0. The epochs after the joining keep them at 0, so that members adapt to each
other through the head alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

import numpy as np
import numpy.typing as npt

from drupelet_train.config import FLOAT_BITS, TrainConfig
from drupelet_train.network.model import build_model
from drupelet_train.training.callbacks import Callbacks
from drupelet_train.training.checkpoints import Checkpoints, EpochRecord
from drupelet_train.training.examples import Dataset
from drupelet_train.training.loop import fit, steps_per_epoch, trace_training
from drupelet_train.training.tasks import InThisProcess, Task, Workers

Weights = list[npt.NDArray[np.float32]]
"""Weights of a Keras model: the embedding; kernel, recurrent kernel and bias of each direction; kernel and bias of the head."""


def member_config(config: TrainConfig, member: int) -> TrainConfig:
    """The configuration of one member: a seed of its own, and a schedule that ends with the float epochs."""
    (number,) = np.random.SeedSequence([config.seed, member]).generate_state(1)
    epochs = config.float_epochs
    return replace(config, members=1, seed=int(number) >> 1, epochs=epochs, embedding_bits=FLOAT_BITS)


def joined_config(config: TrainConfig) -> TrainConfig:
    """The configuration of the joined network; ``config`` itself if there is one member."""
    count = config.members
    if count == 1:
        return config
    # "random" is allowed with any dimension. The rows are those of the members, whatever their initial values were.
    return replace(
        config, members=1, units=config.units * count, embedding_dim=config.embedding_dim * count, embedding="random"
    )


def train_members(
    config: TrainConfig,
    rows: npt.NDArray[np.float32],
    classes: int,
    dataset_of: Callable[[TrainConfig], Dataset],
    checkpoints: Checkpoints,
    callbacks: Callbacks,
    workers: Workers | None = None,
) -> tuple[Weights, tuple[EpochRecord, ...]]:
    """Trains the members by ``workers``, or in this process.

    Returns their joined weights, and the means of their records by epoch (of seconds, the sums).

    ``rows`` (tokens, embedding_dim) float32 are the initial rows of every embedding; ``dataset_of`` maps the configuration
    of a member to its dataset. A member that is finished in ``checkpoints`` is not trained again.
    ``callbacks.before_epoch`` is called for the epochs of the first member alone, if it is trained in this process.
    Raises as :func:`fit` does.
    """
    function = f"{train_member.__module__}:{train_member.__name__}"
    tasks = [
        Task(f"network {member + 1}", function, checkpoints.of_member(member).folder, (member,))
        for member in range(config.members)
    ]
    shared = Members(config, rows, classes, dataset_of, checkpoints)
    trained = (workers or InThisProcess()).run(tasks, shared, callbacks)
    weights, histories = [weights for weights, _ in trained], [history for _, history in trained]
    return joined_weights(weights, config.units), tuple(map(_mean_record, zip(*histories)))  # noqa: B905  # one may end early


@dataclass(frozen=True)
class Members:
    """What the trainings of the members share; the fields are as in :func:`train_members`."""

    config: TrainConfig
    rows: npt.NDArray[np.float32]
    classes: int
    dataset_of: Callable[[TrainConfig], Dataset]
    checkpoints: Checkpoints


def train_member(
    folder: Path, shared: Members, member: int, callbacks: Callbacks
) -> tuple[Weights, tuple[EpochRecord, ...]]:
    """Trains one member, with its state in ``folder``. Returns its weights and its epochs."""
    callbacks.progress.notice(f"network {member + 1} of {shared.config.members}")
    theirs = member_config(shared.config, member)
    dataset = shared.dataset_of(theirs)
    model = build_model(theirs, shared.rows, shared.classes)
    training = trace_training(model, theirs, steps_per_epoch(dataset.of_epoch(0), theirs))
    checkpoints = replace(shared.checkpoints.of_member(member), folder=folder)
    state = fit(training, dataset, checkpoints, callbacks.without_epochs() if member else callbacks)
    return model.get_weights(), state.history


def joined_weights(members: Sequence[Weights], units: int) -> Weights:
    """The weights of the network whose logits are the means of those of ``members``, each of ``units`` units."""
    embedding, *recurrent, head, head_bias = (list(arrays) for arrays in zip(*members, strict=True))
    joined = [np.concatenate(embedding, axis=1)]
    for kernels, recurrent_kernels, biases in zip(*(iter(recurrent),) * 3, strict=True):
        gates = kernels[0].shape[1] // units
        joined += [
            _block_diagonal(kernels, gates),
            _block_diagonal(recurrent_kernels, gates),
            _side_by_side(biases, gates),
        ]
    classes = head[0].shape[1]
    by_direction = [kernel.reshape(-1, units, classes) for kernel in head]
    joined.append(np.concatenate(by_direction, axis=1).reshape(-1, classes) / np.float32(len(members)))
    return [*joined, np.mean(head_bias, axis=0, dtype=np.float32)]


def _block_diagonal(blocks: Sequence[npt.NDArray[np.float32]], gates: int) -> npt.NDArray[np.float32]:
    """(sum of rows, gates * sum of units) float32, block-diagonal in each gate, from blocks (rows, gates * units)."""
    rows, units = blocks[0].shape[0], blocks[0].shape[1] // gates
    joined = np.zeros((len(blocks), rows, gates, len(blocks), units), np.float32)
    for place, block in enumerate(blocks):
        joined[place, :, :, place] = block.reshape(rows, gates, units)
    return joined.reshape(len(blocks) * rows, -1)


def _side_by_side(biases: Sequence[npt.NDArray[np.float32]], gates: int) -> npt.NDArray[np.float32]:
    """(..., gates * sum of units) float32 from biases (..., gates * units)."""
    outer = biases[0].shape[:-1]
    return np.concatenate([bias.reshape(*outer, gates, -1) for bias in biases], axis=-1).reshape(*outer, -1)


def _mean_record(records: Sequence[EpochRecord]) -> EpochRecord:
    means = {
        name: mean(getattr(record, name) for record in records)
        for name in ("loss", "accuracy", "validation_loss", "validation_accuracy")
    }
    return EpochRecord(epoch=records[0].epoch, seconds=sum(record.seconds for record in records), **means)
