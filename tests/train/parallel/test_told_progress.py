from drupelet_train.parallel.told_progress import ToldProgress
from drupelet_train.training.checkpoints import EpochRecord
from drupelet_train.training.progress import format_epoch


def test_epochs_and_notices_are_told_and_steps_are_not():
    told = []
    progress = ToldProgress(told.append)
    progress.start(3, 10)
    progress.step(0, 1, 0.5, 0.5, 9.0)
    progress.notice("a notice")
    record = EpochRecord(0, 0.5, 0.5, 0.4, 0.6, 1.0)
    progress.epoch(record)
    progress.close()
    assert told == ["a notice", format_epoch(record, 3)]
    assert told[1].startswith("epoch 1/3: ")
