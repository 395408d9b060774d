"""Foreign texts, which are none of the labels' business: half of them choose the threshold of rejection, half check it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drupelet.comparison import Accuracy
from drupelet.control_characters import escaped_line
from drupelet.decision import Decision, float32, shortest
from drupelet.errors import InputError
from drupelet.golden_texts import texts_of_file
from drupelet.goldens import Golden, text_sha256
from drupelet.output import most_probable
from drupelet.rejection import Rejection
from drupelet_export.compiled import Compiled
from drupelet_export.model.description import ModelDescription

LEAST_ACCEPTED = 5
"""Texts of a half that the rate must let through: of fewer, chance would move the rate that is measured by half of it."""
LEAST_TEXTS = 20
"""Texts of a half, at any rate."""
HELD_WITHIN = 0.01
"""The fresh half may miss the rate by so much, beyond what chance explains."""
OWN_SUITES = ("held_out", "answers", "sampled")
"""The suites of texts that should be accepted, from the one that says most."""


@dataclass(frozen=True)
class ForeignTexts:
    """Distinct texts, the name of their file, and the share of them that may be accepted."""

    rate: float
    name: str
    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 0.0 < self.rate < 1.0:
            raise InputError(f"--reject is {self.rate!r}, expected a share above 0 and below 1, such as 0.05")


@dataclass(frozen=True)
class Chosen:
    """A threshold with the number of texts it was chosen on, those of them that it accepts, and the texts that are fresh.

    ``without_words`` texts are neither: they have no known word, and are rejected whatever the threshold is.
    """

    reject_below: float
    chosen_on: int
    accepted: int
    fresh: tuple[str, ...]
    without_words: int


def read_foreign_texts(path: Path, rate: float) -> ForeignTexts:
    """The texts of a file that are not blank, each once: the column ``text`` of a .csv file, else a text a line.

    Raises InputError for a file that cannot be read, and for a rate that is none.
    """
    texts = tuple(dict.fromkeys(text for text in texts_of_file(path) if text.strip()))
    return ForeignTexts(rate, escaped_line(path.name), texts)


def choose_threshold(
    compiled: Compiled, foreign: ForeignTexts, count: Callable[[int, int], None] = lambda done, total: None
) -> Chosen:
    """The threshold below which a text is rejected, so that at most the stated rate of one half of the texts is accepted.

    Which half a text is in follows from its SHA-256. The threshold is half-way between the two probabilities that it has to
    tell apart. ``count`` is called with the number of texts that Keras has answered and their total. Raises InputError for too
    few texts, and for a rate that no threshold gives because too many texts have the same probability.
    """
    known = sorted((text for text in foreign.texts if _knows_word(compiled.final, text)), key=text_sha256)
    without_words = len(foreign.texts) - len(known)
    least = max(LEAST_TEXTS, math.ceil(LEAST_ACCEPTED / foreign.rate))
    if len(known) < 2 * least:
        others = f", and {without_words:,} without one," if without_words else ""
        raise InputError(
            f"{foreign.name}: {len(known):,} distinct texts with a word that the model knows{others} are too few for "
            f"--reject {foreign.rate:g}; expected {2 * least:,} at least: one half chooses the threshold, the other checks it; "
            "give more texts, or a larger share"
        )
    half = len(known) // 2
    answers = compiled.reference.predict(known[:half], lambda done: count(done, half))
    scores = sorted((score_of(row) for row in answers), reverse=True)
    threshold = _threshold(scores, foreign)
    return Chosen(threshold, half, sum(score >= threshold for score in scores), tuple(known[half:]), without_words)


def score_of(probabilities: Sequence[float]) -> float:
    """The number that is compared with the threshold: the largest probability, as float32; 0 where one is NaN."""
    largest = float32(probabilities[most_probable(probabilities)])
    return 0.0 if math.isnan(largest) else largest


def _threshold(scores: Sequence[float], foreign: ForeignTexts) -> float:
    """A float32 that at most ``rate`` of the scores (texts,), which descend, are not below."""
    below = scores[math.floor(foreign.rate * len(scores))]
    above = [score for score in scores if score > below]
    threshold = float32((above[-1] + below) / 2) if above else 1.0
    if above and threshold <= below:  # the two are neighbours among the float32
        threshold = above[-1]
    if not above or not 0.0 < threshold < 1.0:
        alike = sum(score == below for score in scores)
        raise InputError(
            f"{foreign.name}: no threshold accepts {foreign.rate:g} of these texts: {alike:,} of {len(scores):,} have the same "
            f"probability {shortest(below):g}; give other foreign texts, or leave out --reject: this model does not tell them "
            "from its own"
        )
    return threshold


def _knows_word(model: ModelDescription, text: str) -> bool:
    return model.text_rules.known([model.row_of.get(word) for word in model.words_of(text)]) > 0


def rejection_of(
    model: ModelDescription, foreign: ForeignTexts, chosen: Chosen, decision: Decision, goldens: Sequence[Golden]
) -> Rejection:
    """What is recorded: the counts of the half that chose, of the fresh texts and of the owner's own among the goldens."""
    fresh = [golden for golden in goldens if golden.suite == "foreign"]
    suite = next(name for name in OWN_SUITES if any(golden.suite == name for golden in goldens))
    own = [golden for golden in goldens if golden.suite == suite]
    return Rejection(
        rate=foreign.rate,
        foreign=foreign.name,
        chosen_on=chosen.chosen_on,
        accepted=chosen.accepted,
        fresh=len(fresh),
        fresh_accepted=sum(not decision.rejects(golden.probabilities) for golden in fresh),
        own_suite=suite,
        own=len(own),
        own_rejected=sum(
            decision.rejects(golden.probabilities) or not _knows_word(model, golden.whole_text) for golden in own
        ),
        without_words=chosen.without_words,
    )


def rejection_findings(rejection: Rejection | None) -> tuple[str, ...]:
    """A sentence where the fresh texts miss the rate by more than chance and HELD_WITHIN explain."""
    if rejection is None:
        return ()
    low, high = Accuracy(rejection.fresh, rejection.fresh_accepted).interval()
    if low <= rejection.rate + HELD_WITHIN:
        return ()
    return (
        f"rejection: {rejection.fresh_accepted:,} of {rejection.fresh:,} fresh foreign texts were accepted ({low:.1%} to "
        f"{high:.1%}), expected {rejection.rate:.1%}; give more foreign texts",
    )
