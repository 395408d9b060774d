"""Reductions of steps: of a fixed number, of as many as tokens, and of none."""

import numpy as np
import pytest

from drupelet.operations.merge import Merge
from drupelet.operations.reduce import FUNCTIONS, Reduce
from drupelet_export.model.tensorflow_graph import classify_ids
from export.model.small_graphs import LENGTH, Sketch, check_file, oracle_answers


@pytest.mark.parametrize("padded", [False, True], ids=["exact", "padded"])
def test_every_function(padded):
    sketch = Sketch(padded=padded)
    steps = sketch.embedded()
    found = [sketch.add(Reduce(function), steps) for function in FUNCTIONS if function != "average"]
    if not padded:
        found += [sketch.add(Reduce("max", below), steps) for below in (0, 1, 4, LENGTH)]
    check_file(sketch.model(sketch.add(Merge("concat"), *found)))


def test_the_average_of_no_step_is_not_a_number():
    sketch = Sketch()
    model = sketch.model(sketch.add(Reduce("average"), sketch.embedded()))
    assert np.isnan(oracle_answers(model, [[]])).all()
    check_file(model)


@pytest.mark.parametrize("function", ["sum", "average"])
def test_no_sum_is_over_no_row(monkeypatch, function):
    """LiteRT before 2.1.4, and tflite-runtime, leave such a sum unset."""
    import tensorflow as tf

    sums, reduce_sum = [], tf.reduce_sum

    def recorded(x, **options):
        sums.append(tf.shape(x)[0])
        return reduce_sum(x, **options)

    monkeypatch.setattr(tf, "reduce_sum", recorded)
    sketch = Sketch()
    model = sketch.model(sketch.add(Reduce(function), sketch.embedded()))
    for ids in ([], [3, 4]):
        classify_ids(model, tf.constant(ids, tf.int32))
    assert [int(rows) for rows in sums] == [1, 2]
