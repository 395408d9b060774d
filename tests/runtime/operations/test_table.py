"""The table of operations: its order is their code in files, and each has all that it needs."""

import pytest

from drupelet.errors import FormatError
from drupelet.operations.operation import COLUMNS, FLOATS, ROWS
from drupelet.operations.table import OPERATIONS, operation_class


def test_the_order_of_operations_is_their_code_in_files_and_never_changes():
    assert list(OPERATIONS) == [
        "embedding", "recurrent", "dense", "activation", "prelu", "softmax", "convolution", "window_pool", "reduce", "merge",
        "scale_shift", "normalization", "attention", "dot", "reshape", "transpose", "repeat", "window", "reverse", "restore",
        "strip",
    ]  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_found_by_its_name(name):
    found = operation_class(name)
    assert found.name == name
    assert set(found.storage.values()) <= {ROWS, COLUMNS, FLOATS}
    assert {attribute for attribute, kind in found.__annotations__.items() if kind == "str"} == set(found.choices)
    assert set(found.__annotations__.values()) <= {"int", "bool", "float", "str", "int | None"}


def test_an_operation_of_another_release():
    with pytest.raises(
        FormatError, match=r"^an operation 'pickle', this release knows embedding, .*, strip; upgrade drupelet$"
    ):
        operation_class("pickle")
