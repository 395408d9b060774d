"""A peer in a process of its own, which answers requests over pipes (:mod:`benchmarks.compare.answering.serve`)."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.compare.failure import PeerError, ended, shortened

ROOT = Path(__file__).resolve().parents[2]
SERVE = Path(__file__).parent / "answering" / "serve.py"
PACKAGE = "benchmarks.compare.answering"


def quiet_environment(threads: int) -> dict[str, str]:
    """The environment variables of a peer: none that redirects Python or chooses the code of a BLAS; its number of threads."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OPENBLAS_"))}
    return {**kept, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}


class PeerProcess:
    """A process with one peer. Every request has a time limit, after which the process is killed.

    ``core`` is the only core that it may use, or None for all.
    """

    def __init__(self, python: Path, module: str, folder: Path, variant: str, threads: int, core: int | None) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        arguments = [ROOT, module, folder, variant, threads, -1 if core is None else core]
        try:
            self._process = subprocess.Popen(
                [python, "-P", SERVE, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self._stderr, env=quiet_environment(threads), cwd="/",
            )  # fmt: skip
        except OSError as error:
            self._stderr.close()
            raise PeerError(f"{python} does not start: {error.strerror}") from error
        self._rest = b""

    def ask(self, limit_s: float, do: str, **given: object) -> Mapping[str, Any]:
        """The answer to a request. Raises PeerError when the peer reports an error, ends, or is not done in time."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **given}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise PeerError(self._ended()) from error
        answer: Mapping[str, Any] = json.loads(self._line(do, limit_s))
        if "error" in answer:
            raise PeerError(shortened(answer["error"]))
        return answer

    def _line(self, do: str, limit_s: float) -> bytes:
        assert self._process.stdout is not None
        end = time.monotonic() + limit_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not selector.select(max(0.0, end - time.monotonic())):
                    self.close()
                    raise PeerError(f"{do}: not done after {limit_s:g} s")
                read = os.read(self._process.stdout.fileno(), 1 << 20)
                if not read:
                    raise PeerError(self._ended())
                self._rest += read
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _ended(self) -> str:
        status = self._process.wait()
        self._stderr.seek(0)
        return ended(status, self._stderr.read().decode(errors="replace"))

    def close(self) -> None:
        """Ends the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:  # what was not flushed has no reader any more
                    continue
        self._process.kill()
        self._process.wait()
        self._stderr.close()

    def __enter__(self) -> PeerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
