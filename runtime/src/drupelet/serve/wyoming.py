"""Answers in the Wyoming protocol, in which Home Assistant asks for the intent of a text.

An event is a line of JSON (``type``; ``data``, or ``data_length`` bytes of JSON behind the line; ``payload_length`` bytes
behind those). ``transcript`` and ``recognize`` carry a text; the answer is ``intent``, whose name is the label, or
``not-recognized``. ``describe`` is answered by ``info``, ``ping`` by ``pong``; other events are dropped, as the
protocol wants it.
"""

from __future__ import annotations

import json
import select
import socket
import threading
import time

from drupelet.serve.beside import run_beside_models
from drupelet.serve.listening import address_of
from drupelet.serve.refusal import Refusal
from drupelet.strict_json import parse_value
from drupelet.value import Value
from drupelet.version import __version__

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from drupelet.prediction import Prediction
    from drupelet.serve.models import Model, Models
    from drupelet.serve.requests import Limits

MAX_LINE_BYTES = 1 << 16
"""Of an event's line. Clients send long data behind it."""
POLL_SECONDS = 1.0
BACKLOG = 128
CHUNK_BYTES = 1 << 16


class ProtocolError(Exception):
    """What a client sent is no event, or too long for one."""


class Event(Value):
    """An event of the protocol."""

    type: str
    data: Mapping[str, Any]

    def encoded(self) -> bytes:
        """The event as it is sent."""
        data = json.dumps(self.data, ensure_ascii=False).encode("utf-8", "replace")
        line = json.dumps({"type": self.type, "version": __version__, "data_length": len(data)})
        return line.encode() + b"\n" + data


class Intents:
    """What the events of a connection are answered by.

    A label is recognized from ``threshold`` on, and of several that hold the most probable one; a text without a word that the
    network knows, or that the model rejects, never is. ``languages`` are those
    for which Home Assistant offers the service.
    """

    def __init__(self, models: Models, threshold: float, languages: tuple[str, ...], max_characters: int) -> None:
        self._models = models
        self._threshold = threshold
        self._languages = languages
        self._max_characters = max_characters
        self._selected: str | None = None

    def answer(self, event: Event) -> Event | None:
        """The answer to an event; None for one that needs none. Raises ProtocolError for one whose text is no text."""
        if event.type == "describe":
            return Event("info", self._info())
        if event.type == "ping":
            return Event("pong", {"text": event.data.get("text")})
        if event.type == "select-program":
            name = event.data.get("name")
            self._selected = name if isinstance(name, str) else None
            return None
        if event.type not in ("transcript", "recognize"):
            return None
        text, context = event.data.get("text"), event.data.get("context")
        if not isinstance(text, str) or len(text) > self._max_characters:
            raise ProtocolError(f"text of {event.type} is no string of at most {self._max_characters:,} characters")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ProtocolError(f"text of {event.type} has a lone surrogate, which no text has")
        found = self._intent(text)
        return found if context is None else Event(found.type, {**found.data, "context": context})

    def _intent(self, text: str) -> Event:
        try:
            model = self._model()
        except Refusal as refusal:
            return Event("error", {"text": refusal.message, "code": refusal.code})
        prediction = model.classifier(text)
        label, probability = prediction.label, prediction.probability
        if prediction.is_multi_label:
            of_label = dict(zip(model.classifier.labels, prediction.probabilities))
            label = max(prediction.labels, key=of_label.__getitem__, default=None)
            probability = 0.0 if label is None else of_label[label]
        if label is None or not self._is_recognized(prediction, probability):
            return Event("not-recognized", {})
        return Event("intent", {"name": label, "entities": [{"name": "probability", "value": probability}]})

    def _is_recognized(self, prediction: Prediction, probability: float) -> bool:
        """A NaN is less than no threshold, and is not recognized."""
        return prediction.n_tokens > 0 and probability >= self._threshold

    def _model(self) -> Model:
        loaded = self._models.loaded
        if self._selected is None and loaded and not self._models.missing:
            return loaded[0]
        return self._models.get(self._selected)

    def _info(self) -> dict[str, Any]:
        programs = [self._program(model) for model in self._models.loaded]
        return {**{domain: [] for domain in ("asr", "tts", "handle", "wake", "mic", "snd")}, "intent": programs}

    def _program(self, model: Model) -> dict[str, Any]:
        artifact = {
            "name": model.name,
            "description": f"one of {', '.join(model.classifier.labels)}"[:1000],
            "attribution": {"name": "drupelet", "url": ""},
            "installed": True,
            "version": __version__,
        }
        return {**artifact, "models": [{**artifact, "languages": list(self._languages)}]}


