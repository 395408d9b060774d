"""The fuzzers of what Python reads: signatures, manifests, goldens, .keras, HDF5 files, and model files by both readers.

``PYTHONPATH=tests python -m fuzz.python_targets SECONDS [SEED]`` runs each for so long and prints its executions, and how many
different answers it got: the text of an error without its numbers and names. An answer that is none of ours (any exception but
DrupeletError), or one reader that accepts what the other refuses, ends it; the input is written to ``build/fuzz``.
"""

from __future__ import annotations

import io
import json
import re
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import h5py
import numpy as np

from drupelet import _native
from drupelet.bundle import _single_file_bundle
from drupelet.encoder import Encoder
from drupelet.errors import DrupeletError
from drupelet.goldens import read_goldens, write_goldens
from drupelet.manifest import parse_manifest
from drupelet.signature import PublicKey, check_signature, read_public_keys
from drupelet_export.reading.archive_file import read_archive
from drupelet_export.reading.hdf5_file import Hdf5File
from fuzz.mutations import changed_bytes, changed_document, changed_text
from runtime.native.file_surgery import joined, parts_of, sealed_vocabulary
from runtime.signer import key_line, signature_file

TESTS = Path(__file__).parents[1]
GOLDEN = TESTS / "golden" / "bundle-v3"
MODELS = Path(__file__).with_name("corpus") / "model"
DAMAGED = TESTS / "export" / "reading" / "hdf5" / "damaged"
TEXTS = (
    "",
    "A wonderful film, w000 w001 w017 w255 b ab <br /> \u00c9",
    " ".join(f"w{n:03}" for n in range(300)),
    "W001\nw002 don't",
)
MAX_ANSWER_CHARACTERS = 2100
"""Maximum characters of an error: drupelet.errors cuts longer ones."""


class Finding(Exception):  # noqa: N818  # what a fuzzer looks for, not an error of the program
    """An answer that no input should get."""


def manifest(drawn: Random) -> Iterator[tuple[bytes, Callable[[], object]]]:
    document = json.loads((GOLDEN / "manifest.json").read_bytes())
    while True:
        content = changed_document(document, drawn) if drawn.random() < 0.6 else json.dumps(document).encode()
        if drawn.random() < 0.5:
            content = changed_text(content, drawn)
        yield content, lambda content=content: parse_manifest(content, "here").to_json()


def goldens(drawn: Random) -> Iterator[tuple[bytes, Callable[[], object]]]:
    lines = [json.loads(line) for line in (GOLDEN / "goldens.jsonl").read_bytes().splitlines()]
    while True:
        line = drawn.choice(lines)
        content = changed_document(line, drawn) if drawn.random() < 0.7 else json.dumps(line).encode()
        if drawn.random() < 0.45:
            content = changed_text(content, drawn)
        yield content, lambda content=content: read_goldens(write_goldens(read_goldens(content, "here")), "here")


def hdf5(drawn: Random) -> Iterator[tuple[bytes, Callable[[], object]]]:
    seeds = [_hdf5_seed(False), _hdf5_seed(True), *(path.read_bytes() for path in sorted(DAMAGED.iterdir()))]
    while True:
        content = changed_bytes(drawn.choice(seeds), drawn)
        yield content, lambda content=content: _read_hdf5(content)


def keras(drawn: Random) -> Iterator[tuple[bytes, Callable[[], object]]]:
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", '{"keras_version":"3.0.0"}')
        archive.writestr("config.json", '{"class_name":"Sequential","config":{"layers":[]}}')
        archive.writestr("model.weights.h5", _hdf5_seed(False))
        archive.writestr("assets/layers/a/vocabulary.txt", "a\nb\n")
    while True:
        content = changed_bytes(place.getvalue(), drawn)
        yield content, lambda content=content: _read_hdf5(read_archive(content, "here").weights)


def model(drawn: Random) -> Iterator[tuple[bytes, Callable[[], object]]]:
    """Sections with other numbers, whose checksums are right again: refused by both readers, or read with the same ids."""
    seeds = [parts_of(path.read_bytes()) for path in sorted(MODELS.iterdir())]
    while True:
        parts = [list(part) for part in drawn.choice(seeds)]
        part = drawn.choice([part for part in parts if part[1] != b"TENS"])
        part[4] = changed_bytes(part[4], drawn, keep_size=drawn.random() < 0.8)
        if part[1] == b"VOCB" and len(part[4]) >= 36:
            part[4] = sealed_vocabulary(part[4])
        content = joined(parts)
        yield content, lambda content=content: _read_by_both(content)


