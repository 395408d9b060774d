"""Keeps the words of the first rows. The other words become unknown.

before:  rows 0 padding, 1 unknown, 2 "the", 3 "a", ... 19999 "zest"
after:   rows 0 padding, 1 unknown, 2 "the", 3 "a", ... 4999 "gore"

Vocabularies list words by falling frequency, so the frequent words stay.
Approximate: the answer to a text with a removed word changes. The pruning curve of the report shows how much that costs.
"""

from __future__ import annotations

import math

from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.model.quantized import values_of
from drupelet_export.passes.pipeline import Pass


def prune_vocabulary(rows: int) -> Pass:
    """The pass that keeps ``rows`` embedding rows, reserved ones included."""

    def apply(model: ModelDescription) -> ModelDescription:
        return model.with_rows({name: frozen(values_of(table)[:rows]) for name, table in model.tables.items()},
                               model.vocabulary[:rows])  # fmt: skip

    def requires(model: ModelDescription) -> str | None:
        if not 2 <= rows <= len(model.vocabulary):
            return f"cannot keep {rows} rows, expected from 2 to {len(model.vocabulary)}, the rows of the vocabulary"
        for name, row in model.text_rules.reserved_ids().items():
            if row >= rows:
                return f"{name} is {row}, a row that would be removed; keep more rows"
        return None

    def ensures(model: ModelDescription) -> str | None:
        return None if len(model.vocabulary) == rows else f"the vocabulary has {len(model.vocabulary)} rows"

    return Pass("prune_vocabulary", apply, requires, ensures, math.inf)
