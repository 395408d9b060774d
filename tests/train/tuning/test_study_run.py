import json
import shutil
from dataclasses import replace

import keras
import optuna
import pytest

from drupelet.errors import InputError
from drupelet.run_folder import RECORD
from drupelet_train import run_folder
from drupelet_train.config import TrainConfig, load_config
from drupelet_train.json_value import JsonValue
from drupelet_train.run_folder import Plan, read_json, read_plan
from drupelet_train.run_record import read_record
from drupelet_train.training.callbacks import Callbacks
from drupelet_train.training.checkpoints import EpochRecord
from drupelet_train.training.loop import DivergedError, TrainingInterruptedError
from drupelet_train.training.progress import LineProgress
from drupelet_train.training.scores import Score
from drupelet_train.training.tasks import InThisProcess
from drupelet_train.tuning import study_run as tuning
from drupelet_train.tuning.search_space import Interval
from drupelet_train.tuning.study import Study
from drupelet_train.tuning.study_record import StudyRecord
from drupelet_train.tuning.study_run import trial_config, tune
from runtime.rotation import every_nth
from train.made_up_record import made_up_record


@pytest.fixture
def run(tiny_settings, tiny_csv):
    def run_tiny(folder, trials, resume=False, stop=lambda: False, data=tiny_csv, apart=False, workers=None, **changes):
        plan = Plan(str(data), TrainConfig(**{**tiny_settings, **changes}), apart=apart)
        return tune(folder, plan, trials, resume, Callbacks(LineProgress(), stop), workers=workers)

    return run_tiny


@pytest.fixture
def script(monkeypatch):
    """A function that replaces trainings: those of trial n come to the n-th loss, or diverge for None.

    It returns a list of the trials that were trained, each with whether it was resumed.
    """

    def script_losses(*losses):
        trained = []

        def scripted_train(folder, plan, resume, callbacks, prepared):
            assert not plan.scores_held_out
            trained.append((int(folder.name), resume))
            if not resume:
                run_folder.begin(folder, plan, "abc")
            loss, history = losses[int(folder.name)], []
            for epoch in range(plan.config.epochs):
                callbacks.before_epoch(tuple(history))
                if loss is None:
                    raise DivergedError("the loss is not a number")
                history.append(EpochRecord(epoch, 1.0, 0.5, loss + 0.1 - epoch / 100, 0.5 + epoch / 10, 2.0))
                if callbacks.stop():
                    raise TrainingInterruptedError(f"interrupted in epoch {epoch + 1}")
            score = Score(12, 0.9, loss, (0.6, 0.98))
            record = made_up_record(config=plan.config, history=tuple(history), validation=score, held_out=None)
            run_folder.write_json(folder / RECORD, record.to_json())
            return record

        monkeypatch.setattr(tuning, "train", scripted_train)
        monkeypatch.setattr(tuning, "plot_tuning", lambda path, over, space: None)  # a second each
        return trained

    return script_losses


def stop_after(asked):
    """A stop function that says so from the ``asked``-th time on."""
    left = [None] * (asked - 1)
    return lambda: not (left and left.pop() is None)


def without_seconds(record):
    return [replace(trial, training_seconds=0.0) for trial in record.trials]


def test_a_study_ends_with_its_best_as_a_configuration(run, tmp_path, tiny_csv, tiny_settings):
    folder = tmp_path / "study"
    record = run(folder, 3)
    names = {path.name for path in folder.iterdir()}
    assert names == {"study.json", "study.db", "tuning.json", "tuning.png", "best.toml", "trials"}
    assert json.loads((folder / "tuning.json").read_text()) == record.to_json()
    assert StudyRecord.from_json(JsonValue(read_json(folder / "tuning.json"), "tuning.json")) == record
    assert (folder / "tuning.png").read_bytes().startswith(b"\x89PNG")

    trials, best = record.trials, record.best
    assert [trial.state for trial in trials] == ["complete"] * 3
    assert best == min(range(3), key=lambda number: trials[number].validation_loss)
    config = load_config(folder / "best.toml")
    assert config == trial_config(TrainConfig(**tiny_settings), best, trials[best].settings)
    assert record.validation_texts == 12

    # Of the trials, only the best keeps its run; what it reached is what the study says.
    assert [path.name for path in (folder / "trials").iterdir()] == [str(best)]
    kept = folder / "trials" / str(best)
    assert read_plan(kept) == Plan(str(tiny_csv), config, scores_held_out=False, compares_baselines=False)
    assert read_record(kept).validation.loss == trials[best].validation_loss
    assert read_record(kept).held_out is None
    keras.saving.load_model(kept / "model.keras")


