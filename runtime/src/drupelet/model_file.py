"""The ``.drupelet`` model file: one file that holds network, labels, text rules, weights and vocabulary as sections.

``docs/format.md`` is the specification. The constants here are its only copy in code; the writer in ``drupelet_export``
imports them. The reader compares every length with the bytes that are there before it uses it. It unpickles and executes
nothing.
"""

from __future__ import annotations

import math
import struct
import zlib

from drupelet.decision import check_decision
from drupelet.decision_section import decode_decision
from drupelet.errors import FormatError, VersionError
from drupelet.graph_section import decode_graph
from drupelet.label_section import decode_labels
from drupelet.labels import check_labels
from drupelet.operations.operation import FLOATS, ROWS
from drupelet.schemes import MAGIC
from drupelet.section_reader import padded_name
from drupelet.text_section import decode_text_rules
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.decision import Decision
    from drupelet.graph import Graph
    from drupelet.text.rules import TextRules

VERSION = 3
BYTE_ORDER_MARK = 0x01020304
ALIGNMENT = 64
"""Sections start at multiples of this number of bytes: a cache line, and the widest vector register."""
HEADER = struct.Struct("<8sIIQII32x")
"""magic, version, byte-order mark, file_size_bytes, section_count, crc32 of the section table."""
SECTION = struct.Struct("<48s4sIII4IQQ")
"""name, kind, dtype, rank, crc32 of the payload, shape, offset_bytes, size_bytes."""
MAX_SECTIONS = 4096
"""Most sections of a file. A transformer layer has some 25 tensors and scales, so this is room for 160 of them; the table then
has 384 kB, which is read before its checksum is known to be right."""
KIND_GRAPH, KIND_TEXT, KIND_LABELS, KIND_VOCABULARY, KIND_DECISION, KIND_TENSOR = (
    b"GRPH",
    b"TEXT",
    b"LABL",
    b"VOCB",
    b"DECI",
    b"TENS",
)
ONLY_SECTIONS = 5
"""Most sections that are no tensors: graph, text rules, labels, vocabulary and decision."""
KINDS = (KIND_GRAPH, KIND_TEXT, KIND_LABELS, KIND_VOCABULARY, KIND_DECISION, KIND_TENSOR)
DTYPE_NONE, DTYPE_FLOAT32, DTYPE_FLOAT16, DTYPE_INT8, DTYPE_INT4, DTYPE_UINT8 = range(6)
DTYPE_SIZES_BYTES = {DTYPE_FLOAT32: 4, DTYPE_FLOAT16: 2, DTYPE_INT8: 1, DTYPE_UINT8: 1}
"""Bytes of one value by dtype code. int4 is missing: two values of a row share a byte, and a row takes whole bytes."""
SCALE_TABLE_SIZE = 256
"""Number of scales of embedding rows; one byte per row is an index into them."""


