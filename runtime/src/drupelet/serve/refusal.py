"""A request that is not answered, and why."""

from __future__ import annotations

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}
"""The statuses that are given, and their phrases (RFC 9110, RFC 6585)."""


class Refusal(Exception):  # noqa: N818 - a refused request is no error of ours
    """A request that is refused: its status, a sentence for people, a word for programs, and the field that is wrong.

    ``param`` names a field of the body (``input[3]``) or a header; None where no single one is wrong. ``headers`` are added to
    those of the answer.
    """

    def __init__(
        self, status: int, code: str, message: str, param: str | None = None, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.headers = tuple(headers)
