from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.text.named import ALNUM, NAMED_RULES
from drupelet_train.words.letters import count_letters, dropped_letters
from drupelet_train.words.rules_choice import SHARE_DROPPED, choose_rules, most_frequent_letters, percent

ENGLISH = "Don't miss this film, it is the best one of 1999 <br /> "


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        (ENGLISH, "alnum", "all of the letters of the training texts are a to z"),
        (ENGLISH * 40 + "caf\u00e9", "alnum", "all but 0.073 % of the letters"),
        ("Das Essen war k\u00f6stlich und die Bedienung sehr freundlich", "words", "others than a to z (\u00f6)"),
        (
            "\u042d\u0442\u043e \u0445\u043e\u0440\u043e\u0448\u0438\u0439 \u0444\u0438\u043b\u044c\u043c",
            "words",
            "100 % of the letters",
        ),
        ("\u0647\u0630\u0627 \u0641\u064a\u0644\u0645 \u062c\u064a\u062f", "words", "100 % of the letters"),
        (
            "\u092f\u0939 \u092b\u093f\u0932\u094d\u092e \u0905\u091a\u094d\u091b\u0940 \u0939\u0948",
            "words",
            "100 % of the letters",
        ),
        (
            "Bu film \u00e7ok g\u00fczel, ba\u015frol oyuncusu \u0131\u015f\u0131l \u0131\u015f\u0131l",
            "words",
            "others than a to z",
        ),
        ("\uc774 \uc601\ud654\ub294 \uc815\ub9d0 \uc7ac\ubbf8\uc788\ub2e4", "words", "100 % of the letters"),
        ("\u8fd9\u90e8\u7535\u5f71\u5f88\u597d\u770b", "characters", "put no space between words"),
        ("\u3053\u306e\u6620\u753b\u306f\u304a\u3082\u3057\u308d\u3044", "characters", "put no space between words"),
        (
            "\u0e2b\u0e19\u0e31\u0e07\u0e40\u0e23\u0e37\u0e48\u0e2d\u0e07\u0e19\u0e35\u0e49\u0e2a\u0e19\u0e38\u0e01\u0e21\u0e32\u0e01",
            "characters",
            "put no space between words",
        ),
        ("iPhone \u8fd9\u90e8\u624b\u673a\u5f88\u597d", "characters", "put no space between words"),
        ("the word \u4f60\u597d means hello in Chinese and people say it often", "words", "others than a to z"),
        ("", "characters", "no letter"),
        ("\U0001f600 10/10 !!", "characters", "no letter"),
    ],
)
def test_rules_follow_the_script(text, name, reason):
    choice = choose_rules(count_letters([text]))
    assert choice.name == name
    assert reason in choice.reason


@given(st.lists(st.text(), max_size=4))
def test_what_is_chosen_drops_few_letters_of_any_texts(texts):
    letters = count_letters(texts)
    choice = choose_rules(letters)
    assert choice == choose_rules(count_letters(reversed(texts)))
    assert choice.name in ("alnum", "words", "characters")
    dropped = dropped_letters(letters, NAMED_RULES[choice.name]).total()
    assert dropped <= (SHARE_DROPPED * letters.total() if choice.name == "alnum" else 0)


@given(st.text(st.characters(max_codepoint=127), min_size=1))
def test_texts_in_ascii_with_a_letter_stay_with_alnum(text):
    letters = count_letters([text])
    assert (choose_rules(letters).name == ALNUM.name) == bool(letters)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.5, "50 %"),
        (0.0123, "1.2 %"),
        (0.000098, "0.0098 %"),
        (1e-9, "less than 0.001 %"),
    ],
)
def test_a_share_has_two_digits(share, text):
    assert percent(share) == text


@pytest.mark.parametrize("share", [0.996, 0.9999])
def test_nearly_all_is_not_all(share):
    assert percent(share) not in ("100 %", "1e+02 %")


def test_few_letters_are_shown_the_most_frequent_first():
    assert most_frequent_letters(Counter("bbac")) == "b a c"
    assert most_frequent_letters(Counter("abcdefgg")) == "g a b c d ..."
