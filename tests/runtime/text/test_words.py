import re
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import InputError
from drupelet.text.rules import MAX_STEPS, Drop, DropWords, Keep, Lower, Ngrams, Replace, Split, Substitute, TextRules
from drupelet.text.words import ngrams, reword_of, rewrite_of, splitter, trace

any_text = st.text(st.characters(exclude_categories=[])) | st.text(
    "aB9_-.' \t\n\x85\u00a0\u3000\u00e9\u0301\u4e2d\ud800"
)
WHITE_SPACE = [chr(code) for code in range(0x110000) if chr(code).isspace()]


@given(any_text)
def test_each_way_to_split_is_that_of_python(text):
    def words(*split):
        return splitter(TextRules("x", (Split(*split),)))(text)

    assert words("unicode") == text.split()
    assert words("ascii") == [word for word in re.split("[\t\n\v\f\r ]", text) if word]
    assert words("separator", " ") == [word for word in text.split(" ") if word]
    assert words("separator", "\u4e2d") == [word for word in text.split("\u4e2d") if word]
    assert words("characters") == list(text)


@given(any_text, st.sampled_from(["", " ", "xy", "\\1"]))
def test_characters_are_kept_and_dropped_one_by_one(text, replacement):
    def is_listed(character):
        return character in "'9a\u00e9" or character.isspace()

    classes = ("space",)
    kept = rewrite_of(Keep("'9a\u00e9", classes, replacement))(text)
    dropped = rewrite_of(Drop("'9a\u00e9", classes, replacement))(text)
    assert kept == "".join(c if is_listed(c) else replacement for c in text)
    assert dropped == "".join(replacement if is_listed(c) else c for c in text)


@pytest.mark.parametrize("characters", ["]", "^", "-", "\\", "[", "&-|", "\t\n ", "\0\U0010ffff"], ids=ascii)
def test_characters_with_a_meaning_in_patterns_are_themselves(characters):
    text = "a]b^c-d\\e[f&g|h\ti\nj k\0l\U0010ffffm"
    assert rewrite_of(Drop(characters))(text) == "".join(c for c in text if c not in characters)
    assert rewrite_of(Keep(characters))(text) == "".join(c for c in text if c in characters)


def test_keeping_nothing_and_dropping_nothing():
    assert rewrite_of(Keep("", replacement="-"))("abc") == "---"
    assert rewrite_of(Drop(""))("abc") == "abc"


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("letters", "a\u00e9\u4e2d\u0628\u02b0", "1_\u0301 \u00bd"),
        ("alphanumeric", "a1\u4e2d\u00bd\u0663", "_\u0301 ."),
        ("marks", "\u0301\u093e\u20dd", "a\u200d "),
        ("space", " \t\x1c\x85\u00a0\u3000", "\u200b\ufeffa"),
    ],
)
def test_a_class_has_its_characters(name, inside, outside):
    assert rewrite_of(Drop("", (name,)))(inside) == ""
    assert rewrite_of(Keep("", (name,)))(outside) == ""


def test_the_class_of_spaces_is_that_of_str():
    assert rewrite_of(Drop("", ("space",)))("".join(WHITE_SPACE)) == ""
    rest = "".join(chr(code) for code in range(0x110000) if not chr(code).isspace())
    assert rewrite_of(Keep("", ("space",)))(rest) == ""


def test_steps_apply_in_their_order():
    swapped = [(Lower("ascii"), Replace("A", "x")), (Replace("A", "x"), Lower("ascii"))]
    assert [splitter(TextRules("x", (*steps, Split("ascii"))))("A b") for steps in swapped] == [["a", "b"], ["x", "b"]]


def test_ngrams_come_size_by_size_as_textvectorization_makes_them():
    assert ngrams(["a", "b", "c"], (1, 2)) == ["a", "b", "c", "a b", "b c"]
    assert ngrams(["a", "b", "c"], (3, 2)) == ["a b c", "a b", "b c"]
    assert ngrams(["a"], (2,)) == []


