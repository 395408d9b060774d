"""The networks of a teacher: which of them labels a text, what they train on, and when they are found in the cache.

test_lessons.py trains them; here a stand-in gives each network random weights.
"""

import os
import pickle
from dataclasses import replace

import numpy as np
import pytest

from drupelet.errors import InputError
from drupelet.folder_lock import locked
from drupelet_train.config import TrainConfig
from drupelet_train.network.model import OUTPUT
from drupelet_train.teaching import network_teacher
from drupelet_train.teaching.distillation import Distillation
from drupelet_train.teaching.folds import NO_FOLD
from drupelet_train.teaching.network_teacher import KEPT_TEACHERS, NETWORK_FOLDS, network_config, train_networks
from drupelet_train.teaching.pieces import mixtures, piece_ids, whole_texts
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError, ignore_epochs
from drupelet_train.training.checkpoints import EpochRecord, TrainingState, assign, values
from drupelet_train.training.examples import one_hot
from drupelet_train.training.scores import MIN_PROBABILITY
from drupelet_train.words.vocabulary import RESERVED, Vocabulary
from train.made_up_texts import made_up_texts, numbered

CONFIG = TrainConfig(embedding="random", embedding_dim=4, units=3, max_tokens=12, epochs=2, patience=2, batch_size=16)


@pytest.fixture
def lessons():
    lines, label_ids = made_up_texts(60)
    texts, trains, folds = numbered(lines, label_ids, folds=6)
    ids = np.arange(2, 2 + len(texts.words), dtype=np.int32)
    return Distillation(texts, np.flatnonzero(trains), one_hot(label_ids, 2), folds, ids, None, CONFIG)


@pytest.fixture
def vocabulary(lessons):
    return Vocabulary((*RESERVED, *lessons.texts.words))


@pytest.fixture
def fitted(monkeypatch):
    """The arguments of every training that was asked for. Network n gets random weights from seed n; best are others."""
    calls = []

    def fit(training, dataset, checkpoints, callbacks):
        generator = np.random.default_rng(len(calls))
        calls.append((dataset, checkpoints, callbacks))
        weights, others = (
            tuple(
                generator.normal(0, 1, array.shape).astype(array.dtype) if array.dtype.kind == "f" else array
                for array in values(training.model.variables)
            )
            for _ in range(2)
        )
        history = tuple(EpochRecord(epoch, 0.5, 0.5, 0.5, 0.5, 1.0) for epoch in range(CONFIG.epochs))
        state = TrainingState(CONFIG.epochs, history, weights, (), others)
        checkpoints.write(state)
        return state

    monkeypatch.setattr(network_teacher, "fit", fit)
    return calls


@pytest.fixture
def trained(lessons, vocabulary, fitted, tmp_path):
    """A function that trains the networks, or finds them in the cache."""

    def train(distillation=lessons, words=vocabulary, identity="texts"):
        def lesson_without(folds, fold):
            return replace(distillation, rows=np.intersect1d(folds.outside(fold), distillation.rows))

        return train_networks(distillation, lesson_without, words, identity, tmp_path, Callbacks(before_epoch=print))

    return train


def answer_of(teacher, network, pieces):
    """(pieces, classes) float32: the probabilities of one network."""
    config, model = teacher.training.config, teacher.training.model
    assign(model.variables, teacher.networks[network])
    ids = piece_ids(teacher.texts, pieces, teacher.id_of_number, config.max_tokens, config.keep, config.padding)
    return np.asarray(model(ids))


def test_the_network_of_its_fold_labels_a_text_and_all_label_the_others(trained):
    teacher = trained()
    everything = whole_texts(teacher.texts, np.arange(60))
    expected = np.log([answer_of(teacher, network, everything) for network in range(NETWORK_FOLDS)])
    fold_of_text = teacher.folds.of_text
    assert set(fold_of_text) == {NO_FOLD, *range(NETWORK_FOLDS)}
    assert abs(expected[0] - expected[1]).min() > 1e-3
    logits = teacher.logits(everything)
    assert logits.dtype == np.float32
    for fold in range(NETWORK_FOLDS):
        rows = fold_of_text == fold
        np.testing.assert_allclose(logits[rows], expected[fold][rows], atol=1e-4)
    rows = fold_of_text == NO_FOLD
    np.testing.assert_allclose(logits[rows], expected.mean(axis=0)[rows], atol=1e-4)