@pytest.mark.long
def test_an_interrupted_study_ends_with_the_same_trials(run, tmp_path):
    whole = run(tmp_path / "whole", 2)
    second, later = tmp_path / "cut" / "trials" / "1", stop_after(20)
    # Asked some times before the first step, and after each of the 12 steps of an epoch.
    with pytest.raises(TrainingInterruptedError, match=r"interrupted in epoch 2, step"):
        run(tmp_path / "cut", 2, stop=lambda: second.exists() and later())
    assert len(json.loads((tmp_path / "cut" / "tuning.json").read_text())["trials"]) == 1
    assert without_seconds(run(tmp_path / "cut", 2, resume=True)) == without_seconds(whole)
    for name in ("best.toml", "tuning.png"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


LOSSES = (0.5, 0.4, 0.6, 0.3)


@pytest.mark.parametrize("asked", every_nth(6, [1, 16, 2, 4, 5, 6]))
def test_wherever_it_is_interrupted_it_ends_with_the_same_trials(run, script, tmp_path, asked):
    script(*LOSSES)
    whole = run(tmp_path / "whole", 4)
    trained = script(*LOSSES)
    with pytest.raises(TrainingInterruptedError, match="interrupted"):
        run(tmp_path / "cut", 4, stop=stop_after(asked))
    assert run(tmp_path / "cut", 4, resume=True) == whole
    # Each trial once, and the one that was under way twice.
    under_way, place = divmod(asked - 1, 4)
    assert trained == [
        (n, again) for n in range(4) for again in ((False, True) if place and n == under_way else (False,))
    ]


def test_optuna_is_silent_during_a_study_alone(run, script, tmp_path, capsys, tiny_csv):
    during = []

    def stop():
        during.append(optuna.logging.get_verbosity())
        return len(during) > 6

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.DEBUG)
    try:
        script(*LOSSES)
        run(tmp_path / "study", 1)
        assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
        with pytest.raises(TrainingInterruptedError):
            run(tmp_path / "study", 4, resume=True, stop=stop)
        assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
    finally:
        optuna.logging.set_verbosity(before)
    assert set(during) == {optuna.logging.ERROR}
    assert all(line.startswith(("trial ", f"{tiny_csv}: ")) for line in capsys.readouterr().err.splitlines())


def test_a_trial_goes_on_with_the_settings_it_began_with(run, script, tmp_path, monkeypatch):
    script(*LOSSES)
    with pytest.raises(TrainingInterruptedError):
        run(tmp_path / "study", 2, stop=stop_after(6))
    began_with = read_plan(tmp_path / "study" / "trials" / "1").config
    monkeypatch.setattr(Study, "propose", lambda *known: pytest.fail("nothing is to be proposed"))
    record = run(tmp_path / "study", 2, resume=True)
    assert trial_config(record.config, 1, record.trials[1].settings) == began_with


class KilledError(BaseException):
    """Stands for the end of the process."""


def kill(*arguments):
    raise KilledError


def test_a_trial_that_was_trained_is_not_trained_again(run, script, tmp_path, monkeypatch):
    trained = script(*LOSSES)
    with monkeypatch.context() as patched:
        patched.setattr(Study, "book", kill)
        with pytest.raises(KilledError):
            run(tmp_path / "study", 2)
    assert run(tmp_path / "study", 2, resume=True).best == 1
    assert trained == [(0, False), (1, False)]


