"""The errors that drupelet raises: one base class, one subclass per decision that a caller makes.

A message names the problem, the place, what was found, what was expected, and the next step.
"""

from __future__ import annotations

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable


MAX_ERROR_CHARACTERS = 2000
"""Maximum characters of an error that are shown: a file must not fill a log with a value of its own."""
MAX_LIST_CHARACTERS = 20_000
"""The same for errors that list what people have to read whole: questions, findings, the lines of a traceback."""


class DrupeletError(Exception):
    """Base class of all errors that drupelet raises on purpose. ``shown_characters``: the most of a sentence that are shown."""

    shown_characters = MAX_ERROR_CHARACTERS

    def __str__(self) -> str:
        """The sentence; of a longer one than ``shown_characters`` its beginning and its end, where the next step stands."""
        sentence = super().__str__()
        if len(sentence) <= self.shown_characters:
            return sentence
        half = self.shown_characters // 2
        return f"{sentence[:half]} [...] {sentence[-half:]}"


class InputError(DrupeletError):
    """The request is wrong (an option, a text, a missing file): change the request."""


class FormatError(DrupeletError):
    """The bytes break their format (truncated, foreign, contradictory): export or copy the file again."""


class IntegrityError(DrupeletError):
    """A file differs from its entry in the manifest (missing, other size, other hash): copy the bundle again."""


class BundleReplacedError(IntegrityError):
    """The bundle was replaced by another one while it was read, or since its classifier was pickled: load it again."""


class SignatureError(DrupeletError):
    """The signature is missing, of a key that was not given, or does not fit: use only what its owner has signed."""


class VersionError(DrupeletError):
    """This release does not read the version of the file: upgrade, or export again."""


class EngineUnavailableError(DrupeletError):
    """The engine cannot run here, or cannot run this bundle: install it, or choose another one."""


class OutOfMemoryError(DrupeletError):
    """Memory does not suffice for this model or this text: free some, or give shorter texts."""


def closest_match(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the closest known name if one is close, and all known names."""
    import difflib

    names = list(known)
    matches = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {matches[0]!r}?" if matches else ""
    return f"{hint} (known: {', '.join(names)})"
