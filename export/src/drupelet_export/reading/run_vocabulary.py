"""The vocabulary of a run of ``drupelet train``: a token a line, in the order of the ids."""

from __future__ import annotations

from pathlib import Path

from drupelet.errors import InputError
from drupelet.text_source import read_text, split_lines
from drupelet_export.errors import ModelError

RESERVED = ("", "[UNK]")
"""The tokens of the first two ids: of padding, and of all words that the vocabulary lacks."""


def read_run_vocabulary(path: Path) -> tuple[str | None, ...]:
    """The word of each embedding row, None for padding and unknown word. Raises ModelError that names the file and the line."""
    try:
        tokens = split_lines(read_text(path))
    except OSError as error:
        raise ModelError(
            f"{path}: cannot be read ({error.strerror}); expected the vocabulary that drupelet train wrote"
        ) from error
    except InputError as error:
        raise ModelError(str(error)) from error
    if tuple(tokens[: len(RESERVED)]) != RESERVED:
        raise ModelError(
            f"{path}: begins with {tokens[:2]!r}, expected an empty line and [UNK]; put back a whole copy of the run"
        )
    seen: dict[str, int] = {}
    for number, token in enumerate(tokens, 1):
        if token in seen:
            raise ModelError(f"{path}: line {number}: {token!r} is in line {seen[token]} already; a word has one id")
        seen[token] = number
    return (None, None, *tokens[len(RESERVED) :])
