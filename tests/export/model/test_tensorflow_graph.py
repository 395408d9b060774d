"""The walk over the nodes, and the derivatives by what embeddings give."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.operations.attention import Attention
from drupelet.operations.dense import Dense
from drupelet.operations.merge import Merge
from drupelet.operations.normalization import Normalization
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.restore import Restore
from drupelet.operations.table import OPERATIONS
from drupelet.operations.window_pool import WindowPool
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.model.quantized import values_of
from drupelet_export.model.tensorflow_graph import _pooled_inside, embedded_logits
from export.model.small_graphs import (
    LENGTH,
    Sketch,
    assert_alike,
    check_graph,
    described,
    oracle_answers,
    tensorflow_answers,
)
from runtime.random_graphs import batches, models

IDS = [3, 9, 1, 4, 39]


def states(returns="steps"):
    return Recurrent("gru", "forward", "none", 3, "tanh", "sigmoid", True, returns)


def two_embeddings():
    """A model of two tables, one of them looked up with restored ids, and what each gives for the ids."""
    sketch = Sketch()
    exact = sketch.embedded()
    restored = sketch.add(Restore("post", LENGTH, "zeros"), 0)
    padded = sketch.embedded(of=restored)
    attended = sketch.add(Attention(2, "dot", 0.5, False), exact, exact, exact)
    normal = sketch.add(Normalization("layer", float(np.float32(1e-3))), attended)
    pooled = sketch.add(WindowPool("average", 3, 2, 1, 0), padded)
    vectors = [
        sketch.add(Reduce("max"), sketch.add(states(), normal)),
        sketch.add(states("last"), pooled),
        sketch.add(Reduce("sum"), sketch.add(Restore("pre", LENGTH, "next"), exact)),
    ]
    model = sketch.model(sketch.add(Merge("concat"), *vectors))
    exact_table, padded_table = (values_of(table) for table in model.tables.values())
    padded_ids = IDS + [0] * (LENGTH - len(IDS))
    return model, {exact - 1: exact_table[IDS], padded - 1: padded_table[padded_ids]}


def test_logits_of_embedding_vectors_are_those_of_the_ids():
    model, vectors = two_embeddings()
    given = {number: tf.constant(held) for number, held in vectors.items()}
    expected = evaluate_ids(model, IDS)
    assert_alike(embedded_logits(model, given, tf.constant(len(IDS)))[0], expected)


def test_derivatives_are_those_of_small_steps():
    model, vectors = two_embeddings()
    given = {number: tf.Variable(held) for number, held in vectors.items()}

    def first_logit():
        return embedded_logits(model, given, tf.constant(len(IDS)))[0, 0]

    with tf.GradientTape() as tape:
        logit = first_logit()
    random = np.random.default_rng(3)
    for variable, gradient in zip(given.values(), tape.gradient(logit, list(given.values())), strict=True):
        way, start = random.normal(size=variable.shape).astype(np.float32), variable.numpy()
        sides = []
        for size in (1e-3, -1e-3):
            variable.assign(start + size * way)
            sides.append(float(first_logit()))
        variable.assign(start)
        np.testing.assert_allclose(np.sum(gradient.numpy() * way), (sides[0] - sides[1]) / 2e-3, rtol=1e-2, atol=1e-2)


def test_the_derivatives_can_be_traced_for_texts_of_any_length():
    sketch = Sketch()
    number = sketch.embedded() - 1
    model = sketch.model(sketch.add(Reduce("max"), sketch.add(states(), number + 1)))

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)], autograph=False)
    def gradient(steps):
        with tf.GradientTape() as tape:
            tape.watch(steps)
            logits = embedded_logits(model, {number: steps}, tf.shape(steps)[0])
        return tape.gradient(logits, steps)

    for length in (1, 5):
        found = gradient(tf.ones((length, 4)))
        assert found.shape == (length, 4)
        assert np.isfinite(found).all()
        assert np.abs(found).max() > 0


@pytest.mark.parametrize("readers", [1, 2])
def test_a_layer_pools_inside_its_loop_only_for_its_only_reader(readers):
    sketch = Sketch()
    layer = sketch.add(states(), sketch.embedded())
    pooled = [sketch.add(Reduce("max"), layer) for _ in range(readers)]
    model = sketch.model(pooled[0] if readers == 1 else sketch.add(Merge("concat"), *pooled))
    assert _pooled_inside(model) == ({pooled[0] - 1: layer - 1} if readers == 1 else {})
    check_graph(model)


def test_only_the_pooling_of_a_layer_is_computed_inside_its_loop():
    sketch = Sketch()
    layer = sketch.add(states(), sketch.embedded())
    dense = sketch.add(Dense(3), layer)
    assert _pooled_inside(sketch.model(sketch.add(Reduce("max"), dense))) == {}


def test_the_larger_of_a_sum_and_its_part_is_the_larger():
    sketch = Sketch()
    part = sketch.embedded()
    check_graph(
        sketch.model(
            sketch.add(Reduce("max"), sketch.add(Merge("maximum"), sketch.add(Merge("add"), part, part), part))
        )
    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_random_graphs_answer_like_the_oracle(name):
    @given(st.data())
    @settings(max_examples=5, deadline=None)
    def check(data):
        drawn = data.draw(models(name, most_nodes=4))
        model, texts = described(drawn.graph, drawn.weights), data.draw(batches(drawn.graph, most_texts=2))
        assert_alike(tensorflow_answers(model, texts), oracle_answers(model, texts), 1e-4)

    check()
