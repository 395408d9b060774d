"""Layers are read one by one into a graph; its last function is the output; texts become ids as the model or its owner says."""

import keras
import numpy as np
import pytest
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.reading.keras_reader import describe_model, settle_text
from drupelet_export.reading.open_question import OpenQuestionError
from drupelet_export.reading.text_options import TextOptions

IDS = np.array([[0, 0, 2, 3, 4, 5], [6, 0, 0, 1, 7, 0], [0, 0, 0, 0, 0, 0]])


def tanh(x):
    """A function with the name of one of Keras, but another one."""
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


def names(model):
    return [node.operation.name for node in model.nodes]


def assert_same_answers(model, description):
    expected = model.predict(IDS, verbose=0)
    logits = np.array([evaluate_ids(description, row) for row in IDS])
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), expected, atol=2e-6)


def test_a_chain_is_read_layer_by_layer(describe):
    model = describe(
        embedding(),
        layers.SpatialDropout1D(0.1),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode="sum", name="both"),
        layers.GRU(2, reset_after=False, return_sequences=True, name="second"),
        layers.GlobalAveragePooling1D(name="pool"),
        layers.Dense(5, activation="selu", use_bias=False),
        layers.Dense(3, activation="softmax", name="head"),
        labels=("a", "b", "c"),
    )
    assert names(model) == ["embedding", "recurrent", "recurrent", "reduce", "dense", "activation", "dense"]
    assert [node.inputs for node in model.nodes] == [(number,) for number in range(7)]
    assert [(node.layer, node.masked, node.zero_output) for node in model.nodes[:4]] == [
        ("words", False, False), ("both", True, True), ("second", True, False), ("pool", True, False),
    ]  # fmt: skip
    both, second = (vars(model.nodes[place].operation) for place in (1, 2))
    assert (both["cell"], both["direction"], both["merge"], both["units"]) == ("lstm", "bidirectional", "sum", 3)
    assert (second["cell"], second["reset_after"], second["returns"]) == ("gru", False, "steps")
    assert (model.output, model.masking, model.padding) == ("softmax", "mask", None)
    assert model.vocabulary[:3] == (None, None, "the")
    assert not model.tensors["dense.4.bias"].any()


def test_weights_are_read_as_keras_has_them(keras_chain, text_options):
    model = keras_chain(embedding(), layers.LSTM(3), head())
    tensors = describe_model(model, text_options(), "model.keras").tensors
    kernel, recurrent_kernel, bias = model.layers[1].get_weights()
    np.testing.assert_array_equal(tensors["embedding.0.table"], model.layers[0].get_weights()[0])
    np.testing.assert_array_equal(tensors["recurrent.1.forward.kernel"], kernel)
    np.testing.assert_array_equal(tensors["recurrent.1.forward.recurrent_kernel"], recurrent_kernel)
    np.testing.assert_array_equal(tensors["recurrent.1.forward.bias"], bias)
    assert all(not tensor.flags.writeable for tensor in tensors.values())


@pytest.mark.parametrize(
    ("activation", "output", "units", "labels"),
    [
        ("sigmoid", "sigmoid", 1, "ab"),
        ("sigmoid", "sigmoid", 3, "abc"),
        ("softmax", "softmax", 2, "ab"),
        (None, "logits", 1, "ab"),
    ],
)
def test_the_last_function_is_the_output(describe, activation, output, units, labels):
    model = describe(embedding(), layers.LSTM(3), layers.Dense(units, activation=activation), labels=tuple(labels))
    assert (model.output, names(model)[-1]) == (output, "dense")


def test_the_last_function_may_be_a_layer_or_in_a_nested_model(keras_chain, text_options):
    for last in (layers.Activation("softmax"), layers.Softmax(), keras.Sequential([layers.Activation("softmax")])):
        model = keras_chain(embedding(), layers.LSTM(3), layers.Dense(2), last)
        description = describe_model(model, text_options(), "model.keras")
        assert (description.output, names(description)) == ("softmax", ["embedding", "recurrent", "dense"])


def test_an_end_that_is_no_function_of_logits(describe):
    assert describe(embedding(), layers.LSTM(3), layers.Dense(2, "tanh")).output == "logits"
    assert describe(embedding(), layers.LSTM(3), layers.Dense(2, "hard_sigmoid")).output == "probabilities"
    one = describe(embedding(), layers.LSTM(3), layers.Dense(1, "hard_sigmoid"))
    assert (one.output, one.graph.types[-1].width) == ("probabilities", 2)
    with pytest.raises(ModelError, match=r"'head' .Dense.: is a softmax over one unit, which is always 1; use sigmoid"):
        describe(embedding(), layers.LSTM(3), head(activation="softmax"))


