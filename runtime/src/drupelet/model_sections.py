"""Encodes and decodes the sections of a ``.drupelet`` file that are not tensors: network, tokenizer and labels.

``docs/format.md`` is the specification. The constants here are its only copy in code.
"""

from __future__ import annotations

import struct

from drupelet.architecture import (
    ACTIVATIONS,
    CELLS,
    DIRECTIONS,
    MERGES,
    OUTPUTS,
    PADDINGS,
    POOLINGS,
    RECURRENT_ACTIVATIONS,
    SCHEMES,
    Architecture,
    Dense,
    Recurrent,
)
from drupelet.errors import FormatError
from drupelet.tokenizer import KEEPS, KEPT, LOWERCASES, MAX_REPLACEMENTS, SPLITS, Tokenizer

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

NO_VALUE = 0xFFFFFFFF
"""Code of an absent number."""
ARCHITECTURE_HEAD = struct.Struct("<10I")
"""vocabulary_rows, embedding_dim, recurrent count, pooling, dense count, output, max_tokens, padding,
pool_zero_below, scheme."""
RECURRENT_RECORD = struct.Struct("<8I")
"""cell, direction, merge, input_dim, units, activation, recurrent_activation, reset_after."""
DENSE_RECORD = struct.Struct("<3I")
"""input_dim, units, activation."""
TOKENIZER_HEAD = struct.Struct("<16sIIIIII16sI")
"""name, lowercase, kept, split, keep, max_tokens, unknown_id, bitmap of the ASCII characters, replacement count."""
REPLACEMENT_HEAD = struct.Struct("<HH")
"""Bytes of the UTF-8 text that is replaced and of its replacement; both texts follow."""
MAX_LABELS = 4096
MAX_LABEL_BYTES = 1024
MAX_LAYERS = 64


def padded_name(raw: bytes, where: str) -> str:
    """The ASCII name in a field that is padded with zeros. Raises FormatError, naming ``where``."""
    name, _, rest = raw.partition(b"\0")
    if not name or rest.strip(b"\0") or not name.isascii():
        raise FormatError(f"{where}: name {raw!r}, expected ASCII, padded with zeros")
    return name.decode("ascii")


class _Reader:
    """Reads a section record by record. Raises FormatError when the section ends too early or too late."""

    def __init__(self, content: memoryview, what: str) -> None:
        self._content = content
        self._at = 0
        self._what = what

    def take(self, record: struct.Struct) -> tuple[Any, ...]:
        end = self._at + record.size
        if end > len(self._content):
            raise FormatError(f"section {self._what} ends after {len(self._content)} bytes, expected {end} or more")
        values = record.unpack_from(self._content, self._at)
        self._at = end
        return values

    def text(self, size_bytes: int) -> str:
        end = self._at + size_bytes
        if end > len(self._content):
            raise FormatError(f"section {self._what} ends after {len(self._content)} bytes, expected {end} or more")
        try:
            text = str(self._content[self._at : end], "utf-8")
        except UnicodeDecodeError as error:
            raise FormatError(f"section {self._what} holds text that is not UTF-8") from error
        self._at = end
        return text

    def finish(self) -> None:
        if self._at != len(self._content):
            raise FormatError(f"section {self._what} has {len(self._content) - self._at} bytes too many")


def _decode(names: Sequence[str], code: int, field: str) -> str:
    if code >= len(names):
        raise FormatError(f"{field} has code {code}, this release knows {len(names)}; upgrade drupelet")
    return names[code]


def _optional(value: int) -> int | None:
    return None if value == NO_VALUE else value


def encode_architecture(network: Architecture, scheme: str = "f32") -> bytes:
    """The ARCH section of a network whose weights are stored under a scheme."""
    head = ARCHITECTURE_HEAD.pack(
        network.vocabulary_rows,
        network.embedding_dim,
        len(network.recurrent),
        POOLINGS.index(network.pooling),
        len(network.dense),
        OUTPUTS.index(network.output),
        NO_VALUE if network.max_tokens is None else network.max_tokens,
        PADDINGS.index(network.padding),
        NO_VALUE if network.pool_zero_below is None else network.pool_zero_below,
        SCHEMES.index(scheme),
    )
    recurrent = [
        RECURRENT_RECORD.pack(
            CELLS.index(layer.cell),
            DIRECTIONS.index(layer.direction),
            MERGES.index(layer.merge),
            layer.input_dim,
            layer.units,
            RECURRENT_ACTIVATIONS.index(layer.activation),
            RECURRENT_ACTIVATIONS.index(layer.recurrent_activation),
            layer.reset_after,
        )
        for layer in network.recurrent
    ]
    dense = [DENSE_RECORD.pack(d.input_dim, d.units, ACTIVATIONS.index(d.activation)) for d in network.dense]
    return b"".join([head, *recurrent, *dense])


