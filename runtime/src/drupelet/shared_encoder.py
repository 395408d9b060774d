"""Encodes each text once for all files that make the same ids of it, while a bundle is verified."""

from __future__ import annotations

from drupelet.classifier import Classifier
from drupelet.encoder import Encoded, Encoder


class SharedEncoder:
    """Encodes as an Encoder does, and remembers the ids of every text."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._found: dict[str, Encoded] = {}

    def encode(self, text: str) -> Encoded:
        """The ids of a text. Nobody may change them."""
        found = self._found.get(text)
        if found is None:
            found = self._found[text] = self._encoder.encode(text)
        return found


class SharedEncoders:
    """The encoders of the files of a bundle: one for all files with the same text rules, vocabulary and padding."""

    def __init__(self) -> None:
        self._encoders: dict[object, tuple[Encoder, SharedEncoder]] = {}

    def shared_by(self, classifier: Classifier) -> Encoder | None:
        """Has a classifier encode with the encoder that it shares, and returns it without its memory.

        None, and nothing is changed, for an engine that encodes by itself.
        """
        own = classifier.encoder
        if not isinstance(own, Encoder):
            return None
        encoder, shared = self._encoders.setdefault(own.identity, (own, SharedEncoder(own)))
        classifier.encoder = shared
        return encoder
