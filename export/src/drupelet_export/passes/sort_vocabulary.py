"""Renumbers the ids so that words ascend by their UTF-8 bytes.

before:  row 0 padding, 1 unknown, 2 "the", 3 "a", 4 "film"
after:   row 0 padding, 1 unknown, 2 "a", 3 "film", 4 "the"

The compact vocabulary file is sorted, and an id is a position in it. With the embedding rows in the same order, no table
from positions to rows is needed. Exact: every text gets the same vectors in the same order.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from drupelet.encoder import PADDING_ID
from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.model.quantized import values_of
from drupelet_export.passes.pipeline import Pass


def _apply(model: ModelDescription) -> ModelDescription:
    rules = model.text_rules
    # Row 0 always stays first, for padding; a word that shares a reserved row gets a copy of it.
    reserved = list(dict.fromkeys((PADDING_ID, *sorted(rules.reserved_ids().values()))))
    words = sorted((word for word in model.row_of if word), key=str.encode)  # no text has the empty word
    order = np.array([*reserved, *(model.row_of[word] for word in words)])
    return replace(
        model,
        text_rules=rules.renumbered({row: new_row for new_row, row in enumerate(reserved)}),
        vocabulary=(*(None for _ in reserved), *words),
        embedding=frozen(values_of(model.embedding)[order]),
    )


def _requires(model: ModelDescription) -> str | None:
    if model.masking == "mask" and model.vocabulary[PADDING_ID] is not None:
        return (
            f"the word {model.vocabulary[PADDING_ID]!r} has id {PADDING_ID}, which the model masks as padding; "
            "add the missing empty first line to the vocabulary"
        )
    return None


def is_sorted(model: ModelDescription) -> str | None:
    """None when the words ascend from the first row that belongs to a word on, otherwise the reason why not."""
    first = next((row for row, word in enumerate(model.vocabulary) if word is not None), len(model.vocabulary))
    encoded = [word.encode() for word in model.vocabulary[first:] if word is not None]
    if len(encoded) != len(model.vocabulary) - first:
        return "a row without a word is between words"
    if any(a >= b for a, b in pairwise(encoded)):
        return "the words do not ascend"
    return None


SORT_VOCABULARY = Pass("sort_vocabulary", _apply, _requires, is_sorted)
