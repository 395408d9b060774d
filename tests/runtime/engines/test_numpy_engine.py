"""The numpy engine against the oracle in plain Python and float64, over the whole grammar of networks."""

import itertools

import pytest

from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES
from drupelet.errors import InputError
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
            tolerance = 2e-5 * max(1, *map(abs, expected_logits))
            assert logits == pytest.approx(expected_logits, abs=tolerance, nan_ok=True), ids

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
    [*((name, "sigmoid") for name in RECURRENT_ACTIVATIONS), *(("tanh", name) for name in RECURRENT_ACTIVATIONS)],
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


def test_a_text_that_takes_too_much_memory_is_refused_before_it_is_computed(loaded):
    session = loaded(network(("lstm", "forward", "none", "tanh", "sigmoid", False), pooling="max"))
    # Of each token: its id, features, units; and three vectors of the text. Each is padded to 16 numbers.
    most = (2**28 - 4 * 3 * 16) // (4 * (1 + 16 + 16))
    message = rf"^a text of {most + 1} tokens: its values would take {(most + 1) * 132 + 192} bytes, expected at most 268435456; "
    with pytest.raises(InputError, match=message + rf"cut it to {most} tokens, or export the model with --max-tokens$"):
        session.run([[2], _Ids(most + 1)])


class _Ids(list):
    """A list that has a length and no memory."""

    def __init__(self, length):
        super().__init__()
        self._length = length

    def __len__(self):
        return self._length
