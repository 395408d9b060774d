"""The program's reader of lines gives the bytes that Python's gives: one table of streams for both."""

import subprocess

import pytest

from drupelet_export.executable.sources import PROGRAM
from runtime.line_cases import BAD, GOOD

HARNESS = """
#include <stdio.h>
#include "lines.h"
int main(void) {
    line_reader reader = {.descriptor = 0, .max_line_bytes = MAX_LINE_BYTES};
    const char *bytes;
    size_t size_bytes;
    line_outcome outcome;
    while ((outcome = next_line(&reader, &bytes, &size_bytes)) == LINE_FOUND) {
        for (size_t n = 0; n < size_bytes; ++n) printf("%02x", (unsigned char)bytes[n]);
        putchar(';');
    }
    if (outcome == LINES_OF_OTHER_ENCODING) printf("%s", reader.encoding);
    lines_end(&reader);
    return outcome == LINES_ENDED || outcome == LINES_OF_OTHER_ENCODING ? 0 : 1;
}
"""


@pytest.fixture(scope="module")
def harness(tmp_path_factory):
    """A program that prints every line of stdin in hexadecimal digits, and the name of an encoding that it refuses."""
    folder = tmp_path_factory.mktemp("lines")
    (folder / "harness.c").write_text(HARNESS)
    flags = ["-std=c11", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    given = [folder / "harness.c", PROGRAM / "lines.c", "-o", folder / "harness"]
    subprocess.run(["cc", *flags, f"-I{PROGRAM}", *given], check=True)
    return folder / "harness"


def printed(harness, content):
    return subprocess.run([harness], input=content, capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("name", GOOD)
def test_lines(harness, name):
    content, lines = GOOD[name]
    assert printed(harness, content) == "".join(f"{line.encode().hex()};" for line in lines)


@pytest.mark.parametrize("name", [name for name in BAD if name.startswith("UTF-")])
def test_the_marks_of_other_encodings(harness, name):
    assert printed(harness, BAD[name][0]) == name[:6]
