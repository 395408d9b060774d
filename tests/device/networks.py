"""Small random networks that together use the whole grammar. They are written as .drupelet files in every scheme."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from drupelet.operations.recurrent import Recurrent
from drupelet.quantization import INT8_MAX, SMALL_INT8
from drupelet.text.named import ALNUM, TEXTVECTORIZATION
from drupelet.text.rules import TextRules
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.model.quantized import values_of
from drupelet_export.passes import SCHEME_PASSES, scheme_passes
from drupelet_export.passes.rounding import quantize_rows
from export.chains import cells, chain

SEED = 4
ROWS_BEFORE_WORDS = 2
"""Number of reserved rows: padding and the unknown word."""
ENDINGS = ("", "ar", "ard", "ib", "ibb", "ibble", "old", "older", "umm", "ums")
PLAIN_WORDS = sorted(f"{first}{second}" for first in "abcdefghijklmnop" for second in ENDINGS)
UNICODE_WORDS = sorted(
    [*PLAIN_WORDS, "caf\u00e9", "na\u00efve", "\u00fcber", "\u0434\u0430", "\u6620\u753b", "\U0001f600"]
)


@dataclass(frozen=True)
class Layer:
    """A recurrent layer: ``cell direction`` as in ``"lstm forward"``, and options with the names of Keras."""

    kind: str
    units: int
    merge: str = "none"
    activation: str = "tanh"
    gate: str = "sigmoid"
    reset_after: bool = False


@dataclass(frozen=True)
class Network:
    """A model to draw at random. ``weight`` is the largest weight. ``quiet``: no biases, and a padding row of zeros."""

    layers: tuple[Layer, ...]
    dim: int = 9
    pooling: str = "last"
    hidden: tuple[str, ...] = ()
    output: str = "softmax"
    classes: int = 3
    padding: str | None = None
    max_tokens: int | None = None
    pool_zero_below: int | None = None
    text_rules: TextRules = ALNUM
    words: tuple[str, ...] = tuple(PLAIN_WORDS)
    weight: float = 1.0
    quiet: bool = False


ALL_ACTIVATIONS = ("relu", "tanh", "sigmoid", "hard_sigmoid", "elu", "selu", "silu", "softsign", "linear")
NETWORKS: Mapping[str, Network] = {
    "lstm": Network((Layer("lstm forward", 21),)),
    "lstm-of-the-workload": Network((Layer("lstm forward", 64),), dim=50, output="sigmoid", classes=1, weight=0.3),
    "lstm-of-one-unit": Network((Layer("lstm backward", 1),), dim=15, weight=3.0),
    "lstm-relu": Network((Layer("lstm backward", 7, activation="relu", gate="hard_sigmoid"),), weight=0.5),
    "lstm-tanh-gates": Network((Layer("lstm forward", 18, activation="sigmoid", gate="tanh"),), output="logits"),
    "rnn": Network((Layer("rnn bidirectional", 9, merge="concat"),), pooling="average"),
    "lstm-gelu": Network((Layer("lstm forward", 7, activation="gelu", gate="hard_sigmoid_2"),)),
    "gru-reset-after": Network((Layer("gru forward", 17, reset_after=True),), dim=5),
    "gru-reset-before": Network((Layer("gru backward", 33),), dim=13),
    "gru-hard-sigmoid": Network((Layer("gru forward", 5, activation="hard_sigmoid", gate="relu"),), weight=0.4),
    "stack": Network((Layer("lstm forward", 6), Layer("gru forward", 10, reset_after=True), Layer("lstm backward", 3))),
    "bidirectional-concat-max": Network((Layer("lstm bidirectional", 11, merge="concat"),), pooling="max"),
    "bidirectional-sum-average": Network((Layer("gru bidirectional", 6, merge="sum"),), pooling="average"),
    "bidirectional-mul-last": Network((Layer("lstm bidirectional", 19, merge="mul"),), output="sigmoid", classes=4),
    "bidirectional-ave-max": Network((Layer("gru bidirectional", 8, merge="ave", reset_after=True),), pooling="max"),
    "stack-of-bidirectional": Network(
        (Layer("lstm bidirectional", 9, merge="sum"), Layer("lstm bidirectional", 5, merge="concat")), pooling="average"
    ),
    "max-with-zeros": Network((Layer("lstm forward", 16),), pooling="max", max_tokens=8, pool_zero_below=8),
    "every-dense-activation": Network((Layer("lstm forward", 12),), hidden=ALL_ACTIVATIONS),
    "padded-before": Network((Layer("lstm forward", 15),), padding="pre", max_tokens=20),
    # Its state halves at every padded step, down to the subnormal numbers that 32-bit NEON treats as zero.
    "padded-behind-quietly": Network(
        (Layer("lstm forward", 15),), padding="post", max_tokens=150, quiet=True, output="logits", weight=0.5
    ),
    "gru-padded-behind-quietly": Network(
        (Layer("gru forward", 15),), padding="post", max_tokens=150, quiet=True, output="logits", weight=0.5
    ),
    # Their state exceeds the largest float32 within a text. It becomes infinite, then NaN, which a second layer must pass on.
    "lstm-that-overflows": Network((Layer("lstm forward", 6, activation="relu"),), weight=100.0),
    "lstm-over-nan": Network((Layer("lstm forward", 6, activation="relu"), Layer("lstm forward", 4)), weight=100.0),
    "gru-over-nan": Network((Layer("lstm forward", 6, activation="relu"), Layer("gru forward", 4)), weight=100.0),
    "unicode-words": Network((Layer("lstm forward", 10),), text_rules=TEXTVECTORIZATION, words=tuple(UNICODE_WORDS)),
}


def random_model(network: Network, seed: int = SEED) -> ModelDescription:
    """The network with weights drawn from a fixed seed."""
    generator = np.random.default_rng(seed)

    def weights(*shape: int) -> np.ndarray:
        return frozen(generator.uniform(-network.weight, network.weight, shape))

    def biases(*shape: int) -> np.ndarray:
        return frozen(np.zeros(shape)) if network.quiet else weights(*shape)

    embedding = weights(ROWS_BEFORE_WORDS + len(network.words), network.dim).copy()
    if network.quiet:
        embedding[0] = 0
    recurrent, dim = [], network.dim
    for place, layer in enumerate(network.layers):
        cell, direction = layer.kind.split()
        gate = "linear" if cell == "rnn" else layer.gate
        shape = Recurrent(cell, direction, layer.merge, layer.units, layer.activation, gate, layer.reset_after, "steps")
        width = shape.gates * layer.units
        bias = (2, width) if layer.reset_after else (width,)
        drawn = {way: (weights(dim, width), weights(layer.units, width), biases(*bias)) for way in shape.passes}
        recurrent.append((f"{cell}_{place}", shape, cells(shape, drawn)))
        dim = shape.output_width
    dense = []
    for activation in network.hidden:
        dense.append((f"dense_{activation}", activation, weights(dim, 7), biases(7)))
        dim = 7
    dense.append(("head", "linear", weights(dim, network.classes), biases(network.classes)))
    nodes, tensors = chain(frozen(embedding), recurrent, dense, network.pooling, zero_below=network.pool_zero_below)
    return ModelDescription(
        text_rules=replace(network.text_rules, max_tokens=network.max_tokens, unknown_id=1),
        vocabulary=(None,) * ROWS_BEFORE_WORDS + network.words,
        labels=tuple(f"label {number}" for number in range(max(network.classes, 2))),
        nodes=nodes,
        tensors=tensors,
        output=network.output,
        masking="none" if network.padding else "exact",
        padding=network.padding,
    )


def on_int4_grid(model: ModelDescription) -> ModelDescription:
    """The model with int4 rows as after training, which the pass recovers exactly instead of searching for minutes."""
    on_grid = {name: frozen(quantize_rows(values_of(table), 4).dequantized) for name, table in model.tables.items()}
    return replace(model, tensors={**model.tensors, **on_grid})


def write_networks(folder: Path) -> list[Path]:
    """Writes a .drupelet file of every network in every scheme, and one more in wi8 with small weights."""
    files = []
    for name, network in NETWORKS.items():
        model = random_model(network)
        for scheme, limit in [*((scheme, INT8_MAX) for scheme in SCHEME_PASSES), ("wi8", SMALL_INT8)]:
            path = folder / f"{name}.{scheme}{'' if limit == INT8_MAX else '-small'}.drupelet"
            start = on_int4_grid(model) if scheme == "wi4" else model
            final = functools.reduce(lambda so_far, one: one.apply(so_far), scheme_passes(scheme, limit), start)
            path.write_bytes(emit_drupelet(in_rank_order(final), scheme))
            files.append(path)
    return files


def texts() -> list[str]:
    """Texts for these networks, without line feeds: empty, short and long ones, unknown words, and odd bytes."""
    generator = np.random.default_rng(SEED)
    drawn = [" ".join(generator.choice(PLAIN_WORDS, count)) for count in (1, 2, 3, 5, 8, 9, 21, 60)]
    odd = [
        "",
        " \u2003\x85\t",
        "qzxqzx",
        "a, QZX! b<br />COLD caf\u00e9",
        "CAF\u00c9 na\u00efve na\u00cfve \u00fcber \u0434\u0430\u0414\u0410 \u6620\u753b\u3000\u6620 \U0001f600",
        "a\u0130b \u212aold a\x00b \x7f",
        "\ud800 a \udfff",
        "a" * 300 + " b",
    ]
    return [*drawn, *odd]
