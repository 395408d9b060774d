"""The longest text that a network reads: the values of a text take a bounded amount of memory."""

from __future__ import annotations

from drupelet.errors import InputError
from drupelet.graph import MAX_TEXT_BYTES

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.graph import Graph


class TextLimit:
    """Refuses a text that the network does not read, before anything is allocated for it.

    The values of a text take at most MAX_TEXT_BYTES. A network that pads has texts of exactly max_tokens ids, and one that puts
    masked padding back has texts of at most max_tokens.
    """

    def __init__(self, graph: Graph) -> None:
        restores = any(node.operation.name in ("restore", "strip") for node in graph.nodes)
        self._most = graph.max_tokens if graph.padded or restores else None
        self._padded = graph.padded
        self._fixed_bytes = graph.text_bytes(0)
        self._bytes_per_token = graph.text_bytes(1) - self._fixed_bytes

    def check(self, tokens: int) -> None:
        """Raises InputError unless the network reads texts of so many tokens."""
        most = self._most
        if most is not None and (tokens > most or (self._padded and tokens != most)):
            raise InputError(f"a text of {tokens} ids, the network reads {'' if self._padded else 'at most '}{most}")
        needed = self._fixed_bytes + tokens * self._bytes_per_token
        if needed > MAX_TEXT_BYTES:
            most = (MAX_TEXT_BYTES - self._fixed_bytes) // self._bytes_per_token
            raise InputError(
                f"a text of {tokens} tokens: its values would take {needed} bytes, expected at most {MAX_TEXT_BYTES}; "
                f"cut it to {most} tokens, or export the model with --max-tokens"
            )
