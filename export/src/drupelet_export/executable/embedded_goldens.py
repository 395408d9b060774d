"""``goldens.bin``: the goldens that an executable carries, so that a device without Python verifies itself.

Little-endian; the reader is ``program/goldens.c``, the layout is described in docs/executables.md::

    magic "DRPGOLD1", u64 sum of the model file, f64 x 3 gate of the scheme (flip share, difference, accuracy change),
    u32 classes, u32 suites; a suite: 16 bytes name, u32 goldens here, u32 goldens in the bundle
    goldens, suite after suite: u32 name bytes, u32 runs, i32 true label or -1, u32 tokens, u64 sum of the ids,
        f64 (classes) Keras's probabilities, f64 (classes) the native engine's, name (printable ASCII), runs
    a run: u32 bytes, u32 times, the bytes
    u64 sum of all bytes before
"""

from __future__ import annotations

import itertools
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from drupelet.comparison import Gate
from drupelet.control_characters import escaped_line
from drupelet.goldens import Golden
from drupelet.prediction import Prediction

MAGIC = b"DRPGOLD1"
BUDGET_BYTES = 40_000
"""Maximum bytes of the goldens, out of the 232,000 that an executable may have besides its model. They hold the edge suite and
some 30 reviews; the code takes up to 175,000, on the Pi 3, for which loops are unrolled most."""
NAME_BYTES = 63
SUITE_NAME_BYTES = 16
NO_LABEL = -1
_LONG_RUN = re.compile(rb"(.)\1{31,}", re.DOTALL)
"""A byte repeated 32 times or more, such as a word of 70,000 equal letters: it is stored as one run."""


@dataclass(frozen=True)
class EmbeddedGolden:
    """A golden, and the answer of the native engine on the workstation."""

    golden: Golden
    native: Prediction

    def to_bytes(self) -> bytes:
        """The record of the golden in ``goldens.bin``."""
        golden = self.golden
        name = escaped_line(golden.name).encode("ascii", "backslashreplace")[:NAME_BYTES]
        runs = text_runs(golden)
        ids = struct.pack(f"<{len(golden.ids)}i", *golden.ids)
        label = NO_LABEL if golden.label is None else golden.label
        classes = len(golden.probabilities)
        head = struct.pack("<IIiIQ", len(name), len(runs), label, self.native.n_tokens, fnv1a(ids))
        values = struct.pack(f"<{2 * classes}d", *golden.probabilities, *self.native.probabilities)
        return head + values + name + b"".join(struct.pack("<II", len(piece), n) + piece for piece, n in runs)


@dataclass(frozen=True)
class EmbeddedSuite:
    """The goldens of one suite that an executable carries. The bundle has ``in_bundle`` goldens of that suite."""

    name: str
    goldens: tuple[EmbeddedGolden, ...]
    in_bundle: int


def select(goldens: Sequence[EmbeddedGolden], budget_bytes: int = BUDGET_BYTES) -> tuple[EmbeddedSuite, ...]:
    """The goldens that fit into ``budget_bytes``.

    The edge suite may take half of the bytes, all of them when it is the only suite. The other suites share the rest equally.
    A suite that does not fit as a whole gives as many goldens as fit, evenly spread.
    """
    by_suite = {
        suite: list(members)
        for suite, members in itertools.groupby(
            sorted(goldens, key=lambda one: one.golden.suite != "edge"), lambda one: one.golden.suite
        )
    }
    chosen: dict[str, tuple[EmbeddedGolden, ...]] = {}
    left = budget_bytes
    for place, (suite, members) in enumerate(by_suite.items()):
        waiting = len(by_suite) - place
        share = left // (2 if suite == "edge" and waiting > 1 else waiting)
        chosen[suite] = _evenly_spread(members, share)
        left -= sum(len(one.to_bytes()) for one in chosen[suite])
    order = list(dict.fromkeys(one.golden.suite for one in goldens))
    return tuple(EmbeddedSuite(suite, chosen[suite], len(by_suite[suite])) for suite in order)


def _evenly_spread(members: Sequence[EmbeddedGolden], budget_bytes: int) -> tuple[EmbeddedGolden, ...]:
    sizes = [len(one.to_bytes()) for one in members]
    for count in range(len(members), 0, -1):
        places = [(2 * k + 1) * len(members) // (2 * count) for k in range(count)]
        if sum(sizes[place] for place in places) <= budget_bytes:
            return tuple(members[place] for place in places)
    return ()


def encode(suites: Sequence[EmbeddedSuite], model: bytes, gate: Gate, classes: int) -> bytes:
    """The bytes of ``goldens.bin``; ``suites`` may be empty."""
    gates = (gate.max_flip_share, gate.max_difference, gate.max_accuracy_change)
    parts = [MAGIC, struct.pack("<QdddII", fnv1a(model), *gates, classes, len(suites))]
    for suite in suites:
        name = suite.name.encode("ascii")
        parts.append(struct.pack(f"<{SUITE_NAME_BYTES}sII", name, len(suite.goldens), suite.in_bundle))
    parts += [one.to_bytes() for suite in suites for one in suite.goldens]
    content = b"".join(parts)
    return content + struct.pack("<Q", fnv1a(content))


def text_runs(golden: Golden) -> list[tuple[bytes, int]]:
    """A golden's text as runs (bytes, times): the whole text when the golden repeats it, else long runs of one byte and the
    pieces between them."""
    text = (golden.whole_text if golden.times == 1 else golden.text or "").encode("utf-8", "surrogatepass")
    if not text:
        return []
    if golden.times > 1:
        return [(text, golden.times)]
    runs, place = [], 0
    for match in _LONG_RUN.finditer(text):
        if match.start() > place:
            runs.append((text[place : match.start()], 1))
        runs.append((match[1], match.end() - match.start()))
        place = match.end()
    if place < len(text):
        runs.append((text[place:], 1))
    return runs


def fnv1a(content: bytes) -> int:
    """The 64-bit hash of Fowler, Noll and Vo, variant 1a. It detects damage, not malice."""
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value
