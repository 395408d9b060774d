"""What a user gave, an owner's file says and a model shows, made into one meaning: text rules and the word of each row.

Every question has one owner: an option, else the rules that were given, else the file, else the only reading that fits the
model. Where none settles it and answers depend on it, it is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from drupelet.text.words import splitter
from drupelet_export.reading.id_offset import settled_offset
from drupelet_export.reading.open_question import Found, OpenQuestionError, Question
from drupelet_export.reading.reserved_names import PADDING_NAMES, is_reserved
from drupelet_export.reading.row_words import row_words, settled_limit, word_ids
from drupelet_export.reading.settled_steps import settled_steps
from drupelet_export.reading.shown_text import SAMPLES_READ, ids_example, short_texts
from drupelet_export.reading.special_ids import settled_end, settled_unknown
from drupelet_export.reading.text_facts import Facts, Given
from drupelet_export.reading.text_length import settled_keep, settled_length, settled_padding

if TYPE_CHECKING:
    from drupelet.text.rules import TextRules

T = TypeVar("T")

__all__ = ["Facts", "Given", "Settled", "settle"]


@dataclass(frozen=True)
class Settled:
    """The way from texts to ids.

    ``rules`` with steps and ids. ``words``: the word of each embedding row, None for a row that belongs to no word (padding,
    unknown word, rows beyond the words). ``padding``: ``pre``, ``post``, or None where that cannot change an answer.
    ``findings``: sentences for people on what was found, and what settled it.
    """

    rules: TextRules
    words: tuple[str | None, ...]
    padding: str | None
    findings: tuple[str, ...]


def settle(given: Given, facts: Facts, samples: Iterable[str] = ()) -> Settled:
    """The way from texts to ids, if there is one.

    ``samples`` are texts of the data, for examples; without any, words of the vocabulary stand in. Raises OpenQuestionError
    with all questions that can be asked by then, and ModelError where two sides contradict each other.
    """
    asked: list[Question] = []
    findings = list(given.vocabulary.findings)

    def take(outcome: Found[T] | Question) -> Found[T] | None:
        if isinstance(outcome, Question):
            asked.append(outcome)
            return None
        if outcome.finding is not None:
            findings.append(outcome.finding)
        return outcome

    read = list(islice(samples, SAMPLES_READ))
    texts = short_texts(read, (word for word in given.file_ids if not is_reserved(word)))
    steps = take(settled_steps(given, texts, from_data=any(text.strip() for text in read)))
    split = splitter(steps.value) if steps is not None else None
    offset = take(settled_offset(given, facts, partial(ids_example, texts, split or str.split, given.file_ids)))
    length = take(settled_length(given, facts))
    keep = take(settled_keep(given, length is None or length.value is not None, texts))
    padding = take(settled_padding(given, facts, texts))
    if offset is None:  # the other questions are on ids
        raise OpenQuestionError(facts.where, asked)
    ids = word_ids(given, offset.value)
    limit = take(settled_limit(given, facts, ids))
    below = limit.value if limit is not None else facts.rows
    unknown = take(settled_unknown(given, facts, ids, below, texts, split))
    start = take(settled_end("start_id", given, facts, ids, texts, split))
    end = take(settled_end("end_id", given, facts, ids, texts, split))
    if not (steps and length and keep and padding and limit and unknown and start and end) or asked:
        raise OpenQuestionError(facts.where, asked)
    rules = replace(
        steps.value,
        unknown_id=unknown.value,
        start_id=start.value,
        end_id=end.value,
        max_tokens=length.value,
        keep=keep.value,
    )
    nameless = {unknown.value} if unknown.value is not None else set()
    nameless |= {ids[name] for name in PADDING_NAMES if ids.get(name) == 0 and splitter(rules)(name) != [name]}
    return Settled(rules, row_words(ids, limit.value, facts.rows, frozenset(nameless)), padding.value, tuple(findings))
