import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import FormatError
from drupelet.text import UNICODE_VERSION
from drupelet.text.rules import (
    CLASSES,
    MAX_CHARACTERS_BYTES,
    MAX_STEPS,
    MAX_TEXT_BYTES,
    STEPS,
    Drop,
    DropWords,
    Keep,
    Lower,
    Ngrams,
    Replace,
    Split,
    Substitute,
    TextRules,
    step_from_json,
)
from runtime.text.examples import EVERY_KIND

SPLIT = Split("unicode")


def test_rules_in_json_are_the_same_rules():
    assert TextRules.from_json(json.loads(json.dumps(EVERY_KIND.to_json()))) == EVERY_KIND


def test_the_json_of_rules_names_the_version_of_unicode():
    data = EVERY_KIND.to_json()
    assert data["unicode"] == UNICODE_VERSION
    data["unicode"] = "16.0.0"
    with pytest.raises(FormatError, match=r"rules of Unicode '16\.0\.0', this release has 15\.1\.0"):
        TextRules.from_json(data)
    data["unicode"] = "\x1b[31m" + "9" * 1000
    with pytest.raises(FormatError, match=r"rules of Unicode '\\x1b\[31m9{51}, this release"):
        TextRules.from_json(data)


def test_fields_with_a_default_may_be_left_out_of_a_step():
    assert step_from_json({"step": "drop", "characters": "ab"}, "here") == Drop("ab")
    assert step_from_json({"step": "split", "by": "ascii"}, "here") == Split("ascii")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"step": "lover"}, "here: kind 'lover', expected one of lower, replace"),
        ({"by": "ascii"}, "expected an object with its kind"),
        ("lower", "expected an object with its kind"),
        ({"step": "lower"}, "missing fields \\['letters'\\]"),
        ({"step": "lower", "letters": "unicode", "of": 1}, "unknown fields \\['of'\\]"),
        ({"step": "lower", "letters": 1}, "letters is 1, expected a string"),
        ({"step": "ngrams", "sizes": [True]}, "sizes is \\[True\\], expected a list of int"),
        ({"step": "ngrams", "sizes": 2}, "expected a list of int"),
        ({"step": "drop_words", "words": ["a", 1]}, "expected a list of str"),
    ],
)
def test_a_step_that_is_none_is_refused(step, said):
    with pytest.raises(FormatError, match=said):
        step_from_json(step, "here")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Lower("all"), "lower: letters is 'all', expected one of unicode, ascii"),
        (lambda: Replace("", "x"), "replace: old has 0 bytes"),
        (lambda: Replace("x" * (MAX_TEXT_BYTES + 1), ""), f"expected 1 to {MAX_TEXT_BYTES}"),
        (lambda: Replace("a", "\ud800"), "lone surrogate"),
        (lambda: Substitute("a", r"\1"), "without a backslash"),
        (lambda: Keep("ba"), "distinct and ascending"),
        (lambda: Keep("aa"), "distinct and ascending"),
        (lambda: Drop("", ("digits",)), "a class is 'digits', expected one of space, letters"),
        (lambda: Drop("", ("letters", "space")), "in the order space, letters"),
        (lambda: Drop("".join(map(chr, range(256, 256 + MAX_CHARACTERS_BYTES)))), "characters has"),
        (lambda: Split("words"), "split: by is 'words'"),
        (lambda: Split("separator", ""), "expected one character"),
        (lambda: Split("separator", "ab"), "expected one character"),
        (lambda: Split("ascii", " "), "together with by 'ascii'"),
        (lambda: DropWords(()), "0 words"),
        (lambda: DropWords(("the", "a")), "not distinct and ascending"),
        (lambda: DropWords(("",)), "has 0 bytes"),
        (lambda: Ngrams((1, 1)), "distinct"),
        (lambda: Ngrams((0,)), "a size of 0"),
        (lambda: TextRules("x", ()), "0 steps 'split', expected one"),
        (lambda: TextRules("x", (SPLIT, SPLIT)), "2 steps 'split'"),
        (lambda: TextRules("x", (SPLIT, Lower("ascii"))), "step 1 \\(lower\\), expected it before the split"),
        (lambda: TextRules("x", (SPLIT, Ngrams((2,)), Ngrams((3,)))), "more than one step 'ngrams'"),
        (lambda: TextRules("x", (Ngrams((2,)), SPLIT)), "step 0 \\(ngrams\\), expected it behind the split"),
        (lambda: TextRules("x", (*[Lower("ascii")] * MAX_STEPS, SPLIT)), "257 steps"),
        (lambda: TextRules("", (SPLIT,)), "1 to 32 ASCII"),
        (lambda: TextRules("x" * 33, (SPLIT,)), "1 to 32 ASCII"),
        (lambda: TextRules("x", (SPLIT,), start_id=-1), "start_id is -1"),
        (lambda: TextRules("x", (SPLIT,), unknown_id=1 << 31), "unknown_id is 2147483648, expected 0 to 2147483647"),
        (lambda: TextRules("x", (SPLIT,), max_tokens=1 << 40), "max_tokens is 1099511627776, expected 1 to"),
        (lambda: TextRules("x", (SPLIT,), max_tokens=0), "max_tokens is 0"),
        (lambda: TextRules("x", (SPLIT,), max_tokens=3.0), "max_tokens is 3.0, expected 1 to"),
        (lambda: TextRules("x", (SPLIT,), unknown_id=1.5), "unknown_id is 1.5, expected 0 to"),
        (lambda: TextRules("x", (SPLIT,), start_id=True), "start_id is True, expected 0 to"),
        (lambda: TextRules("x", (SPLIT, Ngrams((2.0,)))), "a size of 2.0, expected 1 to 8"),
        (lambda: TextRules("x", (SPLIT,), keep="middle"), "keep is 'middle'"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(make, said):
    with pytest.raises(FormatError, match=said):
        make()


@pytest.mark.parametrize(
    ("rules", "words", "expected"),
    [
        (TextRules("x", (SPLIT,)), [7, None, 8], [7, 8]),
        (TextRules("x", (SPLIT,), unknown_id=2), [7, None, 8], [7, 2, 8]),
        (TextRules("x", (SPLIT,), start_id=1, end_id=3), [7], [1, 7, 3]),
        (TextRules("x", (SPLIT,), start_id=1, end_id=3), [], [1, 3]),
        (TextRules("x", (SPLIT,), start_id=1, max_tokens=2), [7, 8, 9], [1, 7]),
        (TextRules("x", (SPLIT,), start_id=1, max_tokens=2, keep="tail"), [7, 8, 9], [8, 9]),
        (TextRules("x", (SPLIT,), end_id=3, max_tokens=3, keep="ends"), [7, 8, 9], [7, 8, 3]),
        (TextRules("x", (SPLIT,), max_tokens=3, keep="ends"), [1, 2, 3, 4, 5], [1, 2, 5]),
        (TextRules("x", (SPLIT,), max_tokens=1, keep="ends"), [1, 2], [1]),
    ],
)
def test_ids_have_start_and_end_before_they_are_cut(rules, words, expected):
    assert rules.ids(words) == expected


@given(st.lists(st.integers(1, 99)), st.integers(1, 12), st.sampled_from(("head", "tail", "ends")))
def test_a_cut_keeps_as_many_ids_as_fit_in_their_order(ids, limit, keep):
    numbered = list(enumerate(ids))
    kept = TextRules("x", (SPLIT,), max_tokens=limit, keep=keep).cut(numbered)
    assert len(kept) == min(limit, len(ids))
    assert kept == sorted(kept)


def test_every_kind_of_step_and_every_class_is_tried_here():
    assert {type(step) for step in EVERY_KIND.steps} == set(STEPS.values())
    assert len(CLASSES) == 4
