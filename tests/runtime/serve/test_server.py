"""The server over sockets: many clients, slow ones, broken requests, signals, and bundles that are swapped."""

import http.client
import json
import os
import random
import shutil
import signal
import socket
import threading
import time

import pytest

import drupelet
from runtime.serve.asking import SECONDS, answer_on, parsed, received, wait_until

pytest.importorskip("waitress", reason="waitress is not installed: pip install 'drupelet[serve]'")

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
TEXTS = ["a wonderful film", "boring boring boring", "", "the movie was very good", "awful, bad; boring!"]
HEAD = b"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def request(body, head=HEAD):
    content = json.dumps(body).encode()
    return head + b"Content-Length: %d\r\n\r\n" % len(content) + content


def probabilities(answered):
    return [tuple(datum["probs"]) for datum in answered.document["data"]]


@pytest.fixture
def expected(bundle_folder, usable_engines):
    classifier = drupelet.load(bundle_folder)
    return {text: classifier(text).probabilities for text in TEXTS}


def test_sixty_four_clients_at_once(served, bundle_folder, expected):
    server = served(bundle_folder)
    wrong, together = [], threading.Barrier(64)

    def client(number):
        together.wait()
        line = server.connection()
        for turn in range(20):
            text = TEXTS[(number + turn) % len(TEXTS)]
            answer = server.ask("/v1/classify", {"input": text}, connection=line)
            if answer.status != 200 or probabilities(answer) != [expected[text]]:
                wrong.append((number, turn, answer.status))
        line.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert wrong == []
    assert f'drupelet_texts_total{{model="tiny"}} {64 * 20}' in server.ask("/metrics").body.decode()


def test_more_clients_than_connections_wait(served, bundle_folder, expected):
    server = served(bundle_folder, "--max-connections", "2")
    answers = []

    def client():
        answers.append(server.ask("/v1/classify", {"input": TEXTS[0]}, headers={"Connection": "close"}))

    threads = [threading.Thread(target=client) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert [probabilities(answer) for answer in answers] == [[expected[TEXTS[0]]]] * 20


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"hello\r\n\r\n", 400, "not_http"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "not_http"),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, "not_http"),
        (HEAD + b"Content-Length: x\r\n\r\n", 400, "not_http"),
        (HEAD + b"Content-Length: -5\r\n\r\n", 400, "not_http"),
        (HEAD + b"Content-Length: 5, 6\r\n\r\nhello", 400, "not_http"),
        (HEAD + b"Content-Length: 104857600\r\n\r\n", 413, "body_too_large"),
        (HEAD + b"Content-Length: 99999999999999999999999999999\r\n\r\n", 413, "body_too_large"),
        (HEAD + b"\r\n", 411, "length_required"),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501, "not_http"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nnope\r\n", 400, "not_http"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n200000\r\n" + b"x" * 0x200000, 413, "body_too_large"),
        (HEAD + b"X: " + b"x" * 20000 + b"\r\n\r\n", 431, "headers_too_large"),
        (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431, "headers_too_large"),
        (b"GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, "unknown_host"),
        (b"GET /health HTTP/1.1\r\n\r\n", 421, "unknown_host"),
        (b"DELETE /health HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "wrong_method"),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "not_found"),
        (b"GET /%2e%2e/page.js HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "not_found"),
(HEAD + b"Content-Length: 14\r\n\r\n" + b'{"input": "\xff"}', 400, "not_json"),
    ],
)  # fmt: skip
def test_broken_requests_are_refused_in_json(everlasting, content, status, code):
    with everlasting.raw() as line:
        line.sendall(content)
        answer, _ = answer_on(line)
    assert answer.error[:2] == (status, code)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert everlasting.ask("/health").status == 200


@pytest.fixture(scope="module")
def everlasting(bundle_folder):
    """A server that all broken requests go to: none of them stops it."""
    from runtime.serve.asking import Served

    server = Served(bundle_folder).wait_until_ready()
    yield server
    server.kill()


@pytest.mark.slow
def test_random_damage_of_a_request_is_answered_or_hung_up_on(everlasting):
    draw = random.Random(7)  # noqa: S311
    whole = request({"model": "tiny", "input": ["a film", "\U0001f600"]}).replace(
        b"\r\nHost", b"\r\nConnection: close\r\nHost"
    )
    for _ in range(500):
        content = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(content))
            content[at : at + draw.choice((0, 1, 5))] = draw.choice(
                (b"", b"\r\n", b"\0", bytes([draw.randrange(256)]), b"[" * 50)
            )
        with everlasting.raw() as line:
            line.sendall(content)
            line.shutdown(socket.SHUT_WR)
            answered = received(line)
        if answered and not answered.startswith(b"HTTP/1.1 100 "):
            answer, _ = parsed(answered)
            assert answer.status != 500
            assert answer.document
    assert everlasting.ask("/v1/classify", {"input": "a film"}).status == 200
    assert not [line for line in everlasting.lines if "Error" in line]


