"""Any text rules, for property tests."""

from hypothesis import strategies as st

from drupelet.text.rules import (
    CLASSES,
    KEEPS,
    LETTERS,
    MAX_NUMBER,
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

CHARACTERS = st.characters(exclude_categories=("Cs",)) | st.sampled_from(
    "\"'\\\n\r\t\0\x1f\x7f\x85\u2028\ufeff\U0001f600#[="
)
TEXTS = st.text(CHARACTERS, max_size=8)
SOME = st.text(CHARACTERS, min_size=1, max_size=8)
PATTERNS = st.sampled_from([r"\d+", "<[^>]+>", "'", r"[\"'\\]", "\n", r"https?://\S+", "\u00e9|\u4f60", r"\b\w\b", '"'])
CLASS_LISTS = st.sets(st.sampled_from(CLASSES)).map(lambda names: tuple(name for name in CLASSES if name in names))
CHARACTER_SETS = TEXTS.map(lambda text: "".join(sorted(set(text))))
TEXT_STEPS = st.one_of(
    st.builds(Lower, st.sampled_from(LETTERS)),
    st.builds(Replace, SOME, TEXTS),
    st.builds(Substitute, PATTERNS, TEXTS.filter(lambda text: "\\" not in text)),
    st.builds(Keep, CHARACTER_SETS, CLASS_LISTS, TEXTS),
    st.builds(Drop, CHARACTER_SETS, CLASS_LISTS, TEXTS),
)
SPLITS = st.builds(Split, st.sampled_from(["unicode", "ascii", "characters"])) | st.builds(
    Split, st.just("separator"), CHARACTERS
)
DROPPED = st.sets(SOME, min_size=1, max_size=25).map(lambda words: DropWords(tuple(sorted(words, key=str.encode))))
SIZES = st.lists(st.integers(1, 8), min_size=1, max_size=4, unique=True)
WORD_STEPS = st.tuples(
    st.lists(DROPPED, max_size=2), st.lists(SIZES.map(lambda sizes: Ngrams(tuple(sizes))), max_size=1)
)
NUMBERS = st.none() | st.integers(0, MAX_NUMBER)


@st.composite
def text_rules(draw):
    """Rules with any steps and any ids."""
    before, behind = draw(st.lists(TEXT_STEPS, max_size=4)), draw(WORD_STEPS)
    return TextRules(
        name=draw(st.text(st.characters(min_codepoint=1, max_codepoint=127), min_size=1, max_size=32)),
        steps=(*before, draw(SPLITS), *behind[0], *behind[1]),
        start_id=draw(NUMBERS),
        end_id=draw(NUMBERS),
        unknown_id=draw(NUMBERS),
        max_tokens=draw(st.none() | st.integers(1, MAX_NUMBER)),
        keep=draw(st.sampled_from(KEEPS)),
    )
