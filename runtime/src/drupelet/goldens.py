"""The goldens of a bundle: texts with their ids and the answers of Keras or of the model's owner. A device verifies itself
with them.

``goldens.jsonl`` holds one JSON object per line: ``text`` (repeated ``times``), ``suite`` (one of SUITES), ``name``,
``ids``, ``probabilities`` (null for NaN), ``label`` (the true class number, or null). The ids are Keras's own, as
:meth:`drupelet.classifier.Classifier.keras_ids` gives them, whatever the ids of an engine are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from drupelet.errors import FormatError
from drupelet.strict_json import field, only_fields, optional_field, parse_object

SUITES = ("answers", "held_out", "sampled", "edge")
"""Texts with answers that the model's owner gave; real texts kept from training; texts drawn from the vocabulary, where no
real ones were given; edge cases."""
MAX_TEXT_CHARACTERS = 1 << 24
"""Longest text with all its repetitions. 100,000 tokens are half a million characters; ``times`` must not ask for gigabytes."""


@dataclass(frozen=True)
class Golden:
    """One text and its answer: Keras's, or the owner's where the manifest names their answers as the reference."""

    suite: str
    name: str
    text: str
    times: int
    ids: tuple[int, ...]
    probabilities: tuple[float, ...]
    label: int | None

    def __post_init__(self) -> None:
        if self.suite not in SUITES:
            raise FormatError(f"goldens: {self.name!r}: suite {self.suite!r}, expected one of {', '.join(SUITES)}")
        if self.times < 1 or self.times * max(1, len(self.text)) > MAX_TEXT_CHARACTERS:
            raise FormatError(f"goldens: {self.name!r}: {len(self.text)} characters {self.times} times")

    @property
    def whole_text(self) -> str:
        """The text with its repetitions, as a user would type it."""
        return self.text * self.times


def write_goldens(goldens: Iterable[Golden]) -> bytes:
    """The content of ``goldens.jsonl``."""
    lines = [
        json.dumps(
            {
                **vars(golden),
                "ids": list(golden.ids),
                "probabilities": [None if math.isnan(p) else p for p in golden.probabilities],
            }
        )
        for golden in goldens
    ]
    return "".join(line + "\n" for line in lines).encode()


def read_goldens(content: bytes, where: str) -> list[Golden]:
    """The goldens in these bytes. Raises FormatError, naming file and line."""
    return [_golden(line, f"{where}: line {number}") for number, line in enumerate(content.splitlines(), 1)]


def _golden(line: bytes, where: str) -> Golden:
    data: dict[str, Any] = parse_object(line, where)
    only_fields(data, Golden.__dataclass_fields__, where)
    ids = field(data, "ids", list, where)
    probabilities = field(data, "probabilities", list, where)
    if not all(type(value) is int for value in ids):
        raise FormatError(f"{where}: ids are not whole numbers; export it again")
    if not all(value is None or type(value) in (int, float) for value in probabilities):
        raise FormatError(f"{where}: probabilities are not numbers; export it again")
    try:
        return Golden(
            suite=field(data, "suite", str, where),
            name=field(data, "name", str, where),
            text=field(data, "text", str, where),
            times=field(data, "times", int, where),
            ids=tuple(ids),
            probabilities=tuple(math.nan if value is None else float(value) for value in probabilities),
            label=optional_field(data, "label", int, where),
        )
    except OverflowError as error:
        raise FormatError(f"{where}: probabilities are not numbers that a float holds; export it again") from error
    except FormatError as error:
        message = str(error)
        raise FormatError(message if message.startswith(where) else f"{where}: {message}") from error
