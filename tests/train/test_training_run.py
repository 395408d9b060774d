import json

import keras
import numpy as np
import pytest

from drupelet.errors import InputError
from drupelet.quantization import INT4_MAX, grid_scale
from drupelet_train import training_run
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import load_held_out, read_corpus
from drupelet_train.run_folder import Plan
from drupelet_train.run_record import read_record
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError
from drupelet_train.training.examples import Examples
from drupelet_train.training.progress import LineProgress
from drupelet_train.training_run import train
from drupelet_train.words.id_matrix import TextEncoding, id_matrix
from drupelet_train.words.vocabulary import Vocabulary
from runtime.rotation import every_nth


@pytest.fixture
def run(tiny_settings):
    def run_tiny(folder, data, resume=False, stop=lambda: False, scores_held_out=True, **changes):
        plan = Plan(str(data), TrainConfig(**{**tiny_settings, **changes}), scores_held_out)
        return train(folder, plan, resume, Callbacks(LineProgress(), stop))

    return run_tiny


def test_a_finished_run_answers_as_its_record_says(run, tmp_path, tiny_csv):
    record = run(tmp_path / "run", tiny_csv)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {
        "model.keras",
        "vocabulary.json",
        "labels.txt",
        "run.json",
        "plan.json",
        "curves.png",
        "curves.json",
        "lengths.png",
        "reliability.png",
        "evaluation.json",
        "confusion.png",
        "learning-curve.png",
        "settings.toml",
    }
    assert json.loads((tmp_path / "run" / "run.json").read_text()) == record.to_json()
    assert read_record(tmp_path / "run") == record
    assert (tmp_path / "run" / "labels.txt").read_text() == "bad\ngood\nugly\n"
    assert record.labels == ("bad", "good", "ugly")
    assert record.data == str(tiny_csv)
    assert record.held_out is not None

    # From the files alone, as the export reads them.
    model = keras.saving.load_model(tmp_path / "run" / "model.keras")
    assert not model.compiled
    assert (tmp_path / "run" / "model.keras").stat().st_size < 60_000
    vocabulary = Vocabulary.read(tmp_path / "run" / "vocabulary.json")
    texts, labels = load_held_out(str(tiny_csv))
    ids = id_matrix(tuple(texts), TextEncoding(vocabulary, record.text_rules, record.config.padding))
    answers = model.predict(ids, verbose=0).argmax(axis=1)
    right = [(record.labels[answer],) == label for answer, label in zip(answers, labels, strict=True)]
    assert record.held_out.n == len(texts)
    assert record.held_out.accuracy == pytest.approx(np.mean(right))


def test_held_out_texts_that_were_trained_on_are_not_scored(run, tmp_path, tiny_csv):
    header, *rows = tiny_csv.read_text().splitlines()
    (tmp_path / "twice.csv").write_text("\n".join([header, *rows, *rows[:3]]) + "\n")
    record = run(tmp_path / "run", tmp_path / "twice.csv")
    assert record.duplicates.held_out == 3
    assert record.held_out.n == len(load_held_out(str(tmp_path / "twice.csv"))[0]) - 3


def test_no_held_out_text_may_be_left(run, tmp_path, tiny_csv):
    header, *rows = tiny_csv.read_text().splitlines()
    (tmp_path / "twice.csv").write_text("\n".join([header, *rows, *rows]) + "\n")
    record = run(tmp_path / "run", tmp_path / "twice.csv")
    assert record.held_out is None
    assert read_record(tmp_path / "run") == record


def test_an_interrupted_run_ends_with_the_same_files(run, tmp_path, tiny_csv):
    whole = run(tmp_path / "whole", tiny_csv)
    asked = []
    with pytest.raises(TrainingInterruptedError):
        run(tmp_path / "cut", tiny_csv, stop=lambda: len(asked) > 15 or asked.append(None))
    assert not (tmp_path / "cut" / "run.json").exists()
    resumed = run(tmp_path / "cut", tiny_csv, resume=True)
    assert resumed.metrics() == whole.metrics()
    assert resumed.best_epoch == whole.best_epoch
    one, other = (keras.saving.load_model(tmp_path / name / "model.keras").get_weights() for name in ("whole", "cut"))
    assert all(left.tobytes() == right.tobytes() for left, right in zip(one, other, strict=True))


@pytest.mark.parametrize("asked", range(4))
def test_a_run_ends_before_its_first_step_where_it_is_asked_to(run, tmp_path, tiny_csv, monkeypatch, asked):
    calls = []
    monkeypatch.setattr(training_run, "_train_network", None)
    with pytest.raises(TrainingInterruptedError, match="interrupted before the first step"):
        run(tmp_path / "run", tiny_csv, stop=lambda: len(calls) == asked or calls.append(None))
    assert (tmp_path / "run" / "plan.json").exists()


