"""The words and ids of the C kernel's text rules are those of the Python ones, on any string."""

import struct
import sys
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from drupelet.encoder import Encoder
from drupelet.errors import FormatError, InputError
from drupelet.text.named import NAMED_RULES
from drupelet.text.pattern import parse_pattern
from drupelet.text.rules import (
    CLASSES,
    KEEPS,
    LETTERS,
    Drop,
    DropWords,
    Keep,
    Lower,
    Ngrams,
    Replace,
    Split,
    Substitute,
    TextRules,
)
from drupelet.text.words import splitter
from drupelet.vocabulary import Vocabulary
from runtime.format_writer import model_file, vocabulary_file

WHITE_SPACE = "".join(character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace())
ODD = "\0\x7f\x80\ud800\udbff\udc00\udfff\u0130\u212a\u0307\u1e9e\ufb01\u03a3\u03c3\ufeff\u200b\u200d\u023a\u0e31\U0010ffff"
LONG = ["x" * 23, "x" * 24, "x" * 25, "Wonderful" * 5, "\u00e9" * 13, "good bad" * 40]
HELD = st.characters(exclude_categories=["Cs"])
SHORT = st.text(st.sampled_from("abAB \u00e9\u00c9\u212a\u03a3<>-") | HELD, max_size=4)
CHARACTERS = st.sets(st.sampled_from("abz09 .,-'\t\u00e9\u03a3\u4e00") | HELD, max_size=8).map(sorted).map("".join)
PATTERNS = [
    "<[^>]+>", "<.*?>", "\\s+", "[^\\w\\s]", "\\b\\w\\b", "^a|b$", "(?:ab|a)(?:c|bcd)", "a{2,3}?", "\\d+(?:\\.\\d+)?",
    "(?:a|ab)+c", "\\Bb+\\Z", "[\\b\\]-]+", "(?:|a)b", "\\u0130|\\W", ".$", "a+\n", "\\Aa\\b.", "[^a]{1,4}x",
]  # fmt: skip
PARTS = [
    "a", "b", "ab", ".", "\u00e9", "\u03a3", " ", "5", "-", "{", "}", "]", "[", "\\", "\n", "_",
    "\\w", "\\d", "\\s", "\\W", "\\S", "[ab]", "[^a]", "[a-c\\d]", "[\\b]", "[]a]", "[^]a]", "\\x61", "\\u00e9",
    "\\b", "\\B", "^", "$", "\\A", "\\Z", "(", "(?:", ")", "|", "*", "+", "?", "*?", "+?", "{2}", "{1,2}", "{,3}", "{2,}",
    "{,}",
]  # fmt: skip
"""Of which patterns are made; most of what they make is none."""
any_text = st.lists(
    st.text(st.characters(exclude_categories=[]))
    | st.text(ODD + WHITE_SPACE + "aZ09.-_'<>&")
    | st.sampled_from(["<br />", " ", "A", "good", "bad", "abc", "abcd", "wonderful", "the ", "a\u03a3", *LONG])
).map("".join)

text_steps = (
    st.builds(Lower, st.sampled_from(LETTERS))
    | st.builds(Replace, SHORT.filter(bool), SHORT)
    | st.builds(Substitute, st.sampled_from(PATTERNS), SHORT.filter(lambda text: "\\" not in text))
    | st.builds(
        lambda kind, characters, classes, replacement: kind(
            characters, tuple(name for name in CLASSES if name in classes), replacement
        ),
        st.sampled_from([Keep, Drop]),
        CHARACTERS,
        st.sets(st.sampled_from(CLASSES)),
        st.just("") | st.just(" ") | SHORT,
    )
)
splits = st.sampled_from([Split("unicode"), Split("ascii"), Split("characters"), Split("separator", " ")]) | st.builds(
    lambda separator: Split("separator", separator), HELD
)
word_steps = st.builds(
    lambda words: DropWords(tuple(sorted(words, key=str.encode))), st.sets(SHORT.filter(bool), min_size=1, max_size=5)
) | st.builds(lambda sizes: Ngrams(tuple(sizes)), st.lists(st.integers(1, 8), min_size=1, max_size=4, unique=True))


@st.composite
def text_rules(draw):
    """Any text rules that a file may hold."""
    special = st.none() | st.integers(0, 3)  # the ids before those of words
    steps = [*draw(st.lists(text_steps, max_size=4)), draw(splits), *draw(st.lists(word_steps, max_size=1))]
    return TextRules("drawn", tuple(steps), draw(special), draw(special), draw(special),
                     draw(st.none() | st.integers(1, 9)), draw(st.sampled_from(KEEPS)))  # fmt: skip


