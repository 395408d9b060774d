import re
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drupelet.errors import InputError
from drupelet.text.matching import substituter
from drupelet.text.pattern import (
    ACCEPT,
    BOUNDARY,
    DECIMAL,
    END,
    FINAL,
    MAX_DEPTH,
    MAX_POSITIONS,
    NO_BOUNDARY,
    NO_WORD,
    START,
    WORD,
    CharacterSet,
    RangeSet,
    complement,
    parse_pattern,
    union,
)


def test_followers_are_in_the_order_of_a_backtracking_matcher():
    pattern = parse_pattern("<.*?>|ab?c{2,}")
    less, dot, greater, a, b, c1, c2 = range(7)
    assert pattern.first == ((less, 0), (a, 0))
    assert pattern.followers == (
        ((greater, 0), (dot, 0)),
        ((greater, 0), (dot, 0)),
        ((ACCEPT, 0),),
        ((b, 0), (c1, 0)),
        ((c1, 0),),
        ((c2, 0),),
        ((c2, 0), (ACCEPT, 0)),
    )
    assert pattern.sets[dot] == CharacterSet(((10, 10),), 0, True)


def test_repeats_are_written_out():
    pattern = parse_pattern("a{1,3}?b{0}c{,}d")
    assert [characters.ranges[0][0] for characters in pattern.sets] == [97, 97, 97, 99, 100]
    assert pattern.followers[0] == ((3, 0), (4, 0), (1, 0))
    assert pattern.followers[3] == ((3, 0), (4, 0))


def test_assertions_lie_on_edges():
    pattern = parse_pattern(r"^\Ba(?:\b|)b$|c\Z")
    assert pattern.first == ((0, START | NO_BOUNDARY), (2, 0))
    assert pattern.followers == (((1, BOUNDARY), (1, 0)), ((ACCEPT, FINAL),), ((ACCEPT, END),))
    assert pattern.assertions() == START | NO_BOUNDARY | BOUNDARY | FINAL | END


def test_edges_that_can_never_be_taken_are_left_out():
    pattern = parse_pattern(r"a^b|c\b\Bd|e\Zf|(?:|\b|$)g")
    assert pattern.followers[0] == pattern.followers[2] == pattern.followers[4] == ()
    assert pattern.first == ((0, 0), (2, 0), (4, 0), (6, 0))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r"[a-c_\W]", CharacterSet(((97, 99), (95, 95)), NO_WORD)),
        (r"[^\w\d]", CharacterSet((), WORD | DECIMAL, True)),
        (r"[]a]", CharacterSet(((93, 93), (97, 97)))),
        (r"[^]-a]", CharacterSet(((93, 97),), 0, True)),
        (r"[a-]", CharacterSet(((97, 97), (45, 45)))),
        (r"[--a]", CharacterSet(((45, 97),))),
        (r"[--]", CharacterSet(((45, 45), (45, 45)))),
        (r"[a-b-c]", CharacterSet(((97, 98), (45, 45), (99, 99)))),
        (r"[\d-]", CharacterSet(((45, 45),), DECIMAL)),
        (r"[^[a]", CharacterSet(((91, 91), (97, 97)), 0, True)),
        (r"[a[]", CharacterSet(((97, 97), (91, 91)))),
        (r"[\x41-\u00e9]", CharacterSet(((65, 233),))),
        (r"\ud800", CharacterSet(((0xD800, 0xD800),))),
        (r"\U0010fFfF", CharacterSet(((0x10FFFF, 0x10FFFF),))),
        (r"\0", CharacterSet(((0, 0),))),
        ("\\\u00e9", CharacterSet(((0xE9, 0xE9),))),
        (r"\_", CharacterSet(((95, 95),))),
        (r"\a", CharacterSet(((7, 7),))),
        ("{", CharacterSet(((123, 123),))),
    ],
)
def test_one_position(written, expected):
    assert parse_pattern(written).sets == (expected,)


