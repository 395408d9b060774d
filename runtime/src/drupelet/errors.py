"""The errors that drupelet raises: one base class, one subclass per decision that a caller makes.

Every message says what, where, what was found, what was expected, and what to do next.
"""

from __future__ import annotations

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable


class DrupeletError(Exception):
    """Base class of every error that drupelet raises on purpose."""


class InputError(DrupeletError):
    """The request is wrong (an option, a text, a file that is not there): change the request."""


class FormatError(DrupeletError):
    """The bytes are not what their format says (truncated, foreign, contradictory): export or copy the file again."""


class IntegrityError(DrupeletError):
    """A file differs from the manifest that names it (missing, other size, other hash): copy the bundle again."""


class VersionError(DrupeletError):
    """The file is written in a format version that this release does not read: upgrade, or export again."""


class EngineUnavailableError(DrupeletError):
    """The engine cannot run here or cannot run this bundle: install it, or choose another one."""


class OutOfMemoryError(DrupeletError):
    """There is no memory for this model or this text: free some, or give shorter texts."""


def closest_match(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the closest known one if there is one, and all of them."""
    import difflib

    names = list(known)
    matches = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {matches[0]!r}?" if matches else ""
    return f"{hint} (known: {', '.join(names)})"
