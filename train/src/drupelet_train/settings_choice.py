"""The settings that follow from the data: the one place where facts about texts become settings.

A configuration leaves a setting open (``auto``), or the data allows one value alone. A choice depends on the facts and on
nothing else, so that a resumed run and an export choose alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from drupelet_train.config import AUTO, OUTPUT_EACH, TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.splits import Indices
from drupelet_train.words.letters import count_letters
from drupelet_train.words.rules_choice import choose_rules


@dataclass(frozen=True)
class Facts:
    """The training texts: their number, the number of labels, whether a text may have several, and all their letters."""

    texts: int
    labels: int
    several_labels: bool
    letters: Counter[str]


@dataclass(frozen=True)
class Chosen:
    """The configuration with its open settings filled in, and why, by the name of the setting."""

    config: TrainConfig
    reasons: Mapping[str, str]


def facts_of(corpus: Corpus, training: Indices) -> Facts:
    """The facts about the training texts of a corpus. No validation and no held-out text takes part."""
    letters = count_letters(corpus.texts[index] for index in training.tolist())
    return Facts(len(training), len(corpus.labels), corpus.several is not None, letters)


def choose_settings(config: TrainConfig, facts: Facts) -> Chosen:
    """The settings for data of which these are the facts."""
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
    return Chosen(config, reasons)
