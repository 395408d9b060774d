"""The type of a pass, and the function that runs passes and checks the description around each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from drupelet_export.errors import ModelError
from drupelet_export.model.description import ModelDescription, check
from drupelet_export.model.evaluator import evaluate_text

Condition = Callable[[ModelDescription], str | None]
"""A function that returns None when a condition holds, otherwise the reason why it does not."""

PROBE_WORDS = 12
"""Number of words, evenly spread over the vocabulary, that the probe texts consist of. So few cost almost nothing."""


@dataclass(frozen=True)
class Pass:
    """A function that rewrites the description, with a condition that it requires before and one that it ensures after.

    ``tolerance`` is the largest difference in any logit (float64) that the pass may cause on the probe texts. The default
    allows only float64 rounding, for a pass that changes no answer.
    """

    name: str
    apply: Callable[[ModelDescription], ModelDescription]
    requires: Condition
    ensures: Condition
    tolerance: float = 1e-9


def run_passes(model: ModelDescription, passes: Sequence[Pass]) -> ModelDescription:
    """The description after all passes. It is checked and evaluated on probe texts before the first pass and after each.

    Raises ModelError that names the pass, its position and the passes before it.
    """
    check(model)
    texts = probe_texts(model)
    answers = [evaluate_text(model, text) for text in texts]
    for position, one_pass in enumerate(passes):
        before = ", ".join(earlier.name for earlier in passes[:position]) or "none"
        where = f"pass {position + 1} of {len(passes)}, {one_pass.name} (before it: {before})"
        reason = one_pass.requires(model)
        if reason is not None:
            raise ModelError(f"{where}: {reason}")
        before_it, model = model, one_pass.apply(model)
        try:
            check(model)
        except ModelError as error:
            raise ModelError(f"{where} left a contradiction: {error}") from error
        reason = one_pass.ensures(model)
        if reason is not None:
            raise ModelError(f"{where} did not keep its promise: {reason}")
        if model is before_it:
            continue  # the same answers
        before_pass, answers = answers, [evaluate_text(model, text) for text in texts]
        for text, old, new in zip(texts, before_pass, answers, strict=True):
            difference = np.abs(new - old)
            # There is nothing to compare where Keras itself answers NaN. A NaN anywhere else is a failure.
            if not np.all((difference <= one_pass.tolerance) | np.isnan(old)):
                largest = np.max(difference[~np.isnan(old)])
                raise ModelError(
                    f"{where} changed the answer for {text[:40]!r} by {largest:.3g}, allowed {one_pass.tolerance:g}"
                )
    return model


def probe_texts(model: ModelDescription) -> list[str]:
    """A few texts for every kind of input: empty, unknown words, short, both ends of the vocabulary, too long."""
    words = [word for word in model.vocabulary if word is not None]
    picked = [words[place] for place in np.linspace(0, len(words) - 1, PROBE_WORDS).astype(int)] if words else []
    longest = min(model.text_rules.max_tokens or PROBE_WORDS, 64) + 1
    unknown = model.joined([*picked[:1], model.out_of_vocabulary_word, *picked[-1:]])
    return ["", "\u00e9\u00e8", unknown, *picked[-1:], model.joined(picked), model.joined((picked * longest)[:longest])]
