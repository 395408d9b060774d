"""Where a tuning study looks: which settings it changes, and from where to where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drupelet_train.config import RANGES, TrainConfig

Settings = dict[str, float]
"""Values of settings by name; those of whole numbers are ints."""

SIGNIFICANT_DIGITS = 3
"""Of numbers that are not whole: more would not change what a training comes to, and nobody reads them."""


@dataclass(frozen=True)
class Rule:
    """From where to where a setting is searched.

    ``relative``: the ends are multiples of the base configuration's value, and the scale is logarithmic. Otherwise the
    ends are values, widened to the base configuration's, and the scale is linear.
    """

    low: float
    high: float
    relative: bool


SEARCHED: Mapping[str, Rule] = {
    # Either too high or too low spoils any network; a factor of 4 either way is as far as a usable base is off.
    "learning_rate": Rule(0.25, 4.0, relative=True),
    # What a step costs grows with the square of the units.
    "units": Rule(0.5, 2.0, relative=True),
    # Up to hiding most of the input: small corpora need more of it than the base, which comes from 20,000 texts.
    "dropout": Rule(0.0, 0.6, relative=False),
    "word_dropout": Rule(0.0, 0.5, relative=False),
    # Smaller ones make smaller files and faster answers, and often no worse ones.
    "vocabulary_size": Rule(0.25, 2.0, relative=True),
    "max_tokens": Rule(0.25, 2.0, relative=True),
}
"""The settings that a study searches."""


@dataclass(frozen=True)
class Interval:
    """``low`` to ``high``, ends included, on a logarithmic scale or a linear one; of whole numbers if the ends are ints."""

    low: float
    high: float
    logarithmic: bool

    def __post_init__(self) -> None:
        if not self.low <= self.high or (self.logarithmic and self.low <= 0) or type(self.low) is not type(self.high):
            raise ValueError(f"no interval: {self}")

    def clip(self, value: float) -> float:
        """The value of the interval that is next to ``value``."""
        return min(max(value, self.low), self.high)

    def rounded(self, value: float) -> float:
        """``value``, of the interval, to ``SIGNIFICANT_DIGITS`` if it is not whole; still of the interval."""
        return self.clip(value if isinstance(value, int) else _rounded(value))


def search_space(base: TrainConfig, limits: Mapping[str, int]) -> dict[str, Interval]:
    """The interval of every searched setting, around ``base``.

    ``limits`` names the most that the corpus can use of a setting. A base beyond it counts as the limit: it trains the
    same model.
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
