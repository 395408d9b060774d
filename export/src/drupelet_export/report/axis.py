"""Axes of figures: the position of a value, and the ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """Maps values from ``low`` to ``high`` onto positions from ``start`` to ``stop``."""

    low: float
    high: float
    start: float
    stop: float
    logarithmic: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.logarithmic and self.low <= 0):
            raise ValueError(f"an axis from {self.low} to {self.high}")

    def place(self, value: float) -> float:
        """The position of a value. A value outside the axis gets the position of the nearest end."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.stop - self.start)

    def ticks(self, wanted: int = 6) -> list[float]:
        """Round values inside the axis, about as many as ``wanted`` or fewer."""
        if self.logarithmic:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            for mantissas in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,)):
                ticks = [m * 10.0**d for d in decades for m in mantissas if self.low <= m * 10.0**d <= self.high]
                if len(ticks) <= wanted:
                    return ticks
            return ticks[:: math.ceil(len(ticks) / wanted)]
        step = 10.0 ** math.floor(math.log10((self.high - self.low) / wanted))
        step *= next(m for m in (1, 2, 5, 10, 20) if m * step * wanted >= self.high - self.low)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)][: wanted + 1]


def log_axis(values: Sequence[float], start: float, stop: float) -> Axis:
    """A logarithmic axis around positive values, with a margin."""
    low, high = max(min(values), 1e-12), max(*values, 1e-12)
    margin = max(1.15, (high / low) ** 0.08) if high > low else 2.0
    return Axis(low / margin, high * margin, start, stop, logarithmic=True)
