"""A layer is named by its own name or by its class; a name that no layer has is refused with those that could be meant."""

import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.replaced_names import check_names, give_body, names_of, plain_name


def layer(class_name, name, **more):
    return {"class_name": class_name, "config": {"name": name}, **more}


MODEL = {
    "class_name": "Functional",
    "config": {
        "layers": [
            layer("InputLayer", "ids"),
            layer("Dense", "known"),
            layer("mine>Block", "odd"),
            layer("LSTM", "own", module="mine", registered_name="mine>LSTM"),
            {"class_name": "Sequential", "config": {"layers": [layer("Block", "inner")]}},
            {"class_name": "TimeDistributed", "config": {"name": "each", "layer": layer("Wrapped", "in_it")}},
        ]
    },
}


def test_a_layer_goes_by_its_name_and_by_its_class():
    assert names_of(MODEL["config"]["layers"][2]) == ("odd", "Block")
    assert names_of(layer("InputLayer", "ids")) == names_of(layer("Sequential", "chain")) == names_of("Dense") == ()
    assert names_of({"class_name": "Dense", "name": "outside", "config": []}) == ("outside", "Dense")
    assert plain_name("mine>Block") == plain_name("Block") == "Block"


@pytest.mark.parametrize(
    ("one", "name"),
    [(layer("mine>Block", "odd"), "Block"), (layer("Lambda", "half"), "half"), (layer("LSTM", "own"), "own")],
)
def test_the_way_out_names_what_is_replaced(one, name):
    said = give_body(one)
    assert said.startswith(
        f"give its body: --replace {name}=FILE.py:function, a function of your own that gets the layer's"
    )
    assert "returns a layer made of Keras's layers and keras.ops, or a function of the layer's inputs" in said


@pytest.mark.parametrize("name", ["odd", "Block", "own", "inner", "Wrapped", "in_it", "each", "Dense"])
def test_a_name_that_some_layer_has_is_taken(name):
    check_names([name], MODEL, "model.keras", {"Dense", "TimeDistributed", "LSTM"}.__contains__)


@pytest.mark.parametrize("name", ["Blok", "ids", "InputLayer", "Sequential"])
def test_other_names_are_refused_with_the_layers_that_are_not_keras_own(name):
    with pytest.raises(ModelError) as caught:
        check_names(["odd", name], MODEL, "model.keras", {"Dense", "TimeDistributed", "LSTM"}.__contains__)
    said = str(caught.value)
    assert said.startswith(
        f"model.keras: --replace {name!r}: no layer of the model has this name, nor a class of this name"
    )
    assert said.endswith("layers that are not Keras's: 'odd' (Block), 'own' (LSTM), 'inner' (Block), 'in_it' (Wrapped)")
    assert ("did you mean 'Block'?" in said) is (name == "Blok")
