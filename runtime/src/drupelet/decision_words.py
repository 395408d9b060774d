"""A decision in words: the thresholds of labels, and what is known of a rejection."""

from __future__ import annotations

from drupelet.comparison import Accuracy
from drupelet.decision import shortest

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

    from drupelet.decision import Decision
    from drupelet.rejection import Rejection

SHOWN_LABELS = 20
"""Most labels whose thresholds are named."""


def thresholds_in_words(decision: Decision, labels: Sequence[str]) -> str:
    """The threshold of each label; one number where all are alike."""
    thresholds = [f"{shortest(value):g}" for value in decision.thresholds]
    if len(set(thresholds)) == 1:
        return f"a label holds from {thresholds[0]} on"
    named = [f"{label} {threshold}" for label, threshold in zip(labels, thresholds)]
    more = f", and {len(named) - SHOWN_LABELS:,} more" if len(named) > SHOWN_LABELS else ""
    return ", ".join(named[:SHOWN_LABELS]) + more


def rejection_in_words(decision: Decision, rejection: Rejection | None) -> str:
    """The threshold of rejection, and the counts of texts that were accepted and rejected with it."""
    if decision.reject_below is None:
        return "none"
    below = f"below {shortest(decision.reject_below):g}"
    if rejection is None:
        return below
    return (
        f"{below}: accepted {_share(rejection.fresh_accepted, rejection.fresh)} fresh foreign texts, asked for "
        f"{rejection.rate:.1%} (chosen on {rejection.chosen_on:,} others of {rejection.foreign}); rejected "
        f"{_share(rejection.own_rejected, rejection.own)} {rejection.own_suite.replace('_', '-')} texts"
    )


def _share(part: int, whole: int) -> str:
    """So many of so many, and the share with its 95 % interval."""
    if not whole:
        return f"{part} of {whole}"
    found = Accuracy(whole, part)
    low, high = found.interval()
    return f"{part:,} of {whole:,} ({found.share:.1%}; 95 %: {low:.1%} to {high:.1%})"
