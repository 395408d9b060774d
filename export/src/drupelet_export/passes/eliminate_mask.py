"""Removes the mask, so that engines run on exactly the tokens of a text.

before:  ids [0, 0, 7, 9], mask [-, -, x, x]   (padded to max_tokens, padding masked)
after:   ids [7, 9]

A masked step keeps the state, so the last state and the average are exact without it. A max pooling also includes the output
of masked steps. It is zeros in a layer with ``zero_output_for_mask`` (every bidirectional one) and before the first token;
``pool_zero_below`` preserves these zeros. After the last token a plain layer repeats its state, which changes no maximum.
A model without a mask stays as it is: its padding is part of the answer.
"""

from __future__ import annotations

from dataclasses import replace

from drupelet.architecture import PADDING_ID
from drupelet_export.model.description import ModelDescription
from drupelet_export.passes.pipeline import Pass


def _apply(model: ModelDescription) -> ModelDescription:
    if model.masking != "mask":
        return model
    sees_zeros = model.recurrent[-1].zero_output_for_mask or model.padding == "pre"
    zero_below = model.text_rules.max_tokens if model.pooling == "max" and sees_zeros else None
    return replace(model, masking="exact", pool_zero_below=zero_below)


def _requires(model: ModelDescription) -> str | None:
    if model.masking != "mask":
        return None
    if model.vocabulary[PADDING_ID] is not None:
        return (
            f"the word {model.vocabulary[PADDING_ID]!r} has id {PADDING_ID}, which the model masks as padding; "
            "add the missing empty first line to the vocabulary"
        )
    if model.pooling != "max":
        return None
    if model.padding is None or model.text_rules.max_tokens is None:
        return "GlobalMaxPooling1D pools over masked steps too; give --padding and --max-tokens"
    if model.recurrent[-1].zero_output_for_mask:
        return None
    over = f"GlobalMaxPooling1D over {model.recurrent[-1].name!r}"
    if model.text_rules.unknown_id == PADDING_ID:
        return (
            f"{over}, and unknown words have id 0, which is masked: the place of such a word would decide whether the maximum "
            "includes zeros; give unknown words an id of their own"
        )
    # On the side where no padding stands, it decides alone whether the maximum includes zeros.
    name, does = ("start_id", "begins") if model.padding == "post" else ("end_id", "ends")
    if getattr(model.text_rules, name) == PADDING_ID:
        return (
            f"{over}, and every text {does} with id 0, which is masked: its place would decide whether the maximum includes "
            f"zeros; leave --{name.replace('_', '-')} out, or give the id that the model was trained with"
        )
    return None


def _ensures(model: ModelDescription) -> str | None:
    return "the mask is still there" if model.masking == "mask" else None


ELIMINATE_MASK = Pass("eliminate_mask", _apply, _requires, _ensures)
