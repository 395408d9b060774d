"""The ``.drupelet`` model file: one file that holds network, labels, tokenizer, weights and vocabulary as sections.

``docs/format.md`` is the specification; the constants here are its only copy in code, and the writer in
``drupelet_export`` imports them. The reader checks everything that it hands out: no length is believed before it is
compared with the bytes that are there, and nothing is unpickled or executed.

Longer than 400 lines: constants, reader and the codes of every section are one specification, read side by side with it.
"""

from __future__ import annotations

import math
import struct
import zlib

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
from drupelet.errors import FormatError, VersionError
from drupelet.labels import check_labels
from drupelet.tokenizer import KEEPS, KEPT, LOWERCASES, MAX_REPLACEMENTS, SPLITS, Tokenizer
from drupelet.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MAGIC = b"\x89DRPLT\r\n"
"""The first byte is not ASCII, the last two are a line end: text-mode transfers damage it, and that shows at once."""
VERSION = 1
BYTE_ORDER_MARK = 0x01020304
ALIGNMENT = 64
"""Sections start at multiples of this: a cache line, and the widest vector register."""
HEADER = struct.Struct("<8sIIQII32x")
"""magic, version, byte-order mark, file_size_bytes, section_count, crc32 of the section table."""
SECTION = struct.Struct("<48s4sIII4IQQ")
"""name, kind, dtype, rank, crc32 of the payload, shape, offset_bytes, size_bytes."""
MAX_SECTIONS = 256
"""A bidirectional layer has six tensors: this is room for forty of them."""
NO_VALUE = 0xFFFFFFFF
"""Stands for an absent number."""

KIND_ARCHITECTURE, KIND_TOKENIZER, KIND_LABELS, KIND_VOCABULARY, KIND_TENSOR = (
    b"ARCH",
    b"TOKN",
    b"LABL",
    b"VOCB",
    b"TENS",
)
KINDS = (KIND_ARCHITECTURE, KIND_TOKENIZER, KIND_LABELS, KIND_VOCABULARY, KIND_TENSOR)
DTYPE_NONE, DTYPE_FLOAT32, DTYPE_FLOAT16, DTYPE_INT8, DTYPE_INT4, DTYPE_UINT8 = range(6)
DTYPE_SIZES_BYTES = {DTYPE_FLOAT32: 4, DTYPE_FLOAT16: 2, DTYPE_INT8: 1, DTYPE_UINT8: 1}
"""Bytes of one value; int4 is missing: two values of a row share a byte, and a row takes whole bytes."""
SCALE_TABLE_SIZE = 256
"""Scales of embedding rows: a byte a row names one of them."""

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
"""Bytes of the UTF-8 text that is replaced, and of what replaces it; both follow."""
MAX_LABELS = 4096
MAX_LABEL_BYTES = 1024
MAX_LAYERS = 64


class Section(Value):
    """One entry of the section table."""

    name: str
    kind: bytes
    dtype: int
    shape: tuple[int, ...]
    crc32: int
    offset_bytes: int
    size_bytes: int


class ModelFile(Value):
    """A checked ``.drupelet`` file: every section lies within it, has its checksum, and fits the network.

    ``tensors`` maps a name of :func:`stored_tensors` to the little-endian bytes of that tensor, a view into the file,
    row-major.
    """

    architecture: Architecture
    scheme: str
    tokenizer: Tokenizer
    labels: tuple[str, ...]
    vocabulary: bytes
    tensors: dict[str, memoryview]
    sections: tuple[Section, ...]


