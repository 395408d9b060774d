"""Every activation in numpy against its definition in float64."""

import math

import pytest

from drupelet.engines.numpy_activations import ERRORS_AT_ONCE, function_of
from drupelet.operations.activation_names import ACTIVATIONS, PARAMETERS
from runtime.oracle_operations import FUNCTIONS
from runtime.traced_memory import traced

NUMBERS = [
    -80.0,
    -9.5,
    -6.0,
    -3.0,
    -1.0,
    -0.75,
    -0.5,
    -1e-3,
    0.0,
    1e-3,
    0.25,
    0.5,
    0.75,
    1.0,
    2.9,
    6.0,
    9.5,
    80.0,
    math.nan,
]


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("parameters", [(0.5, 0.25, -0.25), (1.5, math.inf, 0.75)])
def test_an_activation_is_what_keras_defines(numpy, name, parameters):
    alpha, beta, gamma = parameters
    if name == "threshold":
        beta = -2.0
    used = {"alpha": alpha, "beta": beta, "gamma": gamma}
    given = [used[parameter] if parameter in PARAMETERS.get(name, ()) else 0.0 for parameter in used]
    with numpy.errstate(over="ignore", invalid="ignore"):
        found = function_of(name, *given)(numpy.array(NUMBERS, numpy.float32))
    assert found.dtype == numpy.float32
    expected = [FUNCTIONS[name](*given)(x) for x in NUMBERS]
    assert found.tolist() == pytest.approx(expected, rel=3e-6, abs=3e-6, nan_ok=True)


def test_elu_of_a_recurrent_layer_has_alpha_1(numpy):
    assert function_of("elu")(numpy.array([-1.0], "f4"))[0] == pytest.approx(math.expm1(-1))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_many_numbers_take_a_few_times_their_memory(numpy, name):
    numbers = numpy.linspace(-3, 3, 5 * ERRORS_AT_ONCE, dtype="f4").reshape(5, -1)
    function = function_of(name)
    with numpy.errstate(invalid="ignore", divide="ignore"):
        found, peak_bytes = traced(lambda: function(numbers))
        assert numpy.array_equal(found[4], function(numbers[4]), equal_nan=True)
    # Objects of Python of a part of the numbers, and seven arrays.
    assert peak_bytes < 48 * ERRORS_AT_ONCE + 7 * numbers.nbytes
