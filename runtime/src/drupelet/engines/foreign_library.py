"""Whether a library that an engine needs is there, and what to say when it is not or does not work."""

from __future__ import annotations

from drupelet.errors import EngineUnavailableError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import Any

MAX_DETAIL_CHARS = 300
"""Of what a library says: enough for a path and a sentence, too short to bury ours."""

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
"""What the sentences of loaders and of numpy mean, and what to do: the first that fits counts."""


def missing_library(module: str, remedy: str) -> str | None:
    """None when the top-level module can be found, otherwise a sentence that says it cannot, and the remedy.

    Does not import it: an engine that is not used costs nothing.
    """
    import importlib.util

    if importlib.util.find_spec(module) is not None:
        return None
    return f"the Python module {module} is not installed: {remedy}"


def import_library(module: str) -> Any:
    """The module. Raises EngineUnavailableError when it is there but cannot be imported, whatever it raises then.

    What the library writes to stderr meanwhile is its own and is let through.
    """
    import importlib

    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:  # a library that is broken may raise anything
        raise EngineUnavailableError(
            f"the Python module {module} is installed but broken ({described(error)}); {remedy_for(error)}"
        ) from error


def described(error: BaseException) -> str:
    """What an exception of a library says, in one line: its last one, its type unless that is ImportError, and its cause."""
    said = last_line(str(error))
    if type(error) is not ImportError or not said:
        said = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return said if error.__cause__ is None else f"{said} (from {described(error.__cause__)})"


def last_line(text: str) -> str:
    """The last line of a text that is not blank, shortened to MAX_DETAIL_CHARS."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:MAX_DETAIL_CHARS] if lines else ""


def remedy_for(error: BaseException) -> str:
    """What to do about a library that raises this, by what it and its causes say."""
    said = [str(error)]
    while error.__cause__ is not None:
        error = error.__cause__
        said.append(str(error))
    for signs, remedy in REMEDIES:
        if any(sign in text for sign in signs for text in said):
            return remedy
    return "install it again for this machine"


def distribution_version(distribution: str) -> str:
    """The version of an installed distribution, as far as it is known (a distribution's packages may not say)."""
    import importlib.metadata

    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"