@pytest.mark.long
def test_a_kill_while_a_folder_is_deleted_does_no_harm(run, script, tmp_path, monkeypatch):
    script(*LOSSES)
    with monkeypatch.context() as patched:
        patched.setattr(tuning.shutil, "rmtree", kill)
        with pytest.raises(KilledError):
            run(tmp_path / "study", 3)
    rest = tmp_path / "study" / "trials" / "2" / "checkpoints"
    rest.mkdir(parents=True)
    assert [trial.validation_loss for trial in run(tmp_path / "study", 3, resume=True).trials] == [0.5, 0.4, 0.6]
    assert [path.name for path in (tmp_path / "study" / "trials").iterdir()] == ["1"]


@pytest.mark.long
def test_more_trials_can_be_asked_for_later(run, script, tmp_path):
    trained = script(*LOSSES)
    whole = run(tmp_path / "whole", 4)
    run(tmp_path / "study", 2)
    trained.clear()
    assert run(tmp_path / "study", 4, resume=True) == whole
    assert run(tmp_path / "study", 1, resume=True) == whole
    assert [number for number, _ in trained] == [2, 3]


class Backwards:
    """Runs the last task first, as workers may."""

    def __init__(self, stop_after=None):
        self.left = stop_after

    def run(self, tasks, shared, callbacks, done):
        values = []
        for number in reversed(range(len(tasks))):
            if self.left == 0:
                raise TrainingInterruptedError("interrupted")
            self.left = None if self.left is None else self.left - 1
            values.append(tasks[number].call(tasks[number].folder, shared, callbacks))
            done(number, values[-1])
        return values[::-1]


@pytest.mark.long
def test_the_order_in_which_trials_of_a_round_end_changes_nothing(run, script, tmp_path):
    losses = (0.5, 0.4, 0.6, 0.45, 0.3, 0.7)
    trained = script(*losses)
    whole = run(tmp_path / "whole", 6, apart=True, workers=InThisProcess())
    with pytest.raises(TrainingInterruptedError):
        run(tmp_path / "cut", 6, apart=True, workers=Backwards(stop_after=2))
    cut = run(tmp_path / "cut", 6, apart=True, resume=True, workers=Backwards())
    assert without_seconds(cut) == without_seconds(whole)
    assert [trial.validation_loss for trial in cut.trials] == list(losses)
    assert [number for number, _ in trained[6:]] == [3, 2, 1, 0, 5, 4]
    for name in ("whole", "cut"):
        assert [path.name for path in (tmp_path / name / "trials").iterdir()] == ["4"]
        assert (tmp_path / name / "best.toml").read_bytes() == (tmp_path / "whole" / "best.toml").read_bytes()


def test_the_first_trial_is_the_base_itself(run, script, tmp_path, tiny_settings):
    script(0.1, 0.2)
    # More than the corpus has: booked at the end of the space, trained and reported as it is.
    record = run(tmp_path / "study", 2, vocabulary_size=20_000, max_tokens=400)
    assert record.space["vocabulary_size"] == Interval(3, 9, logarithmic=True)
    assert record.space["max_tokens"].high == 20
    assert record.trials[0].settings["vocabulary_size"] == 20_000
    assert record.best == 0
    base = TrainConfig(**{**tiny_settings, "vocabulary_size": 20_000, "max_tokens": 400})
    assert load_config(tmp_path / "study" / "best.toml") == base
    assert read_plan(tmp_path / "study" / "trials" / "0").config == base


