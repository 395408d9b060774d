"""Models in the grammar are read layer by layer. Any other is refused with the name and place of the layer."""

import re
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.open_question import OpenQuestionError
from drupelet_export.reading.text_options import TextOptions

IDS = np.array([[0, 0, 2, 3, 4, 5], [6, 0, 0, 1, 7, 0], [0, 0, 0, 0, 0, 0]])


def tanh(x):
    """An activation with the name of one of Keras, but another function."""
    return keras.ops.tanh(x) * 2


def embedding(**more):
    return layers.Embedding(8, 4, **{"mask_zero": True, "name": "words", **more})


def head(**more):
    return layers.Dense(1, **{"activation": "sigmoid", "name": "head", **more})


@pytest.fixture
def describe(keras_chain, text_options):
    """A function that reads a chain of layers."""

    def read(*chain, length=None, **options):
        return describe_model(keras_chain(*chain, length=length), text_options(**options), "model.keras")

    return read


def assert_same_answers(model, description):
    expected = model.predict(IDS, verbose=0)
    logits = np.array([evaluate_ids(description, row) for row in IDS])
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), expected, atol=2e-6)


def test_a_chain_is_read_layer_by_layer(describe):
    model = describe(
        embedding(),
        layers.SpatialDropout1D(0.1),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode="sum", name="both"),
        layers.GaussianNoise(0.1),
        layers.GRU(2, reset_after=False, return_sequences=True, name="second"),
        layers.GlobalAveragePooling1D(),
        layers.Dense(5, activation="selu", use_bias=False),
        layers.Dropout(0.1),
        layers.Dense(3, activation="softmax", name="head"),
        labels=("a", "b", "c"),
    )
    first, second = model.recurrent
    assert (first.name, first.shape.cell, first.shape.direction, first.shape.merge) == (
        "both",
        "lstm",
        "bidirectional",
        "sum",
    )
    assert (first.shape.input_dim, first.shape.units, first.zero_output_for_mask) == (4, 3, True)
    assert (second.name, second.shape.cell, second.shape.direction, second.shape.reset_after) == (
        "second",
        "gru",
        "forward",
        False,
    )
    assert (model.pooling, model.output, model.masking, model.padding) == ("average", "softmax", "mask", None)
    assert [(dense.activation, dense.kernel.shape) for dense in model.dense] == [("selu", (2, 5)), ("linear", (5, 3))]
    assert not model.dense[0].bias.any()
    assert model.vocabulary[:3] == (None, None, "the")
    assert model.text_rules.unknown_id == 1


def test_weights_are_read_as_keras_has_them(keras_chain, text_options):
    model = keras_chain(embedding(), layers.LSTM(3), head())
    description = describe_model(model, text_options(), "model.keras")
    kernel, recurrent_kernel, bias = model.layers[1].get_weights()
    weights = description.recurrent[0].weights["forward"]
    np.testing.assert_array_equal(description.embedding, model.layers[0].get_weights()[0])
    np.testing.assert_array_equal(weights.kernel, kernel)
    np.testing.assert_array_equal(weights.recurrent_kernel, recurrent_kernel)
    np.testing.assert_array_equal(weights.bias, bias)


def test_layers_without_bias_get_zeros(describe):
    model = describe(
        embedding(), layers.GRU(3, use_bias=False, return_sequences=True), layers.LSTM(2, use_bias=False), head()
    )
    assert model.recurrent[0].weights["forward"].bias.shape == (2, 9)
    assert not model.recurrent[0].weights["forward"].bias.any()
    assert model.recurrent[1].weights["forward"].bias.shape == (8,)


def test_go_backwards_is_the_backward_direction(describe):
    assert describe(embedding(), layers.LSTM(3, go_backwards=True), head()).recurrent[0].shape.direction == "backward"


@pytest.mark.parametrize(
    ("activation", "output", "units", "labels"),
    [
        ("sigmoid", "sigmoid", 1, "ab"),
        ("sigmoid", "sigmoid", 3, "abc"),
        ("softmax", "softmax", 2, "ab"),
        (None, "logits", 1, "ab"),
    ],
)
def test_outputs(describe, activation, output, units, labels):
    model = describe(embedding(), layers.LSTM(3), layers.Dense(units, activation=activation), labels=tuple(labels))
    assert (model.output, model.dense[-1].activation) == (output, "linear")


