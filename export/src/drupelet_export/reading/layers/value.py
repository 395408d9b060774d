"""What a tensor of Keras is in the graph."""

from __future__ import annotations

from dataclasses import dataclass

LAYOUTS = (
    "plain", "single", "row", "rows", "columns", "image", "strip", "mask", "mask column", "zero mask", "foreign mask",
)  # fmt: skip


@dataclass(frozen=True)
class Value:
    """The number of a value in the graph, and how the tensor of Keras is laid out. B is the batch.

    ``plain``: ids (B, length), steps (B, length, width) or a vector (B, width). The other layouts save operations that only
    move numbers around, and need no fixed length. ``single``: a vector as one step, (B, 1, width). ``row``: steps of width 1 as
    (B, length). ``rows``: the same ``times`` times, (B, times, length); ``columns``: (B, length, times). ``image``: steps as an
    image of one channel, (B, length, width, 1). ``strip``: steps as an image of width 1, (B, length, 1, width). ``mask``: the
    bool ``ids != 0``, (B, length), or as a ``mask column`` (B, length, 1); its number is 0. ``zero mask``: ``ids == 0``.
    ``foreign mask``: any other bool.
    """

    number: int
    layout: str = "plain"
    times: int = 1

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise ValueError(f"layout {self.layout!r}, expected one of {', '.join(LAYOUTS)}")
