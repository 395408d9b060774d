"""The network of the fixed workload: the tutorial's layers, with weights computed from a seed and word counts only.

Freshly initialized weights would be a bad workload to judge quantization on. The answers of such a network are close to even
odds, where any rounding flips them, and it forgets all but the last words. The weights here have the size of trained ones,
gate by gate, as in a model that was trained with configs/tutorial.toml. They also contain a signal: one direction of the
embedding tells how much more often a word occurs in positive reviews, half of the cell's inputs add it up, the other half
subtract it, a loop through the state keeps it, and the head reads it. The logits then have about the spread of the trained
model, and are as rarely close to even odds. On the held-out reviews, the difference of the two logits has a standard deviation
of 2.6 (trained model: 3.8), and is below 0.25 for 4.9 % of the reviews (trained model: 3.5 %).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.quantization import INT4_MAX
from drupelet.text.named import ALNUM
from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.model.graph_builder import IDS, GraphBuilder
from drupelet_train.network.embedding_grid import put_on_grid
from drupelet_train.words.vocabulary import RESERVED, UNKNOWN_ID

Float64 = npt.NDArray[np.float64]

SEED = 4

EMBEDDING_DIM = 50
UNITS = 64
MAX_TOKENS = 250
LABELS = ("negative", "positive")

# Standard deviations in the trained model. Gates are in the order input, forget, cell, output.
EMBEDDING_DEVIATION = 0.633
KERNEL_DEVIATIONS = (0.204, 0.164, 0.157, 0.154)
RECURRENT_DEVIATIONS = (0.148, 0.133, 0.099, 0.120)
BIAS_MEANS = (-0.2, 1.5, 0.0, -0.1)
"""Means in the trained model, except for the forget gate, which has 1.0 there. The signal made by hand is gated less well than
a learned one, and must be remembered longer."""
BIAS_DEVIATIONS = (0.107, 0.176, 0.067, 0.087)

# Strength of the signal, adjusted by hand to the spread of the trained model's logits.
CELL_GAIN = 2.0
LOOP_GAIN = 1.3
HEAD_DEVIATION = 0.3

CELL_GATE = slice(2 * UNITS, 3 * UNITS)


def tutorial_model(words: Sequence[str], polarities: Sequence[float]) -> ModelDescription:
    """Embedding 50 -> LSTM 64, last state -> Dense 2, softmax, as read from Keras, before any pass.

    ``words`` are ordered by falling frequency. ``polarities`` (words,): log odds of each word for positive against negative
    reviews. Embedding rows are on the int4 grid, as after ``drupelet train``, so that int8 and int4 rows are exact.
    """
    generator = np.random.default_rng(SEED)

    def gates(rows: int, deviations: Sequence[float]) -> Float64:
        return np.concatenate([generator.normal(0, deviation, (rows, UNITS)) for deviation in deviations], axis=1)

    signs = generator.choice([-1.0, 1.0], UNITS)
    direction = generator.normal(size=EMBEDDING_DIM)
    direction /= np.linalg.norm(direction)

    kernel = gates(EMBEDDING_DIM, KERNEL_DEVIATIONS)
    kernel[:, CELL_GATE] += CELL_GAIN * np.outer(direction, signs)
    recurrent_kernel = gates(UNITS, RECURRENT_DEVIATIONS)
    recurrent_kernel[:, CELL_GATE] += LOOP_GAIN * np.outer(signs, signs) / UNITS
    bias = np.repeat(BIAS_MEANS, UNITS) + gates(1, BIAS_DEVIATIONS)[0]

    rows = generator.normal(0, EMBEDDING_DEVIATION, (len(RESERVED) + len(words), EMBEDDING_DIM))
    signal = np.concatenate([np.zeros(len(RESERVED)), np.asarray(polarities, np.float64)])
    rows += np.outer(signal - rows @ direction, direction)
    embedding = put_on_grid(rows.astype(np.float32), kernel.astype(np.float32), INT4_MAX)

    head = np.abs(generator.normal(0, HEAD_DEVIATION, UNITS)) * signs / 2
    network = GraphBuilder()
    steps = network.add(Embedding(*embedding.shape), [IDS], {"table": frozen(embedding)}, layer="embedding")
    last = network.add(
        Recurrent("lstm", "forward", "none", UNITS, "tanh", "sigmoid", reset_after=False, returns="last"),
        [steps],
        {
            "forward.kernel": frozen(kernel),
            "forward.recurrent_kernel": frozen(recurrent_kernel),
            "forward.bias": frozen(bias),
        },
        layer="lstm",
        masked=True,
    )
    columns = {"kernel": frozen(np.stack([-head, head], axis=1)), "bias": frozen(np.zeros(2))}
    network.add(Dense(2), [last], columns, layer="head")
    return ModelDescription(
        text_rules=replace(ALNUM, max_tokens=MAX_TOKENS, keep="head", unknown_id=UNKNOWN_ID),
        vocabulary=(*(None for _ in RESERVED), *words),
        labels=LABELS,
        nodes=network.nodes,
        tensors=network.tensors,
        output="softmax",
        masking="mask",
        padding="pre",
    )
