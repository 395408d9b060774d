"""A description that contradicts itself is refused with the name of the part."""

from dataclasses import replace

import numpy as np
import pytest

from drupelet.operations.attention import Attention
from drupelet.operations.dense import Dense
from drupelet.operations.reduce import Reduce
from drupelet_export.errors import ModelError
from drupelet_export.model.description import check, frozen
from export.changes import TABLE, with_tensor
from export.model.small_graphs import Sketch


def test_frozen_is_a_read_only_float32_copy():
    original = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    copy = frozen(original)
    original[0, 0] = 9
    assert (copy.dtype, copy.flags.c_contiguous, copy[0, 0]) == (np.float32, True, 0)
    with pytest.raises(ValueError, match="read-only"):
        copy[0, 0] = 1


def test_frozen_takes_a_keras_variable_without_a_warning(recwarn):
    import keras

    frozen(keras.Variable([1.0]))
    assert [str(warning.message) for warning in recwarn] == []


def test_ids_are_looked_up_then_cut(random_model):
    model = random_model(max_tokens=3)
    assert model.ids("the unheard-of film, good!") == [2, 1, 3]
    tail = replace(model, text_rules=replace(model.text_rules, keep="tail"))
    assert tail.ids("the unheard-of film, good!") == [1, 3, 5]


def test_words_without_an_id_are_left_out_before_the_cut(random_model):
    model = random_model(max_tokens=2, unknown_id=None)
    assert model.ids("nobody the knows film these") == [2, 3]


@pytest.mark.parametrize(
    ("masking", "padding", "expected"),
    [("mask", "pre", [2, 3]), ("exact", None, [2, 3]), ("none", "pre", [0, 0, 2, 3]), ("none", "post", [2, 3, 0, 0])],
)
def test_engine_ids_hold_only_padding_that_is_not_masked(random_model, masking, padding, expected):
    assert random_model(masking=masking, padding=padding, max_tokens=4).engine_ids("the film") == expected


def test_a_word_with_the_masked_id_is_left_out(random_model):
    assert random_model(unknown_id=0).engine_ids("the unknown film") == [2, 3]


def test_tensors_have_the_names_and_shapes_of_the_graph(random_model):
    model = random_model(("lstm bidirectional", "gru backward"), hidden=("relu",))
    assert {name: tensor.shape for name, tensor in model.tensors.items()} == model.graph.tensor_shapes()


def test_padding_counts_only_where_it_is_not_masked(random_model):
    assert random_model(masking="none", padding="pre", max_tokens=4).graph.padding == "pre"
    assert random_model(masking="exact", padding="pre", max_tokens=4).graph.padding == "none"


def test_a_consistent_model_passes(random_model):
    check(random_model())
    check(random_model(masking="none", padding="post", max_tokens=3))


def test_an_embedding_of_another_shape_is_refused(random_model):
    model = random_model()
    with pytest.raises(ModelError, match=r"embedding.0.table: shape \(8, 5\), expected \(8, 4\)"):
        check(with_tensor(model, TABLE, frozen(np.zeros((8, 5)))))


def with_kernel(model, kernel):
    return with_tensor(model, "dense.2.kernel", kernel)


