"""What owners hold is read by its content, whatever its name; what is ambiguous or no vocabulary is refused."""

import bz2
import collections
import gzip
import io
import json
import lzma
import pickle
import re
import zlib

import joblib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drupelet.errors import DrupeletError, InputError
from drupelet_export.reading import owner_compression, owner_vocabulary
from drupelet_export.reading.owner_vocabulary import read_owner_vocabulary
from export.reading.owner_tokenizers import PROTOCOLS, tokenizer
from runtime.line_cases import CONVERT, other_encoding


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty; expected a vocabulary"),
        ("the\nfi\0lm\n", "line 2: a NUL character, expected text; give the words as text, JSON or pickle"),
        (pickle.dumps({"the": 1}, 0)[:-3], "byte "),
        (pickle.dumps(["the"], 1)[:-3], "byte "),
        (pickle.dumps(tokenizer(), 0)[:-100], "byte "),
        ("\ufeff", "is empty; expected a vocabulary, for example one token per line"),
        (
            "the\rfilm\r",
            "lines end with a carriage return alone, expected a line feed; convert the file, for example with tr",
        ),
        ("the\ncaf\xe9\n".encode("latin-1"), f"line 2: byte 3 (0xe9) is not UTF-8; {CONVERT}"),
        ("the\n".encode("utf-16"), other_encoding("UTF-16")),
        (
            "the\nnew york\n",
            "line 2: 'new york' holds a space: it may be one token, or a token beside something else; expected",
        ),
        ("the\n film\n", "line 2: ' film' holds a space: it may be one token, or a token beside something else"),
        ("the DT\nfilm NN\n", "line 1: 'the DT' holds a space: it may be one token"),
        ("the\tDT\n", "line 1: 'the\\tDT' holds a tab: it may be one token"),
        ("0\tthe\n1\tfilm\n", "line 1: '0\\tthe' holds a tab: it may be one token, or an id beside a token"),
        ("the 0.5\nfilm 0.25\n", "line 1: the number '0.5' is neither an id nor a count, expected a whole number"),
        ("the -5\nfilm 2\n", "line 1: the number '-5' is neither an id nor a count"),
        (
            "word count\nthe 9\nfilm 2\n",
            "line 1: 'word count', expected a token and a number, as 2 of 3 lines have; remove",
        ),
        ("the 0\nfilm 1\nthe 2\n", "the word 'the' has two ids, 0 and 2; expected one id for each word"),
        ("the 16777216\nfilm 16777217\n", "the number behind each token may be its id or its count"),
        (
            "word,id\nthe,1\nfilm,2\n",
            "line 2: 'the,1' may be one token, or a row of a CSV file; expected one token per line",
        ),
        ("the 0.1 0.2\nfilm 0.1\nbad 1 2\n", "line 2: 'film 0.1', expected a token and 2 numbers, as most lines have"),
        (
            "the 0.1 0.2\nfilm 0.1 x\nbad 1 2\n",
            "line 2: 'film 0.1 x', expected a token and 2 numbers, as most lines have",
        ),
        ("9 2\nthe 0.1 0.2\nfilm 0.1 0.3\n", "line 1 announces 9 tokens, 2 lines follow; copy the file again"),
        ("9 3\nthe 0.1 0.2\nfilm 0.1 0.3\n", "line 1: '9 3', expected a token and 2 numbers, as most lines have"),
        ("9 2\nthe \x00\xff".encode("latin-1"), "the binary form of word2vec; expected a vocabulary: a Tokenizer"),
        ('{"the": 1', "not JSON (Expecting ',' delimiter"),
        ("{'the': 1}", "not JSON (Expecting property name enclosed in double quotes"),
        ('{"the": 1, "the": 2}', "not JSON ('the' stands twice in an object, expected once)"),
        ('{"the": NaN}', "not JSON (NaN is not JSON)"),
        ('{"the": 1}{"film": 2}', "not JSON (Extra data"),
        ('{"a":' * 100_000, "JSON that is nested too deeply"),
        ('["a", ' + "[" * 100_000, "JSON that is nested too deeply"),
        (
            json.dumps(json.dumps(json.dumps(json.dumps(["a"])))),
            "JSON inside a string more than 2 times; write it once with",
        ),
        (
            "{}",
            "a JSON file with a dict of 0, in which there are no words; expected a Tokenizer, a dict of words and ids, or",
        ),
        ("[]", "a JSON file with a list of 0, in which there are no words"),
        ('{"a": {"b": 1.5}}', "a JSON file with a dict of 1, in which there are no words"),
        (
            '{"the": 1, "film": 1}',
            "the words 'the' and 'film' have one id, 1; expected one word for each id (numbers that",
        ),
        (
            '{"the": -1}',
            "the word 'the' has the int -1 as its id, expected a whole number from 0 to 16777216; write the ids",
        ),
        (
            '{"the": 16777217}',
            "the word 'the' has the int 16777217 as its id, expected a whole number from 0 to 16777216",
        ),
        ('{"the": 1, "film": 2.0}', "the word 'film' has the float 2.0 as its id, expected a whole number"),
        ('{"the": true}', "the word 'the' has the bool True as its id, expected a whole number"),
        ('{"the": null}', "the word 'the' has None as its id, expected a whole number"),
        ('{"the": "1"}', "the word '1' has the text 'the' as its id, expected a whole number"),
        ('{"1": "a", "x": "b"}', "the word 'a' has the text '1' as its id, expected a whole number"),
        (
            '{"1": "a", "2": "a"}',
            "the word 'a' has two ids, 1 and 2; expected one id for each word; remove the one that",
        ),
        ('{"the": ' + "9" * 4000 + "}", "the word 'the' has the int 9999"),
        ('{"the": ' + "9" * 5000 + "}", "not JSON (Exceeds the limit"),
        (
            '{"the": 500000, "film": 20}',
            "2 words with numbers from 20 to 500000, which may be ids or counts; expected ids without",
        ),
        ('["the", 5]', "word 2: the int 5, expected a word, which is a text; write the words again as texts"),
        ('["the", null]', "word 2: None, expected a word"),
        ("[1, 2]", "word 1: the int 1, expected a word"),
        (
            '["the", "\\ud800x"]',
            "word 2: the word '\\ud800x' holds a lone surrogate ('\\ud800'), which is no character and cannot",
        ),
        ('{"\\udfff": 1}', "word 1: the word '\\udfff' holds a lone surrogate ('\\udfff')"),
        (
            json.dumps(["a" * 70_000]),
            f"word 1: the word {'a' * 60!r}... takes 70000 bytes, expected at most 65536; leave it out",
        ),
        (
            '{"version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0}}}',
            "a tokenizer of Hugging Face, whose tokens are",
        ),
        (pickle.dumps({1: 2}), "word 1: the int 1, expected a word, which is a text"),
        (pickle.dumps({None: 2}), "word 1: None, expected a word"),
        (pickle.dumps({b"\xff": 1}), "word 1: the bytes b'\\xff' are not UTF-8; write the words again as texts"),
        (pickle.dumps(["a", "\ud800"]), "word 2: the word '\\ud800' holds a lone surrogate"),
        (pickle.dumps({"the": np.float32(1)}), "the word 'the' has the float 1.0 as its id"),
        (pickle.dumps({"the", "film"}), "a set of 2 has no order, expected a Tokenizer"),
        (
            pickle.dumps(collections.Counter("aab")),
            "a collections.Counter holds counts of words, not ids; expected a Tokenizer",
        ),
        (pickle.dumps(5), "a pickle file with the int 5, in which there are no words"),
        (pickle.dumps(np.zeros((2, 2))), "a pickle file with an instance of numpy"),
        (
            pickle.dumps({"the": 1})[:-1],
            "byte 2: a frame of 12 bytes, of which 11 are there; copy the file again",
        ),
        (
            b"\x93NUMPY\x01\x00",
            "a NumPy array (.npy); write its words with json.dump(array.tolist(), file); expected a vocabulary",
        ),
        (b"PK\x03\x04", "a zip archive (.npz, .keras or another); unpack the vocabulary in it; expected"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file; give the vocabulary alone; expected"),
        (b"ZF0x1", "compressed in the old form of joblib; load it with joblib and write"),
        (b"\x04\x22\x4d\x18", "compressed with LZ4; decompress it with lz4 -d; expected"),
        (b"\x28\xb5\x2f\xfd", "compressed with Zstandard; decompress it with zstd -d; expected"),
        (
            gzip.compress(b"the\n" * 100)[:-9],
            "cannot be decompressed (gzip: the data ends too early); expected whole gzip data; copy",
        ),
        (b"\x1f\x8b\x08" + b"x" * 40, "cannot be decompressed (gzip: "),
        (bz2.compress(b"the\n" * 100)[:-9], "cannot be decompressed (bz2: the data ends too early)"),
        (b"\xfd7zXZ\0" + b"x" * 40, "cannot be decompressed (xz: "),
        (b"\x5d\0\0\xff\xff" + b"\xff" * 40, "cannot be decompressed (lzma: "),
        (zlib.compress(b"the\n" * 100)[:-5], "cannot be decompressed (zlib: the data ends too early)"),
        (
            gzip.compress(b"a\n") * 1001,
            "more than 1000 compressed parts, which is the limit; compress the content once",
        ),
    ],
)
def test_what_is_no_vocabulary_is_refused(refused, content, message):
    assert refused(content).startswith(message)