def decode_architecture(content: memoryview) -> tuple[Architecture, str]:
    """The network and the scheme of an ARCH section. Raises FormatError."""
    reader = _Reader(content, "architecture")
    rows, dim, recurrent_count, pooling, dense_count, output, max_tokens, padding, zero_below, scheme = reader.take(
        ARCHITECTURE_HEAD
    )
    if recurrent_count > MAX_LAYERS or dense_count > MAX_LAYERS:
        raise FormatError(
            f"section architecture: {recurrent_count} recurrent and {dense_count} dense layers, "
            f"expected at most {MAX_LAYERS} each"
        )
    recurrent = []
    for _ in range(recurrent_count):
        cell, direction, merge, input_dim, units, activation, gate, reset_after = reader.take(RECURRENT_RECORD)
        recurrent.append(
            Recurrent(
                _decode(CELLS, cell, "cell"),
                _decode(DIRECTIONS, direction, "direction"),
                _decode(MERGES, merge, "merge"),
                input_dim,
                units,
                _decode(RECURRENT_ACTIVATIONS, activation, "activation"),
                _decode(RECURRENT_ACTIVATIONS, gate, "recurrent_activation"),
                _decode(("no", "yes"), reset_after, "reset_after") == "yes",
            )
        )
    dense = []
    for _ in range(dense_count):
        input_dim, units, activation = reader.take(DENSE_RECORD)
        dense.append(Dense(input_dim, units, _decode(ACTIVATIONS, activation, "activation")))
    reader.finish()
    network = Architecture(
        rows,
        dim,
        tuple(recurrent),
        _decode(POOLINGS, pooling, "pooling"),
        tuple(dense),
        _decode(OUTPUTS, output, "output"),
        _optional(max_tokens),
        _decode(PADDINGS, padding, "padding"),
        _optional(zero_below),
    )
    return network, _decode(SCHEMES, scheme, "scheme")


def encode_tokenizer(tokenizer: Tokenizer) -> bytes:
    """The TOKN section of a tokenizer."""
    bitmap = bytearray(16)
    for character in tokenizer.characters:
        bitmap[ord(character) >> 3] |= 1 << (ord(character) & 7)
    head = TOKENIZER_HEAD.pack(
        tokenizer.name.encode("ascii"),
        LOWERCASES.index(tokenizer.lowercase),
        KEPT.index(tokenizer.kept),
        SPLITS.index(tokenizer.split),
        KEEPS.index(tokenizer.keep),
        NO_VALUE if tokenizer.max_tokens is None else tokenizer.max_tokens,
        NO_VALUE if tokenizer.unknown_id is None else tokenizer.unknown_id,
        bytes(bitmap),
        len(tokenizer.replacements),
    )
    pairs = [(old.encode(), new.encode()) for old, new in tokenizer.replacements]
    return head + b"".join(REPLACEMENT_HEAD.pack(len(old), len(new)) + old + new for old, new in pairs)


def decode_tokenizer(content: memoryview) -> Tokenizer:
    """The tokenizer of a TOKN section. Raises FormatError."""
    reader = _Reader(content, "tokenizer")
    raw_name, lowercase, kept, split, keep, max_tokens, unknown_id, bitmap, count = reader.take(TOKENIZER_HEAD)
    if count > MAX_REPLACEMENTS:
        raise FormatError(f"section tokenizer: {count} replacements, expected at most {MAX_REPLACEMENTS}")
    replacements = []
    for _ in range(count):
        old_size, new_size = reader.take(REPLACEMENT_HEAD)
        replacements.append((reader.text(old_size), reader.text(new_size)))
    reader.finish()
    bits = int.from_bytes(bitmap, "little")
    return Tokenizer(
        name=padded_name(raw_name, "section tokenizer"),
        lowercase=_decode(LOWERCASES, lowercase, "lowercase"),
        replacements=tuple(replacements),
        kept=_decode(KEPT, kept, "kept"),
        characters="".join(chr(code) for code in range(128) if bits >> code & 1),
        split=_decode(SPLITS, split, "split"),
        max_tokens=_optional(max_tokens),
        keep=_decode(KEEPS, keep, "keep"),
        unknown_id=_optional(unknown_id),
    )


def encode_labels(labels: Sequence[str]) -> bytes:
    """The LABL section: the number of labels, then each label as its size in bytes and its UTF-8 text."""
    encoded = [label.encode() for label in labels]
    return struct.pack("<I", len(encoded)) + b"".join(struct.pack("<I", len(label)) + label for label in encoded)


def decode_labels(content: memoryview) -> tuple[str, ...]:
    """The labels of a LABL section. Raises FormatError."""
    number = struct.Struct("<I")
    reader = _Reader(content, "labels")
    (count,) = reader.take(number)
    if count > MAX_LABELS:
        raise FormatError(f"section labels: {count} labels, expected at most {MAX_LABELS}")
    labels = []
    for _ in range(count):
        (size,) = reader.take(number)
        if size > MAX_LABEL_BYTES:
            raise FormatError(f"section labels: a label of {size} bytes, expected at most {MAX_LABEL_BYTES}")
        labels.append(reader.text(size))
    reader.finish()
    return tuple(labels)
