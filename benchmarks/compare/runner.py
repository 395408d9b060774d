"""The comparison from start to end: environments, models, processes, sections, growth; and the report of it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.compare import growth
from benchmarks.compare.child import PACKAGE, PeerProcess
from benchmarks.compare.curves import SYSTEMS
from benchmarks.compare.environments import ENVIRONMENTS, RUNTIME, Installed, install
from benchmarks.compare.failure import PeerError
from benchmarks.compare.fresh import bare_program, first_program, memory_program
from benchmarks.compare.models import Making, make_model
from benchmarks.compare.peers import REFERENCE, Peer
from benchmarks.compare.sections import (
    LIMIT_S,
    Figures,
    measure_accuracy,
    measure_batch,
    measure_memory,
    measure_single,
    measure_start,
)
from benchmarks.compare.workloads import REVIEWS, Extent, batch_texts, single_texts, spread_texts
from benchmarks.device_install import build_wheel
from benchmarks.machine import describe_machine
from benchmarks.workload_folder import WorkloadFolder, read_lines, write_lines
from drupelet.engines import ENGINES

SCHEMA_VERSION = 1
INSTALL_LIMIT_S = 900.0
ALL_CORES_SETS = ("250", REVIEWS)
"""The sets of single texts that are measured with all cores too."""


@dataclass(frozen=True)
class Order:
    """What is compared, where, and how much of it. ``progress`` is called with a line for each step."""

    peers: Sequence[Peer]
    folder: Path
    workload: WorkloadFolder
    extent: Extent
    quick: bool
    progress: Callable[[str], None]


@dataclass
class Comparison:
    """The peers that still answer, and the row of each peer. A peer that fails keeps what was measured, and says why."""

    peers: dict[str, Peer]
    rows: dict[str, dict[str, Any]]
    places: dict[str, tuple[Path, Path]] = field(default_factory=dict)
    """The Python and the model folder of each peer that can start."""

    def fail(self, reasons: Mapping[str, str]) -> None:
        """Writes why peers have no more figures."""
        for key, reason in reasons.items():
            self.rows[key]["failed"] = self.rows[key]["failed"] or reason

    def alive(self) -> list[Peer]:
        """The peers that have not failed."""
        return [peer for key, peer in self.peers.items() if self.rows[key]["failed"] is None]

    def add(self, section: str, found: Figures, *names: str) -> None:
        """Puts the figures of a section into the rows, below ``names`` inside it."""
        figures, reasons = found
        *outer, last = (section, *names)
        for key, figure in figures.items():
            place = self.rows[key]
            for name in outer:
                place = place.setdefault(name, {})
            place[last] = figure
        self.fail(reasons)


def compare(order: Order) -> dict[str, Any]:
    """The report."""
    began, load_before = time.time(), os.getloadavg()[0]
    core, cores = max(os.sched_getaffinity(0)), os.cpu_count() or 1
    comparison = Comparison({peer.key: peer for peer in order.peers}, {peer.key: _row(peer) for peer in order.peers})
    pythons = _prepare(order, comparison)
    _one_thread(order, comparison, core)
    _all_cores(order, comparison, cores)
    _fresh(order, comparison, core)
    curves = growth.measure_growth(
        growth.Setting(
            order.folder, order.workload, order.folder / "models/fasttext", pythons, core, order.extent, order.quick,
            order.progress,
        )
    )  # fmt: skip
    return {
        "schema_version": SCHEMA_VERSION,
        "quick": order.quick,
        "machine": describe_machine(),
        "engine": ENGINES["native"].version(),
        "method": {
            "core": core,
            "cores": cores,
            "rounds": order.extent.rounds,
            "batch_rounds": order.extent.batch_rounds,
            "starts": order.extent.starts,
            "remembered": order.extent.remembered,
            "load_average": [load_before, os.getloadavg()[0]],
            "seconds": round(time.time() - began),
            "reference": REFERENCE,
        },
        "peers": list(comparison.rows.values()),
        "growth": curves,
    }


def _row(peer: Peer) -> dict[str, Any]:
    return {
        "key": peer.key,
        "title": peer.title,
        "family": peer.family,
        "settings": peer.settings,
        "environment": peer.environment,
        "failed": None,
    }


def _prepare(order: Order, comparison: Comparison) -> dict[str, Path]:
    """Installs the environments and makes the models. The Python of each environment that could be installed."""
    installed: dict[str, Installed] = {}
    reasons: dict[str, str] = {}
    named = {peer.environment for peer in order.peers} | {system.environment for system in SYSTEMS.values()}
    with tempfile.TemporaryDirectory(prefix="drupelet-compare-") as scratch:
        order.progress("building the runtime's wheel")
        wheel = build_wheel(RUNTIME, Path(scratch))
        for name, environment in ENVIRONMENTS.items():
            if name in named:
                order.progress(f"installing {name}")
                try:
                    installed[name] = install(environment, order.folder, wheel, INSTALL_LIMIT_S)
                except PeerError as error:
                    reasons[name] = str(error)
    making = Making(order.workload, lambda name: installed[name].python)
    for peer in order.peers:
        row = comparison.rows[peer.key]
        if peer.environment in reasons:
            comparison.fail({peer.key: reasons[peer.environment]})
            continue
        place = installed[peer.environment]
        row["installed_bytes"], row["packages"] = place.size_bytes, dict(place.packages)
        order.progress(f"making the model of {peer.key}")
        try:
            model = make_model(peer.model, order.folder / "models", making)
        except PeerError as error:
            comparison.fail({peer.key: str(error)})
            continue
        row["model_bytes"] = sum((model / file).stat().st_size for file in peer.files)
        comparison.places[peer.key] = place.python, model
    return {name: environment.python for name, environment in installed.items()}


def _start(
    comparison: Comparison, stack: ExitStack, peers: Sequence[Peer], threads: int, core: int | None
) -> dict[str, PeerProcess]:
    """A loaded process of each peer that starts."""
    started: dict[str, PeerProcess] = {}
    for peer in peers:
        python, model = comparison.places[peer.key]
        try:
            process = PeerProcess(python, f"{PACKAGE}.{peer.module}", model, peer.variant, threads, core)
            stack.enter_context(process)
            comparison.rows[peer.key]["about"] = process.ask(LIMIT_S, "load")["about"]
            started[peer.key] = process
        except PeerError as error:
            comparison.fail({peer.key: f"does not load: {error}"})
    return started


def _still(comparison: Comparison, started: Mapping[str, PeerProcess]) -> dict[str, PeerProcess]:
    alive = {peer.key for peer in comparison.alive()}
    return {key: process for key, process in started.items() if key in alive}


def _one_thread(order: Order, comparison: Comparison, core: int) -> None:
    """Texts one at a time and together, each peer with one thread on the same core; and the accuracy of each."""
    held_out, labels = read_lines(order.workload.held_out), read_lines(order.workload.labels)
    count = order.extent.labelled
    with ExitStack() as stack:
        order.progress("loading the peers, one thread each")
        started = _start(comparison, stack, comparison.alive(), 1, core)
        _measure_texts(order, comparison, started, "single", "one")
        order.progress(f"accuracy on {count} held-out reviews")
        alive = _still(comparison, started)
        figures = measure_accuracy(alive, spread_texts(held_out, count), spread_texts(labels, count))
        comparison.add("accuracy", figures)


def _measure_texts(
    order: Order, comparison: Comparison, started: Mapping[str, PeerProcess], single: str, threads: str
) -> None:
    """One text at a time, kept as ``single``, and many at once, of the peers that run on ``threads`` ("one" or "all" cores)."""
    cores = ", all cores" if threads == "all" else ""
    for name, texts in single_texts(order.workload, order.extent).items():
        if threads == "all" and name not in ALL_CORES_SETS:
            continue
        order.progress(f"text -> label, {name}{cores}")
        alive = _still(comparison, started)
        comparison.add(single, measure_single(alive, name, texts, order.extent, REFERENCE), name)
    for name, texts in batch_texts(order.workload, order.extent).items():
        order.progress(f"many texts, {name}{cores}")
        alive = _still(comparison, started)
        comparison.add("batch", measure_batch(alive, f"batch {name}", texts, order.extent), name, threads)


def _all_cores(order: Order, comparison: Comparison, cores: int) -> None:
    """The same with all cores, for the peers that use them."""
    with ExitStack() as stack:
        order.progress("loading the peers, all cores")
        threaded = [peer for peer in comparison.alive() if peer.uses_threads]
        started = _start(comparison, stack, threaded, cores, None)
        _measure_texts(order, comparison, started, "single_all_cores", "all")


def _fresh(order: Order, comparison: Comparison, core: int) -> None:
    """Start and memory in fresh processes."""
    bare = bare_program(core)
    first = {
        peer.key: (comparison.places[peer.key][0], first_program(peer, comparison.places[peer.key][1], core))
        for peer in comparison.alive()
    }
    order.progress("import, load and first label in fresh processes")
    comparison.add("start_ms", measure_start(first, bare, order.extent.starts))
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        texts = Path(file.name)
        write_lines(texts, spread_texts(read_lines(order.workload.held_out), order.extent.remembered))
        for name, lines in (("first", None), ("after", texts)):
            alive = {peer.key for peer in comparison.alive()}
            programs = {
                key: (python, memory_program(program, lines))
                for key, (python, program) in first.items()
                if key in alive
            }
            order.progress(
                f"memory, {'after one text' if lines is None else f'after {order.extent.remembered} reviews'}"
            )
            found = measure_memory(programs, memory_program(bare, None))
            comparison.add("memory_mb", found, name)