def test_an_activation_layer_belongs_to_the_dense_before_it(describe):
    model = describe(embedding(), layers.LSTM(3), layers.Dense(2), layers.Activation("softmax"))
    assert (model.output, len(model.dense)) == ("softmax", 1)


def test_nested_sequential_models_are_unpacked(keras_chain, text_options):
    encoder = keras.Sequential([embedding(), layers.Bidirectional(layers.LSTM(3), name="both")])
    model = keras_chain(encoder, keras.Sequential([layers.Dense(2, activation="relu"), head()]))
    description = describe_model(model, text_options(), "model.keras")
    assert [layer.name for layer in (*description.recurrent, *description.dense)][::2] == ["both", "head"]
    assert_same_answers(model, description)


def test_a_nested_sequential_in_a_functional_model_is_unpacked(text_options):
    ids = keras.Input((None,))
    encoder = keras.Sequential([embedding(), layers.LSTM(3)])
    model = keras.Model(ids, head()(encoder(ids)))
    assert_same_answers(model, describe_model(model, text_options(), "model.keras"))


def test_a_nested_sequential_after_other_layers_is_unpacked(text_options):
    ids = keras.Input((None,))
    reader = keras.Sequential([layers.LSTM(3, return_sequences=True), layers.LSTM(2)])
    model = keras.Model(ids, head()(reader(embedding()(ids))))
    assert_same_answers(model, describe_model(model, text_options(), "model.keras"))


def test_a_functional_chain_is_read(text_options):
    ids = keras.Input((None,))
    vectors = layers.LSTM(3, return_sequences=True)(layers.Dropout(0.1)(embedding()(ids)))
    model = keras.Model(ids, head()(layers.GlobalAveragePooling1D()(vectors)))
    description = describe_model(model, text_options(), "model.keras")
    assert description.pooling == "average"
    expected = model.predict(IDS[:2], verbose=0)[:, 0]
    logits = np.array([evaluate_ids(description, row)[0] for row in IDS[:2]])
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), expected, atol=2e-6)


