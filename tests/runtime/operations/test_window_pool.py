"""Maximum and average over windows of steps."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.value_type import ids_of, steps_of, vector_of
from drupelet.operations.window_pool import WindowPool

OPERATION = WindowPool("max", 3, 2, 0, 0)
OUTPUTS = [
    (OPERATION, [steps_of(7, 4)], steps_of(3, 4)),
    (OPERATION, [steps_of(8, 4)], steps_of(3, 4)),
    (WindowPool("average", 3, 2, 1, 1), [steps_of(8, 4)], steps_of(4, 4)),
]
REFUSED = [
    (OPERATION, [steps_of(None, 4)], r"reads steps \(tokens, 4\), expected a fixed number of steps"),
    (OPERATION, [steps_of(2, 4)], r"reads steps \(2, 4\), fewer steps than a window of 3"),
    (OPERATION, [vector_of(4)], r"reads vector \(4,\), expected steps"),
    (OPERATION, [ids_of(7)], r"reads ids \(7,\), expected steps"),
]
IMPOSSIBLE = [
    ({"function": "sum"}, r"function is 'sum', expected one of max, average"),
    ({"size": 0}, r"size is 0, expected 1 to 1048576"),
    ({"stride": 0}, r"stride is 0, expected 1 to 1048576"),
    ({"left": 3}, r"windows of 3 steps, 3 of them missing; expected fewer"),
    ({"right": 4}, r"windows of 3 steps, 4 of them missing; expected fewer"),
]


@pytest.mark.parametrize(("operation", "inputs", "output"), OUTPUTS)
def test_the_type_of_the_result(operation, inputs, output):
    assert operation.output(inputs) == output


def test_each_number_of_a_window_is_work():
    assert WindowPool("average", 3, 2, 1, 1).work([steps_of(8, 5)], 0) == 3 * 4 * 5


@pytest.mark.parametrize(("operation", "inputs", "message"), REFUSED)
def test_inputs_that_it_does_not_take(operation, inputs, message):
    with pytest.raises(FormatError, match=rf"^{message}$"):
        operation.output(inputs)


@pytest.mark.parametrize(("attributes", "message"), IMPOSSIBLE)
def test_attributes_that_cannot_be(attributes, message):
    with pytest.raises(FormatError, match=rf"^{message}$"):
        replace(OPERATION, **attributes)
