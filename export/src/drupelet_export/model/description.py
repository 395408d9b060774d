"""The framework-neutral description of a text classifier. Reading creates it from a Keras model; passes rewrite it.

Values are immutable: arrays are read-only, and a pass creates a new description. Names, weight layouts and gate orders
are Keras's (LSTM: input, forget, cell, output; GRU: update, reset, candidate).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from drupelet.decision import REJECTED, Decision, check_decision
from drupelet.errors import FormatError
from drupelet.graph import MAX_SCRATCH_BYTES, PADDING_ID, Graph, Node
from drupelet.labels import MAX_LABELS, check_labels
from drupelet.operations.embedding import Embedding
from drupelet.operations.operation import Operation
from drupelet.text.rules import TextRules
from drupelet.text.words import splitter
from drupelet_export.errors import ModelError
from drupelet_export.model.quantized import Array, Quantized, Tensor, values_of

LABELS_SHOWN = 5
"""Labels that an error quotes, so that its next step stays in sight."""
MASKINGS = ("mask", "none", "exact")


def frozen(array: Any) -> Array:
    """A read-only float32 copy, row-major."""
    copy = np.asarray(array, dtype=np.float32).copy(order="C")
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True)
class ModelNode:
    """An operation, the numbers of the values that it reads, and how the Keras layer treats masked steps.

    ``weights_of``: see :class:`drupelet.graph.Node`. ``layer``: the name of the Keras layer. ``masked``: the layer
    gets the mask ``ids != 0``, which an operation understands in its own way (:mod:`drupelet_export.model.oracle`).
    ``zero_output``: a masked recurrent layer gives zeros for a masked step, and not the state before it.
    """

    operation: Operation
    inputs: tuple[int, ...]
    weights_of: int | None = None
    layer: str = ""
    masked: bool = False
    zero_output: bool = False


@dataclass(frozen=True, eq=False)
class ModelDescription:
    """A text classifier.

    ``nodes``: value 0 is the ids of a text, node k defines value k + 1, the last value is the logits. ``tensors``: every tensor
    by its name in ``graph.tensor_shapes()``. ``vocabulary`` has the word of each embedding row, None for a row that
    belongs to no word (padding, unknown word). ``masking``: ``mask`` (nodes read padded ids, and some of them the mask
    ``ids != 0``), ``none`` (Keras computes the padding, and masks nothing) or ``exact`` (a pass has removed the masked ids from
    every text). ``padding``: the side on which texts are padded with id 0 to ``text_rules.max_tokens``, None where it does not
    matter. ``decision``: what of the probabilities is answered, None where the owner stored nothing.
    """

    text_rules: TextRules
    vocabulary: tuple[str | None, ...]
    labels: tuple[str, ...]
    nodes: tuple[ModelNode, ...]
    tensors: Mapping[str, Tensor]
    output: str
    masking: str
    padding: str | None
    decision: Decision | None = None

    @cached_property
    def graph(self) -> Graph:
        """The network as an engine runs it; of a masked model, as Keras sees it, without its masks."""
        max_tokens = self.text_rules.max_tokens
        padded = self.masking == "none" or (self.masking == "mask" and max_tokens is not None)
        nodes = tuple(Node(node.operation, node.inputs, node.weights_of) for node in self.nodes)
        return Graph(nodes, self.output, max_tokens, (self.padding or "post") if padded else "none")

    @property
    def tables(self) -> dict[str, Tensor]:
        """The tables of the embeddings by name, (rows, dim) each."""
        return {name: tensor for name, tensor in self.tensors.items() if name.startswith("embedding.")}

    def with_rows(self, tables: Mapping[str, Tensor], vocabulary: tuple[str | None, ...]) -> ModelDescription:
        """The model with other rows of its embeddings, by the names of their tables, and the words of these rows."""
        nodes = tuple(
            replace(node, operation=replace(node.operation, rows=len(vocabulary)))
            if isinstance(node.operation, Embedding)
            else node
            for node in self.nodes
        )
        return replace(self, nodes=nodes, tensors={**self.tensors, **tables}, vocabulary=vocabulary)

    def weights(self, number: int) -> dict[str, Tensor]:
        """The tensors of a node by role, its own or those that it shares."""
        prefix = self.graph.tensor_prefix(number)
        return {name[len(prefix) :]: tensor for name, tensor in self.tensors.items() if name.startswith(prefix)}

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """The embedding row of each word."""
        return {word: row for row, word in enumerate(self.vocabulary) if word is not None}

    @cached_property
    def out_of_vocabulary_word(self) -> str:
        """A word that is not in the vocabulary: of letters that all named rules keep, or one character where each is a word."""
        if self.text_rules.split.by == "characters":
            return next(chr(code) for code in range(0x1F300, 0x110000) if chr(code) not in self.row_of)
        word = "qzxqzx"
        while word in self.row_of:
            word += "qzx"
        return word

    @cached_property
    def words_of(self) -> Callable[[str], list[str]]:
        """The function from a text to its words."""
        return splitter(self.text_rules)

    def joined(self, words: Iterable[str]) -> str:
        """A text of these words, with what the split needs between them."""
        split = self.text_rules.split
        return {"characters": "", "separator": split.separator}.get(split.by, " ").join(words)

    def ids(self, text: str) -> list[int]:
        """The ids of a text as Keras gets them, before padding: words looked up, then cut to the limit."""
        rows = self.row_of
        return self.text_rules.ids([rows.get(word) for word in self.words_of(text)])

    def engine_ids(self, text: str) -> list[int]:
        """The ids of a text as an engine gets them: without masked ids, or with the padding that Keras does not mask."""
        ids = self.ids(text)
        if self.masking != "none":
            return [row for row in ids if row != PADDING_ID]
        filling = [PADDING_ID] * ((self.text_rules.max_tokens or 0) - len(ids))
        return filling + ids if self.padding == "pre" else ids + filling


def check(model: ModelDescription) -> None:
    """Raises ModelError, naming the part, when a description contradicts itself. Run before and after every pass."""
    if model.masking not in MASKINGS:
        raise ModelError(f"masking {model.masking!r}, expected one of {', '.join(MASKINGS)}")
    if model.masking != "mask" and any(node.masked for node in model.nodes):
        raise ModelError(f"masking {model.masking!r}, but a node gets a mask")
    if model.masking == "none" and (model.padding is None or model.text_rules.max_tokens is None):
        raise ModelError(
            "the padding is not masked, but its side or length is not known; give --padding and --max-tokens"
        )
    try:
        graph = model.graph  # checks that the operations fit each other
    except FormatError as error:
        raise ModelError(str(error)) from error
    needed = max(graph.scratch_bytes(graph.max_tokens or 0))
    if needed > MAX_SCRATCH_BYTES:
        raise ModelError(
            f"Keras would take {needed} bytes to compute a text, expected at most {MAX_SCRATCH_BYTES}; give a smaller "
            "--max-tokens"
        )
    shapes = graph.tensor_shapes()
    if list(shapes) != list(model.tensors):
        raise ModelError(f"tensors {sorted(model.tensors)}, expected {sorted(shapes)}, in the order of the graph")
    for name, tensor in model.tensors.items():
        if tensor.shape != shapes[name]:
            raise ModelError(f"{name}: shape {tensor.shape}, expected {shapes[name]}")
        if not isinstance(tensor, Quantized) and tensor.dtype not in (np.float32, np.float16):
            raise ModelError(f"{name}: {tensor.dtype}, expected float32")
        values = values_of(tensor)
        if not np.isfinite(values).all():
            place = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
            raise ModelError(f"{name}: {values[place]} at {place}; a trained model has finite weights, train it again")
    rows = graph.vocabulary_rows
    if len(model.vocabulary) != rows:
        raise ModelError(f"vocabulary: {len(model.vocabulary)} entries for {rows} embedding rows")
    words = [word for word in model.vocabulary if word is not None]
    if len(set(words)) != len(words):
        twice = next(word for word in words if words.count(word) > 1)
        raise ModelError(f"vocabulary: {twice!r} is there twice, expected distinct words; a word has one id")
    for name, row in model.text_rules.reserved_ids().items():
        if row >= rows:
            raise ModelError(
                f"{name} is {row}, the embedding has {rows} rows; give a smaller --{name.replace('_', '-')}"
            )
    if graph.class_count > MAX_LABELS:
        raise ModelError(
            f"{graph.class_count} classes, and a model file has room for the labels of {MAX_LABELS}; next: train it with "
            "fewer, rare ones together under one label, or as several models"
        )
    if len(model.labels) != graph.class_count:
        raise ModelError(
            f"the model tells {graph.class_count} classes apart, and there {_count_of(model.labels)}; next: give --labels "
            f"with {graph.class_count} names, in the order of the model's outputs"
        )
    if len(set(model.labels)) != len(model.labels) or not all(model.labels):
        raise ModelError(f"labels {list(model.labels)}: expected distinct names that are not empty")
    try:
        check_labels(model.labels, graph.class_count)  # the limits of a manifest, checked before Keras is asked
        check_decision(model.decision, graph)
    except FormatError as error:
        raise ModelError(str(error)) from error
    if model.decision is not None and model.decision.reject_below is not None and REJECTED in model.labels:
        raise ModelError(f"a label is called {REJECTED!r}, which stands for a rejected text; give it another name")


def _count_of(labels: Sequence[str]) -> str:
    """How many labels there are, as the end of a sentence, with the first of them."""
    some = ", ".join(map(repr, labels[:LABELS_SHOWN])) + (", ..." if len(labels) > LABELS_SHOWN else "")
    if not labels:
        return "are no labels"
    return f"is 1 label ({some})" if len(labels) == 1 else f"are {len(labels)} labels ({some})"
