"""Foreign libraries: looks for them, imports them, and describes what they raise and how to mend it."""

from __future__ import annotations

from drupelet.engines import telemetry
from drupelet.errors import EngineUnavailableError, OutOfMemoryError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import Any

MAX_DETAIL_CHARS = 300
"""Longest quotation of a library's error: enough for a path and a sentence, too short to bury our own message."""

REMEDIES = (
    (("_ARRAY_API", "numpy.core.multiarray failed to import"),
     "it was built for numpy 1, and numpy 2 is installed: pip install 'numpy<2'"),
    (("wrong ELF class", "invalid ELF header", "Exec format error", "incompatible architecture"),
     "it was built for another processor: install it again on this machine, with pip install --force-reinstall --no-cache-dir"),
    (("cannot open shared object file",),
     "a library of the system is missing (apt install it), or the module was built for another processor (install it again "
     "on this machine)"),
    (("GLIBC_", "GLIBCXX_"), "it was built for a newer system: install an older version of it, or upgrade the system"),
)  # fmt: skip
"""Signs in the errors of loaders and of numpy, and their remedies. The first that fits counts."""


SIGNS_OF_NO_MEMORY = ("Cannot allocate memory", "bad allocation", "bad_alloc", "Failed to allocate memory")
"""How the system, the C++ library and onnxruntime say that there is no memory."""
UNMAPPED = "failed to map segment from shared object"
"""How the loader says it. Any other reason, such as a file system that allows no programs, follows behind a colon."""


def missing_library(module: str, remedy: str) -> str | None:
    """None when the top-level module can be found, otherwise a sentence that it is missing, with the remedy.

    The module is not imported: an engine that is not used costs nothing.
    """
    import importlib.util

    if importlib.util.find_spec(module) is not None:
        return None
    return f"the Python module {module} is not installed: {remedy}"


def import_library(module: str) -> Any:
    """The module, with its telemetry off.

    Raises OutOfMemoryError where memory does not suffice, else EngineUnavailableError when the import raises.

    Lines that the library writes to stderr pass through.
    """
    import importlib

    from drupelet.fork_gate import FORK_GATE

    telemetry.forbid(module)
    try:
        with FORK_GATE:
            library = importlib.import_module(module)
        telemetry.stop(module, library)
        return library
    except (Exception, SystemExit) as error:  # a broken library may raise anything
        if is_out_of_memory(error):
            raise OutOfMemoryError(
                f"memory does not suffice to import {module} ({described(error)}); free some, or use engine='native'"
            ) from error
        raise EngineUnavailableError(
            f"the Python module {module} is installed but broken ({described(error)}); {remedy_for(error)}"
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a library raised this error because it got no memory."""
    found: BaseException | None = error
    while found is not None:
        said = str(found)
        if isinstance(found, MemoryError) or any(sign in said for sign in SIGNS_OF_NO_MEMORY):
            return True
        if UNMAPPED in said and f"{UNMAPPED}: " not in said:
            return True
        found = found.__cause__
    return False


def described(error: BaseException) -> str:
    """An exception of a library in one line: the last line of its message, its type unless ImportError, and its cause."""
    said = last_line(str(error))
    if type(error) is not ImportError or not said:
        said = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return said if error.__cause__ is None else f"{said} (from {described(error.__cause__)})"


def last_line(text: str) -> str:
    """The last line of a text that is not blank, shortened to MAX_DETAIL_CHARS."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:MAX_DETAIL_CHARS] if lines else ""


def remedy_for(error: BaseException) -> str:
    """The remedy for a library that raises this error, chosen by its message and those of its causes."""
    said = [str(error)]
    while error.__cause__ is not None:
        error = error.__cause__
        said.append(str(error))
    for signs, remedy in REMEDIES:
        if any(sign in text for sign in signs for text in said):
            return remedy
    return "install it again for this machine"


def distribution_version(distribution: str) -> str:
    """The version of an installed distribution, or that it is unknown: some packages come without metadata."""
    import importlib.metadata

    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"
