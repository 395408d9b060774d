"""Whole architectures of public text classifiers, rebuilt small, beside the single operations of the zoo."""

from __future__ import annotations

from typing import Any

from integration.zoo import LENGTH, ROWS, WIDTH, ZOO, Network, embed, ended


def _keras() -> tuple[Any, Any, Any]:
    import keras

    return keras, keras.layers, keras.ops


def text_cnn() -> Any:
    """Kim 2014: convolutions of three widths side by side, each pooled to its maximum."""
    _, layers, _ = _keras()
    ids, x = embed()
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(4, size, activation="relu")(x)) for size in (2, 3, 4)]
    return ended(ids, layers.Dropout(0.5)(layers.Concatenate()(pooled)))


def text_cnn_max_pool() -> Any:
    """The same, with pooling windows as wide as the text, and Flatten."""
    _, layers, _ = _keras()
    ids, x = embed()
    pooled = [
        layers.Flatten()(layers.MaxPooling1D(LENGTH - size + 1)(layers.Conv1D(4, size, activation="relu")(x)))
        for size in (2, 3)
    ]
    return ended(ids, layers.concatenate(pooled), 1, "sigmoid")


def fast_text() -> Any:
    """Joulin 2016: the average of embeddings."""
    keras, layers, _ = _keras()
    return keras.Sequential(
        [
            keras.Input((LENGTH,)),
            layers.Embedding(ROWS, WIDTH),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def dense_flatten() -> Any:
    """Embedding, Flatten, Dense: the first network of many books."""
    keras, layers, _ = _keras()
    return keras.Sequential(
        [keras.Input((LENGTH,)), layers.Embedding(ROWS, 3), layers.Flatten(), layers.Dense(8, activation="relu"),
         layers.Dense(1, activation="sigmoid")]
    )  # fmt: skip


def c_lstm() -> Any:
    """Zhou 2015: a convolution, windows of maxima, an LSTM."""
    _, layers, _ = _keras()
    ids, x = embed()
    x = layers.MaxPooling1D(2)(layers.Conv1D(5, 3, padding="same", activation="relu")(x))
    return ended(ids, layers.LSTM(4, dropout=0.2, recurrent_dropout=0.2)(x), 1, "sigmoid")


def cnn_bilstm() -> Any:
    """A convolution, a recurrent layer in both directions, a maximum."""
    _, layers, _ = _keras()
    ids, x = embed()
    x = layers.SpatialDropout1D(0.2)(x)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(layers.Conv1D(5, 3, activation="relu")(x))
    return ended(ids, layers.GlobalMaxPooling1D()(x))


def bilstm_cnn() -> Any:
    """Both directions first, then a convolution with both global poolings."""
    _, layers, _ = _keras()
    ids, x = embed()
    x = layers.Conv1D(4, 3, kernel_initializer="he_uniform")(
        layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
    )
    pooled = layers.concatenate([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    return ended(ids, pooled, 6, "sigmoid")


def bilstm_max() -> Any:
    """The toxic comments baseline: masked steps in both directions, maximum, Dense, six labels."""
    _, layers, _ = _keras()
    ids, x = embed(True)
    x = layers.GlobalMaxPooling1D()(layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x))
    return ended(ids, layers.Dropout(0.1)(layers.Dense(5, activation="relu")(x)), 6, "sigmoid")


def bilstm_attention_by_hand() -> Any:
    """Attention of Dense, Flatten, softmax, RepeatVector, Permute, multiply and sum (Zhou 2016)."""
    _, layers, ops = _keras()
    ids, x = embed()
    states = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    weights = layers.Flatten()(layers.Dense(1, activation="tanh")(states))
    weights = layers.Permute((2, 1))(layers.RepeatVector(6)(layers.Activation("softmax")(weights)))
    return ended(ids, ops.sum(layers.Multiply()([states, weights]), axis=1))


def attention_softmax_layer() -> Any:
    """Attention with a softmax over the axis of the steps."""
    _, layers, ops = _keras()
    ids, x = embed()
    states = layers.GRU(4, return_sequences=True)(x)
    weights = layers.Softmax(axis=1)(layers.Dense(1)(layers.Dense(4, activation="tanh")(states)))
    return ended(ids, ops.sum(states * weights, axis=1))


def attention_dot() -> Any:
    """Luong 2015: the last state asks, all states answer."""
    _, layers, _ = _keras()
    ids, x = embed()
    states, last = layers.GRU(4, return_sequences=True, return_state=True)(x)
    weights = layers.Activation("softmax")(layers.Dot((2, 1))([states, last]))
    context = layers.Dot((1, 1))([weights, states])
    return ended(ids, layers.Dense(5, activation="tanh")(layers.Concatenate()([context, last])))


def attention_layer() -> Any:
    """Keras's Attention between the states, and both pooled."""
    _, layers, _ = _keras()
    ids, x = embed(True, length=None)
    states = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    attended = layers.Attention()([states, states])
    pooled = [layers.GlobalAveragePooling1D()(each) for each in (states, attended)]
    return ended(ids, layers.Concatenate()(pooled))


def masked_attention() -> Any:
    """A softmax over the steps that are not masked, by hand."""
    keras, layers, ops = _keras()
    ids = keras.Input((None,), dtype="int32")
    states = layers.LSTM(4, return_sequences=True)(layers.Embedding(ROWS, WIDTH, mask_zero=True)(ids))
    scores = ops.squeeze(layers.Dense(1, activation="tanh")(states), -1)
    weights = layers.Softmax()(scores, mask=ops.not_equal(ids, 0))
    return ended(ids, ops.sum(states * ops.expand_dims(weights, -1), axis=1))


def rcnn() -> Any:
    """Lai 2015: contexts of both sides beside the word, then a maximum."""
    _, layers, ops = _keras()
    ids, x = embed()
    left = layers.LSTM(3, return_sequences=True)(x)
    right = ops.flip(layers.LSTM(3, return_sequences=True, go_backwards=True)(x), axis=1)
    joined = layers.Dense(4, activation="tanh")(layers.concatenate([left, x, right], axis=2))
    return ended(ids, layers.GlobalMaxPooling1D()(joined))


def dpcnn() -> Any:
    """Johnson 2017: convolutions with shortcuts over halved texts."""
    _, layers, _ = _keras()
    ids, x = embed()
    x = layers.Conv1D(4, 3, padding="same")(x)
    for _ in range(2):
        y = layers.MaxPooling1D(3, strides=2, padding="same")(x)
        z = layers.Conv1D(4, 3, padding="same")(layers.Activation("relu")(layers.BatchNormalization()(y)))
        x = layers.Add()([y, z])
    return ended(ids, layers.GlobalMaxPooling1D()(x))


def tcn() -> Any:
    """Bai 2018: dilated causal convolutions, the last step."""
    _, layers, _ = _keras()
    ids, x = embed()
    for dilation in (1, 2):
        y = layers.Conv1D(WIDTH, 2, padding="causal", dilation_rate=dilation, activation="relu")(x)
        x = layers.add([x, layers.SpatialDropout1D(0.1)(layers.LayerNormalization()(y))])
    return ended(ids, x[:, -1, :])


def transformer() -> Any:
    """An encoder block with positions, after the example of Keras."""
    import numpy as np

    _, layers, _ = _keras()
    ids, x = embed()
    x = x + layers.Embedding(LENGTH, WIDTH)(np.arange(LENGTH))
    attended = layers.Dropout(0.1)(layers.MultiHeadAttention(2, 3)(x, x))
    one = layers.LayerNormalization(epsilon=1e-6)(x + attended)
    inner = layers.Dense(WIDTH)(layers.Dense(8, activation="gelu")(one))
    two = layers.LayerNormalization(epsilon=1e-6)(one + inner)
    return ended(ids, layers.GlobalAveragePooling1D()(two), 2)


def masked_transformer() -> Any:
    """An encoder block over masked embeddings, with the layer Add: what is masked is Keras's own affair."""
    _, layers, _ = _keras()
    ids, x = embed(True)
    one = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(3, 2)(x, x)]))
    inner = layers.Dense(WIDTH)(layers.Dense(8, activation="relu")(one))
    return ended(ids, layers.GlobalAveragePooling1D()(layers.LayerNormalization()(layers.Add()([one, inner]))))


