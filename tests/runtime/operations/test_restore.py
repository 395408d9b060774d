"""Masked padding put back."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.restore import Restore
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Restore("pre", 7, "previous")
OUTPUTS = [
    (OPERATION, [steps_of(None, 4)], steps_of(7, 4)),
    (Restore("post", 7, "zeros"), [ids_of(None)], ids_of(7)),
]
REFUSED = [
    (OPERATION, [steps_of(7, 4)], r"restores the padding of steps \(7, 4\), expected one step for each token"),
    (OPERATION, [ids_of(None)], r"fills ids with previous, expected zeros"),
    (OPERATION, [vector_of(4)], r"reads vector \(4,\), expected ids or steps"),
]
IMPOSSIBLE = [
    ({"side": "both"}, r"side is 'both', expected one of pre, post"),
    ({"fill": "ones"}, r"fill is 'ones', expected one of zeros, previous, next"),
    ({"length": 0}, r"length is 0, expected 1 to 1048576"),
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
