"""Decodes the sections of a ``.drupelet`` file that are not tensors: network and labels.

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
from drupelet.section_reader import SectionReader, named, optional

ARCHITECTURE_HEAD = struct.Struct("<10I")
"""vocabulary_rows, embedding_dim, recurrent count, pooling, dense count, output, max_tokens, padding,
pool_zero_below, scheme."""
RECURRENT_RECORD = struct.Struct("<8I")
"""cell, direction, merge, input_dim, units, activation, recurrent_activation, reset_after."""
DENSE_RECORD = struct.Struct("<3I")
"""input_dim, units, activation."""
MAX_LABELS = 4096
MAX_LABEL_BYTES = 1024
MAX_LAYERS = 64


def vocabulary_rows(content: bytes) -> int:
    """The rows of the embedding, from a whole ARCH section."""
    rows: int = ARCHITECTURE_HEAD.unpack_from(content)[0]
    return rows


def decode_architecture(content: memoryview) -> tuple[Architecture, str]:
    """The network and the scheme of an ARCH section. Raises FormatError."""
    reader = SectionReader(content, "architecture")
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
                named(CELLS, cell, "cell"),
                named(DIRECTIONS, direction, "direction"),
                named(MERGES, merge, "merge"),
                input_dim,
                units,
                named(RECURRENT_ACTIVATIONS, activation, "activation"),
                named(RECURRENT_ACTIVATIONS, gate, "recurrent_activation"),
                named(("no", "yes"), reset_after, "reset_after") == "yes",
            )
        )
    dense = []
    for _ in range(dense_count):
        input_dim, units, activation = reader.take(DENSE_RECORD)
        dense.append(Dense(input_dim, units, named(ACTIVATIONS, activation, "activation")))
    reader.finish()
    network = Architecture(
        rows,
        dim,
        tuple(recurrent),
        named(POOLINGS, pooling, "pooling"),
        tuple(dense),
        named(OUTPUTS, output, "output"),
        optional(max_tokens),
        named(PADDINGS, padding, "padding"),
        optional(zero_below),
    )
    return network, named(SCHEMES, scheme, "scheme")


def decode_labels(content: memoryview) -> tuple[str, ...]:
    """The labels of a LABL section. Raises FormatError."""
    number = struct.Struct("<I")
    reader = SectionReader(content, "labels")
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