def signature(drawn: Random) -> Iterator[tuple[bytes, Callable[[], object]]]:
    """Signature files: one that is accepted differs from the right one in its first comment alone."""
    right = signature_file(TEXTS[1].encode())
    keys = read_public_keys([key_line()])
    while True:
        content = changed_text(right, drawn) if drawn.random() < 0.5 else changed_bytes(right, drawn)
        if drawn.random() < 0.4:
            lines = right.split(b"\n")
            at = drawn.randrange(4)
            head, _, tail = lines[at].rpartition(b" ") if at in (0, 2) else (b"", b"", lines[at])
            kept = drawn.randrange(len(tail) + 1)
            lines[at] = head + b" " * bool(head) + tail[:kept] + drawn.choice([b"", b"=", b"A", b"\xff"]) + tail[kept:]
            content = b"\n".join(lines)
        yield content, lambda content=content: _check_signature(content, right, keys)


def _check_signature(content: bytes, right: bytes, keys: tuple[PublicKey, ...]) -> None:
    found = check_signature(TEXTS[1].encode(), content, keys, "content", "here")
    if found.comment != "for the fleet" or content.split()[-1] != right.split()[-1]:
        raise Finding(f"{found} for a signature that was changed")


TARGETS = {
    "signature": signature,
    "manifest": manifest,
    "goldens": goldens,
    "hdf5": hdf5,
    "keras": keras,
    "model": model,
}


def _hdf5_seed(track_order: bool) -> bytes:
    place = io.BytesIO()
    with h5py.File(place, "w", track_order=track_order) as file:
        file.attrs["keras_version"] = "2.15.0"
        group = file.create_group("model_weights", track_order=track_order)
        group.attrs["layer_names"] = np.array([b"dense", b"embedding"])
        for number in range(10 if track_order else 2):
            group.attrs[f"weight_names{number}"] = ["a", "b"]
            group[f"dense/{number}"] = np.ones((3, 4), np.float32)
        group.create_dataset("bias", data=np.ones(4, np.float32), chunks=(4,), compression="gzip")
        group.create_dataset(
            "big", data=np.ones((40, 8)), chunks=(10, 8), compression="gzip", shuffle=True, fletcher32=True
        )
    return place.getvalue()


def _read_hdf5(content: bytes) -> None:
    file = Hdf5File(content, "here")
    file.numbers()
    refused = None
    for path in ("", "model_weights", *(f"{path}" for path in file.datasets(""))):
        for name in ("keras_version", "layer_names", "weight_names"):
            try:
                file.texts(path, name)
                if path in file.datasets(""):
                    file.array(path)
            except DrupeletError as error:
                refused = error
    if refused is not None:
        raise refused


def _read_by_both(content: bytes) -> None:
    refused: list[DrupeletError | None] = [None, None]
    try:
        bundle = _single_file_bundle("here", content)
        encoder = Encoder(bundle.manifest.text_rules, bundle.vocabulary(), bundle.manifest.network)
    except DrupeletError as error:
        refused[0] = error
    try:
        kernel = _native.Model(content, "here", None)
    except DrupeletError as error:
        refused[1] = error
    by_python, by_kernel = refused
    if (by_python is None) != (by_kernel is None):
        raise Finding(f"Python says {by_python}, the kernel says {by_kernel}")
    if by_python is not None:
        raise by_python
    if bundle.manifest.network.text_bytes(300) > 1 << 22:
        return
    for text in TEXTS:
        answers = []
        for encode in (lambda text=text: list(encoder.encode(text).ids), lambda text=text: list(kernel.encode(text))):
            try:
                answers.append(encode())
            except DrupeletError as error:
                answers.append(type(error).__name__)
        if answers[0] != answers[1]:
            raise Finding(f"Python gives {answers[0]!s:.200}, the kernel {answers[1]!s:.200} of {text!r:.60}")


def run(name: str, seed: int, seconds: float, most: int = 1 << 40) -> tuple[int, int]:
    """Runs a target; returns its executions, and the number of different answers. Raises Finding."""
    answers: set[str] = set()
    executions, end = 0, time.monotonic() + seconds
    for content, read in TARGETS[name](Random(seed)):  # noqa: S311  # drawn inputs, not secrets
        try:
            read()
            answer = "read"
        except DrupeletError as error:
            answer = str(error)
        except Exception as error:  # what the fuzzer looks for
            place = Path("build/fuzz")
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{name}-finding").write_bytes(content)
            raise Finding(
                f"{name}, seed {seed}, execution {executions}: {type(error).__name__}: {error!s:.400}"
            ) from error
        if len(answer) > MAX_ANSWER_CHARACTERS:
            raise Finding(f"{name}, seed {seed}, execution {executions}: an error of {len(answer)} characters")
        answers.add(re.sub(r"'.*'|\".*\"|\d+", "#", answer))
        executions += 1
        if executions >= most or time.monotonic() > end:
            break
    return executions, len(answers)


if __name__ == "__main__":
    seconds, seed = float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % (1 << 32)
    for name in TARGETS:
        executions, answers = run(name, seed, seconds)
        print(f"{name}: {executions} executions in {seconds:g} s, seed {seed}, {answers} different answers", flush=True)
