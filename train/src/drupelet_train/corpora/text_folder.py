"""Reads labelled texts from a folder: a folder of text files per class, or such folders below train/ and test/."""

from __future__ import annotations

import os
import re
import stat
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
    is left out. Raises InputError for a folder of another layout, for a file that is not UTF-8, and for a link out of the
    folder: export stores held-out texts in a bundle, and a folder from somebody else must not choose which files those are.
    """
    training, test = folder / "train", folder / "test"
    if not (training.is_dir() and test.is_dir()):
        texts, labels = _read_classes(folder, folder)
        return LabelledTexts(str(folder), tuple(texts), tuple(labels))
    texts, labels = _read_classes(training, folder)
    test_texts, test_labels = _read_classes(test, folder)
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


def _read_classes(folder: Path, within: Path) -> tuple[list[str], list[str]]:
    texts: list[str] = []
    labels: list[str] = []
    try:
        class_folders = sorted(path for path in folder.iterdir() if path.is_dir() and path.name != UNLABELLED)
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed: {error.strerror}; check its permissions") from error
    for class_folder in class_folders:
        _check_inside(class_folder, within)
        for path in sorted(class_folder.glob("*.txt"), key=_number_order):
            if path.is_symlink():
                _check_inside(path, within)
            texts.append(_read_text(path))
            labels.append(class_folder.name)
    if not texts:
        raise InputError(f"{folder}: holds no text; expected a folder per class with .txt files in it: <label>/*.txt")
    return texts, labels


def _check_inside(path: Path, within: Path) -> None:
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(within)):
        raise InputError(
            f"{path}: a link out of {within}, so it is not read; if you know where it comes from, give a copy with the texts "
            "themselves (cp -RL)"
        )


def _number_order(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", path.name)]


def _read_text(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path}: not a regular file; expected a text, take it out of the folder")
        return read_text(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check the file and its permissions") from error