def test_contents_beyond_the_limit_are_refused(refused, monkeypatch):
    monkeypatch.setattr(owner_compression, "MAX_CONTENT_BYTES", 100)
    for compress in (gzip.compress, bz2.compress, lzma.compress, zlib.compress):
        assert refused(compress(b"a\n" * 1000)).startswith("more than 100 bytes when decompressed (")
    monkeypatch.setattr(owner_vocabulary, "MAX_CONTENT_BYTES", 100)
    assert refused(b"a" * 101).startswith("more than 100 bytes, which is the limit; write the words alone")


def test_a_joblib_dump_of_an_array_is_refused(tmp_path):
    path = tmp_path / "words.joblib"
    joblib.dump({"words": np.array([1, 2, 3])}, path)
    with pytest.raises(InputError, match=r"byte \d+: a NumPy array in joblib's own form, which is not read; "):
        read_owner_vocabulary(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(
        InputError, match=r"nothing: cannot be read \(No such file or directory\); expected a vocabulary: a Tok"
    ):
        read_owner_vocabulary(tmp_path / "nothing")
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\); expected a vocabulary"):
        read_owner_vocabulary(tmp_path)
    with pytest.raises(InputError, match=r"a\\x00b': cannot be read \(embedded null byte\)"):
        read_owner_vocabulary(tmp_path / "a\0b")


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_pickles_that_call_programs_are_refused(refused, tmp_path, beside, protocol):
    canary = tmp_path / "canary"

    class Hostile:
        def __reduce__(self):
            return eval, (f"open({str(canary)!r}, 'w')",)

    content = pickle.dumps({"tokenizer": tokenizer(), "x": Hostile()} if beside else Hostile(), protocol)
    name = "builtins.eval" if protocol > 2 else "__builtin__.eval"
    assert refused(content) == (
        f"the pickle asks Python to call {name}, which was not done; expected a vocabulary: a Tokenizer, a word index, or one "
        "token per line; do not open this file in Python, and ask its owner for the words as JSON"
    )
    assert refused(b"cos\nsystem\n(S'touch " + bytes(canary) + b"'\ntR.").startswith(
        "the pickle asks Python to call os.system, which was not done"
    )
    assert not canary.exists()


