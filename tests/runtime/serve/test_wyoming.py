"""Intents by the Wyoming protocol: asked with the client of the package wyoming, and with bytes that are no events."""

import asyncio
import json
import signal
import socket
import threading
import time

import pytest

from drupelet.prediction import Prediction
from drupelet.serve.models import Models
from drupelet.serve.requests import Limits
from drupelet.serve.wyoming import MAX_LINE_BYTES, Event, EventReader, Intents, ProtocolError, _Server
from runtime.serve.asking import Served

TEXT = "a wonderful film"


@pytest.fixture
def intents(models):
    """A function that makes what answers a connection."""
    return lambda threshold=0.5, max_characters=1000: Intents(models, threshold, ("en", "de"), max_characters)


def transcript(text, **more):
    return Event("transcript", {"text": text, **more})


def test_a_text_is_recognized_from_the_threshold_on(intents, classifier):
    expected = classifier(TEXT)
    found = intents(expected.probability).answer(transcript(TEXT))
    entity = {"name": "probability", "value": expected.probability}
    assert (found.type, found.data) == ("intent", {"name": expected.label, "entities": [entity]})
    assert intents(expected.probability + 1e-9).answer(transcript(TEXT)).type == "not-recognized"


def test_a_text_without_a_known_word_is_never_recognized(intents, classifier):
    assert classifier("qzx").n_tokens == 0
    assert intents(0.0).answer(transcript("qzx")) == Event("not-recognized", {})


def test_the_context_comes_back(intents):
    for text in (TEXT, "qzx"):
        assert intents().answer(Event("recognize", {"text": text, "context": {"a": [1]}})).data["context"] == {"a": [1]}


def test_other_events(intents):
    answers = intents()
    assert answers.answer(Event("ping", {"text": "x"})) == Event("pong", {"text": "x"})
    assert answers.answer(Event("audio-chunk", {})) is None
    (program,) = answers.answer(Event("describe", {})).data["intent"]
    assert (program["name"], program["models"][0]["languages"]) == ("tiny", ["en", "de"])


def test_a_program_is_selected_for_a_connection(bundle_folder, any_engine, log):
    models = Models({"a": str(bundle_folder), "b": str(bundle_folder)}, any_engine, None, lambda _: None, log.append)
    answers = Intents(models, 0.0, ("en",), 100)
    assert answers.answer(transcript(TEXT)).type == "error"  # which of them is not settled before both are there
    for name in models.missing:
        models._models[name] = type("Loaded", (), {"classifier": lambda self, text, name=name: answered(name)})()
    assert answers.answer(transcript(TEXT)).data["name"] == "a"
    answers.answer(Event("select-program", {"name": "b"}))
    assert answers.answer(transcript(TEXT)).data["name"] == "b"
    answers.answer(Event("select-program", {"name": "c"}))
    assert "'c' is not served" in answers.answer(transcript(TEXT)).data["text"]


def answered(label, *values, labels=None):
    """A prediction of one word."""
    parts = (label, max(values, default=1.0), values, 1)
    return Prediction(parts if labels is None else (*parts, labels))


@pytest.mark.parametrize(
    ("prediction", "name"),
    [
        (answered(None, 0.3, 0.9), None),
        (answered(None, 0.3, 0.9, labels=()), None),
        (answered("b", 0.3, 0.9), "b"),
        (answered("b", 0.6, 0.9, 0.7, labels=("a", "c")), "c"),  # b does not hold: its threshold is higher
        (answered("b", 0.6, 0.9, 0.7, labels=()), None),
        (answered("b", 0.3, 0.9, 0.2, labels=("a",)), None),  # below the threshold of the service
    ],
)
def test_an_intent_is_a_label_that_is_answered(models, prediction, name):
    class Classifier:
        labels = ("a", "b", "c")

        def __call__(self, text):
            return prediction

    models._models["tiny"] = type("Loaded", (), {"classifier": Classifier()})()
    found = Intents(models, 0.5, ("en",), 1000).answer(transcript(TEXT))
    assert (found.type, found.data.get("name")) == ("not-recognized" if name is None else "intent", name)


@pytest.mark.parametrize("text", [None, 1, ["x"], "x" * 1001, "\ud800"])
def test_what_is_no_text_is_an_error(intents, text):
    with pytest.raises(ProtocolError, match="text of transcript "):
        intents().answer(transcript(text))


