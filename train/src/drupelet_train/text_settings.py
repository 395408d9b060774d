"""The text rules of a run, and what they make of its texts: whether a model can learn from that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from drupelet.text.named import named_rules
from drupelet_train.config import AUTO, TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.corpus_statistics import CorpusStatistics, TokenCounts, count_tokens
from drupelet_train.corpora.learnability import check_learnable, check_new_words
from drupelet_train.corpora.splits import Indices
from drupelet_train.settings_choice import choose_settings, facts_of
from drupelet_train.words.letters import LetterCounts, count_letters, dropped_letters
from drupelet_train.words.rules_choice import choose_rules, percent


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


def settle(
    config: TrainConfig, corpus: Corpus, parts: Mapping[str, Indices], open_settings: Collection[str] = ()
) -> TextSettings:
    """The configuration with its open settings filled in (:mod:`drupelet_train.settings_choice`), and its texts counted.

    ``parts`` names the indices of training, validation and held_out, ``open_settings`` those that the texts choose beside the
    ones that a configuration leaves to them. Raises InputError when a model could not learn from what
    the rules leave of the texts.
    """
    training = parts["training"]
    letters = count_letters(corpus.texts[index] for index in training.tolist())
    name = choose_rules(letters).name if config.tokenizer == AUTO else config.tokenizer
    counts = count_tokens(corpus.texts, parts, named_rules(name))
    chosen = choose_settings(config, facts_of(corpus, training, letters, counts), open_settings)
    config = chosen.config
    rules = config.text_rules()
    dropped = LetterCounts(letters, dropped_letters(letters, rules))
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


def settings_file(settings: TextSettings) -> str:
    """All settings as TOML, a file for ``--config``, each with the reason why it was chosen as a comment."""
    lines = []
    for line in settings.config.to_toml().splitlines():
        name = line.split(" = ")[0]
        if name in settings.reasons:
            lines.append(f"# {settings.reasons[name]}")
        lines.append(line)
    return "".join(f"{line}\n" for line in lines)
