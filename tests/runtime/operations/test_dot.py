"""The product of two values over one axis of each."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.dot import Dot
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Dot("features", "features", False)
OVER_STEPS = Dot("steps", "steps", False)
OUTPUTS = [
    (OPERATION, [vector_of(4), vector_of(4)], vector_of(1)),
    (OPERATION, [steps_of(7, 4), vector_of(4)], vector_of(7)),
    (OPERATION, [vector_of(4), steps_of(7, 4)], vector_of(7)),
    (OPERATION, [steps_of(None, 4), steps_of(7, 4)], steps_of(None, 7)),
    (OVER_STEPS, [steps_of(None, 4), steps_of(None, 3)], steps_of(4, 3)),
    (Dot("steps", "features", True), [steps_of(5, 4), steps_of(7, 5)], steps_of(4, 7)),
]
REFUSED = [
    (OPERATION, [vector_of(4)], r"reads vector \(4,\), expected two values of steps or vectors"),
    (OPERATION, [ids_of(4), vector_of(4)], r"reads ids \(4,\), vector \(4,\), expected two values of steps or vectors"),
    (OPERATION, [vector_of(4), vector_of(3)], r"sums over 4 and 3 numbers, expected as many in each"),
    (OVER_STEPS, [steps_of(None, 4), steps_of(7, 4)], r"sums over None and 7 numbers, expected as many in each"),
    (OVER_STEPS, [vector_of(4), vector_of(4)], r"sums over the steps of a vector \(4,\)"),
    (
        OPERATION,
        [steps_of(7, 4), steps_of(None, 4)],
        r"gives 2 axes, the last as long as the text has tokens; expected a fixed .*",
    ),
    (
        OPERATION,
        [vector_of(4), steps_of(None, 4)],
        r"gives 1 axes, the last as long as the text has tokens; expected a fixed .*",
    ),
]
IMPOSSIBLE = [({"a_axis": "batch"}, r"a_axis is 'batch', expected one of steps, features")]


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


def test_its_products():
    assert OPERATION.work([steps_of(None, 4), steps_of(7, 4)], 3) == 4 * 3 * 7
    assert OVER_STEPS.work([steps_of(None, 4), steps_of(None, 2)], 3) == 3 * 4 * 2
