"""The public names of drupelet_train, pinned."""

import subprocess
import sys

import pytest

import drupelet_train
from drupelet.cli.command import Command
from drupelet_train import Plan, RunRecord, TrainConfig, read_record, train
from drupelet_train.commands import TRAIN


def test_the_public_names_are_pinned():
    assert drupelet_train.__all__ == [
        "Callbacks",
        "Corpus",
        "Plan",
        "Reading",
        "RunRecord",
        "TrainConfig",
        "load_all",
        "load_config",
        "load_held_out",
        "read_corpus",
        "read_record",
        "train",
    ]
    assert all(hasattr(drupelet_train, name) for name in drupelet_train.__all__)
    assert set(drupelet_train.__all__) <= set(dir(drupelet_train))


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match=r"^module 'drupelet_train' has no attribute 'tune'$"):
        drupelet_train.tune  # noqa: B018


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, drupelet_train; print(*({'keras', 'tensorflow', 'numpy', 'pyarrow', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "\n"


def test_a_training_takes_a_folder_and_a_plan(tmp_path, tiny_csv, tiny_settings, capsys):
    record = train(tmp_path / "run", Plan(str(tiny_csv), TrainConfig(**{**tiny_settings, "epochs": 1})))
    assert isinstance(record, RunRecord)
    assert read_record(tmp_path / "run") == record
    assert "\nepoch 1/1: loss " in capsys.readouterr().err


def test_the_command_is_train():
    assert isinstance(TRAIN, Command)
    assert TRAIN.name == "train"
