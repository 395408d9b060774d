"""Attention of several heads, over texts of any length and of none."""

import itertools

import numpy as np

from drupelet.operations.attention import Attention
from drupelet.operations.merge import Merge
from drupelet.operations.reduce import Reduce
from drupelet.operations.restore import Restore
from export.model.small_graphs import LENGTH, Sketch, check_file


def pooled(sketch, values):
    return sketch.model(sketch.add(Merge("concat"), *(sketch.add(Reduce("sum"), value) for value in values)))


def test_queries_and_keys_as_long_as_the_text():
    sketch = Sketch()
    query, keys, values = sketch.embedded(4), sketch.embedded(4), sketch.embedded(6)
    found = [
        sketch.add(Attention(heads, score, scale, causal), query, keys, values)
        for heads, score, causal, scale in itertools.product((1, 2), ("dot", "additive"), (False, True), (1.0, 0.5))
    ]
    check_file(pooled(sketch, found))


def test_one_of_them_as_long_as_the_text_the_other_of_fixed_length():
    sketch = Sketch()
    exact = sketch.embedded(4)
    fixed = sketch.add(Restore("post", LENGTH, "zeros"), exact)
    found = [
        sketch.add(Attention(2, score, 1.0, causal), query, keys, keys)
        for score, causal in itertools.product(("dot", "additive"), (False, True))
        for query, keys in ((exact, fixed), (fixed, exact))
    ]
    check_file(pooled(sketch, found))


def test_of_no_key_the_average_is_zeros():
    import tensorflow as tf

    from drupelet.operations.value_type import steps_of
    from drupelet_export.model.tensorflow_operations.attention import attention
    from drupelet_export.model.tensorflow_operations.call import Call

    inputs = [tf.ones((3, 4)), tf.zeros((0, 4)), tf.zeros((0, 2))]
    call = Call(inputs, [steps_of(3, 4), steps_of(None, 4), steps_of(None, 2)], steps_of(3, 2), tf.constant(0))
    np.testing.assert_array_equal(attention(Attention(2, "dot", 1.0, False), call), np.zeros((3, 2)))
