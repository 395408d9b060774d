"""Reads a Keras model into a ModelDescription. A layer that is not supported is refused by name, with its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drupelet_export.errors import ModelError
from drupelet_export.model.description import ModelDescription, check
from drupelet_export.model.quantized import Tensor
from drupelet_export.reading.ending import ending
from drupelet_export.reading.layer_walk import OPEN_LENGTH, WalkedModel, walk
from drupelet_export.reading.live_nodes import Nodes, live_nodes
from drupelet_export.reading.nested_models import input_length, masks_zero, text_vectorization
from drupelet_export.reading.owner_rules import rules_of_textvectorization
from drupelet_export.reading.padding_effect import padding_counts, read_at_padding
from drupelet_export.reading.settlement import Settled, settle
from drupelet_export.reading.text_facts import Facts, Given
from drupelet_export.reading.text_options import TextOptions

RESERVED_WORDS = 2
"""The first entries of a TextVectorization's vocabulary, which are no words: padding and ``[UNK]``."""


class _ReadNetwork:
    """The nodes of a model whose texts have ``length`` ids, and what the way from texts to ids must know of them.

    ``masked``: some layer gets the mask of the ids. ``padding_counts``: the side and length of the padding can change answers.
    """

    def __init__(self, model: Any, where: str, length: int | None) -> None:
        self.length = length
        walked = walk(model, where, length)
        nodes, tensors = _needed(walked, where)
        self.masked = any(node.masked for node in nodes)
        self.padding_counts = not self.masked or padding_counts(nodes, tensors)
        rows = {int(vars(node.operation)["rows"]) for node in nodes if node.operation.name == "embedding"}
        if len(rows) > 1:
            raise ModelError(
                f"{where}: Embeddings with {sorted(rows)} rows, expected one number: ids mean the same in each"
            )
        self.rows = rows.pop()
        self.vectorization = walked.vectorization
        nodes, added, self.output = ending(nodes, _types(nodes, walked))
        self.nodes, self.tensors = live_nodes(nodes, {**tensors, **added}, len(nodes))


def describe_model(model: Any, options: TextOptions, where: str) -> ModelDescription:
    """The description of a Keras model, checked.

    ``options`` say how texts become ids, unless the model has a TextVectorization. ``where`` names the model in errors.
    Raises ModelError for a layer that is not supported, with its name and place.
    """
    network = _ReadNetwork(model, where, _first_length(model, options, where))
    settled = _settled(model, network, options, where, ())
    if settled.rules.max_tokens != network.length:
        network = _ReadNetwork(model, where, settled.rules.max_tokens)
    description = ModelDescription(
        text_rules=settled.rules,
        vocabulary=settled.words,
        labels=options.labels,
        nodes=network.nodes,
        tensors=network.tensors,
        output=network.output,
        masking="mask" if network.masked else "none",
        padding=settled.padding,
    )
    try:
        check(description)
    except ModelError as error:
        raise ModelError(f"{where}: {error}") from error
    return description


def settle_text(model: Any, options: TextOptions, where: str, samples: Iterable[str] = ()) -> Settled:
    """The way from texts to ids of a Keras model. ``samples`` are texts for the examples of a question.

    Raises ModelError (OpenQuestionError for what ``options`` leave open), naming ``where``.
    """
    return _settled(model, _ReadNetwork(model, where, _first_length(model, options, where)), options, where, samples)


def _needed(walked: WalkedModel, where: str) -> tuple[Nodes, dict[str, Tensor]]:
    """The nodes that the answer needs. What a layer computes at masked ids is left out where no layer reads it."""
    network = walked.network
    output = walked.output_call(where).plain(walked.output)
    if output == 0:
        raise ModelError(f"{where}: answers with the ids of the text, expected an Embedding that reads them")
    nodes, tensors = network.builder.nodes, network.builder.tensors
    read = read_at_padding(nodes)
    instead = {number: other for number, other in network.chosen.items() if number not in read}
    return live_nodes(nodes, tensors, output, instead)


def _types(nodes: Nodes, walked: WalkedModel) -> list[Any]:
    types = [walked.network.types[0]]
    for node in nodes:
        types.append(node.operation.output([types[number] for number in node.inputs]))
    return types


def _first_length(model: Any, options: TextOptions, where: str) -> int:
    """The number of ids to read a model with, before it is settled how texts become ids."""
    said: list[int | None] = [input_length(model)]
    layer = text_vectorization(model)
    if layer is not None:
        said.append(rules_of_textvectorization(layer.get_config(), where).max_tokens)
    text = options.text
    if isinstance(text, Settled):
        said.append(text.rules.max_tokens)
    elif text is not None:
        said += [text.max_tokens, text.rules.max_tokens if text.rules is not None else None]
        said.append(text.vocabulary.output_sequence_length)
    return next((length for length in said if length is not None), OPEN_LENGTH)


def _settled(model: Any, network: _ReadNetwork, options: TextOptions, where: str, samples: Iterable[str]) -> Settled:
    if isinstance(options.text, Settled):
        return options.text
    if network.vectorization is not None:
        if options.text is not None:
            raise ModelError(
                f"{where}: has a TextVectorization with text rules and vocabulary inside; leave out --vocab and the options on "
                "how texts become ids"
            )
        return _vectorization(network, where)
    if isinstance(options.text, Given):
        masked = network.masked or masks_zero(model)
        facts = Facts(where, network.rows, input_length(model), masked, network.padding_counts)
        return settle(options.text, facts, samples)
    raise ModelError(
        f"{where}: has no TextVectorization, so its words are not known; give --vocab FILE: the Tokenizer, the word index or "
        "the list of words that it was trained with"
    )


def _vectorization(network: _ReadNetwork, where: str) -> Settled:
    """What the TextVectorization inside a model says."""
    layer = network.vectorization
    rules = rules_of_textvectorization(layer.get_config(), where)
    words = [str(word) for word in layer.get_vocabulary()]
    if len(words) <= RESERVED_WORDS:
        raise ModelError(
            f"{where}: its TextVectorization has no word, so every text would be unknown; expected the vocabulary of its "
            "training. A .h5 file does not keep it: save the model as .keras from the program that trained it"
        )
    if len(words) > network.rows:
        raise ModelError(
            f"{where}: its TextVectorization has {len(words)} tokens, the Embedding {network.rows} rows; expected a row "
            "for each"
        )
    if network.padding_counts and rules.max_tokens is None:
        why = "a layer reads masked steps too" if network.masked else "no layer masks it"
        raise ModelError(f"{where}: {why}, so padding is part of the answer, but its length is not fixed: build the "
                         "TextVectorization with output_sequence_length")  # fmt: skip
    # No text reaches the rows behind the words: an Embedding of max_tokens rows over a corpus with fewer words.
    rest = (None,) * (network.rows - len(words))
    found = "Text rules and words are those of the TextVectorization inside the model."
    return Settled(rules, (*[None] * RESERVED_WORDS, *words[RESERVED_WORDS:], *rest), "post", (found,))
