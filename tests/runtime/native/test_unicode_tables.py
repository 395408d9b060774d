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


def test_classes_of_every_character(tables):
    runs = tables["drp_class_runs"]
    starts = [run >> 8 for run in runs]
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    for bit, name in enumerate(CLASSES):
        members = set()
        for run, start, end in zip(runs, starts, [*starts[1:], CODES]):
            if run >> bit & 1:
                members.update(range(start, end))
        assert members == {code for first, last in unicode_data.ranges(name) for code in range(first, last + 1)}, name


def test_lower_case_of_every_character(tables):
    flat = tables["drp_lower_runs"]
    mapping, ends = {0x130: "i\u0307"}, [-1]  # the kernel has this one in its code
    for start, count, stride, delta in zip(*(flat[place::4] for place in range(4))):
        assert start > ends[-1], "runs ascend"
        ends.append(start + (count - 1) * stride)
        mapping.update((code, chr(code + delta)) for code in range(start, ends[-1] + 1, stride))
    assert mapping == unicode_data.lower_mapping()
