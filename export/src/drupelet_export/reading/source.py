"""The source of an export: a run folder of ``drupelet train``, or a saved model with options for its texts and labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drupelet.errors import FormatError
from drupelet.run_folder import MODEL, RECORD, VOCABULARY
from drupelet.strict_json import field, parse_object, parse_strings
from drupelet.text.rules import TextRules
from drupelet_export.errors import ModelError
from drupelet_export.reading.text_options import TextOptions

RESERVED_TOKENS = ("", "[UNK]")
"""The first two tokens of a run's vocabulary: of padding and of unknown words."""


@dataclass(frozen=True)
class Source:
    """A saved Keras model, how texts become its ids, and the data it was trained on (None: not known).

    ``is_run``: the options are those that ``drupelet train`` itself trained the model with.
    """

    model_path: Path
    options: TextOptions
    data: str | None
    is_run: bool = False

    def sha256(self) -> str:
        """The hash of the model file."""
        return hashlib.sha256(self.model_path.read_bytes()).hexdigest()


def is_run_folder(path: Path) -> bool:
    """True for a folder that ``drupelet train`` wrote."""
    return (path / RECORD).is_file()


def read_run_folder(folder: Path) -> Source:
    """The source in a run folder. Raises ModelError or FormatError that names the file."""
    where = str(folder / RECORD)
    try:
        run: dict[str, Any] = parse_object((folder / RECORD).read_bytes(), where)
    except OSError as error:
        raise ModelError(
            f"{where}: cannot be read ({error.strerror}); expected the folder of a drupelet train run"
        ) from error
    try:
        rules = TextRules.from_json(field(run, "text_rules", dict, where))
    except FormatError as error:
        raise FormatError(str(error) if str(error).startswith(where) else f"{where}: {error}") from error
    padding = field(run, "padding", str, where)
    labels = field(run, "labels", list, where)
    if padding not in ("pre", "post") or not all(isinstance(label, str) for label in labels):
        raise FormatError(f"{where}: padding {padding!r}, expected pre or post; labels {labels!r}, expected strings")
    options = TextOptions(
        labels=tuple(labels),
        vocabulary=read_run_vocabulary(folder / VOCABULARY),
        text_rules=rules,
        unknown_id=rules.unknown_id,
        padding=padding,
    )
    data = run.get("data")
    return Source(folder / MODEL, options, data if isinstance(data, str) else None, is_run=True)


def read_run_vocabulary(path: Path) -> tuple[str, ...]:
    """The tokens in the order of their ids, of padding and unknown words first; a token may hold any character.

    Raises ModelError for a file that cannot be read, FormatError for one that training did not write.
    """
    try:
        tokens = parse_strings(path.read_bytes(), str(path))
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
    return tokens
