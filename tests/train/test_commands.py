import argparse
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import keras
import pytest

from drupelet.cli.command import EXIT_INTERRUPTED
from drupelet.cli.signals import Terminated
from drupelet.errors import InputError
from drupelet_train import training_run
from drupelet_train.commands import TRAIN
from drupelet_train.config import TrainConfig, load_config
from drupelet_train.corpora.corpus import read_corpus
from drupelet_train.run_folder import STUDY, Plan, begin
from drupelet_train.training.loop import fit
from runtime.rotation import every_nth


def run(*arguments):
    parser = argparse.ArgumentParser()
    TRAIN.configure(parser)
    return TRAIN.run(parser.parse_args([str(argument) for argument in arguments]))


def test_the_module_imports_nothing_heavy():
    program = (
        "import sys, drupelet_train.commands\n"
        "heavy = {'keras', 'sklearn', 'scipy', 'tensorflow', 'numpy', 'pyarrow', 'rich', 'matplotlib', 'optuna'}\n"
        "print(heavy & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


def test_what_was_read_is_said_before_keras_is_loaded(tmp_path, tiny_csv, monkeypatch, capsys):
    def stop(*names):
        raise KeyboardInterrupt

    monkeypatch.setattr("drupelet_train.commands.libraries_loading", stop)
    with pytest.raises(KeyboardInterrupt):
        run("--data", tiny_csv, "--out", tmp_path / "run")
    said = f"{tiny_csv}: 120 rows separated by ',', texts in 'text', labels in 'label'\n"
    assert capsys.readouterr().err == said


def test_jobs_that_cannot_be_are_named(tmp_path, tiny_csv, tiny_config):
    with pytest.raises(InputError, match="--jobs is 0, expected at least 1 process"):
        run("--data", tiny_csv, "--out", tmp_path / "run", "--jobs", 0)
    begin(tmp_path / "run", Plan(str(tiny_csv), load_config(tiny_config)), "abc")
    with pytest.raises(InputError, match=r"began without --jobs or --ray, .* other bits; continue without them, or"):
        run("--out", tmp_path / "run", "--resume", "--jobs", 2)


@pytest.mark.parametrize(("given", "expected"), [((), [None]), (("--jobs", 3), [3]), (("--resume",), [1])])
def test_who_trains(tmp_path, tiny_csv, tiny_config, monkeypatch, given, expected):
    """A run that began with workers continues with workers."""
    asked = []

    class Workers:
        def __init__(self, jobs):
            self.jobs = jobs

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

    def train(folder, plan, resume, callbacks, prepared, workers):
        assert plan.apart == (workers is not None)
        asked.append(workers and workers.jobs)
        raise InputError("asked enough")

    monkeypatch.setattr("drupelet_train.parallel.processes.Processes", Workers)
    monkeypatch.setattr(training_run, "train", train)
    data = ("--data", tiny_csv, "--config", tiny_config)
    if "--resume" in given:
        begin(
            tmp_path / "run",
            Plan(str(tiny_csv), load_config(tiny_config), apart=True),
            read_corpus(str(tiny_csv)).sha256(),
        )
        data = ()
    with pytest.raises(InputError, match="asked enough"):
        run(*data, "--out", tmp_path / "run", *given)
    assert asked == expected


def test_a_run_is_summed_up(tmp_path, tiny_csv, tiny_config, capsys):
    out = tmp_path / "run"
    assert run("--data", tiny_csv, "--config", tiny_config, "--out", out) == 0
    output = capsys.readouterr()
    for part in (
        f"{out}: best of 3 epochs is",
        "held-out: accuracy 0.",
        "calibrated at temperature ",
        f"next: drupelet export {out} --out BUNDLE",
    ):
        assert part in output.out
    said = [line.split(":")[0] for line in output.err.splitlines()]
    assert said == [
        str(tiny_csv),
        "2 training texts repeat an earlier one, 2 of them with other labels",
        *("text rules alnum", "letters dropped", "beside it, right on validation texts"),
        *("epoch 1/3", "epoch 2/3", "epoch 3/3"),
    ]
    assert "TF-IDF regression" in output.out
    assert f"each label, mistakes and pictures: drupelet report {out} --out report.html" in output.out
    evaluation = json.loads((out / "evaluation.json").read_text())
    record = json.loads((out / "run.json").read_text())
    for part, score in record["metrics"].items():
        assert evaluation["parts"][part]["accuracy"] == score["accuracy"]
    assert (out / "confusion.png").read_bytes().startswith(b"\x89PNG")
    assert record["duplicates"] == {"training": 2, "contradicting": 2, "validation": 0, "held_out": 0}
    with pytest.raises(InputError, match="holds a finished run; nothing was changed"):
        run("--data", tiny_csv, "--config", tiny_config, "--out", out)
    (out / "checkpoints").mkdir()  # as it is after a kill
    assert run("--out", out, "--resume", "--json") == 0
    assert not (out / "checkpoints").exists()
    assert json.loads(capsys.readouterr().out) == {"run": str(out), **json.loads((out / "run.json").read_text())}


BAD_INPUT = {
    "one class": (["a,x", "b,x"], [], "every text is labelled 'x'; expected at least two classes"),
    "a class of one text": (["a,x", "b,x", "c,x", "d,y"], [], "the class 'y' has 1 text, expected at least 3"),
    "a class a text": ([f"a,{n}" for n in range(100_000)], [], "100,000 different labels in 100,000 texts"),
    "floats": (
        [f"a,0.{n:03}" for n in range(1, 99)] * 3,
        [],
        "all are numbers, some with fractions; expected classes: cut",
    ),
    "empty texts": ([",x", ",y"] * 20, [], "finds no word in any training text; expected texts with words"),
    "a column": (["a,x", "b,y"] * 3, ["--label-column", "lable"], "no single column 'lable'; did you mean 'label'"),
    "10 MB": (["a,x", f"{'long ' * 2_097_152},y"], [], "line 3: a text of 10,485,760 characters ends here"),
    "groups": (["a,x", "b,y"] * 9, ["--group-column", "label"], "belong to one group, expected at least 3"),
    "sigmoids": (["a b,x", "b c,y"] * 9, ["--set", "output=sigmoids"], 'set output = "softmax"'),
    "a teacher": (["a b,x", "b c,y"] * 9, ["--multi-label", "--set", "teacher=ngram"], "which no teacher knows"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_named_before_keras_is_loaded(tmp_path, name):
    rows, options, message = BAD_INPUT[name]
    (tmp_path / "a.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    program = (
        "import sys, argparse\nfrom drupelet.errors import DrupeletError\nfrom drupelet_train.commands import TRAIN\n"
        "parser = argparse.ArgumentParser()\nTRAIN.configure(parser)\n"
        "try:\n    TRAIN.run(parser.parse_args())\n"
        "except DrupeletError as error:\n    print(error)\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)\n"
    )
    given = ["--data", str(tmp_path / "a.csv"), "--out", str(tmp_path / "run"), *options]
    done = subprocess.run([sys.executable, "-c", program, *given], capture_output=True, text=True, check=True)
    assert message in done.stdout
    assert not (tmp_path / "run").exists()


def test_settings_are_shown_and_nothing_is_trained(tmp_path, tiny_config, capsys):
    out = tmp_path / "run"
    assert run("--config", tiny_config, "--set", "epochs=7", "--set", "keep=tail", "--show-config", "--out", out) == 0
    shown = capsys.readouterr().out
    (tmp_path / "shown.toml").write_text(shown)
    assert load_config(tmp_path / "shown.toml") == replace(load_config(tiny_config), epochs=7, keep="tail")
    assert not out.exists()
    assert run("--show-config", "--json") == 0
    assert json.loads(capsys.readouterr().out) == TrainConfig().to_json()


def test_the_texts_choose_what_nobody_names(tmp_path, tiny_csv, tiny_settings, capsys):
    shown = tmp_path / "shown.toml"
    assert run("--data", tiny_csv, "--set", "units=7", "--show-config", "--out", tmp_path / "run") == 0
    shown.write_text(capsys.readouterr().out)
    config = load_config(shown)
    assert (config.units, config.max_tokens, config.teacher, config.tokenizer) == (7, 20, "ngram", "alnum")
    named = tmp_path / "named.toml"
    named.write_text("units = 7\n")
    assert run("--data", tiny_csv, "--config", named, "--show-config", "--out", tmp_path / "run") == 0
    shown.write_text(capsys.readouterr().out)
    assert load_config(shown) == TrainConfig(units=7, tokenizer="alnum")
    assert not (tmp_path / "run").exists()


def test_a_run_that_chose_resumes_with_what_it_chose(tmp_path, tiny_csv, monkeypatch, capsys):
    out, given = tmp_path / "run", ["--set", "units=3", "--set", "epochs=2", "--set", "embedding=random"]

    def fit_and_interrupt(*arguments, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return fit(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(training_run, "fit", fit_and_interrupt)
        assert run("--data", tiny_csv, *given, "--out", out) == EXIT_INTERRUPTED
    notices = capsys.readouterr().err
    assert "crops 2: " in notices
    assert "units 3: " not in notices
    chosen = load_config(out / "settings.toml")
    assert (chosen.units, chosen.epochs, chosen.embedding, chosen.max_tokens) == (3, 2, "random", 20)
    with pytest.raises(InputError, match=r"cannot be resumed with other settings: units is 4, the run began with 3; "):
        run("--set", "units=4", "--out", out, "--resume")
    assert run("--set", "units=3", "--out", out, "--resume", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert record["config"] == {**chosen.to_json(), "tokenizer": "auto"}
    assert load_config(out / "settings.toml") == chosen


def test_the_configurations_that_come_with_it_are_listed(capsys):
    assert run("--list-configs") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["imdb", "imdb-nano", "imdb-tiny", "tutorial"]
    assert run("--list-configs", "--json") == 0
    assert json.loads(capsys.readouterr().out)["tutorial"].startswith("A well-known tutorial's network")


def test_baselines_can_be_left_out(tmp_path, tiny_csv, tiny_config, capsys):
    out = tmp_path / "run"
    assert run("--data", tiny_csv, "--config", tiny_config, "--set", "epochs=1", "--out", out, "--no-baselines") == 0
    output = capsys.readouterr()
    assert "beside it" not in output.out + output.err
    assert "baselines" not in json.loads((out / "run.json").read_text())


def test_several_labels_of_a_text(tmp_path, tiny_config, capsys):
    data, out = tmp_path / "a.csv", tmp_path / "run"
    rows = [f"{word} film {n};{labels}" for n in range(30) for word, labels in (("x", "a"), ("y", "a|b"), ("z", ""))]
    data.write_text("\n".join(["text;label", *rows]) + "\n")
    given = ("--data", data, "--multi-label", "--config", tiny_config, "--out", out)
    assert run(*given, "--set", "epochs=20", "--set", "patience=20", "--set", "pooling=max") == 0
    output = capsys.readouterr()
    assert "output sigmoids: a text may have several labels, and each is decided alone" in output.err
    assert f"{data}: 30 of 90 texts have no label" in output.err
    record = json.loads((out / "run.json").read_text())
    held_out = record["metrics"]["held_out"]
    assert f"held-out: all labels right {held_out['accuracy']:.4f} (95 %" in output.out
    assert f"macro F1 {held_out['macro_f1']:.4f}, micro F1 {held_out['micro_f1']:.4f}" in output.out
    assert held_out["accuracy"] > 0.9
    assert record["reading"]["columns"]["several"] is True
    model = keras.saving.load_model(out / "model.keras")
    assert model.layers[-1].activation is keras.activations.sigmoid
    assert model.output_shape == (None, 2)


def test_only_epochs_like_the_model_count_in_the_summary(tmp_path, tiny_csv, write_tiny_config, capsys):
    config = write_tiny_config(tmp_path / "grid.toml", embedding_bits=8, quantized_epochs=1)
    assert run("--data", tiny_csv, "--config", config, "--out", tmp_path / "run") == 0
    output = capsys.readouterr()
    assert "best of 1 epochs with the embedding on its 8-bit grid is 3" in output.out
    assert "epoch 3/3: continues from epoch" in output.err


def test_json_is_one_document_on_stdout(tmp_path, tiny_csv, tiny_config, capsys):
    assert run("--data", tiny_csv, "--config", tiny_config, "--out", tmp_path / "run", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema_version"] == 1
    assert document["run"] == str(tmp_path / "run")
    assert document["metrics"]["held_out"]["n"] == 12


def test_held_out_texts_can_be_left_out(tmp_path, tiny_csv, tiny_config, capsys):
    out = tmp_path / "run"
    assert run("--data", tiny_csv, "--config", tiny_config, "--out", out, "--no-held-out") == 0
    assert "held-out" not in capsys.readouterr().out
    assert set(json.loads((out / "run.json").read_text())["metrics"]) == {"validation"}


def test_held_out_texts_stay_left_out_when_the_run_goes_on(tmp_path, tiny_csv, tiny_config, capsys, monkeypatch):
    out = tmp_path / "run"

    def fit_and_interrupt(*arguments, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return fit(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(training_run, "fit", fit_and_interrupt)
        given = ("--data", tiny_csv, "--config", tiny_config, "--out", out, "--no-held-out")
        assert run(*given) == EXIT_INTERRUPTED
    assert f"continue with: drupelet train --resume --no-held-out --out {out}\n" in capsys.readouterr().err
    assert run("--out", out, "--resume") == 0
    assert set(json.loads((out / "run.json").read_text())["metrics"]) == {"validation"}


def test_resuming_with_other_settings_is_refused(tmp_path, tiny_csv, tiny_config, write_tiny_config):
    out = tmp_path / "run"
    run("--data", tiny_csv, "--config", tiny_config, "--out", out)
    other = write_tiny_config(tmp_path / "other.toml", units=6)
    with pytest.raises(InputError, match=r"units is 6, the run began with 5"):
        run("--config", other, "--out", out, "--resume")
    with pytest.raises(InputError, match=r"--multi-label differ from the options that the run began with"):
        run("--multi-label", "--out", out, "--resume")


def test_there_must_be_a_run_to_resume(tmp_path):
    with pytest.raises(InputError, match="holds no run to resume"):
        run("--out", tmp_path / "gone", "--resume")


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path, tiny_csv, tiny_config, capsys, monkeypatch):
    out = tmp_path / "a run"
    before = signal.getsignal(signal.SIGINT)

    def fit_and_interrupt(*arguments, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return fit(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(training_run, "fit", fit_and_interrupt)
        assert run("--data", tiny_csv, "--config", tiny_config, "--out", out, "--json") == EXIT_INTERRUPTED
    output = capsys.readouterr()
    again = f"drupelet train --resume --out '{out}'"
    assert f"interrupted in epoch 1, step 1 of 12; the state is saved, continue with: {again}\n" in output.err
    assert json.loads(output.out) == {"run": str(out), "interrupted": True, "resume": again}
    assert signal.getsignal(signal.SIGINT) is before
    assert run("--out", out, "--resume") == 0


KILLED = """
import argparse, functools, sys
from drupelet_train import training_run
from drupelet_train.commands import TRAIN
training_run.Checkpoints = functools.partial(training_run.Checkpoints, interval_s=0.0)
parser = argparse.ArgumentParser()
TRAIN.configure(parser)
sys.exit(TRAIN.run(parser.parse_args()))
"""


def kill_after_saves(program, checkpoint, saves, timeout_s=60.0):
    """Runs ``program``, kills it when ``checkpoint`` was seen to be replaced ``saves`` times, returns its exit status."""
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        seen = set()
        deadline = time.monotonic() + timeout_s
        while len(seen) < saves and time.monotonic() < deadline and process.poll() is None:
            if checkpoint.exists():
                seen.add(checkpoint.stat().st_mtime_ns)
            time.sleep(0.001)
        process.kill()
    return process.returncode


@pytest.mark.parametrize("saves", every_nth(2, [30, 1]))
def test_a_killed_run_resumes_to_the_same_bits(tmp_path, tiny_csv, write_tiny_config, saves):
    config = write_tiny_config(tmp_path / "long.toml", epochs=12, patience=12)
    arguments = ("--data", str(tiny_csv), "--config", str(config), "--out")
    program = [sys.executable, "-c", KILLED, *arguments, str(tmp_path / "killed")]
    status = kill_after_saves(program, tmp_path / "killed" / "checkpoints" / "state.ckpt", saves)
    assert status == -signal.SIGKILL
    assert not (tmp_path / "killed" / "run.json").exists()

    assert run("--out", tmp_path / "killed", "--resume") == 0
    assert run(*arguments, tmp_path / "whole") == 0
    killed, whole = (
        keras.saving.load_model(tmp_path / name / "model.keras").get_weights() for name in ("killed", "whole")
    )
    assert all(one.tobytes() == other.tobytes() for one, other in zip(killed, whole, strict=True))


def tuned(folder):
    """The trials in the record of a study, without what differs from run to run."""
    trials = json.loads((folder / "tuning.json").read_text())["trials"]
    return [{key: value for key, value in trial.items() if key != "training_seconds"} for trial in trials]


@pytest.mark.long
def test_a_study_is_summed_up(tmp_path, tiny_csv, tiny_config, capsys):
    out = tmp_path / "a study"
    assert run("--data", tiny_csv, "--config", tiny_config, "--out", out, "--tune", 1) == 0
    output = capsys.readouterr()
    best = f"'{out / 'best.toml'}'"
    for part in (
        f"{out}: 1 trials, 0 of them cut short, on 12 validation texts\n",
        "learning_rate  units  dropout  word_dropout  vocabulary_size  max_tokens\n",
        "best is trial 0; it is the configuration that the study began with\n",
        f"next: drupelet train --data {tiny_csv} --config {best} --out RUN\n",
    ):
        assert part in output.out
    assert "\ntrial 0 (1 of 1): learning_rate 0.02, units 5, dropout 0.1, " in output.err
    assert run("--out", out, "--tune", 2, "--resume", "--json") == 0
    output = capsys.readouterr()
    assert json.loads(output.out) == {"run": str(out), **json.loads((out / "tuning.json").read_text())}
    assert "trial 1 (2 of 2): " in output.err

    with pytest.raises(InputError, match="holds a tuning study; nothing was changed"):
        run("--data", tiny_csv, "--config", tiny_config, "--out", out, "--tune", 3)
    with pytest.raises(InputError, match="holds a tuning study, not a run; add --tune N"):
        run("--out", out, "--resume")


@pytest.mark.parametrize(
    "number",
    [
        each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) != signal.SIG_IGN
    ],  # nohup has all below it ignore SIGHUP
    ids=lambda number: number.name,
)
def test_a_signal_saves_a_study_and_says_how_to_go_on(tmp_path, tiny_csv, tiny_config, capsys, monkeypatch, number):
    out = tmp_path / "study"
    before = signal.getsignal(number)

    def fit_and_interrupt(*arguments, **options):
        os.kill(os.getpid(), number)
        return fit(*arguments, **options)

    monkeypatch.setattr(training_run, "fit", fit_and_interrupt)
    arguments = ("--data", tiny_csv, "--config", tiny_config, "--out", out, "--tune", 2, "--json")
    with pytest.raises(Terminated, match=f"ended by {number.name}"):
        run(*arguments)
    assert signal.getsignal(number) is before
    output = capsys.readouterr()
    again = f"drupelet train --tune 2 --resume --out {out}"
    assert f"the state is saved, continue with: {again}\n" in output.err
    assert json.loads(output.out) == {"run": str(out), "interrupted": True, "resume": again}


@pytest.mark.long
def test_a_killed_study_resumes_to_the_same_trials(tmp_path, tiny_csv, tiny_config):
    arguments = ("--data", str(tiny_csv), "--config", str(tiny_config), "--tune", "2", "--out")
    program = [sys.executable, "-c", KILLED, *arguments, str(tmp_path / "killed")]
    checkpoint = tmp_path / "killed" / "trials" / "1" / "checkpoints" / "state.ckpt"
    assert kill_after_saves(program, checkpoint, 5, timeout_s=300.0) == -signal.SIGKILL
    assert len(tuned(tmp_path / "killed")) == 1

    assert run("--out", tmp_path / "killed", "--tune", 2, "--resume") == 0
    assert run(*arguments, tmp_path / "whole") == 0
    assert tuned(tmp_path / "killed") == tuned(tmp_path / "whole")


def test_a_stderr_that_is_full_or_closed_does_not_end_a_training(tmp_path, tiny_csv, tiny_config):
    for number, redirection in enumerate(("2>/dev/full", "<&- 2>&-")):
        given = ["train", "--data", tiny_csv, "--config", tiny_config, "--out", tmp_path / f"run {number}", "--json"]
        line = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "drupelet", *given]
        done = subprocess.run(line, stdout=subprocess.PIPE, timeout=300, check=False)
        assert done.returncode == 0
        assert json.loads(done.stdout)["run"] == str(tmp_path / f"run {number}")


def test_at_least_one_trial_is_asked_for(tmp_path):
    with pytest.raises(InputError, match=r"--tune is 0, expected at least 1 trial"):
        run("--out", tmp_path / "study", "--tune", 0)


def test_tuning_without_optuna_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r'--tune needs Optuna.*pip install "drupelet-train\[tune\]"'):
        run("--out", tmp_path / "study", "--tune", 2)


def test_training_needs_no_optuna():
    program = (
        "import sys\nsys.modules['optuna'] = None\n"
        "import drupelet_train.commands, drupelet_train.training_run, drupelet_train.plots\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_run_is_not_tuned_further(tmp_path, tiny_csv, tiny_config, write_tiny_config):
    begin(tmp_path / "run", Plan(str(tiny_csv), load_config(tiny_config)), "abc")
    with pytest.raises(InputError, match="holds a run, not a tuning study; leave out --tune"):
        run("--out", tmp_path / "run", "--tune", 2, "--resume")
    with pytest.raises(InputError, match="holds a run that is not finished; nothing was changed"):
        run("--out", tmp_path / "run", "--tune", 2)
    begin(tmp_path / "study", Plan(str(tiny_csv), load_config(tiny_config)), "abc", STUDY)
    other = write_tiny_config(tmp_path / "other.toml", units=6)
    with pytest.raises(InputError, match="units is 6, the run began with 5"):
        run("--config", other, "--out", tmp_path / "study", "--tune", 2, "--resume")
