"""Shows the first text that its owner answers otherwise, and names the rule that explains most of such texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from drupelet.comparison import GATES, answer_difference
from drupelet.graph import PADDING_ID
from drupelet_export.model.description import ModelDescription
from drupelet_export.parity.shown_tokens import ids_around, numbers_around, words_around

TOLERANCE = GATES["f32"].max_difference
"""Largest difference between the owner's answer and Keras's on our ids. Both come from the same float32 model."""
TRIED_TEXTS = 300
"""Number of texts that other rules are tried on."""
MAX_PERMUTED_LABELS = 4
"""Number of labels up to which every order of them is tried: 24 orders."""
MAX_ROUNDED_DECIMALS = 5
"""Answers with as many decimals or fewer cannot hold the tolerance."""
SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Answered:
    """Texts as their owner answers them, and as Keras answers our ids. ``ids`` of the owner are None where not known."""

    texts: Sequence[str]
    names: Sequence[str]
    owner: Sequence[Sequence[float]]
    owner_ids: Sequence[Sequence[int]] | None
    keras: Sequence[Sequence[float]]
    keras_ids: Sequence[Sequence[int]]

    def differing(self) -> list[int]:
        """The places of the texts whose ids or answers differ."""
        return [place for place in range(len(self.texts)) if not self._alike(place)]

    def _alike(self, place: int) -> bool:
        if self.owner_ids is not None and unpadded(self.owner_ids[place]) != unpadded(self.keras_ids[place]):
            return False
        return answer_difference(self.owner[place], self.keras[place]) <= TOLERANCE


Ask = Callable[[Sequence[Sequence[int]]], Sequence[Sequence[float]]]
"""From rows of ids to the probabilities of Keras."""


def unpadded(ids: Sequence[int]) -> list[int]:
    """The ids without padding on either side."""
    start, stop = 0, len(ids)
    while start < stop and ids[start] == PADDING_ID:
        start += 1
    while stop > start and ids[stop - 1] == PADDING_ID:
        stop -= 1
    return list(ids[start:stop])


def explain_difference(
    model: ModelDescription,
    reference: str,
    answered: Answered,
    alternatives: Mapping[str, Callable[[str], list[int]]],
    ask: Ask,
    show_texts: bool = True,
) -> tuple[str, ...]:
    """Three sentences about the texts that differ: their number and the first, where it parts, what explains most. () for none.

    ``alternatives`` are rules from text to ids by the option that names them; ``ask`` gives Keras's answers to their ids.
    Without ``show_texts``, the sentences hold names and ids, and no word of a text.
    """
    places = answered.differing()
    if not places:
        return ()
    first = places[0]
    text = answered.texts[first]
    shown = ": " + repr(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "...")
    return (
        f"{reference}: {len(places)} of {len(answered.texts)} texts are answered otherwise than by their owner; the first is "
        f"{answered.names[first]}{shown if show_texts else ''}",
        _first(model, answered, first, show_texts),
        _rounding(answered) or _explanation(model, answered, places, alternatives, ask),
    )


def _first(model: ModelDescription, answered: Answered, place: int, show_texts: bool) -> str:
    """How the first text differs: the ids of both where they part, or the answers where the owner's ids are not known."""
    ours = unpadded(answered.keras_ids[place])
    owner, keras = (_answer(model, answers[place]) for answers in (answered.owner, answered.keras))
    answers = f"the owner answers {owner}, Keras on our ids {keras}"
    text = answered.texts[place]

    def shown(ids: list[int], at: int) -> str:
        return ids_around(model, ids, at) if show_texts else numbers_around(ids, at)

    def shown_words(at: int) -> str:
        return words_around(model, text, at) if show_texts else numbers_around(ours, at)

    if answered.owner_ids is None:
        return f"our ids{', with their words' if show_texts else ''}: {shown_words(0)}; {answers}"
    theirs = unpadded(answered.owner_ids[place])
    if theirs == ours:
        return f"the ids are the same: {shown(ours, 0)}; {answers}"
    part = next((n for n, (a, b) in enumerate(zip(theirs, ours, strict=False)) if a != b), min(len(theirs), len(ours)))
    return (
        f"they part at token {part + 1}: the owner's {len(theirs)} ids: {shown(theirs, part)}; "
        f"our {len(ours)} ids: {shown_words(part)}"
    )


