import json
import os
import re
import signal
import subprocess
import sys

import pytest

from drupelet.errors import FormatError, InputError
from drupelet.labelled_rows import Columns
from drupelet_train import run_folder
from drupelet_train.atomic import TEMPORARY_PREFIX
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.reading import Reading
from drupelet_train.run_folder import (
    STUDY,
    Plan,
    begin,
    begun_corpus_sha256,
    check_same_plan,
    check_vacant,
    drop_checkpoints,
    other_versions,
    read_plan,
    versions,
    working_in,
)

PLAN = Plan("imdb", TrainConfig(units=24))


def test_a_begun_run_has_its_plan(tmp_path):
    begin(tmp_path / "run", PLAN, "abc")
    assert read_plan(tmp_path / "run") == PLAN


def test_a_plan_remembers_whether_held_out_texts_are_scored(tmp_path):
    begin(tmp_path / "run", Plan("imdb", PLAN.config, scores_held_out=False), "abc")
    assert not read_plan(tmp_path / "run").scores_held_out
    path = tmp_path / "run" / "plan.json"
    document = json.loads(path.read_text())
    del document["scores_held_out"]
    path.write_text(json.dumps(document))
    assert read_plan(tmp_path / "run").scores_held_out
    del document["reading"], document["compares_baselines"]
    path.write_text(json.dumps(document))
    assert read_plan(tmp_path / "run") == Plan("imdb", PLAN.config)
    path.write_text(json.dumps({**document, "compares_baselines": 1}))
    with pytest.raises(FormatError, match=r"not the plan of a run: compares_baselines is 1, expected true or false"):
        read_plan(tmp_path / "run")
    path.write_text(json.dumps({**document, "scores_held_out": "no"}))
    with pytest.raises(FormatError, match=r"not the plan of a run: scores_held_out is 'no', expected true or false"):
        read_plan(tmp_path / "run")


def test_an_unfinished_file_is_nothing(tmp_path):
    (tmp_path / f"{TEMPORARY_PREFIX}1-plan.json").write_text("{")
    check_vacant(tmp_path)


def test_a_run_is_never_overwritten(tmp_path):
    begin(tmp_path, PLAN, "abc")
    with pytest.raises(
        InputError, match=r"holds a run that is not finished; nothing was changed: continue it with --resume"
    ):
        begin(tmp_path, PLAN, "abc")
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InputError, match=r"holds a finished run; nothing was changed: name another folder with --out"):
        check_vacant(tmp_path)


def test_other_peoples_folders_and_files_are_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"holds other files, expected an empty or a new folder"):
        check_vacant(tmp_path)
    with pytest.raises(InputError, match=r"letter\.txt: is a file, expected a folder to train into"):
        check_vacant(tmp_path / "letter.txt")


def test_a_study_and_a_run_are_told_apart(tmp_path):
    begin(tmp_path / "study", PLAN, "abc", STUDY)
    begin(tmp_path / "run", PLAN, "abc")
    assert read_plan(tmp_path / "study", STUDY) == PLAN
    assert other_versions(tmp_path / "study", STUDY) is None
    with pytest.raises(
        InputError, match=r"study: holds a tuning study; nothing was changed: continue it with --tune N --resume"
    ):
        begin(tmp_path / "study", PLAN, "abc")
    with pytest.raises(InputError, match=r"study: holds a tuning study, not a run; add --tune N"):
        read_plan(tmp_path / "study")
    with pytest.raises(InputError, match=r"run: holds a run, not a tuning study; leave out --tune"):
        read_plan(tmp_path / "run", STUDY)
    with pytest.raises(InputError, match=r"gone: holds no tuning study to resume \(no study\.json\)"):
        read_plan(tmp_path / "gone", STUDY)


def test_nothing_to_resume_is_named(tmp_path):
    with pytest.raises(InputError, match=r"holds no run to resume \(no plan\.json\); leave out --resume"):
        read_plan(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"plan\.json: not a readable JSON document"),
        ("[]", r"plan\.json: a JSON list, expected an object"),
        ("{}", r"plan\.json: not the plan of a run: 'schema_version'"),
        ('{"schema_version": 9}', r"plan\.json: schema version 9, expected 1; resume with the release"),
        (
            '{"schema_version": 1, "data": "imdb", "config": {"zzz": 1}}',
            r"plan\.json: not the plan of a run: unknown key",
        ),
        ('{"schema_version": 1, "data": "imdb", "config": 3}', r"plan\.json: not the plan of a run: "),
    ],
)
def test_a_damaged_plan_is_named(tmp_path, content, message):
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(FormatError, match=message):
        read_plan(tmp_path)


def test_other_settings_are_named(tmp_path):
    check_same_plan(tmp_path, PLAN, None, None)
    check_same_plan(tmp_path, PLAN, "imdb", TrainConfig(units=24))
    message = (
        r"cannot be resumed with other settings: data is 'a\.csv', the run began with 'imdb'; "
        r"units is 32, the run began with 24; seed is 2, the run began with 1; leave --data and --config out"
    )
    with pytest.raises(InputError, match=message):
        check_same_plan(tmp_path, PLAN, "a.csv", TrainConfig(units=32, seed=2))


