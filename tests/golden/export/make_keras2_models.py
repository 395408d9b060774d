"""Writes models of Keras 2 into this folder, in each of its forms, and what they answer there.

Run it by hand, with the package ``tf_keras`` (Keras 2) beside TensorFlow:

    pip install --no-deps --target /tmp/tfk tf_keras
    PYTHONPATH=/tmp/tfk python tests/golden/export/make_keras2_models.py

Keras 2 writes ``time_major`` into recurrent layers, ``input_length`` into embeddings and ``batch_input_shape`` into the
first layer; Keras 3 knows none of them.
"""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras
from tf_keras import layers
from tf_keras.src.layers.rnn.cudnn_gru import CuDNNGRU
from tf_keras.src.layers.rnn.cudnn_lstm import CuDNNLSTM
from tf_keras.src.saving.legacy.hdf5_format import preprocess_weights_for_loading

HERE = Path(__file__).parent
WORDS = ["", "[UNK]", "the", "film", "good", "bad", "quiet", "loud"]
IDS = [[0, 0, 0, 2, 3], [0, 2, 4, 1, 3], [5, 5, 3, 2, 6], [0, 0, 0, 0, 0]]


tf_keras.utils.set_random_seed(7)
model = tf_keras.Sequential(
    [
        layers.Embedding(len(WORDS), 4, mask_zero=True, input_length=5),
        layers.SpatialDropout1D(0.2),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        layers.GRU(3),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.set_weights([np.random.uniform(-1, 1, weight.shape) for weight in model.get_weights()])
model.save(HERE / "keras2_bilstm_gru.h5", include_optimizer=False)
model.save(HERE / "keras2_bilstm_gru.keras")
answers = model.predict(np.array(IDS), verbose=0)
expected = {"words": WORDS, "ids": IDS, "probabilities": [float(row[0]) for row in answers]}
(HERE / "keras2_bilstm_gru.json").write_text(json.dumps(expected) + "\n")

# A graph: a mask that is an operation of TensorFlow, slices, sums, a nested model, a shared layer, hard_sigmoid, normalization.
tf_keras.utils.set_random_seed(8)
given = tf_keras.Input((5,), dtype="int32")
vectors = layers.Embedding(len(WORDS), 4)(given)
mask = tf.math.not_equal(given, 0)
inner = tf_keras.Sequential([layers.Conv1D(3, 2, padding="same"), layers.BatchNormalization()], name="inner")
shared = layers.Bidirectional(layers.LSTM(2, recurrent_activation="hard_sigmoid"))
steps = inner(vectors)
both = layers.Add()([shared(vectors, mask=mask), shared(layers.LeakyReLU(0.2)(vectors))])
summed = tf.concat([tf.reduce_sum(steps, axis=1), 1.0 - steps[:, -1, :] * 2.0], axis=-1)
graph = tf_keras.Model(given, layers.Dense(1, activation="sigmoid")(layers.Concatenate()([both, summed])))
for weight in graph.weights:
    weight.assign(np.random.uniform(0.2 if "variance" in weight.name else -0.8, 0.8, weight.shape))
graph.save(HERE / "keras2_graph.h5", include_optimizer=False)
graph.save(HERE / "keras2_graph.keras")
graph.save_weights(HERE / "keras2_graph.weights.h5")
graph.save(HERE / "keras2_graph", save_format="tf", include_optimizer=False)
# The graph of TensorFlow is never read.
(HERE / "keras2_graph" / "saved_model.pb").write_bytes(b"")
(HERE / "keras2_graph" / "fingerprint.pb").unlink(missing_ok=True)
(HERE / "keras2_graph" / "assets").rmdir()
(HERE / "keras2_graph_architecture.json").write_text(graph.to_json() + "\n")

# CuDNN layers run on a GPU alone. So their answers are those of the same layers for a CPU, whose weights Keras 2 rearranges.
plain = [
    layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
    layers.GRU(2),
    layers.Dense(1, activation="sigmoid"),
]
cudnn = [layers.Bidirectional(CuDNNLSTM(3, return_sequences=True)), CuDNNGRU(2), layers.Dense(1, activation="sigmoid")]
source = tf_keras.Sequential([tf_keras.Input((5,)), layers.Embedding(len(WORDS), 4), *plain])
target = tf_keras.Sequential([tf_keras.Input((5,)), layers.Embedding(len(WORDS), 4), *cudnn])
source.set_weights([np.random.uniform(-1, 1, weight.shape) for weight in source.get_weights()])
for before, after in zip(source.layers, target.layers, strict=True):
    after.set_weights(preprocess_weights_for_loading(after, before.get_weights(), "2.2.4"))
target.save(HERE / "keras2_cudnn.h5", include_optimizer=False)

more = {name: [float(row[0]) for row in model.predict(np.array(IDS), verbose=0)]
        for name, model in (("keras2_graph", graph), ("keras2_cudnn", source))}  # fmt: skip
(HERE / "keras2_more.json").write_text(json.dumps({"ids": IDS, **more}) + "\n")
