"""A corpus: texts, their classes, and a held-out part."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import numpy.typing as npt

from drupelet.errors import DrupeletError, InputError
from drupelet_train.corpora.csv_file import read_csv
from drupelet_train.corpora.imdb import read_imdb
from drupelet_train.corpora.labelled_texts import LabelledTexts
from drupelet_train.corpora.splits import Indices, last_blocks, spread_blocks
from drupelet_train.corpora.text_folder import read_text_folder

IMDB = "imdb"

MIN_TEXTS_PER_CLASS = 3
"""Smallest number of texts of a class: one to train on, one to validate on, one to hold out."""


@dataclass(frozen=True)
class Corpus:
    """Texts in corpus order, ``label_ids`` (texts,) int32 into ``labels``, and the indices of two disjoint parts.

    ``labels`` is sorted: by value where all are whole numbers, else alphabetically. ``held_out`` is in the order in
    which :func:`load_held_out` returns it.
    """

    name: str
    texts: tuple[str, ...]
    label_ids: npt.NDArray[np.int32]
    labels: tuple[str, ...]
    training: Indices
    held_out: Indices

    def validation(self, fraction: float, blocks: int) -> Indices:
        """The part of ``training`` to validate on: ``fraction`` of it, as ``blocks`` contiguous runs per class."""
        return spread_blocks(self.label_ids, self.training, fraction, blocks)

    def sha256(self) -> str:
        """Identifies texts, labels and the held-out part, whatever the name of the corpus."""
        digest = hashlib.sha256()
        for text, label_id in zip(self.texts, self.label_ids, strict=True):
            encoded = text.encode("utf-8", "surrogatepass")
            digest.update(f"{self.labels[label_id]}\n{len(encoded)}\n".encode())
            digest.update(encoded)
        digest.update(self.held_out.astype("<i8").tobytes())
        return digest.hexdigest()


def read_corpus(name: str, recorded_sha256: str | None = None) -> Corpus:
    """Reads the corpus ``name``: ``imdb``, a CSV file (text,label), or a folder with a folder per class.

    The held-out part is the one that the data sets apart (the fixed split of imdb, test/ of an aclImdb tree), else the
    last contiguous tenth of every class. Raises InputError or FormatError, naming the file, for data that cannot be used.

    ``recorded_sha256``: the record of a run names the data, nobody else. Then it must be the corpus with that hash, or imdb: a
    folder that somebody sent must not choose which files are read. The error for any other says nothing of what is in it.
    """
    if recorded_sha256 is None or name == IMDB:
        return _corpus(name, _read(name))
    different = InputError(
        f"{name}: the record of the run names this data, which is not here as it was in training (missing, moved or changed); "
        "next: put it back, or, where texts are only compared, name them yourself with --data"
    )
    if not (Path(name).is_file() or Path(name).is_dir()):
        raise different
    try:
        corpus = _corpus(name, _read(name))
    except DrupeletError as error:
        raise different from error
    if corpus.sha256() != recorded_sha256:
        raise different
    return corpus


def _read(name: str) -> LabelledTexts:
    path = Path(name)
    if name == IMDB:
        return read_imdb()
    if path.is_dir():
        return read_text_folder(path)
    if path.exists():
        return read_csv(path)
    near = {IMDB, *(sibling.name for sibling in path.parent.iterdir())} if path.parent.is_dir() else {IMDB}
    close = get_close_matches(
        path.name, near - {path.name}, n=1
    )  # its own name stands there for a link that leads nowhere
    hint = f"did you mean {close[0]!r}?" if close else "check the path"
    raise InputError(f"{name}: no such file or folder; expected imdb, a CSV file (text,label) or a folder; {hint}")


def load_held_out(
    data: str, all_held_out: bool = False, recorded_sha256: str | None = None
) -> tuple[list[str], list[str]]:
    """The held-out texts of ``data`` and their label names, in corpus order.

    ``imdb``: 1,000 positive reviews, then 1,000 negative ones. An aclImdb tree: its test/ half, labels in alphabetical
    order. Any other CSV file or folder: the last contiguous tenth of every class, which training does not see; with
    ``all_held_out``, where training saw other data, every text, however few they are. ``recorded_sha256``: see
    :func:`read_corpus`.
    """
    if all_held_out:
        read = _read(data)
        held_out = range(len(read.texts)) if read.held_out is None else read.held_out
        return [read.texts[i] for i in held_out], [read.label_names[i] for i in held_out]
    corpus = read_corpus(data, recorded_sha256)
    return _select(corpus, corpus.held_out)


def load_all(data: str) -> tuple[list[str], list[str]]:
    """All texts of ``data`` and their label names, in corpus order."""
    corpus = read_corpus(data)
    return _select(corpus, np.arange(len(corpus.texts)))


def _select(corpus: Corpus, indices: Indices) -> tuple[list[str], list[str]]:
    return [corpus.texts[i] for i in indices], [corpus.labels[corpus.label_ids[i]] for i in indices]


def _corpus(name: str, read: LabelledTexts) -> Corpus:
    labels = _sorted_labels(set(read.label_names))
    position = {label: label_id for label_id, label in enumerate(labels)}
    label_ids = np.array([position[label] for label in read.label_names], np.int32)
    counts = np.bincount(label_ids)
    if counts.min() < MIN_TEXTS_PER_CLASS:
        raise InputError(
            f"{read.source}: the class {labels[counts.argmin()]!r} has {counts.min()} texts, expected at least "
            f"{MIN_TEXTS_PER_CLASS} (to train, to validate, to hold out); add texts or drop the class"
        )
    held_out = last_blocks(label_ids) if read.held_out is None else np.array(read.held_out, np.int64)
    training = np.setdiff1d(np.arange(len(label_ids)), held_out)
    training_counts = np.bincount(label_ids[training], minlength=len(labels))
    if training_counts.min() < MIN_TEXTS_PER_CLASS - 1:
        raise InputError(
            f"{read.source}: the class {labels[training_counts.argmin()]!r} has {training_counts.min()} training "
            f"texts, expected at least {MIN_TEXTS_PER_CLASS - 1} (to train, to validate); add texts or drop the class"
        )
    return Corpus(name, read.texts, label_ids, labels, training, held_out)


def _sorted_labels(labels: set[str]) -> tuple[str, ...]:
    if all(re.fullmatch("-?[0-9]+", label) for label in labels):
        return tuple(sorted(labels, key=lambda label: (int(label), label)))
    return tuple(sorted(labels))