def test_the_network_of_its_first_part_labels_a_mixture(trained):
    teacher = trained()
    of_fold = [whole_texts(teacher.texts, np.flatnonzero(teacher.folds.of_text == fold)[:4]) for fold in (0, 1)]
    for first, second in ((0, 1), (1, 0)):
        mixed = mixtures(of_fold[first], of_fold[second])
        np.testing.assert_allclose(teacher.logits(mixed), np.log(answer_of(teacher, first, mixed)), atol=1e-4)


def test_a_teacher_can_be_sent_to_another_process(trained):
    teacher = trained()
    pieces = whole_texts(teacher.texts, np.arange(60))
    sent = pickle.loads(pickle.dumps(teacher))  # noqa: S301 - our own
    np.testing.assert_array_equal(sent.logits(pieces), teacher.logits(pieces))


def test_a_certain_network_has_finite_logits(trained):
    teacher = trained()
    model = teacher.training.model
    assign(model.variables, teacher.networks[0])
    layer = model.get_layer(OUTPUT)
    kernel, bias = layer.get_weights()
    layer.set_weights([np.zeros_like(kernel), np.array([500.0, -500.0], bias.dtype)])
    certain = replace(teacher, networks=(values(model.variables),) * NETWORK_FOLDS)
    logits = certain.logits(whole_texts(teacher.texts, np.arange(60)))
    np.testing.assert_allclose(logits, np.tile(np.log([1.0, MIN_PROBABILITY]), (60, 1)), rtol=1e-5)


def test_a_network_trains_without_its_fold_and_is_scored_on_it(trained, fitted, lessons, capsys):
    teacher = trained()
    assert len(fitted) == teacher.folds.count == NETWORK_FOLDS
    for fold, (dataset, checkpoints, callbacks) in enumerate(fitted):
        theirs = np.flatnonzero(teacher.folds.of_text == fold)
        np.testing.assert_array_equal(dataset.validation.labels, lessons.labels[theirs])
        np.testing.assert_array_equal(dataset.validation.lengths, np.minimum(lessons.texts.lengths[theirs], 12))
        assert len(dataset.of_epoch(0).ids) == len(teacher.folds.outside(fold)) < len(lessons.rows) - len(theirs)
        assert checkpoints.folder.name == f"fold-{fold}"
        assert callbacks.before_epoch is ignore_epochs
    assert capsys.readouterr().err.splitlines() == [f"teacher: network {n} of {NETWORK_FOLDS}" for n in (1, 2, 3)]


def test_the_last_epoch_counts_whatever_the_scores_of_the_fold(trained, fitted):
    teacher = trained()
    for (_, checkpoints, _), network in zip(fitted, teacher.networks, strict=True):
        state = checkpoints.read()
        assert all(ours.tobytes() == last.tobytes() for ours, last in zip(network, state.variables, strict=True))
        assert any(ours.tobytes() != best.tobytes() for ours, best in zip(network, state.best, strict=True))
    config = network_config(TrainConfig())
    assert config.patience >= config.epochs


def test_networks_are_found_again_one_by_one(trained, fitted):
    first = trained()
    again = trained()
    assert len(fitted) == NETWORK_FOLDS
    pieces = whole_texts(first.texts, np.arange(60))
    np.testing.assert_array_equal(again.logits(pieces), first.logits(pieces))
    _, checkpoints, _ = fitted[1]
    state = checkpoints.read()
    checkpoints.write(replace(state, epoch=1, history=state.history[:1]))
    trained()
    assert [call[1].folder.name for call in fitted[NETWORK_FOLDS:]] == ["fold-1"]


