"""Text rules: the steps that turn a text into words, and the rules for the ids of those words.

The rules are a value (:class:`TextRules`). It says what happens to a text, and :mod:`drupelet.text.words` does it. The words
depend on nothing but the rules and the text: not on the locale, and not on the Unicode tables of a Python release.
``docs/decisions/0020-text-rules-are-steps.md`` is the specification.
"""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.strict_json import field, only_fields, optional_field
from drupelet.text import UNICODE_VERSION
from drupelet.value import Value, field_names

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeVar, Union

    T = TypeVar("T")

LETTERS = ("unicode", "ascii")
CLASSES = ("space", "letters", "alphanumeric", "marks")
"""Classes of characters: ``str.isspace``, ``str.isalpha``, ``str.isalnum``, and general categories Mn, Mc and Me."""
SPLITS = ("unicode", "ascii", "separator", "characters")
KEEPS = ("head", "tail", "ends")
# The position of a name in these tuples is its code in the model file, so names are only ever appended.

MAX_STEPS = 256
"""Most steps. Each is a pass over the text; the longest lists of contractions that people write have about 120 entries."""
MAX_TEXT_BYTES = 1024
"""Longest text of a step in bytes of UTF-8. A pattern has at most 64 positions, so this leaves room for its classes."""
MAX_CHARACTERS_BYTES = 4096
"""Longest list of characters in bytes of UTF-8: more than a thousand characters of any script."""
MAX_DROPPED_WORDS = 4096
"""Most words of a stop list. The lists that people use have 100 to 1,300."""
MAX_NGRAM_SIZES = 4
MAX_NGRAM_SIZE = 8
MAX_NAME_BYTES = 32
MAX_NUMBER = (1 << 31) - 1
"""Largest id and largest max_tokens: the kernel's ids are int32."""


class Lower(Value):
    """Lower-cases the text: all of Unicode as ``str.lower`` does, or A-Z alone."""

    letters: str

    def __post_init__(self) -> None:
        _one_of("lower: letters", self.letters, LETTERS)


class Replace(Value):
    """Replaces a text by another one, as ``str.replace`` does."""

    old: str
    new: str

    def __post_init__(self) -> None:
        _text("replace: old", self.old)
        _text("replace: new", self.new, may_be_empty=True)


class Substitute(Value):
    """Replaces what a pattern matches by a literal text, as ``re.sub`` does; :mod:`drupelet.text.pattern` has the subset."""

    pattern: str
    replacement: str

    def __post_init__(self) -> None:
        _text("substitute: pattern", self.pattern)
        _text("substitute: replacement", self.replacement, may_be_empty=True)
        if "\\" in self.replacement:
            raise FormatError(
                f"substitute: replacement is {self.replacement!r}, expected literal text without a backslash: groups cannot be "
                "referred to, and a line feed is written as itself"
            )


class Keep(Value):
    """Replaces every character that is neither in ``characters`` nor in one of ``classes``; often by nothing."""

    characters: str
    classes: tuple[str, ...] = ()
    replacement: str = ""

    def __post_init__(self) -> None:
        _characters("keep", self.characters, self.classes, self.replacement)


class Drop(Value):
    """Replaces every character that is in ``characters`` or in one of ``classes``; often by nothing."""

    characters: str
    classes: tuple[str, ...] = ()
    replacement: str = ""

    def __post_init__(self) -> None:
        _characters("drop", self.characters, self.classes, self.replacement)


class Split(Value):
    """Splits the text into words, none of them empty.

    ``unicode``: at white space as ``str.isspace`` has it. ``ascii``: at tab, line feed, vertical tab, form feed,
    carriage return and space. ``separator``: at that one character. ``characters``: every character is a word.
    """

    by: str
    separator: str = ""

    def __post_init__(self) -> None:
        _one_of("split: by", self.by, SPLITS)
        if self.by == "separator" and len(self.separator) != 1:
            raise FormatError(f"split: separator is {self.separator!r}, expected one character")
        if self.by != "separator" and self.separator:
            raise FormatError(f"split: a separator {self.separator!r} together with by {self.by!r}; expected none")
        _text("split: separator", self.separator, may_be_empty=True)


class DropWords(Value):
    """Removes words, a stop list; they are distinct and ascend by their UTF-8 bytes."""

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.words) <= MAX_DROPPED_WORDS:
            raise FormatError(f"drop_words: {len(self.words)} words, expected 1 to {MAX_DROPPED_WORDS}")
        for word in self.words:
            _text("drop_words: a word", word)
        if list(self.words) != sorted(set(self.words), key=str.encode):
            raise FormatError("drop_words: the words are not distinct and ascending")


