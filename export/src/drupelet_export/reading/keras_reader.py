"""Reads a Keras model into a ModelDescription, layer by layer. A layer outside the grammar is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from drupelet.architecture import ACTIVATIONS, OUTPUTS, RECURRENT_ACTIVATIONS, Recurrent
from drupelet_export.errors import ModelError
from drupelet_export.model.description import CellWeights, DenseLayer, ModelDescription, RecurrentLayer, check, frozen
from drupelet_export.reading.keras_config import DROPOUT_LAYERS, GRAMMAR, POOLING_LAYERS, RECURRENT_LAYERS
from drupelet_export.reading.layer_chain import input_length, layer_chain
from drupelet_export.reading.owner_rules import rules_of_textvectorization
from drupelet_export.reading.settlement import Settled, settle
from drupelet_export.reading.text_facts import Facts, Given
from drupelet_export.reading.text_options import TextOptions

RESERVED_WORDS = 2
"""The first entries of a TextVectorization's vocabulary, which are no words: padding and ``[UNK]``."""


@dataclass
class _Network:
    """The parts of a model that have been read so far."""

    vectorization: Any = None
    embedding: Any = None
    recurrent: list[RecurrentLayer] = field(default_factory=list)
    returns_sequences: bool = True
    pooling: str | None = None
    dense: list[DenseLayer] = field(default_factory=list)


def describe_model(model: Any, options: TextOptions, where: str) -> ModelDescription:
    """The description of a Keras model, checked.

    ``options`` say how texts become ids, unless the model has a TextVectorization. ``where`` names the model in errors.
    Raises ModelError for a layer outside the grammar, with its name and place.
    """
    network = _read_network(model, where)
    *hidden, last = network.dense
    output = {"linear": "logits"}.get(last.activation, last.activation)
    if output not in OUTPUTS:
        raise ModelError(f"{where}: the last layer, {last.name!r}, has activation {last.activation!r}, expected softmax, "
                         "sigmoid or linear")  # fmt: skip
    for dense in hidden:
        if dense.activation not in ACTIVATIONS:
            raise ModelError(f"{where}: layer {dense.name!r} has activation {dense.activation!r}, expected one of "
                             f"{', '.join(ACTIVATIONS)}")  # fmt: skip
    if last.kernel.shape[1] == 1 and output == "softmax":
        raise ModelError(f"{where}: {last.name!r} is a softmax over one unit, which is always 1; use sigmoid")
    settled = _settled(model, network, options, where, ())
    description = ModelDescription(
        text_rules=settled.rules,
        vocabulary=settled.words,
        labels=options.labels,
        embedding=frozen(network.embedding.embeddings),
        recurrent=tuple(network.recurrent),
        pooling=network.pooling or "last",
        dense=(*hidden, replace(last, activation="linear")),
        output=output,
        masking="mask" if network.embedding.mask_zero else "none",
        padding=settled.padding,
    )
    try:
        check(description)
    except ModelError as error:
        raise ModelError(f"{where}: {error}") from error
    return description


def _read_network(model: Any, where: str) -> _Network:
    """The layers of a model, from the TextVectorization on if there is one."""
    chain = layer_chain(model, where)
    layers = [link.layer for link in chain]
    network = _Network()
    for place, link in enumerate(chain):
        if place == 0 and type(link.layer).__name__ == "TextVectorization":
            network.vectorization = link.layer
            continue
        _read_layer(network, link.layer, _Place(where, place, layers))
        _check_mask(network, link.layer, link.has_mask, _Place(where, place, layers))
    if not network.dense or not network.recurrent:
        raise ModelError(f"{where}: no recurrent layer, or no Dense layer after it; supported models: {GRAMMAR}")
    return network


def _check_mask(network: _Network, layer: Any, has_mask: bool | None, place: _Place) -> None:
    """Refuses a functional model that gives its mask to some layers only, because it is neither masked nor unmasked."""
    kind = type(layer).__name__
    if has_mask is None or kind not in (*RECURRENT_LAYERS, "Bidirectional", "GlobalAveragePooling1D"):
        return
    if has_mask != bool(network.embedding.mask_zero):
        place.refuse(f"{'gets' if has_mask else 'does not get'} a mask, with mask_zero={network.embedding.mask_zero}")


@dataclass(frozen=True)
class _Place:
    """The place of a layer in the model, for error messages."""

    where: str
    place: int
    layers: Sequence[Any]

    def refuse(self, reason: str) -> NoReturn:
        layer = self.layers[self.place]
        after = f", after {self.layers[self.place - 1].name!r}" if self.place else ""
        raise ModelError(
            f"{self.where}: layer {self.place} of {len(self.layers)}, {layer.name!r} ({type(layer).__name__}){after}: "
            f"{reason}; supported models: {GRAMMAR}"
        )