def _answer(model: ModelDescription, values: Sequence[float]) -> str:
    return ", ".join(f"{label} {value:.6f}" for label, value in zip(model.labels, values, strict=True))


def _rounding(answered: Answered) -> str | None:
    """The advice for answers that differ by their rounding alone; None for others."""
    if answered.owner_ids is not None and any(
        unpadded(a) != unpadded(b) for a, b in zip(answered.owner_ids, answered.keras_ids, strict=True)
    ):
        return None
    values = [value for row in answered.owner for value in row]
    largest = max(answer_difference(*pair) for pair in zip(answered.owner, answered.keras, strict=True))
    for decimals in range(1, MAX_ROUNDED_DECIMALS + 1):
        if all(abs(round(value, decimals) - value) < 1e-12 for value in values):
            rounded = largest <= 0.51 * 10.0**-decimals
            return f"the owner's answers are rounded to {decimals} decimals; give at least 7" if rounded else None
    return None


def _explanation(
    model: ModelDescription,
    answered: Answered,
    places: Sequence[int],
    alternatives: Mapping[str, Callable[[str], list[int]]],
    ask: Ask,
) -> str:
    """What explains most of the tried texts: other rules, another order of the labels, or nothing that is known."""
    tried = _tried(len(answered.texts), places)
    known: dict[tuple[int, ...], Sequence[float]] = {}
    by_ids = answered.owner_ids is not None and any(
        unpadded(answered.owner_ids[n]) != unpadded(answered.keras_ids[n]) for n in tried
    )

    def fits(rows: Sequence[list[int]]) -> int:
        if by_ids and answered.owner_ids is not None:
            theirs = [unpadded(answered.owner_ids[n]) for n in tried]
            return sum(unpadded(row) == their for row, their in zip(rows, theirs, strict=True))
        new = list(dict.fromkeys(tuple(row) for row in rows if tuple(row) not in known))
        known.update(zip(new, ask(new), strict=True)) if new else None
        pairs = zip((answered.owner[n] for n in tried), (known[tuple(row)] for row in rows), strict=True)
        return sum(answer_difference(owner, got) <= TOLERANCE for owner, got in pairs)

    differing = set(places)
    best_name, best = "", sum(n not in differing for n in tried)
    ours = best
    for name, rules in alternatives.items():
        count = fits([rules(answered.texts[n]) for n in tried])
        if count > best:
            best_name, best = name, count
    if len(model.labels) <= MAX_PERMUTED_LABELS and not by_ids:
        for order in permutations(range(len(model.labels))):
            pairs = [(answered.owner[n], [answered.keras[n][k] for k in order]) for n in tried]
            count = sum(answer_difference(*pair) <= TOLERANCE for pair in pairs)
            if count > best:
                names: list[str] = [""] * len(order)
                for place, source in enumerate(order):
                    names[source] = model.labels[place]
                best_name, best = f"--labels {','.join(names)}", count
    if best_name and best == len(tried):
        return f"the owner's answers fit {best_name} ({best} of {len(tried)} texts)"
    if best_name:
        return (
            f"no rule that is known fits all of the owner's answers; {best_name} fits more of them ({best} of {len(tried)} "
            f"texts, {ours} fit now)"
        )
    return f"no other rule that is known fits more of the owner's answers ({ours} of {len(tried)} texts fit now)"


def _tried(count: int, places: Sequence[int]) -> list[int]:
    """The places to try: all of them, or an even spread with the first texts that differ."""
    if count <= TRIED_TEXTS:
        return list(range(count))
    spread = {n * count // (TRIED_TEXTS // 2) for n in range(TRIED_TEXTS // 2)}
    for place in places:
        if len(spread) == TRIED_TEXTS:
            break
        spread.add(place)
    return sorted(spread)