REFUSED = {
    "Conv1D": ([embedding, lambda: layers.Conv1D(3, 2, name="odd"), lambda: layers.LSTM(2), head],
               r"layer 1 of 4, 'odd' \(Conv1D\), after 'words': is not supported here"),
    "Flatten": ([embedding, lambda: layers.LSTM(3), lambda: layers.Flatten(name="odd"), head],
                r"layer 2 of 4, 'odd' \(Flatten\), after '\w+': is not supported here"),
    "SimpleRNN": ([embedding, lambda: layers.SimpleRNN(3, name="odd"), head],
                  r"layer 1 of 3, 'odd' \(SimpleRNN\), after 'words': is not supported here"),
    "RNN of a cell": ([embedding, lambda: layers.RNN(layers.LSTMCell(3), name="odd"), head],
                      r"layer 1 of 3, 'odd' \(RNN\), after 'words': is not supported here"),
    "TimeDistributed": ([lambda: embedding(mask_zero=False), lambda: layers.TimeDistributed(layers.Dense(2), name="odd"),
                         lambda: layers.LSTM(3), head],
                        r"layer 1 of 4, 'odd' \(TimeDistributed\), after 'words': is not supported here"),
    "BatchNormalization": ([embedding, lambda: layers.LSTM(3), lambda: layers.BatchNormalization(name="odd"), head],
                           r"layer 2 of 4, 'odd' \(BatchNormalization\), after '\w+': is not supported here"),
    "Lambda": ([embedding, lambda: layers.LSTM(3), lambda: layers.Lambda(lambda x: x * 2, name="odd"), head],
               r"layer 2 of 4, 'odd' \(Lambda\), after '\w+': is not supported here"),
    "a dropout before the Embedding": ([lambda: layers.GaussianNoise(0.1, name="odd"), embedding, lambda: layers.LSTM(3), head],
                                       r"layer 0 of 4, 'odd' \(GaussianNoise\): is before the Embedding"),
    "Dense on every step": ([embedding, lambda: layers.LSTM(3, return_sequences=True), lambda: head(name="odd")],
                            r"layer 2 of 3, 'odd' \(Dense\), after '\w+': reads every step; expected a pooling or a last"),
    "Dense before the recurrent layer": ([embedding, lambda: layers.Dense(3, name="odd"), lambda: layers.LSTM(3), head],
                                         r"layer 1 of 4, 'odd' \(Dense\), after 'words': reads every step"),
    "pooling of the embedding": ([embedding, lambda: layers.GlobalMaxPooling1D(name="odd"), head],
                                 r"layer 1 of 3, 'odd' \(GlobalMaxPooling1D\), after 'words': is not supported here: a pooling "
                                 "must come directly after the last recurrent layer"),
    "pooling over features": ([embedding, lambda: layers.LSTM(3, return_sequences=True),
                               lambda: layers.GlobalMaxPooling1D(data_format="channels_first", name="odd"), head],
                              r"layer 2 of 4, 'odd' .*: has keepdims=False and data_format='channels_first', expected the def"),
    "merge_mode=None": ([embedding, lambda: layers.Bidirectional(layers.LSTM(3), merge_mode=None, name="odd")],
                        r"layer 1 of 2, 'odd' \(Bidirectional\), after 'words': has merge_mode=None and so two outputs, "
                        "expected concat, sum, mul or ave"),
    "a wrapped SimpleRNN": ([embedding, lambda: layers.Bidirectional(layers.SimpleRNN(3), name="odd"), head],
                            r"layer 1 of 3, 'odd' \(Bidirectional\), after 'words': wraps a SimpleRNN, expected LSTM or GRU"),
    "go_backwards with return_sequences": (
        [embedding, lambda: layers.LSTM(3, go_backwards=True, return_sequences=True, name="odd"), head],
        r"layer 1 of 3, 'odd' \(LSTM\), after 'words': has go_backwards=True and return_sequences=True: its outputs"),
    "zero_output_for_mask on the last state": (
        [embedding, lambda: layers.LSTM(3, zero_output_for_mask=True, name="odd"), head],
        r"layer 1 of 3, 'odd' \(LSTM\), after 'words': has zero_output_for_mask=True without return_sequences"),
    "directions of different kinds": (
        [embedding, lambda: layers.Bidirectional(layers.LSTM(3), backward_layer=layers.GRU(3, go_backwards=True), name="odd"),
         head],
        r"layer 1 of 3, 'odd' \(Bidirectional\), after 'words': has a forward and a backward layer of different kinds"),
    "directions of different sizes": (
        [embedding, lambda: layers.Bidirectional(layers.LSTM(3), backward_layer=layers.LSTM(2, go_backwards=True), name="odd"),
         head],
        r"'odd' \(Bidirectional\), after 'words': has a forward and a backward layer of different kinds or sizes"),
    "a custom activation called tanh": ([embedding, lambda: layers.LSTM(3, activation=tanh, name="odd"), head],
                                        r"layer 1 of 3, 'odd' \(LSTM\), after 'words': has activation='custom tanh', expected "
                                        "one of tanh, sigmoid, hard_sigmoid, relu"),
    "an unusual gate": ([embedding, lambda: layers.GRU(3, recurrent_activation="softsign", name="odd"), head],
                        r"'odd' \(GRU\), after 'words': has recurrent_activation='softsign', expected one of tanh, sig"),
    "a custom activation of a Dense": ([embedding, lambda: layers.LSTM(3), lambda: layers.Dense(2, tanh, name="odd"), head],
                                       r"layer 'odd' has activation 'custom tanh', expected one of linear, relu, tanh"),
    "an unusual activation of a Dense": ([embedding, lambda: layers.LSTM(3), lambda: layers.Dense(2, "gelu", name="odd"), head],
                                         r"layer 'odd' has activation 'gelu', expected one of linear, relu, tanh"),
    "a layer as activation": ([embedding, lambda: layers.LSTM(3), lambda: layers.Dense(2, layers.ReLU(6), name="odd"), head],
                              r"layer 'odd' has activation 'custom ReLU', expected one of linear"),
    "a hidden softmax": ([embedding, lambda: layers.LSTM(3), lambda: layers.Dense(2, "softmax", name="inner"),
                          lambda: head(name="odd")],
                         r"layer 3 of 4, 'odd' \(Dense\), after 'inner': reads a softmax, which is supported in the last"),
    "a softmax over one unit": ([embedding, lambda: layers.LSTM(3), lambda: head(activation="softmax", name="odd")],
                                r"'odd' is a softmax over one unit, which is always 1; use sigmoid"),
    "another output": ([embedding, lambda: layers.LSTM(3), lambda: head(activation="relu", name="odd")],
                       r"the last layer, 'odd', has activation 'relu', expected softmax, sigmoid or linear"),
    "an Activation of no Dense": ([embedding, lambda: layers.LSTM(3), lambda: layers.Activation("relu", name="odd"), head],
                                  r"layer 2 of 4, 'odd' \(Activation\), after '\w+': has no linear Dense layer before it"),
    "an Activation of an activation": ([embedding, lambda: layers.LSTM(3), head, lambda: layers.Activation("tanh", name="odd")],
                                       r"layer 3 of 4, 'odd' \(Activation\), after 'head': has no linear Dense layer"),
    "mixed_float16": ([embedding, lambda: layers.LSTM(3, dtype="mixed_float16", name="odd"), head],
                      r"layer 1 of 3, 'odd' \(LSTM\), after 'words': computes in mixed_float16, expected float32"),
    "no recurrent layer": ([embedding], "no recurrent layer, or no Dense layer after it"),
    "no head": ([embedding, lambda: layers.LSTM(3, name="odd")], "no recurrent layer, or no Dense layer after it"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_layer_outside_the_grammar_is_refused_by_name_and_place(text_options, case):
    makers, message = REFUSED[case]
    chain = [make() for make in makers]
    if case == "merge_mode=None":
        model = SimpleNamespace(inputs=[0], outputs=[0], layers=built(chain))
    else:
        model = keras.Sequential([keras.Input((6,)), *chain])
    with pytest.raises(ModelError, match=f"^model.keras: .*{message}") as caught:
        describe_model(model, text_options(), "model.keras")
    assert re.search("expected|supported models: Embedding|use sigmoid", str(caught.value))


def built(chain):
    """Layers that Keras itself would not chain, each built separately."""
    shapes = {"Embedding": (1, 6), "Dense": (1, 3)}
    for layer in chain:
        layer.build(shapes.get(type(layer).__name__, (1, 6, 4)))
    return chain


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        (lambda: [embedding(), embedding(name="odd"), layers.LSTM(3), head()],
         r"layer 1 of 4, 'odd' \(Embedding\), after 'words': is a second Embedding"),
        (lambda: [layers.LSTM(3, name="odd"), head()],
         r"layer 0 of 2, 'odd' \(LSTM\): is not supported here: recurrent layers must be between the Embedding and the"),
        (lambda: [embedding(), layers.LSTM(3, name="one"), layers.LSTM(3, name="odd"), head()],
         r"layer 2 of 4, 'odd' \(LSTM\), after 'one': reads a recurrent layer without return_sequences=True"),
        (lambda: [embedding(), layers.LSTM(3, stateful=True, name="odd"), head()],
         r"layer 1 of 3, 'odd' \(LSTM\), after 'words': has stateful=True: its answer would depend on earlier texts"),
        (lambda: [embedding(), layers.GRU(3, return_state=True, name="odd"), head()],
         r"layer 1 of 3, 'odd' \(GRU\), after 'words': has return_state=True; build the model with return_state=False"),
    ],
)  # fmt: skip
def test_chains_that_keras_rarely_builds_are_refused_too(text_options, chain, message):
    model = SimpleNamespace(inputs=[0], outputs=[0], layers=built(chain()))
    with pytest.raises(ModelError, match=message):
        describe_model(model, text_options(), "model.keras")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda both: setattr(both.forward_layer, "go_backwards", True), "has a forward layer that goes backwards"),
        (lambda both: setattr(both.backward_layer, "go_backwards", False), "or a backward layer that does not"),
        (
            lambda both: setattr(both.forward_layer, "zero_output_for_mask", True),
            "has a zero_output_for_mask set by hand",
        ),
    ],
)
def test_directions_set_by_hand_are_refused(text_options, change, message):
    both = layers.Bidirectional(layers.LSTM(3), name="odd")
    model = keras.Sequential([keras.Input((6,)), embedding(), both, head()])
    change(both)
    with pytest.raises(ModelError, match=rf"layer 1 of 3, 'odd' \(Bidirectional\), after 'words': .*{message}"):
        describe_model(model, text_options(), "model.keras")