def test_the_embedding_of_the_model_file_is_on_its_grid(run, tmp_path, tiny_csv):
    record = run(tmp_path / "run", tiny_csv, embedding_bits=4, quantized_epochs=1)
    assert [epoch.embedding_bits for epoch in record.history] == [32, 32, 4]
    assert record.best_epoch == 2
    rows = keras.saving.load_model(tmp_path / "run" / "model.keras").get_layer("embedding").get_weights()[0]
    assert not rows[0].any()
    scales = np.array([grid_scale(step) for step in range(-160, 80)], np.float32)[:, None]
    for row in rows:
        wholes = np.rint(row / scales)
        assert ((wholes * scales == row) & (np.abs(wholes) <= INT4_MAX)).all(axis=1).any()


def test_other_texts_under_the_same_name_are_not_resumed(run, tmp_path, tiny_csv, write_tiny_csv):
    with pytest.raises(TrainingInterruptedError):
        run(tmp_path / "run", tiny_csv, stop=lambda: True)
    write_tiny_csv(tiny_csv, texts=150)
    with pytest.raises(
        InputError, match=r"the record of the run names this data, which is not here as it was in training"
    ):
        run(tmp_path / "run", tiny_csv, resume=True)


def test_a_second_training_in_the_same_folder_is_refused(run, tmp_path, tiny_csv):
    refused = []

    def stop():
        with pytest.raises(InputError, match="another drupelet train is working in it; nothing was changed"):
            run(tmp_path / "run", tiny_csv, resume=True)
        refused.append(True)
        return True

    with pytest.raises(TrainingInterruptedError):
        run(tmp_path / "run", tiny_csv, stop=stop)
    assert refused


def test_unusable_data_leaves_no_run_behind(run, tmp_path, tiny_csv):
    with pytest.raises(InputError, match="no such file"):
        run(tmp_path / "run", tmp_path / "gone.csv")
    with pytest.raises(InputError, match=r'output is "sigmoid" for 3 classes'):
        run(tmp_path / "run", tiny_csv, output="sigmoid")
    path = tmp_path / "cyrillic.csv"
    path.write_text("text,label\n" + "\u0436\u0436\u0436a,0\n\u0436\u0436\u0436b,1\n" * 20, encoding="utf-8")
    with pytest.raises(
        InputError, match=r"drops 7\d % of the letters of the training texts, most often \u0436; expected at most"
    ):
        run(tmp_path / "run", path, tokenizer="alnum")
    assert not (tmp_path / "run").exists()


def test_texts_without_a_token_are_scored_but_teach_nothing(run, tmp_path):
    path = tmp_path / "a.csv"
    rows = "".join(f"{'good' if row % 2 else 'bad'} film {row},{row % 2}\n" for row in range(40))
    path.write_text(f"text,label\n!!,0\n!!,1\n{rows}!?,0\n?!,1\n")
    record = run(tmp_path / "run", path, pooling="average")
    assert record.corpus.texts_without_tokens == 4
    assert all(np.isfinite(epoch.loss) for epoch in record.history)
    assert record.held_out.accuracy <= 0.5


def test_texts_without_any_token_are_refused(run, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "!!,0\n!!,1\n" * 20)
    with pytest.raises(InputError, match=r"a\.csv: the tokenizer 'alnum' finds no word in any training text"):
        run(tmp_path / "run", path, tokenizer="alnum")


def test_a_disk_that_fills_up_leaves_a_run_to_resume(run, tmp_path, tiny_csv, monkeypatch):
    whole = run(tmp_path / "whole", tiny_csv)

    def full(model, path):
        path.write_bytes(b"half a model")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(keras.saving, "save_model", full)
        with pytest.raises(InputError, match=r"model\.keras: cannot be written: No space left on device; .* make room"):
            run(tmp_path / "run", tiny_csv)
    assert not (tmp_path / "run" / "model.keras").exists()
    assert run(tmp_path / "run", tiny_csv, resume=True).metrics() == whole.metrics()


def test_held_out_texts_are_left_alone_where_settings_are_chosen(run, tmp_path, tiny_csv, monkeypatch):
    held_out = set(read_corpus(str(tiny_csv)).held_out.tolist())
    selected = []
    select = Examples.select

    def remember(examples, rows):
        selected.extend(rows.tolist())
        return select(examples, rows)

    monkeypatch.setattr(Examples, "select", remember)
    record = run(tmp_path / "run", tiny_csv, scores_held_out=False)
    assert record.held_out is None
    assert selected
    assert not held_out & set(selected)


@pytest.mark.parametrize("teacher", ["none", "ngram"])
def test_pieces_and_teachers_end_up_in_the_record(run, tmp_path, tiny_csv, teacher):
    record = run(tmp_path / "run", tiny_csv, teacher=teacher, crops=1, vocabulary="telling", vocabulary_size=6)
    assert record.vocabulary_size == 6
    assert set(record.teacher) == ({"out_of_fold", "validation"} if teacher == "ngram" else set())
    tokens = Vocabulary.read(tmp_path / "run" / "vocabulary.json").tokens
    assert {"badish", "goodish", "uglyish"} < set(tokens)


