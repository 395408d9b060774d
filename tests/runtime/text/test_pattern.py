import pytest

from drupelet.errors import InputError
from drupelet.text.pattern import (
    ACCEPT,
    BOUNDARY,
    FINAL_NEWLINE,
    MAX_POSITIONS,
    WORD_CHARACTERS,
    parse_pattern,
)


def test_followers_stand_in_the_order_in_which_they_are_tried():
    assert parse_pattern("ab*").followers == (((0, 0), (ACCEPT, 0)), ((0, 0), (ACCEPT, 0)))
    assert parse_pattern("ab*?").followers == (((ACCEPT, 0), (0, 0)), ((ACCEPT, 0), (0, 0)))


def test_an_edge_carries_the_assertions_between_two_characters():
    pattern = parse_pattern(r"\ba$")
    assert pattern.first == ((0, BOUNDARY),)
    assert pattern.followers == (((ACCEPT, FINAL_NEWLINE),),)


def test_repetitions_are_written_out():
    assert len(parse_pattern("a{3,5}b").positions) == 6
    assert len(parse_pattern("(?:ab){2,}").positions) == 4


@pytest.mark.parametrize(
    ("source", "place", "said"),
    [
        (r"a(?=b)", 1, "look-ahead"),
        (r"a(?!b)", 1, "look-ahead"),
        (r"(?<=b)a", 0, "look-behind"),
        (r"(?P<x>a)", 0, "a named group"),
        (r"(?i)a", 0, "a flag"),
        (r"(?#x)a", 0, "a comment"),
        (r"(?>a)", 0, "an atomic group"),
        (r"(a)\1", 3, "a reference back to a group"),
        (r"a++", 2, "a quantifier behind a quantifier"),
        (r"a{2}{3}", 4, "a quantifier behind a quantifier"),
        (r"*a", 0, "without something to repeat"),
        (r"^*a", 1, "without something to repeat"),
        (r"a|?b", 2, "without something to repeat"),
        (r"(a*)+b", 0, "can be empty"),
        (r"(a|)*b", 0, "can be empty"),
        (r"a*", 0, "can match the empty text"),
        (r"\b", 0, "can match the empty text"),
        (r"", 0, "can match the empty text"),
        (r"a|", 0, "can match the empty text"),
        (r"(a", 0, "not closed"),
        (r"a)", 1, "unbalanced"),
        (r"[a", 0, "not closed"),
        (r"[]", 0, "not closed"),
        (r"[[a]", 1, "begins with ["),
        (r"[a--b]", 3, "ends with -"),
        (r"[a&&b]", 2, "may read as an operator"),
        (r"[b-a]", 1, "does not go from a character to a later one"),
        (r"[\w-z]", 1, "does not go from"),
        (r"a\q", 1, r"the escape \q"),
        (r"[\B]", 1, r"the escape \B"),
        ("a\\", 1, "a backslash at the end"),
        (r"\x4", 0, "2 hexadecimal digits"),
        (r"\U00110000", 0, "no character"),
        (r"\012", 0, "octal"),
        (r"a{3,2}", 1, "at least 3 and at most 2"),
        (r"a{65}", 1, "65 positions"),
        (r"(?:a{40}){40}", 9, "1600 positions"),
        ("ab" * 40, 0, "80 positions"),
        (r"a{99999999999}", 1, "positions"),
    ],
)  # fmt: skip
def test_what_is_outside_the_subset_is_refused_with_its_place(source, place, said):
    with pytest.raises(InputError) as raised:
        parse_pattern(source)
    assert f"character {place}: " in str(raised.value)
    assert said in str(raised.value)


def test_parentheses_inside_parentheses_end_somewhere():
    with pytest.raises(InputError, match="more than 64 deep"):
        parse_pattern("(" * 10_000 + "a" + ")" * 10_000)
    assert len(parse_pattern("(" * MAX_POSITIONS + "a" + ")" * MAX_POSITIONS).positions) == 1


def test_word_characters_are_letters_numbers_and_the_underscore():
    assert all(character in WORD_CHARACTERS for character in "a_9\u00e9\u4e2d\u0663\u00bd")
    assert all(character not in WORD_CHARACTERS for character in "-' \u0301\ud800")


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [(r"(\w)\1", r"pattern '(\w)\1', character 4: "), ("(\x1b)\\1", r"pattern '(\x1b)\\1', character 3: ")],
)
def test_a_pattern_is_shown_as_it_was_written_unless_it_cannot_be_seen(pattern, shown):
    with pytest.raises(InputError) as raised:
        parse_pattern(pattern)
    assert str(raised.value).startswith(shown)
