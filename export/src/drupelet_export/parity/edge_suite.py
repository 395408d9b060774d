"""The edge suite: odd texts on which a device must still answer like Keras."""

from __future__ import annotations

from typing import NamedTuple

from drupelet.goldens import MAX_TEXT_CHARACTERS
from drupelet_export.model.description import ModelDescription

LONG_TEXT_TOKENS = 100_000
VARIED_WORDS = 1000
"""Words of the long text of a network without a limit. Keras sums in float32: of one word 100,000 times, an average is off by
1e-5, because all roundings have one direction."""
LONGEST_WORD = 100
"""Maximum characters of a word that edge texts repeat. A text of 100,000 longer words could be too long for a golden."""


class EdgeText(NamedTuple):
    """A named text, to be repeated ``times``."""

    name: str
    text: str
    times: int = 1


def edge_suite(model: ModelDescription, most_tokens: int = LONG_TEXT_TOKENS) -> list[EdgeText]:
    """The odd texts for a model, made of words from its vocabulary.

    ``most_tokens``: the longest text that Keras and every engine have memory for, where the model has no max_tokens.
    Texts with more of them are left out, and so are texts that are too long for a golden.
    """
    short = [word for word in model.vocabulary if word is not None and len(word) <= LONGEST_WORD]
    words = [word for word in short if word.isalnum() and word.isascii()] or short or ["word"]
    first, middle, last = words[0], words[len(words) // 2], words[-1]
    limit = model.text_rules.max_tokens or 64
    suite = [
        EdgeText("empty", ""),
        EdgeText("white space only", " \t\n\v\f\r\u00a0\u2003\u3000\x1c\x85 "),
        EdgeText("no known word", f"{model.out_of_vocabulary_word} \u0436\u0436\u0436 \u4f60\u597d"),
        EdgeText("punctuation only", "... !!! --- ??? ()"),
        EdgeText("one token", middle),
        EdgeText("exactly max_tokens", f"{first} ", limit),
        EdgeText("one more than max_tokens", f"{last} ", limit + 1),
        EdgeText("one less than max_tokens", f"{middle} ", limit - 1) if limit > 1 else EdgeText("no token", " "),
        EdgeText("head and tail differ", f"{first} {middle} {last} ", limit),
        _longest(words, middle, model.text_rules.max_tokens, most_tokens),
        EdgeText("NUL", f"{first}\x00{last} \x00 {middle}\x00"),
        EdgeText("lone surrogates", f"{first} \ud800 {middle}\udfff {last}"),
        EdgeText("combining characters", f"{first}\u0301 e\u0301 {middle} \u0301\u0302 {last}\u0327"),
        EdgeText("letters that lower-case into ASCII", "\u0130 \u212a I\u0130 \u212aing \u212a\u0130LL"),
        EdgeText("letters that lower-case into several", "\u1e9e \u01c5 \ufb01lm \u03a3\u03a3 \u0149"),
        EdgeText("upper case", f"{first.upper()} {middle.title()} {last.upper()}"),
        EdgeText("emoji", f"{first} \U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 {middle}\ufe0f {last}"),
        EdgeText("newlines", f"{first}\n{middle}\r\n{last}\n\n{first}"),
        EdgeText("markup", f"{first}<br />{middle}<br/><BR /><b>{last}</b> &amp; {first}"),
        EdgeText("punctuation inside words", f"{first}-{middle} {last}'s {first}... ({middle}),{last}"),
        EdgeText("unusual spaces", f"{first}\u00a0{middle}\u2009{last}\u3000{first}\x1f{middle}\x85{last}"),
        EdgeText("very long word", f"{first} {'x' * 70_000} {last}"),
        EdgeText("byte-order mark and direction marks", f"\ufeff{first} \u202e{middle}\u202c {last}\u200b"),
    ]
    short_enough = [edge for edge in suite if edge.times * len(edge.text) <= MAX_TEXT_CHARACTERS]
    if model.text_rules.max_tokens is not None:
        return short_enough
    return [edge for edge in short_enough if len(model.ids(edge.text * edge.times)) <= most_tokens]


def _longest(words: list[str], middle: str, max_tokens: int | None, most_tokens: int) -> EdgeText:
    """LONG_TEXT_TOKENS times one word, where it is cut; else as many words as can be read, spread over the vocabulary."""
    if max_tokens is not None:
        return EdgeText(f"{LONG_TEXT_TOKENS} tokens", f"{middle} ", LONG_TEXT_TOKENS)
    spread = [words[place * 7919 % len(words)] for place in range(min(VARIED_WORDS, most_tokens))]
    times = min(LONG_TEXT_TOKENS, most_tokens) // max(1, len(spread))
    return EdgeText(f"{times * len(spread)} tokens", "".join(f"{word} " for word in spread), times)