@pytest.mark.parametrize(
    "literal", ["{}", "x{", "x{1", "x{1,", "x{1, 2}", "x{1,2,3}", "x{-1}", "x{\u0663}", "x{a}", "}", "]", "x*{,", "#"]
)
def test_what_is_no_quantifier_is_literal(literal):
    assert len(parse_pattern(literal).sets) == len(literal.replace("*{", "{"))


REFUSED = [
    ("a(?=b)", 1, "a look-ahead '(?='", "match the characters too"),
    ("a(?!b)", 1, "a negative look-ahead '(?!'", "write a class"),
    ("(?<=a)b", 0, "a look-behind '(?<='", r"write \b or ^"),
    ("(?<!a)b", 0, "a negative look-behind '(?<!'", r"write \b or ^"),
    ("(?P<n>a)", 0, "a named group '(?P<'", "write (?:...) instead"),
    ("a(?P=n)", 1, "a back-reference '(?P='", "write out"),
    (r"(a)\1", 3, r"a back-reference or octal escape '\1'", "write out"),
    (r"[\1]", 1, r"a back-reference or octal escape '\1'", r"\xHH"),
    ("a(?#b)", 1, "a comment '(?#'", "leave it out"),
    ("(?>a)", 0, "an atomic group '(?>'", "write (?:...)"),
    ("(a)(?(1)b|c)", 3, "a condition '(?('", "as alternatives"),
    ("(?i)a", 0, "flags '(?i'", "write [Aa]"),
    ("b(?s:a)", 1, "flags '(?s'", r"[\s\S]"),
    ("(?-i:a)", 0, "flags '(?-'", "flags are not supported"),
    ("(?", 0, "the unknown form '(?'", "write (?:...)"),
    ("(?Pa)", 0, "the unknown form '(?P'", "write (?:...)"),
    ("ab++", 2, "the possessive quantifier '++'", "write +"),
    ("ab{2}+", 2, "the possessive quantifier '{2}+'", "write {2}"),
    ("ab**", 3, "the quantifier '*' behind another one", "(?:...)"),
    ("ab+?{2}", 4, "the quantifier '{2}' behind another one", "(?:...)"),
    ("*a", 0, "the quantifier '*' with nothing to repeat", r"write \* for the character"),
    ("a|{2}", 2, "the quantifier '{2}' with nothing to repeat", r"write \{ for the character"),
    ("(+)", 1, "the quantifier '+' with nothing to repeat", "put what is repeated before it"),
    (r"a\b*", 3, "the quantifier '*' over an assertion", "leave the quantifier out"),
    ("a^?", 2, "the quantifier '?' over an assertion", "leave the quantifier out"),
    ("a(b?)+", 5, "the quantifier '+' over something that can match the empty text", "at least one character"),
    ("a(?:)*", 5, "the quantifier '*' over something that can match the empty text", "at least one character"),
    (r"a(?:b|\b){0}", 9, "the quantifier '{0}' over something that can match the empty text", "at least one character"),
    ("a{3,2}", 1, "the quantifier '{3,2}' whose numbers descend", "write {2,3} instead"),
    ("a{65}", 1, "the quantifier '{65}' that repeats 65 times", "write + or *"),
    ("a{99999999999999999999,}", 1, "that repeats", "at most 64 positions"),
    (r"a\q", 1, r"the unknown escape '\q'", r"write q for the letter"),
    (r"a\z", 1, r"the unknown escape '\z'", r"write \Z"),
    (r"[\B]", 1, r"the unknown escape '\B'", "write B"),
    (r"[\b]", 1, r"the backspace '\b' in a class", r"write \x08 instead"),
    (r"\N{DIGIT ONE}", 0, r"the named character '\N'", r"\uHHHH"),
    (r"a\x4g", 1, r"the escape '\x' without its digits", "exactly 2 hexadecimal digits"),
    (r"a\u12", 1, r"the escape '\u' without its digits", "exactly 4 hexadecimal digits"),
    (r"\U00110000", 0, r"the escape '\U00110000' beyond Unicode", r"\U0010FFFF"),
    (r"\012", 0, r"the octal escape '\01'", r"\xHH instead"),
    ("a\\", 1, "a backslash with nothing behind it", r"write \\ for the character"),
    ("[a\\", 2, "a backslash with nothing behind it", r"write \\ for the character"),
    ("a)", 1, "the parenthesis ')' that closes no group", r"write \) for the character"),
    ("b(a", 1, "the parenthesis '(' that is not closed", r"write \( for the character"),
    ("b[a", 1, "the bracket '[' that is not closed", r"write \[ for the character"),
    ("b[]", 1, "the bracket '[' that is not closed", "close the class"),
    ("[a-", 0, "the bracket '[' that is not closed", "close the class"),
    ("[c-a]", 1, "the range 'c-a' whose ends descend", "swap them"),
    (r"[a-\d]", 1, r"the range 'a-\\d' with a class as its end", r"write \-"),
    (r"[x\w-a]", 2, r"the range '\\w-a' with a class as its end", r"write \-"),
    ("[[a]", 1, "the bracket '[' first in a class", r"write \[ for the character"),
    ("[a&&b]", 2, "'&&' in a class", r"write \& for the character"),
    ("[a||b]", 2, "'||' in a class", r"write \| for the character"),
    ("[a~~b]", 2, "'~~' in a class", r"write \~ for the character"),
    ("[!--a]", 3, "a range that ends with '-'", r"write \- for the character"),
    ("[a-b--]", 4, "'--' in a class", r"write \- for the character"),
    (
        "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
        MAX_DEPTH,
        "more than 32 groups inside each other",
        "leave out",
    ),
]


