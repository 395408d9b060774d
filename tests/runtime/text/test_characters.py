import re

from hypothesis import given
from hypothesis import strategies as st

from drupelet.text.characters import LAST_CODE_POINT, Characters, characters_of
from drupelet.text.unicode_data import ranges

codes = st.integers(0, LAST_CODE_POINT)


def test_a_set_and_its_complement_share_no_character():
    some = Characters(((0, 9), (65, 90)))
    rest = some.complement()
    assert rest.ranges == ((10, 64), (91, 0x10FFFF))
    assert rest.complement() == some
    assert "A" in some
    assert "A" not in rest
    assert "\n" not in some
    assert "\n" in rest


@given(
    st.text(st.characters(exclude_categories=[])),
    st.lists(st.tuples(codes, codes).map(lambda p: (min(p), max(p)))),
    codes,
)
def test_ranges_are_joined_and_hold_what_they_should(listed, others, code):
    some = characters_of(listed, ["space"], others)
    expected = chr(code) in listed or chr(code).isspace() or any(first <= code <= last for first, last in others)
    assert (chr(code) in some) == expected
    assert (some.compiled().match(chr(code)) is not None) == expected
    assert all(last + 1 < first for (_, last), (first, _) in zip(some.ranges, some.ranges[1:]))
    assert some.complement().complement() == some


def test_characters_with_a_meaning_in_re_are_themselves():
    signs = "]^-\\[&|~"
    assert re.sub(characters_of(signs).as_set(), "", f"a{signs}b") == "ab"


def test_no_character_and_every_character():
    nothing = characters_of()
    assert nothing.compiled().search("a\0") is None
    assert nothing.complement() == Characters(((0, LAST_CODE_POINT),))
    assert nothing.complement().compiled("+").sub("", "a\0\ud800") == ""
    assert characters_of(classes=["marks"]).ranges == ranges("marks")
