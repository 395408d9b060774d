"""Every operation has a TensorFlow form, in the order of the codes."""

from drupelet.operations.table import OPERATIONS
from drupelet_export.model.tensorflow_operations.table import TENSORFLOW_OPERATIONS


def test_every_operation_is_there():
    assert list(TENSORFLOW_OPERATIONS) == list(OPERATIONS)


def test_each_stands_in_the_module_of_its_name():
    for name, function in TENSORFLOW_OPERATIONS.items():
        assert (function.__module__.rpartition(".")[2], function.__name__) == (name, name)
