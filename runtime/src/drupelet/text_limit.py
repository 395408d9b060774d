"""The longest text that a network reads: a text takes a bounded amount of memory and of work."""

from __future__ import annotations

from drupelet.errors import InputError
from drupelet.graph import MAX_TEXT_BYTES, MAX_WORK

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.graph import Graph


class TextLimit:
    """Refuses a text that the network does not read, before anything is allocated for it.

    The values of a text take at most MAX_TEXT_BYTES, and its answer at most MAX_WORK. A network that pads has texts of exactly
    max_tokens ids, and one that puts masked padding back has texts of at most max_tokens.
    """

    def __init__(self, graph: Graph) -> None:
        restores = any(node.operation.name in ("restore", "strip") for node in graph.nodes)
        self._most = graph.max_tokens if graph.padded or restores else None
        self._padded = graph.padded
        self._fixed_bytes = graph.text_bytes(0)
        self._bytes_per_token = graph.text_bytes(1) - self._fixed_bytes
        none, one, two = (graph.work(tokens) for tokens in range(3))
        self._work_of_none, self._work_of_first, self._work_grows = none, one - none, two - 2 * one + none

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
        work = self._work(tokens)
        if work > MAX_WORK:
            most = 0
            for bit in reversed(range(tokens.bit_length())):
                most += (self._work(most + (1 << bit)) <= MAX_WORK) << bit
            raise InputError(
                f"a text of {tokens} tokens: its answer would take {work} multiplications, expected at most {MAX_WORK}; "
                f"cut it to {most} tokens, or export the model with --max-tokens"
            )

    def _work(self, tokens: int) -> int:
        """What :meth:`Graph.work` gives, by the differences of a polynomial of the second degree."""
        return self._work_of_none + tokens * self._work_of_first + tokens * (tokens - 1) // 2 * self._work_grows