def stored_tensors(network: Architecture, scheme: str) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Every tensor of a network under a scheme by name, in file order: its dtype code and shape.

    Under ``wi8`` and ``wi4`` a kernel is int8 with a float32 ``.scales`` a column; the embedding is int8 or int4 with a
    ``.scale_codes`` byte a row, which names one of 256 float32 of its ``.scale_table``. Biases are always float32.
    """
    stored: dict[str, tuple[int, tuple[int, ...]]] = {}
    for name, shape in network.tensor_shapes().items():
        if scheme == "f32" or name.endswith("bias"):
            stored[name] = (DTYPE_FLOAT32, shape)
        elif scheme == "f16":
            stored[name] = (DTYPE_FLOAT16, shape)
        elif name == "embedding":
            stored[name] = (DTYPE_INT4 if scheme == "wi4" else DTYPE_INT8, shape)
            stored["embedding.scale_codes"] = (DTYPE_UINT8, shape[:1])
            stored["embedding.scale_table"] = (DTYPE_FLOAT32, (SCALE_TABLE_SIZE,))
        else:
            stored[name] = (DTYPE_INT8, shape)
            stored[f"{name}.scales"] = (DTYPE_FLOAT32, shape[1:])
    return stored


def tensor_size_bytes(dtype: int, shape: tuple[int, ...]) -> int:
    """The bytes of a tensor of that dtype code and shape."""
    if dtype == DTYPE_INT4:
        return math.prod(shape[:-1]) * -(-shape[-1] // 2)
    return math.prod(shape) * DTYPE_SIZES_BYTES[dtype]


def read_model_file(content: bytes, where: str = "model file") -> ModelFile:
    """The model that these bytes hold. Raises FormatError or VersionError, naming ``where`` and the section."""
    sections = _section_table(content, where)
    view = memoryview(content)
    payloads = {}
    for section in sections:
        payload = view[section.offset_bytes : section.offset_bytes + section.size_bytes]
        crc = zlib.crc32(payload)
        if crc != section.crc32:
            raise FormatError(
                f"{where}: section {section.name!r} has checksum {crc:08x}, expected {section.crc32:08x}; copy it again"
            )
        payloads[section.name] = payload
    single: dict[bytes, memoryview] = {}
    for kind, name in (
        (KIND_ARCHITECTURE, "architecture"),
        (KIND_TOKENIZER, "tokenizer"),
        (KIND_LABELS, "labels"),
        (KIND_VOCABULARY, "vocabulary"),
    ):
        found = [section for section in sections if section.kind == kind]
        if len(found) != 1:
            raise FormatError(f"{where}: {len(found)} sections of kind {name}, expected one; export it again")
        single[kind] = payloads[found[0].name]
    try:
        architecture, scheme = decode_architecture(single[KIND_ARCHITECTURE])
        tokenizer = decode_tokenizer(single[KIND_TOKENIZER])
        labels = decode_labels(single[KIND_LABELS])
        check_labels(labels, architecture.class_count)
    except FormatError as error:
        raise FormatError(f"{where}: {error}; export it again") from error
    tensors = {}
    stored = {section.name: section for section in sections if section.kind == KIND_TENSOR}
    expected = stored_tensors(architecture, scheme)
    if set(stored) != set(expected):
        odd = sorted(set(stored) ^ set(expected))
        raise FormatError(f"{where}: tensors do not match the network (missing or extra: {odd}); export it again")
    for name, (dtype, shape) in expected.items():
        if stored[name].dtype != dtype:
            raise FormatError(
                f"{where}: tensor {name!r} has dtype code {stored[name].dtype}, expected {dtype}; export it again"
            )
        if stored[name].shape != shape:
            raise FormatError(f"{where}: tensor {name!r} is {stored[name].shape}, expected {shape}; export it again")
        tensors[name] = payloads[name]
    return ModelFile(architecture, scheme, tokenizer, labels, bytes(single[KIND_VOCABULARY]), tensors, sections)


def _section_table(content: bytes, where: str) -> tuple[Section, ...]:
    """The section table, each entry checked against the file and against the one before it."""
    if len(content) < HEADER.size:
        raise FormatError(f"{where}: {len(content)} bytes, expected at least the {HEADER.size} of a header")
    magic, version, byte_order, file_size, section_count, table_crc = HEADER.unpack_from(content)
    if magic != MAGIC:
        raise FormatError(f"{where}: starts with {magic!r}, expected {MAGIC!r}: not a .drupelet file")
    if byte_order != BYTE_ORDER_MARK:
        raise FormatError(f"{where}: byte-order mark {byte_order:#010x}, expected {BYTE_ORDER_MARK:#010x}")
    if version != VERSION:
        raise VersionError(
            f"{where}: model format {version}, this release reads {VERSION}; upgrade drupelet or export again"
        )
    if file_size != len(content):
        raise FormatError(f"{where}: {len(content)} bytes, its header announces {file_size}; copy it again")
    table_end = HEADER.size + section_count * SECTION.size
    if not 1 <= section_count <= MAX_SECTIONS or table_end > len(content):
        raise FormatError(f"{where}: {section_count} sections, expected 1 to {MAX_SECTIONS} within the file")
    crc = zlib.crc32(memoryview(content)[HEADER.size : table_end])
    if crc != table_crc:
        raise FormatError(
            f"{where}: section table has checksum {crc:08x}, the header says {table_crc:08x}; copy it again"
        )
    sections: list[Section] = []
    free_from = table_end
    for place in range(section_count):
        raw_name, kind, dtype, rank, payload_crc, *shape, offset, size = SECTION.unpack_from(
            content, HEADER.size + place * SECTION.size
        )
        name = _name(raw_name, f"{where}: section {place}")
        if offset % ALIGNMENT or offset < free_from or offset + size > len(content) or offset - free_from >= ALIGNMENT:
            raise FormatError(
                f"{where}: section {name!r} covers bytes {offset} to {offset + size}, expected an aligned place from "
                f"{free_from} on, within {len(content)}"
            )
        if any(content[free_from:offset]):
            raise FormatError(f"{where}: bytes before section {name!r} are not zero; copy it again")
        if name in {section.name for section in sections}:
            raise FormatError(f"{where}: two sections are called {name!r}; export it again")
        if kind not in KINDS:
            raise FormatError(
                f"{where}: section {name!r} is of kind {kind!r}, which this release does not know; upgrade"
            )
        if kind != KIND_TENSOR and (dtype or rank or any(shape)):
            raise FormatError(f"{where}: section {name!r} is no tensor, but has dtype {dtype} and rank {rank}")
        if kind == KIND_TENSOR:
            if (
                not (DTYPE_FLOAT32 <= dtype <= DTYPE_UINT8)
                or rank > 4
                or (dtype == DTYPE_INT4 and not rank)
                or any(shape[rank:])
            ):
                raise FormatError(f"{where}: tensor {name!r} has dtype code {dtype} and rank {rank}; upgrade drupelet")
            if tensor_size_bytes(dtype, tuple(shape[:rank])) != size:
                raise FormatError(f"{where}: tensor {name!r} of shape {tuple(shape[:rank])} in {size} bytes")
        free_from = offset + size
        sections.append(Section(name, kind, dtype, tuple(shape[:rank]), payload_crc, offset, size))
    if free_from != len(content):
        raise FormatError(f"{where}: {len(content) - free_from} bytes after the last section; copy it again")
    return tuple(sections)


def _name(raw: bytes, where: str) -> str:
    name, _, rest = raw.partition(b"\0")
    if not name or rest.strip(b"\0") or not name.isascii():
        raise FormatError(f"{where}: name {raw!r}, expected ASCII, padded with zeros")
    return name.decode("ascii")


class _Reader:
    """Takes fixed-size records off a section, and complains when it ends early or late."""

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
        name=_name(raw_name, "section tokenizer"),
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
    """The LABL section: a count, then each label as its size in bytes and its UTF-8 text."""
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
