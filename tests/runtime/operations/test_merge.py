"""Values joined: concatenated, or number by number."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.operations.merge import Merge
from drupelet.operations.value_type import ids_of, steps_of, vector_of

OPERATION = Merge("add")
OUTPUTS = [
    (OPERATION, [vector_of(4), vector_of(4), vector_of(1)], vector_of(4)),
    (OPERATION, [steps_of(None, 4), vector_of(4)], steps_of(None, 4)),
    (OPERATION, [steps_of(None, 4), steps_of(None, 1)], steps_of(None, 4)),
    (OPERATION, [vector_of(4), steps_of(7, 1)], steps_of(7, 4)),
    (Merge("concat"), [vector_of(4), vector_of(3)], vector_of(7)),
    (Merge("concat"), [steps_of(None, 4), steps_of(None, 3)], steps_of(None, 7)),
    (Merge("concat_steps"), [steps_of(2, 4), steps_of(3, 4), steps_of(2, 4)], steps_of(7, 4)),
]
REFUSED = [
    (OPERATION, [vector_of(4)], r"add of 1 inputs"),
    (OPERATION, [vector_of(4)] * 65, r"add of 65 inputs"),
    (Merge("subtract"), [vector_of(4)] * 3, r"subtract of 3 inputs"),
    (OPERATION, [ids_of(7), ids_of(7)], r"add of ids, expected steps or vectors"),
    (OPERATION, [vector_of(4), vector_of(3)], r"add of vector \(4,\), vector \(3,\), expected one width"),
    (OPERATION, [steps_of(7, 4), steps_of(None, 4)],
     r"add of steps \(7, 4\), steps \(tokens, 4\), expected as many steps in each"),
    (Merge("concat"), [steps_of(7, 4), vector_of(4)], r"concat of .*, expected steps or vectors, not both"),
    (Merge("concat"), [vector_of(1 << 22)] * 2, r"8388608 features, expected 1 to 4194304"),
    (Merge("concat_steps"), [steps_of(2, 4), steps_of(3, 5)], r"concat_steps of .*, expected steps of one width"),
    (Merge("concat_steps"), [steps_of(2, 4), vector_of(4)], r"concat_steps of .*, expected steps of one width"),
    (Merge("concat_steps"), [steps_of(2, 4), steps_of(None, 4)],
     r"reads steps \(tokens, 4\), expected a fixed number of steps"),
]  # fmt: skip
IMPOSSIBLE = [({"function": "divide"}, r"function is 'divide', expected one of concat, concat_steps, add, .*")]


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