def test_other_versions_are_told(tmp_path, monkeypatch):
    begin(tmp_path, PLAN, "abc")
    assert other_versions(tmp_path) is None
    now = {**versions(), "keras": "9.9"}
    monkeypatch.setattr(run_folder, "versions", lambda: now)
    message = rf"continues with keras 9\.9 \(was {versions()['keras']}\): the result may differ"
    assert re.search(message, other_versions(tmp_path))


def test_a_plan_is_identified_by_settings_and_texts():
    assert PLAN.sha256("a") == Plan("elsewhere", PLAN.config).sha256("a")
    assert len({PLAN.sha256("a"), PLAN.sha256("b"), Plan("imdb", TrainConfig()).sha256("a")}) == 3


def test_versions_are_those_that_decide_the_bits():
    assert set(versions()) == {"python", "keras", "tensorflow", "numpy", "scipy", "scikit-learn", "drupelet-train"}
    json.dumps(versions())


def test_a_run_remembers_its_texts(tmp_path):
    begin(tmp_path, PLAN, "abc")
    assert begun_corpus_sha256(tmp_path) == "abc"
    (tmp_path / "plan.json").write_text('{"corpus_sha256": 3}')
    with pytest.raises(
        FormatError, match=r"plan\.json: corpus_sha256 is 3, expected a SHA-256; train into a new folder"
    ):
        begun_corpus_sha256(tmp_path)


def test_a_document_that_is_too_long_or_a_pipe_is_refused(tmp_path, monkeypatch):
    begin(tmp_path, PLAN, "abc")
    monkeypatch.setattr(run_folder, "MAX_DOCUMENT_BYTES", 10)
    with pytest.raises(FormatError, match=r"plan\.json: has more than 10 bytes; train into a new folder"):
        read_plan(tmp_path)
    (tmp_path / "plan.json").unlink()
    os.mkfifo(tmp_path / "plan.json")
    with pytest.raises(FormatError, match=r"plan\.json: not a regular file"):
        read_plan(tmp_path)


# One training at a time


def work(folder):
    with working_in(folder):
        pass


def test_two_trainings_do_not_share_a_folder(tmp_path):
    message = (
        "run: another drupelet train is working in it; nothing was changed: wait for its end, or name another folder"
    )
    with working_in(tmp_path / "run"):
        with pytest.raises(InputError, match=message):
            work(tmp_path / "run")
        work(tmp_path / "other")
    work(tmp_path / "run")


def test_the_lock_ends_with_a_killed_process(tmp_path):
    program = f"""
import os, signal
from pathlib import Path
from drupelet_train.run_folder import working_in
with working_in(Path({str(tmp_path)!r})):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    work(tmp_path)


def test_a_folder_without_work_is_removed_with_the_folders_above_it(tmp_path):
    work(tmp_path / "deep" / "inside" / "run")
    assert list(tmp_path.iterdir()) == []
    with working_in(tmp_path / "deep" / "inside" / "run"):
        (tmp_path / "deep" / "notes").write_text("")
    assert [path.name for path in tmp_path.rglob("*")] == ["deep", "notes"]
    (tmp_path / "empty").mkdir()
    work(tmp_path / "empty")
    assert (tmp_path / "empty").is_dir()


def test_a_file_is_no_folder_to_work_in(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(
            InputError, match=r"cannot be made or opened \((File exists|Not a directory)\); name another"
        ):
            work(place)


def test_what_a_killed_training_was_writing_is_deleted(tmp_path):
    for name in (".unfinished-1-plan.json", "model.keras"):
        (tmp_path / name).write_text("half")
    with working_in(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
        (tmp_path / ".unfinished-2-run.json").write_text("half")
        with pytest.raises(InputError, match="another drupelet train is working"):
            work(tmp_path)
        assert (tmp_path / ".unfinished-2-run.json").exists()


def test_the_state_of_a_finished_training_is_deleted(tmp_path):
    (tmp_path / "checkpoints" / "member-0").mkdir(parents=True)
    (tmp_path / "checkpoints" / "member-0" / "state.ckpt").write_text("")
    drop_checkpoints(tmp_path)
    drop_checkpoints(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_plan_keeps_how_its_data_is_read(tmp_path):
    reading = Reading(Columns("a", "b", ";", True, "w", "g", False), "v.csv", "t.csv")
    plan = Plan("texts.csv", PLAN.config, reading=reading, compares_baselines=False)
    begin(tmp_path / "run", plan, "abc")
    assert read_plan(tmp_path / "run") == plan
    check_same_plan(tmp_path / "run", plan, None, None, reading)
    with pytest.raises(InputError, match="--test differ from the options that the run began with"):
        check_same_plan(tmp_path / "run", plan, None, None, Reading(test="t.csv"))
