"""The logits of a linear network are divided among its ids, to the last bit that float32 has."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.engines.numpy_engine import NumpySession, stored_arrays
from drupelet.errors import InputError
from drupelet.linear_ending import linear_ending
from drupelet.model_file import read_model_file
from drupelet.schemes import SCHEMES
from runtime import networks
from runtime.format_writer import model_file
from runtime.native.conftest import ROWS
from runtime.native.test_follow import CELLS, POOLINGS, layer
from runtime.random_graphs import batches, models


def drawn(data, pooling, dense=(("linear", 2),), **options):
    """A network of one or two recurrent layers, pooled so."""
    direction = data.draw(st.sampled_from(("forward", "backward", "bidirectional")))
    cells = data.draw(st.lists(st.sampled_from(CELLS[:4]), min_size=1, max_size=2))
    merge = "concat" if direction == "bidirectional" else "none"
    return networks.drawn_model(
        [layer(cell, direction, merge) for cell in cells], rows=ROWS, units=20, pooling=pooling, dense=dense, **options
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("pooling", POOLINGS)
@given(st.data())
@settings(max_examples=10, deadline=None)
def test_the_shares_of_ids_and_of_the_bias_are_the_logits(native, tiers, scheme, pooling, data):
    outputs = data.draw(st.integers(1, 3))
    zero_below = data.draw(st.sampled_from((None, 6))) if pooling == "max" else None
    model = drawn(data, pooling, (("linear", outputs),), pool_zero_below=zero_below, output="sigmoid")
    content = model_file(model, scheme)
    ids = data.draw(st.lists(st.integers(1, ROWS - 1), min_size=1, max_size=24))
    rows = {tier: native.Model(content, "drawn", tier).shares(ids) for tier in tiers}
    assert {repr(found) for found in rows.values()} == {repr(rows["scalar"])}
    assert len(rows["scalar"]) == len(ids) + 1
    [logits] = native.Model(content, "drawn").run([ids])
    assert [sum(column) for column in zip(*rows["scalar"])] == pytest.approx(logits, rel=1e-6, abs=1e-5)


@pytest.mark.parametrize("padding", ["pre", "post"])
@given(st.data())
@settings(max_examples=10, deadline=None)
def test_padding_that_counts_has_its_shares(native, padding, data):
    model = drawn(data, "average", padding=padding, max_tokens=12)
    opened = native.Model(model_file(model), "padded")
    ids = opened.encode("w001 w002 w003")
    assert len(ids) == 12
    [logits] = opened.run([ids])
    assert [sum(column) for column in zip(*opened.shares(ids))] == pytest.approx(logits, abs=1e-5)


def test_a_network_with_more_than_a_dense_layer_has_no_shares(native, drawn_model):
    opened = native.Model(model_file(drawn_model([layer(CELLS[0], "forward")], dense=("relu", "linear"))), "deep")
    assert opened.shares([2, 3]) is None


def test_ids_that_are_none_are_refused(native, model):
    opened = native.Model(model_file(model), "tiny")
    with pytest.raises(InputError, match=r"^tiny: id 99 at place 0, expected 0 to "):
        opened.shares([99])
    assert len(opened.shares([])) == 1


def reference(content):
    """The numpy engine's session of a file."""
    pytest.importorskip("numpy")
    file = read_model_file(content)
    return NumpySession(file.graph, file.scheme, stored_arrays(file))


@pytest.mark.parametrize("pooling", POOLINGS)
@given(st.data())
@settings(max_examples=10, deadline=None)
def test_each_share_is_that_of_the_reference(native, pooling, data):
    content = model_file(drawn(data, pooling, pool_zero_below=9 if pooling == "max" else None), "f32")
    ids = data.draw(st.lists(st.integers(1, ROWS - 1), min_size=1, max_size=24))
    found, expected = native.Model(content, "drawn").shares(ids), reference(content).shares(ids)
    for row, wanted in zip(found, expected):
        assert row == pytest.approx(wanted, abs=1e-4)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_the_reference_knows_the_same_graphs_and_shares(native, data):
    model = data.draw(
        models(data.draw(st.sampled_from((None, "reduce", "recurrent", "merge", "attention", "reverse"))))
    )
    content = model_file(model)
    opened, numpy = native.Model(content, "graph"), reference(content)
    for ids in data.draw(batches(model.graph)):
        found, expected = opened.shares(ids), numpy.shares(ids)
        assert (found is not None) == (expected is not None) == (linear_ending(model.graph) is not None)
        for row, wanted in zip(found or [], expected or []):
            scale = max(map(abs, wanted), default=0.0)
            assert row == pytest.approx(wanted, rel=1e-3, abs=1e-4 * max(1.0, scale), nan_ok=True)
