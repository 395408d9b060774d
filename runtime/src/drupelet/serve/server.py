"""The server: waitress runs the application; signals stop it, and have it load its models again.

waitress by itself closes connections that do nothing. Here a client that sends a byte now and then, or takes one, has no more
time than that: ``max_seconds`` for a request, and for its answer.
"""

from __future__ import annotations

import logging
import time

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import Error

from drupelet.serve.answers import refusal_answer
from drupelet.serve.app import OTHER_ROUTE, SAFE_HEADERS
from drupelet.serve.beside import run_beside_models
from drupelet.serve.listening import address_of
from drupelet.serve.refusal import REASONS, Refusal
from drupelet.serve.requests import body_too_large

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

    from drupelet.serve.app import Application
    from drupelet.serve.models import Models
    from drupelet.serve.requests import Limits

MAX_HEADER_BYTES = 16384
"""Of a request: browsers send some hundred bytes, and a token is at most a quarter of it."""
BACKLOG = 1024
"""Connections that the kernel keeps until there is room for them."""
POLL_SECONDS = 1.0
"""Longest time until the server looks for clients that have taken too long."""
OWN_DESCRIPTORS = 2
"""Of the server itself, the listening socket and a pipe, which waitress counts among connections."""
IN_MEMORY = 1 << 30
"""Bytes from which waitress writes a request or an answer into a file: never, for the limits are far below."""


def serve(
    application: Application, models: Models, bound: socket.socket, threads: int, log: Callable[[str], None]
) -> None:
    """Loads the models and answers until SIGTERM or SIGINT; requests that have come by then are answered.

    It listens from the start, and says 503 until a model has checked itself. SIGHUP has the models loaded again. Raises what
    is wrong with a model that cannot be loaded at the start.
    """
    logging.getLogger("waitress").setLevel(logging.ERROR)  # otherwise a line for each request and connection that waits
    server = _Server(application, bound, threads)
    log(f"listening on http://{address_of(bound)}")
    run_beside_models(models, lambda: server.run_until_stopped(models.reload), server.stop, server.hang_up, log)


class _RequestTimeoutError(Error):  # type: ignore[misc]  # waitress has no types
    code = 408
    reason = REASONS[408]


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    """Answers a request that waitress refuses, or that was not sent in time, as the application would."""

    def execute(self) -> None:
        """Writes the document, and closes the connection."""
        application: Application = self.channel.server.application
        error = self.request.error
        limits = application.limits
        if error.code == 413:
            refusal = body_too_large(limits)
        elif error.code == 431:
            refusal = Refusal(431, "headers_too_large", f"the headers are longer than {MAX_HEADER_BYTES:,} bytes")
        elif error.code == 408:
            refusal = Refusal(
                408, "too_slow", f"the request was not whole after {limits.max_seconds} s (--max-seconds)"
            )
        else:
            refusal = Refusal(
                error.code, "not_http", f"the request is not HTTP as this server reads it ({error.body!s:.200})"
            )
        answer = refusal_answer(refusal)
        application.metrics.count_request(OTHER_ROUTE, answer.status, 0.0)
        self.status = answer.status_line
        self.response_headers.extend([("Content-Type", answer.content_type), *SAFE_HEADERS])
        self.set_close_on_finish()
        self.content_length = len(answer.body)
        self.write(answer.body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection."""

    error_task_class = _ErrorTask
    request: Any

    waits_for: object = None
    """The request that is not whole yet, or the answer that the client has not taken yet; None where neither is so."""
    since = 0.0

    def look(self, now: float, max_seconds: float) -> None:
        """Ends the connection of a client that has taken too long, with an answer where none is on its way."""
        if self.requests:
            self.waits_for = None
            return
        request = self.request
        waits_for = self.outbufs[0] if self.total_outbufs_len else request
        if waits_for is not self.waits_for:
            self.waits_for, self.since = waits_for, now
        if now - (self.last_activity if waits_for is None else self.since) <= max_seconds:
            return
        if waits_for is not request or request is None:
            self.will_close = True
            return
        with self.requests_lock:
            request.error = _RequestTimeoutError("")
            request.completed = True
            self.request = None
            self.requests.append(request)
            self.server.add_task(self)

    @property
    def is_busy(self) -> bool:
        """Whether a request has come, wholly or in part, whose answer the client has not taken yet."""
        return bool(self.requests or self.request is not None or self.total_outbufs_len)


class _Server(TcpWSGIServer):  # type: ignore[misc]
    """waitress, with an end for slow clients and for itself."""

    channel_class = _Channel

    def __init__(self, application: Application, bound: socket.socket, threads: int) -> None:
        limits: Limits = application.limits
        self._limits = limits
        self._stopping = False
        self._hung_up = False
        options = Adjustments(
            threads=threads,
            sockets=[bound],
            ident="drupelet",
            backlog=BACKLOG,
            connection_limit=limits.max_connections + OWN_DESCRIPTORS,
            cleanup_interval=1,
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=limits.max_body_bytes + 1,
            inbuf_overflow=IN_MEMORY,
            outbuf_overflow=IN_MEMORY,
            outbuf_high_watermark=IN_MEMORY,
            clear_untrusted_proxy_headers=False,
            log_socket_errors=False,
        )
        address = (bound.family, bound.type, bound.proto, bound.getsockname())
        super().__init__(application, adj=options, _sock=bound, sockinfo=address, bind_socket=False)

    def stop(self) -> None:
        """Has :meth:`run_until_stopped` end. A signal handler, or another thread, may call it."""
        self._stopping = True
        self.pull_trigger()

    def hang_up(self) -> None:
        """Has :meth:`run_until_stopped` load the models again. A signal handler may call it."""
        self._hung_up = True
        self.pull_trigger()

    def run_until_stopped(self, reload: Callable[[], None]) -> None:
        """Answers until :meth:`stop` is called, then what has come by then; a client has ``max_seconds`` to take its answer."""
        while not self._stopping:
            self._turn()
            if self._hung_up:
                self._hung_up = False
                reload()
        self._turn(0)  # what has come
        self.accepting = False
        self.del_channel()
        self.socket.close()
        deadline = time.monotonic() + self._limits.max_seconds
        while self._hang_up_on_idle() and time.monotonic() < deadline:
            self._turn()
        self.task_dispatcher.shutdown(timeout=POLL_SECONDS)
        wasyncore.close_all(self._map)

    def _turn(self, seconds: float = POLL_SECONDS) -> None:
        """Reads and writes what can be, after a wait of at most so long."""
        wasyncore.loop(timeout=seconds, use_poll=hasattr(wasyncore.select, "poll"), map=self._map, count=1)

    def _hang_up_on_idle(self) -> bool:
        """Closes connections on which nothing is on its way; whether there are others."""
        for channel in list(self.active_channels.values()):
            if not channel.is_busy:
                channel.handle_close()
        return bool(self.active_channels)

    def maintenance(self, now: float) -> None:
        """Ends connections that do nothing, and those that do too little. waitress calls it once a second."""
        for channel in list(self.active_channels.values()):
            channel.look(now, self._limits.max_seconds)
