"""The longest text that a network reads: a text takes a bounded amount of memory and of work."""

from __future__ import annotations

from drupelet.errors import InputError
from drupelet.graph import MAX_SCRATCH_BYTES, MAX_TEXT_BYTES, MAX_WORK

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import Callable

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
        self._work = _polynomial(*(graph.work(tokens) for tokens in range(3)))

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
            most = _most(tokens, lambda count: self._work(count) <= MAX_WORK)
            raise InputError(
                f"a text of {tokens} tokens: its answer would take {work} multiplications, expected at most {MAX_WORK}; "
                f"cut it to {most} tokens, or export the model with --max-tokens"
            )


class WholeTextLimit:
    """Refuses a text for which a library that computes the whole result of a node at once has no room; counts a batch."""

    def __init__(self, graph: Graph, library: str) -> None:
        self._library = library
        self._fixed_bytes = graph.text_bytes(0)
        self._bytes_per_token = graph.text_bytes(1) - self._fixed_bytes
        # Layers of one network are mostly alike.
        self._scratch = [_polynomial(*bytes_) for bytes_ in set(zip(*map(graph.scratch_bytes, range(3))))]

    def check(self, tokens: int) -> None:
        """Raises InputError unless the library has room for a text of so many tokens."""
        needed = self._scratch_bytes(tokens)
        if needed > MAX_SCRATCH_BYTES:
            most = _most(tokens, lambda count: self._scratch_bytes(count) <= MAX_SCRATCH_BYTES)
            raise InputError(
                f"a text of {tokens} tokens: {self._library} would take {needed} bytes to compute it, expected at most "
                f"{MAX_SCRATCH_BYTES}; cut it to {most} tokens, or export the model with --max-tokens; engine 'native' reads "
                "longer texts"
            )

    def texts_at_once(self, tokens: int, room_bytes: int = MAX_TEXT_BYTES) -> int:
        """How many texts of so many tokens have room together, by default as much as one text may take; at least one."""
        return max(1, room_bytes // self.text_bytes(tokens))

    def text_bytes(self, tokens: int) -> int:
        """The bytes of the values of a text of so many tokens, and of what the library holds besides."""
        return self._fixed_bytes + tokens * self._bytes_per_token + self._scratch_bytes(tokens)

    def _scratch_bytes(self, tokens: int) -> int:
        return max(scratch(tokens) for scratch in self._scratch)


def longest_text(graph: Graph, tokens: int) -> int:
    """The most of so many tokens that every engine reads in MAX_TEXT_BYTES, all included, where there is no max_tokens."""
    limit, whole_limit = TextLimit(graph), WholeTextLimit(graph, "any library")

    def is_read(count: int) -> bool:
        try:
            limit.check(count)
        except InputError:
            return False
        return whole_limit.text_bytes(count) <= MAX_TEXT_BYTES

    return _most(tokens, is_read)


def _polynomial(of_none: int, of_one: int, of_two: int) -> Callable[[int], int]:
    """The polynomial of the second degree that has these values at 0, 1 and 2."""
    first, grows = of_one - of_none, of_two - 2 * of_one + of_none
    return lambda tokens: of_none + tokens * first + tokens * (tokens - 1) // 2 * grows


def _most(tokens: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to ``tokens`` that fits, where smaller ones fit too; 0 where none does."""
    most = 0
    for bit in reversed(range(tokens.bit_length())):
        longer = most + (1 << bit)
        most = longer if longer <= tokens and fits(longer) else most
    return most