def _read_layer(network: _Network, layer: Any, place: _Place) -> None:
    kind = type(layer).__name__
    if layer.dtype_policy.name != "float32":
        place.refuse(f"computes in {layer.dtype_policy.name}, expected float32")
    if kind in DROPOUT_LAYERS:
        if network.embedding is None:
            place.refuse("is before the Embedding")
        return
    for reader in (_read_embedding, _read_recurrent, _read_pooling, _read_dense):
        if reader(network, layer, kind, place):
            return
    place.refuse("is not supported here")


def _read_embedding(network: _Network, layer: Any, kind: str, place: _Place) -> bool:
    if kind != "Embedding":
        return False
    if network.embedding is not None:
        place.refuse("is a second Embedding")
    network.embedding = layer
    return True


def _read_recurrent(network: _Network, layer: Any, kind: str, place: _Place) -> bool:
    if kind not in (*RECURRENT_LAYERS, "Bidirectional"):
        return False
    if network.embedding is None or network.pooling or network.dense:
        place.refuse("is not supported here: recurrent layers must be between the Embedding and the pooling")
    if not network.returns_sequences:
        place.refuse("reads a recurrent layer without return_sequences=True")
    network.recurrent.append(_recurrent_layer(layer, kind, place))
    network.returns_sequences = bool(layer.return_sequences)
    return True


def _read_pooling(network: _Network, layer: Any, kind: str, place: _Place) -> bool:
    if kind not in POOLING_LAYERS:
        return False
    if not network.recurrent or network.pooling or network.dense:
        place.refuse("is not supported here: a pooling must come directly after the last recurrent layer")
    if layer.keepdims or layer.data_format != "channels_last":
        place.refuse(f"has keepdims={layer.keepdims} and data_format={layer.data_format!r}, expected the defaults")
    network.pooling = POOLING_LAYERS[kind]
    return True


def _read_dense(network: _Network, layer: Any, kind: str, place: _Place) -> bool:
    if kind not in ("Dense", "Activation"):
        return False
    if not network.recurrent or (network.returns_sequences and network.pooling is None):
        place.refuse(
            "reads every step; expected a pooling or a last recurrent layer without return_sequences before it"
        )
    activation = _activation_name(layer.activation)
    if kind == "Activation":
        if not network.dense or network.dense[-1].activation != "linear":
            place.refuse("has no linear Dense layer before it to which it could belong")
        network.dense[-1] = replace(network.dense[-1], activation=activation)
        return True
    if network.dense and network.dense[-1].activation == "softmax":
        place.refuse("reads a softmax, which is supported in the last layer only")
    units = int(layer.units)
    bias = layer.bias if layer.use_bias else [0.0] * units
    network.dense.append(DenseLayer(layer.name, activation, frozen(layer.kernel), frozen(bias)))
    return True


def _recurrent_layer(layer: Any, kind: str, place: _Place) -> RecurrentLayer:
    bidirectional = kind == "Bidirectional"
    parts = {"forward": layer.forward_layer, "backward": layer.backward_layer} if bidirectional else {"": layer}
    shapes = set()
    weights = {}
    for way, part in parts.items():
        cell_kind = type(part).__name__
        if cell_kind not in RECURRENT_LAYERS:
            place.refuse(f"wraps a {cell_kind}, expected LSTM or GRU")
        if part.stateful:
            place.refuse("has stateful=True: its answer would depend on earlier texts")
        if part.return_state:
            place.refuse("has return_state=True; build the model with return_state=False, its weights stay the same")
        reversed_ = bool(part.go_backwards)
        if bidirectional and reversed_ != (way == "backward"):
            place.refuse("has a forward layer that goes backwards, or a backward layer that does not")
        direction = "backward" if reversed_ else "forward"
        if not bidirectional and reversed_ and part.return_sequences:
            place.refuse("has go_backwards=True and return_sequences=True: its outputs are in reverse order")
        if not bidirectional and part.zero_output_for_mask and not part.return_sequences:
            place.refuse("has zero_output_for_mask=True without return_sequences: its last output is then often zero")
        if bidirectional and bool(part.zero_output_for_mask) != bool(part.return_sequences):
            place.refuse("has a zero_output_for_mask set by hand that differs from the one that Bidirectional sets")
        shapes.add(_recurrent_shape(part, cell_kind, "bidirectional" if bidirectional else direction,
                                    (layer.merge_mode or "None") if bidirectional else "none", place))  # fmt: skip
        weights[direction] = _cell_weights(part, cell_kind)
    if len(shapes) != 1:
        place.refuse("has a forward and a backward layer of different kinds or sizes")
    any_part = next(iter(parts.values()))
    return RecurrentLayer(layer.name, shapes.pop(), weights, bool(any_part.zero_output_for_mask))


