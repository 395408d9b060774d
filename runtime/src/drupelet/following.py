"""Follows a text that arrives piece by piece, and has its answer after each piece."""

from __future__ import annotations

from codecs import utf_8_decode

from drupelet.errors import InputError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable

    from drupelet.engines.protocol import TextSession
    from drupelet.prediction import Prediction


class Follower:
    """A text that arrives piece by piece. :meth:`feed` adds a piece and gives the answer for the text so far.

    That is the answer of ``predict`` for the same text, bit for bit, wherever the pieces were cut. ``incremental`` says that a
    piece costs the steps of its own words: the ``native`` engine goes on from what it has read, if the network reads from front
    to back. Layers of both directions, convolutions and attention, and all other engines, read the whole text again.

    One thread uses a follower at a time.
    """

    def __init__(self, session: TextSession, out_of_memory: Callable[[], Exception]) -> None:
        """Follows on a session; :meth:`drupelet.Classifier.follow` calls this."""
        self._out_of_memory = out_of_memory
        self.incremental: bool = False
        self._answer: Callable[[str], Prediction] = lambda text: session.answer([text])[0]
        follow = getattr(session, "follow", None)
        if follow is not None:
            known, self.incremental = session.follower()  # type: ignore[attr-defined]  # the kernel has both or none
            self._answer = lambda text: follow(known, text)
        self.restart()

    def restart(self) -> None:
        """Begins a new text, of which nothing has arrived."""
        self._text, self._pending = "", b""
        self._prediction: Prediction | None = None

    @property
    def text(self) -> str:
        """The text so far."""
        return self._text

    @property
    def prediction(self) -> Prediction:
        """The answer for the text so far."""
        if self._prediction is None:
            self._prediction = self._answered(self._text)
        return self._prediction

    def feed(self, piece: str | bytes) -> Prediction:
        """The answer for the text with one more piece: text, or UTF-8, which may be cut inside a character.

        The bytes of a character of which the last one is still to come do not count yet. Raises InputError for what is no text,
        or becomes none with what came before, and OutOfMemoryError; the text is then what it was.
        """
        more, pending = self._decoded(piece)
        if more or self._prediction is None:
            text = self._text + more
            self._prediction = self._answered(text)
            self._text = text
        self._pending = pending
        return self._prediction

    def _answered(self, text: str) -> Prediction:
        try:
            return self._answer(text)
        except MemoryError as error:
            raise self._out_of_memory() from error

    def _decoded(self, piece: str | bytes) -> tuple[str, bytes]:
        """The text that a piece adds, and the bytes that begin a character."""
        if isinstance(piece, str):
            if self._pending:
                raise InputError(
                    f"a piece is the text {piece!r:.60}, expected the rest of a character, of which {self._pending!r} came"
                )
            return piece, b""
        if not isinstance(piece, (bytes, bytearray, memoryview)):
            raise InputError(f"a piece is {piece!r:.60}, expected a string, or bytes of UTF-8")
        content = self._pending + bytes(piece)
        try:
            more, used = utf_8_decode(content, "strict", False)
        except UnicodeDecodeError as error:
            place = error.start - len(self._pending)
            raise InputError(
                f"byte {place} of the piece ({content[error.start]:#04x}) is not UTF-8; convert the text, for example with "
                "iconv -f WINDOWS-1252 -t UTF-8"
            ) from error
        return more, content[used:]
