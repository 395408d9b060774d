"""The layers of Keras that compile, as the reader of models in memory knows them."""

from __future__ import annotations

DROPOUT_LAYERS = ("Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout")
"""Layers that do nothing at inference and pass a mask on."""
RECURRENT_LAYERS = ("LSTM", "GRU")
POOLING_LAYERS = {"GlobalMaxPooling1D": "max", "GlobalAveragePooling1D": "average"}
MODELS = ("Sequential", "Functional", "Model")
SUPPORTED_LAYERS = (
    "InputLayer",
    "TextVectorization",
    "Embedding",
    *DROPOUT_LAYERS,
    *RECURRENT_LAYERS,
    "Bidirectional",
    *POOLING_LAYERS,
    "Dense",
    "Activation",
)
GRAMMAR = (
    "Embedding -> dropouts -> one or more LSTM/GRU, each optionally Bidirectional -> last state | GlobalMaxPooling1D "
    "| GlobalAveragePooling1D -> Dense/dropouts -> Dense(softmax | sigmoid | linear), after an optional TextVectorization"
)
