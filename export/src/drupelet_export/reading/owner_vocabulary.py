"""The vocabulary that an owner holds, read as it is: what kind of file it is decides its content, not its name.

Nothing in a file is run. Pickles go through :mod:`drupelet_export.reading.restricted_pickle`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from drupelet.bounded_read import read_at_most
from drupelet.errors import InputError
from drupelet.text_source import text_of
from drupelet_export.reading.owner_compression import MAX_CONTENT_BYTES, decompressed
from drupelet_export.reading.owner_json import begins_as_json, parse_json
from drupelet_export.reading.owner_objects import vocabulary_of_object
from drupelet_export.reading.owner_text import vocabulary_of_text
from drupelet_export.reading.owner_words import OwnerVocabulary
from drupelet_export.reading.pickled_globals import Record
from drupelet_export.reading.restricted_pickle import read_pickle

__all__ = ["OwnerVocabulary", "read_owner_vocabulary"]

EXPECTED = "a vocabulary: a Tokenizer, a word index, or one token per line"

_BINARY_PICKLE = re.compile(rb"\x80[\x00-\x05]", re.DOTALL)
_OLD_PICKLE = re.compile(rb"[(c}\]].*\.\Z", re.DOTALL)
"""How a pickle of protocol 0 or 1 begins and ends. A text may, too."""
_CERTAIN_OLD_PICKLE = re.compile(
    rb"\([dl]p[0-9]+\n|[}\]]q\0|c(copy_?reg|__builtin__|builtins|collections|keras[\w.]*|tensorflow[\w.]*)\n\w+\n"
)
"""How only such a pickle begins: a dict, a list, or the name of a class."""
_FOREIGN = (
    (b"\x93NUMPY", "a NumPy array (.npy); write its words with json.dump(array.tolist(), file)"),
    (b"PK\x03\x04", "a zip archive (.npz, .keras or another); unpack the vocabulary in it"),
    (b"\x89HDF\r\n", "an HDF5 file; give the vocabulary alone"),
    (b"ZF0x", "compressed in the old form of joblib; load it with joblib and write the words with json.dump"),
    (b"\x04\x22\x4d\x18", "compressed with LZ4; decompress it with lz4 -d"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard; decompress it with zstd -d"),
)
"""How files of other kinds begin, what they are, and the next step."""
_BINARY_WORD2VEC = re.compile(rb"[0-9]{1,9} [0-9]{1,5}\n")


SYSTEM_MODULES = frozenset((
    "asyncio", "code", "commands", "ctypes", "importlib", "io", "multiprocessing", "nt", "os", "pathlib", "pdb",
    "pip", "posix", "pty", "runpy", "shutil", "signal", "socket", "subprocess", "sys", "tempfile", "timeit", "urllib",
    "webbrowser",
))  # fmt: skip
SYSTEM_FUNCTIONS = frozenset((
    "__import__", "apply", "breakpoint", "compile", "delattr", "eval", "exec", "execfile", "globals", "input",
    "locals", "open", "setattr", "vars",
))  # fmt: skip
"""Names by which a pickle runs programs or code, or touches files. They are never called; a file with one of them is refused,
so that its user does not open it elsewhere."""


def read_owner_vocabulary(path: Path) -> OwnerVocabulary:
    """The words in a file of an owner, their ids where it has them, and the settings that came with them.

    Reads a Tokenizer or a TextVectorization as JSON, pickle or joblib dump, a word index, a list of words, and text with a
    token, a token and a number, or a token and a vector a line; each may be compressed. Raises InputError that names the file
    and says what was found, what was expected, and what to do, also where the content may mean two things.
    """
    where = str(path)
    content, compression = decompressed(_content(path), where)
    vocabulary = _vocabulary(content, where)
    if compression is not None:
        vocabulary = replace(vocabulary, findings=(f"The file is compressed with {compression}.", *vocabulary.findings))
    return vocabulary


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = read_at_most(file, MAX_CONTENT_BYTES)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected {EXPECTED}") from error
    except ValueError as error:  # a NUL in the name
        raise InputError(f"{str(path)!r}: cannot be read ({error}); expected {EXPECTED}") from error
    if len(content) > MAX_CONTENT_BYTES:
        raise InputError(
            f"{path}: more than {MAX_CONTENT_BYTES} bytes, which is the limit; write the words alone, as a JSON list"
        )
    return content


def _vocabulary(content: bytes, where: str) -> OwnerVocabulary:
    if not content:
        raise InputError(f"{where}: is empty; expected {EXPECTED}")
    for start, what in _FOREIGN:
        if content.startswith(start):
            raise InputError(f"{where}: {what}; expected {EXPECTED}")
    pickled = _pickled(content, where)
    if pickled is not None:
        return pickled
    try:
        text = text_of(content, where)
    except InputError as error:
        if _BINARY_WORD2VEC.match(content):
            raise InputError(
                f"{where}: the binary form of word2vec; expected {EXPECTED}; write it as text, for example with "
                "save_word2vec_format(path, binary=False) of gensim"
            ) from error
        raise
    if text.lstrip(" \t\n\r")[:1] in ("{", "[", '"'):
        try:
            value = parse_json(text, where)
        except InputError:
            if begins_as_json(text):
                raise
        else:
            if isinstance(value, dict | list):
                return vocabulary_of_object(value, where, "JSON")
    return vocabulary_of_text(text, where)


def _pickled(content: bytes, where: str) -> OwnerVocabulary | None:
    """The vocabulary of a pickle; None for a file that is none. A text that could be a pickle of a bare name is a text."""
    certain = _BINARY_PICKLE.match(content) or _CERTAIN_OLD_PICKLE.match(content)
    if not certain and not _OLD_PICKLE.match(content):
        return None
    try:
        read = read_pickle(content, where)
    except InputError:
        if certain:
            raise
        return None
    for name in sorted(read.names, key=str):
        if name.module.split(".", 1)[0] in SYSTEM_MODULES or name.name in SYSTEM_FUNCTIONS:
            raise InputError(
                f"{where}: the pickle asks Python to call {name}, which was not done; expected {EXPECTED}; do not open this "
                "file in Python, and ask its owner for the words as JSON"
            )
    value = read.value
    if not certain and not isinstance(value, dict | list | tuple | Record):
        return None
    form = "pickle"
    if isinstance(value, str) and begins_as_json(value):
        value, form = parse_json(value, where), "JSON"
    vocabulary = vocabulary_of_object(value, where, form)
    return replace(vocabulary, findings=(*read.findings, *vocabulary.findings))
