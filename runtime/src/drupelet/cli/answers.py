"""How ``predict`` spells answers: a line each, a JSON object a line, or one JSON document."""

from __future__ import annotations

from drupelet.control_characters import escaped_line
from drupelet.errors import InputError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from drupelet.prediction import Prediction

TEXT_FIELD, ANSWER_FIELD = "text", "prediction"
"""A line of JSON has its text in the first, and comes back with its answer in the second."""


def answer_line(
    prediction: Prediction, labels: Sequence[str], top: int | None = None, text: bytes | None = None
) -> str:
    """Label and probability, or those of the ``top`` most probable labels; and the text, where it is given.

    Of a multi-label network the labels that hold with theirs; an empty line where none does. A rejected text has ``(rejected)``
    with the largest probability, in front of the ``top`` ones.
    """
    pairs = []
    if prediction.rejected:
        from drupelet.decision import REJECTED

        pairs = [(REJECTED, prediction.probability)]
    if top is not None:
        pairs += top_labels(prediction, labels, top)
    elif prediction.is_multi_label:
        of_label = dict(zip(labels, prediction.probabilities))
        pairs += [(label, of_label[label]) for label in prediction.labels]
    else:
        pairs += [(label, prediction.probability) for label in prediction.labels]
    fields = [f"{label}\t{probability:.6f}" for label, probability in pairs]
    if text is not None:
        fields.append(escaped_line(text.decode()))
    return "\t".join(fields) + "\n"


def top_labels(prediction: Prediction, labels: Sequence[str], top: int) -> list[tuple[str, float]]:
    """The most probable labels with their probabilities, in their order; of equal ones the first comes first."""
    pairs = list(zip(labels, prediction.probabilities))
    return sorted(pairs, key=lambda pair: -pair[1] if pair[1] == pair[1] else 1.0)[:top]


def answer_object(
    prediction: Prediction, labels: Sequence[str], top: int | None = None, text: bytes | None = None
) -> dict[str, Any]:
    """The answer as a JSON object, with null for what is not a number."""
    import math

    def number(value: float) -> float | None:
        return value if math.isfinite(value) else None

    found: dict[str, Any] = {
        "label": prediction.label,
        "probability": number(prediction.probability),
        "probabilities": [number(value) for value in prediction.probabilities],
        "n_tokens": prediction.n_tokens,
        **({"labels": list(prediction.labels)} if prediction.is_multi_label else {}),
        **({"rejected": True} if prediction.rejected else {}),
    }
    if top is not None:
        pairs = top_labels(prediction, labels, top)
        found["top"] = [{"label": label, "probability": number(probability)} for label, probability in pairs]
    return found if text is None else {"text": text.decode(), **found}


class Kept:
    """Gives texts, and keeps what each was given with, until its answer is there."""

    def __init__(self, pairs: Iterable[tuple[Any, bytes]]) -> None:
        self._pairs = pairs
        self._kept: list[Any] = []

    def __iter__(self) -> Iterator[bytes]:
        for kept, text in self._pairs:
            self._kept.append(kept)
            yield text

    def take(self, count: int) -> list[Any]:
        """What the first texts whose answers are still out were given with."""
        taken, self._kept = self._kept[:count], self._kept[count:]
        return taken


def texts_of_json(lines: Iterable[bytes], where: str) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The object and the text of each line: an object with the text in its field ``text``, or a string.

    Raises InputError, with the number of the line, for anything else. A blank line is an error too: skipping it could mean to
    wait for the next one while an answer is out.
    """
    from drupelet.strict_json import parse_value

    for number, line in enumerate(lines, 1):
        at = f"{where}: line {number}"
        try:
            found = parse_value(line)
        except ValueError as error:
            raise InputError(f'{at}: not JSON ({error}); expected an object such as {{"text": "..."}}') from error
        row = {TEXT_FIELD: found} if isinstance(found, str) else found
        if not isinstance(row, dict) or not isinstance(row.get(TEXT_FIELD), str):
            raise InputError(f"{at}: {found!r:.60} has no string {TEXT_FIELD!r}")
        try:
            text = row[TEXT_FIELD].encode()
        except UnicodeEncodeError as error:
            raise InputError(
                f"{at}: field {TEXT_FIELD!r} has a lone surrogate at {error.start}, which is no text"
            ) from error
        yield row, text
