"""The complete state of a training on disk, so that a killed run continues as if it had not been killed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet.errors import FormatError, InputError
from drupelet_train.atomic import replacing
from drupelet_train.config import FLOAT_BITS, TrainConfig
from drupelet_train.json_value import JsonValue

Arrays = tuple[npt.NDArray[Any], ...]

STATE = "state.ckpt"

INTERVAL_S = 20.0
"""Default of ``Checkpoints.interval_s``. A kill loses at most this much work; writing the state takes some 0.2 s."""

_DIGEST_BYTES = hashlib.sha256().digest_size
_GROUPS = ("variables", "optimizer", "best")


@dataclass(frozen=True)
class EpochRecord:
    """Scores of an epoch: mean training loss (nats) and accuracy during it, and validation loss and accuracy after it.

    ``embedding_bits`` is below 32 if the embedding was on its grid.
    """

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float
    embedding_bits: int = FLOAT_BITS

    @classmethod
    def from_json(cls, value: JsonValue) -> EpochRecord:
        """The scores in a JSON object. The first records lack ``embedding_bits``. Raises FormatError."""
        fields = value.fields(
            ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "seconds"), ("embedding_bits",)
        )
        return cls(
            epoch=fields["epoch"].whole(),
            loss=fields["loss"].number(),
            accuracy=fields["accuracy"].number(),
            validation_loss=fields["validation_loss"].number(),
            validation_accuracy=fields["validation_accuracy"].number(),
            seconds=fields["seconds"].number(),
            embedding_bits=fields["embedding_bits"].whole() if "embedding_bits" in fields else FLOAT_BITS,
        )


def kept_epoch(history: Sequence[EpochRecord], config: TrainConfig) -> int:
    """The epoch whose weights are kept: the best one or, without ``restore_best_weights``, the last one."""
    return best_epoch(history) if config.restore_best_weights else history[-1].epoch


def best_epoch(history: Sequence[EpochRecord]) -> int:
    """The epoch with the lowest validation loss, the earliest of equals. Raises ValueError for an empty history.

    Once the embedding is on its grid, only epochs with such an embedding count.
    """
    candidates = [record for record in history if record.embedding_bits == history[-1].embedding_bits]
    return min(candidates, key=lambda record: (record.validation_loss, record.epoch)).epoch


@dataclass(frozen=True)
class TrainingState:
    """The state of a training between two steps.

    ``epoch`` and ``step`` are the next to train. ``variables``, ``optimizer`` and ``best`` (empty before the first
    validation) are the values of the model, of the optimizers, and of the model at its best epoch, in Keras's order;
    those of the model include the seeds of its dropout layers. ``loss_sum``, ``correct`` and ``seen`` are sums over the
    finished steps of the epoch; ``epoch_seconds`` is the time spent in it.
    """

    epoch: int
    history: tuple[EpochRecord, ...]
    variables: Arrays
    optimizer: Arrays
    best: Arrays
    step: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    seen: int = 0
    epoch_seconds: float = 0.0

    @property
    def best_epoch(self) -> int | None:
        """The best epoch of the history; None before the first validation."""
        return best_epoch(self.history) if self.history else None


@dataclass(frozen=True)
class Checkpoints:
    """The place on disk of the state of one training.

    ``run_sha256`` identifies the run that the state belongs to. The state is saved after every epoch, and every
    ``interval_s`` seconds.
    """

    folder: Path
    run_sha256: str
    interval_s: float = INTERVAL_S

    def of_member(self, member: int) -> Checkpoints:
        """The place of the state of a member's training."""
        return replace(self, folder=self.folder / f"member-{member}", run_sha256=f"{self.run_sha256}-{member}")

    def write(self, state: TrainingState) -> None:
        """Replaces the saved state atomically. Raises InputError when it cannot be written."""
        meta = {
            "run_sha256": self.run_sha256,
            **{key: value for key, value in state.__dict__.items() if key not in (*_GROUPS, "history")},
            "history": [asdict(record) for record in state.history],
            "counts": [len(getattr(state, group)) for group in _GROUPS],
        }
        arrays = {f"{group}_{i}": array for group in _GROUPS for i, array in enumerate(getattr(state, group))}
        buffer = io.BytesIO()
        np.savez(buffer, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays)
        with replacing(self.folder / STATE) as temporary, temporary.open("wb") as file:
            file.write(hashlib.sha256(buffer.getbuffer()).digest())
            file.write(buffer.getbuffer())

    def read(self) -> TrainingState | None:
        """The saved state; None when there is none yet.

        Raises FormatError for a damaged file, InputError for the state of another run.
        """
        path = self.folder / STATE
        if not path.exists():
            return None
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(
                f"{path}: cannot be read ({error.strerror}); expected the state of this training: make it readable, or "
                "delete it and run with --resume to train from the start"
            ) from error
        damaged = f"{path}: the checkpoint is damaged; delete it and run with --resume to train from the start"
        if hashlib.sha256(content[_DIGEST_BYTES:]).digest() != content[:_DIGEST_BYTES]:
            raise FormatError(damaged)
        try:
            with np.load(io.BytesIO(content[_DIGEST_BYTES:]), allow_pickle=False) as arrays:
                meta = json.loads(arrays["meta"].tobytes())
                variables, optimizer, best = (
                    tuple(arrays[f"{group}_{i}"] for i in range(count))
                    for group, count in zip(_GROUPS, meta.pop("counts"), strict=True)
                )
            belongs_to = meta.pop("run_sha256")
            history = tuple(EpochRecord(**record) for record in meta.pop("history"))
            state = TrainingState(**meta, history=history, variables=variables, optimizer=optimizer, best=best)
        except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise FormatError(damaged) from error
        if belongs_to != self.run_sha256:
            raise InputError(
                f"{path}: belongs to another run (other settings or other texts); expected the checkpoint of this one: "
                "delete it and run with --resume to train from the start"
            )
        return state


def values(variables: Sequence[Any]) -> Arrays:
    """Copies of the values of Keras variables."""
    return tuple(np.array(variable.numpy()) for variable in variables)


def assign(variables: Sequence[Any], arrays: Arrays) -> None:
    """Sets Keras variables to ``arrays``, as :func:`values` returned them. Raises ValueError for other shapes, in part done."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
