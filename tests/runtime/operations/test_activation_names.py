"""Names of activations: their order is their code in files."""

from drupelet.operations.activation_names import ACTIVATIONS, PARAMETERS, RECURRENT_ACTIVATIONS
from runtime import format_writer


def test_the_order_of_activations_is_their_code_in_files_and_never_changes():
    assert ACTIVATIONS == format_writer.ACTIVATIONS
    assert RECURRENT_ACTIVATIONS == format_writer.RECURRENT_ACTIVATIONS


def test_recurrent_layers_have_those_without_parameters_and_elu():
    assert set(RECURRENT_ACTIVATIONS) == set(ACTIVATIONS) - set(PARAMETERS) | {"elu"}