def test_networks_of_anything_else_are_trained_anew(trained, fitted, lessons, vocabulary, monkeypatch):
    trained()
    trained(distillation=replace(lessons, config=replace(CONFIG, max_tokens=11)))
    trained(words=Vocabulary((*vocabulary.tokens[:-1], "other")))
    trained(identity="other texts")
    monkeypatch.setattr(network_teacher, "versions", lambda: {"keras": "9.9"})
    trained()
    monkeypatch.setattr(network_teacher, "GENERATION", 0)
    trained()
    folders = [checkpoints.folder for _, checkpoints, _ in fitted]
    assert len(set(folders)) == len(folders) == 6 * NETWORK_FOLDS


def test_the_teachers_that_were_used_last_are_kept(trained, fitted, tmp_path):
    trained(identity="0")
    (oldest,) = tmp_path.glob("teacher-*")
    for number in range(1, KEPT_TEACHERS):
        trained(identity=str(number))
    others = set(tmp_path.glob("teacher-*")) - {oldest}
    for path in (oldest, *others):
        os.utime(path, (1_000_000, 1_000_000 + (path != oldest)))
    (tmp_path / "ids-1.npy").touch()
    trained(identity="0")  # found, and so no longer the oldest
    trained(identity="new")
    kept = set(tmp_path.glob("teacher-*"))
    assert len(kept) == KEPT_TEACHERS
    assert oldest in kept
    assert len(kept - others) == 2, "the one that was found, and the new one"
    assert (tmp_path / "ids-1.npy").exists()


def test_a_teacher_in_use_is_kept(trained, tmp_path):
    trained(identity="0")
    (oldest,) = tmp_path.glob("teacher-*")
    os.utime(oldest, (1_000_000, 1_000_000))
    with locked(oldest):
        for number in range(1, KEPT_TEACHERS + 1):
            trained(identity=str(number))
        assert oldest.exists()
    trained(identity="new")
    assert not oldest.exists()


def test_a_damaged_network_is_trained_again(trained, fitted, capsys):
    trained()
    _, checkpoints, _ = fitted[1]
    (checkpoints.folder / "state.ckpt").write_bytes(b"half a state")
    trained()
    assert [call[1].folder.name for call in fitted[NETWORK_FOLDS:]] == ["fold-1"]
    assert "fold-1: the network in the cache is damaged; it is trained again" in capsys.readouterr().err


def test_a_second_training_of_a_teacher_waits_for_the_first(lessons, vocabulary, fitted, tmp_path, trained, capsys):
    trained()
    (folder,) = tmp_path.glob("teacher-*")
    asked = []
    callbacks = Callbacks(stop=lambda: len(asked) > 1 or asked.append(True))
    with locked(folder), pytest.raises(TrainingInterruptedError, match="while another training made the teacher"):
        train_networks(lessons, lambda folds, fold: lessons, vocabulary, "texts", tmp_path, callbacks)
    assert capsys.readouterr().err.count(f"another drupelet train is training it in {folder}; this one waits") == 1


def test_a_cache_that_cannot_be_is_named(lessons, vocabulary, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        InputError, match=r"the networks of the teacher cannot be kept \(Not a directory\); .*XDG_CACHE"
    ):
        train_networks(lessons, lambda folds, fold: lessons, vocabulary, "texts", tmp_path / "file", Callbacks())


def test_networks_read_the_texts_that_the_student_reads():
    changes = {"max_tokens": 7, "training_tokens": 5, "keep": "head", "padding": "post"}
    student = TrainConfig(**changes, validation_fraction=0.02, validation_blocks=3)
    theirs = network_config(student)
    for setting in ("tokenizer", *changes, "validation_fraction", "validation_blocks"):
        assert getattr(theirs, setting) == getattr(student, setting)


def test_students_of_other_size_share_the_networks():
    student = TrainConfig(teacher="ensemble")
    other = replace(student, units=9, vocabulary_size=200, embedding_bits=4, seed=7, epochs=3, learning_rate=0.1)
    assert network_config(other) == network_config(student)
