"""A run that is killed, or finds the disk full, at any of the files that it writes: resumed, it ends with the same files."""

import errno
import json
import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from drupelet.errors import InputError
from drupelet_train.config import TrainConfig
from drupelet_train.run_folder import PLAN, Plan
from drupelet_train.training.callbacks import Callbacks
from drupelet_train.training.progress import LineProgress
from drupelet_train.training_run import train
from runtime.rotation import every_nth

WRITTEN = (
    *("cache", "plan.json", "settings.toml", "lengths.png", "state.ckpt 0", "state.ckpt 1", "reliability.png"),
    *("evaluation.json", "confusion.png", "learning-curve.png", "vocabulary.json", "labels.txt", "model.keras"),
    *("curves.png", "curves.json", "run.json"),
)
"""The files of a run in the order in which they are put in their place."""


class Killed(BaseException):
    """Stands for a kill. Nothing cleans up after it."""


@pytest.fixture
def run(tiny_settings, tiny_csv, tmp_path, monkeypatch):
    """Trains into a folder. Run folders name their data alike, because every test works in the folder of its data."""
    monkeypatch.chdir(tmp_path)

    def run_tiny(folder, resume=False):
        plan = Plan(tiny_csv.name, TrainConfig(**{**tiny_settings, "epochs": 2}))
        return train(folder, plan, resume, Callbacks(LineProgress()))

    return run_tiny


@pytest.fixture(scope="module")
def kept_files():
    """The files of the run that was not interrupted, once there is one."""
    return {}


@pytest.fixture
def whole_files(run, tmp_path, tmp_path_factory, kept_files):
    """The files of a run that was not interrupted. Its cache is its own: another run finds none, and writes one."""
    if not kept_files:
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache-of-the-whole-run")))
            run(tmp_path / "whole")
        kept_files.update(files_of(tmp_path / "whole"))
    return kept_files


def files_of(folder):
    """The content of every file, without times."""

    def timeless(value):
        if isinstance(value, list):
            return [timeless(item) for item in value]
        if isinstance(value, dict):
            return {key: timeless(item) for key, item in value.items() if key not in ("seconds", "training_seconds")}
        return value

    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            read = path.read_bytes()
            found[str(path.relative_to(folder))] = timeless(json.loads(read)) if path.suffix == ".json" else read
    return found


@contextmanager
def faulty(number, fault):
    """The ``number``-th file meets a fault when it is put in its place. Yields the names so far."""
    names, replace = [], Path.replace
    with pytest.MonkeyPatch.context() as patched:

        def replace_or_fail(path, target):
            names.append(target.name)
            if len(names) == number + 1:
                fault(patched)
            return replace(path, target)

        patched.setattr(Path, "replace", replace_or_fail)
        yield names


def die(patched):
    patched.setattr(Path, "unlink", lambda path, missing_ok=False: None)
    raise Killed


def full(patched):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_these_are_the_files(run, tmp_path):
    with faulty(-1, full) as names:
        run(tmp_path / "run")
    assert ["cache" if name.startswith("ids-") else name for name in names] == [name.split()[0] for name in WRITTEN]


@pytest.mark.parametrize("number", every_nth(5, range(len(WRITTEN)), first=2))
def test_a_killed_run_ends_with_the_same_files(run, tmp_path, cache, whole_files, number):
    with pytest.raises(Killed), faulty(number, die):
        run(tmp_path / "run")
    unfinished = tmp_path / "run", tmp_path / "run" / "checkpoints", cache
    assert sum(len(list(folder.glob(".unfinished-*"))) for folder in unfinished) == 1
    begun = (tmp_path / "run" / PLAN).exists()
    assert begun == (number > WRITTEN.index(PLAN))
    run(tmp_path / "run", resume=begun)
    assert files_of(tmp_path / "run") == whole_files


@pytest.mark.parametrize("number", every_nth(15, range(1, len(WRITTEN)), first=4))
def test_a_full_disk_is_named_and_the_run_ends_with_the_same_files(run, tmp_path, whole_files, number):
    message = rf"{WRITTEN[number].split()[0]}: cannot be written: No space left on device; .* make room"
    with pytest.raises(InputError, match=message), faulty(number, full):
        run(tmp_path / "run")
    run(tmp_path / "run", resume=(tmp_path / "run" / PLAN).exists())
    assert files_of(tmp_path / "run") == whole_files


def test_a_full_disk_below_the_cache_costs_the_cache_alone(run, tmp_path, whole_files, capsys):
    with faulty(0, full):
        run(tmp_path / "run")
    assert "the id matrix is not cached: " in capsys.readouterr().err
    assert files_of(tmp_path / "run") == whole_files
