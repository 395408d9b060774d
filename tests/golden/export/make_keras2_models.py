"""Writes a model of Keras 2 into this folder, as .h5 and as .keras, and what it answers there.

Run it by hand, with the package ``tf_keras`` (Keras 2) beside TensorFlow:

    pip install --no-deps --target /tmp/tfk tf_keras
    PYTHONPATH=/tmp/tfk python tests/golden/export/make_keras2_models.py

Keras 2 writes ``time_major`` into recurrent layers, ``input_length`` into embeddings and ``batch_input_shape`` into the
first layer; Keras 3 knows none of them.
"""

import json
from pathlib import Path

import numpy as np
import tf_keras
from tf_keras import layers

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
