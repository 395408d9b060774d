"""The canonical configuration: what a call reads, and the layers of nested models."""

from drupelet_export.reading.canonical_config import Call, CanonicalLayer, CanonicalModel, TensorRef, mapped_refs

A, B = TensorRef("a", 0, 0), TensorRef("b", 0, 1)


def test_a_call_knows_every_output_that_it_reads():
    assert list(Call(([A, (B,)], 3), {"x": {"y": A}, "z": None}).refs()) == [A, B, A]


def test_references_are_replaced_where_they_stand():
    assert mapped_refs([A, (B, 1), {"x": A}, slice(1)], lambda ref: ref.layer) == ["a", ("b", 1), {"x": "a"}, slice(1)]


def test_leaves_are_the_layers_of_nested_models_too():
    dense = CanonicalLayer("d", "Dense", "Dense", {}, "here")
    inner = CanonicalModel("inner", "Sequential", (dense, dense), "here")
    nested = CanonicalLayer("inner", "Sequential", "Sequential", {}, "here", model=inner)
    assert list(CanonicalModel("m", "Sequential", (dense, nested), "here").leaves()) == [dense] * 3
