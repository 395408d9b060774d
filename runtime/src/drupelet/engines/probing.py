"""Whether a library that an engine needs is there, and what to say when it is not or does not work."""

from __future__ import annotations

from drupelet.errors import EngineUnavailableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def missing_library(module: str, remedy: str) -> str | None:
    """None when the top-level module can be found, otherwise a sentence that says it cannot, and the remedy.

    Does not import it: an engine that is not used costs nothing.
    """
    import importlib.util

    if importlib.util.find_spec(module) is not None:
        return None
    return f"the Python module {module} is not installed: {remedy}"


def import_library(module: str) -> Any:
    """The module. Raises EngineUnavailableError when it is there but cannot be imported."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise EngineUnavailableError(
            f"the Python module {module} is installed but broken ({error}); install it again for this machine"
        ) from error


def distribution_version(distribution: str) -> str:
    """The version of an installed distribution, as far as it is known (a distribution's packages may not say)."""
    import importlib.metadata

    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"
