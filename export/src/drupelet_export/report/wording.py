"""Texts and numbers as the page and the tables show them: safe in a page and in a terminal, and short."""

from __future__ import annotations

import html
import unicodedata

NOT_FINITE = "not finite"


def markup(text: object, limit: int | None = None) -> str:
    """A text escaped for the content or an attribute of HTML and SVG: control characters spelled out, a long text cut."""
    return html.escape(cut(str(text), limit))


def cut(text: str, limit: int | None = None) -> str:
    """At most ``limit`` characters of a text, made visible. The last one is an ellipsis when the text is longer."""
    if limit is None or len(text) <= limit:
        return visible(text)
    return f"{visible(text[: limit - 1])}…"


def visible(text: str) -> str:
    """A text with control, format and unassigned characters and lone surrogates spelled out. It is always valid UTF-8."""
    return "".join(_visible_character(character) for character in text)


def _visible_character(character: str) -> str:
    code = ord(character)
    if code < 0x100 and unicodedata.category(character) in (
        "Cc",
        "Cf",
    ):  # few fonts have the control pictures from U+2400 on
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character, f"\\x{code:02x}")
    if unicodedata.category(character) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"):
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return character


def texts_text(n: int, total: int | None) -> str:
    """How many texts were compared: ``2,000``, or ``512 of 2,000`` where others were not."""
    return f"{n:,}" if total is None or total == n else f"{n:,} of {total:,}"


def size_text(size_bytes: float) -> str:
    """Bytes in decimal units, three digits: ``4.20 MB``."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size_bytes >= limit * 0.9995:
            return f"{_three_digits(size_bytes / limit)} {unit}"
    return f"{size_bytes:.0f} B"


def time_text(latency_us: float | None) -> str:
    """Microseconds in a suitable unit, three digits: ``1.20 ms``."""
    if latency_us is None:
        return NOT_FINITE
    for limit, unit in ((1e6, "s"), (1e3, "ms")):
        if latency_us >= limit * 0.9995:
            return f"{_three_digits(latency_us / limit)} {unit}"
    return f"{_three_digits(latency_us)} µs"


def difference_text(value: float | None) -> str:
    """A difference of probabilities: ``3.7e-07``, or ``0`` when it is exactly 0."""
    return "0" if value == 0 else number_text(value, ".1e")


def share_text(value: float | None) -> str:
    """A share of 1 with four digits: ``0.8710``."""
    return number_text(value, ".4f")


def count_text(value: float) -> str:
    """A whole number with separated thousands: ``2,000``."""
    return f"{value:,.0f}"


def number_text(value: float | None, form: str) -> str:
    """A number in a form of :func:`format`. None stands for a number that is not finite."""
    return NOT_FINITE if value is None else format(value, form)


def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"
