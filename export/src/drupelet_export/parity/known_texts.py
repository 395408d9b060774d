"""The texts of a model that are known before any work, and what its rules make of them."""

from __future__ import annotations

from collections.abc import Sequence

from drupelet_export.compiled import Compiled
from drupelet_export.model.sample_texts import sample_texts
from drupelet_export.parity.owner_reference import Owner
from drupelet_export.parity.reference_texts import HeldOut
from drupelet_export.reading.owner_answers import OwnerAnswers
from drupelet_export.reading.rules_shown import rules_shown


def samples_of(held_out: HeldOut | None, owner: Owner | None) -> Sequence[str]:
    """The texts that the owner answered, else the held-out ones; none where there are neither."""
    if isinstance(owner, OwnerAnswers):
        return owner.texts
    return () if held_out is None else held_out.texts


def text_rules_shown(compiled: Compiled, texts: Sequence[str]) -> str:
    """How texts become ids, which steps layers compute, and the first of these texts, or texts drawn from the vocabulary.

    Then a line for each layer whose body the user gave.
    """
    findings = (*compiled.findings, *(f"computed: {sentence}" for sentence in compiled.lengths))
    rules = rules_shown(compiled.read, findings, texts or sample_texts(compiled.read))
    return "\n".join([rules, *(layer.sentence() for layer in compiled.given)])