@given(st.one_of(st.binary(max_size=40), st.text(alphabet='[]{}",:ab1\\ \n\t\r', max_size=40).map(str.encode)))
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(write, content):
    path = write(content)
    try:
        vocabulary = read_owner_vocabulary(path)
    except DrupeletError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017
    else:
        assert len(vocabulary) > 0


@given(
    st.lists(st.text(), min_size=1, max_size=20, unique=True), st.sampled_from(PROTOCOLS), st.integers(0, 2), st.data()
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_come_back_from_json_and_pickles(read, words, protocol, first, data):
    words = [word.encode("utf-8", "replace").decode() for word in words]
    ids = {word: place for place, word in enumerate(dict.fromkeys(words), first)}
    for content in (
        json.dumps(ids),
        json.dumps({place: word for word, place in ids.items()}),
        pickle.dumps(ids, protocol),
        pickle.dumps({place: word for word, place in ids.items()}, protocol),
    ):
        assert read(content).ids == ids
    assert read(json.dumps(list(ids))).tokens == tuple(ids)
    assert read(pickle.dumps(list(ids), protocol)).tokens == tuple(ids)


def test_two_pickles_in_one_file(read):
    stream = io.BytesIO()
    pickle.dump(tokenizer(), stream)
    pickle.dump(250, stream)
    vocabulary = read(stream.getvalue())
    assert vocabulary.ids == tokenizer().word_index
    assert re.fullmatch(r"Bytes behind the first value of the file, which were not read: \d+\.", vocabulary.findings[0])
