"""The order of labels that gives the most right answers: it shows labels that were named in another order than the outputs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

Z_ORDER = 2.33
"""A better order must be this many standard deviations better than chance would make it: less than one in 100 is so by luck."""


@dataclass(frozen=True)
class LabelOrder:
    """The place of the label that each output would get, and how many of ``n`` answers are then right."""

    order: tuple[int, ...]
    correct: int
    n: int

    @property
    def share(self) -> float:
        """Its accuracy."""
        return self.correct / self.n


def best_order(true_labels: Sequence[int], answers: Sequence[int], count: int) -> LabelOrder:
    """The order of ``count`` labels that makes the most answers right; the order as it is wherever that is as good.

    ``true_labels`` and ``answers`` are places of labels and of outputs, (texts,).
    """
    right = [[0] * count for _ in range(count)]  # by output and label
    for label, answer in zip(true_labels, answers, strict=True):
        right[answer][label] += 1
    # One text counts more than all ties together, so that a tie does not move a label.
    costs = [
        [-(count + 1) * right[output][label] - (output == label) for label in range(count)] for output in range(count)
    ]
    order = assignment(costs)
    return LabelOrder(order, sum(right[output][label] for output, label in enumerate(order)), len(answers))


def better_order(true_labels: Sequence[int], answers: Sequence[int], count: int) -> LabelOrder | None:
    """The best order where it is truly better than the order as it is; None otherwise.

    Half of the texts of each label choose an order, the other half must confirm it: with many labels and few texts, some
    order is always better on the texts that chose it. Where several labels occur, it must also be better than to answer the
    most frequent one always: answers that hardly vary say nothing about an order.
    """
    first, second = _halves(true_labels)
    chosen = best_order([true_labels[place] for place in first], [answers[place] for place in first], count).order
    pairs = [(true_labels[place], answers[place]) for place in second]
    gained = sum(chosen[answer] == label != answer for label, answer in pairs)
    lost = sum(chosen[answer] != label == answer for label, answer in pairs)
    if gained - lost <= Z_ORDER * math.sqrt(gained + lost):
        return None
    best = best_order(true_labels, answers, count)
    frequent = max(Counter(true_labels).values())
    return best if best.correct > frequent or frequent == len(true_labels) else None


def assignment(costs: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """The column of each row, each column once, whose costs have the smallest sum; ``costs`` is square.

    The Hungarian method by shortest augmenting paths (Kuhn 1955; Jonker and Volgenant 1987), cubic in the number of rows.
    """
    size = len(costs)
    row_price, column_price = [0.0] * size, [0.0] * size
    row_of: list[int | None] = [None] * size
    for start in range(size):
        distance, before = [math.inf] * size, [-1] * size
        done: list[int] = []
        row, column = start, -1
        while True:
            passed = 0.0 if column < 0 else distance[column]
            for other in range(size):
                reduced = passed + costs[row][other] - row_price[row] - column_price[other]
                if other not in done and reduced < distance[other]:
                    distance[other], before[other] = reduced, column
            column = min((other for other in range(size) if other not in done), key=distance.__getitem__)
            owner = row_of[column]
            if owner is None:
                break
            done.append(column)
            row = owner
        shortest = distance[column]
        for other in done:
            owner = row_of[other]
            assert owner is not None, "only columns that have a row are passed"  # noqa: S101 - for mypy
            row_price[owner] += shortest - distance[other]
            column_price[other] -= shortest - distance[other]
        row_price[start] += shortest
        while column >= 0:  # back along the path: each column takes the row of the one before it
            row_of[column] = start if before[column] < 0 else row_of[before[column]]
            column = before[column]
    column_of = {row: column for column, row in enumerate(row_of)}
    return tuple(column_of[row] for row in range(size))


def _halves(true_labels: Sequence[int]) -> tuple[list[int], list[int]]:
    """The places of the texts in two halves, each with half of the texts of every label."""
    halves: tuple[list[int], list[int]] = ([], [])
    seen: dict[int, int] = {}
    for place, label in enumerate(true_labels):
        seen[label] = seen.get(label, -1) + 1
        halves[seen[label] % 2].append(place)
    return halves