def test_a_hundred_megabytes_are_refused_and_not_read(everlasting):
    with everlasting.raw() as line:
        line.sendall(HEAD + b"Content-Length: 104857600\r\n\r\n")
        sent = 0
        try:
            for _ in range(100):
                line.sendall(b"x" * (1 << 20))
                sent += 1
        except OSError:
            pass
        assert sent < 100
        answer, _ = parsed(received(line))
    assert answer.error[:3] == (413, "body_too_large", "Content-Length")


def test_a_million_texts_are_refused(served, bundle_folder):
    server = served(bundle_folder, "--max-body-bytes", str(1 << 23))
    found = server.ask("/v1/classify", {"input": ["a"] * 1_000_000})
    assert found.error == (
        413,
        "too_many_texts",
        "input",
        "input has 1,000,000 texts, expected at most 1,024 (--max-texts)",
    )


def test_requests_behind_each_other_are_answered_in_order(everlasting, expected):
    with everlasting.raw() as line:
        line.sendall(b"".join(request({"input": text}) for text in TEXTS))
        rest = b""
        for text in TEXTS:
            answer, rest = answer_on(line, rest)
            assert probabilities(answer) == [expected[text]]


def test_a_body_in_chunks(everlasting, expected):
    content = json.dumps({"input": TEXTS[0]}).encode()
    pieces = b"".join(b"%x\r\n%s\r\n" % (1, content[at : at + 1]) for at in range(len(content)))
    with everlasting.raw() as line:
        line.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n")
        answer, _ = answer_on(line)
    assert probabilities(answer) == [expected[TEXTS[0]]]


def test_a_client_that_asks_whether_it_may_go_on(everlasting, expected):
    content = json.dumps({"input": TEXTS[0]}).encode()
    with everlasting.raw() as line:
        line.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(content))
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 100 ")
        line.sendall(content)
        assert probabilities(answer_on(line)[0]) == [expected[TEXTS[0]]]


@pytest.mark.slow
def test_slow_clients_lose_their_connections_and_keep_nobody_out(served, bundle_folder):
    server = served(bundle_folder, "--max-seconds", "2", "--max-connections", "6")
    began = time.monotonic()
    silent, headers, drip, body, idle = [server.raw() for _ in range(5)]
    headers.sendall(HEAD)
    body.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
    idle.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer_on(idle)[0].status == 200
    stop = threading.Event()

    def drop():
        with drip:
            for byte in HEAD * 100:
                if stop.wait(0.1):
                    return
                try:
                    drip.sendall(bytes([byte]))
                except OSError:
                    return

    thread = threading.Thread(target=drop)
    copy = drip.dup()
    thread.start()
    for line in (headers, body, copy):
        with line:
            answer, _ = parsed(received(line))
            assert answer.error[:2] == (408, "too_slow")
    for line in (silent, idle):
        with line:
            assert received(line) == b""
    assert time.monotonic() - began < 30
    stop.set()
    thread.join(SECONDS)
    assert server.ask("/health").status == 200


@pytest.mark.slow
def test_a_client_that_takes_no_answer_loses_its_connection(served, bundle_folder):
    server = served(bundle_folder, "--max-seconds", "2", "--max-texts", "100000", "--max-body-bytes", str(1 << 22))
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(SECONDS)
        line.connect(("127.0.0.1", server.port))
        line.sendall(request({"input": ["a"] * 100_000}))
        time.sleep(5)
        content = received(line)
    assert content.startswith(b"HTTP/1.1 200 OK")
    answer, _ = parsed(content)
    assert len(answer.body) < int(answer.headers["content-length"])
    assert server.ask("/health").status == 200


def test_a_token_is_wanted(served, bundle_folder, tmp_path):
    (tmp_path / "token").write_text("0123456789abcdef")
    server = served(bundle_folder, "--token-file", tmp_path / "token")
    assert server.ask("/v1/models").error[:2] == (401, "wrong_token")
    assert server.ask("/v1/models", headers={"Authorization": "Bearer 0123456789abcdef"}).status == 200
    assert server.ask("/health").status == 200


