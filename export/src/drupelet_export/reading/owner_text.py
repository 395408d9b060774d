"""Text files of words: a token a line, a token and a number a line, a token and a vector a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from drupelet.errors import InputError
from drupelet.text_source import split_lines
from drupelet_export.reading.owner_words import (
    START_OF_TEXTVECTORIZATION,
    UNKNOWN_OF_TEXTVECTORIZATION,
    OwnerVocabulary,
    checked_ids,
    checked_tokens,
    ids_findings,
    tokens_findings,
)

SAMPLE_LINES = 1000
"""Lines by which a file of vectors is recognised. All lines are then read as such."""
ENOUGH_IDS = 10
"""Numbers that are exactly a range of this length or more, in whatever order, are ids. Counts are never that."""

_INTEGER = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_HEADER = re.compile(r"([0-9]{1,9}) ([0-9]{1,5})")
_COMMA_COLUMN = re.compile(r".*[,;] ?[0-9]+", re.DOTALL)
_NUMERIC_CHARACTERS = "0123456789+-.eE"
_NOT_A_NUMBER = re.compile(r"[+-]?(nan|inf)", re.IGNORECASE)

LIST_ADVICE = "write the tokens as a JSON list, in the order of their ids: json.dump(tokens, file) in Python"


def vocabulary_of_text(text: str, where: str) -> OwnerVocabulary:
    """The words of a text file, never stripped. Raises InputError that names the file, the line and what it may mean."""
    lines = split_lines(text)
    if not lines:
        raise InputError(f"{where}: is empty; expected a vocabulary, for example one token per line")
    if len(lines) == 1 and "\r" in lines[0]:
        raise InputError(
            f"{where}: lines end with a carriage return alone, expected a line feed; convert the file, for example with "
            "tr '\\r' '\\n'"
        )
    if 0 < text.count("\r\n") < text.count("\n"):
        number = text.count("\n", 0, text.index("\r\n")) + 1
        raise InputError(
            f"{where}: line {number} ends with a carriage return and a line feed, other lines with a line feed alone, so its "
            f"token may end with a carriage return; expected line ends of one kind; {LIST_ADVICE}"
        )
    if "\0" in text:
        number = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(
            f"{where}: line {number}: a NUL character, expected text; give the words as text, JSON or pickle"
        )
    return _vectors(lines, where) or _numbers(lines, where) or _tokens(lines, where)


def _vectors(lines: list[str], where: str) -> OwnerVocabulary | None:
    """A token and a vector a line, as GloVe and word2vec write it; None for another file."""
    header = _HEADER.fullmatch(lines[0].rstrip(" ")) if len(lines) > 1 else None
    sample = lines[bool(header) : SAMPLE_LINES + bool(header)]
    separator = "\t" if "\t" in sample[0] else " "
    trailing = all(line.endswith(separator) for line in sample)  # word2vec's own program writes it so
    if trailing:
        sample = [line[:-1] for line in sample]
    width, _ = Counter(line.count(separator) for line in sample).most_common(1)[0]
    if width < 2:
        return None
    alike = sum(
        all(map(_is_number, line.rsplit(separator, width)[1:])) for line in sample if line.count(separator) >= width
    )
    if alike * 2 < len(sample):
        return None
    if header is not None and int(header[2]) != width:
        header = None
    findings = []
    if header is not None:
        findings.append(f"Line 1 announces {header[1]} tokens with {header[2]} numbers each, as word2vec writes it.")
        if int(header[1]) != len(lines) - 1:
            raise InputError(
                f"{where}: line 1 announces {header[1]} tokens, {len(lines) - 1} lines follow; copy the file again, or "
                "correct the number"
            )
    tokens = []
    for number, line in enumerate(lines, 1):
        if header is not None and number == 1:
            continue
        parts = line.removesuffix(separator).rsplit(separator, width) if trailing else line.rsplit(separator, width)
        if len(parts) != width + 1 or not (
            not "".join(parts[1:]).strip(_NUMERIC_CHARACTERS) or all(map(_is_number, parts[1:]))
        ):
            raise InputError(
                f"{where}: line {number}: {line[:60]!r}, expected a token and {width} numbers, as most lines have; copy the "
                "file again, or remove this line"
            )
        tokens.append(parts[0])
    findings.append(f"The {width} numbers behind each token were not read.")
    return _listed(tokens, where, "token and vector a line", findings)


def _is_number(field: str) -> bool:
    return bool(_NUMBER.fullmatch(field) or _NOT_A_NUMBER.fullmatch(field))


def _numbers(lines: list[str], where: str) -> OwnerVocabulary | None:
    """A token and an id or a count a line; None for another file."""
    separator = "\t" if all("\t" in line for line in lines) else " "
    parts = [line.rsplit(separator, 1) for line in lines]
    numbered = [len(part) == 2 and _is_number(part[1]) for part in parts]
    found = sum(numbered)
    if not found or found * 2 < len(lines) or (found == 1 and len(lines) > 1):
        return None
    if found < len(lines):
        number = numbered.index(False)
        raise InputError(
            f"{where}: line {number + 1}: {lines[number][:60]!r}, expected a token and a number, as {found} of {len(lines)} "
            f"lines have; remove this line if it is a header, or {LIST_ADVICE}"
        )
    numbers = []
    for number, (_, field) in enumerate(parts, 1):
        if not _INTEGER.fullmatch(field):
            raise InputError(
                f"{where}: line {number}: the number {field[:40]!r} is neither an id nor a count, expected a whole number; "
                f"{LIST_ADVICE}"
            )
        numbers.append(int(field))
    tokens = [token for token, _ in parts]
    meaning = meaning_of_numbers(numbers)
    if meaning == "ids":
        ids = checked_ids(zip(tokens, numbers, strict=True), where)
        findings = ("The numbers behind the tokens are their ids: they count up without a gap.", *ids_findings(ids))
        return OwnerVocabulary("token and id a line", ids=ids, findings=findings)
    if meaning == "counts":
        return _listed(
            tokens, where, "token and count a line", ["The numbers behind the tokens are counts: they never rise."]
        )
    raise InputError(
        f"{where}: the number behind each token may be its id or its count: line 1 has {numbers[0]}"
        f"{f', line 2 has {numbers[1]}' if len(numbers) > 1 else ''}; expected ids that count up from 0 or 1, or counts that "
        'fall. If they are ids, write the file as JSON, {"token": id}; if they are counts, leave them out: one token per line, '
        "in the order of the ids"
    )


def meaning_of_numbers(numbers: Sequence[int]) -> str | None:
    """``ids``, ``counts``, or None where numbers in the order of their words may be either."""
    count = len(numbers)
    if count < 2:
        return None
    low = min(numbers)
    rising = all(number == low + place for place, number in enumerate(numbers))
    if rising and (low <= 1 or count >= ENOUGH_IDS):
        return "ids"
    if all(before >= after for before, after in pairwise(numbers)):
        return "counts"
    if low <= 1 and count >= ENOUGH_IDS and max(numbers) - low + 1 == count == len(set(numbers)):
        return "ids"
    return None


def _tokens(lines: list[str], where: str) -> OwnerVocabulary:
    """A token a line."""
    if len(lines) > 2 and all(_COMMA_COLUMN.fullmatch(line) for line in lines[1:]):
        raise InputError(
            f"{where}: line 2: {lines[1][:60]!r} may be one token, or a row of a CSV file; expected one token per line; "
            f"{LIST_ADVICE}"
        )
    known = set(lines)
    joined = []
    for number, line in enumerate(lines, 1):
        if (" " not in line and "\t" not in line) or not line.strip(" ") or line == "\t":
            continue
        if "\t" not in line and all(part and part in known for part in line.split(" ")):
            joined.append(line)
            continue
        what = "a tab" if "\t" in line else "a space"
        beside = "an id beside a token" if _INTEGER.match(line) else "a token beside something else"
        raise InputError(
            f"{where}: line {number}: {line[:60]!r} holds {what}: it may be one token, or {beside}; expected one token per "
            f"line; {LIST_ADVICE}"
        )
    findings = []
    if joined:
        findings.append(f"Tokens of several words joined by a space: {len(joined)}, for example {joined[0][:60]!r}.")
    kind = "one token a line"
    return _listed(lines, where, kind, findings)


def _listed(tokens: list[str], where: str, kind: str, findings: list[str]) -> OwnerVocabulary:
    checked = checked_tokens(tokens, where)
    unknown = None
    if checked[:2] == START_OF_TEXTVECTORIZATION:
        unknown = UNKNOWN_OF_TEXTVECTORIZATION
        findings = [*findings, "The list begins as TextVectorization.get_vocabulary() does: '' and '[UNK]'."]
    elif "" in checked:
        findings = [*findings, f"Line {checked.index('') + 1} has an empty token."]
    return OwnerVocabulary(
        kind, tokens=checked, unknown_token=unknown, findings=(*findings, *tokens_findings(checked, "line"))
    )