def serve_wyoming(
    intents: Callable[[], Intents], models: Models, bound: socket.socket, limits: Limits, log: Callable[[str], None]
) -> None:
    """Loads the models and answers until SIGTERM or SIGINT. SIGHUP has the models loaded again.

    ``intents`` is called for each connection. Raises what is wrong with a model that cannot be loaded at the start.
    """
    server = _Server(intents, bound, limits)
    log(f"listening on tcp://{address_of(bound)}")
    run_beside_models(models, server.run_until_stopped, server.stop, models.reload, log)


class _Server:
    """Accepts connections, up to the limit; each has a thread of its own."""

    def __init__(self, intents: Callable[[], Intents], bound: socket.socket, limits: Limits) -> None:
        self._intents = intents
        self._bound = bound
        self._limits = limits
        self._free = threading.Semaphore(limits.max_connections)
        self._stopping = False
        bound.listen(BACKLOG)

    def stop(self) -> None:
        """Has :meth:`run_until_stopped` end."""
        self._stopping = True

    def run_until_stopped(self) -> None:
        """Answers; at the end, texts that have come get their answer for a while."""
        threads: list[threading.Thread] = []
        while not self._stopping:
            if not self._free.acquire(timeout=POLL_SECONDS):
                continue
            connection = self._accepted()
            if connection is None:
                self._free.release()
                continue
            threads = [thread for thread in threads if thread.is_alive()]
            threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            threads[-1].start()
        deadline = time.monotonic() + POLL_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _accepted(self) -> socket.socket | None:
        ready, _, _ = select.select([self._bound], [], [], POLL_SECONDS)
        if not ready:
            return None
        try:
            return self._bound.accept()[0]
        except OSError:  # the client has left already, or there is no descriptor left
            return None

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                self._answer_all(connection)
        except OSError:  # the client has left, or takes nothing
            pass
        finally:
            self._free.release()

    def _answer_all(self, connection: socket.socket) -> None:
        intents = self._intents()
        reader = EventReader(connection, self._limits.max_body_bytes, self._limits.max_seconds)
        while not self._stopping:
            try:
                event = reader.next()
                answer = None if event is None else intents.answer(event)
            except ProtocolError as error:
                connection.sendall(Event("error", {"text": str(error), "code": "protocol"}).encoded())
                return
            if event is None:
                return
            if answer is not None:
                connection.settimeout(self._limits.max_seconds)
                connection.sendall(answer.encoded())


class EventReader:
    """Reads events from a socket. An event has to be whole ``max_seconds`` after the one before it."""

    def __init__(self, connection: socket.socket, max_bytes: int, max_seconds: float) -> None:
        self._connection = connection
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds
        self._deadline = 0.0
        self._buffer = b""

    def next(self) -> Event | None:
        """The next event; None where the client has ended, or sent none in time. Raises ProtocolError."""
        self._deadline = time.monotonic() + self._max_seconds
        line = self._line()
        if line is None:
            return None
        head = _object(line, "an event")
        kind, data = head.get("type"), head.get("data") or {}
        if not isinstance(kind, str) or not isinstance(data, dict):
            raise ProtocolError("an event needs a string type, and an object as its data")
        size, payload = (self._size(head, name) for name in ("data_length", "payload_length"))
        content = self._bytes(size)
        if content is None:
            return None
        if content:
            data = {**data, **_object(content, "data")}
        while payload:
            chunk = self._bytes(min(payload, CHUNK_BYTES))
            if chunk is None:
                return None
            payload -= len(chunk)
        return Event(kind, data)

    def _size(self, head: Mapping[str, Any], name: str) -> int:
        size = head.get(name) or 0
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= self._max_bytes:
            raise ProtocolError(f"{name} is no number from 0 to {self._max_bytes:,}")
        return size

    def _line(self) -> bytes | None:
        while b"\n" not in self._buffer:
            if len(self._buffer) > MAX_LINE_BYTES:
                raise ProtocolError(f"the line of an event is longer than {MAX_LINE_BYTES:,} bytes")
            if not self._receive():
                return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _bytes(self, count: int) -> bytes | None:
        while len(self._buffer) < count:
            if not self._receive():
                return None
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def _receive(self) -> bool:
        left = self._deadline - time.monotonic()
        if left <= 0:
            return False
        self._connection.settimeout(left)
        try:
            chunk = self._connection.recv(CHUNK_BYTES)
        except socket.timeout:  # TimeoutError from Python 3.10 on
            return False
        self._buffer += chunk
        return bool(chunk)


def _object(content: bytes, what: str) -> dict[str, Any]:
    try:
        found = parse_value(content)
    except ValueError as error:
        raise ProtocolError(f"{what} is not JSON ({error})") from error
    if not isinstance(found, dict):
        raise ProtocolError(f"{what} is no JSON object")
    return found
