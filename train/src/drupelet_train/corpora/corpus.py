"""A corpus: texts, their classes, and a held-out part."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet.errors import DrupeletError, InputError
from drupelet_train.corpora.imdb import read_imdb
from drupelet_train.corpora.label_checks import check_labels
from drupelet_train.corpora.labelled_file import read_labelled_file
from drupelet_train.corpora.labelled_texts import LabelledTexts, joined
from drupelet_train.corpora.reading import AS_USUAL, Reading
from drupelet_train.corpora.splits import Indices, check_groups, last_blocks, spread_blocks, whole_groups
from drupelet_train.corpora.text_folder import read_text_folder
from drupelet_train.json_value import JsonValue

IMDB = "imdb"

HELD_OUT_SHARE = 0.1
"""Share of the texts of a class that whole groups are held out for."""

SHOWN_CLASSES = 5


@dataclass(frozen=True)
class Corpus:
    """Texts in corpus order, ``label_ids`` (texts,) int32 into ``labels``, and the indices of two disjoint parts.

    ``labels`` is sorted: by value where all are whole numbers, else alphabetically. ``held_out`` is in the order in
    which :func:`load_held_out` returns it. Where a text may have several labels, ``several`` (texts, labels) float32 is 1 for
    those that it has, and ``label_ids`` has the rarest of them, by which texts are spread over the parts. ``weights`` (texts,)
    float32 say how much a text counts in learning, ``groups`` (texts,) int64 which texts stay in one part,
    ``given_validation`` which texts the data itself sets apart to validate on. ``notes`` are lines for people.
    """

    name: str
    texts: tuple[str, ...]
    label_ids: npt.NDArray[np.int32]
    labels: tuple[str, ...]
    training: Indices
    held_out: Indices
    several: npt.NDArray[np.float32] | None = None
    weights: npt.NDArray[np.float32] | None = None
    groups: npt.NDArray[np.int64] | None = None
    given_validation: Indices | None = None
    notes: tuple[str, ...] = ()

    def validation(self, fraction: float, blocks: int) -> Indices:
        """The part of ``training`` to validate on: ``fraction`` of it, as ``blocks`` contiguous runs per class.

        Groups stay whole, wherever they stand. What the data sets apart is taken as it is.
        """
        if self.given_validation is not None:
            return self.given_validation
        if self.groups is not None:
            return whole_groups(self.label_ids, self.groups, self.training, fraction)
        return spread_blocks(self.label_ids, self.training, fraction, blocks)

    def targets(self) -> npt.NDArray[np.float32]:
        """(texts, labels) float32: 1 for the labels of a text, 0 for all others."""
        if self.several is not None:
            return self.several
        return np.eye(len(self.labels), dtype=np.float32)[self.label_ids]

    def label_counts(self, rows: Indices) -> npt.NDArray[np.int64]:
        """(labels,) int64: how many of the texts at ``rows`` have each label."""
        if self.several is not None:
            return np.asarray(self.several[rows].sum(axis=0), np.int64)
        return np.bincount(self.label_ids[rows], minlength=len(self.labels)).astype(np.int64)

    def label_names(self, index: int) -> tuple[str, ...]:
        """The labels of a text."""
        if self.several is None:
            return (self.labels[self.label_ids[index]],)
        return tuple(self.labels[place] for place in np.flatnonzero(self.several[index]))

    def sha256(self) -> str:
        """Identifies texts, labels and their parts, whatever the name of the corpus."""
        digest = hashlib.sha256()
        for index, text in enumerate(self.texts):
            encoded = text.encode("utf-8", "surrogatepass")
            digest.update("\x1f".join(self.label_names(index)).encode("utf-8", "surrogatepass"))
            digest.update(f"\n{len(encoded)}\n".encode())
            digest.update(encoded)
        digest.update(self.held_out.astype("<i8").tobytes())
        parts = {
            "several": self.several,
            "weights": self.weights,
            "groups": self.groups,
            "validation": self.given_validation,
        }
        for name, part in parts.items():
            if part is not None:
                digest.update(name.encode())
                digest.update(np.asarray(part, "<f8").tobytes())
        return digest.hexdigest()


def read_corpus(name: str, recorded_sha256: str | None = None, reading: Reading | None = None) -> Corpus:
    """Reads the corpus ``name``: ``imdb``, a file of labelled texts (CSV, JSONL, Parquet), or a folder with a folder per class.

    The held-out part is the one that the data sets apart (the fixed split of imdb, test/ of an aclImdb tree, the file that
    ``reading`` names), else the last contiguous tenth of every class or, with groups, whole groups. Raises InputError or
    FormatError, naming the file, for data that cannot be used.

    ``recorded_sha256``: the record of a run names the data, nobody else. Then it must be the corpus with that hash, or imdb: a
    folder that somebody sent must not choose which files are read. The error for any other says nothing of what is in it.
    """
    reading = reading or AS_USUAL
    if recorded_sha256 is None or (name == IMDB and reading == AS_USUAL):
        return _corpus(name, _read(name, reading))
    different = InputError(
        f"{name}: the record of the run names this data, which is not here as it was in training (missing, moved or changed); "
        "next: put it back, or, where texts are only compared, name them yourself with --data"
    )
    others = [file for file in (reading.validation, reading.test) if file is not None]
    if not (Path(name).is_file() or Path(name).is_dir()) or not all(Path(file).is_file() for file in others):
        raise different
    try:
        corpus = _corpus(name, _read(name, reading))
    except DrupeletError as error:
        raise different from error
    if corpus.sha256() != recorded_sha256:
        raise different
    return corpus


def _read(name: str, reading: Reading) -> LabelledTexts:
    path = Path(name)
    others = [
        read_labelled_file(Path(file), reading.columns) if file is not None else None
        for file in (reading.validation, reading.test)
    ]
    if name == IMDB or path.is_dir():
        if given := reading.options():
            raise InputError(
                f"{name}: no file with columns, so {given[0]} does not fit; leave it out, or name a file with --data"
            )
        return read_imdb() if name == IMDB else read_text_folder(path)
    if path.exists():
        read = read_labelled_file(path, reading.columns)
        return read if others == [None, None] else joined(read, *others)
    near = {IMDB, *(sibling.name for sibling in path.parent.iterdir())} if path.parent.is_dir() else {IMDB}
    close = get_close_matches(
        path.name, near - {path.name}, n=1
    )  # its own name stands there for a link that leads nowhere
    hint = f"did you mean {close[0]!r}?" if close else "check the path"
    raise InputError(
        f"{name}: no such file or folder; expected imdb, a file of labelled texts (CSV, JSONL, Parquet) or a folder; {hint}"
    )


def load_held_out(
    data: str,
    all_held_out: bool = False,
    recorded_sha256: str | None = None,
    reading: Mapping[str, Any] | None = None,
) -> tuple[list[str], list[tuple[str, ...]]]:
    """The held-out texts of ``data`` and the names of the labels of each, in corpus order.

    ``imdb``: 1,000 positive reviews, then 1,000 negative ones. An aclImdb tree: its test/ half, labels in alphabetical
    order. Any other file or folder: the last contiguous tenth of every class, which training does not see; with
    ``all_held_out``, where training saw other data, every text, however few they are. ``recorded_sha256``: see
    :func:`read_corpus`. ``reading``: how the record of the run says that its data is read (None: as usual).
    """
    how = (
        AS_USUAL if reading is None else Reading.from_json(JsonValue(dict(reading), "the record of the run", "reading"))
    )
    if all_held_out:
        read = _read(data, how.alone() if Path(data).is_file() else AS_USUAL)
        chosen = range(len(read.texts)) if read.held_out is None else read.held_out
        return [read.texts[i] for i in chosen], [read.labels[i] for i in chosen]
    corpus = read_corpus(data, recorded_sha256, how)
    return _select(corpus, corpus.held_out)


def load_all(data: str) -> tuple[list[str], list[tuple[str, ...]]]:
    """All texts of ``data`` and the names of the labels of each, in corpus order."""
    corpus = read_corpus(data)
    return _select(corpus, np.arange(len(corpus.texts)))


def _select(corpus: Corpus, indices: Indices) -> tuple[list[str], list[tuple[str, ...]]]:
    return [corpus.texts[i] for i in indices], [corpus.label_names(int(i)) for i in indices]


def _corpus(name: str, read: LabelledTexts) -> Corpus:
    read.check_classes()
    counts = read.label_counts()
    check_labels(read.source, counts, len(read.texts))
    parts = [
        part for part, given in (("to validate", read.validation), ("to hold out", read.held_out)) if given is None
    ]
    _check_counts(read.source, counts, ["to train", *parts], "texts")
    labels = _sorted_labels(set(counts))
    position = {label: label_id for label_id, label in enumerate(labels)}
    several = _several(read.label_sets, position) if read.label_sets is not None else None
    if several is None:
        label_ids = np.array([position[label] for label in read.label_names], np.int32)
    else:
        label_ids = rarest_labels(several)
    groups = None if read.groups is None else np.unique(read.groups, return_inverse=True)[1].astype(np.int64)
    given = None if read.validation is None else np.array(read.validation, np.int64)
    outside = np.array([], np.int64) if given is None else given
    if read.held_out is not None:
        held_out = np.array(read.held_out, np.int64)
    elif groups is None:
        held_out = _last_blocks_without(label_ids, outside)
    else:
        rows = np.setdiff1d(np.arange(len(label_ids)), outside)
        check_groups(read.source, label_ids, groups, rows, labels, 3 - (given is not None))
        held_out = whole_groups(label_ids, groups, rows, HELD_OUT_SHARE)
    training = np.setdiff1d(np.arange(len(label_ids)), held_out)
    corpus = Corpus(
        name,
        read.texts,
        label_ids,
        labels,
        training,
        held_out,
        several,
        None if read.weights is None else np.array(read.weights, np.float32),
        groups,
        given,
        read.notes,
    )
    learnt = np.setdiff1d(training, outside)
    in_training = dict(zip(labels, corpus.label_counts(learnt).tolist(), strict=True))
    _check_counts(
        read.source, in_training, ["to train"] if given is not None else ["to train", "to validate"], "training texts"
    )
    if groups is not None:
        _check_apart(read, groups, [learnt, outside, held_out])
        if given is None:
            check_groups(read.source, label_ids, groups, training, labels, 2)
    if corpus.weights is not None and not corpus.weights[learnt].any():
        raise InputError(f"{read.source}: every weight is 0; expected some above 0, or nothing is learnt")
    return corpus


def _check_counts(source: str, counts: Mapping[str, int], parts: Sequence[str], what: str) -> None:
    """Raises InputError, naming classes with fewer texts than ``parts`` need of each."""
    few = sorted((count, label) for label, count in counts.items() if count < len(parts))
    if few:
        count, label = few[0]
        others = f" (and {len(few) - 1:,} more classes have too few)" if len(few) > 1 else ""
        one = what[:-1] if count == 1 else what
        raise InputError(
            f"{source}: the class {label!r:.100} has {count} {one}, expected at least {len(parts)} "
            f"({', '.join(parts)}){others}; add texts or drop the class"
        )


def _check_apart(read: LabelledTexts, groups: npt.NDArray[np.int64], parts: Sequence[Indices]) -> None:
    """Raises InputError when the files that the user named have a group in common."""
    assert read.groups is not None  # noqa: S101 - the caller has looked
    names = ("training", "validation", "held-out")
    for first in range(len(parts)):
        for second in range(first):
            common = np.intersect1d(groups[parts[first]], groups[parts[second]])
            if len(common):
                name = read.groups[int(np.flatnonzero(groups == common[0])[0])]
                raise InputError(
                    f"{read.source}: the group {name!r:.100} stands in the {names[second]} and the {names[first]} texts "
                    f"({len(common):,} such groups); expected each in one: move its texts to one of the files, or leave out "
                    "--group-column"
                )


def _several(label_sets: Sequence[Sequence[str]], position: Mapping[str, int]) -> npt.NDArray[np.float32]:
    found = np.zeros((len(label_sets), len(position)), np.float32)
    for row, labels in enumerate(label_sets):
        found[row, [position[label] for label in labels]] = 1.0
    return found


def rarest_labels(several: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """(texts,) int32: the label of a text that fewest texts have, from (texts, labels). Texts are spread over parts by it.

    A text without a label, and one whose rarest label would be that of fewer than three texts, counts with the largest class.
    """
    ascending = np.argsort(several.sum(axis=0), kind="stable")
    found = ascending[several[:, ascending].argmax(axis=1)]
    found[several.sum(axis=1) == 0] = ascending[-1]
    counts = np.bincount(found, minlength=several.shape[1])
    found[counts[found] < 3] = np.bincount(found).argmax()
    return np.asarray(found, np.int32)


def _last_blocks_without(label_ids: npt.NDArray[np.int32], outside: Indices) -> Indices:
    """The texts held out where others are set apart already."""
    rows = np.setdiff1d(np.arange(len(label_ids)), outside)
    return rows[last_blocks(label_ids[rows])]


def _sorted_labels(labels: set[str]) -> tuple[str, ...]:
    if all(re.fullmatch("-?[0-9]+", label) for label in labels):
        return tuple(sorted(labels, key=lambda label: (int(label), label)))
    return tuple(sorted(labels))