class Ngrams(Value):
    """Replaces the words by their n-grams: all of the first size, then all of the second, and so on; joined by a space."""

    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.sizes) <= MAX_NGRAM_SIZES or len(set(self.sizes)) != len(self.sizes):
            raise FormatError(f"ngrams: sizes are {list(self.sizes)}, expected 1 to {MAX_NGRAM_SIZES} distinct ones")
        for size in self.sizes:
            if type(size) is not int or not 1 <= size <= MAX_NGRAM_SIZE:
                raise FormatError(f"ngrams: a size of {size!r:.40}, expected 1 to {MAX_NGRAM_SIZE}")


if TYPE_CHECKING:
    Step = Union[Lower, Replace, Substitute, Keep, Drop, Split, DropWords, Ngrams]

STEPS: Mapping[str, type] = {
    "lower": Lower,
    "replace": Replace,
    "substitute": Substitute,
    "keep": Keep,
    "drop": Drop,
    "split": Split,
    "drop_words": DropWords,
    "ngrams": Ngrams,
}
"""The kinds of steps by name, in the order of their codes."""
_STEP_NAMES = {kind: name for name, kind in STEPS.items()}
_WORD_STEPS = (DropWords, Ngrams)


class TextRules(Value):
    """The rules from a text to the ids that a model reads.

    ``steps``: those that rewrite the text, one :class:`Split`, those that rewrite the list of words. ``start_id``
    stands in front of the ids of every text and ``end_id`` behind them (None: none). ``unknown_id`` is the id of a
    word that the vocabulary lacks; None drops such words. At most ``max_tokens`` ids are read (None: no limit), start
    and end included: of a longer text its ``head``, its ``tail``, or half of each (``ends``: the head gets the odd
    one).
    """

    name: str
    steps: tuple[Step, ...]
    start_id: int | None = None
    end_id: int | None = None
    unknown_id: int | None = None
    max_tokens: int | None = None
    keep: str = "head"

    def __post_init__(self) -> None:
        if not self.name or not self.name.isascii() or len(self.name) > MAX_NAME_BYTES or "\0" in self.name:
            raise FormatError(f"text rules: name is {self.name!r}, expected 1 to {MAX_NAME_BYTES} ASCII characters")
        if len(self.steps) > MAX_STEPS:
            raise FormatError(f"text rules: {len(self.steps)} steps, expected at most {MAX_STEPS}")
        if sum(isinstance(step, Ngrams) for step in self.steps) > 1:
            raise FormatError("text rules: more than one step 'ngrams', expected one: each multiplies the words")
        splits = [place for place, step in enumerate(self.steps) if isinstance(step, Split)]
        if len(splits) != 1:
            raise FormatError(f"text rules: {len(splits)} steps 'split', expected one")
        for place, step in enumerate(self.steps):
            if isinstance(step, _WORD_STEPS) != (place > splits[0]) and place != splits[0]:
                side = "behind" if isinstance(step, _WORD_STEPS) else "before"
                raise FormatError(f"text rules: step {place} ({step_name(step)}), expected it {side} the split")
        for name, least in (("start_id", 0), ("end_id", 0), ("unknown_id", 0), ("max_tokens", 1)):
            number = getattr(self, name)
            if number is not None and (type(number) is not int or not least <= number <= MAX_NUMBER):
                raise FormatError(
                    f"text rules: {name} is {number!r:.40}, expected {least} to {MAX_NUMBER}, or none at all"
                )
        _one_of("text rules: keep", self.keep, KEEPS)

    @property
    def split(self) -> Split:
        """The step that makes words of the text."""
        return next(step for step in self.steps if isinstance(step, Split))

    @property
    def text_steps(self) -> tuple[Step, ...]:
        """The steps before the split."""
        return self.steps[: self.steps.index(self.split)]

    @property
    def word_steps(self) -> tuple[Step, ...]:
        """The steps behind the split."""
        return self.steps[self.steps.index(self.split) + 1 :]

    def reserved_ids(self) -> dict[str, int]:
        """The ids that stand for no word, by the name of their field; without those that are None."""
        named = (("start_id", self.start_id), ("end_id", self.end_id), ("unknown_id", self.unknown_id))
        return {name: number for name, number in named if number is not None}

    def renumbered(self, new_id: Mapping[int, int]) -> TextRules:
        """The same rules for ids that were renumbered; ``new_id`` has every id of :meth:`reserved_ids`."""
        changed = {name: new_id[number] for name, number in self.reserved_ids().items()}
        return TextRules(**{**vars(self), **changed})

    def ids(self, word_ids: Sequence[int | None]) -> list[int]:
        """The ids that a model reads for words with these ids (None: a word that the vocabulary lacks)."""
        unknown = self.unknown_id
        found = [unknown if word_id is None else word_id for word_id in word_ids]
        ids = [word_id for word_id in (self.start_id, *found, self.end_id) if word_id is not None]
        return self.cut(ids)

    def known(self, word_ids: Sequence[int | None]) -> int:
        """How many of :meth:`ids` are words of the vocabulary: not start, end or unknown words, whatever their ids are."""
        flags = [word_id is not None for word_id in word_ids if word_id is not None or self.unknown_id is not None]
        first = [] if self.start_id is None else [False]
        last = [] if self.end_id is None else [False]
        return sum(self.cut([*first, *flags, *last]))

    def cut(self, ids: Sequence[T]) -> list[T]:
        """At most ``max_tokens`` of these ids, chosen by ``keep``, in the same order."""
        limit = self.max_tokens
        if limit is None or len(ids) <= limit:
            return list(ids)
        tail = {"head": 0, "tail": limit, "ends": limit // 2}[self.keep]
        return list(ids[: limit - tail]) + list(ids[len(ids) - tail :])

    def to_json(self) -> dict[str, Any]:
        """The rules as a JSON object, the inverse of :meth:`from_json`."""
        steps = [
            {"step": step_name(step), **{k: list(v) if isinstance(v, tuple) else v for k, v in vars(step).items()}}
            for step in self.steps
        ]
        rest = {name: held for name, held in vars(self).items() if name not in ("name", "steps")}
        return {"name": self.name, "unicode": UNICODE_VERSION, "steps": steps, **rest}

    @classmethod
    def from_json(cls, data: Any, where: str = "text rules") -> TextRules:
        """The rules in a JSON object. Raises FormatError for a missing or unknown field, or one of another type."""
        if not isinstance(data, dict):
            raise FormatError(f"{where}: a JSON {type(data).__name__}, expected an object")
        only_fields(data, ("unicode", *field_names(cls)), where)
        if field(data, "unicode", str, where) != UNICODE_VERSION:
            raise FormatError(
                f"{where}: rules of Unicode {data['unicode']!r:.60}, this release has {UNICODE_VERSION}; "
                "export again with this release"
            )
        steps = field(data, "steps", list, where)
        return cls(
            name=field(data, "name", str, where),
            steps=tuple(step_from_json(step, f"{where}: step {place}") for place, step in enumerate(steps)),
            start_id=optional_field(data, "start_id", int, where),
            end_id=optional_field(data, "end_id", int, where),
            unknown_id=optional_field(data, "unknown_id", int, where),
            max_tokens=optional_field(data, "max_tokens", int, where),
            keep=field(data, "keep", str, where),
        )


def step_name(step: Step) -> str:
    """The name of a step's kind, as in STEPS."""
    return _STEP_NAMES[type(step)]


def step_from_json(data: object, where: str) -> Step:
    """The step in a JSON object; ``step`` names its kind. Fields with a default may be left out. Raises FormatError."""
    if not isinstance(data, dict) or not isinstance(data.get("step"), str):
        raise FormatError(f"{where}: {data!r:.80}, expected an object with its kind as 'step'")
    kind = STEPS.get(data["step"])
    if kind is None:
        raise FormatError(f"{where}: kind {data['step']!r}, expected one of {', '.join(STEPS)}")
    names = field_names(kind)
    unknown = sorted(set(data) - {"step", *names})
    missing = [name for name in names if name not in data and name not in vars(kind)]
    if unknown or missing:
        raise FormatError(
            f"{where} ({data['step']}): unknown fields {unknown}, missing fields {missing}; expected {list(names)}"
        )
    given = {name: data[name] for name in names if name in data}
    for name, held in given.items():
        if name in ("classes", "words", "sizes"):
            wanted: type = int if name == "sizes" else str
            if not isinstance(held, list) or not all(type(item) is wanted for item in held):
                raise FormatError(
                    f"{where} ({data['step']}): {name} is {held!r:.80}, expected a list of {wanted.__name__}"
                )
            given[name] = tuple(held)
        elif not isinstance(held, str):
            raise FormatError(f"{where} ({data['step']}): {name} is {held!r:.80}, expected a string")
    try:
        step: Step = kind(**given)
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from error
    return step


def _one_of(what: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise FormatError(f"{what} is {value!r}, expected one of {', '.join(allowed)}")


def _text(what: str, text: str, may_be_empty: bool = False, limit_bytes: int = MAX_TEXT_BYTES) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise FormatError(
            f"{what} is {text!r}, which holds a lone surrogate; expected text that UTF-8 holds"
        ) from error
    if size > limit_bytes or (size == 0 and not may_be_empty):
        raise FormatError(f"{what} has {size} bytes, expected {0 if may_be_empty else 1} to {limit_bytes}")


def _characters(what: str, characters: str, classes: Sequence[str], replacement: str) -> None:
    _text(f"{what}: characters", characters, may_be_empty=True, limit_bytes=MAX_CHARACTERS_BYTES)
    _text(f"{what}: replacement", replacement, may_be_empty=True)
    if list(characters) != sorted(set(characters)):
        raise FormatError(f"{what}: characters are {characters!r}, expected distinct and ascending ones")
    for name in classes:
        _one_of(f"{what}: a class", name, CLASSES)
    if list(classes) != [name for name in CLASSES if name in classes]:
        raise FormatError(
            f"{what}: classes are {list(classes)}, expected distinct ones in the order {', '.join(CLASSES)}"
        )
