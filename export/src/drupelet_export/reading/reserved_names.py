"""Names by which vocabularies call what is no word of a text: padding, the unknown word, start and end of a text."""

from __future__ import annotations

import re

PADDING_NAMES = frozenset(("", "[PAD]", "<PAD>", "<pad>"))
UNKNOWN_NAMES = frozenset(("[UNK]", "<UNK>", "<unk>", "<OOV>", "<oov>", "UNK"))
START_NAMES = frozenset(
    ("<START>", "<start>", "[START]", "<s>", "<S>", "<SOS>", "<sos>", "<BOS>", "<bos>", "[CLS]", "[BOS]")
)
END_NAMES = frozenset(("<END>", "<end>", "[END]", "</s>", "</S>", "<EOS>", "<eos>", "[SEP]", "[EOS]"))
UNUSED_NAMES = frozenset(("<UNUSED>", "<unused>", "[UNUSED]"))
"""What programs around keras.datasets.imdb call id 3."""

_UNKNOWN = re.compile(r"(xx)?(unk|oov|unknown|out[ _-]of[ _-]vocabulary)([ _-]?(tok|token|word))?", re.IGNORECASE)
_BRACKETS = re.compile(r"[<\[{(_](.+)[>\]})_]", re.DOTALL)


def is_unknown_name(word: str) -> bool:
    """True for a name that stands for unknown words and for nothing else: ``<OOV>``, ``[UNKNOWN]``, ``UNK``."""
    inside = _BRACKETS.fullmatch(word)
    return word in UNKNOWN_NAMES or bool(inside and _UNKNOWN.fullmatch(inside[1].strip("<[{(_|>]})")))


def may_be_unknown_name(word: str) -> bool:
    """True for a word that may stand for unknown words, or be a word of texts: ``unk``, ``OOV``, ``unknown``."""
    return bool(_UNKNOWN.fullmatch(word))


def is_reserved(word: str) -> bool:
    """True for the names of what is no word of a text."""
    return is_unknown_name(word) or any(
        word in names for names in (PADDING_NAMES, START_NAMES, END_NAMES, UNUSED_NAMES)
    )
