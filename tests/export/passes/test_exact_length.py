"""Without masks the answer is the same, for any padding: tokens are computed alone where that is enough."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from drupelet.operations.activation import Activation
from drupelet.operations.attention import Attention
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.repeat import Repeat
from drupelet.operations.softmax import Softmax
from drupelet.text.rules import KEEPS
from drupelet_export.errors import ModelError
from drupelet_export.model.description import check
from drupelet_export.model.evaluator import evaluate_ids, evaluate_text
from drupelet_export.model.graph_builder import IDS
from drupelet_export.passes import run_passes
from drupelet_export.passes.exact_length import EXACT_LENGTH, exact_length
from export.passes.drawn import ROWS, TEXTS, WIDTH, Drawn, operations
from export.passes.masked_models import masked_models, texts


def without_mask(model):
    return run_passes(model, (EXACT_LENGTH,))


def refusal(model):
    """Why the pass refuses a model, None where it does not."""
    return EXACT_LENGTH.requires(model)


def pool_zero_below(model):
    return next(node.operation.zero_below for node in model.nodes if node.operation.name == "reduce")


def agrees(model):
    """The model after the pass, once its answers are found to be the same."""
    after = exact_length(model)[0]
    check(after)
    for text in TEXTS:
        np.testing.assert_allclose(evaluate_text(after, text), evaluate_text(model, text), atol=1e-12, err_msg=text)
    return after


def test_the_mask_is_removed(random_model):
    after = without_mask(random_model(max_tokens=5))
    assert (after.masking, after.graph.padding) == ("exact", "none")
    assert operations(after) == ["embedding", "recurrent", "dense"]


def test_a_model_without_mask_stays_as_it_is(random_model):
    model = random_model(masking="none", padding="pre", max_tokens=4)
    assert without_mask(model) is model


def test_applying_it_twice_equals_once(random_model):
    once = without_mask(random_model(pooling="max", padding="pre", max_tokens=4))
    assert without_mask(once) is once


def test_the_input_is_not_changed(random_model):
    model = random_model(pooling="max", padding="pre", max_tokens=4)
    nodes, tensors = model.nodes, dict(model.tensors)
    without_mask(model)
    assert (model.nodes, model.masking) == (nodes, "mask")
    assert all(model.tensors[name] is tensor for name, tensor in tensors.items())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(masked_models(), st.lists(texts, min_size=1, max_size=3))
def test_answers_of_random_models_stay(model, some):
    refused = refusal(model)
    if refused is not None:
        assert re.search("logarithms of padding|sees no token before it", refused)
        return
    after = exact_length(model)[0]
    check(after)
    for text in ("", *some):
        expected = evaluate_text(model, text)
        np.testing.assert_allclose(evaluate_text(after, text), expected, rtol=1e-9, atol=1e-9, err_msg=text)


# Which form of each value is computed


@pytest.mark.parametrize(
    ("layer", "padding", "zero_output_for_mask", "expected"),
    [
        ("lstm forward", "pre", False, 6),
        ("lstm forward", "post", False, None),
        ("lstm forward", "post", True, 6),
        ("gru bidirectional", "post", False, 6),
    ],
)
def test_a_maximum_includes_the_zeros_of_masked_steps(random_model, layer, padding, zero_output_for_mask, expected):
    model = random_model(
        (layer,), "max", padding=padding, max_tokens=6, zero_output_for_mask=zero_output_for_mask
    )  # fmt: skip
    assert pool_zero_below(without_mask(model)) == expected


def test_a_masked_average_reads_tokens_alone():
    drawn = Drawn()
    value = drawn(Activation("tanh"), drawn(Dense(WIDTH), drawn.x))
    after = agrees(drawn.model(drawn(Reduce("average"), value, masked=True)))
    assert operations(after) == ["embedding", "dense", "activation", "reduce", "dense"]
    assert after.masking == "exact"


def test_a_network_that_reads_padding_alone_gets_padded_ids():
    drawn = Drawn()
    value = drawn(Convolution(WIDTH, 3, 1, 1, 1, 1, 1), drawn.x)
    after = agrees(drawn.model(drawn(Reduce("max"), value), "post", unknown_id=0))
    assert (after.masking, after.graph.padding) == ("none", "post")
    assert operations(after) == ["embedding", "convolution", "reduce", "dense"]


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("zero_output", [False, True])
def test_padding_of_a_recurrent_layer_is_put_back_for_a_layer_that_reads_it(padding, zero_output):
    drawn = Drawn()
    steps = drawn.lstm(drawn.x, zero_output=zero_output)
    after = agrees(drawn.model(drawn(Reduce("max"), drawn(Convolution(3, 2, 1, 1, 1, 0, 0), steps)), padding))
    assert operations(after)[:4] == ["embedding", "recurrent", "restore", "convolution"]
    assert after.nodes[2].operation.fill == ("zeros" if zero_output else "previous")


def test_both_forms_are_made_where_both_are_read():
    drawn = Drawn()
    last = drawn.lstm(drawn.x, "last")
    pooled = drawn(Reduce("max"), drawn(Convolution(3, 2, 1, 1, 1, 0, 0), drawn.x))
    after = agrees(drawn.model(drawn(Merge("concat"), last, pooled)))
    assert operations(after)[:3] == ["restore", "embedding", "embedding"]
    assert [node.weights_of for node in after.nodes[1:3]] == [None, 1]


def test_padding_is_left_out_of_what_a_layer_without_mask_computed():
    drawn = Drawn()
    value = drawn(Convolution(WIDTH, 3, 1, 1, 1, 1, 1), drawn.x)
    after = agrees(drawn.model(drawn.lstm(value, "last"), "post"))
    assert operations(after) == ["restore", "embedding", "convolution", "strip", "recurrent", "dense"]


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_weights_that_are_shared_stay_shared(padding):
    drawn = Drawn()
    first = drawn(Dense(WIDTH), drawn.x)
    second = drawn(Dense(WIDTH), drawn.lstm(first), weights_of=first)
    both = [drawn(Reduce("max"), first), drawn(Reduce("average"), second, masked=True)]
    after = agrees(drawn.model(drawn(Merge("concat"), *both), padding))
    assert sorted(after.tensors) == sorted(set(after.graph.tensor_shapes()))
    assert sum(name.endswith("kernel") and name.startswith("dense") for name in after.tensors) == 2


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("zero_row", [False, True])
def test_a_softmax_over_masked_steps_weighs_tokens_alone(padding, zero_row):
    drawn = Drawn(zero_row)
    weights = drawn(Softmax("steps", "softmax"), drawn(Dense(1), drawn.x), masked=True, layer="softmax")
    after = agrees(drawn.model(drawn(Reduce("sum"), drawn(Merge("multiply"), drawn.x, weights)), padding))
    # Of no token, Keras averages the padding: that is zeros for a row of zeros, else a constant.
    constant = [] if zero_row else ["dense", "reduce", "dense", "dense", "merge"]
    assert operations(after) == ["embedding", "dense", "softmax", "merge", "reduce", *constant, "dense"]


def test_a_softmax_over_masked_steps_may_be_read_at_padding():
    drawn = Drawn()
    weights = drawn(Softmax("steps", "softmax"), drawn.x, masked=True)
    after = agrees(drawn.model(drawn(Reduce("min"), weights)))
    assert "restore" in operations(after)


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("over", ["embedding", "lstm"])
def test_a_vector_attends_to_tokens_alone(padding, over):
    drawn = Drawn()
    steps = drawn.lstm(drawn.x) if over == "lstm" else drawn.x
    query = drawn(Repeat(1), drawn.lstm(drawn.x, "last"))
    attended = drawn(Attention(1, "dot", 1.0, False), query, steps, steps, masked=True)
    after = agrees(drawn.model(drawn(Reduce("sum"), attended), padding))
    assert "restore" not in operations(after)
    assert operations(after).count("merge") == (over == "embedding"), "an LSTM gives zeros where there is no token"


def test_attention_that_is_multiplied_with_zeros_at_padding_computes_tokens_alone():
    drawn = Drawn()
    attended = drawn(Attention(2, "dot", 1.0, True), drawn.x, drawn.x, drawn.x, masked=True)
    table = drawn(Embedding(ROWS, 1), IDS, zero_row=True)
    after = agrees(drawn.model(drawn(Reduce("max"), drawn(Merge("multiply"), attended, table))))
    [attention] = [node for node in after.nodes if node.operation.name == "attention"]
    types = after.graph.types
    assert [types[read].length for read in attention.inputs] == [None] * 3


# Texts of ids


@pytest.mark.parametrize("pooling", ["last", "max", "average"])
@pytest.mark.parametrize("layers", [("lstm forward",), ("gru backward",), ("lstm bidirectional", "gru forward")])
@given(
    text=st.lists(st.integers(1, 7), max_size=6),
    padding=st.sampled_from(["pre", "post"]),
    max_tokens=st.integers(6, 9),
    zero_output_for_mask=st.booleans(),
)
@settings(max_examples=15, deadline=None)
def test_padding_never_changes_the_answer_of_a_masked_model(
    random_model, layers, pooling, text, padding, max_tokens, zero_output_for_mask
):
    model = random_model(
        layers, pooling, padding=padding, max_tokens=max_tokens, zero_output_for_mask=zero_output_for_mask
    )
    filling = [0] * (max_tokens - len(text))
    padded = filling + text if padding == "pre" else text + filling
    after = without_mask(model)
    np.testing.assert_allclose(evaluate_ids(after, text), evaluate_ids(model, padded), atol=1e-12)


@given(st.lists(st.integers(0, 7), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_masked_steps_in_the_middle_only_add_zeros_to_a_maximum(random_model, ids):
    for pooling in ("last", "average", "max"):
        model = random_model(("lstm bidirectional",), pooling, padding="pre", max_tokens=8, unknown_id=0)
        padded = [0] * (8 - len(ids)) + ids
        after = without_mask(model)
        left = [row for row in ids if row]
        np.testing.assert_allclose(evaluate_ids(after, left), evaluate_ids(model, padded), atol=1e-12)


@given(
    text=st.lists(st.integers(1, 7), max_size=6),
    start_id=st.sampled_from([None, 0]),
    end_id=st.sampled_from([None, 0]),
    padding=st.sampled_from(["pre", "post"]),
    keep=st.sampled_from(KEEPS),
    zero_output_for_mask=st.booleans(),
)
@example([1], None, 0, "pre", "head", False)
@settings(max_examples=60, deadline=None)
def test_a_masked_start_or_end_is_left_out_or_refused(
    random_model, text, start_id, end_id, padding, keep, zero_output_for_mask
):
    model = random_model(
        pooling="max", padding=padding, max_tokens=4, zero_output_for_mask=zero_output_for_mask
    )  # fmt: skip
    rules = replace(model.text_rules, start_id=start_id, end_id=end_id, keep=keep)
    model = replace(model, text_rules=rules)
    option = "start-id" if padding == "post" else "end-id"
    if (start_id if padding == "post" else end_id) == 0 and not zero_output_for_mask:
        with pytest.raises(ModelError, match=rf"with id 0, which is masked: .*; leave --{option} out"):
            without_mask(model)
        return
    ids = rules.ids(text)
    filling = [0] * (4 - len(ids))
    padded = filling + ids if padding == "pre" else ids + filling
    after = without_mask(model)
    left = [row for row in ids if row]
    np.testing.assert_allclose(evaluate_ids(after, left), evaluate_ids(model, padded), atol=1e-12)


# What is refused


@pytest.mark.parametrize("missing", [{"padding": None}, {"max_tokens": None}])
def test_a_maximum_over_padding_of_unknown_length_is_refused(random_model, missing):
    model = random_model(pooling="max", **{"padding": "pre", "max_tokens": 4, **missing})
    layer = r"^pass 1 of 1, exact_length \(before it: none\): layer '(pooling|lstm_0)': a layer behind it "
    message = f"{layer}knows no mask, so padding is part of the answer; give --padding and --max-tokens$"
    with pytest.raises(ModelError, match=message):
        without_mask(model)


def test_a_sum_over_padding_of_an_unknown_side_is_refused():
    drawn = Drawn()
    model = drawn.model(drawn(Reduce("sum"), drawn.lstm(drawn.x)), padding=None)
    with pytest.raises(ModelError, match=r"^layer 'lstm': .*; give --padding and --max-tokens$"):
        exact_length(model)
    drawn = Drawn()
    agrees(drawn.model(drawn(Reduce("sum"), drawn.lstm(drawn.x, zero_output=True)), padding=None))


def test_a_maximum_over_masked_unknown_words_is_refused(random_model):
    model = random_model(pooling="max", padding="post", max_tokens=4, unknown_id=0)
    message = r"max pooling over layer 'lstm_0', and unknown words have id 0, which is masked: .* an id of their own$"
    with pytest.raises(ModelError, match=message):
        without_mask(model)
    without_mask(random_model(pooling="average", unknown_id=0))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda d: d(Reduce("max"), d(Convolution(3, 2, 1, 1, 1, 0, 0), d.lstm(d.x))),
         "layer 'lstm' leaves padding out, and a layer behind it reads padding"),
        (lambda d: d.lstm(d(Convolution(WIDTH, 3, 1, 1, 1, 1, 1), d.x, layer="conv"), "last"),
         "layer 'conv' computes padding, and a layer behind it leaves padding out"),
        (lambda d: d(Merge("concat"), d(Reduce("max"), d.x), d.lstm(d.x, "last")),
         "some layers leave padding out and others compute it"),
        (lambda d: d(Reduce("first"), d.lstm(d.x)), "the first step of layer 'lstm'"),
        (lambda d: d(Reduce("sum"), d(Attention(1, "dot", 1.0, True), d(Repeat(3), d.lstm(d.x, "last")), d.x, d.x,
                                      masked=True, layer="attention")),
         "layer 'attention' sees tokens by their places"),
    ],
)  # fmt: skip
def test_masked_unknown_words_are_refused_where_their_places_matter(build, message):
    drawn = Drawn()
    model = drawn.model(build(drawn), "post", unknown_id=0)
    with pytest.raises(ModelError, match=rf"^{message}, and unknown words have id 0, which is masked"):
        exact_length(model)


def test_logarithms_of_padding_are_refused():
    drawn = Drawn()
    value = drawn(Softmax("steps", "log_softmax"), drawn.x, masked=True, layer="log")
    with pytest.raises(ModelError, match=r"^layer 'log': a layer that knows no mask reads its logarithms of padding"):
        exact_length(drawn.model(drawn(Reduce("min"), value)))


def test_causal_attention_of_padding_in_front_is_refused():
    drawn = Drawn()
    value = drawn(Attention(1, "dot", 1.0, True), drawn.x, drawn.x, drawn.x, masked=True, layer="attention")
    with pytest.raises(ModelError, match=r"^layer 'attention': padding in front sees no token .*, or pad at the end$"):
        exact_length(drawn.model(drawn(Reduce("min"), value), "pre"))


def test_different_repeats_of_two_directions_are_refused():
    drawn = Drawn()
    both = Recurrent("gru", "bidirectional", "sum", WIDTH, "tanh", "sigmoid", True, "steps")
    value = drawn(both, drawn.x, masked=True, layer="both")
    with pytest.raises(ModelError, match=r"^layer 'both': its directions repeat different steps for padding"):
        exact_length(drawn.model(drawn(Reduce("min"), value)))


def test_a_mask_that_stays_is_an_error(random_model):
    lazy = replace(EXACT_LENGTH, apply=lambda model: model)
    with pytest.raises(ModelError, match=r"exact_length .* did not keep its promise: the mask is still there"):
        run_passes(random_model(), (lazy,))


def test_a_word_that_is_masked_as_padding_is_refused(random_model):
    model = random_model(words=("the", None, "film", "a", "good", "bad", "quiet", "x"))
    message = (
        r"^pass 1 of 1, exact_length \(before it: none\): the word 'the' has id 0, which the model masks as padding; "
    )
    with pytest.raises(ModelError, match=f"{message}add the missing empty first line to the vocabulary"):
        without_mask(model)


# What it says


def test_it_says_what_each_layer_computes_and_why():
    drawn = Drawn()
    steps = drawn.lstm(drawn.x)
    conv = drawn(Convolution(3, 2, 1, 1, 1, 0, 0), steps, layer="conv")
    other = drawn(Convolution(3, 2, 1, 1, 1, 0, 0), drawn.x, layer="other")
    value = drawn(Merge("concat"), drawn(Reduce("max"), conv), drawn(Reduce("max"), other))
    assert exact_length(drawn.model(value))[1] == [
        "tokens alone, because the mask makes padding known: 'lstm'",
        "tokens for layers that know the mask, and padding too for others: 'embedding'",
        "padding too, because a layer that knows no mask reads it: 'conv', 'other'",
    ]
    drawn = Drawn()
    averaged = drawn(
        Reduce("average"), drawn(Dense(3), drawn(Dense(3), drawn.x, layer="same"), layer="same"), masked=True
    )
    assert exact_length(drawn.model(averaged))[1] == [
        "tokens alone, because whatever reads them knows the mask: 'embedding', 'same'"
    ]


def test_it_says_that_nothing_is_masked(random_model):
    model = random_model(masking="none", padding="pre", max_tokens=4)
    assert exact_length(model)[1] == ["padding too, because Keras does not mask it: every layer"]
    assert exact_length(without_mask(random_model()))[1] == []
