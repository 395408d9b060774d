"""A question that only the owner of a model can answer: what was found, what each reading would mean, what settles it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from drupelet.errors import MAX_LIST_CHARACTERS
from drupelet_export.errors import ModelError

T = TypeVar("T")


@dataclass(frozen=True)
class Reading:
    """One answer: the ``option`` that gives it, what it means, and what it makes of a text ('' for no example)."""

    option: str
    meaning: str
    example: str = ""

    def __str__(self) -> str:
        return f"{self.option}: {self.meaning}{f'; {self.example}' if self.example else ''}"


@dataclass(frozen=True)
class Question:
    """What is open (``topic``), a sentence on what was found, and the readings, of which one is right."""

    topic: str
    found: str
    readings: tuple[Reading, ...]

    def __str__(self) -> str:
        return "\n".join((f"{self.topic}: {self.found}", *(f"    {reading}" for reading in self.readings)))


@dataclass(frozen=True)
class Found(Generic[T]):
    """What was settled, and a sentence for people on what settled it (None: nothing that people need to know)."""

    value: T
    finding: str | None = None


class OpenQuestionError(ModelError):
    """What the model and its files say can mean more than one thing, and answers depend on it: give an option."""

    shown_characters = MAX_LIST_CHARACTERS

    def __init__(self, where: str, questions: Sequence[Question]) -> None:
        self.questions = tuple(questions)
        count = "a question is" if len(self.questions) == 1 else f"{len(self.questions)} questions are"
        listed = "\n".join(f"  {number}. {question}" for number, question in enumerate(self.questions, 1))
        super().__init__(
            f"{where}: {count} open on how a text becomes ids; give an option for each, as the model was trained:\n{listed}"
        )
