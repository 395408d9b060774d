"""How the cost of a text grows: with its tokens, with the words, units and layers of the network, with threads and with lines.

The networks are :mod:`benchmarks.compare.growth_models`; unless a curve says otherwise: 64 units, one layer, 20,000 words,
texts of 250 tokens, one thread.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.compare.child import PACKAGE, ROOT, PeerProcess, quiet_environment
from benchmarks.compare.curves import CURVES, NETWORKS, SYSTEMS
from benchmarks.compare.failure import PeerError, reason_of
from benchmarks.compare.growth_models import vocabulary, write_random_network
from benchmarks.compare.sections import LIMIT_S, Figures, measure_batch, measure_single
from benchmarks.compare.turns import summary
from benchmarks.compare.workloads import BATCH_TOKENS, Extent, length_texts
from benchmarks.workload_folder import WorkloadFolder, read_lines, write_lines

UNITS, WORDS, TOKENS = 64, 20_000, 250
TEXTS = 60
TOKENS_OF_TEXTS = 40_000
"""Tokens of the texts of one point, so that long texts are fewer."""
LINES_LIMIT_S = 300.0
LINES = Path(__file__).parent / "answering" / "lines.py"
SLOW_LINES = {"onnxruntime-f32": 100_000}
"""The most lines that a slower system is given: a million would take it a minute."""


@dataclass(frozen=True)
class Setting:
    """What growth is measured with. ``pythons`` maps an environment to its Python; ``core`` is the one of single threads."""

    folder: Path
    workload: WorkloadFolder
    fasttext: Path
    pythons: Mapping[str, Path]
    core: int
    extent: Extent
    quick: bool
    progress: Callable[[str], None]


Points = dict[str, list[dict[str, float] | None]]
"""By system, its figure at every value of a curve: median and range of rounds, or None where it has none."""


def measure_growth(setting: Setting) -> dict[str, Any]:
    """Every curve: its values, and the points of each system; and why a system has none."""
    training = read_lines(setting.workload.fasttext_training)
    most = max(_values("vocabulary", setting))
    words = vocabulary([line.partition(" ")[2] for line in training], max(WORDS, most))
    held_out = read_lines(setting.workload.held_out)
    measures: dict[str, Callable[[int], Figures]] = {
        "tokens": lambda tokens: _latency(
            setting, words[:WORDS], UNITS, 1, length_texts(held_out, tokens, _count(tokens)), True
        ),
        "vocabulary": lambda count: _latency(setting, words[:count], UNITS, 1, length_texts(held_out, TOKENS, TEXTS)),
        "units": lambda units: _latency(setting, words[:WORDS], units, 1, length_texts(held_out, TOKENS, TEXTS)),
        "layers": lambda layers: _latency(setting, words[:WORDS], UNITS, layers, length_texts(held_out, TOKENS, TEXTS)),
        "threads": lambda threads: _rates(setting, words[:WORDS], threads, length_texts(held_out, BATCH_TOKENS, 4000)),
        "lines": lambda lines: _lines(setting, words[:WORDS], length_texts(held_out, BATCH_TOKENS, 10_000), lines),
    }
    return {name: _curve(name, setting, measure) for name, measure in measures.items()}


def _values(name: str, setting: Setting) -> tuple[int, ...]:
    if name == "threads":
        return tuple(range(1, (os.cpu_count() or 1) + 1))
    return CURVES[name].quick if setting.quick else CURVES[name].values


def _count(tokens: int) -> int:
    return max(5, min(100, TOKENS_OF_TEXTS // tokens))


def _curve(name: str, setting: Setting, measure: Callable[[int], Figures]) -> dict[str, Any]:
    points: Points = {key: [] for key in CURVES[name].systems}
    failed: dict[str, str] = {}
    values = _values(name, setting)
    for value in values:
        setting.progress(f"growth: {name} {value:,}")
        figures, reasons = measure(value)
        failed.update(reasons)
        for key, found in points.items():
            found.append(figures.get(key))
    return {"values": list(values), "points": points, "failed": failed}


@contextmanager
def _network(setting: Setting, words: Sequence[str], units: int, layers: int) -> Iterator[Path]:
    """The folder of a network, deleted in the end."""
    folder = setting.folder / "growth"
    shutil.rmtree(folder, ignore_errors=True)
    write_random_network(folder, words, units, layers)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _start(
    setting: Setting, stack: ExitStack, keys: Sequence[str], folder: Path, threads: int
) -> tuple[dict[str, PeerProcess], dict[str, str]]:
    """The loaded peers of some systems, and the reasons of those that do not load."""
    peers, failed = {}, {}
    for key in keys:
        system = SYSTEMS[key]
        try:
            python = setting.pythons.get(system.environment)
            if python is None:
                raise PeerError("its environment is not there")
            place = folder if system.network else setting.fasttext
            core = setting.core if threads == 1 else None
            peer = PeerProcess(python, f"{PACKAGE}.{system.module}", place, system.variant, threads, core)
            stack.enter_context(peer)
            peer.ask(LIMIT_S, "load")
            peers[key] = peer
        except PeerError as error:
            failed[key] = str(error)
    return peers, failed


def _latency(
    setting: Setting, words: Sequence[str], units: int, layers: int, texts: Sequence[str], fasttext: bool = False
) -> Figures:
    keys = (*NETWORKS, "fasttext-predict") if fasttext else NETWORKS
    with _network(setting, words, units, layers) as folder, ExitStack() as stack:
        peers, failed = _start(setting, stack, keys, folder, 1)
        figures, more = measure_single(peers, "texts", texts, setting.extent, NETWORKS[0])
    return {key: summary(found["rounds_us"]) for key, found in figures.items()}, {**failed, **more}


def _rates(setting: Setting, words: Sequence[str], threads: int, texts: Sequence[str]) -> Figures:
    with _network(setting, words, UNITS, 1) as folder, ExitStack() as stack:
        peers, failed = _start(setting, stack, NETWORKS, folder, threads)
        figures, more = measure_batch(
            peers, "texts", texts, replace(setting.extent, batch_rounds=setting.extent.rounds)
        )
    return figures, {**failed, **more}


def _lines(setting: Setting, words: Sequence[str], texts: Sequence[str], count: int) -> Figures:
    """Seconds of whole commands that label a file: Drupelet's own command, and scripts of the others."""
    cores = os.cpu_count() or 1
    taken: dict[str, list[float]] = {key: [] for key in CURVES["lines"].systems if count <= SLOW_LINES.get(key, count)}
    failed: dict[str, str] = {}
    with _network(setting, words, UNITS, 1) as folder:
        file = folder / "lines.txt"
        write_lines(file, islice(cycle(texts), count))
        for _ in range(1 if count > 100_000 or setting.quick else 3):
            for key, found in taken.items():
                try:
                    found.append(
                        _seconds(_command(setting, key, folder, file, cores), cores if "threads" in key else 1)
                    )
                except PeerError as error:
                    failed[key] = str(error)
    return {key: summary(found) for key, found in taken.items() if found and key not in failed}, failed


def _command(setting: Setting, key: str, folder: Path, file: Path, cores: int) -> list[str | Path]:
    system = SYSTEMS[key.removesuffix("-threads")]
    python = setting.pythons.get(system.environment)
    if python is None:
        raise PeerError("its environment is not there")
    if system.module == "drupelet_peer":
        threads = cores if key.endswith("-threads") else 1
        model = folder / "bundle" / "model.wi8.drupelet"
        return [python, "-m", "drupelet", "predict", model, "--file", file, "--threads", str(threads)]
    place = folder if system.network else setting.fasttext
    return [python, "-P", LINES, ROOT, f"{PACKAGE}.{system.module}", place, system.variant, "1", file]


def _seconds(command: Sequence[str | Path], threads: int) -> float:
    start = time.perf_counter()
    try:
        subprocess.run(
            command, env=quiet_environment(threads), cwd="/", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, timeout=LINES_LIMIT_S,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise PeerError(reason_of(error)) from error
    return time.perf_counter() - start
