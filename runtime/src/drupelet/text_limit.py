"""The longest text that a network reads: the values of a text take a bounded amount of memory."""

from __future__ import annotations

from drupelet.errors import InputError
from drupelet.graph import MAX_TEXT_BYTES

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.graph import Graph


class TextLimit:
    """Refuses a text whose values would take more than MAX_TEXT_BYTES, before anything is allocated for it.

    Only a text of a network without max_tokens can be too long: the graph of any other was checked when it was read.
    """

    def __init__(self, graph: Graph) -> None:
        self._fixed_bytes = graph.text_bytes(0)
        self._bytes_per_token = graph.text_bytes(1) - self._fixed_bytes

    def check(self, tokens: int) -> None:
        """Raises InputError for a text of so many tokens if it is too long."""
        needed = self._fixed_bytes + tokens * self._bytes_per_token
        if needed > MAX_TEXT_BYTES:
            most = (MAX_TEXT_BYTES - self._fixed_bytes) // self._bytes_per_token
            raise InputError(
                f"a text of {tokens} tokens: its values would take {needed} bytes, expected at most {MAX_TEXT_BYTES}; "
                f"cut it to {most} tokens, or export the model with --max-tokens"
            )
