import pytest

from drupelet_train.training.callbacks import Callbacks
from drupelet_train.training.progress import LineProgress


def test_by_default_nothing_ends_a_training():
    callbacks = Callbacks(LineProgress())
    assert not callbacks.stop()
    callbacks.before_epoch(())


def test_without_epochs_all_else_stays():
    def before_epoch(history):
        pytest.fail("is not to be told")

    progress = LineProgress()
    callbacks = Callbacks(progress, lambda: True, before_epoch).without_epochs()
    callbacks.before_epoch(())
    assert callbacks.progress is progress
    assert callbacks.stop()