def sized(words):
    """Words as the kernel gives them."""
    encoded = [word.encode("utf-8", "surrogatepass") for word in words]
    return b"".join(struct.pack("<I", len(word)) + word for word in encoded)


def assert_alike(opened_with, rules, texts):
    opened, words_of = opened_with(rules), splitter(rules)
    for text in texts:
        assert opened.words(text) == sized(words_of(text)), rules


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(text_rules(), st.lists(any_text, min_size=1, max_size=4))
def test_drawn_rules(opened_with, rules, texts):
    assert_alike(opened_with, rules, texts)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(any_text)
@example("It's <br />Well-made!\tA\u0130\u03a3 b\u0301\u200d\u4e2d\u6587 x\x1cy")
@pytest.mark.parametrize("name", NAMED_RULES)
def test_named_rules(opened_with, name, text):
    assert_alike(opened_with, NAMED_RULES[name], [text])


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(any_text)
@example("abcabcd aab\n")
@example("a\n\n")
@example("")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns(opened_with, pattern, text):
    rules = TextRules("pattern", (Substitute(pattern, "="), Split("separator", "\0")))
    assert_alike(opened_with, rules, [text, text + "\n", f"{text}abcd<a b>{text}"])


@settings(deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=9).map("".join),
    st.lists(st.text("abc\u00e9\u03a35 \n_-\ud800", max_size=12), min_size=1, max_size=6),
)
def test_drawn_patterns(opened_with, pattern, texts):
    rules = TextRules("pattern", (Substitute(pattern, "="), Split("separator", "\0")))
    try:
        parse_pattern(pattern)
    except InputError:
        with pytest.raises(FormatError, match="a pattern is refused at character"):
            opened_with(rules)
    else:
        assert_alike(opened_with, rules, texts)


@pytest.mark.parametrize(
    "pattern",
    ["a*", "(", ")", "a**", "a*+", "(?i)a", "(?=a)", "\\1", "[a", "[[a]", "[a&&b]", "(?:a?)+", "a{65}", "\\z", "\\07",
     "[b-a]", "a|", "\\b", "^", "(?P<n>a)", "\\", "*a", "^*", "[\\d-z]", "\\u12", "\\U00110000"],
)  # fmt: skip
def test_both_refuse_what_is_no_pattern_of_the_subset(opened_with, pattern):
    with pytest.raises(InputError):
        parse_pattern(pattern)
    with pytest.raises(FormatError, match="a pattern is refused at character"):
        opened_with(TextRules("pattern", (Substitute(pattern, ""), Split("ascii"))))


@pytest.mark.parametrize("letters", LETTERS)
def test_lower_case_of_every_character(opened_with, letters):
    rules = TextRules("lower", (Lower(letters), Split("characters")))
    assert_alike(opened_with, rules, ["".join(map(chr, range(sys.maxunicode + 1)))])


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("by", ["unicode", "characters"])
def test_class_of_every_character(opened_with, name, by):
    rules = TextRules("class", (Keep("", (name,), ""), Split(by)))
    assert_alike(opened_with, rules, ["".join(f"a{character}b" for character in map(chr, range(sys.maxunicode + 1)))])


@pytest.mark.parametrize("before", ["", "a", "a.", ".", "\u0301", "a\u0301", "1", "\u03a3"])
@pytest.mark.parametrize("behind", ["", "a", ".a", ". ", "\u0301", "\u0301a", "\u03a3", "1"])
def test_final_sigma(opened_with, before, behind):
    assert_alike(opened_with, TextRules("lower", (Lower("unicode"), Split("ascii"))), [f"{before}\u03a3{behind}"])


@pytest.mark.parametrize("step", [Replace("a", "b" * 200), Substitute("a", "b" * 200), Drop("a", (), "b" * 200)])
def test_a_text_that_grows_too_much_is_refused(opened_with, step):
    rules = TextRules("grows", (step, Split("ascii")))
    assert_alike(opened_with, rules, ["a" * 400])
    with pytest.raises(InputError, match="the text rules make a text of more than"):
        opened_with(rules).words("a" * 4000)
    with pytest.raises(InputError):
        splitter(rules)("a" * 4000)


