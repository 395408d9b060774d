"""The recipe of docs/home-assistant.md: messages of MQTT are answered as they come, with a real broker."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import drupelet

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/home-assistant.md"
BUNDLE = ROOT / "artifacts/imdb-nano"
TOOLS = ("mosquitto", "mosquitto_sub", "mosquitto_pub")
SECONDS = 60

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason="mosquitto is not installed: apt install mosquitto mosquitto-clients"
)


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a broker on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    broker = subprocess.Popen(["mosquitto", "-p", str(number)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", number)).close()
            break
        except OSError:
            assert time.monotonic() < end, "the broker does not start"
            time.sleep(0.05)
    yield number
    broker.kill()
    broker.wait()


def recipe(port: int, extra: str = "") -> str:
    """The line of the page, with our broker, our Python and our bundle."""
    line = re.search(r"^mosquitto_sub .*$", PAGE.read_text(), re.MULTILINE)
    assert line is not None
    command = line[0].replace("-h broker", f"-h 127.0.0.1 -p {port}")
    command = command.replace(
        "drupelet predict artifacts/imdb-nano", f"{sys.executable} -m drupelet predict {BUNDLE} {extra}"
    )
    assert str(BUNDLE) in command
    return command


@pytest.mark.parametrize("extra", ["", "--jsonl"])
def test_a_message_is_answered_before_the_next_one_comes(port: int, extra: str) -> None:
    classifier = drupelet.load(BUNDLE)
    address = ["-h", "127.0.0.1", "-p", str(port)]
    listener = subprocess.Popen(["mosquitto_sub", *address, "-t", "house/intent"], stdout=subprocess.PIPE)
    pipe = subprocess.Popen(["bash", "-c", recipe(port, extra)], start_new_session=True)
    try:
        assert listener.stdout is not None
        for text in ("a wonderful film", "dull and badly acted"):
            message = json.dumps({"text": text}) if extra else text
            answer = b""
            end = time.monotonic() + SECONDS
            while not answer:  # the subscriber of the pipe may not be there yet: a message without one is lost
                subprocess.run(["mosquitto_pub", *address, "-t", "house/said", "-m", message], check=True)
                answer = received(listener, 1.0)
                assert time.monotonic() < end, "no answer"
            expected = classifier(text)
            if extra:
                found = json.loads(answer.splitlines()[0])
                assert (found["text"], found["prediction"]["label"]) == (text, expected.label)
            else:
                assert answer.splitlines()[0].decode() == f"{expected.label}\t{expected.probability:.6f}"
            while received(listener, 0.5):  # answers to messages that were sent twice
                pass
    finally:
        os.killpg(pipe.pid, signal.SIGKILL)
        listener.kill()
        pipe.wait()
        listener.wait()


def received(listener: subprocess.Popen[bytes], seconds: float) -> bytes:
    """A line of the listener, or nothing where none comes in time."""
    import select

    assert listener.stdout is not None
    ready, _, _ = select.select([listener.stdout], [], [], seconds)
    return listener.stdout.readline() if ready else b""
