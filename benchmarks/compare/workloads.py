"""The texts that every peer reads: pieces of held-out reviews of given lengths, and whole held-out reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from benchmarks.workload_folder import WorkloadFolder, read_lines
from benchmarks.workload_texts import pieces_of

REVIEWS = "review"
"""The name of the set of whole reviews. The other sets are named by their number of tokens."""


@dataclass(frozen=True)
class Extent:
    """How much is measured. ``lengths`` maps tokens of a text to texts of one round. ``seconds`` is what a peer may take for a
    set of texts in one round, ``batch_seconds`` the same for texts that come together.

    ``labelled`` held-out reviews tell the accuracy, ``remembered`` are answered before memory is read.
    """

    lengths: Mapping[int, int]
    reviews: int
    rounds: int
    seconds: float
    batch_texts: int
    batch_reviews: int
    batch_rounds: int
    batch_seconds: float
    starts: int
    labelled: int
    remembered: int


FULL = Extent(
    lengths={5: 400, 20: 400, 100: 200, 250: 100, 1000: 40},
    reviews=200,
    rounds=7,
    seconds=0.25,
    batch_texts=4000,
    batch_reviews=512,
    batch_rounds=3,
    batch_seconds=0.5,
    starts=11,
    labelled=2000,
    remembered=500,
)
QUICK = Extent(
    lengths={20: 100, 250: 30},
    reviews=50,
    rounds=2,
    seconds=0.05,
    batch_texts=512,
    batch_reviews=64,
    batch_rounds=1,
    batch_seconds=0.1,
    starts=2,
    labelled=100,
    remembered=20,
)

BATCH_TOKENS = 20
WARM_UP = 20


def length_texts(held_out: Sequence[str], tokens: int, count: int) -> list[str]:
    """The first ``count`` pieces of exactly so many tokens of all reviews, one after the other. Raises ValueError."""
    found = list(islice(pieces_of(" ".join(held_out), tokens), count))
    if len(found) < count:
        raise ValueError(f"the reviews have {len(found)} pieces of {tokens} tokens, expected {count}")
    return found


def spread_texts(texts: Sequence[str], count: int) -> list[str]:
    """``count`` of the texts, evenly spread over all."""
    return [texts[place * len(texts) // count] for place in range(count)]


def single_texts(workload: WorkloadFolder, extent: Extent) -> dict[str, list[str]]:
    """Name of a set -> texts that are answered one at a time."""
    held_out = read_lines(workload.held_out)
    sets = {str(tokens): length_texts(held_out, tokens, count) for tokens, count in extent.lengths.items()}
    return {**sets, REVIEWS: spread_texts(held_out, extent.reviews)}


def batch_texts(workload: WorkloadFolder, extent: Extent) -> dict[str, list[str]]:
    """Name of a set -> texts that are answered together."""
    held_out = read_lines(workload.held_out)
    return {
        str(BATCH_TOKENS): length_texts(held_out, BATCH_TOKENS, extent.batch_texts),
        REVIEWS: spread_texts(held_out, extent.batch_reviews),
    }
