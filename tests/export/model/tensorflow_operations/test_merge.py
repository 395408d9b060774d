"""Concatenations and functions number by number, with broadcasting."""

import pytest

from drupelet.operations.dense import Dense
from drupelet.operations.merge import FUNCTIONS, Merge
from drupelet.operations.reduce import Reduce
from export.model.small_graphs import Sketch, check_file


def test_number_by_number_a_vector_meets_every_step_and_one_feature_every_feature():
    sketch = Sketch()
    a, b = sketch.embedded(4), sketch.embedded(4)
    one, vector = sketch.add(Dense(1), a), sketch.add(Reduce("max"), b)
    one_number = sketch.add(Dense(1), vector)
    merged = []
    for function in FUNCTIONS:
        if function.startswith("concat"):
            continue
        pairs = [(a, b), (a, vector), (vector, a), (one, b), (a, one_number), (vector, one_number)]
        merged += [sketch.add(Merge(function), *pair) for pair in pairs]
        if function != "subtract":
            merged.append(sketch.add(Merge(function), a, vector, one, b, one_number))
    vectors = [value if sketch.types[value].kind == "vector" else sketch.add(Reduce("sum"), value) for value in merged]
    check_file(sketch.model(sketch.add(Merge("concat"), *vectors)))


@pytest.mark.parametrize("function", ["concat", "concat_steps"])
def test_concatenations(function):
    sketch = Sketch(padded=True)
    a, b = sketch.embedded(4), sketch.embedded(4)
    check_file(sketch.model(sketch.add(Reduce("max"), sketch.add(Merge(function), a, b, a))))
