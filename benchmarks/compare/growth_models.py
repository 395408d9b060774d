"""Networks of chosen sizes, with random weights, for the measurements of growth: Embedding 50, stacked LSTM, Dense 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.compare.models import write_network
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.text.named import ALNUM
from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.model.graph_builder import IDS, GraphBuilder
from drupelet_train.words.vocabulary import RESERVED, UNKNOWN_ID

SEED = 17
EMBEDDING_DIM = 50
FILES = (("drupelet", "wi8"), ("drupelet", "f32"), ("onnx", "f32"))


def random_network(words: Sequence[str], units: int, layers: int) -> ModelDescription:
    """A network that reads texts of any length. Its weights have the size of trained ones; its answers mean nothing."""
    generator = np.random.default_rng(SEED)
    network = GraphBuilder()
    table = generator.normal(0, 0.5, (len(RESERVED) + len(words), EMBEDDING_DIM))
    value = network.add(Embedding(*table.shape), [IDS], {"table": frozen(table)}, layer="embedding")
    inputs = EMBEDDING_DIM
    for number in range(layers):
        last = number == layers - 1
        value = network.add(
            Recurrent(
                "lstm",
                "forward",
                "none",
                units,
                "tanh",
                "sigmoid",
                reset_after=False,
                returns="last" if last else "steps",
            ),
            [value],
            {
                "forward.kernel": frozen(generator.normal(0, 1 / np.sqrt(inputs), (inputs, 4 * units))),
                "forward.recurrent_kernel": frozen(generator.normal(0, 1 / np.sqrt(units), (units, 4 * units))),
                "forward.bias": frozen(np.repeat([0.0, 1.0, 0.0, 0.0], units)),
            },
            layer=f"lstm_{number}",
            masked=True,
        )
        inputs = units
    head = {"kernel": frozen(generator.normal(0, 0.3, (units, 2))), "bias": frozen(np.zeros(2))}
    network.add(Dense(2), [value], head, layer="head")
    return ModelDescription(
        text_rules=replace(ALNUM, max_tokens=None, keep="head", unknown_id=UNKNOWN_ID),
        vocabulary=(*(None for _ in RESERVED), *words),
        labels=("negative", "positive"),
        nodes=network.nodes,
        tensors=network.tensors,
        output="softmax",
        masking="mask",
        padding="pre",
    )


def write_random_network(folder: Path, words: Sequence[str], units: int, layers: int) -> None:
    """Writes what the peers of growth load."""
    folder.mkdir(parents=True, exist_ok=True)
    write_network(folder, random_network(words, units, layers), with_int8=False, files=FILES)


def vocabulary(training: Sequence[str], count: int) -> list[str]:
    """The ``count`` most frequent words of texts whose words are joined by spaces, and made-up ones when they have fewer."""
    frequencies: dict[str, int] = {}
    for words in training:
        for word in words.split():
            frequencies[word] = frequencies.get(word, 0) + 1
    found = sorted(frequencies, key=lambda word: (-frequencies[word], word))[:count]
    made_up = (f"word{number}" for number in range(count))
    found += [word for word in made_up if word not in frequencies][: count - len(found)]
    return found
