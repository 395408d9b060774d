"""Whether a model could learn from texts under text rules: what remains of the letters, the texts, the classes, the words."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from drupelet.errors import InputError
from drupelet.text.named import ALNUM
from drupelet.text.rules import TextRules
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.splits import Indices
from drupelet_train.words.letters import LetterCounts
from drupelet_train.words.rules_choice import choose_rules, most_frequent_letters, percent

MAX_DROPPED_SHARE = 0.5
"""Largest share of letters that rules may drop. When more are gone, the texts are of another script than the rules."""

MAX_EMPTY_SHARE = 0.5
"""Largest share of training texts without a token. All of them get the same answer, and so would most new texts."""

MAX_NEW_SHARE = 0.95
"""Largest share of the words of validation texts that no training text has. A model knows nothing of such a word.

A hundred short texts of a language with long words leave about 0.7; sentences that were taken for words, 1.
"""


def check_learnable(
    corpus: Corpus,
    training: Indices,
    lengths: npt.NDArray[np.int64],
    letters: LetterCounts,
    rules: TextRules,
) -> None:
    """Raises InputError when a model could not learn from the training texts.

    ``lengths`` (texts,) int64 in tokens, of all texts of ``corpus``; ``letters`` are those of the training texts. A model
    could not learn when ``rules`` drop most letters, leave most texts without a token, or all texts of a class.
    """
    empty = lengths[training] == 0
    if letters.dropped_share > MAX_DROPPED_SHARE:
        raise InputError(
            f"{corpus.name}: the tokenizer {rules.name!r} drops {percent(letters.dropped_share)} of the letters of the "
            f"training texts, most often {most_frequent_letters(letters.dropped)}; expected at most "
            f"{percent(MAX_DROPPED_SHARE)}: {_advice(letters.letters, rules)}"
        )
    if empty.all():
        raise InputError(
            f"{corpus.name}: the tokenizer {rules.name!r} finds no word in any training text; expected texts with words: "
            f"{_advice(letters.letters, rules)}"
        )
    if empty.mean() > MAX_EMPTY_SHARE:
        raise InputError(
            f"{corpus.name}: the tokenizer {rules.name!r} finds no word in {empty.sum():,} of {len(empty):,} training texts; "
            f"expected at most {percent(MAX_EMPTY_SHARE)} without a word: {_advice(letters.letters, rules)}"
        )
    has_label = corpus.targets()[training] > 0
    for label_id, label in enumerate(corpus.labels):
        if empty[has_label[:, label_id]].all():
            raise InputError(
                f"{corpus.name}: the tokenizer {rules.name!r} finds no word in any training text of the class {label!r}; "
                f"expected words in some of them: {_advice(letters.letters, rules)}, or drop the class"
            )


def check_new_words(
    data: str, training: Counter[str], validation: Counter[str], letters: LetterCounts, rules: TextRules
) -> None:
    """Raises InputError, naming ``data``, when hardly a word of the validation texts stands in a training text.

    ``training`` and ``validation`` count the words of these texts.
    """
    total = validation.total()
    new = sum(count for word, count in validation.items() if word not in training)
    if total and new / total > MAX_NEW_SHARE:
        raise InputError(
            f"{data}: {percent(new / total)} of the words that the tokenizer {rules.name!r} finds in validation texts "
            f"stand in no training text; expected at most {percent(MAX_NEW_SHARE)}, or the model learns nothing of use: "
            f"{_advice(letters.letters, rules)}, or give more texts"
        )


def _advice(letters: Counter[str], rules: TextRules) -> str:
    """The next step of an error: rules that suit the letters, or other texts. No rules find fewer words than ``alnum``."""
    better = choose_rules(letters).name
    if better in (rules.name, ALNUM.name):
        return "look at the texts"
    return f'set tokenizer = "{better}" in the configuration, or "auto", which chooses it for these texts'
