"""The framework-neutral description of a text classifier. Reading creates it from a Keras model; passes rewrite it.

Values are immutable: arrays are read-only, and a pass creates a new description. Names, weight layouts and gate orders
are Keras's (LSTM: input, forget, cell, output; GRU: update, reset, candidate).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from drupelet.architecture import PADDING_ID, Architecture, Dense, Recurrent
from drupelet.errors import FormatError
from drupelet.labels import check_labels
from drupelet.model_sections import MAX_LABELS
from drupelet.text.rules import TextRules
from drupelet.text.words import splitter
from drupelet_export.errors import ModelError
from drupelet_export.model.quantized import Array, Quantized, Tensor, values_of

MASKINGS = ("mask", "none", "exact")


def frozen(array: Any) -> Array:
    """A read-only float32 copy, row-major."""
    copy = np.asarray(array, dtype=np.float32).copy(order="C")
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, eq=False)
class CellWeights:
    """The weights of one direction of a recurrent layer; biases are always float32.

    ``kernel`` (input_dim, gates * units), ``recurrent_kernel`` (units, gates * units), ``bias`` (gates * units), or
    (2, gates * units) for a GRU with ``reset_after``: input bias, then recurrent bias.
    """

    kernel: Tensor
    recurrent_kernel: Tensor
    bias: Array


@dataclass(frozen=True, eq=False)
class RecurrentLayer:
    """An LSTM or GRU layer. ``weights`` has one entry for each direction that the layer runs.

    ``zero_output_for_mask``: a masked step gives zeros to a pooling layer, and not the state before it. This is always so
    in a bidirectional layer.
    """

    name: str
    shape: Recurrent
    weights: Mapping[str, CellWeights]
    zero_output_for_mask: bool


@dataclass(frozen=True, eq=False)
class DenseLayer:
    """A dense layer: ``kernel`` (input_dim, units), ``bias`` (units), float32."""

    name: str
    activation: str
    kernel: Tensor
    bias: Array


@dataclass(frozen=True, eq=False)
class ModelDescription:
    """A text classifier.

    ``vocabulary`` has the word of each embedding row, None for a row that belongs to no word (padding, unknown word).
    ``masking``: ``mask`` (Keras masks id 0), ``none`` (Keras computes the padding) or ``exact`` (a pass has removed the
    masked ids from every text). ``pool_zero_below``: with fewer tokens than this, a max pooling also includes a vector of
    zeros, which masked steps gave. ``padding``: the side on which texts are padded with id 0 to ``text_rules.max_tokens``,
    None where it does not matter.
    """

    text_rules: TextRules
    vocabulary: tuple[str | None, ...]
    labels: tuple[str, ...]
    embedding: Tensor
    recurrent: tuple[RecurrentLayer, ...]
    pooling: str
    dense: tuple[DenseLayer, ...]
    output: str
    masking: str
    padding: str | None
    pool_zero_below: int | None = None

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

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Every tensor with its name, in file order; the names are those of Architecture.tensor_shapes."""
        yield "embedding", self.embedding
        for place, layer in enumerate(self.recurrent):
            for direction in layer.shape.passes:
                weights = layer.weights[direction]
                prefix = f"recurrent.{place}.{direction}"
                yield f"{prefix}.kernel", weights.kernel
                yield f"{prefix}.recurrent_kernel", weights.recurrent_kernel
                yield f"{prefix}.bias", weights.bias
        for place, dense in enumerate(self.dense):
            yield f"dense.{place}.kernel", dense.kernel
            yield f"dense.{place}.bias", dense.bias

    def architecture(self) -> Architecture:
        """The network without its weights, as an engine runs it. Padding counts only where Keras does not mask it."""
        return Architecture(
            vocabulary_rows=self.embedding.shape[0],
            embedding_dim=self.embedding.shape[1],
            recurrent=tuple(layer.shape for layer in self.recurrent),
            pooling=self.pooling,
            dense=tuple(Dense(layer.kernel.shape[0], layer.kernel.shape[1], layer.activation) for layer in self.dense),
            output=self.output,
            max_tokens=self.text_rules.max_tokens,
            padding=(self.padding or "none") if self.masking == "none" else "none",
            pool_zero_below=self.pool_zero_below,
        )


def check(model: ModelDescription) -> None:
    """Raises ModelError, naming the part, when a description contradicts itself. Run before and after every pass."""
    try:
        network = model.architecture()  # checks that the layers fit each other
    except FormatError as error:
        raise ModelError(str(error)) from error
    shapes = network.tensor_shapes()
    for name, tensor in model.tensors():
        if tensor.shape != shapes[name]:
            raise ModelError(f"{name}: shape {tensor.shape}, expected {shapes[name]}")
        if not isinstance(tensor, Quantized) and tensor.dtype not in (np.float32, np.float16):
            raise ModelError(f"{name}: {tensor.dtype}, expected float32")
        values = values_of(tensor)
        if not np.isfinite(values).all():
            place = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
            raise ModelError(f"{name}: {values[place]} at {place}; a trained model has finite weights, train it again")
    rows = model.embedding.shape[0]
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
    if network.class_count > MAX_LABELS:
        raise ModelError(
            f"{network.class_count} classes, expected at most {MAX_LABELS}: a model file has no more labels"
        )
    if len(model.labels) != network.class_count:
        raise ModelError(
            f"{len(model.labels)} labels {list(model.labels)} for {network.class_count} classes, expected one label for each"
        )
    if len(set(model.labels)) != len(model.labels) or not all(model.labels):
        raise ModelError(f"labels {list(model.labels)}: expected distinct names that are not empty")
    try:
        check_labels(model.labels, network.class_count)  # the limits of a manifest, checked before Keras is asked
    except FormatError as error:
        raise ModelError(str(error)) from error
    if model.masking not in MASKINGS:
        raise ModelError(f"masking {model.masking!r}, expected one of {', '.join(MASKINGS)}")
    if model.masking == "none" and (model.padding is None or model.text_rules.max_tokens is None):
        raise ModelError(
            "the padding is not masked, but its side or length is not known; give --padding and --max-tokens"
        )