def test_an_attention_branch_is_refused(text_options):
    ids = keras.Input((6,))
    states = layers.LSTM(3, return_sequences=True, name="lstm")(embedding()(ids))
    scores = layers.Attention(name="attention")([states, states])
    pooled = layers.GlobalAveragePooling1D()(layers.Concatenate(name="join")([states, scores]))
    with pytest.raises(ModelError, match=r"model.keras: layer 'attention' \(Attention\) does not read the layer before it; "
                                         "expected a chain without branches"):  # fmt: skip
        describe_model(keras.Model(ids, head()(pooled)), text_options(), "model.keras")


def test_two_inputs_or_outputs_are_refused(text_options):
    one, two = keras.Input((6,)), keras.Input((6,))
    join = layers.Concatenate()([layers.LSTM(3)(embedding()(one)), layers.LSTM(3)(embedding(name="others")(two))])
    with pytest.raises(ModelError, match=r"model.keras: 2 inputs and 1 outputs, expected one of each"):
        describe_model(keras.Model([one, two], head()(join)), text_options(), "model.keras")
    state = layers.LSTM(3)(embedding()(one))
    with pytest.raises(ModelError, match="1 inputs and 2 outputs, expected one of each"):
        describe_model(keras.Model(one, [head()(state), head(name="other")(state)]), text_options(), "model.keras")


