"""The kernel's tables of Unicode, unicode_tables.h, say what those of Python say: one program wrote both."""

import re
from pathlib import Path

import pytest

from drupelet.text import unicode_data
from drupelet.text.unicode_tables import CLASSES, SPACES

HEADER = Path(__file__).parents[3] / "runtime" / "csrc" / "unicode_tables.h"
CODES = 0x110000


@pytest.fixture(scope="module")
def tables():
    """The numbers of each array of the header, by its name."""
    if not HEADER.exists():
        pytest.skip("no sources of the kernel beside these tests")
    arrays = re.findall(r"(\w+)\[\w*\] = \{(.+?)\n\};", HEADER.read_text(encoding="utf-8"), re.DOTALL)
    return {name: [int(number, 0) for number in re.findall(r"-?\w+", body)] for name, body in arrays}


def test_white_space(tables):
    flat = tables["drp_space_ranges"]
    assert tuple(zip(flat[::2], flat[1::2])) == SPACES


@pytest.fixture(scope="module")
def class_runs(tables):
    """Of each run of equal classes its place in the array, its first code point, its length and its bits."""
    coded = tables["drp_class_runs"]
    runs, place, start = [], 0, 0
    while place < len(coded):
        first, length, shift = place, 0, 0
        while coded[place] > 127:
            length |= (coded[place] & 127) << shift
            shift += 7
            place += 1
        length |= coded[place] << shift
        runs.append((first, start, length, coded[place + 1]))
        start += length
        place += 2
    return runs


def test_classes_of_every_character(class_runs):
    assert all(length > 0 for _, _, length, _ in class_runs)
    assert sum(length for _, _, length, _ in class_runs) == CODES
    for bit, name in enumerate(CLASSES):
        members = set()
        for _, start, length, bits in class_runs:
            if bits >> bit & 1:
                members.update(range(start, start + length))
        assert members == {code for first, last in unicode_data.ranges(name) for code in range(first, last + 1)}, name


def test_blocks_begin_where_their_runs_do(tables, class_runs):
    flat = tables["drp_class_blocks"]
    assert list(zip(flat[::2], flat[1::2])) == [(start, place) for place, start, _, _ in class_runs[::32]]
    assert max(flat[1::2]) < 1 << 16


def test_lower_case_of_every_character(tables):
    flat = tables["drp_lower_runs"]
    mapping, ends = {0x130: "i\u0307"}, [-1]  # the kernel has this one in its code
    for start, count, stride, delta in zip(*(flat[place::4] for place in range(4))):
        assert start > ends[-1], "runs ascend"
        ends.append(start + (count - 1) * stride)
        mapping.update((code, chr(code + delta)) for code in range(start, ends[-1] + 1, stride))
    assert mapping == unicode_data.lower_mapping()
