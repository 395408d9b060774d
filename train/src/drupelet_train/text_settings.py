"""The text rules of a run: chosen by the training texts where the configuration says so, and checked against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from drupelet_train.config import AUTO, TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.corpus_statistics import CorpusStatistics, TokenCounts, count_tokens
from drupelet_train.corpora.learnability import check_learnable, check_new_words
from drupelet_train.corpora.splits import Indices
from drupelet_train.words.letters import LetterCounts, count_letters, dropped_letters
from drupelet_train.words.rules_choice import choose_rules, percent


@dataclass(frozen=True)
class TextSettings:
    """``config`` names the tokenizer, ``reason`` says why it is that one; what its rules make of the texts is counted.

    ``letters`` are those of the training texts.
    """

    config: TrainConfig
    reason: str
    letters: LetterCounts
    counts: TokenCounts


def settle(config: TrainConfig, corpus: Corpus, parts: Mapping[str, Indices]) -> TextSettings:
    """The configuration with the text rules that it names or, for ``auto``, that suit the training texts.

    ``parts`` names the indices of training, validation and held_out. The choice depends on the training texts alone. Raises
    InputError when a model could not learn from what the rules leave of the texts.
    """
    training = parts["training"]
    letters = count_letters(corpus.texts[index] for index in training.tolist())
    choice = choose_rules(letters)
    if config.tokenizer == AUTO:
        config, reason = replace(config, tokenizer=choice.name), choice.reason
    elif config.tokenizer == choice.name:
        reason = "the configuration names it"
    else:
        reason = f"the configuration names it; auto would choose {choice.name}, because {choice.reason}"
    rules = config.text_rules()
    dropped = LetterCounts(letters, dropped_letters(letters, rules))
    counts = count_tokens(corpus.texts, parts, rules)
    check_learnable(corpus, training, counts.lengths, dropped, rules)
    check_new_words(corpus.name, counts.frequencies, counts.by_part["validation"], dropped, rules)
    return TextSettings(config, reason, dropped, counts)


def described(tokenizer: str, reason: str, statistics: CorpusStatistics) -> tuple[str, str]:
    """Two lines for people: the text rules with the reason, and what they make of the texts."""
    most = " ".join(statistics.most_dropped)
    shown = f" (most often {most})" if most else ""
    return (
        f"text rules {tokenizer}: {reason}",
        f"letters dropped: {percent(statistics.dropped_share)} of {statistics.training_letters:,}{shown}; "
        f"texts without a word: {statistics.texts_without_tokens:,} of {statistics.texts:,}; "
        f"unknown words in held-out texts: {percent(1.0 - statistics.held_out_tokens_in_vocabulary)}",
    )
