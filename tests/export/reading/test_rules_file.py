"""A file of text rules: what may stand in it, and what is said of all else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import InputError
from drupelet.text.rules import Drop, DropWords, Keep, Lower, Ngrams, Split, Substitute, TextRules
from drupelet_export.reading.rules_file import read_rules_file, rules_of_toml

SPLIT = '[[steps]]\nstep = "split"\nby = "unicode"\n'
WHOLE = r"""
name = "tweets"
start_id = 1
unknown_id = 2
max_tokens = 40
keep = "tail"

[[steps]]
step = "lower"
letters = "unicode"

[[steps]]
step = "substitute"
pattern = '@\w+'
replacement = ""

[[steps]]
step = "drop"
characters = "?!.!"
classes = ["marks", "space", "space"]
replacement = " "

[[steps]]
step = "split"
by = "separator"
separator = " "

[[steps]]
step = "drop_words"
words = ["the", "a", "the"]

[[steps]]
step = "ngrams"
sizes = [2, 1]
"""


def test_a_whole_file(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert read_rules_file(path) == TextRules(
        "tweets",
        (
            Lower("unicode"),
            Substitute(r"@\w+", ""),
            Drop("!.?", ("space", "marks"), " "),
            Split("separator", " "),
            DropWords(("a", "the")),
            Ngrams((2, 1)),
        ),
        start_id=1,
        unknown_id=2,
        max_tokens=40,
        keep="tail",
    )


def test_what_is_left_out():
    assert rules_of_toml(SPLIT, "r") == TextRules("own", (Split("unicode"),))
    keep = rules_of_toml('[[steps]]\nstep = "keep"\ncharacters = ""\n' + SPLIT, "r")
    assert keep.steps[0] == Keep("", (), "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "steps are missing, expected tables, each below a line [[steps]]"),
        ("steps = []", "steps are [], expected tables"),
        ("steps = 3", "steps are 3, expected tables"),
        ("steps = [3]", "step 1: 3 has no key 'step', expected one of lower, replace"),
        ("[[steps]]\nby = 'unicode'", "step 1: {'by': 'unicode'} has no key 'step'"),
        ("[[steps]]\nstep = 'splitt'", "step 1: step is 'splitt', which is not known; did you mean 'split'?"),
        ("[[steps]]\nstep = 3", "step 1: step is 3, which is not known"),
        ("[[steps]]\nstep = 'split'", "step 1 (split): key 'by' is missing; expected the keys step, by, separator"),
        (SPLIT + "seperator = ' '", "step 1 (split): key 'seperator' is not known; did you mean 'separator'?"),
        (
            SPLIT + "max_tokens = 3",
            "step 1 (split): key 'max_tokens' belongs to the rules, not to a step; write it above",
        ),
        ("[[steps]]\nstep = 'split'\nby = 'space'", "step 1: split: by is 'space', expected one of unicode"),
        (
            "[[steps]]\nstep = 'split'\nby = 'separator'",
            "step 1: split: separator is '', expected one character",
        ),
        ("[[steps]]\nstep = 'lower'\nletters = 3", "step 1 (lower): letters is 3, expected a string"),
        (
            SPLIT + "[[steps]]\nstep = 'ngrams'\nsizes = [true]",
            "step 2 (ngrams): sizes is [True], expected a list of int",
        ),
        (
            SPLIT + "[[steps]]\nstep = 'drop_words'\nwords = []",
            "step 2: drop_words: 0 words, expected 1 to",
        ),
        (
            SPLIT + "[[steps]]\nstep = 'drop_words'\nwords = [1]",
            "step 2 (drop_words): words is [1], expected a list of str",
        ),
        (
            "[[steps]]\nstep = 'drop'\ncharacters = ''\nclasses = ['digits']\n" + SPLIT,
            "step 1: drop: a class is 'digits', expected one of space",
        ),
        (
            "[[steps]]\nstep = 'substitute'\npattern = '(?=a)'\nreplacement = ''\n" + SPLIT,
            "step 1 (substitute): pattern '(?=a)', character 0: look-ahead",
        ),
        (SPLIT + SPLIT, "steps 1, 2 are 'split', expected exactly one"),
        ("[[steps]]\nstep = 'lower'\nletters = 'ascii'", "no step is 'split', expected exactly one"),
        (
            SPLIT + "[[steps]]\nstep = 'lower'\nletters = 'ascii'",
            "step 2: step is 'lower', which changes the text; expected it before the split, which is step 1",
        ),
        (
            "[[steps]]\nstep = 'ngrams'\nsizes = [2]\n" + SPLIT,
            "step 1: step is 'ngrams', which changes words; expected it behind the split, which is step 2",
        ),
        (SPLIT + "[[steps]]\nstep = 'ngrams'\nsizes = [2]\n" * 2, "text rules: more than one step 'ngrams'"),
        (SPLIT * 257, "257 steps, expected at most 256"),
        ("max_token = 3\n" + SPLIT, "key 'max_token' is not known; did you mean 'max_tokens'?"),
        ("max_tokens = 3\n" + SPLIT, "max_tokens is 3 and keep is missing, expected one of head, tail, ends"),
        (
            "max_tokens = 0\nkeep = 'head'\n" + SPLIT,
            "max_tokens is 0, expected a number from 1 to 2147483647; for none",
        ),
        ("unknown_id = true\n" + SPLIT, "unknown_id is True, expected a number from 0 to"),
        ("unknown_id = -1\n" + SPLIT, "unknown_id is -1, expected a number from 0 to"),
        ("start_id = '1'\n" + SPLIT, "start_id is '1', expected a number"),
        ("end_id = 2147483648\n" + SPLIT, "end_id is 2147483648, expected a number"),
        ("end_id = 1979-05-27\n" + SPLIT, "end_id is datetime.date(1979, 5, 27), expected a number"),
        ("keep = 'middle'\n" + SPLIT, "keep is 'middle', expected one of head, tail, ends"),
        ("keep = ['head']\n" + SPLIT, "keep is ['head'], expected one of"),
        ("name = ''\n" + SPLIT, "name is '', expected a text of 1 to 32 ASCII characters"),
        ("name = '\u00e9'\n" + SPLIT, "name is '\u00e9', expected a text"),
        ("name = 3\n" + SPLIT, "name is 3, expected a text"),
        ("unicode = '9.0.0'\n" + SPLIT, "unicode is '9.0.0', this release has '15.1.0'; leave the key out"),
        ("a = [", "no TOML: "),
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("a = " + "9" * 5000, "no TOML: "),
        (r'a = "\d"', "no TOML: Unescaped '\\' in a string (at line 1, column 8); expected text rules as TOML"),
    ],
)
def test_what_is_wrong_is_named(text, sentence):
    with pytest.raises(InputError, match=f"^{re.escape(f'rules.toml: {sentence}')}"):
        rules_of_toml(text, "rules.toml")


def test_a_backslash_in_double_quotes_gets_a_hint():
    with pytest.raises(InputError, match=r"write a text with backslashes in single quotes: '\\d\+'$"):
        rules_of_toml(r'a = "\d"', "rules.toml")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(
        InputError, match=r"no.toml: cannot be read \(No such file or directory\); expected text rules as TOML"
    ):
        read_rules_file(tmp_path / "no.toml")
    with pytest.raises(InputError, match=r"cannot be read \(.*null"):
        read_rules_file(tmp_path / "a\0b")
    (tmp_path / "latin").write_bytes(b"# \xe9")
    with pytest.raises(InputError, match="latin"):
        read_rules_file(tmp_path / "latin")
    (tmp_path / "dots").write_text("a" + ".a" * 400_000 + " = 1\n")
    with pytest.raises(
        InputError, match=r"dots: line 1: 400000 dots, expected at most 128; write a long list on several"
    ):
        read_rules_file(tmp_path / "dots")


@given(text=st.text() | st.text("[]{}='\"\\steps\n split.by"))
def test_any_text_is_rules_or_a_named_error(text):
    try:
        rules = rules_of_toml(text, "r")
    except InputError as error:
        message = str(error)
    else:
        message = "r: " * (rules.split is not None)
    assert message.startswith("r: ")
