"""The owner's answers in place of Keras's: what a verdict then proves, and the goldens that keep them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from drupelet.errors import InputError
from drupelet.goldens import Golden
from drupelet.proof import TEXT
from drupelet_export.compiled import Compiled
from drupelet_export.parity.alternative_rules import alternative_rules
from drupelet_export.parity.first_difference import Answered, explain_difference
from drupelet_export.reading.owner_answers import OwnerAnswers
from drupelet_export.reading.owner_function import OwnerFunction

SUM_TOLERANCE = 1e-3
"""Largest distance from 1 of the sum of an owner's probabilities, where the model's sum to 1. They may be rounded."""
BATCH_TEXTS = 256
LONG_TEXT_CHARACTERS = 20_000
"""A function is asked about a longer text alone, so that it does not pad 255 others to its length."""

Owner = OwnerAnswers | OwnerFunction
"""The owner's answers: those of a file, or a function that gives them."""


def proof_of(compiled: Compiled, owner: Owner | None) -> tuple[str, str]:
    """What an agreement proves, and who gave the answers: the owner, or else what the model itself proves."""
    return compiled.proof() if owner is None else (TEXT, owner.reference)


def with_owner(
    compiled: Compiled,
    goldens: Sequence[Golden],
    owner: Owner,
    progress: Callable[[int, int], None] = lambda done, total: None,
    show_texts: bool = True,
) -> tuple[list[Golden], tuple[str, ...]]:
    """The goldens with the owner's answers in place of Keras's, and sentences about where the two differ.

    The texts of a file become the suite ``answers``, in front of the others; sampled texts are then left out. A function is
    asked about all texts but those that UTF-8 cannot hold. Raises InputError for answers that the model cannot give.
    Without ``show_texts``, the sentences hold no word of a text.
    """
    if isinstance(owner, OwnerAnswers):
        answered = _of_file(compiled, owner, progress)
        own = [
            Golden("answers", name, text, 1, tuple(compiled.final.engine_ids(text)), tuple(values), None)
            for name, text, values in zip(answered.names, answered.texts, answered.owner, strict=True)
        ]
        goldens = [*own, *(golden for golden in goldens if golden.suite != "sampled")]
    else:
        asked = [place for place, golden in enumerate(goldens) if _is_encodable(golden.whole_text)]
        answered = _of_function(compiled, owner, [goldens[place] for place in asked], progress)
        values_of = dict(zip(asked, answered.owner, strict=True))
        goldens = [
            replace(golden, probabilities=tuple(values_of.get(place, golden.probabilities)))
            for place, golden in enumerate(goldens)
        ]
    findings = explain_difference(
        compiled.read,
        owner.reference,
        answered,
        alternative_rules(compiled.read),
        compiled.reference.predict_ids,
        show_texts,
    )
    return list(goldens), findings


def with_stored_answers(goldens: Sequence[Golden], stored: Sequence[Golden]) -> list[Golden]:
    """The goldens with the owner's answers that a bundle keeps: its suite ``answers``, or the answers to the same texts.

    Texts are the same where their hashes are. An answer whose text was left out gets it back where a golden has it.
    """
    texts = {golden.digest: golden.whole_text for golden in goldens}
    answers = [
        golden if golden.has_text or golden.digest not in texts else golden.with_text(texts[golden.digest])
        for golden in stored
        if golden.suite == "answers"
    ]
    if answers:
        return [*answers, *(golden for golden in goldens if golden.suite != "sampled")]
    kept = {golden.digest: golden.probabilities for golden in stored}
    return [replace(golden, probabilities=kept.get(golden.digest, golden.probabilities)) for golden in goldens]


def _of_file(compiled: Compiled, owner: OwnerAnswers, progress: Callable[[int, int], None]) -> Answered:
    model, texts = compiled.read, owner.texts
    names = [f"line {line}" for line in owner.lines]
    if owner.probabilities is not None:
        for name, row in zip(names, owner.probabilities, strict=True):
            _check_row(compiled, row, f"{owner.name}: {name}")
    if owner.ids is not None:
        rows = len(model.vocabulary)
        for name, ids in zip(names, owner.ids, strict=True):
            if max(ids, default=0) >= rows:
                raise InputError(
                    f"{owner.name}: {name}: id {max(ids)}, the embedding has {rows} rows, from 0 to {rows - 1}"
                )
    keras = compiled.reference.predict(texts, lambda done: progress(done, len(texts)))
    answers = owner.probabilities
    if answers is None:
        if owner.ids is None:
            raise InputError(f"{owner.name}: has neither probabilities nor ids")
        answers = tuple(compiled.reference.predict_ids(owner.ids, lambda done: progress(done, len(texts))))
    return Answered(texts, names, answers, owner.ids, keras, [model.ids(text) for text in texts])


def _of_function(
    compiled: Compiled, owner: OwnerFunction, goldens: Sequence[Golden], progress: Callable[[int, int], None]
) -> Answered:
    model = compiled.read
    texts = [golden.whole_text for golden in goldens]
    answers: list[tuple[float, ...]] = []
    while len(answers) < len(texts):
        answers += owner.answers(_batch(texts, len(answers)), model.labels)
        progress(len(answers), len(texts))
    for golden, row in zip(goldens, answers, strict=True):
        where = f"{owner.name}: {golden.suite} text {golden.name!r}"
        if any(map(math.isnan, row)):
            if not any(map(math.isnan, golden.probabilities)):
                raise InputError(f"{where}: returned NaN, expected probabilities: Keras gives numbers for this text")
        else:
            _check_row(compiled, row, where)
    names = [f"the {golden.suite} text {golden.name!r}" for golden in goldens]
    keras = [golden.probabilities for golden in goldens]
    return Answered(texts, names, answers, None, keras, [model.ids(text) for text in texts])


def _batch(texts: Sequence[str], start: int) -> list[str]:
    stop = start + 1
    if len(texts[start]) <= LONG_TEXT_CHARACTERS:
        while stop < min(start + BATCH_TEXTS, len(texts)) and len(texts[stop]) <= LONG_TEXT_CHARACTERS:
            stop += 1
    return list(texts[start:stop])


def _check_row(compiled: Compiled, row: Sequence[float], where: str) -> None:
    """Raises InputError unless the probabilities sum to 1 where those of the model do."""
    if not compiled.read.graph.is_multi_label and not abs(sum(row) - 1) <= SUM_TOLERANCE:
        raise InputError(
            f"{where}: probabilities sum to {sum(row):.6g}, expected 1; give the probability of each label"
        )


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