FREE_LAYOUT_BYTES = 1 << 26
LAYOUT_RATIO = 16
MAX_LAYOUT_BYTES = 1 << 29
"""Most bytes of weights that are laid out (:meth:`drupelet.graph.Graph.layout_bytes`): so many, and so many more for each
byte of the file, but never more than the last. Columns are padded, int8 becomes float32, and nodes may share weights: a file of
4 MB could take 270. Those of `imdb` take 0.6 MB, those of a BERT of 12 layers 340 MB of a file of 110 MB."""


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

    ``tensors`` maps a name of :func:`stored_tensors` to the bytes of that tensor: little-endian, row-major, a view into the
    file.
    """

    graph: Graph
    scheme: str
    text_rules: TextRules
    labels: tuple[str, ...]
    vocabulary: bytes
    tensors: dict[str, memoryview]
    sections: tuple[Section, ...]
    decision: Decision | None


def stored_tensors(graph: Graph, scheme: str) -> dict[str, tuple[int, tuple[int, ...]]]:
    """The dtype code and shape of every tensor that a scheme stores for a network, by name, in file order.

    Under ``wi8`` and ``wi4`` a matrix that is multiplied with (COLUMNS) is int8, with one float32 of ``.scales`` per column. A
    table that is looked up (ROWS) is int8 or int4, with one byte of ``.scale_codes`` per row, an index into the 256 float32 of
    its ``.scale_table``. All other tensors (FLOATS) are always float32. Raises FormatError when a file has no room for so many.
    """
    stored: dict[str, tuple[int, tuple[int, ...]]] = {}
    room = MAX_SECTIONS - ONLY_SECTIONS
    for name, (shape, storage) in graph.tensors().items():
        if scheme == "f32" or storage == FLOATS:
            stored[name] = (DTYPE_FLOAT32, shape)
        elif scheme == "f16":
            stored[name] = (DTYPE_FLOAT16, shape)
        elif storage == ROWS:
            stored[name] = (DTYPE_INT4 if scheme == "wi4" else DTYPE_INT8, shape)
            stored[f"{name}.scale_codes"] = (DTYPE_UINT8, shape[:1])
            stored[f"{name}.scale_table"] = (DTYPE_FLOAT32, (SCALE_TABLE_SIZE,))
        else:
            stored[name] = (DTYPE_INT8, shape)
            stored[f"{name}.scales"] = (DTYPE_FLOAT32, shape[1:])
    if len(stored) > room:
        raise FormatError(
            f"a network with {len(stored)} tensors in scheme {scheme}, expected at most {room} in a model file"
        )
    return stored


def tensor_size_bytes(dtype: int, shape: tuple[int, ...]) -> int:
    """The size in bytes of a tensor of that dtype code and shape."""
    if dtype == DTYPE_INT4:
        return math.prod(shape[:-1]) * -(-shape[-1] // 2)
    return math.prod(shape) * DTYPE_SIZES_BYTES[dtype]


def read_model_file(content: bytes, where: str = "model file") -> ModelFile:
    """The model in these bytes. Raises FormatError or VersionError, naming ``where`` and the section."""
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
    single: dict[bytes, memoryview] = {}  # by kind; the decision may be missing
    for kind, name in (
        (KIND_GRAPH, "graph"),
        (KIND_TEXT, "text rules"),
        (KIND_LABELS, "labels"),
        (KIND_VOCABULARY, "vocabulary"),
        (KIND_DECISION, "decision"),
    ):
        found = [section for section in sections if section.kind == kind]
        if not found and kind == KIND_DECISION:
            continue
        if len(found) != 1:
            raise FormatError(f"{where}: {len(found)} sections of kind {name}, expected one; export it again")
        single[kind] = payloads[found[0].name]
    try:
        graph, scheme = decode_graph(single[KIND_GRAPH])
        text_rules = decode_text_rules(single[KIND_TEXT])
        labels = decode_labels(single[KIND_LABELS])
        check_labels(labels, graph.class_count)
        decision = decode_decision(single[KIND_DECISION]) if KIND_DECISION in single else None
        check_decision(decision, graph)
        expected = stored_tensors(graph, scheme)
    except FormatError as error:
        raise FormatError(f"{where}: {error}; export it again") from error
    tensors = {}
    stored = {section.name: section for section in sections if section.kind == KIND_TENSOR}
    if set(stored) != set(expected):
        odd = sorted(set(stored) ^ set(expected))
        raise FormatError(f"{where}: tensors do not match the network (missing or extra: {odd}); export it again")
    most = min(MAX_LAYOUT_BYTES, FREE_LAYOUT_BYTES + LAYOUT_RATIO * len(content))
    if graph.layout_bytes() > most:
        raise FormatError(
            f"{where}: its weights take {graph.layout_bytes()} bytes when they are laid out, expected at most {most} of a file "
            f"of {len(content)} bytes; make its layers smaller, and export it again"
        )
    for name, (dtype, shape) in expected.items():
        if stored[name].dtype != dtype:
            raise FormatError(
                f"{where}: tensor {name!r} has dtype code {stored[name].dtype}, expected {dtype}; export it again"
            )
        if stored[name].shape != shape:
            raise FormatError(f"{where}: tensor {name!r} is {stored[name].shape}, expected {shape}; export it again")
        if f"{name}.scales" in expected and b"\x80" in bytes(payloads[name]):
            raise FormatError(f"{where}: tensor {name!r} holds -128, expected -127 to 127; export it again")
        tensors[name] = payloads[name]
    return ModelFile(graph, scheme, text_rules, labels, bytes(single[KIND_VOCABULARY]), tensors, sections, decision)


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
    sections: dict[str, Section] = {}
    free_from = table_end
    for place in range(section_count):
        raw_name, kind, dtype, rank, payload_crc, *shape, offset, size = SECTION.unpack_from(
            content, HEADER.size + place * SECTION.size
        )
        name = padded_name(raw_name, f"{where}: section {place}")
        if offset % ALIGNMENT or offset < free_from or offset + size > len(content) or offset - free_from >= ALIGNMENT:
            raise FormatError(
                f"{where}: section {name!r} covers bytes {offset} to {offset + size}, expected an aligned place from "
                f"{free_from} on, within {len(content)}"
            )
        if any(content[free_from:offset]):
            raise FormatError(f"{where}: bytes before section {name!r} are not zero; copy it again")
        if name in sections:
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
        sections[name] = Section(name, kind, dtype, tuple(shape[:rank]), payload_crc, offset, size)
    if free_from != len(content):
        raise FormatError(f"{where}: {len(content) - free_from} bytes after the last section; copy it again")
    return tuple(sections.values())
