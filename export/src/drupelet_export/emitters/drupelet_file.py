"""Writes the ``.drupelet`` model file that :mod:`drupelet.model_file` reads; ``docs/format.md`` specifies it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from drupelet.engines.numpy_engine import stored_arrays
from drupelet.graph_section import encode_graph
from drupelet.model_file import (
    ALIGNMENT,
    BYTE_ORDER_MARK,
    DTYPE_NONE,
    HEADER,
    KIND_DECISION,
    KIND_GRAPH,
    KIND_LABELS,
    KIND_TENSOR,
    KIND_TEXT,
    KIND_VOCABULARY,
    SECTION,
    VERSION,
    read_model_file,
    stored_tensors,
)
from drupelet.schemes import MAGIC
from drupelet_export.emitters.sections import encode_decision, encode_labels, encode_text_rules
from drupelet_export.emitters.storage import Constant, Storage
from drupelet_export.emitters.vocabulary_file import emit_vocabulary
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.quantized import Quantized, packed_nibbles


def emit_drupelet(model: ModelDescription, scheme: str = "f32") -> bytes:
    """The bytes of the .drupelet file for a model after the passes of ``scheme``, with its vocabulary file inside.

    The model must be in rank order (:func:`drupelet_export.emitters.rank_order.in_rank_order`): its words have the last ids.
    """
    words = [word for word in model.vocabulary if word is not None]
    vocabulary = emit_vocabulary(words, len(model.vocabulary) - len(words))
    none = (DTYPE_NONE, ())
    sections: list[tuple[str, bytes, int, tuple[int, ...], bytes]] = [
        ("graph", KIND_GRAPH, *none, encode_graph(model.graph, scheme)),
        ("text_rules", KIND_TEXT, *none, encode_text_rules(model.text_rules)),
        ("labels", KIND_LABELS, *none, encode_labels(model.labels)),
        ("vocabulary", KIND_VOCABULARY, *none, vocabulary),
    ]
    if model.decision is not None:
        sections.append(("decision", KIND_DECISION, *none, encode_decision(model.decision)))
    parts = _stored_parts(model)
    for name, (dtype, shape) in stored_tensors(model.graph, scheme).items():
        sections.append((name, KIND_TENSOR, dtype, shape, np.ascontiguousarray(parts[name]).tobytes()))
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


def _stored_parts(model: ModelDescription) -> dict[str, Any]:
    """The little-endian arrays of a model, by the names that stored_tensors gives them."""
    parts: dict[str, Any] = {}
    for name, tensor in model.tensors.items():
        if not isinstance(tensor, Quantized):
            parts[name] = tensor.astype(tensor.dtype.newbyteorder("<"))
            continue
        parts[name] = packed_nibbles(tensor.values) if tensor.bits == 4 else tensor.values
        if tensor.codes is None or tensor.table is None:
            parts[f"{name}.scales"] = tensor.scales.astype("<f4")
        else:
            parts[f"{name}.scale_codes"] = tensor.codes
            parts[f"{name}.scale_table"] = tensor.table.astype("<f4")
    return parts


def _aligned(place: int) -> int:
    return -(-place // ALIGNMENT) * ALIGNMENT


def _constants(content: bytes) -> Iterator[tuple[str, Constant]]:
    yield from stored_arrays(read_model_file(content)).items()


DRUPELET_STORAGE = Storage("drupelet", _constants, verbatim=True)
