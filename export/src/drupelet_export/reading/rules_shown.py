"""What was settled on the way from texts to ids, in one block for people: findings, steps, and texts as words and ids."""

from __future__ import annotations

from collections.abc import Sequence

from drupelet.cli.shown_text import step_shown
from drupelet.text.rules import TextRules, step_name
from drupelet_export.model.description import ModelDescription
from drupelet_export.reading.shown_text import list_shown, shortened

TEXTS_SHOWN = 5


def rules_shown(model: ModelDescription, findings: Sequence[str], texts: Sequence[str]) -> str:
    """The block: text rules with their steps and ids, the sentences on what settled them, and the first texts.

    A text is shown as its words and as the ids that Keras gets, both from the first that is read on. Nothing is cut there but
    what is too long for a line.
    """
    rules = model.text_rules
    steps = [step_shown({"step": step_name(step), **vars(step)}) for step in rules.steps]
    lines = [f"text rules {rules.name}: {', then '.join(steps)}"]
    lines.append(f"  ids: {_ids_shown(model)}")
    lines += [f"  {finding}" for finding in findings]
    for text in texts[:TEXTS_SHOWN]:
        lines += [
            f"  text   {shortened(text)!r}{'' if shortened(text) == text.strip() else ' ...'}",
            f"  words  {_words_shown(model, text)}",
            f"  ids    {list_shown(model.ids(text))}",
        ]
    return "\n".join(lines)


def _words_shown(model: ModelDescription, text: str) -> str:
    """The words of a text from the first on that is read, with what comes before it as ``...``."""
    words, rules = model.words_of(text), model.text_rules
    with_id = [n for n, word in enumerate(words) if word in model.row_of or rules.unknown_id is not None]
    ends = [[-1] if reserved is not None else [] for reserved in (rules.start_id, rules.end_id)]
    read = [n for n in rules.cut([*ends[0], *with_id, *ends[1]]) if n >= 0]
    first = read[0] if len(read) < len(with_id) and rules.keep == "tail" and read else 0
    return ("... | " if first else "") + list_shown(words[first:])


def _ids_shown(model: ModelDescription) -> str:
    rules: TextRules = model.text_rules
    unknown = "unknown words are dropped" if rules.unknown_id is None else f"unknown words {rules.unknown_id}"
    parts = [f"{sum(word is not None for word in model.vocabulary)} words in {len(model.vocabulary)} rows", unknown]
    parts += [
        f"{what} {number}" for what, number in (("start", rules.start_id), ("end", rules.end_id)) if number is not None
    ]
    limit = rules.max_tokens
    parts.append("no limit" if limit is None else f"at most {limit}, of a longer text the {rules.keep}")
    if model.masking == "none":
        parts.append(f"padded with 0 {'in front' if model.padding == 'pre' else 'behind'}")
    return "; ".join(parts)
