"""Streams of bytes, the lines that they hold, and what is wrong with the line after those.

The readers in Python (``drupelet.text_source``) and in C (``program/lines.c`` of an executable) go through the same table.
"""

from drupelet.text_source import MAX_LINE_BYTES

CONVERT = "convert the text, for example with iconv -f WINDOWS-1252 -t UTF-8"


def other_encoding(name):
    return f"starts with the byte order mark of {name}, expected UTF-8; convert it with iconv -f {name} -t UTF-8"


GOOD = {
    "nothing": (b"", []),
    "an empty line": (b"\n", [""]),
    "the last line has no end": (b"good\nbad", ["good", "bad"]),
    "the last line has an end": (b"good\nbad\n", ["good", "bad"]),
    "CRLF": (b"good\r\n\r\nbad\r\n", ["good", "", "bad"]),
    "one CR belongs to the end, the others to the line": (b"good\r\r\n\rbad\n", ["good\r", "\rbad"]),
    "a CR ends no line": (b"good\rbad\r", ["good\rbad\r"]),
    "a CR at the end of the stream": (b"good\n\r", ["good", "\r"]),
    "other white space ends no line": (
        "a\u0085b\u2028c\u2029d\ve\ff\x1cg\x1dh\x1ei\u00a0j\u3000k\n".encode(),
        ["a\u0085b\u2028c\u2029d\ve\ff\x1cg\x1dh\x1ei\u00a0j\u3000k"],
    ),
    "a NUL": (b"go\x00od\nbad", ["go\x00od", "bad"]),
    "white space around stays": (b"  good \t\n", ["  good \t"]),
    "a byte order mark": (b"\xef\xbb\xbfgood\nbad\n", ["good", "bad"]),
    "a byte order mark before CRLF": (b"\xef\xbb\xbf\r\ngood", ["", "good"]),
    "a byte order mark before LF": (b"\xef\xbb\xbf\ngood", ["", "good"]),
    "a byte order mark and nothing else": (b"\xef\xbb\xbf", [""]),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbfgood", ["good"]),
    "a byte order mark at the start of each line": (
        b"\xef\xbb\xbfgood\n\xef\xbb\xbfbad\r\n\xef\xbb\xbf\xef\xbb\xbf\n\xef\xbb\xbf",
        ["good", "bad", "", ""],
    ),
    "U+FEFF inside and at the end of a line": (
        b"a\xef\xbb\xbfb\n \xef\xbb\xbfgood\xef\xbb\xbf\n",
        ["a\ufeffb", " \ufeffgood\ufeff"],
    ),
    "every length of UTF-8": ("a\u00e9\u20ac\U0001f600\U0010ffff\n".encode(), ["a\u00e9\u20ac\U0001f600\U0010ffff"]),
    "a line longer than the first buffer": (b"x" * 200_000 + b"\r\nbad", ["x" * 200_000, "bad"]),
}
BAD = {
    "Latin-1": (b"good\nb\xe4d\ngood\n", ["good"], f"line 2: byte 1 (0xe4) is not UTF-8; {CONVERT}"),
    "a lone byte in the first line": (b"\xff\n", [], f"line 1: byte 0 (0xff) is not UTF-8; {CONVERT}"),
    "bytes are counted behind the mark": (b"\xef\xbb\xbfab\xff", [], f"line 1: byte 2 (0xff) is not UTF-8; {CONVERT}"),
    "bytes are counted behind the marks of a later line": (
        b"a\n\xef\xbb\xbf\xef\xbb\xbfab\xff\n",
        ["a"],
        f"line 2: byte 2 (0xff) is not UTF-8; {CONVERT}",
    ),
    "half a byte order mark": (b"\xef\xbb\n", [], f"line 1: byte 0 (0xef) is not UTF-8; {CONVERT}"),
    "a surrogate": (b"a\n\xed\xa0\x80\n", ["a"], f"line 2: byte 0 (0xed) is not UTF-8; {CONVERT}"),
    "cut in a character": (b"a\nbad \xf0\x9f\x98", ["a"], f"line 2: byte 4 (0xf0) is not UTF-8; {CONVERT}"),
    "overlong": (b"a\xc0\x80\n", [], f"line 1: byte 1 (0xc0) is not UTF-8; {CONVERT}"),
    "after 100 lines": (
        b"good\n" * 100 + b"\xff\n",
        ["good"] * 100,
        f"line 101: byte 0 (0xff) is not UTF-8; {CONVERT}",
    ),
    "UTF-16, little end first": (b"\xff\xfe" + "good\n".encode("utf-16-le"), [], other_encoding("UTF-16")),
    "UTF-16, big end first": (b"\xfe\xff" + "good\n".encode("utf-16-be"), [], other_encoding("UTF-16")),
    "UTF-16 that starts with a line end": (b"\xff\xfe\n\0", [], other_encoding("UTF-16")),
    "UTF-32, little end first": (b"\xff\xfe\0\0" + "good\n".encode("utf-32-le"), [], other_encoding("UTF-32")),
    "UTF-32, big end first": (b"\0\0\xfe\xff" + "good\n".encode("utf-32-be"), [], other_encoding("UTF-32")),
    "a mark of UTF-16 in line 2": (b"a\n\xff\xfe\n", ["a"], f"line 2: byte 0 (0xff) is not UTF-8; {CONVERT}"),
}
TOO_LONG = {
    "a line without end": (
        b"x" * (MAX_LINE_BYTES + 1), [],
        f"line 1 is longer than {MAX_LINE_BYTES} bytes; expected one text per line",
    ),
    "the end counts": (
        b"good\n" + b"x" * MAX_LINE_BYTES + b"\n", ["good"],
        f"line 2 is longer than {MAX_LINE_BYTES} bytes; expected one text per line",
    ),
}  # fmt: skip

CASES = [(name, content, lines, None) for name, (content, lines) in GOOD.items()]
CASES += [(name, content, lines, f"stdin: {error}") for name, (content, lines, error) in BAD.items()]
"""Name, bytes of stdin, lines, and the sentence about the line after them (None: the stream ends well)."""
CASES_OF_LONG_LINES = [(name, content, lines, f"stdin: {error}") for name, (content, lines, error) in TOO_LONG.items()]
