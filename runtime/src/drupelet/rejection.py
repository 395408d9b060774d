"""How the threshold of rejection was chosen, and how it did on texts that it was not chosen on."""

from __future__ import annotations

from drupelet.control_characters import stands_in_a_line
from drupelet.errors import FormatError
from drupelet.strict_json import field, only_fields
from drupelet.value import Value, field_names, fields_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Rejection(Value):
    """Counts of texts with a known word, answered by the model's reference.

    ``rate``: the share of foreign texts that may be accepted. ``foreign``: the name of their file. With the threshold that was
    chosen on them, ``accepted`` of ``chosen_on`` texts get a label, and ``fresh_accepted`` of ``fresh`` others.
    ``own_rejected`` of ``own`` texts of the suite ``own_suite`` get none. ``without_words`` further foreign texts have no known
    word: they are rejected whatever the threshold is.
    """

    rate: float
    foreign: str
    chosen_on: int
    accepted: int
    fresh: int
    fresh_accepted: int
    own_suite: str
    own: int
    own_rejected: int
    without_words: int

    def __post_init__(self) -> None:
        if not 0.0 < self.rate < 1.0:
            raise FormatError(f"rejection: rate {self.rate!r:.40}, expected a number above 0 and below 1")
        pairs = (("chosen_on", "accepted"), ("fresh", "fresh_accepted"), ("own", "own_rejected"))
        counts = vars(self)
        for whole, part in pairs:
            if not 0 <= counts[part] <= counts[whole]:
                raise FormatError(f"rejection: {part} is {counts[part]} of {counts[whole]} ({whole})")
        for name in (self.foreign, self.own_suite):
            if not stands_in_a_line(name):
                raise FormatError(f"rejection: {name!r:.60} cannot stand in a line")
        if not self.chosen_on or not self.fresh or self.without_words < 0:
            raise FormatError("rejection: no foreign text was counted")

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return dict(fields_of(self))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Rejection:
        """The inverse of :meth:`to_json`. Raises FormatError for a field that is missing, unknown or of another type."""
        where = "rejection"
        only_fields(data, field_names(cls), where)
        kinds = {"rate": float, "foreign": str, "own_suite": str}
        return cls(**{name: field(data, name, kinds.get(name, int), where) for name in field_names(cls)})