def test_a_trace_shows_text_and_words_after_each_step():
    rules = TextRules(
        "x",
        (Lower("ascii"), Substitute(r"\d+", "#"), Split("ascii"), DropWords(("the",)), Ngrams((2,))),
    )
    assert [left for _, left in trace(rules, "The 12 Films END")] == [
        "the 12 films end",
        "the # films end",
        ["the", "#", "films", "end"],
        ["#", "films", "end"],
        ["# films", "films end"],
    ]


@given(any_text)
def test_a_trace_ends_with_the_words(text):
    rules = TextRules("x", (Lower("unicode"), Drop("-", replacement=" "), Split("unicode"), Ngrams((1, 2))))
    assert trace(rules, text)[-1][1] == splitter(rules)(text)


def test_a_text_that_steps_blow_up_is_refused():
    step = Replace("a", "a" * 100)
    rules = TextRules("x", (step, step, Split("ascii")))
    assert splitter(rules)("a b") == ["a" * 10_000, "b"]
    with pytest.raises(InputError, match="the text rules make a text of 10000000 bytes, allowed 129536 for this text"):
        splitter(rules)("a" * 1000)


def test_steps_that_read_too_much_are_refused():
    grow, idle = Replace("a", "b" * 60), Replace("z", "y")
    allowed, refused = (TextRules("x", (grow, *[idle] * count, Split("ascii"))) for count in (17, 18))
    text = "a" * 20_000
    assert splitter(allowed)(text) == trace(allowed, text)[-1][1] == ["b" * 60 * 20_000]
    for run in (splitter(refused), lambda text: trace(refused, text)):
        with pytest.raises(
            InputError, match=r"^the steps of the text rules read more than 21528576 bytes, allowed for this"
        ):
            run(text)


def test_lower_case_that_grows_again_and_again_is_counted():
    steps = [step for _ in range(84) for step in (Replace("\u2c65", "\u023ab"), Lower("unicode"), Lower("ascii"))]
    with pytest.raises(InputError, match=r"^the steps of the text rules read more than"):
        splitter(TextRules("x", (*steps, Split("ascii"))))("\u2c65" * 5000)


def test_the_longest_list_of_steps_is_allowed_where_none_makes_the_text_longer():
    rules = TextRules("x", (Lower("unicode"), *[Replace("ab", "ba")] * (MAX_STEPS - 2), Split("ascii")))
    assert len(splitter(rules)("\u0130" * 5000 + "a" * 5000 + "b")) == 1


def test_a_step_is_not_asked_for_what_it_does_not_do():
    with pytest.raises(TypeError, match="rewrites words"):
        rewrite_of(Ngrams((2,)))
    with pytest.raises(TypeError, match="rewrites the text"):
        reword_of(Lower("ascii"))


@pytest.mark.parametrize("version", [(3, 9), sys.version_info[:2]], ids=["3.9", "this Python"])
@pytest.mark.parametrize("old", ["<br />", "a" * 17, "ab" * 9 + ".*", "\u00e9" * 512])
def test_literals_of_any_length_are_replaced_as_str_replace_does(monkeypatch, version, old):
    monkeypatch.setattr(sys, "version_info", version)
    rewrite = rewrite_of(Replace(old, "\\1|"))
    for text in ("", old, old[1:], f"x{old}{old}y{old[:-1]}", old * 2 + old[:5] + "ababababababababab.a" + old):
        assert rewrite(text) == text.replace(old, "\\1|")


def test_a_long_literal_takes_no_longer_than_its_text():
    text = ("a" * 4095 + "c") * 100

    def seconds(old):
        rewrite = rewrite_of(Replace(old, ""))
        began = time.process_time()
        rewrite(text)
        return time.process_time() - began

    hostile = "a" * 500 + "b" + "a" * 523
    assert min(seconds(hostile) for _ in range(5)) < 100 * min(seconds("cc") for _ in range(5)) + 0.005
