"""The options for a model without a TextVectorization: vocabulary, tokenizer, padding. Labels are options of every model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drupelet.errors import InputError
from drupelet.text.rules import TextRules
from drupelet.text_source import read_text, split_lines
from drupelet_export.errors import ModelError

UNKNOWN_NAMES = ("[UNK]", "<UNK>", "<unk>", "<OOV>", "<oov>", "UNK")
"""Spellings of the unknown word in vocabulary files."""
PADDING_NAMES = ("", "[PAD]", "<PAD>", "<pad>")
ASCII_WHITE_SPACE = "\t\n\v\f\r "
"""The characters at which all rules that split at white space do."""


@dataclass(frozen=True)
class TextOptions:
    """The way from texts to ids, and the names of the classes. None: not given.

    ``vocabulary`` holds the lines of the vocabulary file, one token each. ``text_rules`` include ``max_tokens`` and ``keep``.
    ``unknown_id`` is the id of words that are not in the vocabulary, where the file does not name it. ``padding`` is ``pre``
    or ``post``.
    """

    labels: tuple[str, ...]
    vocabulary: tuple[str, ...] | None = None
    text_rules: TextRules | None = None
    unknown_id: int | None = None
    padding: str | None = None


def read_vocabulary_file(path: Path, rules: TextRules | None = None) -> tuple[str, ...]:
    """The lines of a vocabulary file, UTF-8, one token per line. Raises ModelError that names the file and the line.

    A token may hold any character but a line feed. White space around it is refused where ``rules`` split at such white
    space: no text has this token. Without rules that is the white space of ASCII.
    """
    try:
        lines = split_lines(read_text(path))
    except OSError as error:
        raise ModelError(
            f"{path}: cannot be read ({error.strerror}); expected a vocabulary, one token per line"
        ) from error
    except InputError as error:
        raise ModelError(str(error)) from error
    around = {"unicode": None, "separator": " ", "characters": "\n"}.get(
        "ascii" if rules is None else rules.split.by, ASCII_WHITE_SPACE
    )
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if line in seen:
            raise ModelError(f"{path}: line {number}: {line!r} is in line {seen[line]} already; a word has one id")
        if line.strip(around) != line or (not line and number > 1):
            reason = ""
            if rules is not None and line.strip(ASCII_WHITE_SPACE) == line != "":
                reason = f": the rules {rules.name} split there, so no text has this token"
            raise ModelError(
                f"{path}: line {number}: {line!r}, expected one token without white space around it{reason}"
            )
        seen[line] = number
    return tuple(lines)


def rows_of_vocabulary(
    words: Sequence[str], rows: int, unknown_id: int | None, where: str
) -> tuple[tuple[str | None, ...], int | None]:
    """The word of each embedding row (None for padding and unknown word), and the id of unknown words.

    In a file whose first line is the padding (empty, or a name like ``[PAD]``), the first line has id 0. Another file may
    leave out row 0, which Keras keeps for padding, or rows 0 and 1; row 1 is then the unknown word. When neither the file
    nor ``unknown_id`` gives unknown words an id, they are dropped, as ``keras.Tokenizer`` does. Raises ModelError when the
    number of words does not match the number of rows.
    """
    left_out = rows - len(words)
    named = next((place for place, word in enumerate(words[:4]) if word in UNKNOWN_NAMES), None)
    has_padding = bool(words) and words[0] in PADDING_NAMES
    allowed = (0,) if has_padding else (0, 1) if named is not None else (0, 1, 2)
    if left_out not in allowed:
        raise ModelError(
            f"{where}: the vocabulary has {len(words)} tokens, the Embedding has {rows} rows; expected "
            f"{' or '.join(str(rows - n) for n in allowed)} tokens; give the vocabulary that the model was trained with"
        )
    if unknown_id is None:
        unknown_id = 1 if left_out == 2 else None if named is None else named + left_out
    table = [*[None] * left_out, *words]
    reserved = {unknown_id, 0} if has_padding else {unknown_id}
    return tuple(None if row in reserved else word for row, word in enumerate(table)), unknown_id
