"""The result of every reader of a corpus: texts, their labels, and a held-out part where the data names one."""

from __future__ import annotations

from dataclasses import dataclass

from drupelet.errors import InputError


@dataclass(frozen=True)
class LabelledTexts:
    """Texts in corpus order and their labels.

    ``source`` names the file or folder in messages. ``held_out`` is the half-open range of indices that the data itself
    sets apart for the final score; None leaves the choice to :mod:`drupelet_train.corpora.splits`.
    """

    source: str
    texts: tuple[str, ...]
    label_names: tuple[str, ...]
    held_out: range | None = None

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.label_names):
            raise ValueError(f"{len(self.texts)} texts, {len(self.label_names)} labels")
        if not self.texts:
            raise InputError(f"{self.source}: holds no text; expected labelled texts of at least two classes")
        classes = sorted(set(self.label_names))
        for label in classes:
            if not label.strip() or len(label.splitlines()) != 1:
                raise InputError(
                    f"{self.source}: the label {label!r} is empty or spans lines; expected one line of text"
                )
        if len(classes) < 2:
            raise InputError(
                f"{self.source}: every text is labelled {classes[0]!r}; expected at least two classes: "
                "with one class there is nothing to classify"
            )