@pytest.mark.parametrize(("written", "at", "what", "advice"), REFUSED)
def test_refused_with_construct_place_and_advice(written, at, what, advice):
    with pytest.raises(InputError) as caught:
        parse_pattern(written)
    message = str(caught.value)
    assert message.startswith(f"the pattern {written!r} has ")
    assert f" at character {at} (counted from 0): " in message
    assert what in message
    assert advice in message


@pytest.mark.parametrize("written", ["", "a*", "a|", r"\b", "^$", "(?:a?b{0})", "a{,3}", "|a"])
def test_refuses_what_can_match_the_empty_text(written):
    with pytest.raises(InputError, match="can match the empty text; it must need at least one character"):
        parse_pattern(written)


def test_refuses_more_positions_than_a_machine_word_has_bits():
    assert len(parse_pattern("(?:ab){32}").sets) == MAX_POSITIONS
    with pytest.raises(InputError, match=r"has 66 positions .* and at most 64 are supported; write classes"):
        parse_pattern("(?:ab){32,33}")
    with pytest.raises(InputError, match="has 1073741824 positions"):
        parse_pattern("(((((a{64}){64}){64}){64}){64})")


def test_deepest_pattern():
    assert len(parse_pattern("(" * MAX_DEPTH + "a" + "b?)+" * MAX_DEPTH).sets) == MAX_DEPTH + 1


@given(
    st.lists(
        st.sampled_from([*list(r"ab1_ \\[[]]()|*+?{},-^$.&~:=<!PwWdDsSbBAZzxu0n"), "{1,2}", "{,", "(?:", "[^", r"\x41"])
    ).map("".join)
)
@example(r"[a-\]]")
@example("[&&]")
@example("x{,}y")
@example("a{01}")
def test_whatever_is_accepted_means_the_same_in_python(written):
    try:
        pattern = parse_pattern(written)
    except InputError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expression = re.compile(written)
    substitute = substituter(pattern, "R")
    for text in ("ab1_ a\\b\n", "aabbb[]-{}()", "wWdDsSbBAZ{1,2}x{,y", "^a&b~c|&&--\n", "a1\0A.:=<!P\n"):
        assert substitute(text) == expression.sub("R", text)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)).map(lambda pair: (pair[0], pair[0] + pair[1]))))
def test_sets_of_ranges(ranges):
    meant = {code for low, high in ranges for code in range(low, high + 1)}
    united = union(ranges)
    assert all(behind[0] > before[1] + 1 for before, behind in zip(united, united[1:]))
    inside, outside = RangeSet(united), RangeSet(complement(united))
    for code in (*range(40), 0x10FFFF):
        assert (code in inside) == (code in meant) != (code in outside)
    assert complement(complement(united)) == united
