"""Constants are made once for each name."""

import numpy as np

from drupelet.operations.value_type import ids_of, steps_of, vector_of
from drupelet_export.model.quantized import Quantized
from drupelet_export.model.tensorflow_operations.call import Call, Constants, Weights


def test_nodes_that_share_a_tensor_share_its_constant():
    constants, kernel = Constants(), np.ones((2, 3), np.float32)
    first, second = (Weights({"kernel": kernel}, "dense.0.", constants) for _ in range(2))
    other = Weights({"kernel": kernel}, "dense.1.", constants)
    assert first["kernel"] is second["kernel"]
    assert first["kernel"] is not other["kernel"]
    assert first.columns("kernel", 0, 2) is second.columns("kernel", 0, 2)
    assert first.columns("kernel", 0, 2) is not first.columns("kernel", 1, 3)


def test_reduced_tensors_are_constants_of_the_values_that_they_stand_for():
    quantized = Quantized(np.array([[1, -2]], np.int8), np.array([0.5, 0.25], np.float32), axis=1, bits=8)
    weights = Weights({"kernel": quantized, "half": np.ones(2, np.float16)})
    np.testing.assert_array_equal(weights["kernel"], [[0.5, -0.5]])
    np.testing.assert_array_equal(weights.columns("kernel", 1, 2), [[-0.5]])
    assert weights["half"].dtype == "float32"


def test_only_values_as_long_as_the_text_may_be_empty():
    def call(*types):
        return Call([], types, vector_of(1), None)

    assert call(vector_of(2), ids_of(None)).may_be_empty
    assert not call(vector_of(2), steps_of(3, 2)).may_be_empty
