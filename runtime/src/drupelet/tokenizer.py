"""Tokenization as data: rules that split a text into words, with the same result on every machine.

The rules are a value (:class:`Tokenizer`) in the manifest and in the model file. They are so narrow that the words depend on
nothing but the text: not on the locale, and not on the Unicode tables of a Python release.
"""

from __future__ import annotations

from drupelet.errors import FormatError, InputError, closest_match
from drupelet.value import Value, field_names

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

LOWERCASES = ("unicode", "ascii", "none")
SPLITS = ("unicode", "ascii")
KEEPS = ("head", "tail", "ends")
KEPT = ("only", "all_but")

MAX_REPLACEMENTS = 64
"""Most replacements. Each is a pass over the text; real rules have one or two."""

_ASCII_UPPER_TO_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Tokenizer(Value):
    """The rules that split a text into words and choose the words that a model reads.

    They apply in this order:

    1. ``lowercase``: ``unicode`` (``str.lower``; only together with ``kept="only"`` and replacements of ASCII text, so that
       the ASCII result does not depend on a Unicode version: besides A-Z only U+0130 and U+212A become ASCII), ``ascii``
       (A-Z), ``none``;
    2. ``replacements``: pairs (from, to), each applied to the whole text, left to right, without overlap;
    3. ``characters`` (ASCII): with ``kept="only"`` all other characters are dropped, except white space; with
       ``kept="all_but"`` exactly these are dropped. The parts on both sides of a dropped character join;
    4. ``split``: words are the parts between white space, either that of Unicode (``str.isspace``) or that of ASCII
       (tab, line feed, vertical tab, form feed, carriage return, space).

    ``max_tokens`` (None: no limit) is the most ids that a model reads. ``keep`` is the part of a longer text that is kept:
    its ``head``, its ``tail``, or half of each (``ends``: the head gets the odd one). ``unknown_id`` is the id of a word
    that the vocabulary lacks; None drops such words before the text is cut.
    """

    name: str
    lowercase: str
    replacements: tuple[tuple[str, str], ...]
    kept: str
    characters: str
    split: str
    max_tokens: int | None = None
    keep: str = "head"
    unknown_id: int | None = None

    def __post_init__(self) -> None:
        for field, value, allowed in (
            ("lowercase", self.lowercase, LOWERCASES),
            ("kept", self.kept, KEPT),
            ("split", self.split, SPLITS),
            ("keep", self.keep, KEEPS),
        ):
            if value not in allowed:
                raise FormatError(f"tokenizer: {field} is {value!r}, expected one of {', '.join(allowed)}")
        if not self.characters.isascii():
            raise FormatError(f"tokenizer: characters hold {self.characters!r}, expected ASCII only")
        if list(self.characters) != sorted(set(self.characters)):
            raise FormatError(f"tokenizer: characters are {self.characters!r}, expected distinct and ascending ones")
        if self.lowercase == "unicode" and self.kept != "only":
            raise FormatError(
                "tokenizer: lowercase 'unicode' with kept 'all_but' would depend on the Unicode version of the "
                "interpreter; use lowercase 'ascii', or kept 'only'"
            )
        if len(self.replacements) > MAX_REPLACEMENTS:
            raise FormatError(f"tokenizer: {len(self.replacements)} replacements, expected at most {MAX_REPLACEMENTS}")
        for old, new in self.replacements:
            if not old:
                raise FormatError("tokenizer: a replacement of the empty string, expected at least one character")
            try:
                longer = len(new.encode()) > len(old.encode())
            except UnicodeEncodeError as error:
                raise FormatError(
                    f"tokenizer: the replacement of {old!r} by {new!r} holds a lone surrogate, expected text that UTF-8 holds"
                ) from error
            if longer:
                raise FormatError(
                    f"tokenizer: the replacement of {old!r} by {new!r} makes texts longer, expected at most as many bytes"
                )
            if self.lowercase == "unicode" and not old.isascii():
                raise FormatError(
                    f"tokenizer: lowercase 'unicode' with a replacement of {old!r} would depend on the Unicode version of the "
                    "interpreter; use lowercase 'ascii', or replace ASCII text"
                )
        if self.max_tokens is not None and self.max_tokens < 1:
            raise FormatError(f"tokenizer: max_tokens is {self.max_tokens}, expected at least 1, or none at all")
        if self.unknown_id is not None and self.unknown_id < 0:
            raise FormatError(f"tokenizer: unknown_id is {self.unknown_id}, expected 0 or more, or none at all")

    def splitter(self) -> Callable[[str], list[str]]:
        """A function that splits a text into words by these rules. It keeps no state; threads may share it."""
        import re  # takes 5 ms, which an engine that splits texts itself saves

        escaped = re.escape(self.characters)
        if self.kept == "only":
            dropped = re.compile(rf"[^{escaped}\s]+")
        elif self.characters:
            dropped = re.compile(f"[{escaped}]+")
        else:
            dropped = None
        ascii_words = re.compile("[^\t\n\v\f\r ]+").findall
        lowercase, replacements, split = self.lowercase, self.replacements, self.split

        def words(text: str) -> list[str]:
            if lowercase == "unicode" or (lowercase == "ascii" and text.isascii()):
                text = text.lower()
            elif lowercase == "ascii":
                text = text.translate(_ASCII_UPPER_TO_LOWER)
            for old, new in replacements:
                text = text.replace(old, new)
            if dropped is not None:
                text = dropped.sub("", text)
            return text.split() if split == "unicode" else ascii_words(text)

        return words

    def cut(self, ids: Sequence[int]) -> list[int]:
        """The ids that a model reads: at most ``max_tokens`` of these, chosen by ``keep``, in the same order."""
        limit = self.max_tokens
        if limit is None or len(ids) <= limit:
            return list(ids)
        if self.keep == "head":
            return list(ids[:limit])
        if self.keep == "tail":
            return list(ids[len(ids) - limit :])
        tail = limit // 2
        return list(ids[: limit - tail]) + list(ids[len(ids) - tail :])

    def to_json(self) -> dict[str, Any]:
        """The rules as a JSON object, the inverse of :meth:`from_json`."""
        return {**vars(self), "replacements": [list(pair) for pair in self.replacements]}

    @classmethod
    def from_json(cls, data: Any) -> Tokenizer:
        """The rules in a JSON object. Raises FormatError for a missing or unknown field, or one of another type."""
        if not isinstance(data, dict):
            raise FormatError(f"tokenizer: a JSON {type(data).__name__}, expected an object")
        fields = field_names(cls)
        unknown = sorted(set(data) - set(fields))
        missing = sorted(set(fields) - set(data))
        if unknown or missing:
            raise FormatError(f"tokenizer: unknown fields {unknown}, missing fields {missing}; expected {list(fields)}")
        for field in ("name", "lowercase", "kept", "characters", "split", "keep"):
            if not isinstance(data[field], str):
                raise FormatError(f"tokenizer: {field} is {data[field]!r}, expected a string")
        for field in ("max_tokens", "unknown_id"):
            if data[field] is not None and type(data[field]) is not int:
                raise FormatError(f"tokenizer: {field} is {data[field]!r}, expected a whole number or null")
        pairs = data["replacements"]
        if not isinstance(pairs, list) or not all(
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair) for pair in pairs
        ):
            raise FormatError(f"tokenizer: replacements are {pairs!r}, expected a list of pairs of strings")
        return cls(**{**data, "replacements": tuple((old, new) for old, new in pairs)})


ALNUM = Tokenizer(
    name="alnum",
    lowercase="unicode",
    replacements=(("<br />", " "),),
    kept="only",
    characters="0123456789abcdefghijklmnopqrstuvwxyz",
    split="unicode",
)
"""The rules of the reference corpus: lower case, ``<br />`` to space, drop everything but a-z, 0-9 and space, split."""

KERAS = Tokenizer(
    name="keras",
    lowercase="ascii",
    replacements=(),
    kept="all_but",
    characters="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    split="ascii",
)
"""The rules of TextVectorization: ``lower_and_strip_punctuation`` and white-space split, both for ASCII only."""

TOKENIZERS = {"alnum": ALNUM, "keras": KERAS}


def named_tokenizer(name: str) -> Tokenizer:
    """The tokenizer of that name. Raises InputError for any other name, with the known names."""
    if name not in TOKENIZERS:
        raise InputError(f"tokenizer {name!r} is not known{closest_match(name, TOKENIZERS)}")
    return TOKENIZERS[name]
