"""Text rules that have a name, because many models were trained with them."""

from __future__ import annotations

from drupelet.errors import InputError, closest_match
from drupelet.text.rules import Drop, Keep, Lower, Replace, Split, TextRules

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Mapping

KERAS_FILTERS = '\t\n!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'
"""The default filters of ``keras.preprocessing.text.Tokenizer``, ascending. The apostrophe is not among them."""
ASCII_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""What ``strip_punctuation`` of TextVectorization removes, ascending."""
JOINERS = "\u200c\u200d"
"""Zero-width non-joiner and joiner, which stand inside words of Persian and of Indic scripts."""

_TOKENIZER_STEPS = (Lower("unicode"), Drop(KERAS_FILTERS, replacement=" "), Split("separator", " "))

TOKENIZER = TextRules("tokenizer", _TOKENIZER_STEPS)
"""``keras.preprocessing.text.Tokenizer`` with its defaults."""
TEXTVECTORIZATION = TextRules("textvectorization", (Lower("ascii"), Drop(ASCII_PUNCTUATION), Split("ascii")))
"""``keras.layers.TextVectorization`` with its defaults."""
IMDB = TextRules("imdb", _TOKENIZER_STEPS, start_id=1, unknown_id=2)
"""Ids as ``keras.datasets.imdb.load_data`` gives them, words as ``tokenizer`` makes them."""
ALNUM = TextRules(
    "alnum",
    (
        Lower("unicode"),
        Replace("<br />", " "),
        Keep("0123456789abcdefghijklmnopqrstuvwxyz", ("space",)),
        Split("unicode"),
    ),
)
"""Lower case, ``<br />`` to space, everything but a-z, 0-9 and white space is dropped."""
WORDS = TextRules(
    "words", (Lower("unicode"), Keep(JOINERS, ("alphanumeric", "marks"), replacement=" "), Split("unicode"))
)
"""Lower-case words of letters, marks and digits of any script."""
CHARACTERS = TextRules("characters", (Split("characters"),))
"""Every character is a word."""

NAMED_RULES: Mapping[str, TextRules] = {
    rules.name: rules for rules in (TOKENIZER, TEXTVECTORIZATION, IMDB, ALNUM, WORDS, CHARACTERS)
}
"""All named rules by name."""


def named_rules(name: str) -> TextRules:
    """The rules of that name. Raises InputError for any other name; for ``keras`` it says which two may be meant."""
    if name == "keras":
        raise InputError(
            "text rules 'keras' may mean two things: keras.preprocessing.text.Tokenizer turns punctuation into spaces and "
            "keeps apostrophes (\"it's well-made\" -> it's, well, made): give tokenizer; keras.layers.TextVectorization "
            "removes punctuation (-> its, wellmade): give textvectorization"
        )
    if name not in NAMED_RULES:
        raise InputError(f"text rules {name!r} are not known{closest_match(name, NAMED_RULES)}")
    return NAMED_RULES[name]
