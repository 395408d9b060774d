"""The block on text rules: every step, what settled them, and texts as words and ids."""

from dataclasses import replace

import pytest

from drupelet.text.named import TOKENIZER
from drupelet.text.rules import DropWords
from drupelet_export.reading.rules_shown import rules_shown


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"keep": "tail"}, "... | quiet | film"),
        ({"keep": "head"}, "the | good | unseen | quiet | film"),
        ({"keep": "tail", "max_tokens": 9}, "the | good | unseen | quiet | film"),
        ({"keep": "tail", "unknown_id": None, "max_tokens": 1}, "... | film"),
        ({"keep": "tail", "end_id": 1, "unknown_id": None}, "... | film"),
    ],
)
def test_words_are_shown_from_the_first_that_is_read(random_model, change, shown):
    model = random_model()
    rules = replace(model.text_rules, **{"max_tokens": 2, "unknown_id": 1, **change})
    block = rules_shown(replace(model, text_rules=rules), [], ["the good unseen quiet film"])
    words, ids = block.splitlines()[-2:]
    assert words == f"  words  {shown}"
    assert len(ids.split("|")) <= rules.max_tokens


def test_a_text_is_shown_as_words_and_as_the_ids_of_keras(random_model):
    model = random_model(max_tokens=3)
    block = rules_shown(model, ["Labels are in order."], ["The GOOD\nfilm, quiet unseen", "x" * 200])
    assert block.splitlines()[:5] == [
        'text rules alnum: lower (unicode), then replace "<br />" by " ", then keep "0-9a-z", space, '
        "then split at white space (unicode)",
        "  ids: 6 words in 8 rows; unknown words 1; at most 3, of a longer text the head",
        "  Labels are in order.",
        "  text   'The GOOD film, quiet unseen' ...",
        "  words  the | good | film | quiet | unseen",
    ]
    assert block.splitlines()[5] == "  ids    2 | 5 | 3"
    assert len(max(block.splitlines(), key=len)) < 260


def test_ids_around_a_text_and_padding_that_counts_are_named(random_model):
    model = random_model(max_tokens=4, masking="none", padding="post")
    rules = replace(model.text_rules, start_id=1, end_id=0, unknown_id=None)
    block = rules_shown(replace(model, text_rules=rules), [], ["film"])
    assert (
        "6 words in 8 rows; unknown words are dropped; start 1; end 0; at most 4, of a longer text the head; "
        "padded with 0 behind" in block
    )


def test_hostile_texts_stay_in_their_line(random_model):
    block = rules_shown(random_model(), [], ["\x1b[2J\n\r\u2028 \ud800", ""])
    assert len(block.splitlines()) == 2 + 2 * 3
    assert "\x1b" not in block


def test_steps_are_shown_as_drupelet_tokens_shows_them(random_model):
    rules = replace(TOKENIZER, steps=(*TOKENIZER.steps, DropWords(tuple("abcdefgh"))))
    first = rules_shown(replace(random_model(), text_rules=rules), [], []).splitlines()[0]
    assert first == (
        'text rules tokenizer: lower (unicode), then drop "\\t\\n!-&(-/:-@[-`{-~" by " ", then split at " ", '
        'then drop_words "a", "b", "c" and 5 more'
    )
