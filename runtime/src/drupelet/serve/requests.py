"""Reads requests: what a body may be, and how much of it. What is refused is named."""

from __future__ import annotations

from drupelet.serve.refusal import Refusal
from drupelet.strict_json import parse_value
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

JSON = "application/json"
MAX_SHOWN_CHARACTERS = 60
"""Most characters of a value of the client's that a message repeats."""
IGNORED_FIELDS = ("user", "rid", "request_id", "priority")
"""Fields that clients of vLLM and SGLang send for records and queues of those servers. No answer depends on them."""


class Limits(Value):
    """The largest request that is answered. Each has an option of that name; a refusal names it."""

    max_body_bytes: int = 1 << 20
    """750 film reviews. All of it is in memory, for each connection."""
    max_texts: int = 1024
    max_characters: int = 100_000
    """Of one text: seven times the longest of 50,000 film reviews."""
    max_seconds: int = 30
    """For the client to send a request, for its answer to be computed, and for the client to take it."""
    max_connections: int = 64
    """Further ones wait until one of these is closed."""


class Question(Value):
    """Texts, and the name of the model that is to answer them; None where the client names none."""

    model: str | None
    texts: tuple[str, ...]


def read_body(environ: Mapping[str, Any], limits: Limits) -> bytes:
    """The bytes of a JSON body.

    Raises Refusal: 415 for another type or an encoding, 411 where the length is missing, 413 for one that is too long, 400
    for one that is shorter than it says.
    """
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise Refusal(415, "wrong_content_type", f"Content-Type is {_shown(kind)}, expected {JSON}", "Content-Type")
    encoding = environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding != "identity":
        raise Refusal(
            415,
            "encoded_body",
            f"Content-Encoding is {_shown(encoding)}; send the body as it is",
            "Content-Encoding",
        )
    length = environ.get("CONTENT_LENGTH", "")
    if not length:
        raise Refusal(411, "length_required", "Content-Length is missing", "Content-Length")
    if not (length.isascii() and length.isdigit()):
        raise Refusal(400, "wrong_length", f"Content-Length is {_shown(length)}, expected a number", "Content-Length")
    digits = length.lstrip("0")
    if len(digits) > len(str(limits.max_body_bytes)) or int(digits or "0") > limits.max_body_bytes:
        raise body_too_large(limits)
    body: bytes = environ["wsgi.input"].read(int(digits or "0"))
    if len(body) != int(digits or "0"):
        raise Refusal(400, "wrong_length", f"the body ends after {len(body):,} of {length} bytes", "Content-Length")
    return body


def body_too_large(limits: Limits) -> Refusal:
    """The refusal of a body beyond the limit."""
    return Refusal(
        413,
        "body_too_large",
        f"the body is longer than {limits.max_body_bytes:,} bytes (--max-body-bytes); send fewer texts at a time",
        "Content-Length",
    )


def read_question(body: bytes, limits: Limits) -> Question:
    """Model and texts of a body: ``input`` is a text, or a list of texts. Raises Refusal (400, 413)."""
    fields = _fields(body)
    given = fields["input"]
    if isinstance(given, list):
        if not given:
            raise Refusal(400, "no_texts", "input is an empty list, expected at least one text", "input")
        if len(given) > limits.max_texts:
            raise Refusal(
                413,
                "too_many_texts",
                f"input has {len(given):,} texts, expected at most {limits.max_texts:,} (--max-texts)",
                "input",
            )
        texts = tuple(_text(text, f"input[{place}]", limits) for place, text in enumerate(given))
    else:
        texts = (_text(given, "input", limits, "a text or a list of texts"),)
    return Question(fields.get("model"), texts)


def read_single_question(body: bytes, limits: Limits) -> Question:
    """Model and text of a body whose ``input`` is one text. Raises Refusal (400, 413)."""
    fields = _fields(body)
    return Question(fields.get("model"), (_text(fields["input"], "input", limits),))


def _fields(body: bytes) -> dict[str, Any]:
    """The fields of a body: ``input``, of any type, and ``model``, if there is one, a string."""
    try:
        fields = parse_value(body)
    except ValueError as error:
        raise Refusal(400, "not_json", f"the body is not JSON ({error!s:.200})") from error
    if not isinstance(fields, dict):
        raise Refusal(400, "wrong_type", f"the body is {_kind(fields)}, expected an object")
    for name in fields:
        if name not in ("model", "input", *IGNORED_FIELDS):
            raise Refusal(400, "unknown_field", f"field {_shown(name)} is not known", name[:MAX_SHOWN_CHARACTERS])
    if "input" not in fields:
        raise Refusal(400, "missing_field", "input is missing, expected a text or a list of texts", "input")
    model = fields.get("model")
    if model is not None and not isinstance(model, str):
        raise Refusal(400, "wrong_type", f"model is {_kind(model)}, expected a string", "model")
    return fields


def _text(value: object, param: str, limits: Limits, expected: str = "a text") -> str:
    if not isinstance(value, str):
        raise Refusal(400, "wrong_type", f"{param} is {_kind(value)}, expected {expected}", param)
    if len(value) > limits.max_characters:
        raise Refusal(
            413,
            "text_too_long",
            f"{param} has {len(value):,} characters, expected at most {limits.max_characters:,} (--max-characters)",
            param,
        )
    return value


def _kind(value: object) -> str:
    """The type of a JSON value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    kinds = ((dict, "an object"), (list, "a list"), (str, "a string"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "a number")


def _shown(value: str) -> str:
    """A value of the client's in a message."""
    return repr(value) if len(value) <= MAX_SHOWN_CHARACTERS else f"{value[:MAX_SHOWN_CHARACTERS]!r}..."
