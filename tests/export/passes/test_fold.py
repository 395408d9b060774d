"""A scale and shift disappears into the layers before it or behind it, and answers stay."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drupelet.operations.activation import Activation
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.merge import Merge
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.scale_shift import ScaleShift
from drupelet_export.model.description import frozen
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.passes import PIPELINE, run_passes
from drupelet_export.passes.exact_length import EXACT_LENGTH
from drupelet_export.passes.fold import FOLD, TOLERANCE, fold
from export.passes.drawn import TEXTS, WIDTH, Drawn, operations
from export.passes.masked_models import masked_models, texts


def padded(drawn, value, **options):
    """The model whose padding is not masked."""
    return drawn.model(value, "post", "none", **options)


def agrees(model):
    """The model after the pass, once its answers are found to be the same."""
    after = run_passes(model, (FOLD,))
    for text in TEXTS:
        np.testing.assert_allclose(evaluate_text(after, text), evaluate_text(model, text), atol=2e-6, err_msg=text)
    return after


LAYERS = {
    "dense": Dense(WIDTH),
    "convolution": Convolution(WIDTH, 3, 1, 1, 1, 0, 0),
    "dilated, in strides": Convolution(6, 2, 2, 2, 1, 0, 0),
    "depthwise": Convolution(2 * WIDTH, 2, 1, 1, WIDTH, 0, 0),
    "grouped": Convolution(6, 3, 1, 1, 2, 0, 0),
}
RECURRENT = {
    "LSTM": Recurrent("lstm", "forward", "none", 3, "tanh", "sigmoid", False, "steps"),
    "GRU of two directions": Recurrent("gru", "bidirectional", "sum", 3, "tanh", "sigmoid", True, "steps"),
    "GRU, reset before": Recurrent("gru", "backward", "none", 3, "tanh", "sigmoid", False, "steps"),
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_it_is_folded_into_the_layer_before_it(layer):
    drawn = Drawn()
    value = drawn(Activation("relu"), drawn(ScaleShift(), drawn(layer, drawn.x)))
    after = agrees(padded(drawn, value))
    assert operations(after) == ["embedding", layer.name, "activation", "reduce", "dense"]


def test_the_numbers_of_a_fold():
    drawn = Drawn()
    value = drawn(ScaleShift(), drawn(Dense(WIDTH), drawn.x))
    model = padded(drawn, value)
    after = fold(model)
    kernel, bias = model.tensors["dense.1.kernel"], model.tensors["dense.1.bias"]
    scale, shift = model.tensors["scale_shift.2.scale"], model.tensors["scale_shift.2.shift"]
    np.testing.assert_allclose(after.tensors["dense.1.kernel"], kernel * scale, rtol=1e-6)
    np.testing.assert_allclose(after.tensors["dense.1.bias"], bias * scale + shift, rtol=1e-6)
    assert after.tensors["dense.1.kernel"].dtype == np.float32
    assert operations(model)[2] == "scale_shift", "the input of the pass is not changed"


def test_zeros_around_a_convolution_do_not_matter_behind_it():
    drawn = Drawn()
    value = drawn(ScaleShift(), drawn(Convolution(WIDTH, 3, 1, 1, 1, 1, 1), drawn.x))
    assert "scale_shift" not in operations(agrees(padded(drawn, value)))


@pytest.mark.parametrize("layer", [*LAYERS.values(), *RECURRENT.values()], ids=[*LAYERS, *RECURRENT])
def test_it_is_folded_into_the_layer_behind_it(layer):
    drawn = Drawn()
    value = drawn(layer, drawn(ScaleShift(), drawn.x))
    after = agrees(padded(drawn, value))
    assert operations(after) == ["embedding", layer.name, "reduce", "dense"]


def test_all_readers_take_it_or_none():
    for last, folded in ((Dense(3), True), (Reduce("max"), False)):
        drawn = Drawn()
        scaled = drawn(ScaleShift(), drawn.x)
        pooled = [drawn(Reduce("max"), drawn(layer, scaled)) for layer in LAYERS.values()]
        other = drawn(last, scaled)
        pooled.append(other if drawn.types[other].kind == "vector" else drawn(Reduce("max"), other))
        after = agrees(padded(drawn, drawn(Merge("concat"), *pooled)))
        assert ("scale_shift" not in operations(after)) == folded


def test_the_logits_themselves_may_be_scaled():
    drawn = Drawn()
    value = drawn(ScaleShift(), drawn(Dense(3), drawn(Reduce("max"), drawn.x)))
    after = agrees(padded(drawn, value, head=False))
    assert operations(after) == ["embedding", "reduce", "dense"]


def test_several_in_a_row_are_folded():
    drawn = Drawn()
    value = drawn(ScaleShift(), drawn(ScaleShift(), drawn(Dense(WIDTH), drawn.x)))
    assert "scale_shift" not in operations(agrees(padded(drawn, value)))


def test_dense_layers_stay_apart():
    drawn = Drawn()
    after = agrees(padded(drawn, drawn(Dense(3), drawn(Dense(20), drawn.x))))
    assert operations(after) == ["embedding", "dense", "dense", "reduce", "dense"]


def _between_others(drawn):
    return drawn(Activation("tanh"), drawn(ScaleShift(), drawn(Activation("relu"), drawn.x)))


def _zeros_around_the_reader(drawn):
    return drawn(Convolution(3, 3, 1, 1, 1, 1, 1), drawn(ScaleShift(), drawn(Activation("relu"), drawn.x)))


def _another_reader_of_what_is_before(drawn):
    dense = drawn(Dense(WIDTH), drawn.x)
    return drawn(Activation("tanh"), drawn(Merge("add"), drawn(ScaleShift(), dense), dense))


def _weights_that_the_layer_before_shares(drawn):
    dense = drawn(Dense(WIDTH), drawn.x)
    again = drawn(Dense(WIDTH), drawn(Activation("tanh"), dense), weights_of=dense)
    return drawn(Activation("tanh"), drawn(ScaleShift(), again))


def _weights_that_the_layer_behind_shares(drawn):
    scaled = drawn(ScaleShift(), drawn(Activation("relu"), drawn.x))
    dense = drawn(Dense(WIDTH), scaled)
    return drawn(Dense(WIDTH), drawn(Activation("tanh"), dense), weights_of=dense)


def _a_scale_that_is_used_twice(drawn):
    dense = drawn(Dense(WIDTH), drawn.x)
    scaled = drawn(ScaleShift(), dense)
    again = drawn(ScaleShift(), drawn(Activation("tanh"), scaled), weights_of=scaled)
    return drawn(Dense(3), again)


@pytest.mark.parametrize(
    "build",
    [
        _between_others,
        _zeros_around_the_reader,
        _another_reader_of_what_is_before,
        _weights_that_the_layer_before_shares,
        _weights_that_the_layer_behind_shares,
        _a_scale_that_is_used_twice,
    ],
)
def test_it_stays_where_no_layer_can_take_it(build):
    drawn = Drawn()
    model = padded(drawn, build(drawn))
    assert run_passes(model, (FOLD,)) is model


def test_it_stays_where_rounding_would_cost_too_much():
    drawn = Drawn()
    value = drawn(Dense(WIDTH), drawn(ScaleShift(), drawn.x))
    model = padded(drawn, value)
    huge = {
        name: frozen(np.full(WIDTH, 1e4) if name.endswith("shift") else tensor)
        for name, tensor in model.tensors.items()
    }
    model = replace(model, tensors=huge)
    assert fold(model) is model


def test_twice_equals_once():
    drawn = Drawn()
    once = fold(padded(drawn, drawn(ScaleShift(), drawn(Dense(WIDTH), drawn.x))))
    assert fold(once) is once
    assert FOLD.ensures(once) is None


def test_what_is_left_is_an_error():
    drawn = Drawn()
    model = padded(drawn, drawn(ScaleShift(), drawn(Dense(WIDTH), drawn.x)))
    assert FOLD.ensures(model) == "there is a scale_shift that could be folded"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(masked_models(), st.lists(texts, min_size=1, max_size=3))
def test_answers_of_random_models_stay(model, some):
    if EXACT_LENGTH.requires(model) is not None:
        return
    after = run_passes(model, PIPELINE)
    for text in ("", *some):
        expected = evaluate_text(model, text)
        np.testing.assert_allclose(evaluate_text(after, text), expected, rtol=1e-5, atol=TOLERANCE, err_msg=text)
