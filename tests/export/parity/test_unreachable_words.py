"""Words that no text can give. The proof must never name a word that some text gives."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drupelet.errors import InputError
from drupelet.text.named import ALNUM, CHARACTERS, NAMED_RULES, TEXTVECTORIZATION, TOKENIZER, WORDS
from drupelet.text.rules import Drop, DropWords, Keep, Lower, Ngrams, Replace, Split, Substitute, TextRules
from drupelet.text.words import splitter
from drupelet_export.parity.unreachable_words import UnreachableWords, unreachable_words

LETTERS = "abAB '#1é\u0130\u03a3\u03c2\x85."


@pytest.fixture(scope="module")
def found(random_model):
    """A function from rules and words to what is unreachable among them."""
    model = random_model()

    def find(rules, *words):
        return unreachable_words(replace(model, text_rules=rules, vocabulary=(None, *words)))

    return find


@pytest.mark.parametrize(
    ("rules", "reachable", "never"),
    [
        (ALNUM, ("dont", "film"), ("don't", "Film", "é", "", " ", "\x85", "a b", "well-made", "[UNK]", "good\t7")),
        (TOKENIZER, ("don't", "é", "\x85", "\u3000", "\u03c2", "i\u0307"), ("Film", "a-b", "", " ", "\u0130", "É")),
        (TEXTVECTORIZATION, ("dont", "É", "\x85"), ("don't", "Film", "a b", "<start>")),
        (WORDS, ("straße", "हिन्दी"), ("don't", "\x85", "ABC")),
        (CHARACTERS, ("a", " ", "é", "好"), ("ab", "")),
    ],
)
def test_named_rules(found, rules, reachable, never):
    assert found(rules, *reachable, *never) == UnreachableWords(never, ())


def test_words_that_rules_write_are_reachable(found):
    digits = TextRules("d", (Keep("0123456789abc", ("space",)), Substitute(r"[0-9]{3,}", "###"), Substitute(r"\d", "#"),
                             Split("unicode")))  # fmt: skip
    assert found(digits, "###", "#", "a#", "##") == UnreachableWords((), ())
    assert found(digits, "1", "#.") == UnreachableWords(("1", "#."), ())
    tags = TextRules("t", (Replace("<br />", "NEWLINE"), Keep("EILNWab", ("space",)), Split("unicode")))
    assert found(tags, "NEWLINE", "<br") == UnreachableWords(("<br",), ())


def test_a_word_that_is_always_rewritten_but_not_proved_is_unsettled(found):
    contractions = TextRules("c", (Lower("unicode"), Replace("n't", " not"), Split("unicode")))
    assert found(contractions, "don't", "not", "Don't") == UnreachableWords(("Don't",), ("don't",))


def test_words_of_a_stop_list(found):
    rules = TextRules("s", (Split("unicode"), DropWords(("a", "the"))))
    assert found(rules, "the", "film", "a") == UnreachableWords(("the", "a"), ())


def test_ngrams(found):
    grams = TextRules("g", (Lower("ascii"), Split("ascii"), DropWords(("the",)), Ngrams((2, 3))))
    assert found(grams, "a b", "a b c", "a", "A b", "the film", "a b c d", "a  b") == UnreachableWords(
        ("a", "A b", "the film", "a b c d", "a  b"), ()
    )
    behind = TextRules("g", (Split("ascii"), Ngrams((1, 2)), DropWords(("a b",))))
    assert found(behind, "a b", "a c", "a") == UnreachableWords(("a b",), ())
    of_characters = TextRules("g", (Drop(" "), Split("characters"), Ngrams((2,))))
    assert found(of_characters, "a b", "ab", "ab c") == UnreachableWords(("ab", "ab c"), ())
    commas = TextRules("g", (Split("separator", ","), Ngrams((2,))))
    assert found(commas, "a b", "a b c", "a,b") == UnreachableWords(("a,b",), ())


def test_rules_that_make_the_joined_text_too_long_are_tried_word_by_word(found):
    grows = TextRules("g", (Replace("a", "b" * 1000), Split("unicode")))
    assert found(grows, *(f"w{n}" for n in range(20)), "a" * 500, "c") == UnreachableWords(("a" * 500,), ())
    assert found(grows, "b" * 1000, "b" * 500, "a" + "b" * 10) == UnreachableWords(("a" + "b" * 10,), ())


def test_many_words_are_found_in_any_order(found):
    words = [f"w{n}" for n in range(3000)]
    words[1234] = "it's"
    assert found(ALNUM, *words) == UnreachableWords(("it's",), ())


letters = st.text(LETTERS, max_size=3)
some = st.text(LETTERS, min_size=1, max_size=2)
sets = st.text(LETTERS, max_size=4).map(lambda text: "".join(sorted(set(text))))
classes = st.lists(st.sampled_from(["space", "letters", "alphanumeric", "marks"]), max_size=1).map(tuple)
patterns = st.sampled_from([r"[^a-b ]", r"[A-Z]+", r"\s+", r"a.", r"\ba", r"a+?", r"[ab]{2}", r"'\w*", r"#|1", r"a$"])
text_steps = st.one_of(
    st.builds(Lower, st.sampled_from(["unicode", "ascii"])),
    st.builds(Replace, some, letters),
    st.builds(Substitute, patterns, letters),
    st.builds(Keep, sets, classes, letters),
    st.builds(Drop, sets, classes, letters),
)
splits = st.one_of(
    st.builds(Split, st.sampled_from(["unicode", "ascii", "characters"])),
    st.builds(Split, st.just("separator"), st.sampled_from(LETTERS)),
)
stop_lists = st.sets(st.text(LETTERS, min_size=1, max_size=2), min_size=1, max_size=3).map(
    lambda words: DropWords(tuple(sorted(words, key=str.encode)))
)
grams = st.lists(st.integers(1, 3), min_size=1, max_size=2, unique=True).map(lambda sizes: Ngrams(tuple(sizes)))
word_steps = st.one_of(
    st.just(()), st.tuples(stop_lists), st.tuples(grams), st.tuples(stop_lists, grams), st.tuples(grams, stop_lists)
)
any_rules = st.builds(
    lambda before, split, behind: TextRules("any", (*before, split, *behind)),
    st.lists(text_steps, max_size=4), splits, word_steps,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(rules=any_rules, text=st.text(LETTERS, max_size=12))
@example(rules=TOKENIZER, text="ΑΣ Σ \u0130")
def test_no_word_of_a_text_is_called_out_of_reach(found, rules, text):
    try:
        words = tuple(dict.fromkeys(splitter(rules)(text)))
    except InputError:
        return
    assert found(rules, *words).never == ()


@pytest.mark.parametrize("name", NAMED_RULES)
@given(text=st.text(max_size=30))
@settings(max_examples=50, deadline=None)
def test_words_of_named_rules_are_all_found(found, name, text):
    words = tuple(dict.fromkeys(splitter(NAMED_RULES[name])(text)))
    assert found(NAMED_RULES[name], *words) == UnreachableWords((), ())
