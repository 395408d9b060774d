"""What numbers betray: whether the way from text to ids and the labels can be right at all.

The comparison cannot see it: Keras and every engine get the same wrong ids. Each check is one value of
:class:`drupelet_export.report.document.TextCheck`; a failed one fails the verdict unless it was accepted by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import islice

from drupelet.goldens import Golden
from drupelet.output import most_probable
from drupelet.text.named import NAMED_RULES
from drupelet.text.rules import Ngrams
from drupelet_export.model.description import ModelDescription
from drupelet_export.parity.check_names import (
    ACCURACY,
    EMPTY_TEXTS,
    LABEL_ORDER,
    SINGLE_CHARACTERS,
    UNKNOWN_WORDS,
    UNREACHABLE_WORDS,
)
from drupelet_export.parity.label_order import better_order
from drupelet_export.parity.unreachable_words import UnreachableWords, unreachable_words
from drupelet_export.report.document import TextCheck

MAX_UNREACHABLE_SHARE = 0.01
"""Largest share of words out of reach. Vocabularies of owners whose rules fit hold a handful of such words, far below 1 %.
Rules that drop apostrophes leave 3 % of the 10,000 most frequent words of English reviews out of reach, 7 % of 20,000; rules
that keep a-z alone leave more in any other language."""
FIRST_WORDS = 100
MAX_UNREACHABLE_FIRST = 2
"""Most words out of reach among the first words. Vocabularies are nearly always in order of frequency, and the first hundred
words make half of a running text: three of them out of reach are more than a few odd tokens."""
MIN_BETTER_RULES = 10
"""Other rules are named where they leave so many times fewer words out of reach: these are not a little better, they fit."""
MIN_CHARACTERS = 10
"""Number of words from which a vocabulary of single characters is seen as one: ten digits, and any alphabet."""
MIN_SINGLE_SHARE = 0.95
MIN_KNOWN_SHARE = 0.25
"""Smallest share of known words. The 1,000 most frequent words cover three quarters of a running text, and half of it when stop
words were removed. In another language, a model knows only a few names."""
MAX_EMPTY_SHARE = 0.05
"""Largest share of texts without a known word. Among short texts, one in a hundred may be so: a link, a smiley."""
MIN_EMPTY_TEXTS = 2
MIN_LABELLED_TEXTS = 20
"""Fewest texts with labels whose accuracy says something: a coin is right 15 times of 20 in one of 50 trials."""
SHOWN_WORDS = 3
SHOWN_CHARACTERS = 30


def text_checks(
    model: ModelDescription, texts: Sequence[str], goldens: Sequence[Golden], accepted: Collection[str] = ()
) -> tuple[TextCheck, ...]:
    """Every check of a model as it was read. Those of ``accepted`` names that failed are accepted.

    ``texts``: real texts, of held-out data or of the owner's answers; none where there are neither. ``goldens``: all texts with
    the answers of the reference; those with labels are judged by them.
    """
    labelled = [(golden.label, most_probable(golden.probabilities)) for golden in goldens if golden.label is not None]
    checks = [_unreachable(model), _single_characters(model)]
    if texts:
        checks += _known_words(model, texts)
    if labelled:
        true_labels, answers = zip(*labelled, strict=True)
        checks += _labels(model.labels, true_labels, answers)
    return tuple(
        replace(check, verdict="accepted") if check.verdict == "failed" and check.name in accepted else check
        for check in checks
    )


def failed_checks(checks: Sequence[TextCheck]) -> tuple[str, ...]:
    """A sentence about each failed check, with the option that overrules it."""
    return tuple(check.sentence for check in checks if check.verdict == "failed")


def _check(name: str, failed: bool, found: str, advice: str | None = None, noted: bool = False) -> TextCheck:
    verdict = "failed" if failed else "noted" if noted else "passed"
    return TextCheck(name=name, verdict=verdict, found=found, advice=advice if failed else None)


def _unreachable(model: ModelDescription) -> TextCheck:
    words = [word for word in model.vocabulary if word is not None]
    found = unreachable_words(model)
    if not found.never and not found.unsettled:
        return _check(UNREACHABLE_WORDS, False, f"the text rules can give {_all_words(words)} of the vocabulary")
    counted = [word for word in found.never if not _stands_for_no_text(word)]
    first = set(words[:FIRST_WORDS])
    in_front = sum(word in first for word in counted)
    failed = len(counted) > max(1, MAX_UNREACHABLE_SHARE * len(words)) or in_front > MAX_UNREACHABLE_FIRST
    sentences = []
    if found.never:
        sentence = (
            f"no text can give {len(found.never):,} of the {_count(len(words), 'word')} of the vocabulary by these text rules "
            f"({len(found.never) / len(words):.1%}): {_shown(counted or found.never)}"
        )
        if failed:
            sentence += (
                f"; expected at most {MAX_UNREACHABLE_SHARE:.0%}, and at most {MAX_UNREACHABLE_FIRST} of the first "
                f"{FIRST_WORDS} ({in_front} found): the model was trained on words that were made otherwise"
            )
        sentences.append(sentence)
    if found.unsettled:
        sentences.append(
            f"none of the texts that were tried gives {_count(len(found.unsettled), 'other word' if found.never else 'word')}: "
            f"{_shown(found.unsettled)}"
        )
    advice = None
    if failed:
        advice = _rules_advice(model, found)
    return _check(UNREACHABLE_WORDS, failed, "; ".join(sentences), advice, noted=True)


def _stands_for_no_text(word: str) -> bool:
    """Whether owners put such a token into a vocabulary on purpose: nothing visible, or a name in brackets, as ``<start>``."""
    if not any(character.isprintable() and not character.isspace() for character in word):
        return True
    return len(word) > 2 and (word[0], word[-1]) in (("<", ">"), ("[", "]"))


def _rules_advice(model: ModelDescription, found: UnreachableWords) -> str:
    """The named rules that leave the fewest words out of reach, where these are far fewer; else what to look at."""
    own = model.text_rules
    lost: dict[str, int] = {}
    tried = [own.steps]
    for name, rules in NAMED_RULES.items():
        if rules.steps not in tried:  # imdb makes words as tokenizer does
            tried.append(rules.steps)
            left = unreachable_words(replace(model, text_rules=replace(own, name=name, steps=rules.steps)))
            lost[name] = len(left.never) + len(left.unsettled)
    fewest = min(lost.values())
    if fewest * MIN_BETTER_RULES <= len(found.never):
        names = " or ".join(f"--tokenizer {name}" for name, count in lost.items() if count == fewest)
        return f"{names} leaves {_count(fewest, 'word')} out of reach"
    return "give the text rules and the vocabulary file that the model was trained with"


def _single_characters(model: ModelDescription) -> TextCheck:
    words = [word for word in model.vocabulary if word is not None and not _stands_for_no_text(word)]
    single = sum(len(word) == 1 for word in words)
    failed = (
        model.text_rules.split.by != "characters"
        and len(words) >= MIN_CHARACTERS
        and single >= MIN_SINGLE_SHARE * len(words)
    )
    found = f"{single:,} of {_count(len(words), 'word')} of the vocabulary {'is' if single == 1 else 'are'} single characters"
    if failed:
        found += ", and the text rules make words of several: expected words, or rules by which every character is one"
    return _check(SINGLE_CHARACTERS, failed, found, "--tokenizer characters")


def _known_words(model: ModelDescription, texts: Sequence[str]) -> list[TextCheck]:
    rows = model.row_of
    ngrams = next((step for step in model.text_rules.word_steps if isinstance(step, Ngrams)), None)
    total = known = empty = 0
    for text in texts:
        words = model.words_of(text)
        hits = sum(word in rows for word in words)
        empty += not hits
        if ngrams is not None:  # of longer n-grams, most are rare
            words = [word for word in words if " " not in word]
            hits = sum(word in rows for word in words)
        total, known = total + len(words), known + hits
    checks = []
    if ngrams is None or 1 in ngrams.sizes:
        failed = known < MIN_KNOWN_SHARE * total or not total
        share = f" ({known / total:.1%})" if total else ""
        checks.append(
            _check(
                UNKNOWN_WORDS,
                failed,
                f"the model knows {known:,} of the {_count(total, 'word')} of the texts given{share}"
                + (f"; expected at least {MIN_KNOWN_SHARE:.0%}" if failed else ""),
                "give texts in the language that the model was trained on, and the text rules it was trained with",
            )
        )
    failed = empty > MAX_EMPTY_SHARE * len(texts) and empty >= MIN_EMPTY_TEXTS
    checks.append(
        _check(
            EMPTY_TEXTS,
            failed,
            f"{empty:,} of the {len(texts):,} texts given {'holds' if empty == 1 else 'hold'} no word that the model knows"
            + (f"; expected at most {MAX_EMPTY_SHARE:.0%}" if failed else ""),
            "give the text rules and the vocabulary file that the model was trained with",
        )
    )
    return checks


def _labels(labels: Sequence[str], true_labels: Sequence[int], answers: Sequence[int]) -> list[TextCheck]:
    n = len(answers)
    if n < MIN_LABELLED_TEXTS:
        return [
            TextCheck(
                name=name,
                verdict="not checked",
                found=f"{_count(n, 'text')} with labels; expected at least {MIN_LABELLED_TEXTS}",
            )
            for name in (ACCURACY, LABEL_ORDER)
        ]
    correct = sum(label == answer for label, answer in zip(true_labels, answers, strict=True))
    frequent, largest = Counter(true_labels).most_common(1)[0]
    accuracy = f"accuracy {correct / n:.3f} on {n:,} texts with labels"
    if largest == n:
        first = TextCheck(
            name=ACCURACY,
            verdict="not checked",
            found=f"{accuracy}, all of label {labels[frequent]!r}; expected two labels",
        )
    else:
        failed = correct <= largest
        first = _check(
            ACCURACY,
            failed,
            f"{accuracy}; to answer {labels[frequent]!r} always has {largest / n:.3f}"
            + (": expected a model that is better than that" if failed else ""),
            "check the text rules, the vocabulary file and the labels",
        )
    better = better_order(true_labels, answers, len(labels))
    if better is None:
        second = _check(LABEL_ORDER, False, "no other order of the labels is better")
    else:
        order = ",".join(labels[place] for place in better.order)
        second = _check(
            LABEL_ORDER,
            True,
            f"--labels {order} would have accuracy {better.share:.3f}, this order has {correct / n:.3f}",
            f"give --labels {order}",
        )
    return [first, second]


def _all_words(words: Sequence[str]) -> str:
    return "the one word" if len(words) == 1 else f"all {len(words):,} words"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _shown(words: Sequence[str]) -> str:
    shown = ", ".join(repr(word[:SHOWN_CHARACTERS]) for word in islice(words, SHOWN_WORDS))
    return shown + (", ..." if len(words) > SHOWN_WORDS else "")
