"""Recurrent layers: cells, directions, initial states, what they return, and pooling inside the loop."""

import itertools

import numpy as np
import pytest

from drupelet.operations.merge import Merge
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet_export.emitters.tflite_audit import builtin_operators
from drupelet_export.model.tensorflow_operations.recurrent import BLOCK_STEPS, can_pool
from export.model.small_graphs import Sketch, assert_alike, check_file, check_graph, oracle_answers, tensorflow_answers

CELLS = [("lstm", False), ("gru", True), ("gru", False), ("rnn", False)]


def layer(
    cell="lstm", direction="forward", merge="none", returns="last", after=False, units=3, activation="tanh", gate=None
):
    gate = gate or ("linear" if cell == "rnn" else "sigmoid")
    return Recurrent(cell, direction, merge, units, activation, gate, after, returns)


def joined(sketch, values):
    vectors = [value if sketch.types[value].kind == "vector" else sketch.add(Reduce("sum"), value) for value in values]
    return sketch.model(sketch.add(Merge("concat"), *vectors))


@pytest.mark.parametrize(("cell", "after"), CELLS)
def test_both_directions_and_what_they_return(cell, after):
    sketch = Sketch()
    steps = sketch.embedded()
    found = []
    for direction, returns in itertools.product(("forward", "backward"), ("steps", "last")):
        found.append(sketch.add(layer(cell, direction, "none", returns, after), steps))
    found.append(sketch.add(layer(cell, "bidirectional", "concat", "last", after), steps))
    states = sketch.add(layer(cell, "bidirectional", "ave", "steps", after), steps)
    found.append(sketch.add(layer(cell, "bidirectional", "sum", "last", after), states))
    check_file(joined(sketch, found))


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_initial_states_and_the_cell(direction):
    sketch = Sketch()
    steps = sketch.embedded()
    first = sketch.add(layer("lstm", direction, returns="last"), steps)
    cell = sketch.add(layer("lstm", direction, returns="cell"), steps, weights_of=first)
    found = [
        sketch.add(layer("lstm", direction, returns=returns), steps, first, cell)
        for returns in ("steps", "last", "cell")
    ]
    found += [sketch.add(layer(kind, direction, after=after), steps, cell) for kind, after in CELLS[1:]]
    check_file(joined(sketch, found))


def test_shared_layers_have_one_kernel_in_the_file():
    sizes = []
    for shared in (False, True):
        sketch = Sketch()
        first, second = sketch.embedded(48), sketch.embedded(48)
        owner = sketch.add(layer("gru", units=64, after=True), first)
        again = sketch.add(layer("gru", units=64, after=True), second, weights_of=owner if shared else None)
        sizes.append(len(check_file(sketch.model(sketch.add(Merge("subtract"), owner, again)))))
    assert sizes[0] - sizes[1] > 0.9 * (48 + 64) * 3 * 64 * 4


@pytest.mark.parametrize("merge", ["concat", "sum", "ave", "mul"])
def test_poolings_of_every_merge(merge):
    sketch = Sketch()
    steps = sketch.embedded()
    found = []
    for function in ("max", "sum", "min"):
        found.append(sketch.add(Reduce(function), sketch.add(layer("gru", "bidirectional", merge, "steps"), steps)))
    found.append(sketch.add(Reduce("max", 4), sketch.add(layer("gru", "bidirectional", merge, "steps"), steps)))
    check_graph(joined(sketch, found))


def test_the_average_of_a_text():
    sketch = Sketch()
    pooled = sketch.add(Reduce("average"), sketch.add(layer(returns="steps"), sketch.embedded()))
    check_file(sketch.model(pooled))


def test_pooling_inside_the_loop_where_it_is_the_sum_or_maximum_of_the_directions():
    pools = {
        (merge, function)
        for merge, function in itertools.product(
            ("none", "concat", "sum", "ave", "mul"), ("max", "average", "sum", "last")
        )
        if can_pool(
            layer(direction="forward" if merge == "none" else "bidirectional", merge=merge, returns="steps"),
            Reduce(function),
        )
    }
    everywhere = set(itertools.product(("none", "concat"), ("max", "average", "sum")))
    assert pools == everywhere | set(itertools.product(("sum", "ave"), ("average", "sum")))
    assert not can_pool(layer(returns="last"), Reduce("max"))


def loops(*poolings):
    """The number of loops in the file of a layer whose states these poolings read."""
    from ai_edge_litert import schema_py_generated as schema

    sketch = Sketch()
    steps = sketch.add(layer(returns="steps"), sketch.embedded())
    vectors = [sketch.add(Reduce(function), steps) for function in poolings]
    model = sketch.model(vectors[0] if len(vectors) == 1 else sketch.add(Merge("concat"), *vectors))
    content = check_file(model)
    assert "WHILE" in builtin_operators(content)
    return (schema.Model.GetRootAsModel(content, 0).SubgraphsLength() - 1) // 2


def test_states_are_collected_only_where_something_else_reads_them():
    assert loops("max") == 1
    assert loops("max", "sum") == 2  # a loop of blocks, and in it one of steps


@pytest.mark.parametrize("length", [BLOCK_STEPS - 1, BLOCK_STEPS, BLOCK_STEPS + 1, 2 * BLOCK_STEPS + 3])
def test_long_texts_are_collected_in_blocks(length):
    sketch = Sketch()
    states = sketch.add(layer("gru", "bidirectional", "concat", "steps"), sketch.embedded())
    model = sketch.model(sketch.add(layer("lstm"), states))
    texts = [np.random.default_rng(length).integers(1, 40, length).tolist()]
    assert_alike(tensorflow_answers(model, texts), oracle_answers(model, texts))


@pytest.mark.parametrize("activation", ["relu", "elu", "gelu", "softplus", "hard_sigmoid_2", "mish"])
def test_other_activations(activation):
    sketch = Sketch()
    steps = sketch.embedded()
    found = [
        sketch.add(layer("lstm", activation=activation, gate="hard_sigmoid"), steps),
        sketch.add(layer("rnn", activation=activation), steps),
    ]
    check_file(joined(sketch, found))


def test_padding_that_is_not_masked_is_computed():
    sketch = Sketch(padded=True)
    steps = sketch.embedded()
    pooled = sketch.add(Reduce("average"), sketch.add(layer("gru", "bidirectional", "ave", "steps"), steps))
    check_file(joined(sketch, [pooled, sketch.add(layer(direction="backward"), steps)]))
