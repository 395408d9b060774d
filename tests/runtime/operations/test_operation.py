"""What all operations share: attributes that a file can hold, and checks of inputs."""

import pytest

from drupelet.errors import FormatError
from drupelet.operations.attention import Attention
from drupelet.operations.embedding import Embedding
from drupelet.operations.normalization import Normalization
from drupelet.operations.operation import MAX_NUMBER, Operation, fixed, only, positive
from drupelet.operations.reduce import Reduce
from drupelet.operations.reverse import Reverse
from drupelet.operations.value_type import ids_of, steps_of, vector_of


def test_operations_are_equal_by_kind_and_attributes():
    assert Reduce("max", 3) == Reduce("max", 3) != Reduce("max", 4)
    assert len({Reduce("sum"), Reduce("sum"), Reverse()}) == 2
    with pytest.raises(AttributeError):
        Reduce("sum").function = "max"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Reduce("mode"), r"function is 'mode', expected one of max, average, sum, first, last, min"),
        (lambda: Reduce("max", MAX_NUMBER + 1), r"zero_below is 4294967295, expected 0 to 4294967294"),
        (lambda: Normalization("layer", 0.1), r"epsilon is 0\.1, expected a float32"),
        (lambda: Normalization("layer", (1 << 24) + 1), r"epsilon is 16777217, expected a float32"),
        (lambda: Normalization("layer", 10**400), r"epsilon is 10{59}, expected a float32"),
        (lambda: Normalization("layer", "1"), r"epsilon is '1', expected a float32"),
        (lambda: Reduce("max", 2.0), r"zero_below is 2\.0, expected 0 to 4294967294"),
        (lambda: Reduce("max", True), r"zero_below is True, expected 0 to 4294967294"),
        (lambda: Embedding(None, 4), r"rows is None, expected 0 to 4294967294"),
        (lambda: Attention(1, "dot", 1.0, 2), r"causal is 2, expected True or False"),
        (lambda: Normalization("layer", 1e300), r"epsilon is 1e\+300, expected a float32"),
    ],
)
def test_attributes_that_a_file_cannot_hold(make, message):
    with pytest.raises(FormatError, match=rf"^{message}$"):
        make()
    assert Reduce("max", MAX_NUMBER).zero_below == MAX_NUMBER


def test_one_input_of_a_kind():
    assert only([vector_of(3)], "steps", "vector") == vector_of(3)
    with pytest.raises(FormatError, match=r"^2 inputs, expected one$"):
        only([vector_of(3)] * 2, "vector")
    with pytest.raises(FormatError, match=r"^reads ids \(tokens,\), expected steps or vector$"):
        only([ids_of(None)], "steps", "vector")


def test_fixed_lengths_and_limits():
    assert (fixed(steps_of(7, 2)), fixed(vector_of(2))) == (7, 1)
    with pytest.raises(FormatError, match=r"^reads steps \(tokens, 2\), expected a fixed number of steps$"):
        fixed(steps_of(None, 2))
    positive("units", 9, 9)
    for held in (0, 10):
        with pytest.raises(FormatError, match=rf"^units is {held}, expected 1 to 9$"):
            positive("units", held, 9)


def test_an_operation_says_its_type_itself():
    with pytest.raises(NotImplementedError):
        Operation().output([])
    assert (Reverse().tensor_shapes([]), Reverse().work([], 5)) == ({}, 0)
