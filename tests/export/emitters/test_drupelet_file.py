"""The .drupelet file has the same bytes every time, is aligned, and reads back as it was written."""

import zlib
from dataclasses import replace

import numpy as np
import pytest

from drupelet.model_file import ALIGNMENT, HEADER, SECTION, read_model_file
from drupelet.schemes import MAGIC
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.emitters.vocabulary_file import emit_vocabulary
from drupelet_export.passes import PIPELINE, run_passes
from export.changes import TABLE, table_of, with_tensor

VOCABULARY = emit_vocabulary(["a", "bad", "film", "good", "quiet", "the"], 2)


@pytest.fixture(
    params=[
        {},
        {"layers": ("gru backward",), "reset_after": False, "max_tokens": 7},
        {"layers": ("lstm bidirectional", "gru forward"), "pooling": "max", "padding": "pre", "max_tokens": 5},
        {"masking": "none", "padding": "post", "max_tokens": 3, "hidden": ("selu", "relu"), "output": "softmax"},
    ],
    ids=["LSTM", "GRU", "stacked", "unmasked"],
)
def model(request, random_model):
    return in_rank_order(run_passes(random_model(**request.param), PIPELINE))


def test_it_reads_back_equal(model):
    file = read_model_file(emit_drupelet(model))
    assert (file.graph, file.text_rules, file.labels) == (model.graph, model.text_rules, model.labels)
    assert file.vocabulary == VOCABULARY
    for name, tensor in model.tensors.items():
        np.testing.assert_array_equal(np.frombuffer(file.tensors[name], "<f4").reshape(tensor.shape), tensor)


def test_the_same_model_gives_the_same_bytes(model):
    assert emit_drupelet(model) == emit_drupelet(replace(model))


def test_sections_are_aligned_and_in_file_order(model):
    content = emit_drupelet(model)
    sections = read_model_file(content).sections
    assert [section.name for section in sections] == [
        "graph", "text_rules", "labels", "vocabulary", *model.graph.tensor_shapes()
    ]  # fmt: skip
    assert all(section.offset_bytes % ALIGNMENT == 0 for section in sections)
    assert sections[-1].offset_bytes + sections[-1].size_bytes == len(content)


def test_the_header(random_model):
    content = emit_drupelet(in_rank_order(random_model()))
    table = content[HEADER.size : HEADER.size + 10 * SECTION.size]
    assert content[:8] == MAGIC
    assert HEADER.unpack_from(content)[1:] == (3, 0x01020304, len(content), 10, zlib.crc32(table))


def test_the_memory_layout_of_a_tensor_does_not_matter(random_model):
    model = in_rank_order(random_model())
    strided = np.asfortranarray(table_of(model))
    assert emit_drupelet(with_tensor(model, TABLE, strided)) == emit_drupelet(model)
