"""Texts as a matrix of word ids, cached on disk."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from drupelet.errors import DrupeletError
from drupelet.tokenizer import Tokenizer
from drupelet_train.atomic import replacing
from drupelet_train.words.vocabulary import PADDING_ID, Vocabulary

IdMatrix = npt.NDArray[np.int32]

KEPT_MATRICES = 8
"""Matrices that stay in the cache; the reference matrix is 40 MB."""

_DIGEST_BYTES = hashlib.sha256().digest_size


def id_matrix(texts: tuple[str, ...], vocabulary: Vocabulary, tokenizer: Tokenizer, padding: str) -> IdMatrix:
    """(texts, max_tokens) int32: the ids that the model reads of every text, padded with 0 at the ``padding`` side."""
    if tokenizer.max_tokens is None:
        raise ValueError("a matrix needs max_tokens")
    words = tokenizer.splitter()
    matrix = np.full((len(texts), tokenizer.max_tokens), PADDING_ID, np.int32)
    for row, text in enumerate(texts):
        ids = tokenizer.cut(vocabulary.ids(words(text)))
        if not ids:
            continue
        if padding == "pre":
            matrix[row, -len(ids) :] = ids
        else:
            matrix[row, : len(ids)] = ids
    return matrix


def token_counts(ids: IdMatrix) -> npt.NDArray[np.int64]:
    """(texts,) int64: the number of ids in each row that are not padding."""
    return np.asarray(np.count_nonzero(ids != PADDING_ID, axis=1), np.int64)


def cache_folder() -> Path:
    """Where matrices are cached: ``drupelet`` in the user's cache folder (``XDG_CACHE_HOME``, else ``~/.cache``)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "drupelet"


def cached_id_matrix(
    texts: tuple[str, ...],
    corpus_sha256: str,
    vocabulary: Vocabulary,
    tokenizer: Tokenizer,
    padding: str,
    folder: Path,
    notice: Callable[[str], None],
) -> IdMatrix:
    """:func:`id_matrix`, from the cache in ``folder`` where it is there and whole.

    A cached file is its SHA-256 and a ``.npy`` file. One that does not match is reported to ``notice`` and made again;
    a cache that cannot be written is reported too, and costs nothing but the time.
    """
    rules = json.dumps([corpus_sha256, vocabulary.tokens, tokenizer.to_json(), padding]).encode()
    path = folder / f"ids-{hashlib.sha256(rules).hexdigest()[:32]}"
    shape = (len(texts), tokenizer.max_tokens)
    if path.exists():
        cached = _read(path)
        if cached is not None and cached.shape == shape:
            return cached
        notice(f"{path}: the cached id matrix is damaged; it is made again")
    matrix = id_matrix(texts, vocabulary, tokenizer, padding)
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
    newest_first = sorted(folder.glob("ids-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[KEPT_MATRICES:]:
        path.unlink(missing_ok=True)
