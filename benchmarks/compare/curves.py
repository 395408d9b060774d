"""The curves of growth: what grows, what is measured, and of which systems. :mod:`benchmarks.compare.growth` measures them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """A system of the curves. ``network``: it runs the network of the point; else it has one model, whatever the point."""

    title: str
    module: str
    variant: str
    environment: str
    network: bool = True


SYSTEMS: Mapping[str, System] = {
    "drupelet-wi8": System("Drupelet wi8", "drupelet_peer", "native wi8", "drupelet"),
    "drupelet-f32": System("Drupelet f32", "drupelet_peer", "native f32", "drupelet"),
    "onnxruntime-f32": System("onnxruntime f32", "onnxruntime_peer", "f32", "onnxruntime"),
    "fasttext-predict": System(
        "fastText .ftz, given words", "fasttext_peer", "words", "fasttext-predict", network=False
    ),
}
NETWORKS = ("drupelet-wi8", "drupelet-f32", "onnxruntime-f32")


@dataclass(frozen=True)
class Curve:
    """A curve: what grows (``values``, fewer of them in a ``quick`` run), what is measured, and of which systems."""

    grows: str
    measures: str
    values: tuple[int, ...]
    quick: tuple[int, ...]
    systems: tuple[str, ...]


CURVES: Mapping[str, Curve] = {
    "tokens": Curve(
        "tokens of a text", "µs a text", (5, 20, 50, 100, 250, 500, 1000, 2000, 4000), (20, 250),
        (*NETWORKS, "fasttext-predict"),
    ),
    "vocabulary": Curve("words of the network", "µs a text", (1000, 10_000, 50_000, 200_000), (1000, 10_000), NETWORKS),
    "units": Curve("units of the LSTM", "µs a text", (16, 32, 64, 128, 256, 512), (16, 64), NETWORKS),
    "layers": Curve("layers of 64 units", "µs a text", (1, 2, 3, 4), (1, 2), NETWORKS),
    "threads": Curve("threads", "texts/s of 20 tokens, many together", (), (), NETWORKS),
    "lines": Curve(
        "lines of a file, 20 tokens each", "seconds from start to end", (1000, 10_000, 100_000, 1_000_000), (1000,),
        ("drupelet-wi8", "drupelet-wi8-threads", "onnxruntime-f32", "fasttext-predict"),
    ),
}  # fmt: skip
TITLES = {key: system.title for key, system in SYSTEMS.items()} | {"drupelet-wi8-threads": "Drupelet wi8, all cores"}
