"""Every operation has a numpy function."""

import pytest

from drupelet.engines.numpy_operations.table import FUNCTIONS, function_of
from drupelet.operations.table import OPERATIONS


def test_no_operation_is_missing():
    assert list(FUNCTIONS) == list(OPERATIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_function_is_in_the_module_of_the_operation(numpy, name):
    assert function_of(name).__module__ == f"drupelet.engines.numpy_operations.{name}"