def test_it_is_not_ready_before_its_model_has_checked_itself(bundle_folder, served):
    """Models check themselves one after the other, so the last of eight takes a while."""
    server = served(*(f"m{number}={bundle_folder}" for number in range(8)), wait=False)
    first = server.ask("/health")
    assert (first.status, first.document["status"]) == (503, "loading")
    assert server.ask("/v1/classify", {"model": "m7", "input": "a"}).error[:2] == (503, "not_ready")
    server.wait_until_ready()
    assert server.ask("/health").document["ready"] == [f"m{number}" for number in range(8)]


class Load:
    """Clients that ask without an end, each on a connection that stays open; ``failed`` is what went wrong."""

    def __init__(self, server, expected, clients=8):
        self.answered, self.failed = [0] * clients, []
        self._server, self._expected, self._stop = server, expected, False
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(clients)]
        for thread in self._threads:
            thread.start()

    def _ask(self, number):
        line = self._server.connection(20)
        try:
            while not self._stop:
                text = TEXTS[(number + self.answered[number]) % len(TEXTS)]
                answer = self._server.ask("/v1/classify", {"input": text}, connection=line)
                if answer.status != 200 or probabilities(answer) != [self._expected[text]]:
                    self.failed.append(answer.status)
                self.answered[number] += 1
        except (OSError, http.client.HTTPException) as error:
            self.failed.append(type(error).__name__)
        finally:
            line.close()

    def stop(self):
        self._stop = True
        for thread in self._threads:
            thread.join(SECONDS)
            assert not thread.is_alive()


@POSIX
def test_a_hangup_swaps_the_bundle_without_a_lost_request(served, bundle_folder, expected):
    server = served(bundle_folder)
    load = Load(server, expected)
    for times in range(2, 5):
        before = sum(load.answered)
        server.signal(signal.SIGHUP)
        server.wait_for("tiny: ", times)
        wait_until(lambda before=before: sum(load.answered) > before + 100)
    load.stop()
    assert load.failed == []
    assert 'drupelet_swaps_total{model="tiny",outcome="swapped"} 3' in server.ask("/metrics").body.decode()


@POSIX
def test_a_link_swaps_the_bundle_and_a_damaged_one_does_not(served, bundle_folder, expected, tmp_path):
    for name in ("one", "two", "damaged"):
        shutil.copytree(bundle_folder, tmp_path / name)
    (tmp_path / "damaged" / "goldens.jsonl").write_bytes(b"{}")
    link = tmp_path / "tiny"
    link.symlink_to("one")
    server = served(link)
    load = Load(server, expected)
    for target, said in (("two", "texts"), ("damaged", "goes on with the bundle that it has")):
        (tmp_path / "next").symlink_to(target)
        (tmp_path / "next").replace(link)
        server.wait_for(said, 2 if target == "two" else 1)
    shutil.rmtree(tmp_path / "two")
    before = sum(load.answered)
    wait_until(lambda: sum(load.answered) > before + 100)
    load.stop()
    assert load.failed == []
    found = server.ask("/metrics").body.decode()
    assert 'drupelet_swaps_total{model="tiny",outcome="swapped"} 1' in found
    assert 'drupelet_swaps_total{model="tiny",outcome="failed"} 1' in found


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_answers_what_has_come(served, bundle_folder, number):
    server = served(bundle_folder)
    texts = [" ".join(TEXTS) * 10] * 1000
    with server.raw() as line, server.raw() as idle:
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer_on(idle)
        line.sendall(request({"input": texts}))
        time.sleep(0.05)
        server.signal(number)
        answer, _ = parsed(received(line))
        assert len(probabilities(answer)) == len(texts)
        assert received(idle) == b""
    assert server.process.wait(SECONDS) == 0
    server.wait_for(": stopped")


@POSIX
def test_a_server_that_is_killed_under_load_is_there_again(served, bundle_folder, expected):
    server = served(bundle_folder)
    load = Load(server, expected)
    wait_until(lambda: min(load.answered) > 10)
    server.signal(signal.SIGKILL)
    wait_until(lambda: len(load.failed) == 8)
    load.stop()
    assert all(isinstance(problem, str) for problem in load.failed)  # no wrong answer
    again = served(bundle_folder)
    assert probabilities(again.ask("/v1/classify", {"input": TEXTS[0]})) == [expected[TEXTS[0]]]