def test_a_layer_that_is_used_twice_is_refused(text_options):
    ids = keras.Input((6,))
    shared = layers.LSTM(4, return_sequences=True, name="odd")
    states = shared(shared(embedding()(ids)))
    model = keras.Model(ids, head()(layers.GlobalAveragePooling1D()(states)))
    with pytest.raises(ModelError, match=r"model.keras: layer 'odd' \(LSTM\) is used more than once"):
        describe_model(model, text_options(), "model.keras")


def test_a_layer_that_is_in_a_chain_twice_is_refused(text_options):
    twice = SimpleNamespace(inputs=[0], outputs=[0], layers=[*built([embedding(), layers.LSTM(3)])] * 2)
    with pytest.raises(ModelError, match="a layer is used twice; expected a plain chain of layers, each used once"):
        describe_model(twice, text_options(), "model.keras")


def test_a_last_layer_that_is_used_twice_is_refused(text_options):
    ids = keras.Input((6,))
    shared = layers.Dense(1, name="odd")
    model = keras.Model(ids, shared(shared(layers.LSTM(1)(embedding()(ids)))))
    with pytest.raises(ModelError, match="'odd'"):
        describe_model(model, text_options(), "model.keras")


def test_the_state_of_a_layer_that_returns_it_is_refused(text_options):
    ids = keras.Input((6,))
    output, _, _ = layers.LSTM(3, return_state=True, name="odd")(embedding()(ids))
    with pytest.raises(ModelError, match=r"'odd' \(LSTM\)"):
        describe_model(keras.Model(ids, head()(output)), text_options(), "model.keras")


@pytest.mark.parametrize(
    ("mask_zero", "message"),
    [(False, "gets a mask, with mask_zero=False"), (True, "does not get a mask, with mask_zero=True")],
)
def test_a_mask_that_only_some_layers_get_is_refused(text_options, mask_zero, message):
    ids = keras.Input((6,))
    vectors = embedding(mask_zero=mask_zero)(ids)
    state = layers.LSTM(3, name="odd")(vectors, mask=keras.ops.not_equal(ids, 0)) if not mask_zero else None
    if mask_zero:
        del vectors._keras_mask
        state = layers.LSTM(3, name="odd")(vectors)
    model = keras.Model(ids, head()(state))
    with pytest.raises(ModelError, match=rf"layer 1 of 3, 'odd' \(LSTM\), after 'words': {message}; supported models:"):
        describe_model(model, text_options(padding="pre"), "model.keras")


def test_a_constant_initial_state_is_refused(text_options):
    ids = keras.Input((6,))
    states = [keras.ops.ones((1, 3)), keras.ops.ones((1, 3))]
    model = keras.Model(ids, head()(layers.LSTM(3, name="odd")(embedding()(ids), initial_state=states)))
    with pytest.raises(ModelError, match="'odd'"):
        describe_model(model, text_options(), "model.keras")


