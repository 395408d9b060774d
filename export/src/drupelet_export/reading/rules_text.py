"""Writes text rules as the text of a file that people change: TOML, with comments that say what each key means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drupelet.text.rules import KEEPS, TextRules, step_name

if TYPE_CHECKING:
    from drupelet.text.rules import Step

HEADER = """\
# Text rules: how a text becomes the words, and the ids, that a model reads. Give this file with --text-rules FILE.
# The steps are carried out in this order: those that change the text, one "split", those that change the words.
# An id that is not said here is that of the vocabulary or of an option: --start-id, --end-id, --unknown-id, --max-tokens.
# Text in single quotes 'is taken as it stands'; in double quotes a backslash begins an escape: "\\n", "\\u00e9", "\\\\".
"""
NUMBERS = {
    "start_id": "the id in front of every text",
    "end_id": "the id behind every text",
    "unknown_id": "the id of words that the vocabulary lacks",
    "max_tokens": "the most ids that the model reads, start_id and end_id included",
}
KEEP_COMMENT = 'the part of a longer text that is read: its "head", its "tail", or "ends", half of each'
STEP_COMMENTS = {
    "lower": 'Lower case of the letters of "unicode", or of A-Z alone: "ascii".',
    "replace": "Every old becomes new.",
    "substitute": "What the pattern matches (a subset of Python's re) becomes the replacement, literal text.",
    "keep": "A character that is neither among characters nor in a class becomes the replacement.",
    "drop": "A character that is among characters or in a class becomes the replacement.",
    "split": 'Words lie between white space of "unicode", of "ascii", or one "separator"; or are single "characters".',
    "drop_words": "These words are taken away.",
    "ngrams": "Words become n-grams: all of the first size, then all of the second, and so on.",
}
CLASSES_COMMENT = 'of "space", "letters", "alphanumeric", "marks"'
WORDS_IN_LINE = 10


def rules_as_toml(rules: TextRules) -> str:
    """The rules as a TOML file with comments; :func:`rules_file.rules_of_toml` reads it back as equal rules."""
    lines = [HEADER, f"name = {quoted(rules.name)}"]
    for key, meaning in NUMBERS.items():
        value = getattr(rules, key)
        lines.append(
            f"{key} = {value}  # {meaning}" if value is not None else f"# {key} = ...  # {meaning}; not said here"
        )
    if rules.max_tokens is not None or rules.keep != KEEPS[0]:
        lines.append(f"keep = {quoted(rules.keep)}  # {KEEP_COMMENT}")
    else:
        lines.append(f"# keep = ...  # {KEEP_COMMENT}; needed with max_tokens")
    for step in rules.steps:
        lines.extend(("", *_step_lines(step)))
    return "\n".join(lines) + "\n"


def _step_lines(step: Step) -> list[str]:
    name = step_name(step)
    lines = ["[[steps]]", f"# {STEP_COMMENTS[name]}", f"step = {quoted(name)}"]
    for key, value in vars(step).items():
        if key == "separator" and not value:
            continue
        if key == "classes":
            lines.append(f"{key} = [{', '.join(map(quoted, value))}]  # {CLASSES_COMMENT}")
        elif key == "words":
            rows = [value[at : at + WORDS_IN_LINE] for at in range(0, len(value), WORDS_IN_LINE)]
            lines.extend((f"{key} = [", *(f"    {', '.join(map(quoted, row))}," for row in rows), "]"))
        elif isinstance(value, tuple):
            lines.append(f"{key} = [{', '.join(map(str, value))}]")
        else:
            lines.append(f"{key} = {quoted(value)}")
    return lines


def quoted(text: str) -> str:
    """A text as TOML: literal where it has backslashes and no quote, else with escapes for all that cannot be seen."""
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    if short is not None:
        return short
    code = ord(character)
    if character.isprintable():
        return character
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
