"""A round tries one environment on one board, as a user would. It gives one Finding for each engine and tier."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from drupelet.engines.smoke_test import CHILD_VARIABLE
from pi.environments import ENVIRONMENTS, SYSTEM_BUNDLES, Installed
from pi.inbox import BUNDLES
from pi.places import Place

STREAMED = "a quiet, wonderful film\na dull, lifeless film\n"
STREAMED_LABELS = ["positive", "negative"]
NATIVE = "native"
Answers = dict[tuple[str, str, str], list[list[float]]]
"""Probabilities of every golden, by bundle, file and suite."""


@dataclass(frozen=True)
class Finding:
    """The answers of an engine in a place, on one tier if the engine has tiers.

    ``failures`` are sentences; empty when everything works. ``answers`` are later compared with the workstation's.
    """

    environment: str
    engine: str
    library: str
    tier: str | None
    n: int
    flips: int
    max_difference: float
    failures: tuple[str, ...]
    answers: Answers
    networks: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Diagnosis:
    """Doctor's diagnosis of an environment: Python, machine, and for each engine its library and the reason why it cannot run
    (None: it can)."""

    python: str
    machine: str
    reasons: Mapping[str, str | None]
    libraries: Mapping[str, str | None]


NO_DIAGNOSIS = Diagnosis("", "", {}, {})


def diagnose(installed: Installed, place: Place) -> Diagnosis:
    """Runs doctor, which smoke-tests every engine in a process of its own."""
    said = _json(place, [f"{installed.binaries}/drupelet", "doctor", f"{place.inbox}/imdb", "--json"])
    reasons = {status["engine"]: status["reason"] for status in said["engines"]}
    libraries = {status["engine"]: status["version"] for status in said["engines"]}
    return Diagnosis(said["python"], said["machine"], reasons, libraries)


def play(name: str, installed: Installed, diagnosis: Diagnosis, place: Place) -> list[Finding]:
    """Runs verify with every engine of an environment in a place, and also predict with the native engine."""
    findings = []
    for engine in ENVIRONMENTS[name].engines:
        reason, library = diagnosis.reasons[engine], diagnosis.libraries[engine]
        if reason is not None or library is None:
            findings.append(_failed(name, engine, f"does not run: {reason}"))
            continue
        tiers = _tiers(installed, place) if engine == NATIVE else [None]
        if ENVIRONMENTS[name].serves:
            tiers = tiers[-1:]  # the engine that answers over HTTP by default
        for tier in tiers:
            finding = _finding(name, engine, library, tier, installed, place)
            if engine == NATIVE and tier == tiers[-1]:  # the engine that predict uses by default
                failures = (*finding.failures, *_streaming_failures(installed, place))
                if ENVIRONMENTS[name].from_debian_package:
                    failures = (*failures, *_named_bundle_failures(installed, place))
                if ENVIRONMENTS[name].serves:
                    failures = (*failures, *_serving_failures(installed, place))
                finding = replace(finding, failures=failures)
            findings.append(finding)
    return findings


def broken(name: str, fault: str) -> list[Finding]:
    """The findings of a round that could not be played: a failure for each engine of the environment."""
    engines = ENVIRONMENTS[name].engines if name in ENVIRONMENTS else (NATIVE,)
    return [_failed(name, engine, fault) for engine in engines]


def memory_mb(name: str, installed: Installed, place: Place) -> float:
    """Memory of a process that answers one text, above bare Python, in MB of 10^6 bytes. Meaningless under emulation."""
    engine = ENVIRONMENTS[name].engines[0]
    command = [f"{installed.binaries}/drupelet", "bench", f"{place.inbox}/imdb", "--engine", engine, "--json"]
    memory: float = _json(place, command)["results"][0]["cold_start"]["peak_memory_mb"]
    return memory


def _failed(name: str, engine: str, failure: str) -> Finding:
    return Finding(name, engine, "", None, 0, 0, math.nan, (failure,), {})


def _tiers(installed: Installed, place: Place) -> list[str]:
    program = (
        "import json, drupelet._native as n; print(json.dumps([t for t, lacks in n.tiers().items() if not lacks]))"
    )
    tiers: list[str] = _json(place, [f"{installed.binaries}/python3", "-c", program])
    return tiers


def _finding(name: str, engine: str, library: str, tier: str | None, installed: Installed, place: Place) -> Finding:
    # Doctor has smoke-tested the engines already. A process for each file on each board takes minutes under emulation.
    variables = {CHILD_VARIABLE: "1"} | ({} if tier is None else {"DRUPELET_TIER": tier})
    n, flips, worst = 0, 0, 0.0
    failures: list[str] = []
    answers: Answers = {}
    places = [f"{place.inbox}/{bundle}" for bundle in BUNDLES]
    command = [f"{installed.binaries}/python3", f"{place.inbox}/verify_bundles.py", *places]
    command += ["--", "--engine", engine, "--answers", "--json"]
    for bundle, document in zip(BUNDLES, _documents(place, command, variables), strict=True):
        for row in document["results"]:
            if row["passed"] is None and row["scheme"] in ENVIRONMENTS[name].refuses:
                continue
            if row["passed"] is not True:
                failures.append(f"{bundle}: {row['file']}: {row['not_run_because'] or 'does not answer like Keras'}")
            for suite, comparison in row["suites"].items():
                n += comparison["n"]
                flips += comparison["flips"]
                worst = max(worst, math.inf if comparison["max_difference"] is None else comparison["max_difference"])
                answers[bundle, row["file"], suite] = [_numbers(one) for one in row["answers"][suite]]
    if n == 0:
        failures.append("nothing was compared")
    networks = None
    if engine == NATIVE:
        command = [f"{installed.binaries}/python3", f"{place.inbox}/answer_networks.py", place.inbox]
        networks = _json(place, command, variables)
    version = library.split(",")[0] if tier else library
    return Finding(name, engine, version, tier, n, flips, worst, tuple(failures), answers, networks)


def _streaming_failures(installed: Installed, place: Place) -> Iterator[str]:
    done = place.run([f"{installed.binaries}/drupelet", "predict", f"{place.inbox}/imdb", "-"], None, STREAMED)
    labels = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    if done.returncode != 0 or labels != STREAMED_LABELS:
        yield f"predict answered {labels} with exit status {done.returncode}, expected {STREAMED_LABELS}: {done.stderr[-500:]}"


def _named_bundle_failures(installed: Installed, place: Place) -> Iterator[str]:
    """A bundle in the system's folder of data is listed, verified and asked by its name."""
    for arguments, expected in (
        (["list"], f"{SYSTEM_BUNDLES}/imdb"),
        (["verify", "imdb"], "verified"),
        (["predict", "imdb", "a quiet, wonderful film"], "positive"),
    ):
        done = place.run([f"{installed.binaries}/drupelet", *arguments])
        if done.returncode != 0 or expected not in done.stdout:
            said = (done.stdout + done.stderr)[-500:]
            yield f"drupelet {' '.join(arguments)}: exit status {done.returncode}, no {expected} in: {said}"


