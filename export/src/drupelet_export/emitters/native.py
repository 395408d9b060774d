"""Writes the ``.drupelet`` model file that :mod:`drupelet.model_file` reads; ``docs/format.md`` specifies it."""

from __future__ import annotations

import zlib

import numpy as np

from drupelet.model_file import (
    ALIGNMENT,
    BYTE_ORDER_MARK,
    DTYPE_FLOAT32,
    DTYPE_NONE,
    HEADER,
    KIND_ARCHITECTURE,
    KIND_LABELS,
    KIND_TENSOR,
    KIND_TOKENIZER,
    KIND_VOCABULARY,
    MAGIC,
    SECTION,
    VERSION,
    encode_architecture,
    encode_labels,
    encode_tokenizer,
)
from drupelet_export.description import ModelDescription


def emit_native(model: ModelDescription, vocabulary: bytes) -> bytes:
    """The .drupelet file of a model after the passes; ``vocabulary`` are the bytes of its vocabulary file."""
    none = (DTYPE_NONE, ())
    sections: list[tuple[str, bytes, int, tuple[int, ...], bytes]] = [
        ("architecture", KIND_ARCHITECTURE, *none, encode_architecture(model.architecture())),
        ("tokenizer", KIND_TOKENIZER, *none, encode_tokenizer(model.tokenizer)),
        ("labels", KIND_LABELS, *none, encode_labels(model.labels)),
        ("vocabulary", KIND_VOCABULARY, *none, vocabulary),
    ]
    for name, tensor in model.tensors():
        payload = np.ascontiguousarray(tensor, dtype="<f4").tobytes()
        sections.append((name, KIND_TENSOR, DTYPE_FLOAT32, tensor.shape, payload))
    table = bytearray()
    body = bytearray()
    body_start = _aligned(HEADER.size + len(sections) * SECTION.size)
    for name, kind, dtype, shape, payload in sections:
        body += bytes(_aligned(len(body)) - len(body))
        dims = (*shape, 0, 0, 0, 0)[:4]
        offset = body_start + len(body)
        crc = zlib.crc32(payload)
        table += SECTION.pack(name.encode("ascii"), kind, dtype, len(shape), crc, *dims, offset, len(payload))
        body += payload
    gap = bytes(body_start - HEADER.size - len(table))
    header = HEADER.pack(
        MAGIC, VERSION, BYTE_ORDER_MARK, body_start + len(body), len(sections), zlib.crc32(bytes(table))
    )
    return header + bytes(table) + gap + bytes(body)


def _aligned(place: int) -> int:
    return -(-place // ALIGNMENT) * ALIGNMENT
