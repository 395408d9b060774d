"""Chooses the goldens that an engine is compared on: all of them, or a sample where an engine is slow and another was not.

A slow engine runs the same file as a quick one, and is a second reading of it. It answers a sample when a quick engine has
answered every text with that file: the texts that say most, and enough of the others to judge by the same gates. A sample
can pass. It cannot fail: :func:`drupelet.verification.run_engines` then has the engine answer every text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from drupelet.comparison import Gate, answer_difference, changed_labels
from drupelet.decision import ONE_LABEL, Decision
from drupelet.goldens import SUITES, Golden

SLOW_ENGINES = ("numpy",)
"""Engines that need several times the time of every other. A name decides, and not a time: a report must not depend on what
else a machine did."""
SAMPLE_TEXTS = 512
"""Texts of a suite that a slow engine answers at least. From 501 texts on, the smallest share above zero that a gate allows,
the 0.1 % of f16, is a whole text; 512 are whole batches of the engines. Of 512 texts the gate of 0.3 % allows two, which
finds out an engine that flips 1.25 % of all texts 95 times in 100."""
EDGE = "edge"
"""The suite of edge texts, which is always compared as a whole."""
NEAREST = "nearest"
"""The suite of texts outside the sample on which other engines came nearest to their gates."""
NEAREST_OF_EACH = 8
"""Texts with the largest differences that each file on each other engine adds to them, besides those that it flipped."""
MAX_NEAREST = 128
"""Most texts of that suite. Files that flip hundreds of texts have failed before a slow engine is asked."""


@dataclass(frozen=True)
class Choice:
    """The goldens that an engine is compared on: their places among all goldens, by suite.

    ``totals`` has the number of goldens that each suite is taken from. ``why`` says why a suite is not all of them.
    """

    places: Mapping[str, tuple[int, ...]]
    totals: Mapping[str, int]
    why: Mapping[str, str]

    @property
    def is_whole(self) -> bool:
        """Whether it has every golden."""
        return not self.why

    @property
    def count(self) -> int:
        """The number of goldens that it has."""
        return sum(map(len, self.places.values()))


def every_golden(goldens: Sequence[Golden]) -> Choice:
    """The choice of all goldens. Without any, every suite is empty, so that comparing nothing is seen as a failure."""
    found = {name: tuple(n for n, golden in enumerate(goldens) if golden.suite == name) for name in SUITES}
    places = {name: chosen for name, chosen in found.items() if chosen} or found
    return Choice(places, {name: len(chosen) for name, chosen in places.items()}, {})


def sampled_goldens(goldens: Sequence[Golden], nearest: Iterable[int], engine: str, quick_engine: str) -> Choice:
    """The whole edge suite, a sample of each longer suite, and the goldens at the places ``nearest`` that it leaves out.

    The reasons name the slow ``engine`` and the ``quick_engine`` that answered every golden with the same file.
    """
    whole = every_golden(goldens)
    places, totals, why = dict(whole.places), dict(whole.totals), {}
    for suite, of_suite in whole.places.items():
        if suite != EDGE and len(of_suite) > SAMPLE_TEXTS:
            chosen = spread_over_lengths([len(goldens[place].ids) for place in of_suite], SAMPLE_TEXTS)
            places[suite] = tuple(of_suite[n] for n in chosen)
            why[suite] = (
                f"spread evenly over their lengths: {engine} is slow, and {quick_engine} answered all with this file"
            )
    left_out = set(range(len(goldens))).difference(*places.values())
    added = [place for place in dict.fromkeys(nearest) if place in left_out][:MAX_NEAREST]
    if added:
        places[NEAREST], totals[NEAREST] = tuple(sorted(added)), len(left_out)
        why[NEAREST] = "those of the others on which another engine came nearest to its gate; there labels may flip"
    return Choice(places, totals, why)


def spread_over_lengths(lengths: Sequence[int], count: int) -> list[int]:
    """The places of ``count`` texts (all where there are fewer), in order: every so many of the texts sorted by length.

    Each stratum of lengths is represented by its share, and the shortest and the longest text are among them.
    """
    if count >= len(lengths):
        return list(range(len(lengths)))
    ordered = sorted(range(len(lengths)), key=lambda place: (lengths[place], place))
    return sorted(ordered[n * (len(lengths) - 1) // (count - 1)] for n in range(count))


def nearest_to_gate(
    reference: Sequence[Sequence[float]], answers: Sequence[Sequence[float]], decision: Decision = ONE_LABEL
) -> list[int]:
    """The places of the texts of which a label flipped, then those of the NEAREST_OF_EACH largest differences."""
    pairs = list(zip(reference, answers))
    flips = [n for n, (expected, got) in enumerate(pairs) if changed_labels(expected, got, decision)]
    differences = [answer_difference(expected, got) for expected, got in pairs]
    return [*flips, *sorted(range(len(pairs)), key=lambda n: (-differences[n], n))[:NEAREST_OF_EACH]]


def gate_of_suite(gate: Gate, suite: str) -> Gate:
    """The gate for a suite. Texts that were chosen because they may flip do not count towards a share of flips."""
    if suite != NEAREST:
        return gate
    return Gate(float(gate.max_flip_share > 0), gate.max_difference, float(gate.max_accuracy_change > 0))
