"""The initial rows of the embedding layer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from drupelet_train.config import TrainConfig
from drupelet_train.words.glove import load_glove
from drupelet_train.words.vocabulary import PADDING_ID, RESERVED, Vocabulary

UNKNOWN_SCALE = 0.1
"""Standard deviation of the rows of words without a GloVe vector. GloVe's own is 0.6: beside it, these words have little
influence at first."""


def embedding_rows(vocabulary: Vocabulary, config: TrainConfig) -> tuple[npt.NDArray[np.float32], int]:
    """(tokens, embedding_dim) float32, and the number of rows that come from GloVe.

    Rows without a GloVe vector are random, normal around 0, from ``config.seed``; the padding row is 0. If ``embedding_dim``
    is below GloVe's, its vectors are projected onto the directions in which those of the vocabulary are largest.
    """
    generator = np.random.default_rng([config.seed, 0])
    rows = generator.normal(0.0, UNKNOWN_SCALE, (len(vocabulary.tokens), config.embedding_dim)).astype(np.float32)
    rows[PADDING_ID] = 0.0
    if config.embedding == "random":
        return rows, 0
    reserved = len(RESERVED)
    vectors, known = load_glove().rows(vocabulary.tokens[reserved:])
    rows[reserved:][known] = _reduced(vectors[known], config.embedding_dim)
    return rows, int(known.sum())


def _reduced(vectors: npt.NDArray[np.float32], dimensions: int) -> npt.NDArray[np.float32]:
    """(words, dimensions) float32: ``vectors`` (words, GloVe's dimensions) in the directions in which they are largest."""
    if dimensions == vectors.shape[1] or len(vectors) == 0:
        return vectors[:, :dimensions]
    _, directions = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors.astype(np.float64))
    largest_first = directions[:, ::-1][:, :dimensions]
    return np.asarray(vectors @ largest_first, np.float32)
