"""The numpy engine against the oracle in plain Python and float64, over the whole grammar of networks."""

import itertools

import pytest

from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES
from drupelet.operations.activation_names import RECURRENT_ACTIVATIONS
from runtime.format_writer import model_file
from runtime.networks import drawn_model
from runtime.oracle import oracle_of

pytestmark = pytest.mark.usefixtures("numpy")

ROWS = 14
TEXTS = [[], [4], [3, 5], list(range(2, 10)), [13, 2, 13, 7]]


def network(*layers, pooling="last", dense="linear", **options):
    """A model of these recurrent layers, with drawn weights."""
    head = ((dense, 5), ("linear", 2))
    return drawn_model(layers, rows=ROWS, dim=4, units=3, pooling=pooling, dense=head, spread=0.6, seed=11, **options)


@pytest.fixture
def loaded(tmp_path):
    """A function that loads a model on the numpy engine."""

    def load(model):
        (tmp_path / "net.drupelet").write_bytes(model_file(model))
        bundle = open_bundle(tmp_path / "net.drupelet")
        return ENGINES["numpy"].load(bundle, bundle.model("drupelet"))

    return load


@pytest.fixture
def assert_like_the_oracle(loaded):
    """A function that compares the logits of both."""

    def compare(model):
        answers, expected = loaded(model).run(TEXTS), oracle_of(model).run(TEXTS)
        assert len(answers) == len(expected)
        for ids, logits, expected_logits in zip(TEXTS, answers, expected):
            assert logits == pytest.approx(expected_logits, abs=2e-5, rel=1e-5, nan_ok=True), ids

    return compare


CELLS = [("lstm", False), ("gru", True), ("gru", False)]
WAYS = [("forward", "none"), ("backward", "none"), *(("bidirectional", m) for m in ("concat", "sum", "mul", "ave"))]


@pytest.mark.parametrize("pooling", ["last", "max", "average"])
@pytest.mark.parametrize(("direction", "merge"), WAYS)
@pytest.mark.parametrize(("cell", "reset_after"), CELLS)
def test_one_layer(assert_like_the_oracle, cell, reset_after, direction, merge, pooling):
    layer = (cell, direction, merge, "tanh", "sigmoid", reset_after)
    assert_like_the_oracle(network(layer, pooling=pooling))


@pytest.mark.parametrize("pooling", ["last", "max"])
@pytest.mark.parametrize(("first", "second"), list(itertools.product(WAYS[:3], WAYS[:3])))
def test_two_layers(assert_like_the_oracle, first, second, pooling):
    layers = [("gru", *first, "tanh", "sigmoid", True), ("lstm", *second, "tanh", "sigmoid", False)]
    assert_like_the_oracle(network(*layers, pooling=pooling))


@pytest.mark.parametrize(
    ("activation", "gate"),
    [
        *itertools.product(RECURRENT_ACTIVATIONS, ("tanh", "sigmoid")),
        *itertools.product(("tanh",), RECURRENT_ACTIVATIONS),
    ],
)
@pytest.mark.parametrize(("cell", "reset_after"), CELLS)
def test_activations_of_recurrent_layers(assert_like_the_oracle, cell, reset_after, activation, gate):
    assert_like_the_oracle(network((cell, "forward", "none", activation, gate, reset_after)))


@pytest.mark.parametrize("zero_below", [None, 1, 2, 3, 9])
def test_a_maximum_that_also_sees_zeros(assert_like_the_oracle, zero_below):
    layer = ("gru", "bidirectional", "concat", "tanh", "sigmoid", True)
    assert_like_the_oracle(network(layer, pooling="max", pool_zero_below=zero_below))


@pytest.mark.filterwarnings("error")
def test_saturated_gates_give_no_warning(loaded, numpy):
    model = network(("lstm", "forward", "none", "tanh", "sigmoid", False))
    model = model.with_weights(embedding__0__table=[1e4 * value for value in model.weights["embedding.0.table"]])
    (logits,) = loaded(model).run([list(range(2, ROWS))])
    assert numpy.isfinite(logits).all()


@pytest.mark.filterwarnings("error")
def test_an_average_over_no_token_is_nan_without_a_warning(loaded, numpy):
    model = network(("lstm", "forward", "none", "tanh", "sigmoid", False), pooling="average")
    (logits,) = loaded(model).run([[]])
    assert numpy.isnan(logits).all()
