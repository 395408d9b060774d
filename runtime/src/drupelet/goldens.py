"""The goldens of a bundle: texts with their ids and the answers of Keras or of the model's owner. A device verifies itself
with them.

``goldens.jsonl`` holds one JSON object per line: ``text`` (repeated ``times``), ``suite`` (one of SUITES), ``name``,
``ids``, ``probabilities`` (null for NaN), ``label`` (the true class number, or null). The ids are Keras's own, as
:meth:`drupelet.classifier.Classifier.keras_ids` gives them, whatever the ids of an engine are. Where the text is left out,
its ``sha256`` stands in place of ``text`` and ``times``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from typing import Any

from drupelet.errors import FormatError, InputError
from drupelet.strict_json import field, only_fields, optional_field, parse_object

SUITES = ("answers", "held_out", "sampled", "foreign", "edge")
"""Texts with answers that the model's owner gave; real texts kept from training; texts drawn from the vocabulary, where no
real ones were given; foreign texts that the threshold of rejection was not chosen on; edge cases."""
USER_SUITES = ("answers", "held_out", "foreign")
"""The suites whose texts are the user's own. Those of the others are made of words of the vocabulary."""
MAX_TEXT_CHARACTERS = 1 << 24
"""Longest text with all its repetitions. 100,000 tokens are half a million characters; ``times`` must not ask for gigabytes."""
MAX_ALL_CHARACTERS = 1 << 27
"""Most characters of the texts of a bundle with all their repetitions: ten seconds of the text rules in Python. Those that ship
have 1.3 million, of which 0.8 are one edge text. The longest edge suite that export makes has 84 million."""
MAX_GOLDENS = 4096
"""Most goldens of a bundle. Export writes at most 256 texts of a suite, and 23 edge texts."""
MAX_GOLDENS_BYTES = 1 << 26
"""Most bytes of ``goldens.jsonl``. Those that ship have 0.74 MB. The ids of a golden take six times their bytes when read."""
MAX_ID = (1 << 31) - 1
"""Largest id: ids are int32."""
SHA256_CHARACTERS = 64
_HEX_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Golden:
    """One text and its answer: Keras's, or the owner's where the manifest names their answers as the reference.

    A golden has its text, or in place of it the SHA-256 of the whole text (:func:`text_sha256`); ``times`` is then 1.
    """

    suite: str
    name: str
    text: str | None
    times: int
    ids: tuple[int, ...]
    probabilities: tuple[float, ...]
    label: int | None
    sha256: str | None = None

    def __post_init__(self) -> None:
        if self.suite not in SUITES:
            raise FormatError(f"goldens: {self.name!r}: suite {self.suite!r}, expected one of {', '.join(SUITES)}")
        if (self.text is None) == (self.sha256 is None):
            found = "neither text nor sha256" if self.text is None else "text and sha256"
            raise FormatError(f"goldens: {self.name!r}: has {found}, expected one of them; export it again")
        if self.sha256 is not None and (len(self.sha256) != SHA256_CHARACTERS or set(self.sha256) - _HEX_DIGITS):
            raise FormatError(
                f"goldens: {self.name!r}: sha256 {self.sha256!r:.80}, expected {SHA256_CHARACTERS} digits of 0-9 and a-f; "
                "export it again"
            )
        characters = len(self.text or "")
        if self.times < 1 or self.times * max(1, characters) > MAX_TEXT_CHARACTERS or (self.sha256 and self.times > 1):
            raise FormatError(f"goldens: {self.name!r}: {characters} characters {self.times} times")
        odd = next((word_id for word_id in self.ids if not 0 <= word_id <= MAX_ID), None)
        if odd is not None:
            raise FormatError(f"goldens: {self.name!r}: an id {odd!r:.40}, expected 0 to {MAX_ID}; export it again")
        classes = max(2, len(self.probabilities))
        if self.label is not None and not 0 <= self.label < classes:
            raise FormatError(f"goldens: {self.name!r}: label {self.label!r:.40} of {classes} classes; export it again")

    @property
    def has_text(self) -> bool:
        """False where the text was left out."""
        return self.text is not None

    @property
    def whole_text(self) -> str:
        """The text with its repetitions, as a user would type it. Raises InputError where it was left out."""
        if self.text is None:
            raise InputError(
                f"goldens: {self.name!r}: its text was left out; give the texts, or a bundle that has them"
            )
        return self.text * self.times

    @property
    def digest(self) -> str:
        """The SHA-256 of the whole text, whether the text is here or was left out."""
        return self.sha256 or text_sha256(self.whole_text)

    def without_text(self) -> Golden:
        """The same golden with the SHA-256 of its text in place of the text."""
        return replace(self, text=None, times=1, sha256=self.digest)

    def with_text(self, text: str) -> Golden:
        """The same golden with its text. The caller has compared the hashes."""
        return replace(self, text=text, times=1, sha256=None)


