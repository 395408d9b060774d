"""How many ids a model reads, which part of a longer text they are, and on which side a shorter one is padded."""

from __future__ import annotations

from collections.abc import Sequence

from drupelet.text.rules import KEEPS
from drupelet_export.errors import ModelError
from drupelet_export.reading.open_question import Found, Question, Reading
from drupelet_export.reading.shown_text import WORDS_SHOWN
from drupelet_export.reading.text_facts import Facts, Given

SHORT = 3
"""Words of a text that is cut to half of them, or padded, for an example."""
PADDED = ("0", "0")


def settled_length(given: Given, facts: Facts) -> Found[int | None] | Question:
    """The most ids that the model reads, None for no limit.

    In this order: the option, the rules that were given, the output of the owner's TextVectorization, the input of the model.
    Raises ModelError where one of them contradicts the input of the model, which takes no other number of ids.
    """
    own = given.vocabulary.output_sequence_length
    said: int | None
    if given.max_tokens is not None:
        said, by = given.max_tokens, "--max-tokens"
    elif given.rules is not None and given.rules.max_tokens is not None:
        said, by = given.rules.max_tokens, f"max_tokens of the rules {given.rules.name!r}"
    else:
        said, by = own, f"output_sequence_length of the {given.file}"
    if said is not None:
        if facts.input_length not in (None, said):
            raise ModelError(
                f"{facts.where}: its input has {facts.input_length} ids, {by} is {said}; expected the same number"
            )
        beside = f", not the {own} of the file" if own is not None and own != said else ""
        return Found(said, f"At most {said} ids are read ({by}{beside}).")
    if facts.input_length is not None:
        return Found(facts.input_length, f"At most {facts.input_length} ids are read, as the input of the model says.")
    if facts.padding_counts:
        return Question(
            "the length of the padded text",
            "the padding is part of the answer, and neither the model nor the vocabulary says how long a padded text is",
            (Reading("--max-tokens N", "every text is padded or cut to N ids, as pad_sequences(maxlen=N) does"),),
        )
    return Found(None)


def settled_keep(given: Given, limited: bool, texts: Sequence[str]) -> Found[str] | Question:
    """Which part of a longer text is read. It is asked only where there is a limit (``limited``)."""
    if given.keep is not None:
        return Found(given.keep, f"Of a longer text the {given.keep} is read (--keep)." if limited else None)
    rules = given.rules
    if rules is not None and (rules.max_tokens is not None or rules.keep != KEEPS[0]):
        return Found(rules.keep, f"Of a longer text the {rules.keep} is read, as the rules {rules.name!r} say.")
    if not limited:
        return Found(KEEPS[0])
    if given.vocabulary.output_sequence_length is not None:
        return Found("head", f"Of a longer text the head is read, as the {given.file} does.")
    words = max((text.split() for text in texts), key=len)[:WORDS_SHOWN]
    limit = max(1, len(words) // 2)
    shown = f"of {' '.join(words)!r}, with {limit} ids: "
    return Question(
        "longer texts",
        "neither the model nor the vocabulary says which part of a text with too many words is read",
        (
            Reading(
                "--keep tail", "as pad_sequences does unless told otherwise", shown + repr(" ".join(words[-limit:]))
            ),
            Reading(
                "--keep head",
                "as TextVectorization and pad_sequences(truncating='post') do",
                shown + repr(" ".join(words[:limit])),
            ),
        ),
    )


def settled_padding(given: Given, facts: Facts, texts: Sequence[str]) -> Found[str | None] | Question:
    """The side on which a shorter text is padded: ``pre``, ``post``, or None where that cannot change an answer."""
    if given.padding is not None:
        return Found(given.padding, f"Padding stands {_side(given.padding)} the text (--padding).")
    if given.vocabulary.output_sequence_length is not None:
        return Found("post", f"Padding stands behind the text, as the {given.file} does.")
    if not facts.padding_counts:
        return Found(None)
    words = texts[0].split()[:SHORT]
    return Question(
        "the side of the padding",
        "the padding is part of the answer, and neither the model nor the vocabulary says on which side it stands",
        (
            Reading("--padding pre", "as pad_sequences does unless told otherwise", repr(" ".join((*PADDED, *words)))),
            Reading(
                "--padding post",
                "as TextVectorization and pad_sequences(padding='post') do",
                repr(" ".join((*words, *PADDED))),
            ),
        ),
    )


def _side(padding: str) -> str:
    return "in front of" if padding == "pre" else "behind"
