"""The TFLite file has builtin operators only, no state and no padding, and answers like the oracle."""

import time

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.operations.activation import Activation
from drupelet.operations.dense import Dense
from drupelet.operations.dot import Dot
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet_export.emitters import tflite
from drupelet_export.emitters.tflite import emit_tflite
from drupelet_export.emitters.tflite_audit import STATEFUL, builtin_operators
from drupelet_export.errors import EmitError
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.model.tensorflow_operations.recurrent import BLOCK_STEPS
from export.model.small_graphs import (
    LENGTH,
    Sketch,
    as_scheme,
    assert_alike,
    assert_weights_are_stored,
    described,
    oracle_answers,
    tflite_answers,
)
from runtime.random_graphs import batches, models

TEXTS = [[2, 3, 4, 5, 6, 7], [4], [7, 1, 2], [5] * (BLOCK_STEPS + 1), [2, 3] * BLOCK_STEPS, []]


def layer(
    cell, direction="forward", merge="none", returns="last", units=3, activation="tanh", gate="sigmoid", after=False
):
    return Recurrent(cell, direction, merge, units, activation, gate, after, returns)


def lstm(units=3, width=4, padded=False):
    sketch = Sketch(padded=padded)
    return sketch, sketch.add(layer("lstm", units=units), sketch.embedded(width))


def with_hidden_layers():
    sketch, value = lstm()
    for function in ("relu", "tanh", "hard_sigmoid", "selu", "silu", "softsign", "sigmoid"):
        value = sketch.add(Activation(function), sketch.add(Dense(3), value))
    return sketch.model(value)


def stacked_average():
    sketch = Sketch()
    states = sketch.add(layer("gru", "bidirectional", "ave", "steps", after=True), sketch.embedded())
    return sketch.model(sketch.add(Reduce("average"), sketch.add(layer("gru", returns="steps", after=True), states)))


def pooled(first, zero_below):
    sketch = Sketch()
    return sketch.model(sketch.add(Reduce("max", zero_below), sketch.add(first, sketch.embedded())))


MODELS = {
    "LSTM": with_hidden_layers,
    "stacked GRU, average": stacked_average,
    "bidirectional LSTM, max": lambda: pooled(
        layer("lstm", "bidirectional", "concat", "steps", gate="hard_sigmoid"), 300
    ),
    "bidirectional GRU, product, max": lambda: pooled(
        layer("gru", "bidirectional", "mul", "steps", activation="relu"), 300
    ),
}


@pytest.fixture(scope="module", params=MODELS)
def emitted(request):
    """A model after the passes and its file."""
    model = MODELS[request.param]()
    return model, emit_tflite(model)


def answer(interpreter, ids):
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], [len(ids)])
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.array(ids, np.int32))
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].copy()


def test_every_length_answers_like_the_oracle(emitted):
    model, content = emitted
    interpreter = Interpreter(model_content=content, num_threads=1)
    for ids in TEXTS:
        expected = evaluate_ids(model, ids)
        np.testing.assert_allclose(answer(interpreter, ids), expected, atol=1e-5, err_msg=f"{len(ids)} tokens")


def test_the_file_has_the_weights_bit_for_bit(emitted):
    assert_weights_are_stored(*emitted)


def test_no_state_is_left_from_one_text_to_the_next(emitted):
    interpreter = Interpreter(model_content=emitted[1], num_threads=1)
    first = [answer(interpreter, ids) for ids in TEXTS]
    again = [answer(interpreter, ids) for ids in reversed(TEXTS)]
    np.testing.assert_array_equal(np.array(first), np.array(again[::-1]))
    interpreter.invoke()
    interpreter.invoke()  # neither resized nor reset in between
    np.testing.assert_array_equal(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0], again[-1])


def test_only_builtin_operators_without_state(emitted):
    operators = builtin_operators(emitted[1])
    assert "WHILE" in operators
    assert not set(operators) & STATEFUL
    assert not [name for name in operators if "CUSTOM" in name or "FLEX" in name]


def test_the_file_is_the_same_every_time():
    sketch, value = lstm()
    model = sketch.model(value)
    assert emit_tflite(model) == emit_tflite(model)


def test_the_input_is_one_text_of_any_length(emitted):
    (ids,) = Interpreter(model_content=emitted[1]).get_input_details()
    assert (ids["dtype"], ids["shape_signature"].tolist()) == (np.int32, [-1])
    assert "ids" in ids["name"]


def test_the_loop_ends_at_the_last_token():
    sketch, value = lstm(units=16, width=16)
    interpreter = Interpreter(model_content=emit_tflite(sketch.model(value)), num_threads=1)

    def seconds(tokens):
        answer(interpreter, [2] * tokens)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            interpreter.invoke()
            times.append(time.perf_counter() - start)
        return min(times)

    assert seconds(20) < seconds(4000) / 20


@pytest.mark.parametrize("pooling", ["last", "max"])
def test_padding_that_is_not_masked_is_computed(pooling):
    sketch = Sketch(padded=True)
    value = sketch.add(layer("lstm", returns="last" if pooling == "last" else "steps"), sketch.embedded())
    model = sketch.model(value if pooling == "last" else sketch.add(Reduce("max"), value))
    interpreter = Interpreter(model_content=emit_tflite(model), num_threads=1)
    assert interpreter.get_input_details()[0]["shape"].tolist() == [LENGTH]
    for text in ("w2 w3", "", "w4 " * 10):
        ids = model.engine_ids(text)
        np.testing.assert_allclose(answer(interpreter, ids), evaluate_ids(model, ids), atol=1e-5)


def test_a_graph_that_the_converter_refuses_is_an_error_of_ours(monkeypatch, capfd):
    import tensorflow

    monkeypatch.setattr(tflite, "classify_ids", lambda model, ids: tensorflow.strings.as_string(ids))
    sketch, value = lstm()
    with pytest.raises(EmitError, match=r"^the TFLite converter of TensorFlow 2\.\d+\.\d+ refuses the graph: "):
        emit_tflite(sketch.model(value))


@pytest.mark.parametrize("axis", ["steps", "features"])
def test_a_relu_of_a_product_is_computed(axis):
    """The converter made a fully connected operation with its relu of them, and of that a product of matrices without one."""
    sketch = Sketch(padded=True)
    product = sketch.add(Dot(axis, axis, False), sketch.embedded(), sketch.embedded())
    sketch.add(Reduce("average"), sketch.add(Activation("relu"), product))
    model = sketch.model()
    interpreter = Interpreter(model_content=emit_tflite(model), num_threads=1)
    for text in ("w2 w3", "", "w4 " * 10):
        ids = model.engine_ids(text)
        np.testing.assert_allclose(answer(interpreter, ids), evaluate_ids(model, ids), atol=1e-5)


@pytest.mark.slow
@given(st.data(), st.sampled_from(["f32", "f16", "wi8", "wi4"]))
@settings(max_examples=15, deadline=None)
def test_files_of_random_graphs_answer_like_the_oracle(data, scheme):
    drawn = data.draw(models())
    model = as_scheme(described(drawn.graph, drawn.weights), scheme)
    texts = data.draw(batches(drawn.graph))
    content = emit_tflite(model)
    builtin_operators(content)  # refuses operators that keep state
    assert_weights_are_stored(model, content)
    assert_alike(tflite_answers(content, texts), oracle_answers(model, texts), 1e-4)