def _recurrent_shape(part: Any, kind: str, direction: str, merge: str, place: _Place) -> Recurrent:
    activation, gate = _activation_name(part.activation), _activation_name(part.recurrent_activation)
    for name, value in (("activation", activation), ("recurrent_activation", gate)):
        if value not in RECURRENT_ACTIVATIONS:
            place.refuse(f"has {name}={value!r}, expected one of {', '.join(RECURRENT_ACTIVATIONS)}")
    if merge == "None":
        place.refuse("has merge_mode=None and so two outputs, expected concat, sum, mul or ave")
    return Recurrent(
        cell=kind.lower(),
        direction=direction,
        merge=merge,
        input_dim=int(part.cell.kernel.shape[0]),
        units=int(part.units),
        activation=activation,
        recurrent_activation=gate,
        reset_after=kind == "GRU" and bool(part.reset_after),
    )


def _cell_weights(part: Any, kind: str) -> CellWeights:
    kernel, recurrent_kernel = frozen(part.cell.kernel), frozen(part.cell.recurrent_kernel)
    width = kernel.shape[1]
    if part.use_bias:
        bias = frozen(part.cell.bias)
    else:
        bias = frozen([[0.0] * width] * 2 if kind == "GRU" and part.reset_after else [0.0] * width)
    return CellWeights(kernel, recurrent_kernel, bias)


def _activation_name(activation: Callable[..., Any] | None) -> str:
    """The name of an activation that is Keras's own, ``custom NAME`` for any other, even one with a name of Keras."""
    import keras

    if activation is None:
        return "linear"
    name = str(getattr(activation, "__name__", type(activation).__name__))
    known = getattr(keras.activations, name, None)
    return name if known is activation else f"custom {name}"


def settle_text(model: Any, options: TextOptions, where: str, samples: Iterable[str] = ()) -> Settled:
    """The way from texts to ids of a Keras model. ``samples`` are texts for the examples of a question.

    Raises ModelError (OpenQuestionError for what ``options`` leave open), naming ``where``.
    """
    return _settled(model, _read_network(model, where), options, where, samples)


def _settled(model: Any, network: _Network, options: TextOptions, where: str, samples: Iterable[str]) -> Settled:
    if isinstance(options.text, Settled):
        return options.text
    if network.vectorization is not None:
        if options.text is not None:
            raise ModelError(
                f"{where}: has a TextVectorization with text rules and vocabulary inside; leave out --vocab and the options on "
                "how texts become ids"
            )
        return _vectorization(network, where)
    masked = bool(network.embedding.mask_zero)
    rows = int(network.embedding.input_dim)
    if isinstance(options.text, Given):
        facts = Facts(where, rows, input_length(model), masked, not masked or network.pooling == "max")
        return settle(options.text, facts, samples)
    raise ModelError(
        f"{where}: has no TextVectorization, so its words are not known; give --vocab FILE: the Tokenizer, the word index or "
        "the list of words that it was trained with"
    )


def _vectorization(network: _Network, where: str) -> Settled:
    """What the TextVectorization inside a model says."""
    layer = network.vectorization
    rules = rules_of_textvectorization(layer.get_config(), where)
    words = [str(word) for word in layer.get_vocabulary()]
    if len(words) <= RESERVED_WORDS:
        raise ModelError(
            f"{where}: its TextVectorization has no word, so every text would be unknown; expected the vocabulary of its "
            "training. A .h5 file does not keep it: save the model as .keras from the program that trained it"
        )
    rows = int(network.embedding.input_dim)
    if len(words) > rows:
        raise ModelError(
            f"{where}: its TextVectorization has {len(words)} tokens, the Embedding {rows} rows; expected a row for each"
        )
    masked = bool(network.embedding.mask_zero)
    if (not masked or network.pooling == "max") and rules.max_tokens is None:
        why = "GlobalMaxPooling1D pools over masked steps too" if masked else "the Embedding has mask_zero=False"
        raise ModelError(f"{where}: {why}, so padding is part of the answer, but its length is not fixed: build the "
                         "TextVectorization with output_sequence_length")  # fmt: skip
    # No text reaches the rows behind the words: an Embedding of max_tokens rows over a corpus with fewer words.
    rest = (None,) * (rows - len(words))
    found = "Text rules and words are those of the TextVectorization inside the model."
    return Settled(rules, (*[None] * RESERVED_WORDS, *words[RESERVED_WORDS:], *rest), "post", (found,))
