"""The writer and the oracle of the runtime's tests agree with the writer and the oracle of the compiler.

The runtime's tests have their own writer and oracle (format_writer.py and oracle.py in tests/runtime), made from
docs/format.md. Here both writers must write the same bytes, and both oracles must give the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from device.networks import NETWORKS as DEVICE_NETWORKS
from device.networks import random_model
from drupelet.graph import PADDING_ID, Graph
from drupelet.schemes import SCHEMES
from drupelet.vocabulary import MAX_WORD_BYTES
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.emitters.vocabulary_file import emit_id_table, emit_vocabulary
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.model.quantized import Quantized
from drupelet_export.passes import SCHEME_PASSES, run_passes
from integration.descriptions import ROWS, described, drawn, samples
from runtime.format_writer import (
    FLOAT16,
    FLOAT32,
    INT4,
    INT8,
    UINT8,
    Stored,
    model_file,
    packed_row,
    table_vocabulary_file,
    vocabulary_file,
)
from runtime.networks import FIRST_ID, Model
from runtime.operation_cases import TEXTS
from runtime.oracle import Oracle
from runtime.text.examples import EVERY_KIND

LSTM = ("lstm", "backward", "none", "tanh", "sigmoid", False)
GRU = ("gru", "bidirectional", "concat", "tanh", "sigmoid", True)


def networks() -> dict[str, Model]:
    """A network for each operation, small ones as people have them, and some with more rows, words and steps of text rules."""
    found = samples()
    found["stack"] = drawn(GRU, LSTM, GRU, pooling="max", pool_zero_below=3, max_tokens=3, output="logits")
    found["padded"] = drawn(GRU, LSTM, padding="pre", max_tokens=20)
    odd = replace(EVERY_KIND, max_tokens=7, unknown_id=0)
    found["text rules"] = replace(drawn(LSTM).with_text_rules(odd), labels=("\u043d\u0435\u0442", "\u0434\u0430"))
    words = sorted((f"w{number:x}" * 9 for number in range(ROWS - FIRST_ID)), key=str.encode)
    found["words"] = replace(drawn(LSTM), words=tuple(words))
    return found


def with_each_set_of_tensors(models: Mapping[str, Model]) -> list[str]:
    """The names of the first networks with tensors that no network before has."""
    found, seen = [], set()
    for name, model in models.items():
        roles = {re.sub(r"\d+", "", tensor) for tensor in model.graph.tensor_shapes()}
        if not roles <= seen:
            found.append(name)
        seen |= roles
    return [*found, "stack", "padded"]


NETWORKS = networks()
IN_SCHEMES = [
    *(("f32", name) for name in NETWORKS),
    *((scheme, name) for scheme in SCHEMES[1:] for name in with_each_set_of_tensors(NETWORKS)),
]


def texts_of(graph: Graph) -> list[list[int]]:
    """Ids of texts as the first node reads them."""
    drawn_ids = [*map(list, TEXTS), [graph.vocabulary_rows - 1, 7, 0, 1]]
    cut = [ids[: graph.max_tokens] for ids in drawn_ids]
    if not graph.padded or graph.max_tokens is None:
        return cut
    filling = [[PADDING_ID] * (graph.max_tokens - len(ids)) for ids in cut]
    return [zeros + ids if graph.padding == "pre" else ids + zeros for zeros, ids in zip(filling, cut, strict=True)]


def stored_by_the_compiler(description: ModelDescription) -> list[Stored]:
    """The tensors after the passes of a scheme, as bytes that are packed here and not by the compiler."""
    stored = []
    for name, tensor in description.tensors.items():
        if not isinstance(tensor, Quantized):
            dtype = FLOAT16 if tensor.dtype == np.float16 else FLOAT32
            stored.append(Stored(name, dtype, tensor.shape, tensor.tobytes()))
            continue
        rows = [[int(value) for value in row] for row in tensor.values]
        payload = tensor.values.tobytes() if tensor.bits == 8 else b"".join(map(packed_row, rows))
        stored.append(Stored(name, INT8 if tensor.bits == 8 else INT4, tensor.shape, payload))
        if tensor.codes is None or tensor.table is None:
            stored.append(Stored(f"{name}.scales", FLOAT32, tensor.scales.shape, tensor.scales.tobytes()))
        else:
            stored.append(Stored(f"{name}.scale_codes", UINT8, tensor.codes.shape, tensor.codes.tobytes()))
            stored.append(Stored(f"{name}.scale_table", FLOAT32, tensor.table.shape, tensor.table.tobytes()))
    return stored


@pytest.mark.parametrize(("scheme", "name"), IN_SCHEMES)
def test_both_writers_write_the_same_bytes_and_both_oracles_give_the_same_answers(name: str, scheme: str) -> None:
    model = NETWORKS[name]
    compiled = run_passes(described(model), SCHEME_PASSES[scheme])
    stored = stored_by_the_compiler(compiled)
    assert model_file(model, scheme, stored) == emit_drupelet(compiled, scheme)
    oracle = Oracle(model.graph, scheme, {tensor.name: tensor.payload for tensor in stored})
    texts = texts_of(model.graph)
    for ids, logits in zip(texts, oracle.run(texts), strict=True):
        assert logits == pytest.approx(evaluate_ids(compiled, ids).tolist(), rel=1e-9, abs=1e-9, nan_ok=True), ids


@pytest.mark.parametrize("name", DEVICE_NETWORKS)
def test_both_write_the_same_f32_file_of_the_networks_in_the_device_tests(name: str) -> None:
    description = random_model(DEVICE_NETWORKS[name])
    words = tuple(word for word in description.vocabulary if word is not None)
    first_id = len(description.vocabulary) - len(words)
    model = Model(description.graph, description.text_rules, description.labels, words, {}, first_id)
    expected = emit_drupelet(description)
    assert model_file(model, "f32", stored_by_the_compiler(description)) == expected


def test_the_default_scheme_is_f32() -> None:
    description = described(drawn(LSTM))
    assert emit_drupelet(description) == emit_drupelet(description, "f32")


words_lists = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=24), unique=True)
near_alphabet = st.lists(st.text("ab\u00e9", min_size=1, max_size=8), unique=True, max_size=80)


@settings(deadline=None)
@given(words_lists | near_alphabet, st.integers(0, 5))
@example(["x" * 14, "x" * 15, "x" * 16, "x" * 17], 1)
@example(["y" * 142, "y" * 143, "y" * 144, "z" * (15 + 127 + 1)], 1)
@example(["x" * 200, "x" * 199 + "y"], 0)
@example(["w" * (MAX_WORD_BYTES - 1), "w" * MAX_WORD_BYTES], 0)
@example([f"{number:04}" for number in range(65)], FIRST_ID)
@example([], FIRST_ID)
@example(list("0123456789abcdefghijklmnopqrstuvwxyz"), FIRST_ID)
def test_both_write_the_same_vocabulary_file(words: list[str], first_id: int) -> None:
    words = sorted(words, key=str.encode)
    assert emit_vocabulary(words, first_id) == vocabulary_file(words, first_id)
    ids = {word: 7 * place % 10_007 for place, word in enumerate(words)}
    assert emit_id_table(ids, 10_007) == table_vocabulary_file(ids, 10_007)
