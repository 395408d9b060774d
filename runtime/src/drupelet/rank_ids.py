"""The ids of a .drupelet file: its words have the last ids, in the order of its vocabulary.

before:  a bundle, in Keras's ids:    0 padding, 1 unknown, 2 "the", 3 "a", 4 no word, 5 "film"
after:   the .drupelet file in it:    0 padding, 1 unknown, 2 "a", 3 "film", 4 "the"

A .drupelet file needs no table from words to ids, and no row that belongs to no word. Everything else of a bundle (manifest,
vocabulary, goldens, .onnx and .tflite files) has Keras's own ids. This module is the only place that knows how the two relate.
"""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.graph import PADDING_ID, with_rows

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.graph import Graph
    from drupelet.text.rules import TextRules
    from drupelet.vocabulary import Vocabulary


def reserved_rows(rules: TextRules) -> list[int]:
    """The ids of the Keras model that come first in a .drupelet file: padding, then start, end and unknown word, ascending.

    Number k of the list has the id k in the file.
    """
    return list(dict.fromkeys((PADDING_ID, *sorted(rules.reserved_ids().values()))))


def ranked_rules(rules: TextRules) -> TextRules:
    """The text rules of a .drupelet file, for those of the Keras model."""
    return rules.renumbered({row: rank for rank, row in enumerate(reserved_rows(rules))})


def ranked_network(network: Graph, rules: TextRules, rows: int) -> Graph:
    """The network of a .drupelet file with so many embedding rows, for the network and text rules of the Keras model.

    Raises FormatError where no vocabulary of the Keras model could have so many: each word has a row of it.
    """
    words = rows - len(reserved_rows(rules))
    if not 0 <= words <= network.vocabulary_rows:
        raise FormatError(f"{rows} embedding rows, the Keras model has {network.vocabulary_rows}; export it again")
    return with_rows(network, rows)


def keras_ids_of_ranks(rules: TextRules, vocabulary: Vocabulary) -> list[int]:
    """The id of the Keras model for each id of a .drupelet file, from text rules and vocabulary of its bundle."""
    return [*reserved_rows(rules), *vocabulary.ids()]