@pytest.mark.parametrize("last", [Replace("z", "y"), Lower("ascii"), Drop("z"), Keep("b"), Substitute("z+", "")])
def test_steps_that_read_too_much_are_refused(opened_with, last):
    grow, idle = Replace("a", "b" * 60), Replace("z", "y")
    text = "a" * 20_000
    for count in (16, 17):
        rules = TextRules("reads", (grow, *[idle] * count, last, Split("ascii")))
        if count == 16:
            assert opened_with(rules).words(text) == sized(splitter(rules)(text))
            continue
        message = (
            "^.*the steps of the text rules read more than 21528576 bytes, allowed for this text; make it grow less"
        )
        for words in (splitter(rules), opened_with(rules).words):
            with pytest.raises(InputError, match=message):
                words(text)


def test_a_pattern_takes_linear_time(opened_with):
    rules = TextRules("tags", (Substitute("<[^>]+>", ""), Split("ascii")))
    text = "<" * 300_000
    assert opened_with(rules).words(text) == sized([text])


some_words = st.lists(st.sampled_from(["good", "bad", "the", "wonderful", "qzx", " ", "."]), max_size=12).map(" ".join)


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(text_rules(), st.sampled_from(["none", "pre", "post"]), st.lists(some_words | any_text, min_size=1, max_size=4))
def test_ids_are_those_of_the_encoder(native, roomy_model, rules, padding, texts):
    if rules.max_tokens is None:
        padding = "none"  # a text is filled up to max_tokens
    described = roomy_model.with_text_rules(rules).with_graph(padding=padding)
    opened = native.Model(model_file(described), "tiny")
    encoder = Encoder(rules, Vocabulary(vocabulary_file(described.words, described.first_id)), described.graph)
    for text, (*_, n_tokens) in zip(texts, opened.answer(texts)):
        encoded = encoder.encode(text)
        assert (opened.encode(text), n_tokens) == (encoded.ids, encoded.n_tokens), rules


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("max_tokens", [None, 1, 2, 3, 5])
@pytest.mark.parametrize(("start_id", "end_id"), [(None, None), (1, None), (None, 2), (1, 2)])
@pytest.mark.parametrize("unknown_id", [None, 0, 1])
def test_ids(opened_with, roomy_model, keep, max_tokens, start_id, end_id, unknown_id):
    rules = TextRules("ids", (Split("ascii"),), start_id, end_id, unknown_id, max_tokens, keep)
    opened = opened_with(rules)
    known = {word: roomy_model.first_id + rank for rank, word in enumerate(roomy_model.words)}
    for text in ("", "good", "qzx", "good bad qzx film bad good", "bad " * 9):
        ids = rules.ids([known.get(word) for word in text.split()])
        assert opened.encode(text) == [number for number in ids if number != 0]


@st.composite
def literals_in_texts(draw):
    """A literal that may repeat itself, and a text of beginnings, ends and damaged copies of it."""
    literal = draw(st.text("ab", min_size=1, max_size=9)) * draw(st.integers(1, 6)) + draw(st.text("abc", max_size=20))
    cut = st.integers(0, len(literal))
    piece = (
        st.builds(lambda at: literal[:at], cut) | st.builds(lambda at: literal[at:], cut) | st.text("abc", max_size=9)
    )
    return literal, "".join(draw(st.lists(piece | st.just(literal), max_size=12)))


@settings(deadline=None, max_examples=500, suppress_health_check=list(HealthCheck))
@given(literals_in_texts(), st.sampled_from(["", "-", "longer than all others are, by far: " * 2]))
def test_literals_that_repeat_themselves(opened_with, drawn, replacement):
    literal, text = drawn
    assert_alike(opened_with, TextRules("literal", (Replace(literal, replacement), Split("separator", "\0"))), [text])


@pytest.mark.parametrize(
    "make",
    [
        lambda size: "a" * (size - 1) + "b",
        lambda size: "a" * (size // 2) + "b" + "a" * (size // 2 - 1),
    ],
    ids=["odd end", "odd middle"],
)
def test_a_long_literal_takes_no_longer_than_a_short_one(opened_with, make):
    text = ("a" * 4095 + "c") * 100

    def seconds(size):
        opened = opened_with(TextRules("literal", (Replace(make(size), ""),) * 20 + (Split("separator", "\0"),)))
        began = time.process_time()
        opened.words(text)
        return time.process_time() - began

    assert min(seconds(1024) for _ in range(3)) < min(seconds(16) for _ in range(3))
