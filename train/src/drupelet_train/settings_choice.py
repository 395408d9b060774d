"""The settings that follow from the data: the one place where facts about texts become settings.

A configuration leaves a setting open (``auto``), the user gives no configuration, or the data allows one value alone. A choice
depends on the facts and on nothing else, so that a resumed run and an export choose alike. What the numbers were measured on is
told in decision 0039.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from drupelet.text.named import ALNUM
from drupelet_train.config import AUTO, OUTPUT_EACH, TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.corpus_statistics import TokenCounts
from drupelet_train.corpora.splits import Indices
from drupelet_train.words.rules_choice import choose_rules
from drupelet_train.words.vocabulary import RESERVED

LONGEST_SHARE = 0.99
"""Share of the training texts that are read whole."""

TOKENS = (16, 1_000)
"""Fewest and most tokens that a model reads."""

TRAINING_TOKENS = 400
"""Most tokens that training reads of a text: the time of a step grows with them."""

VOCABULARY = (1_000, 20_000)
"""Smallest and largest size of a vocabulary."""

MOST_FEW_LABELS = 4
"""Most labels that are few."""

LONG_TEXT = 100
"""Tokens from which on a text is long."""

MOST_FEW_TEXTS = 2_500
"""Most training texts that are few: with few labels, a teacher knows more than so few texts say."""

MOST_VERY_FEW_TEXTS = 500
"""Most training texts that are very few: if they are long, more pieces of them are shown."""

LEAST_MANY_TEXTS = 10_000
"""Training texts from which on batches are larger."""

STEPS_OF_MANY_LABELS, STEPS_OF_FEW_LABELS, STEPS_OF_LONG_TEXTS = 3_000, 1_500, 600
"""Steps of a training. A step of long texts takes many times as long."""

EPOCHS = (4, 40)
"""Fewest and most epochs."""

MOST_TAUGHT_LABELS = 200
"""Most labels that an n-gram teacher is asked about: it fits a regression for each, ten times."""


@dataclass(frozen=True)
class Facts:
    """The training texts: their number, the number of labels, whether a text may have several, and all their letters.

    ``longest``: ``LONGEST_SHARE`` of the texts have at most so many tokens. ``words``: the number of
    distinct words in them; ``repeated_words``: of those that stand there at least twice. All are by the text rules of the run.
    """

    texts: int
    labels: int
    several_labels: bool
    letters: Counter[str]
    longest: int
    words: int
    repeated_words: int


@dataclass(frozen=True)
class Chosen:
    """The configuration with its open settings filled in, and why, by the name of the setting."""

    config: TrainConfig
    reasons: Mapping[str, str]


def facts_of(corpus: Corpus, training: Indices, letters: Counter[str], counts: TokenCounts) -> Facts:
    """The facts about the training texts of a corpus. No validation and no held-out text takes part."""
    longest = int(np.quantile(counts.lengths[training], LONGEST_SHARE, method="higher"))
    repeated = sum(count > 1 for count in counts.frequencies.values())
    return Facts(
        len(training),
        len(corpus.labels),
        corpus.several is not None,
        letters,
        longest,
        len(counts.frequencies),
        repeated,
    )


def choose_settings(config: TrainConfig, facts: Facts, open_settings: Collection[str] = ()) -> Chosen:
    """The settings for data of which these are the facts. ``open_settings``: those of ``CHOSEN`` that the data chooses."""
    reasons = {}
    rules = choose_rules(facts.letters)
    if config.tokenizer == AUTO:
        config, reasons["tokenizer"] = replace(config, tokenizer=rules.name), rules.reason
    elif config.tokenizer == rules.name:
        reasons["tokenizer"] = "the configuration names it"
    else:
        reasons["tokenizer"] = f"the configuration names it; auto would choose {rules.name}, because {rules.reason}"
    if facts.several_labels and config.output != OUTPUT_EACH:
        config = replace(config, output=OUTPUT_EACH)
        reasons["output"] = "a text may have several labels, and each is decided alone"
    found = _found(facts, config.tokenizer)
    chosen = {name: found[name] for name in CHOSEN if name in open_settings}
    config = replace(config, **{name: value for name, (value, _) in chosen.items()})
    reasons |= {name: reason for name, (_, reason) in chosen.items()}
    return Chosen(config, reasons)


def _found(facts: Facts, tokenizer: str) -> dict[str, tuple[Any, str]]:
    """The value and the reason of every setting that data can choose."""
    english, few_labels = tokenizer == ALNUM.name, facts.labels <= MOST_FEW_LABELS
    long = facts.longest >= LONG_TEXT
    texts, labels = f"there are {facts.texts:,} training texts", f"there are {facts.labels:,} labels"
    tokens = int(np.clip(facts.longest, *TOKENS))
    read = f"{LONGEST_SHARE:.0%} of the training texts have at most {facts.longest:,} tokens"
    if english:
        words, why_words = facts.words, f"the training texts have {facts.words:,} words"
        vectors, why_vectors = "glove-6b-50d", "GloVe has vectors of English words"
    else:
        words, why_words = (
            facts.repeated_words,
            f"{facts.repeated_words:,} words stand at least twice in the training texts",
        )
        vectors, why_vectors = "random", "GloVe has vectors of English words alone"
    taught, why_taught = (
        not facts.several_labels and facts.labels <= MOST_TAUGHT_LABELS,
        "a network alone is behind n-grams on few texts",
    )
    if not taught:
        why_taught = "a teacher knows one label of a text" if facts.several_labels else labels
    trusted = few_labels and facts.texts <= MOST_FEW_TEXTS
    pieces = (4 if long and facts.texts <= MOST_VERY_FEW_TEXTS else 2) if taught else 0
    batch_size = 128 if facts.texts >= LEAST_MANY_TEXTS else 64
    steps = STEPS_OF_LONG_TEXTS if long else STEPS_OF_FEW_LABELS if few_labels else STEPS_OF_MANY_LABELS
    epochs = int(np.clip(round(steps * batch_size / (facts.texts * (1 + pieces))), *EPOCHS))
    why_epochs = f"that is about {epochs * facts.texts * (1 + pieces) // batch_size:,} steps"
    same = "the same for all texts"
    both = f"{texts}, and {labels}"
    return {
        "vocabulary_size": (int(np.clip(words + len(RESERVED), *VOCABULARY)), why_words),
        "max_tokens": (tokens, read),
        "training_tokens": (min(tokens, TRAINING_TOKENS), read),
        "embedding": (vectors, why_vectors),
        "embedding_learning_rate": (0.001 if english else 0.004, why_vectors),
        "units": (32 if few_labels else 64, labels),
        "bidirectional": (True, same),
        "pooling": ("max", same),
        "teacher": ("ngram" if taught else "none", why_taught),
        "teacher_share": (0.8 if trusted else 0.5, both),
        "crops": (pieces, f"{texts}, {'long ones' if long else 'none of them long'}" if taught else why_taught),
        "dropout": (0.1, same),
        "word_dropout": (0.1, same),
        "head_dropout": (0.2 if trusted else 0.5, both),
        "batch_size": (batch_size, texts),
        "epochs": (epochs, why_epochs),
        "patience": (epochs, "as many as epochs, so that the rates fall to their end"),
    }


CHOSEN = tuple(_found(Facts(1, 2, False, Counter(), 1, 1, 1), ALNUM.name))
"""The settings that data chooses where nobody names them."""
