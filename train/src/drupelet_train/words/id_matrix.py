"""Texts as a matrix of word ids, cached on disk."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from drupelet.errors import DrupeletError
from drupelet.text.rules import TextRules
from drupelet.text.words import splitter
from drupelet_train.atomic import drop_unfinished, replacing
from drupelet_train.words.vocabulary import PADDING_ID, UNKNOWN_ID, Vocabulary

IdMatrix = npt.NDArray[np.int32]

KEPT_MATRICES = 8
"""Number of matrices that the cache keeps. That of IMDB with 400 tokens a text takes 40 MB."""

UNFINISHED_S = 24 * 3600.0
"""Seconds after which a file of the cache that was not written to its end is deleted. Its writer may be at work until then."""

_DIGEST_BYTES = hashlib.sha256().digest_size


@dataclass(frozen=True)
class TextEncoding:
    """The rules by which a text becomes a row of ``max_tokens`` ids.

    ``text_rules`` split the text and cut it to their ``max_tokens``, ``vocabulary`` gives the ids, and the row is padded
    with 0 at the ``padding`` side, "pre" or "post". Raises ValueError for rules without ``max_tokens``.
    """

    vocabulary: Vocabulary
    text_rules: TextRules
    padding: str

    def __post_init__(self) -> None:
        if self.text_rules.max_tokens is None:
            raise ValueError("a matrix needs max_tokens")

    @property
    def max_tokens(self) -> int:
        """The length of a row."""
        return cast(int, self.text_rules.max_tokens)

    def sha256(self, corpus_sha256: str) -> str:
        """Identifies the matrix of a corpus under these rules."""
        rules = [corpus_sha256, self.vocabulary.tokens, self.text_rules.to_json(), self.padding]
        return hashlib.sha256(json.dumps(rules).encode()).hexdigest()


def id_matrix(texts: tuple[str, ...], encoding: TextEncoding) -> IdMatrix:
    """(texts, max_tokens) int32: the ids that the model reads for every text."""
    words = splitter(encoding.text_rules)
    matrix = np.full((len(texts), encoding.max_tokens), PADDING_ID, np.int32)
    for row, text in enumerate(texts):
        ids = encoding.text_rules.cut(encoding.vocabulary.ids(words(text)))
        if not ids:
            continue
        if encoding.padding == "pre":
            matrix[row, -len(ids) :] = ids
        else:
            matrix[row, : len(ids)] = ids
    return matrix


def token_counts(ids: IdMatrix) -> npt.NDArray[np.int64]:
    """(texts,) int64: the number of ids in each row that are not padding."""
    return np.asarray(np.count_nonzero(ids != PADDING_ID, axis=1), np.int64)


def known_words(ids: IdMatrix) -> npt.NDArray[np.int64]:
    """(texts,) int64: the number of ids in each row that stand for words of the vocabulary."""
    return np.asarray(np.count_nonzero((ids != PADDING_ID) & (ids != UNKNOWN_ID), axis=1), np.int64)


def cache_folder() -> Path:
    """The folder of the cached matrices: ``drupelet`` in the user's cache folder (``XDG_CACHE_HOME``, else ``~/.cache``)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "drupelet"


def cached_id_matrix(
    texts: tuple[str, ...],
    corpus_sha256: str,
    encoding: TextEncoding,
    folder: Path,
    notice: Callable[[str], None],
) -> IdMatrix:
    """The result of :func:`id_matrix`, read from the cache in ``folder`` if it is there and not damaged.

    A cached file is a SHA-256 digest followed by a ``.npy`` file. A file that does not match its digest is reported to
    ``notice`` and made again. A cache that cannot be written is reported to ``notice``; the matrix is then made every time.
    """
    path = folder / f"ids-{encoding.sha256(corpus_sha256)[:32]}"
    shape = (len(texts), encoding.max_tokens)
    if path.exists():
        cached = _read(path)
        if cached is not None and cached.shape == shape:
            return cached
        notice(f"{path}: the cached id matrix is damaged; it is made again")
    matrix = id_matrix(texts, encoding)
    try:
        _write(path, matrix)
        _drop_oldest(folder)
    except (DrupeletError, OSError) as error:
        notice(f"the id matrix is not cached: {error}")
    return matrix


def _read(path: Path) -> IdMatrix | None:
    try:
        content = path.read_bytes()
        digest, array = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(array).digest() != digest:
            return None
        matrix: IdMatrix = np.load(io.BytesIO(array), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return matrix


def _write(path: Path, matrix: IdMatrix) -> None:
    buffer = io.BytesIO()
    np.save(buffer, matrix, allow_pickle=False)
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(hashlib.sha256(buffer.getbuffer()).digest())
        file.write(buffer.getbuffer())


def _drop_oldest(folder: Path) -> None:
    for path in newest_first(folder.glob("ids-*"))[KEPT_MATRICES:]:
        path.unlink(missing_ok=True)
    drop_unfinished(folder, UNFINISHED_S)


def newest_first(paths: Iterable[Path]) -> list[Path]:
    """The paths by the time of their last change. Those that another process has deleted are left out."""
    changed = []
    for path in paths:
        with suppress(FileNotFoundError):
            changed.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(changed, reverse=True)]
