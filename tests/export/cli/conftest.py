"""Fixtures for the command ``drupelet``: the command itself, options, a run folder."""

import json
import shutil

import pytest

from drupelet.cli.main import main
from drupelet.text.named import ALNUM


@pytest.fixture
def run(capfd):
    """A function that runs ``drupelet`` and returns exit status, stdout and stderr."""

    def call(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            status = stop.code
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture
def options(vocabulary_file):
    """The options that the saved model needs."""
    return ("--vocab", vocabulary_file, "--labels", "bad, good", "--tokenizer", "alnum", "--max-tokens", "6",
            "--keep", "head")  # fmt: skip


@pytest.fixture
def run_folder(saved_model, run_vocabulary, tmp_path):
    """A run folder without data."""
    folder = tmp_path / "run"
    folder.mkdir()
    shutil.copy(saved_model, folder / "model.keras")
    shutil.copy(run_vocabulary, folder / "vocabulary.json")
    run = {
        "text_rules": ALNUM.to_json() | {"max_tokens": 6, "unknown_id": 1},
        "padding": "pre",
        "labels": ["bad", "good"],
    }
    (folder / "run.json").write_text(json.dumps(run))
    return folder
