from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.teaching import lessons, network_teacher
from drupelet_train.teaching.folds import NO_FOLD
from drupelet_train.teaching.lessons import Student, prepare_lessons
from drupelet_train.teaching.pieces import concatenated, mixtures, whole_texts
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError
from drupelet_train.training.progress import LineProgress
from drupelet_train.words.vocabulary import most_frequent
from train.made_up_texts import made_up_texts

TINY = {
    "tokenizer": "alnum",
    "embedding": "random",
    "embedding_dim": 6,
    "max_tokens": 16,
    "batch_size": 16,
    "learning_rate": 0.02,
}

VALIDATION = np.arange(0, 220, 10)


def fail_before_epoch(history):
    pytest.fail("the epochs of a teacher are told to nobody")


@pytest.fixture(autouse=True)
def tiny_networks(monkeypatch):
    def tiny(student):
        return TrainConfig(
            **TINY,
            units=4,
            bidirectional=True,
            pooling="max",
            teacher="ngram",
            crops=1,
            epochs=4,
            embedding_learning_rate=0.02,
        )

    monkeypatch.setattr(lessons, "network_config", tiny)


@pytest.fixture
def corpus():
    lines, label_ids = made_up_texts(240)
    return Corpus("made up", tuple(lines), label_ids, ("bad", "good"), np.arange(220), np.arange(220, 240))


def prepare(corpus, folder, stop=lambda: False, validation=VALIDATION, **changes):
    trains = np.setdiff1d(corpus.training, validation)
    counts = Counter(word for row in trains for word in corpus.texts[row].split())
    config = TrainConfig(**{**TINY, **changes})
    student = Student(config, most_frequent(counts, config.vocabulary_size))
    callbacks = Callbacks(LineProgress(), stop, fail_before_epoch)
    return prepare_lessons(corpus, validation, student, counts, folder, callbacks)


def test_without_a_teacher_labels_are_learnt(corpus, tmp_path):
    prepared = prepare(corpus, tmp_path, crops=1)
    assert prepared.teacher is None
    assert len(prepared.rows) == 198
    assert not list(tmp_path.iterdir())


def test_no_teacher_saw_the_group_of_a_text(corpus, tmp_path):
    grouped = replace(corpus, groups=np.arange(240) % 24)
    folds = prepare(grouped, tmp_path, teacher="ngram", crops=1).folds
    groups = grouped.groups[:220]
    assert folds.count == lessons.TEACHER_FOLDS
    for fold in range(folds.count):
        assert not set(groups[folds.outside(fold)]) & set(groups[folds.of_text == fold])


def test_students_of_the_same_texts_share_the_ngram_teacher(corpus, tmp_path):
    first = prepare(corpus, tmp_path, teacher="ngram", crops=1)
    assert prepare(corpus, tmp_path, teacher="ngram", units=9, seed=5, vocabulary_size=20).teacher is first.teacher
    other = prepare(corpus, tmp_path, teacher="ngram", crops=1, validation=VALIDATION + 1)
    assert set(other.rows) == set(range(220)) - set(VALIDATION + 1)
    again = prepare(corpus, tmp_path, teacher="ngram", crops=1)
    pieces = whole_texts(first.texts, first.rows)
    np.testing.assert_array_equal(again.teacher.logits(pieces), first.teacher.logits(pieces))
    assert (other.teacher.logits(pieces) != first.teacher.logits(pieces)).any()
    words = Corpus(
        "made up", corpus.texts[::-1], corpus.label_ids[::-1], ("bad", "good"), corpus.training, corpus.held_out
    )
    assert prepare(words, tmp_path, teacher="ngram").texts.words != first.texts.words


@pytest.mark.long
def test_networks_and_ngrams_together(corpus, tmp_path, capsys):
    prepared = prepare(corpus, tmp_path, teacher="ensemble", crops=1)
    scores = prepared.scores()
    assert scores["out_of_fold"].accuracy > 0.9
    assert scores["validation"].accuracy > 0.9
    assert scores["validation"].n == 22
    assert capsys.readouterr().err.count("teacher: network ") == network_teacher.NETWORK_FOLDS
    pieces = whole_texts(prepared.texts, prepared.rows)
    _, networks = prepared.teacher.members
    assert networks.logits(pieces).shape == (198, 2)
    assert (networks.logits(pieces).argmax(axis=1) == prepared.labels[prepared.rows].argmax(axis=1)).mean() > 0.8
    assert networks.logits(concatenated([mixtures(pieces, pieces)])).shape == (198, 2)
    again = prepare(corpus, tmp_path, teacher="ensemble", crops=1, units=7)
    np.testing.assert_array_equal(again.teacher.logits(pieces), prepared.teacher.logits(pieces))
    # Found in the cache: no epoch was trained again.
    assert "epoch 1/4" not in capsys.readouterr().err


def test_what_a_network_learns_from_has_no_label_of_its_fold(corpus, tmp_path, monkeypatch):
    asked = []

    def look(distillation, lesson_without, *arguments):
        folds = distillation.folds.merged(network_teacher.NETWORK_FOLDS)
        for fold in range(folds.count):
            lesson = lesson_without(folds, fold)
            assert not folds.near[fold][lesson.rows].any()
            # Its n-gram teacher is fitted on texts of its folds, see test_ngram_teacher.
            assert (lesson.folds.of_text[folds.near[fold]] == NO_FOLD).all()
            assert lesson.teacher.texts is distillation.texts
            asked.append(len(lesson.rows))
        return network_teacher.train_networks(distillation, lesson_without, *arguments)

    monkeypatch.setattr(lessons, "train_networks", look)
    prepared = prepare(corpus, tmp_path, teacher="ensemble")
    assert len(asked) == network_teacher.NETWORK_FOLDS
    assert all(100 < count < 2 / 3 * len(prepared.rows) for count in asked)


def test_a_network_answers_texts_that_it_has_not_seen(corpus, tmp_path):
    prepared = prepare(corpus, tmp_path, teacher="ensemble")
    networks = prepared.teacher.members[1]
    outside = np.flatnonzero(networks.folds.of_text == 0)
    swapped = type(networks)(
        **{**vars(networks), "networks": (networks.networks[0], *networks.networks[:1], *networks.networks[:1])}
    )
    pieces = whole_texts(prepared.texts, outside)
    np.testing.assert_array_equal(swapped.logits(pieces), networks.logits(pieces))


@pytest.mark.long
def test_an_interrupted_teacher_goes_on(corpus, tmp_path):
    whole = prepare(corpus, tmp_path / "whole", teacher="ensemble")
    asked = []
    with pytest.raises(TrainingInterruptedError):
        prepare(corpus, tmp_path / "cut", lambda: len(asked) > 60 or asked.append(None), teacher="ensemble")
    resumed = prepare(corpus, tmp_path / "cut", teacher="ensemble")
    pieces = whole_texts(whole.texts, whole.rows)
    np.testing.assert_array_equal(resumed.teacher.logits(pieces), whole.teacher.logits(pieces))


@pytest.mark.long
def test_few_teachers_stay_in_the_cache(corpus, tmp_path, monkeypatch):
    for max_tokens in (14, 15, 16):
        config = TrainConfig(**{**TINY, "max_tokens": max_tokens}, units=2, teacher="ngram", epochs=1)
        monkeypatch.setattr(lessons, "network_config", lambda student, config=config: config)
        prepare(corpus, tmp_path, teacher="ensemble")
    assert len(list(tmp_path.glob("teacher-*"))) == network_teacher.KEPT_TEACHERS