def test_what_no_answer_depends_on_is_left_out(text_options):
    ids = keras.Input((6,))
    _, state, _ = layers.LSTM(3, return_sequences=True, return_state=True)(embedding()(ids))
    model = keras.Model(ids, head()(state))
    description = describe_model(model, text_options(), "model.keras")
    assert names(description) == ["embedding", "recurrent", "dense"]
    assert_same_answers(model, description)


def test_masks_that_only_some_layers_get(text_options):
    ids = keras.Input((6,))
    vectors = embedding(mask_zero=False)(ids)
    masked = layers.LSTM(3, name="masked")(vectors, mask=keras.ops.not_equal(ids, 0))
    state = layers.Concatenate()([masked, layers.LSTM(3, name="bare")(vectors)])
    model = keras.Model(ids, head()(state))
    description = describe_model(model, text_options(padding="pre"), "model.keras")
    assert {node.layer: node.masked for node in description.nodes}["bare"] is False
    assert {node.layer: node.masked for node in description.nodes}["masked"] is True
    assert_same_answers(model, description)


def test_a_mask_that_nobody_uses_leaves_padding_in_the_answer(describe):
    chain = (embedding(), layers.Conv1D(3, 2), layers.GlobalMaxPooling1D(), head())
    with pytest.raises(OpenQuestionError, match="the padding is part of the answer"):
        describe(*chain)
    model = describe(*chain, padding="post", max_tokens=70)
    assert (model.masking, model.graph.types[1].length) == ("none", 70)


def test_texts_of_any_length_have_no_length(describe):
    model = describe(embedding(), layers.LSTM(3, return_sequences=True), layers.GlobalAveragePooling1D(), head())
    assert [each.length for each in model.graph.types[:3]] == [None] * 3


def test_two_inputs_or_outputs_are_refused(text_options):
    one, two = keras.Input((6,), name="title"), keras.Input((6,), name="body")
    join = layers.Concatenate()([layers.LSTM(3)(embedding()(one)), layers.LSTM(3)(embedding(name="others")(two))])
    with pytest.raises(ModelError, match=r"model.keras: 2 inputs .'title', 'body'., expected one: the ids of a text"):
        describe_model(keras.Model([one, two], head()(join)), text_options(), "model.keras")
    state = layers.LSTM(3)(embedding()(one))
    with pytest.raises(ModelError, match=r"model.keras: 2 outputs \('\w+', '\w+'\), expected one: the classes"):
        describe_model(keras.Model(one, [head()(state), head(name="other")(state)]), text_options(), "model.keras")


def test_a_model_without_an_embedding_is_refused(keras_chain, text_options):
    with pytest.raises(
        ModelError, match=r"model.keras: answers with the ids of the text, expected an Embedding that reads them"
    ):
        describe_model(keras_chain(layers.Dropout(0.1), length=6), text_options(), "model.keras")


def test_embeddings_of_different_sizes_are_refused(text_options):
    ids = keras.Input((6,))
    join = layers.Concatenate()([embedding()(ids), layers.Embedding(9, 4, mask_zero=True)(ids)])
    with pytest.raises(
        ModelError, match=r"model.keras: Embeddings with \[8, 9\] rows, expected one number: ids mean the same"
    ):
        describe_model(keras.Model(ids, head()(layers.LSTM(3)(join))), text_options(padding="pre"), "model.keras")


def test_settling_says_what_describing_uses(keras_chain, text_options):
    model = keras_chain(embedding(), layers.LSTM(3), head())
    settled = settle_text(model, text_options(), "model.keras")
    assert describe_model(model, TextOptions(("a", "b"), settled), "model.keras").text_rules == settled.rules


def test_weights_that_are_not_finite_are_refused(keras_chain, text_options):
    model = keras_chain(embedding(), layers.LSTM(3), head())
    recurrent_kernel = np.zeros((3, 12))
    recurrent_kernel[2, 7] = np.nan
    model.layers[1].cell.recurrent_kernel.assign(recurrent_kernel)
    with pytest.raises(
        ModelError, match=r"model.keras: recurrent.1.forward.recurrent_kernel: nan at \(2, 7\); .* train it ag"
    ):
        describe_model(model, text_options(), "model.keras")


@pytest.mark.parametrize(
    ("labels", "said"),
    [(("a",), r"there is 1 label \('a'\)"), (("a", "b", "c"), r"there are 3 labels \('a', 'b', 'c'\)")],
)
def test_the_number_of_labels_must_be_that_of_the_classes(describe, labels, said):
    with pytest.raises(
        ModelError, match=rf"model.keras: the model tells 2 classes apart, and {said}; next: give --labels"
    ):
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
    assert len(model.vocabulary) == model.graph.vocabulary_rows == 20
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
    text = keras.Input((), dtype="string")
    front = layers.TextVectorization(vocabulary=list(words[2:]), **setting)
    model = keras.Model(text, head()(layers.LSTM(3)(embedding()(front(text)))))
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
