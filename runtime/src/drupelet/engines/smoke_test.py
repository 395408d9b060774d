"""The smoke test of an engine: a child process loads its library and answers a text, before this process does.

A library that kills its process, or never returns, does that to the child, whose program is in
``drupelet.smoke_test_process``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from drupelet.engines.foreign_library import import_library, last_line
from drupelet.errors import EngineUnavailableError
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.bundle import Bundle
    from drupelet.engines.protocol import Engine
    from drupelet.manifest import ModelEntry

SMOKE_TEST_SECONDS = 60
"""A smoke test that takes longer hangs: a slow Pi needs some ten seconds to read a library of 100 MB from its card."""
CHILD_VARIABLE = "DRUPELET_SMOKE_TEST"
"""Environment variable that is set in the child process: a smoke test starts no other one."""
REPORT_PREFIX = b"drupelet-smoke-test "
"""Beginning of the lines that the child prints for this process: ``sitecustomize`` may have printed others before them."""

PROGRAM = "import sys; sys.path[:] = sys.argv[4:]; from drupelet.smoke_test_process import main; main(*sys.argv[1:4])"
"""Program of the child. Its arguments: engine, bundle, file (both may be empty), and the parent's ``sys.path``."""

INTERPRETERS = ("python", "pypy", "graalpy")
"""Beginnings of the names of programs that take ``-c``. Any other program is an application that has Python in it: starting
that again would start all of it."""

SIGNALS = {
    "SIGILL": "illegal instruction: this build does not fit this processor",
    "SIGABRT": "it aborted",
    "SIGSEGV": "segmentation fault",
    "SIGBUS": "bus error",
    "SIGFPE": "arithmetic error",
    "SIGKILL": "killed from outside, most likely because memory ran out",
}
WINDOWS_STATUSES = {
    0xC000001D: "illegal instruction: this build does not fit this processor",
    0xC0000005: "access violation",
    0xC00000FD: "stack overflow",
    0xC0000135: "a DLL is missing",
    0xC0000409: "it aborted",
}


class SmokeTestResult(Value):
    """The outcome of a smoke test: the engine works (no reason), or why it does not.

    ``version`` is that of the library, None until it was imported. ``reason`` says that the library cannot be imported, killed
    the process, hung, or raised what no engine expects. ``refusal`` is a DrupeletError about this very file, which loading it
    raises in any process.
    """

    version: str | None
    reason: str | None
    refusal: str | None = None


_results: dict[tuple[object, ...], SmokeTestResult] = {}
"""Results so far in this process. ``sys.path`` is part of the key: it decides which library is tested."""


def run_smoke_test(engine: Engine, bundle: Bundle | None = None, model: ModelEntry | None = None) -> SmokeTestResult:
    """Imports the engine's library in a child process; with a bundle and a model, loads that file and answers a text as well.

    The result is remembered in this process; a library that cannot be imported is not tested again with another file. Where
    this Python is part of an application and there is no interpreter to start, the library is imported in this process.
    """
    interpreter = _interpreter()
    if interpreter is None:
        return _imported_here(engine)
    path = [entry for entry in sys.path if isinstance(entry, str)]
    library_key = (engine.name, *path)
    key: tuple[object, ...] = library_key
    if bundle is not None and model is not None:
        key = (Path(bundle.path).absolute(), model.entry.file, model.entry.sha256, *library_key)
    imported = _results.get(library_key)
    if imported is not None and imported.reason is not None:
        return imported
    if key not in _results:
        place = ("", "") if bundle is None or model is None else (bundle.path, model.entry.file)
        command = [interpreter, *_flags(), "-c", PROGRAM, engine.name, *place, *path]
        try:
            returncode, told, stderr = _run(command)
        except (OSError, ValueError) as error:
            # Not remembered: next time there may be memory or a process to spare.
            return SmokeTestResult(
                None, f"cannot start a process for its smoke test ({error}); {_without_smoke_test(engine)}"
            )
        result = _result(engine, returncode, told, stderr)
        _results[library_key if result.version is None else key] = result
        return result
    return _results[key]


def _interpreter() -> str | None:
    """The Python to start, or None where there is none: in a frozen, compiled or embedding application, and in a smoke test."""
    if not sys.executable or getattr(sys, "frozen", False) or CHILD_VARIABLE in os.environ:
        return None
    program = Path(sys.executable)
    return sys.executable if program.name.lower().startswith(INTERPRETERS) and program.exists() else None


def _flags() -> list[str]:
    """The options of this interpreter that leave out places where modules are looked for."""
    flags = {"-E": sys.flags.ignore_environment, "-s": sys.flags.no_user_site, "-S": sys.flags.no_site}
    return [flag for flag, given in flags.items() if given]


def _imported_here(engine: Engine) -> SmokeTestResult:
    try:
        for module in engine.libraries():
            import_library(module)
        return SmokeTestResult(engine.version(), None)
    except EngineUnavailableError as error:
        return SmokeTestResult(None, str(error))


def _run(command: list[str]) -> tuple[int | None, bytes, bytes]:
    """The return code (None: it did not end in time), stdout and stderr of a command."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, CHILD_VARIABLE: "1"},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    ) as process:
        try:
            told, stderr = process.communicate(timeout=SMOKE_TEST_SECONDS)
        except subprocess.TimeoutExpired as hung:
            process.kill()
            # Not communicate: a process that the library has started may hold the other end of the pipes.
            return None, hung.stdout or b"", hung.stderr or b""
        except BaseException:
            process.kill()
            raise
    return process.returncode, told, stderr


def _result(engine: Engine, returncode: int | None, told: bytes, stderr: bytes) -> SmokeTestResult:
    """The result that follows from the lines that the child printed and from how it ended."""
    state: dict[str, Any] = {}
    for line in told.splitlines():
        if line.startswith(REPORT_PREFIX):
            state.update(json.loads(line[len(REPORT_PREFIX) :]))
    version, doing = state.get("version"), state.get("doing")
    if "done" in state:
        return SmokeTestResult(version, state.get("reason"), state.get("refusal"))
    said = last_line(stderr.decode(errors="replace"))
    detail = f": {said!r}" if said else ""
    if doing is None:
        end = (
            f"did not begin within {SMOKE_TEST_SECONDS} s"
            if returncode is None
            else f"did not begin ({_death(returncode)})"
        )
        return SmokeTestResult(None, f"the process of its smoke test {end}{detail}; {_without_smoke_test(engine)}")
    other = f"install another version of {state['library']}, or use another engine"
    if returncode is None:
        return SmokeTestResult(version, f"{doing} did not end within {SMOKE_TEST_SECONDS} s{detail}; {other}")
    return SmokeTestResult(version, f"{doing} {_death(returncode)}{detail}; {other}")


def _death(returncode: int) -> str:
    """The end of a process that should have printed its result first, as the predicate of a sentence."""
    if returncode in WINDOWS_STATUSES:
        return f"killed the process (0x{returncode:08X}, {WINDOWS_STATUSES[returncode]})"
    if returncode >= 0:
        return f"ended the process without an answer (exit status {returncode})"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:  # a real-time signal has no name
        return f"killed the process (signal {-returncode})"
    return f"killed the process ({name}, {SIGNALS[name]})" if name in SIGNALS else f"killed the process ({name})"


def _without_smoke_test(engine: Engine) -> str:
    return f"load(bundle, {engine.name!r}) does without a smoke test"