def stacked_gru() -> Any:
    """Three recurrent layers."""
    keras, layers, _ = _keras()
    return keras.Sequential(
        [keras.Input((None,)), layers.Embedding(ROWS, WIDTH, mask_zero=True), layers.GRU(4, return_sequences=True),
         layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="sum"), layers.LSTM(3),
         layers.Dense(4, activation="relu"), layers.Dense(1)]
    )  # fmt: skip


def simple_rnn() -> Any:
    """SimpleRNN over unmasked padding."""
    keras, layers, _ = _keras()
    return keras.Sequential(
        [
            keras.Input((LENGTH,)),
            layers.Embedding(ROWS, WIDTH),
            layers.SimpleRNN(4),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def poolings_side_by_side() -> Any:
    """Average, maximum and last state of one recurrent layer."""
    _, layers, _ = _keras()
    ids, x = embed()
    states, last = layers.GRU(4, return_sequences=True, return_state=True)(x)
    pooled = [layers.GlobalAveragePooling1D()(states), layers.GlobalMaxPooling1D()(states), last]
    return ended(ids, layers.BatchNormalization()(layers.Concatenate()(pooled)))


def hierarchy_of_poolings() -> Any:
    """Local averages, then local maxima, then an average."""
    _, layers, _ = _keras()
    ids, x = embed()
    x = layers.MaxPooling1D(2)(layers.AveragePooling1D(2, strides=1)(x))
    return ended(ids, layers.Flatten()(layers.GlobalAveragePooling1D(keepdims=True)(x)))


def multi_label() -> Any:
    """Labels that are decided alone, by heads of their own."""
    _, layers, _ = _keras()
    ids, x = embed(True, length=None)
    state = layers.GRU(4)(x)
    heads = [layers.Dense(1, activation="sigmoid")(layers.Dense(3, activation="relu")(state)) for _ in range(4)]
    import keras

    return keras.Model(ids, layers.Concatenate()(heads))


def ensemble() -> Any:
    """The average of the answers of two branches."""
    keras, layers, _ = _keras()
    ids, x = embed()
    one = layers.Dense(3, activation="softmax")(layers.GRU(4)(x))
    two = layers.Dense(3, activation="softmax")(layers.GlobalMaxPooling1D()(layers.Conv1D(4, 3)(x)))
    return keras.Model(ids, layers.Average()([one, two]))


def ensemble_of_two_labels() -> Any:
    """The average of one sigmoid and of one hard sigmoid."""
    keras, layers, _ = _keras()
    ids, x = embed()
    one = layers.Dense(1, activation="sigmoid")(layers.GRU(4)(x))
    two = layers.Dense(1, activation="hard_sigmoid")(layers.GlobalAveragePooling1D()(x))
    return keras.Model(ids, layers.Average()([one, two]))


def nested_models() -> Any:
    """A classifier around an encoder, with the softmax inside a nested model."""
    keras, layers, _ = _keras()
    ids = keras.Input((LENGTH,))
    encoder = keras.Sequential([layers.Embedding(ROWS, WIDTH, mask_zero=True), layers.Bidirectional(layers.LSTM(3))])
    inner = keras.Input((6,))
    head = keras.Model(inner, layers.Activation("softmax")(layers.Dense(3)(layers.Dense(4, activation="relu")(inner))))
    return keras.Model(ids, head(encoder(ids)))


def shared_layers() -> Any:
    """One recurrent layer, and one nested model, that are called twice."""
    keras, layers, _ = _keras()
    ids, x = embed(True, length=None)
    layer = layers.GRU(4)
    block = keras.Sequential([keras.Input((4,)), layers.Dense(4, activation="tanh")])
    one, two = layer(x), layer(layers.Dense(WIDTH)(x))
    return ended(ids, layers.Concatenate()([block(one), block(two), block(block(one))]))


def highway() -> Any:
    """Srivastava 2015: a gate between a layer and its input."""
    _, layers, _ = _keras()
    ids, x = embed()
    state = layers.GlobalAveragePooling1D()(x)
    gate = layers.Dense(WIDTH, activation="sigmoid")(state)
    return ended(ids, gate * layers.Dense(WIDTH, activation="relu")(state) + (1.0 - gate) * state)


def squeeze_and_excite() -> Any:
    """Hu 2018: features of steps weighted by their averages."""
    _, layers, _ = _keras()
    ids, x = embed()
    x = layers.SeparableConv1D(4, 3, padding="same", activation="relu")(x)
    weights = layers.Dense(4, activation="sigmoid")(
        layers.Dense(2, activation="relu")(layers.GlobalAveragePooling1D()(x))
    )
    return ended(ids, layers.GlobalMaxPooling1D()(layers.Multiply()([x, layers.Reshape((1, 4))(weights)])))


def han_word_attention() -> Any:
    """Yang 2016, words alone: a context vector asks."""
    _, layers, ops = _keras()
    ids, x = embed()
    states = layers.Bidirectional(layers.GRU(2, return_sequences=True))(x)
    scores = layers.Dense(1, use_bias=False)(layers.TimeDistributed(layers.Dense(4, activation="tanh"))(states))
    weights = ops.softmax(scores, axis=1)
    return ended(ids, layers.Flatten()(layers.Dot((1, 1))([weights, states])))


ARCHITECTURES = {
    text_cnn: "post", text_cnn_max_pool: "pre", fast_text: "post", dense_flatten: "pre", c_lstm: "pre", cnn_bilstm: "pre",
    bilstm_cnn: "pre", bilstm_max: "pre", bilstm_attention_by_hand: "post", attention_softmax_layer: "pre",
    attention_dot: "pre",
    attention_layer: "none", masked_attention: "none", rcnn: "post", dpcnn: "pre", tcn: "pre", transformer: "post",
    masked_transformer: "post", stacked_gru: "none", simple_rnn: "pre", poolings_side_by_side: "pre",
    hierarchy_of_poolings: "post", multi_label: "none", ensemble: "pre", ensemble_of_two_labels: "post",
    nested_models: "none", shared_layers: "none",
    highway: "post", squeeze_and_excite: "post", han_word_attention: "post",
}  # fmt: skip
"""The architectures, and the side on which their texts are padded."""
ALL = {**ZOO, **{build.__name__: Network(build, padding) for build, padding in ARCHITECTURES.items()}}
"""Every network of the zoo by name."""
