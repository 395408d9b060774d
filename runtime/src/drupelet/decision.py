"""How probabilities become an answer: the threshold of each label, and the one below which a text is rejected.

Probabilities are rounded to float32 before they are compared with a threshold, which is a float32: the kernel does the same.
"""

from __future__ import annotations

from array import array

from drupelet.errors import FormatError
from drupelet.output import most_probable
from drupelet.strict_json import only_fields, optional_field
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from drupelet.graph import Graph

HOLDS = 0.5
"""The probability from which on a label of a multi-label network holds, unless its file says otherwise."""
REJECTED = "(rejected)"
"""Stands for the label of a rejected text where people read it. Export refuses a label that is called so
where texts are rejected."""
FLOAT32_DIGITS = 9
"""So many digits tell every float32 from every other."""


class Decision(Value):
    """What of a text's probabilities is answered.

    ``thresholds``: of each label of a multi-label network, which holds from there on; () where the most probable label is the
    answer. ``reject_below``: a text whose largest probability is below it, or is no number, has no label; None: none is
    rejected. All are float32 between 0 and 1.
    """

    thresholds: tuple[float, ...]
    reject_below: float | None

    def __post_init__(self) -> None:
        for value in self.thresholds if self.reject_below is None else (*self.thresholds, self.reject_below):
            if not 0.0 < value < 1.0 or float32(value) != value:
                raise FormatError(f"decision: threshold {value!r:.40}, expected a float32 above 0 and below 1")

    def rejects(self, values: Sequence[float]) -> bool:
        """Whether a text with these probabilities has no label."""
        return self.reject_below is not None and not float32(values[most_probable(values)]) >= self.reject_below

    def answered(self, values: Sequence[float]) -> tuple[int, ...]:
        """The places of the labels that are answered: none of a rejected text; a NaN holds nowhere."""
        return () if self.rejects(values) else self.held(values)

    def held(self, values: Sequence[float]) -> tuple[int, ...]:
        """The places of the labels that are answered where no text is rejected."""
        if self.thresholds:
            return tuple(
                n for n, (value, least) in enumerate(zip(array("f", values), self.thresholds)) if value >= least
            )
        return (most_probable(values),)

    def without_rejection(self) -> Decision:
        """The same thresholds of labels, and no text is rejected."""
        return Decision(self.thresholds, None)

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object: each number with the fewest digits that tell its float32, null for none."""
        reject_below = None if self.reject_below is None else shortest(self.reject_below)
        return {"thresholds": list(map(shortest, self.thresholds)) or None, "reject_below": reject_below}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Decision:
        """The inverse of :meth:`to_json`: numbers are rounded to float32. Raises FormatError."""
        where = "decision"
        only_fields(data, ("thresholds", "reject_below"), where)
        thresholds = optional_field(data, "thresholds", list, where) or []
        reject_below = optional_field(data, "reject_below", float, where)
        numbers = thresholds if reject_below is None else [*thresholds, reject_below]
        for value in numbers:
            if type(value) is not float:
                raise FormatError(f"{where}: threshold {value!r:.40}, expected a number above 0 and below 1")
        return cls(tuple(map(float32, thresholds)), None if reject_below is None else float32(reject_below))


ONE_LABEL = Decision((), None)
"""The decision of a network that answers its most probable label."""


def decision_for(network: Graph, stored: Decision | None) -> Decision:
    """The decision of a network: as stored; each label of a multi-label network at 0.5 unless its threshold is."""
    reject_below = None if stored is None else stored.reject_below
    if not network.is_multi_label:
        return Decision((), reject_below)
    return Decision((stored and stored.thresholds) or (HOLDS,) * network.class_count, reject_below)


def check_decision(stored: Decision | None, network: Graph) -> None:
    """Raises FormatError for a stored decision that does not fit the network, or decides nothing."""
    if stored is None:
        return
    count, expected = len(stored.thresholds), network.class_count if network.is_multi_label else 0
    if stored == ONE_LABEL or count not in (0, expected):
        raise FormatError(f"decision: {count} thresholds, expected {expected}, or reject_below alone")


def float32(value: float) -> float:
    """The float32 nearest to a number; infinite beyond the largest one."""
    return array("f", (value,))[0]


def shortest(value: float) -> float:
    """The number with the fewest digits of which a float32 is the nearest: 0.7 for 0.699999988079071."""
    found = (float(f"{value:.{digits}g}") for digits in range(1, FLOAT32_DIGITS + 1))
    return next(number for number in found if float32(number) == value)