@pytest.fixture
def pair():
    """Two connected sockets."""
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_events_are_read_in_every_form_and_in_any_pieces(pair):
    ours, theirs = pair
    data = json.dumps({"text": "\u00fc"}, ensure_ascii=False).encode()
    sent = (
        b'{"type": "a", "data": {"x": 1}}\n'
        + f'{{"type": "b", "data": {{"x": 1}}, "data_length": {len(data)}, "payload_length": 3}}\n'.encode()
        + data
        + b"\0\n\xff"
        + Event("c", {"text": "\u00fc"}).encoded()
    )

    def send():
        for byte in sent:
            theirs.send(bytes([byte]))
        theirs.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    reader = EventReader(ours, 1000, 30)
    assert reader.next() == Event("a", {"x": 1})
    assert reader.next() == Event("b", {"x": 1, "text": "\u00fc"})
    assert reader.next() == Event("c", {"text": "\u00fc"})
    assert reader.next() is None
    sender.join()


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "an event is not JSON"),
        (b"[" * 60_000 + b"\n", "an event is not JSON"),
        (b"7\n", "an event is no JSON object"),
        (b'{"type": 7}\n', "an event needs a string type"),
        (b'{"type": "x", "data": [1]}\n', "an event needs a string type"),
        (b'{"type": "x", "data_length": 1001}\n', "data_length is no number from 0 to 1,000"),
        (b'{"type": "x", "data_length": -1}\n', "data_length is no number"),
        (b'{"type": "x", "payload_length": true}\n', "payload_length is no number"),
        (b'{"type": "x", "payload_length": 1e3}\n', "payload_length is no number"),
        (b'{"type": "x", "data_length": 2}\n[]', "data is no JSON object"),
        (b'{"type": "x", "type": "y"}\n', "names a key twice"),
        (b"x" * (MAX_LINE_BYTES + 70_000), "longer than 65,536 bytes"),
    ],
)
def test_bytes_that_are_no_event(pair, sent, message):
    ours, theirs = pair
    sender = threading.Thread(target=lambda: theirs.sendall(sent))
    sender.start()
    with pytest.raises(ProtocolError, match=message):
        EventReader(ours, 1000, 30).next()
    ours.close()
    sender.join()


def test_an_event_has_to_be_whole_in_time(pair):
    ours, theirs = pair
    theirs.send(b'{"type"')
    begin = time.monotonic()
    assert EventReader(ours, 1000, 0.2).next() is None
    assert 0.1 < time.monotonic() - begin < 10


@pytest.fixture
def running(models):
    """A function that starts a server in a thread and gives its port."""
    servers = []

    def start(**limits):
        bound = socket.create_server(("127.0.0.1", 0))
        server = _Server(lambda: Intents(models, 0.5, ("en",), 1000), bound, Limits(**limits))
        thread = threading.Thread(target=server.run_until_stopped)
        thread.start()
        servers.append((server, thread, bound))
        return bound.getsockname()[1]

    yield start
    for server, thread, bound in servers:
        server.stop()
        thread.join()
        bound.close()


def ask(port, *events):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for event in events:
            connection.sendall(event.encoded())
        reader = EventReader(connection, 100_000, 30)
        return [reader.next() for _ in events]


def test_many_clients_at_once(running, classifier):
    port = running(max_connections=8)
    texts = [f"{word} film" for word in ("good", "bad", "wonderful", "boring") for _ in range(16)]
    found = [None] * len(texts)

    def asked(place):
        found[place] = ask(port, transcript(texts[place]), transcript("qzx"))

    threads = [threading.Thread(target=asked, args=(place,)) for place in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for text, (first, second) in zip(texts, found):
        expected = classifier(text)
        if expected.n_tokens:
            assert (first.type, first.data["name"]) == ("intent", expected.label)
        assert second.type == "not-recognized"


def test_clients_that_keep_still_give_their_place_to_others(running):
    port = running(max_connections=2, max_seconds=1)
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
    try:
        assert ask(port, Event("ping", {}))[0].type == "pong"
        assert [connection.recv(1) for connection in silent] == [b"", b""]
    finally:
        for connection in silent:
            connection.close()


def test_a_bad_event_ends_its_connection_alone(running):
    port = running()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        told = EventReader(connection, 10_000, 30).next()
        assert (told.type, told.data["code"]) == ("error", "protocol")
        assert connection.recv(1) == b""
    assert ask(port, Event("ping", {}))[0].type == "pong"


@pytest.fixture
def command(full_bundle_folder, any_engine):
    """``drupelet serve --wyoming`` in a process, and its port."""
    server = Served(f"tiny={full_bundle_folder}", "--engine", any_engine, "--wyoming", "--language", "en")
    yield server.wait_until_ready()
    server.kill()


def test_home_assistants_client_is_answered(command, classifier):
    pytest.importorskip("wyoming", reason="the package wyoming is not installed: pip install wyoming")
    from wyoming.asr import Transcript
    from wyoming.client import AsyncClient
    from wyoming.info import Describe, Info
    from wyoming.intent import Intent, NotRecognized

    async def talk():
        async with AsyncClient.from_uri(f"tcp://127.0.0.1:{command.port}") as client:
            await client.write_event(Describe().event())
            info = Info.from_event(await client.read_event())
            await client.write_event(Transcript(TEXT, context={"id": 1}).event())
            intent = Intent.from_event(await client.read_event())
            await client.write_event(Transcript("qzx").event())
            return info, intent, await client.read_event()

    info, intent, nothing = asyncio.run(talk())
    (program,) = info.intent
    assert (program.name, program.installed, program.models[0].languages) == ("tiny", True, ["en"])
    expected = classifier(TEXT)
    assert (intent.name, intent.context) == (expected.label, {"id": 1})
    assert intent.entities[0].value == pytest.approx(expected.probability, abs=1e-6)
    assert NotRecognized.is_type(nothing.type)


def test_it_reloads_and_stops(command):
    command.signal(signal.SIGHUP)
    command.wait_for("answers like Keras", times=2)
    assert ask(command.port, Event("ping", {}))[0].type == "pong"
    assert command.stop() == 0
