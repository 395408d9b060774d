"""Encodes a text for a network: words, ids, the cut to max_tokens, and the padding or masking of Keras."""

from __future__ import annotations

from typing import NamedTuple

from drupelet.errors import FormatError, InputError
from drupelet.graph import PADDING_ID, Graph
from drupelet.text.rules import TextRules
from drupelet.text.words import splitter
from drupelet.vocabulary import Vocabulary


class Encoded(NamedTuple):
    """The ids that an engine runs on, and the number of tokens of the text that are words of the vocabulary, after the cut."""

    ids: list[int]
    n_tokens: int


class Encoder:
    """Turns texts into ids for one network. Keeps no state between calls; safe to share between threads.

    Raises FormatError for text rules with a pattern that is none: they come from a file, which nobody checked so far.
    """

    def __init__(self, text_rules: TextRules, vocabulary: Vocabulary, network: Graph) -> None:
        try:
            self._words = splitter(text_rules)
        except InputError as error:
            raise FormatError(f"text rules: {error}") from error
        self._rules = text_rules
        self._vocabulary = vocabulary
        self._padding = network.padding
        self._max_tokens = network.max_tokens or 0

    @property
    def identity(self) -> object:
        """Equal for two encoders that make the same ids of any text: what they were made of, byte for byte."""
        return self._rules, self._vocabulary.identity, self._padding, self._max_tokens

    def encode(self, text: str) -> Encoded:
        """The ids of a text.

        A network with a mask gets exactly the tokens that the mask keeps (none at all for an empty text). A network whose
        padding Keras does not mask gets ``max_tokens`` ids, filled up with id 0 at the front or at the back.
        """
        word_ids = self._looked_up(self._words(text))
        ids = self._rules.ids(word_ids)
        n_tokens = self._rules.known(word_ids)
        if self._padding == "none":
            return Encoded([word_id for word_id in ids if word_id != PADDING_ID], n_tokens)
        filling = [PADDING_ID] * (self._max_tokens - len(ids))
        return Encoded(filling + ids if self._padding == "pre" else ids + filling, n_tokens)

    def _looked_up(self, words: list[str]) -> list[int | None]:
        """The ids of the words, up to the last one whose id a text keeps: behind it the vocabulary is not read."""
        rules = self._rules
        id_of = self._vocabulary.id_of
        if rules.max_tokens is None or rules.keep != "head" or len(words) <= rules.max_tokens:
            return [id_of(word) for word in words]
        room = rules.max_tokens - (rules.start_id is not None)
        if rules.unknown_id is not None:
            return [id_of(word) for word in words[:room]]
        found: list[int | None] = []
        for word in words:
            if len(found) == room:
                break
            word_id = id_of(word)
            if word_id is not None:  # an unknown word leaves no id
                found.append(word_id)
        return found
