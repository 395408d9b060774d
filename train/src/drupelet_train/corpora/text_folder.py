"""Reads labelled texts from a folder: a folder of text files per class, or such folders below train/ and test/."""

from __future__ import annotations

import re
from pathlib import Path

from drupelet.errors import InputError
from drupelet.text_source import read_text
from drupelet_train.corpora.labelled_texts import LabelledTexts

UNLABELLED = "unsup"
"""The folder of the Large Movie Review Dataset that holds reviews without a label."""


def read_text_folder(folder: Path) -> LabelledTexts:
    """Reads the ``*.txt`` files of every class folder. The label of a text is the name of its folder.

    There are two layouts: ``folder/<label>/*.txt``, and that of aclImdb, ``folder/train/<label>/*.txt`` with
    ``folder/test/<label>/*.txt``, whose test half is then held out. The training half comes first, labels come in
    alphabetical order, and files in the order of the numbers in their names (``9_3.txt`` before ``10_1.txt``). ``unsup``
    is left out. Raises InputError for a folder of another layout and for a file that is not UTF-8.
    """
    training, test = folder / "train", folder / "test"
    if not (training.is_dir() and test.is_dir()):
        texts, labels = _read_classes(folder)
        return LabelledTexts(str(folder), tuple(texts), tuple(labels))
    texts, labels = _read_classes(training)
    test_texts, test_labels = _read_classes(test)
    if set(labels) != set(test_labels):
        raise InputError(
            f"{folder}: train/ has the classes {', '.join(sorted(set(labels)))}, test/ has "
            f"{', '.join(sorted(set(test_labels)))}; expected the same classes in both"
        )
    return LabelledTexts(
        str(folder),
        tuple(texts + test_texts),
        tuple(labels + test_labels),
        range(len(texts), len(texts) + len(test_texts)),
    )


def _read_classes(folder: Path) -> tuple[list[str], list[str]]:
    texts: list[str] = []
    labels: list[str] = []
    try:
        class_folders = sorted(path for path in folder.iterdir() if path.is_dir() and path.name != UNLABELLED)
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed: {error.strerror}; check its permissions") from error
    for class_folder in class_folders:
        for path in sorted(class_folder.glob("*.txt"), key=_number_order):
            texts.append(_read_text(path))
            labels.append(class_folder.name)
    if not texts:
        raise InputError(f"{folder}: holds no text; expected a folder per class with .txt files in it: <label>/*.txt")
    return texts, labels


def _number_order(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", path.name)]


def _read_text(path: Path) -> str:
    try:
        return read_text(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check the file and its permissions") from error
