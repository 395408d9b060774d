"""Builds an executable from a bundle, or writes the folder of its sources."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from drupelet.bundle import Bundle
from drupelet.classifier import Classifier, load
from drupelet.comparison import GATES
from drupelet.errors import DrupeletError, InputError, closest_match
from drupelet.goldens import Golden, read_goldens
from drupelet.manifest import ModelEntry
from drupelet.proof import claim, given_bodies_in
from drupelet.regular_file import open_regular_file
from drupelet.schemes import SCHEMES
from drupelet_export.bundle.destination import resolve_destination
from drupelet_export.bundle.partial_folder import partial_folder
from drupelet_export.bundle.taking_place import take_place
from drupelet_export.executable.accompanying_files import BEGINNINGS, accompanying_files, linked_libraries
from drupelet_export.executable.c_compiler import build_folder, find_compiler
from drupelet_export.executable.embedded_goldens import EmbeddedGolden, EmbeddedSuite, encode, select
from drupelet_export.executable.self_check import SelfCheck, run_self_check
from drupelet_export.executable.sources import MARKER, PROGRAM_FILE, Content, write_sources
from drupelet_export.executable.targets import Target

SCHEMA_VERSION = 1
MAX_BYTES_BESIDE_MODEL = 232_000
"""Maximum bytes of an executable besides its model: code, C library and goldens together. That of x86-64 has four tiers, and
takes 224,000."""
_ELF = b"\x7fELF"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
MAX_NAME_CHARACTERS = 100
SOURCE_SUFFIXES = (".c", ".h", ".o")
"""The endings of files in the folders of sources, and of what their Makefile makes there."""

Progress = Callable[[str], None]


class ExecutableError(DrupeletError):
    """The executable is too large or fails its self-check, so it was not written.

    The bundle does not answer like Keras, or this release or the C compiler has a bug.
    """


@dataclass(frozen=True)
class Prepared:
    """The content of an executable, and the bundle that it comes from.

    A program answers texts only, so ``without_text`` goldens of the bundle are not inside: it leaves their texts out.
    """

    bundle: str
    model: ModelEntry
    content: Content
    suites: tuple[EmbeddedSuite, ...]
    without_text: int = 0

    def to_json(self) -> dict[str, Any]:
        """The content as a JSON object."""
        return {
            "schema_version": SCHEMA_VERSION,
            "bundle": self.bundle,
            "name": self.content.name,
            "file": self.content.file,
            "scheme": self.model.scheme,
            "goldens": {suite.name: {"n": len(suite.goldens), "n_in_bundle": suite.in_bundle} for suite in self.suites},
            "goldens_without_text": self.without_text,
        }


@dataclass(frozen=True)
class Executable:
    """A written executable, the files that accompany it, and the outcome of its self-check."""

    prepared: Prepared
    target: Target
    path: Path
    size_bytes: int
    sha256: str
    self_check: SelfCheck
    accompanying: tuple[Path, ...]

    @property
    def beside_model_bytes(self) -> int:
        """Bytes of the executable besides those of the model file."""
        return self.size_bytes - len(self.prepared.content.model)

    def to_json(self) -> dict[str, Any]:
        """The executable as a JSON object."""
        return {
            **self.prepared.to_json(),
            "target": self.target.name,
            "out": str(self.path),
            "size_bytes": self.size_bytes,
            "beside_model_bytes": self.beside_model_bytes,
            "max_beside_model_bytes": MAX_BYTES_BESIDE_MODEL,
            "sha256": self.sha256,
            "accompanying": [str(path) for path in self.accompanying],
            "verified": self.self_check.how,
            "not_verified_because": self.self_check.reason,
            "verification": self.self_check.report,
        }


def plain_name(name: str) -> str:
    """``name`` with only letters, digits, dots, hyphens and underscores, so that files and C strings can have it."""
    return _NOT_IN_NAMES.sub("-", name).strip("-.")[:MAX_NAME_CHARACTERS] or "classifier"


def prepare(bundle: Bundle, scheme: str | None = None) -> Prepared:
    """Reads the .drupelet file and the goldens of a bundle, and lets the native engine answer the goldens.

    Raises InputError for a bundle without a .drupelet file, EngineUnavailableError when the native engine cannot run here.
    """
    if scheme is not None and scheme not in SCHEMES:
        raise InputError(f"scheme {scheme!r} is not known{closest_match(scheme, SCHEMES)}")
    model = bundle.model("drupelet", scheme)
    if model is None:
        files = ", ".join(entry.entry.file for entry in bundle.manifest.models)
        wanted, option = (".drupelet", "") if scheme is None else (f"{scheme} .drupelet", f" --schemes {scheme}")
        raise InputError(
            f"{bundle.path}: the bundle has no {wanted} file, only {files}; export it with --formats drupelet{option}"
        )
    classifier = load(bundle, "native", scheme)
    suites, without_text = _suites(bundle, classifier)
    model_bytes = bundle.read(model.entry)
    goldens = encode(suites, model_bytes, GATES[model.scheme], len(bundle.manifest.labels))
    content = Content(
        plain_name(bundle.manifest.name),
        model.entry.file,
        model_bytes,
        goldens,
        claim(bundle.manifest.proof, without_text=without_text) + given_bodies_in(bundle.manifest.reference),
        frozenset(node.operation.name for node in bundle.manifest.network.nodes),
    )
    return Prepared(bundle.path, model, content, suites, without_text)


def _suites(bundle: Bundle, classifier: Classifier) -> tuple[tuple[EmbeddedSuite, ...], int]:
    """The suites that go inside, and the number of goldens that do not because their texts are left out."""
    entry = bundle.manifest.goldens
    if entry is None:
        return (), 0
    goldens = read_goldens(bundle.read(entry), f"{bundle.path}: {entry.file}")
    labels = len(bundle.manifest.labels)
    for golden in goldens:
        if len(golden.probabilities) != labels:
            raise InputError(
                f"{bundle.path}: {entry.file}: {golden.name!r} has {len(golden.probabilities)} probabilities for {labels} "
                "labels; goldens and manifest come from different exports, export the bundle again"
            )
    with_text = [golden for golden in goldens if golden.has_text]
    answers = classifier.stream(golden.whole_text for golden in with_text)
    suites = select(
        [
            EmbeddedGolden(_with_own_ids(golden, classifier), native)
            for golden, native in zip(with_text, answers, strict=True)
        ]
    )
    return suites, len(goldens) - len(with_text)


def _with_own_ids(golden: Golden, classifier: Classifier) -> Golden:
    """The golden with the ids of the .drupelet file, which an executable knows, where they stand for Keras's ids of the golden.

    Other ids stay as they are, and the self-check of the executable fails for them.
    """
    text = golden.whole_text
    if classifier.bundle.single_file is None and tuple(classifier.keras_ids(text)) == golden.ids:
        return replace(golden, ids=tuple(classifier.encode(text)))
    return golden


def build_executable(prepared: Prepared, target: Target, out: Path, progress: Progress = lambda _: None) -> Executable:
    """Builds the executable, runs its self-check and writes it to ``out`` after the files that accompany it.

    The executable is written completely or not at all.

    Raises InputError when there is no C compiler, when the compiler fails, or when ``out`` or a file that accompanies it must
    not be replaced. Raises ExecutableError when the executable is too large or its self-check fails.
    """
    compiler = find_compiler()
    place = resolve_destination(out)
    _check_executable_destination(out, place)  # before minutes of work
    beside = {suffix: place.with_name(place.name + suffix) for suffix in BEGINNINGS}
    for suffix, path in beside.items():
        _check_accompanying_destination(path, BEGINNINGS[suffix], path)
    libraries = linked_libraries(compiler)
    with _staged(place) as folder:
        write_sources(folder, prepared.content)
        progress(f"building for {target.name}; the first time with its C library, which takes a minute or two")
        build_folder(compiler, folder, target, PROGRAM_FILE)
        program = folder / PROGRAM_FILE
        program.chmod(0o755)
        content = program.read_bytes()
        more_bytes = len(content) - len(prepared.content.model)
        if more_bytes > MAX_BYTES_BESIDE_MODEL:
            raise ExecutableError(
                f"{out}: {more_bytes} bytes besides the model, expected at most {MAX_BYTES_BESIDE_MODEL}; nothing was written. "
                "Use --emit c and a compiler of your own, and report this bug"
            )
        progress("verifying the executable")
        self_check = _self_checked(program, prepared, target, out)
        _check_executable_destination(out, place)  # or the files that accompany it would be written without it
        for suffix, text in accompanying_files(content, prepared.content, libraries).items():
            written = folder / f"{PROGRAM_FILE}{suffix}"
            written.write_text(text, encoding="utf-8", newline="\n")
            _sync(written)
            take_place(
                written, beside[suffix], partial(_check_accompanying_destination, beside[suffix], BEGINNINGS[suffix])
            )
        _sync(program)
        take_place(program, place, lambda path: _check_executable_destination(out, path))
    sha256 = hashlib.sha256(content).hexdigest()
    return Executable(prepared, target, out, len(content), sha256, self_check, tuple(beside.values()))


def _self_checked(program: Path, prepared: Prepared, target: Target, out: Path) -> SelfCheck:
    if not prepared.suites:
        has = "has no goldens" if not prepared.without_text else "leaves the texts of all its goldens out"
        return SelfCheck(None, None, reason=f"{prepared.bundle} {has}, so there is nothing to compare with")
    self_check = run_self_check(program, target)
    if self_check.failures:
        raise ExecutableError(
            f"{out}: fails its own --verify {self_check.how}, so it was not written: " + "; ".join(self_check.failures)
        )
    return self_check


def emit_sources(prepared: Prepared, out: Path) -> None:
    """Writes the folder of sources, completely or not at all.

    Replaces an older folder of sources. Raises InputError when anything else is at ``out``, or when writing fails.
    """
    _check_folder_destination(out, out)
    with _staged(out) as folder:
        new = folder / "new"
        new.mkdir()
        write_sources(new, prepared.content)
        take_place(new, out, lambda path: _check_folder_destination(out, path))


def _check_executable_destination(out: Path, place: Path) -> None:
    """Raises InputError when something lies at ``place``, to be replaced at ``out``, and is not an executable."""
    if place.is_dir():
        raise InputError(f"{out}: is a folder; give --out the name of a file")
    if not os.path.lexists(place):
        return
    next_step = "choose another --out"
    try:
        if place.is_symlink():
            raise InputError(f"{out}: became a symbolic link meanwhile; {next_step}")
        with open_regular_file(str(place), next_step) as file:
            is_program = file.read(len(_ELF)) == _ELF
    except OSError as error:
        raise InputError(f"{out}: exists and cannot be read ({error.strerror}); {next_step}") from error
    if not is_program:
        raise InputError(f"{out}: exists and is not an executable, so it is not replaced; choose another --out")


def _check_accompanying_destination(out: Path, beginning: str, place: Path) -> None:
    """Raises InputError when something lies at ``place``, to be replaced at ``out``, and drupelet compile did not write it."""
    if not os.path.lexists(place):
        return
    next_step = "choose another --out"
    if place.is_symlink() or place.is_dir():
        raise InputError(f"{out}: exists and is no file, so it is not replaced; {next_step}")
    try:
        with open_regular_file(str(place), next_step) as file:
            ours = file.read(len(beginning.encode())) == beginning.encode()
    except OSError as error:
        raise InputError(f"{out}: exists and cannot be read ({error.strerror}); {next_step}") from error
    if not ours:
        raise InputError(f"{out}: exists and was not written by drupelet compile, so it is not replaced; {next_step}")


def _check_folder_destination(out: Path, place: Path) -> None:
    """Raises InputError when something lies at ``place``, to be replaced at ``out``, and emit_sources did not write it."""
    if not os.path.lexists(place):
        return
    known = {MARKER, "Makefile", "README.md", "embedded.S", "goldens.bin", "model.drupelet", "kernel", "program"}
    built = {PROGRAM_FILE, "embedded.o"}
    if place.is_symlink() or not place.is_dir():
        raise InputError(f"{out}: exists and is not a folder; choose another --out")
    names = {path.name for path in place.iterdir()}
    below = [path for name in ("kernel", "program") if (place / name).is_dir() for path in (place / name).iterdir()]
    others = [path for path in below if path.suffix not in SOURCE_SUFFIXES or path.is_dir()]
    if names and (MARKER not in names or names - known - built or others):
        raise InputError(
            f"{out}: holds files that drupelet compile did not write, so it is not replaced; choose another --out"
        )


@contextmanager
def _staged(out: Path) -> Iterator[Path]:
    """A folder beside ``out``, deleted at the end of the block. Raises InputError when the block cannot write."""
    with _writing(out), partial_folder(out) as folder:
        yield folder


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{out}: cannot be written ({error.strerror}); free some space or choose another --out"
        ) from error


def _sync(program: Path) -> None:
    descriptor = os.open(program, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
