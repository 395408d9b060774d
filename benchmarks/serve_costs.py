"""Measures what the server takes above the runtime: ``python -m benchmarks.serve_costs BUNDLE``.

The runtime is the process of ``drupelet predict BUNDLE -`` when it has answered a text. The server is that of ``drupelet serve
BUNDLE`` when its model has checked itself and it has answered the same text. Imports are those that a server needs and
``predict`` does not, in one process. Medians of fresh processes, in turn.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.fresh_process import FIRST_TEXT

REPEATS = 21
SECONDS = 60
"""Longest wait for an answer."""
IMPORT = (
    "import time, argparse, drupelet.cli.main, drupelet.cli.predict, drupelet.classifier, drupelet.engines.native_engine\n"
    "began = time.perf_counter()\n"
    "import drupelet.serve.server, drupelet.serve.models, drupelet.serve.self_check\n"
    "print(1e3 * (time.perf_counter() - began))\n"
)


class RunningServer:
    """``drupelet serve`` on a free port, ready to answer; ended with the block."""

    def __init__(self, bundle: Path) -> None:
        command = [sys.executable, "-m", "drupelet", "serve", str(bundle), "--port", "0"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        self.port = int(self._said("listening on ").rpartition(":")[2])
        self._said(": ready")

    def _said(self, words: str) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if words in line:
                return line
        raise RuntimeError(f"drupelet serve ended with exit status {self._process.wait()}")

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate()

    def get(self, path: str, body: bytes | None = None) -> bytes:
        """The body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request("POST" if body else "GET", path, body, {"Content-Type": "application/json"} if body else {})
        with contextlib.closing(connection):
            return connection.getresponse().read()

    def swaps(self) -> int:
        """How many bundles have taken the place of another one."""
        for line in self.get("/metrics").decode().splitlines():
            if line.startswith("drupelet_swaps_total{") and 'outcome="swapped"' in line:
                return int(line.rpartition(" ")[2])
        return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    print(json.dumps(serve_costs(parser.parse_args(arguments).bundle), indent=1))
    return 0


def serve_costs(bundle: Path) -> dict[str, Any]:
    """The medians, with quartiles, as a JSON object: milliseconds of imports, resident memory in MB."""
    imports: list[float] = []
    runtime: list[float] = []
    server: list[float] = []
    for _ in range(REPEATS):
        runtime.append(runtime_mb(bundle))
        server.append(server_mb(bundle))
        imports.append(float(subprocess.check_output([sys.executable, "-c", IMPORT], text=True)))
    return {
        "import_ms": quartiles(imports),
        "runtime_mb": quartiles(runtime),
        "server_mb": quartiles(server),
        "memory_mb": round(statistics.median(server) - statistics.median(runtime), 2),
    }


def quartiles(values: list[float]) -> list[float]:
    """First quartile, median, third quartile."""
    return [round(value, 2) for value in statistics.quantiles(values, n=4)]


def runtime_mb(bundle: Path) -> float:
    """Memory of ``predict`` after a text."""
    command = [sys.executable, "-m", "drupelet", "predict", str(bundle), "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(FIRST_TEXT + "\n")
        process.stdin.flush()
        process.stdout.readline()
        return resident_mb(process.pid)


def server_mb(bundle: Path) -> float:
    """Memory of ``serve`` after a text."""
    with RunningServer(bundle) as server:
        server.get("/v1/classify", json.dumps({"input": FIRST_TEXT}).encode())
        return resident_mb(server.pid)


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