def test_weights_that_are_not_finite_are_refused(keras_chain, text_options):
    model = keras_chain(embedding(), layers.LSTM(3), head())
    recurrent_kernel = np.zeros((3, 12))
    recurrent_kernel[2, 7] = np.nan
    model.layers[1].cell.recurrent_kernel.assign(recurrent_kernel)
    with pytest.raises(
        ModelError, match=r"model.keras: recurrent.0.forward.recurrent_kernel: nan at \(2, 7\); .* train it ag"
    ):
        describe_model(model, text_options(), "model.keras")


@pytest.mark.parametrize("labels", [("a",), ("a", "b", "c")])
def test_the_number_of_labels_must_be_that_of_the_classes(describe, labels):
    message = rf"model.keras: {len(labels)} labels {re.escape(str(list(labels)))} for 2 classes"
    with pytest.raises(ModelError, match=message):
        describe(embedding(), layers.LSTM(3), head(), labels=labels)


def test_a_vocabulary_of_another_size_is_refused_with_both_numbers(describe, words):
    with pytest.raises(ModelError, match=r"model.keras: .*\n.*more words than rows: .* 8 rows"):
        describe(embedding(), layers.LSTM(3), head(), words=(*words, "more"))


@pytest.mark.parametrize(
    ("padding", "max_tokens", "missing"),
    [
        (None, None, {"--padding pre", "--padding post", "--max-tokens N"}),
        ("pre", None, {"--max-tokens N"}),
        (None, 6, {"--padding pre", "--padding post"}),
    ],
)
def test_padding_that_is_part_of_the_answer_must_be_given(describe, padding, max_tokens, missing):
    said = {"padding": padding, "max_tokens": max_tokens}
    unmasked = (embedding(mask_zero=False), layers.LSTM(3), head())
    pooled = (embedding(), layers.LSTM(3, return_sequences=True), layers.GlobalMaxPooling1D(), head())
    for chain in (unmasked, pooled):
        with pytest.raises(OpenQuestionError, match=r"^model\.keras: .* open on how a text becomes ids") as asked:
            describe(*chain, **said)
        assert {reading.option for question in asked.value.questions for reading in question.readings} == missing


def test_the_length_of_the_input_is_max_tokens(describe):
    assert describe(embedding(), layers.LSTM(3), head(), length=6).text_rules.max_tokens == 6
    assert describe(embedding(), layers.LSTM(3), head(), length=6, max_tokens=6).text_rules.max_tokens == 6
    assert describe(embedding(mask_zero=False), layers.LSTM(3), head(), length=6, padding="pre").padding == "pre"
    assert describe(embedding(), layers.LSTM(3), head()).text_rules.max_tokens is None


def test_max_tokens_other_than_the_length_of_the_input_is_refused(describe):
    with pytest.raises(ModelError, match=r"model.keras: its input has 250 ids, --max-tokens is 100"):
        describe(embedding(), layers.LSTM(3), head(), length=250, max_tokens=100)


def test_a_nested_model_keeps_the_length_of_the_outer_input(keras_chain, text_options):
    inner = keras.Sequential([keras.Input((None,)), embedding(), layers.LSTM(3), head()])
    model = keras_chain(inner, length=5)
    assert describe_model(model, text_options(), "model.keras").text_rules.max_tokens == 5


def test_a_model_without_a_vocabulary_needs_one(keras_chain):
    model = keras_chain(embedding(), layers.LSTM(3), head())
    with pytest.raises(
        ModelError, match=r"model.keras: has no TextVectorization, .*; give --vocab FILE: the Tokenizer, "
    ):
        describe_model(model, TextOptions(("a", "b")), "model.keras")


# TextVectorization inside


@pytest.fixture
def describe_vectorized(keras_chain, words):
    """A function that reads a model with TextVectorization, LSTM and head."""

    def read(rows=8, mask_zero=True, options=None, **vectorization):
        first = layers.TextVectorization(**{"vocabulary": list(words[2:]), **vectorization})
        rest = (layers.Embedding(rows, 4, mask_zero=mask_zero), layers.LSTM(3), head())
        model = keras_chain(first, *rest, dtype="string")
        return describe_model(model, options or TextOptions(("bad", "good")), "model.keras")

    return read


