"""Prepares the training examples of a run, and fits its teacher: n-grams, or n-grams and networks, stacked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from drupelet.text.named import named_rules
from drupelet.text.words import splitter
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.splits import Indices
from drupelet_train.preparation import TEACHER_FOLDS
from drupelet_train.teaching.distillation import Distillation
from drupelet_train.teaching.folds import NO_FOLD, Folds, contiguous_folds, group_folds
from drupelet_train.teaching.network_teacher import network_config, train_networks
from drupelet_train.teaching.ngram_teacher import NgramTeacher, fit_ngram_teacher
from drupelet_train.teaching.pieces import whole_texts
from drupelet_train.teaching.stacked_teacher import stack
from drupelet_train.training.callbacks import Callbacks
from drupelet_train.training.tasks import Workers
from drupelet_train.words.token_texts import TokenTexts, number_tokens
from drupelet_train.words.vocabulary import Vocabulary, most_frequent


@dataclass(frozen=True)
class Material:
    """The texts that a teacher is fitted on. Two are equal if their corpus, tokenizer and validation texts are."""

    sha256: str
    tokenizer: str
    validation: tuple[int, ...]
    corpus: Corpus = field(compare=False)


@dataclass(frozen=True)
class Student:
    """The network that learns from a teacher: its configuration, which names the text rules, and its vocabulary."""

    config: TrainConfig
    vocabulary: Vocabulary


@lru_cache(maxsize=1)
def numbered_texts(material: Material) -> tuple[TokenTexts, npt.NDArray[np.int32], Folds]:
    """The training part of a corpus in its order, its label ids (texts,) int32, and the folds without validation texts."""
    corpus = material.corpus
    chosen = np.sort(corpus.training)
    texts = number_tokens((corpus.texts[index] for index in chosen), splitter(named_rules(material.tokenizer)))
    label_ids = corpus.label_ids[chosen]
    trains = ~np.isin(chosen, np.array(material.validation, np.int64))
    return texts, label_ids, _folds(label_ids, None if corpus.groups is None else corpus.groups[chosen], trains)


def _folds(
    label_ids: npt.NDArray[np.int32], groups: npt.NDArray[np.int64] | None, trains: npt.NDArray[np.bool_]
) -> Folds:
    """The folds of the texts of which ``trains`` is True: of whole groups, where there are groups. All are (texts,)."""
    if groups is not None:
        return group_folds(groups, trains, TEACHER_FOLDS)
    return contiguous_folds(label_ids, trains, TEACHER_FOLDS)


@lru_cache(maxsize=1)
def ngram_teacher(material: Material) -> NgramTeacher:
    """The n-gram teacher of ``material``. Trainings of one process share it if they differ in the student alone."""
    return fit_ngram_teacher(*numbered_texts(material), len(material.corpus.labels))


def prepare_lessons(
    corpus: Corpus,
    validation: Indices,
    student: Student,
    frequencies: Counter[str],
    cache: Path,
    callbacks: Callbacks,
    workers: Workers | None = None,
) -> Distillation:
    """The training examples of ``student`` from ``corpus``, with the teacher that its configuration names.

    ``validation`` (n,): the texts of the training part that are left out; no teacher sees their labels. ``frequencies``
    counts the words of the training texts. The networks of a teacher are trained in the folder ``cache``, or found there;
    ``workers`` train them, or this process.
    Raises TrainingInterruptedError if ``callbacks.stop`` returns True; ``callbacks.before_epoch`` is not called.
    """
    config = student.config
    material = Material(corpus.sha256(), config.tokenizer, tuple(validation.tolist()), corpus)
    texts, label_ids, folds = numbered_texts(material)
    chosen = np.sort(corpus.training)
    labels = corpus.targets()[chosen]
    weights = None if corpus.weights is None else corpus.weights[chosen]
    rows = np.flatnonzero((folds.of_text != NO_FOLD) & (texts.lengths > 0))
    ids = _ids(student.vocabulary, texts.words)
    lessons = Distillation(texts, rows, labels, folds, ids, None, config, _mean_one(weights, rows))
    if config.teacher == "none":
        return lessons
    ngrams = ngram_teacher(material)
    if config.teacher == "ngram":
        return replace(lessons, teacher=ngrams)
    theirs = network_config(config)
    their_vocabulary = most_frequent(frequencies, theirs.vocabulary_size)
    their_lessons = replace(lessons, config=theirs, id_of_number=_ids(their_vocabulary, texts.words))

    lesson_without = _LessonWithout(their_lessons, label_ids, None if corpus.groups is None else corpus.groups[chosen])
    networks = train_networks(
        their_lessons, lesson_without, their_vocabulary, corpus.sha256(), cache, callbacks, workers
    )
    stacked = stack((ngrams, networks), whole_texts(texts, rows), labels[rows])
    return replace(lessons, teacher=stacked)


@dataclass(frozen=True)
class _LessonWithout:
    """The training examples of a network that must not see a fold. ``label_ids`` (texts,) int32, ``groups`` (texts,) int64."""

    lessons: Distillation
    label_ids: npt.NDArray[np.int32]
    groups: npt.NDArray[np.int64] | None

    def __call__(self, parts: Folds, part: int) -> Distillation:
        texts = self.lessons.texts
        seen = np.intersect1d(parts.outside(part), self.lessons.rows)
        inner = _folds(self.label_ids, self.groups, np.isin(np.arange(len(texts)), seen))
        teacher = fit_ngram_teacher(texts, self.label_ids, inner, self.lessons.labels.shape[1])
        return replace(self.lessons, rows=seen, folds=inner, teacher=teacher)


def _mean_one(weights: npt.NDArray[np.float32] | None, rows: Indices) -> npt.NDArray[np.float32] | None:
    """The weights (texts,) divided by the mean of those at ``rows``, so that they change no learning rate."""
    return None if weights is None else np.asarray(weights / weights[rows].mean(), np.float32)


def _ids(vocabulary: Vocabulary, words: tuple[str, ...]) -> np.typing.NDArray[np.int32]:
    """(words,) int32: the ids of ``words``."""
    return np.array(vocabulary.ids(words), np.int32)
