"""Gives a description the ids and rows of a .drupelet file, in which words ascend by their UTF-8 bytes.

before:  row 0 padding, 1 unknown, 2 "the", 3 "a", 4 no word, 5 "film"
after:   row 0 padding, 1 unknown, 2 "a", 3 "film", 4 "the"

The vocabulary of a .drupelet file is sorted, and an id is a position in it. With the embedding rows in the same order, no table
from positions to rows is needed, and rows that belong to no word are left out. Exact: every text gets the same vectors in the
same order. It comes after quantization, so all formats of a scheme hold the same numbers.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drupelet.rank_ids import ranked_rules, reserved_rows
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.quantized import Quantized


def in_rank_order(model: ModelDescription) -> ModelDescription:
    """The same model in the ids of a .drupelet file (:mod:`drupelet.rank_ids`). A model in that order stays as it is."""
    # Row 0 always stays first, for padding; a word that shares a reserved row gets a copy of it.
    reserved = reserved_rows(model.text_rules)
    words = sorted((word for word in model.row_of if word), key=str.encode)  # no text has the empty word
    rows = np.array([*reserved, *(model.row_of[word] for word in words)])
    tables = {
        name: table.taken(rows) if isinstance(table, Quantized) else np.ascontiguousarray(table[rows])
        for name, table in model.tables.items()
    }
    return replace(
        model.with_rows(tables, (*(None for _ in reserved), *words)), text_rules=ranked_rules(model.text_rules)
    )
