"""How texts become ids, and the names of the classes: what goes with a model file."""

from __future__ import annotations

from dataclasses import dataclass

from drupelet_export.reading.settlement import Settled
from drupelet_export.reading.text_facts import Given


@dataclass(frozen=True)
class TextOptions:
    """What a model file does not say.

    ``labels``: the names of the classes in the order of the model's output. ``text``: what a user gave, or what is settled
    already, as in a run of ``drupelet train``; None for a model with a TextVectorization inside.
    """

    labels: tuple[str, ...]
    text: Given | Settled | None = None
