"""Characters that move a cursor, colour, hide, or turn the direction of a line: no name has one, no terminal gets one raw."""

from __future__ import annotations

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    import re

CONTROL_CHARACTERS = (
    "\x00-\x1f\x7f-\x9f"
    "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001"
    "\U000e0020-\U000e007f"
    "\u2028\u2029"
    "\ud800-\udfff"
)
"""Ranges of a character class, of Unicode 17: Cc; Cf without the two joiners, which Persian, Hindi and emoji need; Zl, Zp; lone
surrogates. Written out, as ``unicodedata`` has another version in each Python; csrc/label_section.c has the same."""


def stands_in_a_line(text: str) -> bool:
    """True for a text without control characters: it can be printed on one line, and shows all that it holds."""
    return text.isprintable() if text.isascii() else _pattern("").search(text) is None


def escaped(text: str) -> str:
    """The text with an escape, such as ``\\x1b``, for each control character but line feeds and tabs."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text  # nearly all that a command prints, in a fifth of the time
    return _pattern("\n\t").sub(_escape, text)


def escaped_line(text: str) -> str:
    """The text with an escape for each control character, line feeds and tabs too."""
    return text if stands_in_a_line(text) else _pattern("").sub(_escape, text)


def _pattern(left_out: str) -> re.Pattern[str]:
    import re  # which keeps what it has compiled

    return re.compile(f"(?![{left_out}])[{CONTROL_CHARACTERS}]" if left_out else f"[{CONTROL_CHARACTERS}]")


def _escape(found: re.Match[str]) -> str:
    return ascii(found[0])[1:-1]
