"""The text rules of a run, and what they make of its texts: whether a model can learn from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.corpus_statistics import CorpusStatistics, TokenCounts, count_tokens
from drupelet_train.corpora.learnability import check_learnable, check_new_words
from drupelet_train.corpora.splits import Indices
from drupelet_train.settings_choice import choose_settings, facts_of
from drupelet_train.words.letters import LetterCounts, dropped_letters
from drupelet_train.words.rules_choice import percent


@dataclass(frozen=True)
class TextSettings:
    """``config`` has no open setting, ``reasons`` say why; what its text rules make of the texts is counted.

    ``letters`` are those of the training texts.
    """

    config: TrainConfig
    reasons: Mapping[str, str]
    letters: LetterCounts
    counts: TokenCounts

    @property
    def reason(self) -> str:
        """Why the text rules are these."""
        return self.reasons["tokenizer"]


def settle(config: TrainConfig, corpus: Corpus, parts: Mapping[str, Indices]) -> TextSettings:
    """The configuration with its open settings filled in (:mod:`drupelet_train.settings_choice`), and its texts counted.

    ``parts`` names the indices of training, validation and held_out. Raises InputError when a model could not learn from what
    the rules leave of the texts.
    """
    training = parts["training"]
    facts = facts_of(corpus, training)
    chosen = choose_settings(config, facts)
    config, letters = chosen.config, facts.letters
    rules = config.text_rules()
    dropped = LetterCounts(letters, dropped_letters(letters, rules))
    counts = count_tokens(corpus.texts, parts, rules)
    check_learnable(corpus, training, counts.lengths, dropped, rules)
    check_new_words(corpus.name, counts.frequencies, counts.by_part["validation"], dropped, rules)
    return TextSettings(config, chosen.reasons, dropped, counts)


def described(settings: TextSettings, statistics: CorpusStatistics) -> tuple[str, ...]:
    """Lines for people: the settings that were chosen with their reasons, and what the text rules make of the texts."""
    others = {name: reason for name, reason in settings.reasons.items() if name != "tokenizer"}
    most = " ".join(statistics.most_dropped)
    shown = f" (most often {most})" if most else ""
    return (
        f"text rules {settings.config.tokenizer}: {settings.reason}",
        *(f"{name} {getattr(settings.config, name)}: {reason}" for name, reason in others.items()),
        f"letters dropped: {percent(statistics.dropped_share)} of {statistics.training_letters:,}{shown}; "
        f"texts without a word: {statistics.texts_without_tokens:,} of {statistics.texts:,}; "
        f"unknown words in held-out texts: {percent(1.0 - statistics.held_out_tokens_in_vocabulary)}",
    )