def _serving_failures(installed: Installed, place: Place) -> Iterator[str]:
    """A server on the device answers a text over HTTP, and stops when it is asked to."""
    text, label = STREAMED.splitlines()[0], STREAMED_LABELS[0]
    command = [f"{installed.binaries}/python3", f"{place.inbox}/ask_server.py", f"{place.inbox}/imdb", text]
    done = place.run(command)
    said = (done.stdout + done.stderr)[-500:]
    if done.returncode != 0:
        yield f"serve: exit status {done.returncode}: {said}"
    elif json.loads(done.stdout) != {"label": label, "server_status": 0}:
        yield f"serve answered {said.strip()}, expected the label {label} and exit status 0"


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]


def _json(place: Place, command: list[str], variables: Mapping[str, str] | None = None) -> Any:
    """The one document that a command prints."""
    documents = _documents(place, command, variables)
    if len(documents) != 1:
        raise RoundError(f"{' '.join(command)}: printed {len(documents)} JSON documents, expected one")
    return documents[0]


def _documents(place: Place, command: list[str], variables: Mapping[str, str] | None = None) -> list[Any]:
    """The JSON documents that a command prints one after another. A failed check (exit status 1) also prints one."""
    done = place.run(command, variables)
    if done.returncode not in (0, 1) or not done.stdout:
        raise RoundError(f"{' '.join(command)}: exit status {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
    documents, rest = [], done.stdout.strip()
    while rest:
        try:
            document, end = json.JSONDecoder().raw_decode(rest)
        except ValueError as error:
            raise RoundError(f"{' '.join(command)}: printed no JSON ({error}): {rest[-2000:]}") from error
        documents.append(document)
        rest = rest[end:].lstrip()
    return documents


class RoundError(Exception):
    """A command failed. The message has the command and its output."""
