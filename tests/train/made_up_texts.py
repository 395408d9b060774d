"""Texts of two classes, told apart by words, pairs of words and noise: what the tests of the teachers learn from."""

import numpy as np

from drupelet_train.teaching.folds import contiguous_folds
from drupelet_train.words.token_texts import number_tokens

FILLERS = ["the", "a", "film", "of", "it", "was", "cat", "dog"]


def made_up_texts(count=240, classes=2, seed=3):
    """Lines and their (count,) int32 classes, which lie in one run each, as those of the corpora do."""
    generator = np.random.default_rng(seed)
    label_ids = np.sort(np.arange(count) % classes).astype(np.int32)
    lines = []
    for label_id in label_ids:
        words = list(generator.choice(FILLERS, generator.integers(4, 12)))
        for _ in range(3):
            words.insert(int(generator.integers(len(words) + 1)), f"word{label_id}{generator.integers(4)}")
        lines.append(" ".join(words))
    return lines, label_ids


def numbered(lines, label_ids, folds=4, validation_every=6):
    """The texts as numbers, which of them train, and their folds; every ``validation_every``-th does not train."""
    texts = number_tokens(lines, str.split)
    trains = np.arange(len(lines)) % validation_every != 0
    return texts, trains, contiguous_folds(label_ids, trains, folds)
