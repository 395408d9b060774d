"""What a layer would take in Keras is counted before Keras computes it."""

import keras
import pytest
from keras import layers, ops

from drupelet_export.errors import ModelError
from drupelet_export.reading import call_cost
from drupelet_export.reading.call_cost import BYTES_PER_TEXT, CallBudget
from drupelet_export.reading.layer_walk import walk

HUGE = 500_000_000


def of_steps(*body):
    """A model whose steps (6, 4) go through the body, the maximum and two classes."""
    inputs = keras.Input((6,), dtype="int32")
    x = layers.Embedding(8, 4)(inputs)
    for layer in body:
        x = layer(x)
    return keras.Model(inputs, layers.Dense(2)(layers.GlobalMaxPooling1D()(x)))


OUTPUTS = {
    "ZeroPadding1D": lambda: of_steps(layers.ZeroPadding1D((0, HUGE), name="huge")),
    "UpSampling1D": lambda: of_steps(layers.UpSampling1D(HUGE, name="huge")),
    "RepeatVector": lambda: of_steps(layers.GRU(2), layers.RepeatVector(HUGE, name="huge")),
    "UpSampling1D of one step": lambda: of_steps(
        layers.TimeDistributed(layers.Dense(3)), layers.UpSampling1D(HUGE, name="huge")
    ),
    "keras.ops.repeat": lambda: of_steps(lambda x: ops.repeat(x, HUGE, axis=1)),
    "keras.ops.tile": lambda: of_steps(lambda x: ops.tile(x, (1, HUGE, 1))),
    "keras.ops.pad": lambda: of_steps(lambda x: ops.pad(x, ((0, 0), (0, HUGE), (0, 0)))),
    "a TimeDistributed layer": lambda: of_steps(
        layers.TimeDistributed(layers.RepeatVector(HUGE), name="huge"), layers.Reshape((-1, 4))
    ),
}
MEANWHILE = {
    "Conv1D same": lambda: of_steps(layers.Conv1D(2, 3, padding="same", dilation_rate=HUGE, name="huge")),
    "Conv1D causal": lambda: of_steps(layers.Conv1D(2, 3, padding="causal", dilation_rate=HUGE, name="huge")),
    "SeparableConv1D": lambda: of_steps(layers.SeparableConv1D(2, 3, padding="same", dilation_rate=HUGE, name="huge")),
    "MaxPooling1D": lambda: of_steps(layers.MaxPooling1D(HUGE, padding="same", name="huge")),
    "AveragePooling1D": lambda: of_steps(layers.AveragePooling1D(HUGE, 1, padding="same", name="huge")),
}


@pytest.mark.parametrize("case", [*OUTPUTS, *MEANWHILE])
def test_a_layer_that_takes_gigabytes_is_refused_before_it_runs(case):
    model = {**OUTPUTS, **MEANWHILE}[case]()
    (layer,) = [
        each for each in model.operations if each.name == "huge" or type(each).__name__ in ("Repeat", "Tile", "Pad")
    ]
    layer.call = lambda *args, **kwargs: pytest.fail("Keras computed it")
    takes = r"would make Keras take \d{11,} bytes " + (
        "while it computes" if case in MEANWHILE else "for 3 texts, after"
    )
    where = rf"^model: layer \d of \d, '{layer.name}' \({type(layer).__name__}\): {takes}"
    with pytest.raises(
        ModelError, match=where + r".*, expected at most|.*; expected at most \d+; next: give a smaller"
    ):
        walk(model, "model", 6)


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        (layers.Attention(), 2),
        (layers.AdditiveAttention(), 2),
        (layers.MultiHeadAttention(8, 2), 2),
    ],
    ids=["dot", "additive", "several heads"],
)
def test_the_scores_of_attention_count(monkeypatch, layer, inputs):
    text = keras.Input((40,), dtype="int32")
    x = layers.Embedding(8, 8)(text)
    attended = layer([x, x]) if type(layer) is not layers.MultiHeadAttention else layer(x, x)
    model = keras.Model(text, layers.Dense(2)(layers.GlobalMaxPooling1D()(attended)))
    each = 1 if type(layer) is layers.Attention else 8
    needed = 4 * 40 * 40 * each
    monkeypatch.setattr(call_cost, "MAX_SCRATCH_BYTES", needed)
    walk(model, "model", 40)
    monkeypatch.setattr(call_cost, "MAX_SCRATCH_BYTES", needed - 1)
    message = (
        rf"\({type(layer).__name__}\): would make Keras take {3 * needed} bytes while it computes 3 texts, expected at"
    )
    with pytest.raises(ModelError, match=message):
        walk(model, "model", 40)


def test_layers_take_from_one_budget():
    budget = CallBudget(1)
    half = ops.zeros((1, BYTES_PER_TEXT // 8 // 1024, 1024))
    budget.take(layers.Dropout(0.5), "first", (half,), {})
    budget.take(layers.Dropout(0.5), "second", (half,), {})
    with pytest.raises(
        ModelError,
        match=rf"^third: would make Keras take 8 bytes for 1 texts, after {BYTES_PER_TEXT} of other layers; expected",
    ):
        budget.take(layers.Dropout(0.5), "third", (ops.zeros((1, 2)),), {})
