"""The numpy engine against the float64 reference, over the whole grammar of networks."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from drupelet.architecture import ACTIVATIONS, RECURRENT_ACTIVATIONS, Recurrent
from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES
from drupelet_export.model.description import CellWeights, DenseLayer, RecurrentLayer, check, frozen
from drupelet_export.model.evaluator import evaluate_ids
from golden.make_bundle_v1 import EMITTERS, WORDS, write_bundle

TEXTS = [[], [4], [3, 5], list(range(2, 10)), [13, 2, 13, 7]]


@pytest.fixture
def network(model):
    """A function that makes a model of these recurrent layers, with drawn weights."""

    def build(*layers, pooling="last", dense="linear", pool_zero_below=None):
        generator = np.random.default_rng(11)

        def weights(*shape):
            return frozen(generator.normal(0, 0.6, shape))

        recurrent, width = [], 4
        for cell, direction, merge, activation, gate, reset_after in layers:
            shape = Recurrent(cell, direction, merge, width, 3, activation, gate, reset_after)
            columns = 3 * shape.gates
            recurrent.append(
                RecurrentLayer(
                    cell,
                    shape,
                    {
                        way: CellWeights(
                            weights(width, columns),
                            weights(3, columns),
                            weights(2, columns) if reset_after else weights(columns),
                        )
                        for way in shape.passes
                    },
                    False,
                )
            )
            width = shape.output_dim
        head = (
            DenseLayer("h", dense, weights(width, 5), weights(5)),
            DenseLayer("o", "linear", weights(5, 2), weights(2)),
        )
        described = replace(
            model, recurrent=tuple(recurrent), pooling=pooling, dense=head, pool_zero_below=pool_zero_below
        )
        check(described)
        return described

    return build


@pytest.fixture
def assert_like_the_reference(tmp_path):
    def compare(described):
        write_bundle(tmp_path / "net", described, {"drupelet": EMITTERS["drupelet"](described)})
        bundle = open_bundle(tmp_path / "net")
        session = ENGINES["numpy"].load(bundle, bundle.model("drupelet"))
        with np.errstate(all="ignore"):
            for ids, logits in zip(TEXTS, session.run(TEXTS), strict=True):
                expected = evaluate_ids(described, ids)
                assert logits == pytest.approx(expected.tolist(), abs=2e-5, rel=1e-5, nan_ok=True), ids

    return compare


CELLS = [("lstm", False), ("gru", True), ("gru", False)]
WAYS = [("forward", "none"), ("backward", "none"), *(("bidirectional", m) for m in ("concat", "sum", "mul", "ave"))]


@pytest.mark.parametrize("pooling", ["last", "max", "average"])
@pytest.mark.parametrize(("direction", "merge"), WAYS)
@pytest.mark.parametrize(("cell", "reset_after"), CELLS)
def test_one_layer(network, assert_like_the_reference, cell, reset_after, direction, merge, pooling):
    layer = (cell, direction, merge, "tanh", "sigmoid", reset_after)
    assert_like_the_reference(network(layer, pooling=pooling))


@pytest.mark.parametrize("pooling", ["last", "max"])
@pytest.mark.parametrize(("first", "second"), list(itertools.product(WAYS[:3], WAYS[:3])))
def test_two_layers(network, assert_like_the_reference, first, second, pooling):
    layers = [("gru", *first, "tanh", "sigmoid", True), ("lstm", *second, "tanh", "sigmoid", False)]
    assert_like_the_reference(network(*layers, pooling=pooling))


@pytest.mark.parametrize(("activation", "gate"), list(itertools.product(RECURRENT_ACTIVATIONS, RECURRENT_ACTIVATIONS)))
@pytest.mark.parametrize(("cell", "reset_after"), CELLS)
def test_activations_of_recurrent_layers(network, assert_like_the_reference, cell, reset_after, activation, gate):
    assert_like_the_reference(network((cell, "forward", "none", activation, gate, reset_after)))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_of_dense_layers(network, assert_like_the_reference, activation):
    assert_like_the_reference(network(("lstm", "forward", "none", "tanh", "sigmoid", False), dense=activation))


@pytest.mark.parametrize("zero_below", [None, 1, 2, 3, 9])
def test_a_maximum_that_also_sees_zeros(network, assert_like_the_reference, zero_below):
    layer = ("gru", "bidirectional", "concat", "tanh", "sigmoid", True)
    assert_like_the_reference(network(layer, pooling="max", pool_zero_below=zero_below))


@pytest.mark.filterwarnings("error")
def test_saturated_gates_give_no_warning(network, tmp_path):
    described = network(("lstm", "forward", "none", "tanh", "sigmoid", False))
    described = replace(described, embedding=frozen(described.embedding * 1e4))
    write_bundle(tmp_path / "net", described, {"drupelet": EMITTERS["drupelet"](described)})
    bundle = open_bundle(tmp_path / "net")
    (logits,) = ENGINES["numpy"].load(bundle, bundle.model("drupelet")).run([list(range(2, 2 + len(WORDS)))])
    assert np.isfinite(logits).all()


@pytest.mark.filterwarnings("error")
def test_an_average_over_no_token_is_nan_without_a_warning(network, tmp_path):
    described = network(("lstm", "forward", "none", "tanh", "sigmoid", False), pooling="average")
    write_bundle(tmp_path / "net", described, {"drupelet": EMITTERS["drupelet"](described)})
    bundle = open_bundle(tmp_path / "net")
    (logits,) = ENGINES["numpy"].load(bundle, bundle.model("drupelet")).run([[]])
    assert np.isnan(logits).all()
