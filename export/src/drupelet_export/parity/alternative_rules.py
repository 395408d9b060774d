"""Other known rules from text to ids, by the options that name them: what an owner may have meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from drupelet.text.named import NAMED_RULES
from drupelet.text.rules import KEEPS
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.evaluator import padded

Rules = Callable[[str], list[int]]
"""From a text to its ids as Keras gets them, with the padding that Keras does not mask."""


def alternative_rules(model: ModelDescription) -> Mapping[str, Rules]:
    """Every combination of the known options that differs from the model's own rules, those with the fewest changes first."""
    own = model.text_rules
    others = {name: rules for name, rules in NAMED_RULES.items() if name != own.name}
    found: dict[str, Rules] = {}
    for name, named in {own.name: own, **others}.items():
        for keep in KEEPS if own.max_tokens is not None else (own.keep,):
            for padding in ("pre", "post") if model.masking == "none" else (model.padding,):
                changes = [
                    f"--{option} {value}"
                    for option, value, now in (
                        ("tokenizer", name, own.name), ("keep", keep, own.keep), ("padding", padding, model.padding)
                    )
                    if value != now
                ]  # fmt: skip
                unknown_id = own.unknown_id if named.unknown_id is None else named.unknown_id
                changed = replace(named, unknown_id=unknown_id, max_tokens=own.max_tokens, keep=keep)
                if changes:
                    found[" ".join(changes)] = _rules(replace(model, text_rules=changed, padding=padding))
    return dict(sorted(found.items(), key=lambda item: item[0].count("--")))


def _rules(model: ModelDescription) -> Rules:
    if model.masking == "none":
        return lambda text: padded(model, model.ids(text))
    return model.ids
