"""Clients of a server: one that calls the application itself, and one that goes over a socket."""

import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

SECONDS = 60
"""Longest wait for anything: other tests run beside these."""


class Answered:
    """Status, headers by lower-case name, and bytes of an answer."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def document(self):
        """The JSON document that the body has to be."""
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body, parse_constant=lambda name: 1 / 0)

    @property
    def error(self):
        """Status, code and param of a refusal, and its sentence."""
        found = self.document["error"]
        assert set(found) == {"message", "type", "param", "code"}
        assert found["type"] == ("server_error" if self.status >= 500 else "invalid_request_error")
        return self.status, found["code"], found["param"], found["message"]


def call(application, path, body=None, method=None, **environ):
    """The answer of an application; a body that is no bytes is sent as JSON."""
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    told = {
        "REQUEST_METHOD": method or ("GET" if content is None else "POST"),
        "PATH_INFO": path,
        "HTTP_HOST": "localhost:8000",
        "CONTENT_TYPE": "" if content is None else "application/json",
        "CONTENT_LENGTH": "" if content is None else str(len(content)),
        "wsgi.input": io.BytesIO(content or b""),
    }
    told.update(environ)
    began = []
    pieces = application(told, lambda status, headers: began.append((status, headers)))
    ((status, headers),) = began
    return Answered(int(status.partition(" ")[0]), headers, b"".join(pieces))


class Served:
    """``drupelet serve`` in a process of its own, on a free port of 127.0.0.1."""

    def __init__(self, *arguments, wait=True):
        command = [sys.executable, "-m", "drupelet", "serve", "--port", "0", *map(str, arguments)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.lines = []
        self._changed = threading.Condition()
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()
        line = self.wait_for("listening on ")
        self.port = int(line.rpartition(":")[2])

    def _read(self):
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line.decode().rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, words, times=1):
        """Waits until the server has said a line with these words, so many times; gives the last."""
        with self._changed:
            said = self._changed.wait_for(
                lambda: self._ended or sum(words in line for line in self.lines) >= times, SECONDS
            )
            found = [line for line in self.lines if words in line]
            assert said, self.lines
            assert len(found) >= times, self.lines
            return found[-1]

    def wait_until_ready(self):
        self.wait_for(": ready")
        return self

    def connection(self, seconds=SECONDS):
        """A connection that http.client speaks on."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)

    def raw(self, seconds=SECONDS):
        """A connection of a socket."""
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def ask(self, path, body=None, method=None, headers=(), connection=None):
        """The answer to one request, on a connection of its own when none is given."""
        line = connection or self.connection()
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = {} if content is None else {"Content-Type": "application/json"}
        line.request(method or ("GET" if content is None else "POST"), path, content, {**kind, **dict(headers)})
        answer = line.getresponse()
        found = Answered(answer.status, answer.getheaders(), answer.read())
        if connection is None:
            line.close()
        return found

    def signal(self, number):
        os.kill(self.process.pid, number)

    def stop(self):
        """The exit status after SIGTERM."""
        self.signal(signal.SIGTERM)
        return self.process.wait(SECONDS)

    def kill(self):
        self.process.kill()
        self.process.wait()


def received(line):
    """All bytes until the server closes a socket."""
    pieces = []
    try:
        while True:
            piece = line.recv(1 << 16)
            if not piece:
                break
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def parsed(content):
    """The first answer in bytes, and the bytes behind it; of one that is not whole what there is."""
    head, _, rest = content.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [tuple(line.split(": ", 1)) for line in lines]
    length = int(dict(headers).get("Content-Length", 0))
    return Answered(int(first.split()[1]), headers, rest[:length]), rest[length:]


def answer_on(line, begun=b""):
    """The next answer on a socket, and the bytes that have come behind it; ``begun`` are those that came before."""
    content = begun
    while True:
        if b"\r\n\r\n" in content:
            answer, rest = parsed(content)
            if len(answer.body) == int(answer.headers.get("content-length", 0)):
                return answer, rest
        piece = line.recv(1 << 16)
        assert piece, content
        content += piece


def wait_until(condition):
    """Waits until a function gives something true, and gives that."""
    deadline = time.monotonic() + SECONDS
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.02)