def many_classes(model):
    *nodes, head = model.nodes
    many = replace(model, nodes=(*nodes, replace(head, operation=Dense(5000))))
    many = with_tensor(many, "dense.2.kernel", frozen(np.zeros((3, 5000))))
    return with_tensor(many, "dense.2.bias", frozen(np.zeros(5000)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: with_tensor(m, "dense.2.bias", frozen([0, 0])),
         r"dense.2.bias: shape \(2,\), expected \(1,\)"),
        (lambda m: with_kernel(m, m.tensors["dense.2.kernel"].astype(np.float64)), "dense.2.kernel: float64, expected float32"),
        (lambda m: with_kernel(m, frozen([[0], [np.nan], [0]])),
         r"dense.2.kernel: nan at \(1, 0\); a trained model has finite weights, train it again"),
        (lambda m: with_kernel(m, frozen([[0], [0], [np.inf]])), r"dense.2.kernel: inf at \(2, 0\)"),
        (lambda m: replace(m, vocabulary=m.vocabulary[1:]), "vocabulary: 7 entries for 8 embedding rows"),
        (lambda m: replace(m, vocabulary=(None, None, *"abcdea")), "vocabulary: 'a' is there twice, expected distinct words"),
        (lambda m: replace(m, text_rules=replace(m.text_rules, unknown_id=8)),
         "unknown_id is 8, the embedding has 8 rows"),
        (lambda m: replace(m, labels=("a", "b", "c")), r"tells 2 classes apart, and there are 3 labels \('a', 'b', 'c'\)"),
        (lambda m: replace(m, labels=tuple("abcdefg")),
         r"there are 7 labels \('a', 'b', 'c', 'd', 'e', \.\.\.\); next: give --labels"),
        (lambda m: replace(m, labels=()), r"there are no labels; next: give --labels with 2 names, in the order of the model"),
        (many_classes,
         "5000 classes, and a model file has room for the labels of 4096; next: train it with fewer"),
        (lambda m: replace(m, labels=("a", "a")), r"labels \['a', 'a'\]: expected distinct names that are not empty"),
        (lambda m: replace(m, labels=("a", "")), r"labels \['a', ''\]: expected distinct names that are not empty"),
        (lambda m: replace(m, labels=("a", "b\n")), r"label 'b\\n' is empty or has a character that cannot stand in a line"),
        (lambda m: replace(m, masking="some"), "masking 'some', expected one of mask, none, exact"),
        (lambda m: replace(m, masking="none", nodes=tuple(replace(node, masked=False) for node in m.nodes)),
         "the padding is not masked, but its side or length is not known"),
    ],
)  # fmt: skip
def test_an_inconsistent_description_is_refused(random_model, change, message):
    with pytest.raises(ModelError, match=message):
        check(change(random_model()))


def test_a_graph_that_does_not_fit_is_refused(random_model):
    model = random_model(pooling="max")
    embedding, *rest = model.nodes
    with pytest.raises(ModelError, match=r"operation 1 \(recurrent\) reads values \[7\], expected some of 0 to 1"):
        check(replace(model, nodes=(embedding, replace(rest[0], inputs=(7,)), *rest[1:])))
    with pytest.raises(ModelError, match=r"operation 3 \(dense\): .*reads ids"):
        check(replace(model, nodes=(*model.nodes[:-1], replace(model.nodes[-1], inputs=(0,)))))


def test_tensors_in_another_order_or_of_no_node_are_refused(random_model):
    model = random_model()
    turned = dict(reversed(model.tensors.items()))
    with pytest.raises(ModelError, match="in the order of the graph"):
        check(replace(model, tensors=turned))
    with pytest.raises(ModelError, match="'odd'"):
        check(replace(model, tensors={**model.tensors, "odd": frozen([1])}))


def test_a_mask_without_masking_is_refused(random_model):
    with pytest.raises(ModelError, match="masking 'exact', but a node gets a mask"):
        check(replace(random_model(), masking="exact"))


def test_weights_of_a_node_by_role(random_model):
    model = random_model(("lstm bidirectional",))
    assert list(model.weights(0)) == ["table"]
    assert list(model.weights(2)) == ["kernel", "bias"]
    assert list(model.weights(1))[:2] == ["forward.kernel", "forward.recurrent_kernel"]
    head = model.nodes[2]
    vector = replace(model.nodes[1], operation=replace(model.nodes[1].operation, returns="steps"))
    pooled = replace(head, operation=Reduce("max"), layer="pool")
    shared = replace(
        model,
        nodes=(model.nodes[0], vector, pooled, replace(head, inputs=(3,)), replace(head, inputs=(3,), weights_of=3)),
    )
    renamed = {name.replace("dense.2", "dense.3"): tensor for name, tensor in model.tensors.items()}
    shared = replace(shared, tensors=renamed)
    check(shared)
    assert shared.weights(4)["kernel"] is shared.weights(3)["kernel"]


def test_other_rows_are_those_of_every_table(random_model):
    model = random_model()
    fewer = model.with_rows({name: frozen(table[:5]) for name, table in model.tables.items()}, model.vocabulary[:5])
    check(fewer)
    assert fewer.graph.vocabulary_rows == 5
    assert len(model.vocabulary) == 8, "the model is not changed"


def test_attention_that_keras_has_no_memory_for_is_refused():
    sketch = Sketch()
    steps = sketch.embedded()
    attended = sketch.add(Attention(2, "dot", 1.0, False), steps, steps, steps)
    model = sketch.model(sketch.add(Reduce("max"), attended))
    check(replace(model, text_rules=replace(model.text_rules, max_tokens=11_585)))
    longer = replace(model, text_rules=replace(model.text_rules, max_tokens=11_586))
    message = r"^Keras would take 1073883168 bytes to compute a text, expected at most 1073741824; give a smaller --max-tokens$"
    with pytest.raises(ModelError, match=message):
        check(longer)
