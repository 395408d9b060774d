"""The test half of the Large Movie Review Dataset (Maas et al. 2011), without the reviews that also stand in its training half.

The data is not part of this repository: https://ai.stanford.edu/~amaas/data/sentiment/ has it. A review is left out where a
training review is the same, letters' case and white space aside: a network that learnt it by heart would be right.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

from drupelet.errors import InputError
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.duplicates import compared_text
from drupelet_train.corpora.text_folder import read_text_folder

LABELS = {"pos": "positive", "neg": "negative"}
"""Folders of the data set to the labels of the models."""


def read_standard_test(path: Path, corpus: Corpus) -> tuple[list[str], list[str]]:
    """Texts and labels at ``path``: the data set's folder, its folder test, or a .csv or .csv.gz file with columns text, label.

    Without those that stand in ``corpus``, held-out reviews too: they are of the data set's training half. Raises InputError.
    """
    known = set(map(compared_text, corpus.texts))
    read = list(_from_folder(path) if path.is_dir() else _from_file(path))
    fresh = [(text, LABELS.get(label, label)) for text, label in read if compared_text(text) not in known]
    if unknown := {label for _, label in fresh} - set(corpus.labels):
        raise InputError(f"{path}: label {min(unknown)!r:.60}, expected {' or '.join(corpus.labels)}")
    if not fresh:
        raise InputError(f"{path}: no review that training does not have; give the test half of the data set")
    return [text for text, _ in fresh], [label for _, label in fresh]


def _from_folder(path: Path) -> Iterator[tuple[str, str]]:
    read = read_text_folder(path)
    for place in range(len(read.texts)) if read.held_out is None else read.held_out:
        yield read.texts[place], read.label_names[place]


def _from_file(path: Path) -> Iterator[tuple[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield row["text"], row["label"]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    except KeyError as error:
        raise InputError(f"{path}: no column {error}, expected text and label") from error