def text_sha256(text: str) -> str:
    """The SHA-256 of a text as 64 hexadecimal digits: of its UTF-8, in which a lone surrogate has three bytes."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def without_users_texts(goldens: Iterable[Golden]) -> list[Golden]:
    """The goldens, those of :data:`USER_SUITES` without their texts."""
    return [golden.without_text() if golden.suite in USER_SUITES else golden for golden in goldens]


def write_goldens(goldens: Iterable[Golden]) -> bytes:
    """The content of ``goldens.jsonl``."""
    lines = [
        json.dumps(
            {
                "suite": golden.suite,
                "name": golden.name,
                **({"text": golden.text, "times": golden.times} if golden.has_text else {"sha256": golden.sha256}),
                "ids": list(golden.ids),
                "probabilities": [None if math.isnan(p) else p for p in golden.probabilities],
                "label": golden.label,
            }
        )
        for golden in goldens
    ]
    return "".join(line + "\n" for line in lines).encode()


def read_goldens(content: bytes, where: str) -> list[Golden]:
    """The goldens in these bytes. Raises FormatError, naming file and line."""
    if len(content) > MAX_GOLDENS_BYTES:
        raise FormatError(f"{where}: {len(content)} bytes, expected at most {MAX_GOLDENS_BYTES}; export it again")
    goldens = []
    characters = 0
    for number, line in enumerate(BytesIO(content), 1):
        if number > MAX_GOLDENS:
            raise FormatError(f"{where}: more than {MAX_GOLDENS} goldens; export it again")
        golden = _golden(line, f"{where}: line {number}")
        goldens.append(golden)
        characters += golden.times * len(golden.text or "")
        if characters > MAX_ALL_CHARACTERS:
            raise FormatError(
                f"{where}: line {number}: the texts up to here have {characters} characters with their repetitions, expected "
                f"at most {MAX_ALL_CHARACTERS}; export it again"
            )
    return goldens


def _golden(line: bytes, where: str) -> Golden:
    data: dict[str, Any] = parse_object(line, where)
    only_fields(data, Golden.__dataclass_fields__, where)
    hidden = "sha256" in data
    if hidden and ("text" in data or "times" in data):
        raise FormatError(f"{where}: has sha256 and {'text' if 'text' in data else 'times'}; export it again")
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
            text=None if hidden else field(data, "text", str, where),
            times=1 if hidden else field(data, "times", int, where),
            ids=tuple(ids),
            probabilities=tuple(math.nan if value is None else float(value) for value in probabilities),
            label=optional_field(data, "label", int, where),
            sha256=field(data, "sha256", str, where) if hidden else None,
        )
    except OverflowError as error:
        raise FormatError(f"{where}: probabilities are not numbers that a float holds; export it again") from error
    except FormatError as error:
        message = str(error)
        raise FormatError(message if message.startswith(where) else f"{where}: {message}") from error