MEMBERS = {"members": 2, "epochs": 3, "quantized_epochs": 2, "embedding_bits": 4, "output": "softmax"}


def test_joined_members_end_up_in_the_model(run, tmp_path, tiny_csv, tiny_settings):
    record = run(tmp_path / "run", tiny_csv, **MEMBERS)
    assert [(epoch.epoch, epoch.embedding_bits) for epoch in record.history] == [(0, 32), (1, 4), (2, 4)]
    model = keras.saving.load_model(tmp_path / "run" / "model.keras")
    assert model.get_layer("embedding").output_dim == 2 * tiny_settings["embedding_dim"]
    assert record.config.units == tiny_settings["units"]
    dimensions, units = tiny_settings["embedding_dim"], tiny_settings["units"]
    kernel, recurrent_kernel, _ = model.get_layer("lstm").get_weights()
    for weights, rows in ((kernel, dimensions), (recurrent_kernel, units)):
        by_member = weights.reshape(2, rows, 4, 2, units)
        assert by_member[0, :, :, 0].all()
        assert by_member[1, :, :, 1].all()
        assert not by_member[0, :, :, 1].any()
        assert not by_member[1, :, :, 0].any()


@pytest.mark.parametrize("steps", every_nth(4, [29, 5, 18, 41]))
def test_interrupted_members_and_epochs_of_the_joined_network_end_the_same(run, tmp_path, tiny_csv, steps):
    whole = run(tmp_path / "whole", tiny_csv, **MEMBERS)
    asked = []
    with pytest.raises(TrainingInterruptedError):
        run(tmp_path / "cut", tiny_csv, stop=lambda: len(asked) > steps or asked.append(None), **MEMBERS)
    resumed = run(tmp_path / "cut", tiny_csv, resume=True, **MEMBERS)
    assert resumed.metrics() == whole.metrics()
    cut, uncut = (keras.saving.load_model(tmp_path / name / "model.keras").get_weights() for name in ("cut", "whole"))
    for ours, theirs in zip(cut, uncut, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("changes", every_nth(2, [{"crops": 1}, {}]))
def test_training_reads_as_much_of_a_text_as_the_settings_say(run, tmp_path, tiny_csv, monkeypatch, changes):
    longest = []
    fit = training_run.fit

    def remember(training, dataset, *arguments):
        longest.append(int(dataset.of_epoch(0).lengths.max()))
        return fit(training, dataset, *arguments)

    monkeypatch.setattr(training_run, "fit", remember)
    for training_tokens in (2, 400):
        run(tmp_path / str(training_tokens), tiny_csv, training_tokens=training_tokens, **changes)
    assert longest[0] == 2 < longest[1]


def test_a_teacher_of_networks_needs_texts_of_every_class(run, tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("text,label\n" + "good film,good\n" * 60 + "bad film,bad\n" * 8)
    with pytest.raises(InputError, match=r"the class 'bad' has \d training texts, expected at least 10"):
        run(tmp_path / "run", path, teacher="ensemble")
    assert not (tmp_path / "run").exists()


def test_the_record_says_what_calibration_did(run, tmp_path, tiny_csv):
    calibration = run(tmp_path / "run", tiny_csv).calibration
    assert 0.2 <= calibration.temperature <= 5.0
    assert sum(calibration.before.counts) == sum(calibration.after.counts) == 12


def test_auto_trains_what_its_choice_trains_and_says_why(run, tmp_path, tiny_csv, capsys):
    chosen = run(tmp_path / "auto", tiny_csv, tokenizer="auto")
    said = capsys.readouterr().err
    named = run(tmp_path / "named", tiny_csv, tokenizer="alnum")
    assert (chosen.config.tokenizer, named.config.tokenizer) == ("auto", "alnum")
    assert chosen.text_rules == named.text_rules
    assert chosen.metrics() == named.metrics()
    assert named.text_rules_reason == "the configuration names it"
    assert f"text rules alnum: {chosen.text_rules_reason}\nletters dropped: 0 % of " in said
    assert said.index("letters dropped") < said.index("epoch 1/3")


def test_a_resumed_run_chooses_the_same_rules(run, tmp_path):
    path = tmp_path / "a.csv"
    words = ("\u043f\u043b\u043e\u0445\u043e", "\u0445\u043e\u0440\u043e\u0448\u043e")
    rows = "".join(f"{words[row % 2]} film,{row % 2}\n" for row in range(60))
    path.write_text(f"text,label\n{rows}", encoding="utf-8")
    whole = run(tmp_path / "whole", path, tokenizer="auto")
    assert whole.text_rules.name == "words"
    with pytest.raises(TrainingInterruptedError):
        run(tmp_path / "cut", path, tokenizer="auto", stop=lambda: True)
    resumed = run(tmp_path / "cut", path, tokenizer="auto", resume=True)
    assert (resumed.text_rules, resumed.text_rules_reason) == (whole.text_rules, whole.text_rules_reason)
    assert resumed.metrics() == whole.metrics()
