"""A soak of the server: ``python -m benchmarks.soak BUNDLE --json FILE``.

Eight clients ask for a million texts, while the bundle is swapped now and then. Every answer is compared with that of
``predict`` in this process, and the server's memory is looked at all the time. The report also has what the server takes above
the runtime (:mod:`benchmarks.serve_costs`).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import drupelet
from benchmarks.machine import describe_machine
from benchmarks.serve_costs import SECONDS, RunningServer, resident_mb, serve_costs
from drupelet.goldens import read_goldens

SCHEMA_VERSION = 1
TEXTS = 1_000_000
CLIENTS = 8
SEED = 20
POOL = 20_000
"""Different texts. Each is a piece of a review: 1 to MAX_WORDS words."""
MAX_WORDS = 60
REQUEST_TEXTS = (1, 1, 1, 2, 8, 64)
"""Texts of a request, drawn at random: most clients ask for one."""
SWAPS = 10
SAMPLE_SECONDS = 1.0
FLAT_MB = 2.0
"""Growth of the memory from the second fifth of the run to the last that is called flat: a swap holds two models of 1 MB."""


@dataclass
class Client:
    """What a client has seen."""

    seconds: list[float] = field(default_factory=list)
    texts: int = 0
    different: int = 0
    failed: int = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 1 when an answer differs, a request fails, or memory grows."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="report to write")
    parser.add_argument("--texts", type=int, default=TEXTS, help=f"texts to ask for (default: {TEXTS:,})")
    options = parser.parse_args(arguments)
    costs = serve_costs(options.bundle)
    print(json.dumps(costs), file=sys.stderr)
    report = {"schema_version": SCHEMA_VERSION, "machine": describe_machine(), **soak(options.bundle, options.texts)}
    report["above_runtime"] = costs
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps({name: held for name, held in report.items() if name != "machine"}))
    return 0 if report["passed"] else 1


def soak(bundle: Path, texts: int) -> dict[str, Any]:
    """The outcome of a run, as a JSON object."""
    pool = pool_of_texts(bundle)
    expected = [answer.probabilities for answer in drupelet.load(bundle).predict(pool)]
    clients = [Client() for _ in range(CLIENTS)]
    with RunningServer(bundle) as server:
        began = time.monotonic()
        threads = [
            threading.Thread(target=ask, args=(server.port, client, number, pool, expected, texts // CLIENTS))
            for number, client in enumerate(clients)
        ]
        for thread in threads:
            thread.start()
        memory, swaps = watch(server, clients, threads, texts)
        seconds = time.monotonic() - began
        swapped = server.swaps()
    fifth = max(1, len(memory) // 5)
    early, late = statistics.median(memory[fifth : 2 * fifth]), statistics.median(memory[-fifth:])
    growth = late - early
    taken = sorted(second for client in clients for second in client.seconds)
    different, failed = sum(client.different for client in clients), sum(client.failed for client in clients)
    answered = sum(client.texts for client in clients)
    return {
        "bundle": bundle.name,
        "passed": not different and not failed and swapped == swaps and growth <= FLAT_MB and answered >= texts,
        "clients": CLIENTS,
        "requests": len(taken),
        "texts": answered,
        "different_answers": different,
        "failed_requests": failed,
        "swaps": swapped,
        "seconds": round(seconds, 1),
        "texts_per_s": round(answered / seconds),
        "request_ms": {name: round(1e3 * taken[int(share * len(taken))], 2) for name, share in PERCENTILES.items()},
        "memory_mb": {
            "second_fifth": round(early, 2),
            "last_fifth": round(late, 2),
            "growth": round(growth, 2),
            "largest": round(max(memory), 2),
            "samples": [round(sample, 2) for sample in memory[:: max(1, len(memory) // 60)]],
        },
    }


PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def pool_of_texts(bundle: Path) -> list[str]:
    """Pieces of the texts in the goldens of a bundle."""
    opened = drupelet.open_bundle(bundle)
    assert opened.manifest.goldens is not None
    goldens = read_goldens(opened.read(opened.manifest.goldens), "goldens.jsonl")
    reviews = [golden.whole_text.split() for golden in goldens if golden.has_text and golden.suite == "held_out"]
    draw = random.Random(SEED)  # noqa: S311 - the same texts each time
    pool = []
    for _ in range(POOL):
        words = draw.choice(reviews)
        begin = draw.randrange(len(words))
        pool.append(" ".join(words[begin : begin + draw.randint(1, MAX_WORDS)]))
    return pool


def ask(port: int, client: Client, number: int, pool: list[str], expected: list[tuple[float, ...]], texts: int) -> None:
    """Asks on one connection until so many texts are answered."""
    draw = random.Random(SEED + number)  # noqa: S311
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    while client.texts < texts:
        places = [draw.randrange(len(pool)) for _ in range(draw.choice(REQUEST_TEXTS))]
        body = json.dumps({"input": [pool[place] for place in places]}).encode()
        began = time.perf_counter()
        try:
            connection.request("POST", "/v1/classify", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            document = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            client.failed += 1
            return
        client.seconds.append(time.perf_counter() - began)
        if answer.status != 200:
            client.failed += 1
            return
        got = [tuple(datum["probs"]) for datum in document["data"]]
        client.different += sum(one != expected[place] for one, place in zip(got, places, strict=True))
        client.texts += len(places)


def watch(
    server: RunningServer, clients: list[Client], threads: list[threading.Thread], texts: int
) -> tuple[list[float], int]:
    """The server's memory in MB, once a SAMPLE_SECONDS, and how many times its bundle was to be swapped."""
    memory = [resident_mb(server.pid)]
    swaps = 0
    while any(thread.is_alive() for thread in threads):
        time.sleep(SAMPLE_SECONDS)
        memory.append(resident_mb(server.pid))
        done = sum(client.texts for client in clients)
        if swaps < SWAPS and done * (SWAPS + 1) > texts * (swaps + 1) and server.swaps() == swaps:
            os.kill(server.pid, signal.SIGHUP)
            swaps += 1
        if sys.stderr.isatty():
            print(f"\r{done:,} of {texts:,} texts, {memory[-1]:.1f} MB ", end="", file=sys.stderr)
    deadline = time.monotonic() + SECONDS
    while server.swaps() < swaps and time.monotonic() < deadline:
        time.sleep(SAMPLE_SECONDS)
    return [*memory, resident_mb(server.pid)], swaps


if __name__ == "__main__":
    raise SystemExit(main())
