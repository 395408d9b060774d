import drupelet_train
from drupelet.cli.command import Command
from drupelet_train.commands import TRAIN


def test_the_public_names_are_pinned():
    assert drupelet_train.__all__ == [
        "Corpus",
        "TrainConfig",
        "load_all",
        "load_config",
        "load_held_out",
        "read_corpus",
    ]
    assert all(hasattr(drupelet_train, name) for name in drupelet_train.__all__)


def test_the_command_is_train():
    assert isinstance(TRAIN, Command)
    assert TRAIN.name == "train"
