"""What a user gave and what a model says about the way from texts to ids; :mod:`settlement` makes one meaning of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from drupelet.errors import InputError
from drupelet.text.rules import KEEPS, MAX_NUMBER

if TYPE_CHECKING:
    from drupelet.text.rules import TextRules
    from drupelet_export.reading.owner_words import OwnerVocabulary

PADDINGS = ("pre", "post")
WORDS_FOR_NONE = {"unknown_id": "drop", "start_id": "none", "end_id": "none"}
"""What says that there is no such id."""


@dataclass(frozen=True)
class Given:
    """What the user gave. None: not said.

    ``vocabulary_where`` names the vocabulary file in errors. ``rules``: their steps are taken, and those of their ids that are
    not None; their ``max_tokens`` and ``keep`` count as said where ``max_tokens`` is there. ``num_words`` is that of Keras's
    Tokenizer and of keras.datasets.imdb: words with ids of ``num_words`` and more count as unknown. ``unknown_id`` may be
    ``drop``; ``start_id`` and ``end_id`` may be ``none``. ``id_offset`` is added to the ids of a word index; of a list
    it is the id of the first token. Raises InputError for a value that no model can have.
    """

    vocabulary: OwnerVocabulary
    vocabulary_where: str = "the vocabulary"
    rules: TextRules | None = None
    num_words: int | None = None
    max_tokens: int | None = None
    keep: str | None = None
    padding: str | None = None
    unknown_id: int | Literal["drop"] | None = None
    start_id: int | Literal["none"] | None = None
    end_id: int | Literal["none"] | None = None
    id_offset: int | None = None

    def __post_init__(self) -> None:
        for name, least in (
            ("num_words", 1), ("max_tokens", 1), ("unknown_id", 0), ("start_id", 0), ("end_id", 0), ("id_offset", 0),
        ):  # fmt: skip
            value = getattr(self, name)
            if isinstance(value, int) and not least <= value <= MAX_NUMBER:
                raise InputError(f"{option(name)} is {value}, expected {least} to {MAX_NUMBER}")
            if isinstance(value, str) and value != WORDS_FOR_NONE[name]:
                raise InputError(f"{option(name)} is {value!r}, expected a number or {WORDS_FOR_NONE[name]}")
        for name, known in (("keep", KEEPS), ("padding", PADDINGS)):
            value = getattr(self, name)
            if value is not None and value not in known:
                raise InputError(f"{option(name)} is {value!r}, expected one of {', '.join(known)}")

    @property
    def file(self) -> str:
        """What the vocabulary file is, for a sentence: ``Tokenizer (JSON)``, ``file (one token a line)``."""
        kind = self.vocabulary.kind
        return f"file ({kind})" if kind.endswith(" a line") else kind

    @cached_property
    def file_ids(self) -> Mapping[str, int]:
        """The words of the file with its ids; the first token of a list has id 0. Of a repeated token the first place."""
        if self.vocabulary.ids is not None:
            return self.vocabulary.ids
        tokens = self.vocabulary.tokens or ()
        return {tokens[place]: place for place in reversed(range(len(tokens)))}

    @property
    def imdb(self) -> bool:
        """The named rules ``imdb`` were given."""
        return self.rules is not None and self.rules.name == "imdb"


@dataclass(frozen=True)
class Facts:
    """What a model says. ``where`` names it in errors.

    ``rows``: of its embedding. ``input_length``: the fixed number of ids, None where it is open. ``masked``: id 0 is masked.
    ``padding_counts``: the side and the length of the padding are part of the answer, for it is not masked or is pooled.
    """

    where: str
    rows: int
    input_length: int | None = None
    masked: bool = True
    padding_counts: bool = False


def option(name: str) -> str:
    """The option of the command line for a field of Given: ``num_words`` -> ``--num-words``."""
    return f"--{name.replace('_', '-')}"
