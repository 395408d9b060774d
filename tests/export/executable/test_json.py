"""The program prints every float64 like Python's repr, byte for byte."""

import random
import struct
import subprocess
import sys

from drupelet_export.executable.sources import PROGRAM

HARNESS = """
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include "json.h"
int main(void) {
    uint64_t bits;
    while (fread(&bits, sizeof bits, 1, stdin) == 1) {
        double value;
        char text[JSON_NUMBER_BYTES];
        memcpy(&value, &bits, sizeof value);
        json_number(value, text);
        puts(text);
    }
    return 0;
}
"""


def written(tmp_path, values):
    source = tmp_path / "harness.c"
    source.write_text(HARNESS)
    program = tmp_path / "harness"
    flags = ["-std=c11", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    subprocess.run(["cc", *flags, f"-I{PROGRAM}", source, PROGRAM / "json.c", "-o", program], check=True)
    numbers = struct.pack(f"<{len(values)}d", *values)
    return subprocess.run([program], input=numbers, capture_output=True, check=True).stdout.decode().splitlines()


def test_numbers_are_printed_like_in_python(tmp_path):
    generator = random.Random(7)  # noqa: S311 (a fixed seed, no secret)
    powers = [2.0**n for n in range(-1074, 1024)]
    # 1 - p of a sigmoid near 1: few bits, powers of two among them.
    complements = [1.0 - (1.0 - n * 2.0**-53) for n in range(1, 3000)]
    ends = [0.0, -0.0, 1.0, -1.5, 0.1, 1e-4, 9.999e-5, 1e-5, 1e15, 1e16, 123456789012345680.0, 5e-324, sys.float_info.max,
            sys.float_info.min, 2.2250738585072011e-308, 1e22, 1e23, 0.3, 2 / 3, 100.0, 1e100, 9007199254740993.0]  # fmt: skip
    uniform = [generator.random() for _ in range(20_000)]
    small = [generator.random() * 10.0 ** -generator.randrange(40) for _ in range(20_000)]
    anything = [struct.unpack("<d", generator.randbytes(8))[0] for _ in range(20_000)]
    values = [v for v in powers + complements + ends + uniform + small + anything if abs(v) < float("inf")]
    assert [pair for pair in zip(written(tmp_path, values), map(repr, values), strict=True) if pair[0] != pair[1]] == []


def test_what_is_not_finite_is_null(tmp_path):
    assert written(tmp_path, [float("nan"), -float("nan"), float("inf"), -float("inf")]) == ["null"] * 4