@pytest.mark.long
def test_what_is_worse_than_most_is_cut(run, script, tmp_path, capsys):
    script(0.3, 0.3, 0.3, 0.3, 0.3, 0.9, 0.2)
    record = run(tmp_path / "study", 7)
    assert [trial.state for trial in record.trials] == ["complete"] * 5 + ["pruned", "complete"]
    cut = record.trials[5]
    assert list(cut.losses) == [0, 1]
    assert cut.validation_loss == pytest.approx(0.99)
    assert (cut.validation_accuracy, cut.training_seconds) == (0.6, 4.0)
    assert record.best == 6
    assert "trial 5: pruned, validation loss 0.9900; best is trial 0 with 0.3000\n" in capsys.readouterr().err


def test_a_trial_that_diverges_is_none_to_choose(run, script, tmp_path, capsys):
    script(None, 0.5, None)
    record = run(tmp_path / "study", 3)
    assert [trial.state for trial in record.trials] == ["diverged", "complete", "diverged"]
    assert record.trials[0].validation_loss is None
    assert record.best == 1
    assert "trial 0: the loss is not a number\ntrial 0: diverged\n" in capsys.readouterr().err


def test_a_study_in_which_all_diverge_is_an_error(run, script, tmp_path):
    script(None, None)
    with pytest.raises(
        InputError,
        match=r"study: the loss stopped being a number in all 2 trials; .* lower learning_rate \(now 0\.02\)",
    ):
        run(tmp_path / "study", 2)
    assert not (tmp_path / "study" / "best.toml").exists()


def test_unusable_data_leaves_no_study_behind(run, tmp_path, tiny_csv):
    wordless = tmp_path / "a.csv"
    wordless.write_text("text,label\n" + "!!,0\n!!,1\n" * 20)
    for changes, message in (
        ({"data": tmp_path / "gone.csv"}, "no such file"),
        ({"data": wordless, "tokenizer": "alnum"}, "finds no word in any training text"),
        ({"output": "sigmoid"}, 'output is "sigmoid" for 3 classes'),
    ):
        with pytest.raises(InputError, match=message):
            run(tmp_path / "study", 2, **changes)
    assert not (tmp_path / "study").exists()


def test_other_texts_under_the_same_name_are_not_resumed(run, script, tmp_path, tiny_csv, write_tiny_csv):
    script(*LOSSES)
    run(tmp_path / "study", 1)
    write_tiny_csv(tiny_csv, texts=150)
    with pytest.raises(
        InputError, match="the record of the run names this data, which is not here as it was in training"
    ):
        run(tmp_path / "study", 2, resume=True)


def test_other_versions_are_told(run, script, tmp_path, monkeypatch, capsys):
    script(*LOSSES)
    run(tmp_path / "study", 1)
    now = {**run_folder.versions(), "keras": "9.9"}
    monkeypatch.setattr(run_folder, "versions", lambda: now)
    run(tmp_path / "study", 2, resume=True)
    assert "study: continues with keras 9.9" in capsys.readouterr().err


@pytest.mark.long
def test_a_study_without_its_database_begins_again(run, script, tmp_path):
    script(*LOSSES)
    whole = run(tmp_path / "study", 3)
    (tmp_path / "study" / "study.db").unlink()
    shutil.rmtree(tmp_path / "study" / "trials")
    assert run(tmp_path / "study", 3, resume=True) == whole


def test_a_second_study_in_the_same_folder_is_refused(run, tmp_path):
    refused = []

    def stop():
        with pytest.raises(InputError, match="another drupelet train is working in it; nothing was changed"):
            run(tmp_path / "study", 2, resume=True)
        refused.append(True)
        return True

    with pytest.raises(TrainingInterruptedError):
        run(tmp_path / "study", 2, stop=stop)
    assert refused


def test_data_of_another_study_is_not_read_for_a_resumed_one(run, tmp_path, tiny_csv):
    with pytest.raises(TrainingInterruptedError):
        run(tmp_path / "study", 2, stop=lambda: True)
    (tmp_path / "private").write_text("password,of,mine\n")
    with pytest.raises(InputError, match="private: the record of the run names this data, which is not here as it was"):
        run(tmp_path / "study", 2, resume=True, data=tmp_path / "private")
