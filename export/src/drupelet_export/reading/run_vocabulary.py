"""The vocabulary of a run of ``drupelet train``: a JSON list of tokens in the order of their ids."""

from __future__ import annotations

from pathlib import Path

from drupelet.errors import FormatError
from drupelet.strict_json import parse_strings
from drupelet_export.errors import ModelError
from drupelet_export.reading.source_file import read_source_file

RESERVED_TOKENS = ("", "[UNK]")
"""The first two tokens: of padding and of unknown words."""
MAX_VOCABULARY_BYTES = 1 << 28
"""Maximum bytes of vocabulary.json: a million words of 256 bytes each."""


def read_run_vocabulary(path: Path) -> tuple[str | None, ...]:
    """The word of each embedding row, None for padding and unknown words; a word may hold any character.

    Raises ModelError for a file that cannot be read, FormatError for one that training did not write.
    """
    try:
        tokens = parse_strings(read_source_file(path, MAX_VOCABULARY_BYTES, path.parent), str(path))
    except OSError as error:
        raise ModelError(
            f"{path}: cannot be read ({error.strerror}); expected the vocabulary of a drupelet train run"
        ) from error
    if tokens[: len(RESERVED_TOKENS)] != RESERVED_TOKENS:
        raise FormatError(f"{path}: begins with {list(tokens[:2])!r:.60}, expected {list(RESERVED_TOKENS)}")
    place_of: dict[str, int] = {}
    for place, token in enumerate(tokens):
        if place_of.setdefault(token, place) != place:
            raise FormatError(f"{path}: item {place}: {token!r} is item {place_of[token]} already; a word has one id")
    return (None, None, *tokens[len(RESERVED_TOKENS) :])
