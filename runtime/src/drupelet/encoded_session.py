"""Turns a session that runs ids into one that answers texts."""

from __future__ import annotations

from drupelet.answering import Answering
from drupelet.encoder import Encoder
from drupelet.errors import FormatError, InputError
from drupelet.fork_gate import FORK_GATE
from drupelet.text_limit import TextLimit

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Protocol

    from drupelet.bundle import Bundle
    from drupelet.encoder import Encoded
    from drupelet.engines.protocol import Session
    from drupelet.manifest import ModelEntry
    from drupelet.prediction import Prediction

    class TextEncoder(Protocol):
        """What encodes a text as :class:`drupelet.encoder.Encoder` does."""

        def encode(self, text: str) -> Encoded:
            """The ids of a text."""


class EncodedSession:
    """A TextSession: Python encodes the texts, the session runs the ids. As safe to share between threads as the session.

    ``encoder`` may be replaced by one that makes the same ids.
    """

    def __init__(self, bundle: Bundle, model: ModelEntry, session: Session) -> None:
        manifest = bundle.manifest
        self._where = f"{bundle.path}: {model.entry.file}"
        self._logit_count = manifest.network.logit_count
        self._answering = Answering(manifest.network, manifest.labels, manifest.decision)
        source = bundle.alone(model) if model.format == "drupelet" else bundle  # whose ids the session runs
        self.encoder: TextEncoder = Encoder(source.manifest.text_rules, source.vocabulary(), source.manifest.network)
        self._session = session
        self._limit = TextLimit(manifest.network)

    def answer(self, texts: list[str]) -> list[Prediction]:
        """The answer for each text. Raises FormatError when the number of logits is not that of the manifest."""
        for text in texts:
            if not isinstance(text, str):
                raise InputError(f"a text is {text!r:.60}, expected a string")
        encoded = [self.encoder.encode(text) for text in texts]
        rows = self.run([ids for ids, _ in encoded])
        return [self._answering.prediction(logits, n_tokens) for (_, n_tokens), logits in zip(encoded, rows)]

    def encode(self, text: str) -> list[int]:
        """The ids that the session runs on for this text."""
        return self.encoder.encode(text).ids

    def shares(self, ids: Sequence[int]) -> list[list[float]] | None:
        """What each id adds to each logit, and at last what the bias adds; None where the session does not know."""
        shares = getattr(self._session, "shares", None)
        return shares(ids) if shares is not None else None

    def run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """The logits for rows of ids. Raises FormatError when their number is not that of the manifest.

        Raises InputError for more ids than the memory of a text can hold.
        """
        for ids in batch:
            self._limit.check(len(ids))
        with FORK_GATE:
            rows = self._session.run(batch)
        for logits in rows:
            if len(logits) != self._logit_count:
                raise FormatError(
                    f"{self._where}: gives {len(logits)} logits, the manifest says {self._logit_count}; export the bundle again"
                )
        return rows
