import pickle
import sqlite3

import optuna
import pytest

from drupelet.errors import FormatError, InputError
from drupelet_train.config import TrainConfig
from drupelet_train.tuning.search_space import Interval, search_space
from drupelet_train.tuning.study import TRIALS_BEFORE_PRUNING, Study
from drupelet_train.tuning.trial import COMPLETE, DIVERGED, PRUNED, Trial

SPACE = search_space(TrainConfig(), {"vocabulary_size": 900, "max_tokens": 80})
MIDDLE = {
    "learning_rate": 0.004,
    "units": 64,
    "dropout": 0.3,
    "word_dropout": 0.2,
    "vocabulary_size": 400,
    "max_tokens": 40,
}


def open_study(path, seed=1, corpus="texts", epochs=6):
    return Study(path, SPACE, seed, epochs, corpus)


def complete(settings, loss=0.3, losses=None):
    return Trial(settings, COMPLETE, losses or {0: loss + 0.1, 1: loss}, loss, 0.9, 12.5)


def booked(path, count, seed=1):
    """A study with ``count`` trials of proposed settings; what they come to follows from the settings."""
    study = open_study(path, seed)
    while len(study.trials()) < count:
        number = len(study.trials())
        settings = study.propose(number, number)
        study.book(complete(settings, abs(settings["dropout"] - 0.2) + settings["units"] / 1_000))
    return study


def test_trials_are_found_again(tmp_path):
    over = [
        complete(MIDDLE),
        Trial({**MIDDLE, "units": 32}, PRUNED, {0: 0.5, 1: 0.4, 2: 0.45}, 0.4, 0.8, 3.0),
        Trial({**MIDDLE, "units": 33}, DIVERGED, {}, None, None, 1.0),
    ]
    study = open_study(tmp_path / "study.db")
    for trial in over:
        study.book(trial)
    assert study.trials() == over
    assert open_study(tmp_path / "study.db").trials() == over
    assert [path.name for path in tmp_path.iterdir()] == ["study.db"]


def test_others_can_read_it(tmp_path):
    booked(tmp_path / "study.db", 2)
    (name,) = optuna.get_all_study_names(f"sqlite:///{tmp_path / 'study.db'}")
    assert name == "drupelet"


def test_any_folder_can_hold_it(tmp_path):
    folder = tmp_path / "50 % of what? a+b#c & d"
    folder.mkdir()
    assert len(booked(folder / "study.db", 1).trials()) == 1
    assert [path.name for path in folder.iterdir()] == ["study.db"]


def test_a_base_beyond_the_space_counts_as_its_end(tmp_path):
    study = open_study(tmp_path / "study.db")
    study.book(complete({**MIDDLE, "vocabulary_size": 20_000, "max_tokens": 400}))
    assert study.trials()[0].settings == {**MIDDLE, "vocabulary_size": 900, "max_tokens": 80}


def test_proposals_lie_in_the_space_and_differ(tmp_path):
    over = booked(tmp_path / "study.db", 14).trials()
    for trial in over:
        TrainConfig(**trial.settings)
        assert all(SPACE[key].low <= value <= SPACE[key].high for key, value in trial.settings.items())
        assert all(type(value) is type(SPACE[key].low) for key, value in trial.settings.items())
    assert len({trial.settings["learning_rate"] for trial in over}) == 14


def test_proposals_follow_from_seed_number_and_the_trials_before(tmp_path):
    whole = booked(tmp_path / "whole.db", 13)
    for count in (1, 4, 12, 13):  # opened again and again, and asked twice
        booked(tmp_path / "cut.db", count).propose(count, count)
    assert open_study(tmp_path / "cut.db").trials() == whole.trials()
    assert booked(tmp_path / "other.db", 1, seed=2).trials() != whole.trials()[:1]


def test_what_came_after_the_trials_that_are_known_changes_no_proposal_and_no_judgement(tmp_path):
    study = open_study(tmp_path / "study.db")
    for loss in range(12):
        study.book(complete({**MIDDLE, "units": 50 + loss}, losses=dict.fromkeys(range(6), 0.3 + loss / 100)))
    bad = dict.fromkeys(range(4), 9.0)
    before = study.propose(13, 12), study.propose(14, 12), study.yardstick(4).is_hopeless(bad)
    assert before[0] != before[1]
    assert study.yardstick(12).is_hopeless(bad)
    study.book(complete(MIDDLE))
    again = pickle.loads(pickle.dumps(study.yardstick(4)))  # noqa: S301 - our own
    assert (study.propose(13, 12), study.propose(14, 12), again.is_hopeless(bad)) == before


def test_what_is_worse_than_most_is_hopeless(tmp_path):
    study = open_study(tmp_path / "study.db")
    for loss in range(TRIALS_BEFORE_PRUNING - 1):
        study.book(complete(MIDDLE, losses=dict.fromkeys(range(6), 0.3 + loss / 100)))
    bad = dict.fromkeys(range(4), 0.9)
    assert not study.yardstick(TRIALS_BEFORE_PRUNING).is_hopeless(bad)
    study.book(complete(MIDDLE, losses=dict.fromkeys(range(6), 0.4)))
    assert study.yardstick(TRIALS_BEFORE_PRUNING).is_hopeless(bad)
    assert not study.yardstick(TRIALS_BEFORE_PRUNING).is_hopeless(dict.fromkeys(range(2), 0.9)), (
        "in the first third of the epochs"
    )
    assert not study.yardstick(TRIALS_BEFORE_PRUNING).is_hopeless({**bad, 3: 0.31})
    assert len(study.trials()) == TRIALS_BEFORE_PRUNING


def test_a_study_of_other_texts_is_refused(tmp_path):
    open_study(tmp_path / "study.db")
    with pytest.raises(InputError, match=r"study\.db: belongs to a study of other texts; .* put them back"):
        open_study(tmp_path / "study.db", corpus="others")


def damage_page(content):
    return content[:4096] + bytes(4096) + content[8192:]


@pytest.mark.parametrize(
    "damage",
    [lambda content: b"", lambda content: b"not a database" * 100, lambda content: content[:20_000], damage_page],
)
def test_a_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "study.db"
    booked(path, 1)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FormatError, match=r"study\.db: not a readable study: .*; .* delete the file and resume"):
        open_study(path).trials()


def test_a_study_of_others_is_named(tmp_path):
    path = tmp_path / "study.db"
    optuna.create_study(storage=f"sqlite:///{path}", study_name="drupelet")
    with pytest.raises(FormatError, match=r"study\.db: not a readable study"):
        open_study(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("DELETE FROM trial_user_attributes", "diverged|training_seconds|validation_accuracy"),
        ("UPDATE trials SET state='RUNNING'", "is running"),
    ],
)
def test_trials_that_are_not_ours_are_named(tmp_path, change, message):
    path = tmp_path / "study.db"
    booked(path, 1)
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    with pytest.raises(FormatError, match=rf"study\.db: not a readable study: .*({message})"):
        open_study(path).trials()


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    path = tmp_path / "study.db"
    study = open_study(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE trial_params")
    with pytest.raises(InputError, match=r"study\.db: cannot be written: .*; .* continue with --resume"):
        study.book(complete(MIDDLE))


def test_one_choice_is_a_space_too(tmp_path):
    space = {**SPACE, "max_tokens": Interval(1, 1, True)}
    study = Study(tmp_path / "study.db", space, 1, 6, "texts")
    for _ in range(12):
        study.book(complete(study.propose(len(study.trials()), 0)))
    assert {trial.settings["max_tokens"] for trial in study.trials()} == {1}
