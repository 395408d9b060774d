"""What is left out of a text by going on from what is known of the rest is what running the rest gives."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.errors import InputError
from drupelet.schemes import SCHEMES
from runtime import networks
from runtime.format_writer import model_file
from runtime.native.conftest import ROWS
from runtime.native.test_follow import CELLS, POOLINGS, layer
from runtime.random_graphs import batches, models


def one_by_one(opened, ids):
    """The logits without each id, run as texts of their own."""
    return opened.run([ids[:place] + ids[place + 1 :] for place in range(len(ids))])


def assert_alike(found, expected):
    """Sums of steps may be added in another order."""
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected):
        assert row == pytest.approx(wanted, rel=1e-5, abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("pooling", POOLINGS)
@given(st.data())
@settings(max_examples=10, deadline=None)
def test_each_id_is_left_out_of_any_recurrent_network(native, tiers, scheme, pooling, data):
    cells = data.draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=3))
    direction = data.draw(st.sampled_from(("forward", "backward", "bidirectional")))
    merge = data.draw(st.sampled_from(("concat", "sum"))) if direction == "bidirectional" else "none"
    model = networks.drawn_model(
        [layer(cell, direction, merge) for cell in cells], rows=ROWS, units=data.draw(st.sampled_from((4, 20))),
        pooling=pooling, pool_zero_below=data.draw(st.sampled_from((None, 6))) if pooling == "max" else None,
    )  # fmt: skip
    content = model_file(model, scheme)
    ids = data.draw(st.lists(st.integers(1, ROWS - 1), max_size=24))
    found = {tier: native.Model(content, "drawn", tier).leave_one_out(ids) for tier in tiers}
    is_known = direction != "bidirectional" or (merge == "concat" and len(cells) == 1)
    assert (found["scalar"] is not None) == is_known
    assert {repr(rows) for rows in found.values()} == {repr(found["scalar"])}
    if is_known:
        assert_alike(found["scalar"], one_by_one(native.Model(content, "drawn", "scalar"), ids))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_each_id_is_left_out_of_any_graph(native, data):
    model = data.draw(
        models(data.draw(st.sampled_from((None, "recurrent", "reduce", "merge", "dense", "normalization"))))
    )
    opened = native.Model(model_file(model), "graph")
    for ids in data.draw(batches(model.graph)):
        found = opened.leave_one_out(ids)
        if found is not None:
            expected = one_by_one(opened, ids)
            scale = max([1.0, *(abs(x) for row in expected for x in row if math.isfinite(x))])
            assert_alike([[x / scale for x in row] for row in found], [[x / scale for x in row] for row in expected])


def test_ids_that_are_none_are_refused(native, model):
    opened = native.Model(model_file(model), "tiny")
    with pytest.raises(InputError, match=r"^tiny: id -1 at place 1, expected 0 to "):
        opened.leave_one_out([2, -1])
    with pytest.raises(TypeError):
        opened.leave_one_out(["a"])
    assert opened.leave_one_out([]) == []