def test_text_vectorization_supplies_tokenizer_and_vocabulary(describe_vectorized, words):
    model = describe_vectorized(output_sequence_length=5)
    assert model.vocabulary == (None, None, *words[2:])
    assert (model.text_rules.unknown_id, model.text_rules.max_tokens, model.padding) == (1, 5, "post")
    assert model.ids("The Film, <br /> GOOD! nothing else") == [2, 3, 1, 5, 1]


@pytest.mark.parametrize(
    ("standardize", "words"),
    [
        ("lower_and_strip_punctuation", ["good", "film", "\u00c9t\u00e9"]),
        ("lower", ["good,", "film!", "\u00c9t\u00e9"]),
        ("strip_punctuation", ["Good", "FILM", "\u00c9t\u00e9"]),
        (None, ["Good,", "FILM!", "\u00c9t\u00e9"]),
    ],
)
def test_every_standardization_splits_like_text_vectorization(describe_vectorized, standardize, words):
    text = "Good, FILM! \u00c9t\u00e9"
    assert describe_vectorized(standardize=standardize).words_of(text) == words
    layer = layers.TextVectorization(standardize=standardize, vocabulary=words)
    assert layer([text]).numpy().tolist() == [[2, 3, 4]]


def test_an_embedding_larger_than_the_vocabulary_works(describe_vectorized):
    model = describe_vectorized(rows=20)
    assert len(model.vocabulary) == len(model.embedding) == 20
    assert model.vocabulary[8:] == (None,) * 12


def test_an_embedding_smaller_than_the_vocabulary_is_refused(describe_vectorized):
    with pytest.raises(ModelError, match="its TextVectorization has 8 tokens, the Embedding 7 rows"):
        describe_vectorized(rows=7)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            {"output_mode": "tf_idf", "idf_weights": [1.0] * 6},
            "TextVectorization has output_mode='tf_idf', expected 'int'",
        ),
        ({"split": None}, "TextVectorization has split=None, expected one of 'whitespace', 'character'"),
        (
            {"standardize": tanh},
            "TextVectorization has standardize=.*tanh.*, expected one of .*'lower_and_strip_punctuation', 'lower'",
        ),
    ],
)
def test_other_text_vectorizations_are_refused(words, setting, message):
    layer = layers.TextVectorization(vocabulary=list(words[2:]), **setting)
    chain = [layer, *built([embedding(), layers.LSTM(3), layers.Dense(1, name="head")])]
    model = SimpleNamespace(inputs=[0], outputs=[0], layers=chain)
    with pytest.raises(ModelError, match=f"^model.keras: {message}"):
        describe_model(model, TextOptions(("bad", "good")), "model.keras")


def test_text_options_beside_a_text_vectorization_are_refused(describe_vectorized, text_options):
    message = "model.keras: has a TextVectorization with text rules and vocabulary inside; leave out --vocab and"
    with pytest.raises(ModelError, match=message):
        describe_vectorized(options=text_options())


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"ngrams": 2}, ["a", "good", "film", "a good", "good film"]),
        ({"split": "character"}, list("a film")),
    ],
)
def test_ngrams_and_characters_are_those_of_text_vectorization(describe_vectorized, setting, words):
    text = "A good film!" if "ngrams" in setting else "A film!"
    assert describe_vectorized(**setting).words_of(text) == words
    layer = layers.TextVectorization(vocabulary=sorted(set(words)), **setting)
    assert layer([text]).numpy().tolist() == [[2 + sorted(set(words)).index(word) for word in words]]


def test_unmasked_text_vectorization_without_a_length_is_refused_without_pointing_at_options_it_refuses(
    describe_vectorized,
):
    with pytest.raises(ModelError, match="padding is part of the answer") as caught:
        describe_vectorized(mask_zero=False)
    assert "--max-tokens" not in str(caught.value)
    assert "output_sequence_length" in str(caught.value)


def test_a_text_vectorization_in_a_functional_model_is_read(words):
    text = keras.Input((1,), dtype="string")
    ids = layers.TextVectorization(vocabulary=list(words[2:]))(text)
    model = keras.Model(text, head()(layers.LSTM(3)(embedding()(ids))))
    assert describe_model(model, TextOptions(("bad", "good")), "model.keras").vocabulary == (None, None, *words[2:])
