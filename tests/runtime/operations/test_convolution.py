"""Convolutions: length of the result, groups, kernels."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.convolution import Convolution
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Convolution(6, 3, 1, 1, 1, 0, 0)
OUTPUTS = [
    (OPERATION, [steps_of(7, 4)], steps_of(5, 6)),
    (OPERATION, [steps_of(3, 4)], steps_of(1, 6)),
    (Convolution(6, 3, 1, 1, 1, 1, 1), [steps_of(7, 4)], steps_of(7, 6)),
    (Convolution(6, 3, 2, 1, 1, 1, 1), [steps_of(7, 4)], steps_of(4, 6)),
    (Convolution(6, 3, 1, 2, 2, 4, 0), [steps_of(7, 4)], steps_of(7, 6)),
]
REFUSED = [
    (OPERATION, [steps_of(None, 4)], r"reads steps \(tokens, 4\), expected a fixed number of steps"),
    (OPERATION, [steps_of(2, 4)], r"reads steps \(2, 4\), fewer steps than the kernel spans: 3"),
    (Convolution(6, 3, 1, 4, 1, 0, 0), [steps_of(8, 4)], r"reads steps \(8, 4\), fewer steps than the kernel spans: 9"),
    (Convolution(6, 3, 1, 1, 3, 0, 0), [steps_of(7, 4)], r"reads 4 features in 3 groups, expected a multiple"),
    (OPERATION, [vector_of(4)], r"reads vector \(4,\), expected steps"),
    (OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps"),
]
IMPOSSIBLE = [
    ({"filters": 0}, r"filters is 0, expected 1 to 4194304"),
    ({"kernel_size": 0}, r"kernel_size is 0, expected 1 to 1048576"),
    ({"stride": 0}, r"stride is 0, expected 1 to 1048576"),
    ({"dilation": 1 << 21}, r"dilation is 2097152, expected 1 to 1048576"),
    ({"groups": 0}, r"groups is 0, expected 1 to 1048576"),
    ({"groups": 4}, r"6 filters in 4 groups, expected a multiple"),
    ({"left": 1 << 21}, r"2097152 steps of zeros, expected at most 1048576"),
    ({"right": 1 << 21}, r"2097152 steps of zeros, expected at most 1048576"),
]


@pytest.mark.parametrize(("operation", "inputs", "output"), OUTPUTS)
def test_the_type_of_the_result(operation, inputs, output):
    assert operation.output(inputs) == output


@pytest.mark.parametrize(("operation", "inputs", "message"), REFUSED)
def test_inputs_that_it_does_not_take(operation, inputs, message):
    with pytest.raises(FormatError, match=rf"^{message}$"):
        operation.output(inputs)


@pytest.mark.parametrize(("attributes", "message"), IMPOSSIBLE)
def test_attributes_that_cannot_be(attributes, message):
    with pytest.raises(FormatError, match=rf"^{message}$"):
        replace(OPERATION, **attributes)


def test_tensors_and_products():
    assert OPERATION.tensor_shapes([steps_of(7, 4)]) == {"kernel": (12, 6), "bias": (6,)}
    assert Convolution(6, 3, 1, 1, 2, 0, 0).tensor_shapes([steps_of(7, 4)]) == {"kernel": (6, 6), "bias": (6,)}
    assert OPERATION.work([steps_of(7, 4)], 0) == 5 * 12 * 6
    assert Convolution(6, 3, 2, 1, 2, 0, 0).summary() == "Conv1D(6, kernel 3, stride 2, groups 2)"
