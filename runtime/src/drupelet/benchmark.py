"""The costs of a bundle on this machine, engine by engine: latency, throughput, time to the first answer, memory."""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable

from drupelet.availability import candidates
from drupelet.bundle import Bundle
from drupelet.classifier import Classifier
from drupelet.errors import EngineUnavailableError, InputError
from drupelet.goldens import read_goldens
from drupelet.latency import WARM_UP_TEXTS, Latency, measure_latency
from drupelet.version import __version__

SCHEMA_VERSION = 1
COLD_STARTS = 5
"""Fresh processes started for one figure, which is their median; each takes up to a second on a Pi."""
FIRST_TEXT = "a quiet, wonderful film"

COLD_PROGRAM = """
import sys
bundle, engine, scheme, text = sys.argv[1:]
if engine:
    import drupelet
    drupelet.load(bundle, engine, scheme)(text)
try:
    lines = open('/proc/self/status').read().splitlines()
except OSError:
    lines = []
print(*[line.split()[1] for line in lines if line.startswith('VmHWM')])
"""
"""Program of a fresh process: loads the bundle and answers one text (with an engine), then prints its peak memory in KiB."""


@dataclass(frozen=True)
class ColdStart:
    """The costs of a fresh process up to its first answer, above a Python that does nothing; memory None where unknown."""

    first_answer_ms: float
    peak_memory_mb: float | None


@dataclass(frozen=True)
class EngineCost:
    """One model file on one engine, or the reason why it was not measured."""

    engine: str
    version: str | None
    file: str
    scheme: str
    reason: str | None
    latency: Latency | None = None
    texts_per_s: float | None = None
    cold_start: ColdStart | None = None


@dataclass(frozen=True)
class Benchmark:
    """The costs of a bundle, with the conditions of the measurement."""

    bundle: str
    threads: int
    costs: tuple[EngineCost, ...]

    def to_json(self) -> dict[str, Any]:
        """The outcome as a JSON object."""
        return {
            "schema_version": SCHEMA_VERSION,
            "bundle": self.bundle,
            "drupelet": __version__,
            "python": platform.python_version(),
            "machine": platform.machine(),
            "system": platform.platform(),
            "threads": self.threads,
            "warm_up_texts": WARM_UP_TEXTS,
            "cold_starts": COLD_STARTS,
            "results": [
                {
                    **{name: held for name, held in vars(cost).items() if name not in ("latency", "cold_start")},
                    "latency_us": None if cost.latency is None else cost.latency.to_json(),
                    "cold_start": None if cost.cold_start is None else asdict(cost.cold_start),
                }
                for cost in self.costs
            ],
        }


def run_benchmark(
    bundle: Bundle,
    engine: str | None = None,
    threads: int = 1,
    progress: Callable[[str], None] = lambda _: None,
    texts: Sequence[str] | None = None,
) -> Benchmark:
    """Measures every model file of a bundle on every engine that runs here, or on one, with these texts or the bundle's own.

    Throughput is measured on that many ``threads``, latency on one. Raises InputError when there are no texts,
    EngineUnavailableError when the named engine cannot run.
    """
    if texts is not None and not texts:
        raise InputError("no texts to measure with: the file of texts is empty; expected at least one text")
    texts = _texts(bundle) if texts is None else texts
    progress("starting Python")
    bare = _cold_start(bundle.path, "", "")
    costs = []
    for candidate, model, reason in candidates(bundle, engine):
        start = (candidate.name, None if reason else candidate.version(), model.entry.file, model.scheme)
        if reason is not None:
            costs.append(EngineCost(*start, reason))
            continue
        progress(f"measuring {model.entry.file} on {candidate.name}")
        try:
            classifier = Classifier(bundle, candidate, model, threads)
        except EngineUnavailableError as error:
            costs.append(EngineCost(*start, str(error)))
            continue
        latency = measure_latency(classifier, texts)
        began = time.perf_counter()
        classifier.predict(texts)
        texts_per_s = len(texts) / (time.perf_counter() - began)
        cold = _cold_start(bundle.path, candidate.name, model.scheme)
        memory = None
        if cold.peak_memory_mb is not None and bare.peak_memory_mb is not None:
            memory = cold.peak_memory_mb - bare.peak_memory_mb
        above_bare = ColdStart(cold.first_answer_ms - bare.first_answer_ms, memory)
        costs.append(EngineCost(*start, None, latency, texts_per_s, above_bare))
    return Benchmark(bundle.path, threads, tuple(costs))


def _texts(bundle: Bundle) -> Sequence[str]:
    if bundle.manifest.goldens is None:
        raise InputError(f"{bundle.path}: no texts to measure with; use a bundle that drupelet export wrote")
    goldens = read_goldens(bundle.read(bundle.manifest.goldens), f"{bundle.path}: {bundle.manifest.goldens.file}")
    real = [golden for golden in goldens if golden.suite != "edge"]
    texts = [golden.whole_text for golden in real if golden.has_text]
    if real and not texts:
        raise InputError(
            f"{bundle.path}: no texts to measure with: the bundle leaves them out (--private); give texts with --texts FILE"
        )
    if not texts:
        raise InputError(f"{bundle.path}: no texts to measure with except edge cases; export it again")
    return texts


def _cold_start(bundle: str, engine: str, scheme: str) -> ColdStart:
    """The median of COLD_STARTS fresh processes. One more runs before them, uncounted, to fill the page cache."""
    command = [sys.executable, "-c", COLD_PROGRAM, str(Path(bundle).resolve()), engine, scheme, FIRST_TEXT]
    times_ms, memories = [], []
    for _ in range(1 + COLD_STARTS):
        began = time.perf_counter()
        outcome = subprocess.run(command, capture_output=True, text=True)
        times_ms.append((time.perf_counter() - began) * 1000)
        if outcome.returncode != 0:
            last = outcome.stderr.strip().rpartition("\n")[2]
            raise EngineUnavailableError(f"{bundle}: a process that loads it on engine {engine!r} failed: {last}")
        memories += [int(kib) * 1024 / 1e6 for kib in outcome.stdout.split()]
    return ColdStart(statistics.median(times_ms[1:]), statistics.median(memories) if memories else None)
