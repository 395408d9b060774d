"""The zoo: small networks of every kind that compiles, with seeded random weights.

Each network is a function that returns a Keras model over ``ROWS`` words and ``LENGTH`` ids. ``ZOO`` has them by name with how
their texts are padded. Nothing is trained: weights are drawn so that logits of different texts differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

ROWS = 600
"""Rows of each Embedding: padding, the unknown word, words. So many are worth a table of the scales of quantized rows."""
LENGTH = 9
"""Most ids of a text; texts of networks with a fixed length are padded to it."""
WIDTH = 6


@dataclass(frozen=True)
class Network:
    """A network of the zoo. ``padding``: ``none`` (masked, of any length), or the side on which texts are padded to LENGTH."""

    build: Callable[[], Any]
    padding: str

    def model(self) -> Any:
        """The Keras model, with weights of its own seed."""
        import keras

        keras.backend.clear_session()
        model = self.build()
        set_weights(model)
        return model


def set_weights(model: Any, seed: int = 0) -> None:
    """Gives every weight a random value: biases and statistics too, variances above zero."""
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        scale = 1.0 if len(weight.shape) < 2 else min(1.0, 2.0 / np.sqrt(np.prod(weight.shape[:-1])))
        values = generator.uniform(-scale, scale, weight.shape)
        if weight.name == "embeddings":
            values = generator.uniform(-1, 1, weight.shape)
            values[0] *= "zero" not in weight.path
        if "variance" in weight.name:
            values = generator.uniform(0.5, 2, weight.shape)
        if weight.dtype == "float32":
            weight.assign(values)


def _layers() -> Any:
    from keras import layers

    return layers


def embed(mask: bool = False, width: int = WIDTH, ids: Any = None, length: int | None = LENGTH) -> tuple[Any, Any]:
    """The input of a model, and its embedding."""
    import keras

    ids = keras.Input((length,), dtype="int32") if ids is None else ids
    return ids, _layers().Embedding(ROWS, width, mask_zero=mask)(ids)


def ended(ids: Any, vector: Any, units: int = 3, activation: str = "softmax") -> Any:
    """The model that ends with a Dense layer."""
    import keras

    return keras.Model(ids, _layers().Dense(units, activation=activation)(vector))


def steps(function: Callable[[Any, Any], Any], pool: str = "max", mask: bool = False) -> Callable[[], Any]:
    """A network: embedding, ``function`` of the layers and the steps, a global pooling, an end."""

    def build() -> Any:
        layers = _layers()
        ids, x = embed(mask)
        y = function(layers, x)
        pools = {"max": layers.GlobalMaxPooling1D, "average": layers.GlobalAveragePooling1D, "flatten": layers.Flatten}
        return ended(ids, y if pool == "none" else pools[pool]()(y))

    return build


def vector(function: Callable[[Any, Any], Any], mask: bool = True) -> Callable[[], Any]:
    """A network: masked embedding of any length, ``function`` of the layers and the steps gives a vector, an end."""

    def build() -> Any:
        ids, x = embed(mask, length=None if mask else LENGTH)
        return ended(ids, function(_layers(), x))

    return build


def hidden(function: Callable[[Any, Any], Any]) -> Callable[[], Any]:
    """A network: masked average, a Dense layer, ``function`` of the layers and the vector, an end."""
    return vector(lambda layers, x: function(layers, layers.Dense(5)(layers.GlobalAveragePooling1D()(x))))


ZOO: dict[str, Network] = {}


def _add(name: str, build: Callable[[], Any], padding: str = "post") -> None:
    if name in ZOO:
        raise ValueError(f"{name} is there twice")
    ZOO[name] = Network(build, padding)


def _conv(**settings: Any) -> Callable[[Any, Any], Any]:
    return lambda layers, x: layers.Conv1D(4, 3, **{"activation": "relu", **settings})(x)


# Each operation alone

for _pool in ("max", "average", "flatten"):
    _add(f"pool {_pool}", steps(lambda layers, x: x, _pool), "pre" if _pool == "max" else "post")
_add("masked average", vector(lambda layers, x: layers.GlobalAveragePooling1D()(x)), "none")
_add(
    "masked average, kept axis",
    vector(lambda layers, x: layers.Flatten()(layers.GlobalAveragePooling1D(keepdims=True)(x))),
    "none",
)
_add("masked max", steps(lambda layers, x: x, "max", True), "pre")
for _kind in ("LSTM", "GRU", "SimpleRNN"):
    _add(f"{_kind}", vector(lambda layers, x, k=_kind: getattr(layers, k)(4)(x)), "none")
    _add(f"{_kind} unmasked", vector(lambda layers, x, k=_kind: getattr(layers, k)(4)(x), False), "pre")
    _add(f"{_kind} backwards", vector(lambda layers, x, k=_kind: getattr(layers, k)(4, go_backwards=True)(x)), "none")
    _add(
        f"{_kind} backwards, steps, max",
        steps(
            lambda layers, x, k=_kind: layers.Conv1D(3, 2)(
                getattr(layers, k)(4, go_backwards=True, return_sequences=True)(x)
            )
        ),
    )
    _add(
        f"{_kind} masked steps, max",
        steps(lambda layers, x, k=_kind: getattr(layers, k)(4, return_sequences=True)(x), "max", True),
    )
    _add(
        f"Bidirectional {_kind} masked steps, max",
        steps(
            lambda layers, x, k=_kind: layers.Bidirectional(getattr(layers, k)(4, return_sequences=True))(x),
            "max",
            True,
        ),
        "pre",
    )
_add("GRU, reset before", vector(lambda layers, x: layers.GRU(4, reset_after=False)(x)), "none")
_add("LSTM without bias, elu", vector(lambda layers, x: layers.LSTM(4, use_bias=False, activation="elu")(x)), "none")
for _merge in ("concat", "sum", "ave", "mul"):
    _add(
        f"Bidirectional {_merge}",
        vector(lambda layers, x, m=_merge: layers.Bidirectional(layers.LSTM(3), merge_mode=m)(x)),
        "none",
    )
_add(
    "Bidirectional, two outputs",
    vector(lambda layers, x: layers.Concatenate()(layers.Bidirectional(layers.GRU(3), merge_mode=None)(x))),
    "none",
)
_add(
    "Bidirectional of two activations",
    vector(
        lambda layers, x: layers.Bidirectional(
            layers.LSTM(3), backward_layer=layers.LSTM(3, activation="relu", go_backwards=True)
        )(x)
    ),
    "none",
)


def _states(layers: Any, x: Any) -> Any:
    _, h, c = layers.LSTM(4, return_sequences=True, return_state=True)(x)
    return layers.Concatenate()([h, c])


def _both_states(layers: Any, x: Any) -> Any:
    y, fh, fc, bh, bc = layers.Bidirectional(layers.LSTM(3, return_state=True))(x)
    return layers.Concatenate()([y, layers.Add()([fh, bh]), layers.Multiply()([fc, bc])])


def _initial(layers: Any, x: Any) -> Any:
    _, h, c = layers.LSTM(4, return_state=True)(x)
    return layers.LSTM(4)(x, initial_state=[h, c])


_add("LSTM states", vector(_states), "none")
_add("LSTM states, unmasked", vector(_states, False), "pre")
_add("Bidirectional states", vector(_both_states), "none")
_add("initial state", vector(_initial), "post")
_add("RNN of a cell", vector(lambda layers, x: layers.RNN(layers.LSTMCell(4))(x)), "none")
_add("RNN of cells", vector(lambda layers, x: layers.RNN([layers.GRUCell(4), layers.LSTMCell(3)])(x)), "none")
for _name, _settings in {
    "valid": {},
    "same": {"padding": "same"},
    "causal": {"padding": "causal"},
    "dilated": {"dilation_rate": 2, "padding": "same"},
    "strided": {"strides": 2},
    "strided same": {"strides": 2, "padding": "same", "kernel_size": 4},
    "grouped": {"groups": 2},
    "without bias": {"use_bias": False},
}.items():
    _add(
        f"Conv1D {_name}",
        steps(lambda layers, x, s=_settings: layers.Conv1D(4, **{"kernel_size": 3, "activation": "relu", **s})(x)),
        "pre" if "same" in _name else "post",
    )
_add("DepthwiseConv1D", steps(lambda layers, x: layers.DepthwiseConv1D(3, depth_multiplier=2, padding="same")(x)))
_add(
    "SeparableConv1D",
    steps(lambda layers, x: layers.SeparableConv1D(5, 3, strides=2, padding="same", activation="tanh")(x)),
)
for _kind in ("MaxPooling1D", "AveragePooling1D"):
    for _settings in ({"pool_size": 2}, {"pool_size": 3, "strides": 2, "padding": "same"}):
        _add(
            f"{_kind} {_settings}", steps(lambda layers, x, k=_kind, s=_settings: getattr(layers, k)(**s)(x), "flatten")
        )
_add("Dense on steps", vector(lambda layers, x: layers.GlobalAveragePooling1D()(layers.Dense(4, "tanh")(x))), "none")
_add("EinsumDense", vector(lambda layers, x: layers.GlobalAveragePooling1D()(
    layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d", activation="relu")(x)), False), "pre")  # fmt: skip
_add("TimeDistributed", vector(lambda layers, x: layers.GRU(3)(
    layers.TimeDistributed(layers.Activation("relu"))(layers.TimeDistributed(layers.Dense(4))(x)))), "none")  # fmt: skip
for _names in (
    ("relu", "tanh", "sigmoid", "hard_sigmoid", "elu", "selu", "silu", "softsign"),
    ("relu6", "softplus", "gelu", "exponential", "leaky_relu", "mish", "log_sigmoid", "hard_silu"),
    ("hard_tanh", "tanh_shrink", "soft_shrink", "hard_shrink", "celu", "squareplus", "sparse_plus", "sparse_sigmoid"),
    ("softmax", "log_softmax", "linear"),
):
    _add(
        f"activations {' '.join(_names)}",
        hidden(lambda layers, x, n=_names: layers.Concatenate()([layers.Dense(3, activation=name)(x) for name in n])),
        "none",
    )
_add("layers of activations", hidden(lambda layers, x: layers.Concatenate()([
    layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2)(x), layers.ReLU()(x), layers.ReLU(negative_slope=0.2)(x),
    layers.LeakyReLU(0.3)(x), layers.ELU(0.7)(x), layers.PReLU()(x), layers.Softmax()(x),
])), "none")  # fmt: skip
_add("PReLU of steps", steps(lambda layers, x: layers.PReLU()(x)))
_add("PReLU with shared steps", vector(lambda layers, x: layers.GRU(3)(layers.PReLU(shared_axes=[1])(x))), "none")
_add(
    "BatchNormalization",
    vector(lambda layers, x: layers.BatchNormalization()(layers.LSTM(3)(layers.BatchNormalization(scale=False)(x)))),
    "none",
)
_add(
    "LayerNormalization",
    vector(lambda layers, x: layers.LayerNormalization()(layers.LSTM(3)(layers.LayerNormalization(center=False)(x)))),
    "none",
)
_add("RMSNormalization and UnitNormalization", vector(lambda layers, x: layers.UnitNormalization()(
    layers.GlobalAveragePooling1D()(layers.Dense(4)(layers.RMSNormalization()(x))))), "post")  # fmt: skip
_add("Rescaling and nothings", hidden(lambda layers, x: layers.Identity()(layers.ActivityRegularization()(
    layers.GaussianNoise(0.1)(layers.Dropout(0.5)(layers.Rescaling(2.0, 0.5)(x)))))), "none")  # fmt: skip
for _kind in ("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract"):
    _add(
        f"{_kind}",
        vector(
            lambda layers, x, k=_kind: layers.GRU(3)(getattr(layers, k)()([layers.Dense(4)(x), layers.Dense(4)(x)]))
        ),
        "none",
    )
_add(
    "Concatenate of steps",
    steps(lambda layers, x: layers.Concatenate(axis=1)([layers.Conv1D(4, 2)(x), layers.Conv1D(4, 3)(x)])),
)
_add(
    "Concatenate of features",
    vector(lambda layers, x: layers.LSTM(3)(layers.Concatenate()([x, layers.Dense(2)(x)]))),
    "none",
)
for _axes, _normalize in ((1, False), (2, False), (1, True)):
    _add(
        f"Dot {_axes} {_normalize}",
        steps(
            lambda layers, x, a=_axes, n=_normalize: layers.Dot(a, n)([layers.Dense(4)(x), layers.Dense(4)(x)]),
            "flatten",
        ),
    )
_add("Attention", steps(lambda layers, x: layers.Attention()([x, x]), "max"))
_add(
    "Attention masked",
    vector(lambda layers, x: layers.GlobalAveragePooling1D()(layers.Attention(use_scale=True)([x, x]))),
    "none",
)
_add(
    "Attention masked, max",
    steps(lambda layers, x: layers.Attention()([x, layers.Dense(WIDTH)(x)]), "max", True),
    "pre",
)
_add(
    "Attention concat, causal",
    steps(lambda layers, x: layers.Attention(score_mode="concat", use_scale=True)([x, x], use_causal_mask=True)),
)
_add(
    "AdditiveAttention",
    vector(
        lambda layers, x: layers.GlobalAveragePooling1D()(layers.AdditiveAttention()([x, layers.Dense(WIDTH)(x), x]))
    ),
    "none",
)
_add("MultiHeadAttention", steps(lambda layers, x: layers.MultiHeadAttention(2, 3, value_dim=4)(x, x)))
_add(
    "MultiHeadAttention masked, average",
    steps(lambda layers, x: layers.MultiHeadAttention(2, 3)(x, x), "average", True),
)
_add(
    "MultiHeadAttention masked, max",
    steps(lambda layers, x: layers.MultiHeadAttention(2, 3, use_bias=False)(x, x), "max", True),
    "pre",
)
_add("MultiHeadAttention causal, cross", steps(lambda layers, x: layers.MultiHeadAttention(3, 2, output_shape=5)(
    x, layers.Conv1D(4, 1)(x), use_causal_mask=True), "average"))  # fmt: skip
_add("Permute", steps(lambda layers, x: layers.Permute((2, 1))(x), "max"))
_add(
    "RepeatVector",
    steps(lambda layers, x: layers.GRU(3, return_sequences=True)(layers.RepeatVector(3)(layers.GRU(4)(x))), "flatten"),
)
_add("Reshape", steps(lambda layers, x: layers.Reshape((18, 3))(x)))
_add("UpSampling1D, ZeroPadding1D, Cropping1D", steps(lambda layers, x: layers.Cropping1D((1, 2))(
    layers.ZeroPadding1D((2, 1))(layers.UpSampling1D(2)(x))), "flatten"))  # fmt: skip
_add("SpatialDropout1D", vector(lambda layers, x: layers.LSTM(3)(layers.SpatialDropout1D(0.2)(x))), "none")


def _slices(layers: Any, x: Any) -> Any:
    from keras import ops

    y = layers.LSTM(4, return_sequences=True)(x)
    z = ops.expand_dims(y[:, 2], 1)
    parts = [
        y[:, -1, :],
        y[:, 0],
        ops.squeeze(z, 1),
        ops.mean(y[:, 1:4], axis=1),
        ops.max(y[..., :2], axis=1),
        ops.sum(y, axis=1),
    ]
    return layers.Concatenate()([*parts, y[:, -2, :][:, 1:3], ops.min(y, axis=1)])


def _arithmetic(layers: Any, x: Any) -> Any:
    from keras import ops

    positions = layers.Embedding(LENGTH, WIDTH)(np.arange(LENGTH))
    y = ops.relu(1.0 - 2.0 * x + x / 2.0) + ops.tanh(x) * np.linspace(0, 1, WIDTH, dtype="float32") - x + positions
    return ops.maximum(y, 0.25) * ops.minimum(x, 0.5)


_add("slices", vector(_slices, False), "pre")
_add("arithmetic", steps(_arithmetic))


def _explicit_mask() -> Any:
    import keras

    layers = _layers()
    ids, x = embed()
    return ended(ids, layers.GRU(3)(x, mask=keras.ops.not_equal(ids, 0)))


_add("explicit mask", _explicit_mask, "none")


def _two_embeddings() -> Any:
    layers = _layers()
    ids, x = embed(True)
    _, y = embed(False, 3, ids)
    return ended(ids, layers.Concatenate()([layers.LSTM(3)(x), layers.GRU(2)(layers.Concatenate()([x, y]))]))


_add("two embeddings", _two_embeddings, "pre")


def _masked_mean() -> Any:
    import keras

    layers, ops = _layers(), keras.ops
    ids, x = embed()
    mask = ops.expand_dims(ops.cast(ops.not_equal(ids, 0), "float32"), -1)
    return ended(ids, layers.Dense(4, "tanh")(ops.sum(x * mask, axis=1) / 5.0))


_add("masked sum by hand", _masked_mean)


def _masking() -> Any:
    import keras

    layers = _layers()
    ids = keras.Input((LENGTH,))
    x = layers.Embedding(ROWS, WIDTH, name="zero_first")(ids)
    return ended(ids, layers.LSTM(3)(layers.Masking()(x)))


_add("Masking", _masking, "none")
