"""Changes to bytes and to JSON documents, drawn from a seed: what the fuzzers in Python try."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 3, 2**31, 2**32 - 1, 2**40, 2**63, -(2**63), 10**30, 10**400, 0.5, -0.0, 1e308, 1e-320,
    1e400, "", "a", "inf", "\x00", "\ud800", "\u00e9" * 40, "a" * 2000, [], [[]], {}, {"a": 1}, [None], [1, 2], [0] * 70,
    "f32", "none", "pre", "split", "<a>", "\\", "(a", "[", "a{99}", "0" * 64, "F" * 64, "unicode",
)  # fmt: skip
ODD_TOKENS = (
    b"NaN", b"Infinity", b"1e999", b"-", b"1" * 5000, b"[" * 3000, b'{"a":' * 2000, b"\xff", b"\xed\xa0\x80", b'"\\ud800"',
    b"null", b"0x1", b"\xef\xbb\xbf", b"\x00", b"-0", b"1.0", b"//", b"'a'", b"\x85", b"\xe2\x80\xa8", b"\r", b"\n",
)  # fmt: skip
ODD_BYTES = (0, 1, 2, 4, 8, 15, 16, 127, 128, 255)
ODD_NUMBERS = (
    0,
    1,
    2,
    3,
    64,
    0xFF,
    0xFFFF,
    1 << 20,
    1 << 24,
    0x7FFFFFFF,
    1 << 31,
    0xFFFFFFFE,
    0xFFFFFFFF,
    1 << 40,
    (1 << 64) - 1,
)


def changed_document(document: Any, drawn: Random) -> bytes:
    """The JSON of a document in which one to three values are replaced, removed, moved or added."""
    document = copy.deepcopy(document)
    for _ in range(drawn.choice((1, 1, 1, 2, 3))):
        places = [place for place in _places(document) if place]
        if not places:
            break
        *path, last = drawn.choice(places)
        parent = document
        for part in path:
            parent = parent[part]
        kind = drawn.random()
        if kind < 0.6:
            parent[last] = _odd_value(drawn)
        elif kind < 0.7:
            del parent[last]
        elif kind < 0.85 and isinstance(parent[last], int):
            parent[last] += drawn.choice((-1, 1, 10, -100, 1 << 20))
        elif isinstance(parent, list):
            parent.insert(drawn.randrange(len(parent) + 1), copy.deepcopy(drawn.choice(parent)))
        else:
            parent[drawn.choice(("weights_of", "x", "length", "sha256", "times", "proof"))] = _odd_value(drawn)
    return json.dumps(document, ensure_ascii=drawn.random() < 0.8).encode("utf-8", "surrogatepass")


def changed_text(content: bytes, drawn: Random) -> bytes:
    """Bytes of JSON in which tokens stand, are missing or are repeated where nobody expects them."""
    changed = bytearray(content)
    for _ in range(drawn.choice((1, 1, 2, 4))):
        place, kind = drawn.randrange(len(changed) + 1), drawn.random()
        if kind < 0.3:
            changed[place : place + 1] = bytes([drawn.randrange(256)])
        elif kind < 0.5:
            del changed[place : place + drawn.randrange(40)]
        elif kind < 0.8:
            changed[place : place + drawn.choice((0, 0, 1, 3))] = drawn.choice(ODD_TOKENS)
        else:
            start = drawn.randrange(len(changed) + 1)
            changed[place:place] = changed[start : start + drawn.randrange(200)]
    return bytes(changed)


def changed_bytes(content: bytes, drawn: Random, keep_size: bool = False) -> bytes:
    """Bytes of a binary format in which bytes and numbers are others; most of them where the content is not zero."""
    changed = bytearray(content)
    live = [place for place, byte in enumerate(content) if byte] or [0]
    for _ in range(drawn.choice((1, 1, 2, 3, 5))):
        if not changed:
            break
        place = min(drawn.choice(live) if drawn.random() < 0.8 else drawn.randrange(len(changed)), len(changed) - 1)
        kind = drawn.random()
        if kind < 0.5:
            changed[place] = drawn.choice((*ODD_BYTES, drawn.randrange(256), changed[place] ^ 1 << drawn.randrange(8)))
        elif kind < 0.85 or keep_size:
            width = drawn.choice((2, 4, 4, 8))
            place -= place % 4
            number = drawn.choice((*ODD_NUMBERS, len(changed), drawn.randrange(len(changed))))
            changed[place : place + width] = (number % (1 << 8 * width)).to_bytes(width, "little")[
                : len(changed) - place
            ]
        elif kind < 0.95:
            del changed[place : place + drawn.randrange(1, 30)]
        else:
            changed[place:place] = changed[place : place + drawn.randrange(30)]
    return bytes(changed)


def _odd_value(drawn: Random) -> Any:
    """A copy: the value stands in a document that later changes, and one that stood in itself would have no end."""
    return copy.deepcopy(drawn.choice(ODD_VALUES))


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [place]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += _places(item, (*place, key))
    return found
