from dataclasses import replace

import numpy as np
import pytest

from drupelet.errors import FormatError, InputError
from drupelet_train.training.checkpoints import STATE, Checkpoints, EpochRecord, TrainingState

RECORD = EpochRecord(0, 0.1 + 0.2, 0.5, 0.7, 0.6, 1.25, 4)
STATE_VALUE = TrainingState(
    epoch=1,
    step=4,
    loss_sum=1 / 3,
    correct=5,
    seen=9,
    epoch_seconds=0.5,
    history=(RECORD,),
    variables=(np.arange(6, dtype=np.float32).reshape(2, 3), np.array([1, 2], np.uint32)),
    optimizer=(np.array(7, np.int64),),
    best=(),
)


def test_what_is_written_is_read(tmp_path):
    Checkpoints(tmp_path, "run").write(STATE_VALUE)
    read = Checkpoints(tmp_path, "run").read()
    for group in ("variables", "optimizer", "best"):
        for before, after in zip(getattr(STATE_VALUE, group), getattr(read, group), strict=True):
            assert before.dtype == after.dtype
            assert before.shape == after.shape
            np.testing.assert_array_equal(before, after)
    arrays = {"variables": (), "optimizer": (), "best": ()}
    assert replace(read, **arrays) == replace(STATE_VALUE, **arrays)


def test_no_file_is_no_state(tmp_path):
    assert Checkpoints(tmp_path, "run").read() is None


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "foreign"])
def test_a_damaged_file_is_named(tmp_path, damage):
    Checkpoints(tmp_path, "run").write(STATE_VALUE)
    path = tmp_path / STATE
    content = bytearray(path.read_bytes())
    content[50] ^= 1
    damaged = {"flip": bytes(content), "truncate": bytes(content[:-1]), "empty": b"", "foreign": b"PK" * 99}[damage]
    path.write_bytes(damaged)
    with pytest.raises(FormatError, match=r"state\.ckpt: the checkpoint is damaged; delete it and run with --resume"):
        Checkpoints(tmp_path, "run").read()


def test_a_whole_file_with_other_content_is_damaged_too(tmp_path):
    import hashlib

    (tmp_path / STATE).write_bytes(hashlib.sha256(b"no archive").digest() + b"no archive")
    with pytest.raises(FormatError, match="damaged"):
        Checkpoints(tmp_path, "run").read()


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / STATE).mkdir()
    with pytest.raises(
        InputError, match=r"state\.ckpt: cannot be read \(Is a directory\); .* or delete it and run with"
    ):
        Checkpoints(tmp_path, "run").read()


def test_the_state_of_another_run_is_refused(tmp_path):
    Checkpoints(tmp_path, "one").write(STATE_VALUE)
    with pytest.raises(InputError, match=r"state\.ckpt: belongs to another run .* delete it and run with --resume"):
        Checkpoints(tmp_path, "other").read()


def test_members_do_not_read_the_state_of_another(tmp_path):
    whole = Checkpoints(tmp_path, "run", interval_s=7.0)
    whole.of_member(1).write(STATE_VALUE)
    assert whole.read() is None
    assert whole.of_member(0).read() is None
    assert whole.of_member(1).read() is not None
    assert whole.of_member(1).interval_s == 7.0
    (tmp_path / "member-1").rename(tmp_path / "member-0")
    with pytest.raises(InputError, match="belongs to another run"):
        whole.of_member(0).read()


def test_the_best_epoch_has_the_lowest_validation_loss():
    losses = [0.5, 0.3, 0.3, 0.4]
    history = tuple(replace(RECORD, epoch=epoch, validation_loss=loss) for epoch, loss in enumerate(losses))
    assert replace(STATE_VALUE, history=history).best_epoch == 1
    assert replace(STATE_VALUE, history=()).best_epoch is None


def test_the_best_epoch_has_the_embedding_that_the_model_will_have():
    losses_and_bits = [(0.5, 32), (0.1, 32), (0.4, 8), (0.3, 8), (0.35, 8)]
    history = tuple(
        replace(RECORD, epoch=epoch, validation_loss=loss, embedding_bits=bits)
        for epoch, (loss, bits) in enumerate(losses_and_bits)
    )
    assert [replace(STATE_VALUE, history=history[:end]).best_epoch for end in range(1, 6)] == [0, 1, 2, 3, 3]
