"""Tries an engine in a child process first: a library that kills its process, or never returns, does that to the child."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from drupelet.engines.probing import import_library, last_line
from drupelet.engines.trial_process import TELLS
from drupelet.errors import EngineUnavailableError
from drupelet.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from drupelet.bundle import Bundle
    from drupelet.engines.protocol import Engine
    from drupelet.manifest import ModelEntry

TRIAL_SECONDS = 60
"""A trial that takes longer hangs: a slow Pi reads a library of 100 MB from its card in some ten seconds, the first time."""
CHILD_VARIABLE = "DRUPELET_TRIAL"
"""Set in the environment of a trial: no trial starts another one."""

PROGRAM = (
    "import sys; sys.path[:] = sys.argv[4:]; from drupelet.engines.trial_process import main; main(*sys.argv[1:4])"
)
"""What the child runs, given engine, bundle and file (both may be empty) and the parent's ``sys.path``."""

INTERPRETERS = ("python", "pypy", "graalpy")
"""How the names of programs begin that take ``-c``. Another one is an application that has Python in it: starting that again
would start all of it."""

SIGNALS = {
    "SIGILL": "illegal instruction: this build does not fit this processor",
    "SIGABRT": "it gave up by itself",
    "SIGSEGV": "segmentation fault",
    "SIGBUS": "bus error",
    "SIGFPE": "arithmetic error",
    "SIGKILL": "ended from outside, most likely for want of memory",
}
WINDOWS_STATUSES = {
    0xC000001D: "illegal instruction: this build does not fit this processor",
    0xC0000005: "access violation",
    0xC00000FD: "stack overflow",
    0xC0000135: "a DLL is missing",
    0xC0000409: "it gave up by itself",
}


class Trial(Value):
    """What came of trying an engine: it works (no reason), or why it does not.

    ``reason``: its library cannot be imported, killed the process, hung or raised what no engine expects. ``refusal``: a
    DrupeletError about this very file, which loading it raises in any process. ``version``: of the library, once imported.
    """

    version: str | None
    reason: str | None
    refusal: str | None = None


_outcomes: dict[tuple[object, ...], Trial] = {}
"""Outcomes of this process. ``sys.path`` is part of the key: it decides what is tried."""


def try_engine(engine: Engine, bundle: Bundle | None = None, model: ModelEntry | None = None) -> Trial:
    """Imports the engine's library in a child process, and with a bundle and model also loads the file and answers a text.

    An outcome is remembered for this process; a library that cannot be imported is not tried again for another file. Where
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
    imported = _outcomes.get(library_key)
    if imported is not None and imported.reason is not None:
        return imported
    if key not in _outcomes:
        place = ("", "") if bundle is None or model is None else (bundle.path, model.entry.file)
        command = [interpreter, *_flags(), "-c", PROGRAM, engine.name, *place, *path]
        try:
            returncode, told, stderr = _run(command)
        except (OSError, ValueError) as error:
            # Not remembered: there may be memory or a process to spare next time.
            return Trial(None, f"cannot start a process to try it in ({error}); {_untried(engine)}")
        trial = _outcome(engine, returncode, told, stderr)
        _outcomes[library_key if trial.version is None else key] = trial
        return trial
    return _outcomes[key]


def _interpreter() -> str | None:
    """The Python to start, or None where there is none: in a frozen, compiled or embedding application, and within a trial."""
    if not sys.executable or getattr(sys, "frozen", False) or CHILD_VARIABLE in os.environ:
        return None
    program = Path(sys.executable)
    return sys.executable if program.name.lower().startswith(INTERPRETERS) and program.exists() else None


def _flags() -> list[str]:
    """The options with which this interpreter leaves out places that modules come from."""
    flags = {"-E": sys.flags.ignore_environment, "-s": sys.flags.no_user_site, "-S": sys.flags.no_site}
    return [flag for flag, given in flags.items() if given]


def _imported_here(engine: Engine) -> Trial:
    try:
        for module in engine.libraries():
            import_library(module)
        return Trial(engine.version(), None)
    except EngineUnavailableError as error:
        return Trial(None, str(error))


def _run(command: list[str]) -> tuple[int | None, bytes, bytes]:
    """Return code (None: it did not end in time), stdout and stderr of a command."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, CHILD_VARIABLE: "1"},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    ) as process:
        try:
            told, stderr = process.communicate(timeout=TRIAL_SECONDS)
        except subprocess.TimeoutExpired as hung:
            process.kill()
            # Not communicate: what the library itself has started may hold the other end of the pipes.
            return None, hung.stdout or b"", hung.stderr or b""
        except BaseException:
            process.kill()
            raise
    return process.returncode, told, stderr


def _outcome(engine: Engine, returncode: int | None, told: bytes, stderr: bytes) -> Trial:
    """What the lines that the child told before it ended, and its end, mean."""
    state: dict[str, Any] = {}
    for line in told.splitlines():
        if line.startswith(TELLS):
            state.update(json.loads(line[len(TELLS) :]))
    version, doing = state.get("version"), state.get("doing")
    if "done" in state:
        return Trial(version, state.get("reason"), state.get("refusal"))
    said = last_line(stderr.decode(errors="replace"))
    detail = f": {said!r}" if said else ""
    if doing is None:
        end = (
            f"did not begin within {TRIAL_SECONDS} s" if returncode is None else f"did not begin ({_death(returncode)})"
        )
        return Trial(None, f"the process to try it in {end}{detail}; {_untried(engine)}")
    other = f"install another version of {state['library']}, or use another engine"
    if returncode is None:
        return Trial(version, f"{doing} did not end within {TRIAL_SECONDS} s{detail}; {other}")
    return Trial(version, f"{doing} {_death(returncode)}{detail}; {other}")


def _death(returncode: int) -> str:
    """How a process ended that should have told its outcome first."""
    if returncode in WINDOWS_STATUSES:
        return f"killed the process (0x{returncode:08X}, {WINDOWS_STATUSES[returncode]})"
    if returncode >= 0:
        return f"ended the process without an answer (exit status {returncode})"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:  # a real-time signal has no name
        return f"killed the process (signal {-returncode})"
    return f"killed the process ({name}, {SIGNALS[name]})" if name in SIGNALS else f"killed the process ({name})"


def _untried(engine: Engine) -> str:
    return f"load(bundle, {engine.name!r}) does without a trial"
