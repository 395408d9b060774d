import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drupelet.text import UNICODE_VERSION
from drupelet.text.lower import lower_ascii, lower_unicode

SAME_VERSION = unicodedata.unidata_version == UNICODE_VERSION
OTHER = f"this Python has Unicode {unicodedata.unidata_version}, the rules have {UNICODE_VERSION}"
# Characters around which the rule of the final sigma turns: cased, case-ignorable, both, neither.
AROUND_SIGMA = "\u03a3\u03c3\u03c2aA\u0391.'\u00ad\u0345\u02b0\u0307 1\u4e2d\u2019\ud800\U0001d400\u0130\u00df"


@given(st.text(st.sampled_from(AROUND_SIGMA), max_size=12))
@example("\u039f\u0394\u039f\u03a3 \u03a3 \u03a3\u03a3. A\u03a3'B A\u03a3\u0345")
@example("\u0130I\u0130")
@example("\u02b0\u03a3")
def test_lower_case_around_a_sigma_is_that_of_str(text):
    assert lower_unicode(text) == text.lower()


@pytest.mark.skipif(not SAME_VERSION, reason=OTHER)
def test_every_character_in_lower_case_is_that_of_str():
    assert [code for code in range(sys.maxunicode + 1) if lower_unicode(chr(code)) != chr(code).lower()] == []


@pytest.mark.skipif(not SAME_VERSION, reason=OTHER)
@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_in_lower_case_is_that_of_str(text):
    assert lower_unicode(text) == text.lower()


def test_characters_that_this_python_knows_have_the_same_lower_case():
    def is_assigned(character):
        return unicodedata.category(character) != "Cn"

    known = [chr(code) for code in range(sys.maxunicode + 1) if is_assigned(chr(code))]
    # A newer Python may know a lower case letter that 15.1 lacks; then its partner was not cased in 15.1.
    assert [c for c in known if c.lower() != c and lower_unicode(c) not in (c.lower(), c)] == []
    if unicodedata.unidata_version < UNICODE_VERSION:
        assert [c for c in known if c.lower() != c and lower_unicode(c) != c.lower()] == []


@given(st.text())
@example("A\u00c4Z[@\u212a")
def test_ascii_lower_case_changes_a_to_z_alone(text):
    assert lower_ascii(text) == "".join(c.lower() if "A" <= c <= "Z" else c for c in text)
