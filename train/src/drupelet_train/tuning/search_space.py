"""The search space of a tuning study: the settings that it changes, and their ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drupelet_train.config import RANGES, TrainConfig
from drupelet_train.json_value import JsonValue

Settings = dict[str, float]
"""Values of settings by name. Whole numbers are ints."""

SIGNIFICANT_DIGITS = 3
"""Digits of numbers that are not whole. More would not change the result of a training, and would be hard to read."""


@dataclass(frozen=True)
class Rule:
    """The range in which a setting is searched.

    With ``relative``, ``low`` and ``high`` are multiples of the base configuration's value, and the scale is logarithmic.
    Otherwise they are values, the range is widened to the base configuration's value, and the scale is linear.
    """

    low: float
    high: float
    relative: bool


SEARCHED: Mapping[str, Rule] = {
    # A rate that is too high or too low spoils any network. A usable base is wrong by a factor of 4 at most.
    "learning_rate": Rule(0.25, 4.0, relative=True),
    # The cost of a step grows with the square of the units.
    "units": Rule(0.5, 2.0, relative=True),
    # Up to hiding most of the input: small corpora need more dropout than the base, found with 20,000 texts.
    "dropout": Rule(0.0, 0.6, relative=False),
    "word_dropout": Rule(0.0, 0.5, relative=False),
    # Smaller values make smaller files and faster answers, often with the same accuracy.
    "vocabulary_size": Rule(0.25, 2.0, relative=True),
    "max_tokens": Rule(0.25, 2.0, relative=True),
}
"""The settings that a study searches."""


@dataclass(frozen=True)
class Interval:
    """``low`` to ``high``, ends included, on a logarithmic or a linear scale. Ints as ends mean whole numbers only."""

    low: float
    high: float
    logarithmic: bool

    def __post_init__(self) -> None:
        if not self.low <= self.high or (self.logarithmic and self.low <= 0) or type(self.low) is not type(self.high):
            raise ValueError(f"no interval: {self}")

    @classmethod
    def from_json(cls, value: JsonValue) -> Interval:
        """The interval in a JSON object with its fields. Raises FormatError."""
        fields = value.fields(("low", "high", "logarithmic"))
        try:
            return cls(fields["low"].number(), fields["high"].number(), fields["logarithmic"].flag())
        except ValueError as error:
            raise value.error(f"is wrong: {error}") from error

    def clip(self, value: float) -> float:
        """The value of the interval that is closest to ``value``."""
        return min(max(value, self.low), self.high)

    def rounded(self, value: float) -> float:
        """``value`` rounded to ``SIGNIFICANT_DIGITS`` if it is not whole, within the interval."""
        return self.clip(value if isinstance(value, int) else _rounded(value))


def search_space(base: TrainConfig, limits: Mapping[str, int]) -> dict[str, Interval]:
    """The interval of every searched setting, around ``base``.

    ``limits`` has the largest value of a setting that the corpus can use. A base value beyond it counts as the limit,
    because it trains the same model.
    """
    return {setting: _interval(setting, getattr(base, setting), rule, limits) for setting, rule in SEARCHED.items()}


def _interval(setting: str, base: float, rule: Rule, limits: Mapping[str, int]) -> Interval:
    lowest, highest = RANGES[setting]
    highest = min(highest, limits.get(setting, highest))
    value = min(base, highest)
    ends = (rule.low * value, rule.high * value) if rule.relative else (min(rule.low, value), max(rule.high, value))
    round_end = round if isinstance(getattr(TrainConfig, setting), int) else _rounded
    low, high = (round_end(min(max(end, lowest), highest)) for end in ends)
    return Interval(low, max(low, high), rule.relative)


def _rounded(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
