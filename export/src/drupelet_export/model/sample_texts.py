"""Random texts from a vocabulary, for models that come without held-out texts, and for checks that need no real texts."""

from __future__ import annotations

import numpy as np

from drupelet_export.model.description import ModelDescription

SAMPLED_TEXTS = 256
SAMPLED_TEXT_WORDS = 60
UNKNOWN_SHARE = 0.05
SEED = 20_260_101


def sample_texts(model: ModelDescription) -> list[str]:
    """Texts of random words from the vocabulary, with some words that are not in it; the same texts every time."""
    words = [word for word in model.vocabulary if word is not None] or ["word"]
    random = np.random.default_rng(SEED)
    longest = min(SAMPLED_TEXT_WORDS, (model.text_rules.max_tokens or SAMPLED_TEXT_WORDS) + 5)
    texts = []
    for length in random.integers(1, longest + 1, SAMPLED_TEXTS):
        picked = [words[place] for place in random.integers(0, len(words), length)]
        unknown = random.random(length) < UNKNOWN_SHARE
        texts.append(
            model.joined(
                model.out_of_vocabulary_word if odd else word for word, odd in zip(picked, unknown, strict=True)
            )
        )
    return texts
