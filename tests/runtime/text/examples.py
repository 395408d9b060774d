"""Text rules that tests of several modules use."""

from drupelet.text.named import NAMED_RULES
from drupelet.text.rules import Drop, DropWords, Keep, Lower, Ngrams, Replace, Split, Substitute, TextRules

EVERY_KIND = TextRules(
    "every kind",
    (
        Lower("unicode"),
        Replace("<br />", " "),
        Substitute(r"https?://\S+", "\u4e2d"),
        Keep("'", ("space", "alphanumeric"), "-"),
        Drop("\u00e9", (), ""),
        Split("separator", " "),
        DropWords(("a", "the")),
        Ngrams((1, 2)),
    ),
    start_id=1,
    end_id=3,
    unknown_id=2,
    max_tokens=9,
    keep="ends",
)
"""Rules with a step of every kind and all ids."""

EXAMPLES = {
    **NAMED_RULES,
    "every kind": EVERY_KIND,
    "no step but the split": TextRules("x" * 32, (Split("ascii"),), max_tokens=1, keep="tail", unknown_id=0),
}
"""Named rules, and others that use every field."""
