"""Hostile GRPH sections: the kernel and Python's reader refuse the same ones."""

from __future__ import annotations

import random
import re
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.errors import DrupeletError, FormatError
from drupelet.graph import MAX_WORK
from drupelet.graph_section import decode_graph, encode_graph
from drupelet.schemes import SCHEMES
from runtime.costly_networks import COSTLY, longest
from runtime.format_writer import model_file
from runtime.native.file_surgery import joined, parts_of, patched, u32
from runtime.networks import model_of
from runtime.operation_cases import CASES
from runtime.random_graphs import graphs

NO_VALUE = 0xFFFFFFFF
WRONG = (0, 1, 2, 3, 5, 6, 7, 8, 16, 17, 64, 65, 1024, 1025, 1 << 16, (1 << 16) + 1, 1 << 20, (1 << 20) + 1, 1 << 22,
         (1 << 22) + 1, (1 << 31) - 1, 1 << 31, NO_VALUE - 1, NO_VALUE, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000,
         0x7FC00000, 0x80000000)  # fmt: skip
"""Numbers that are limits somewhere, and floats: 1, -1, infinities, none, -0."""
LATER = re.compile(
    r"here: (tensor '|its weights take|\d+ sections, the network has|the vocabulary has|"
    r"\d+ labels for|the text rules cut)"
)
"""What the kernel says of files whose graph it has accepted."""


@pytest.fixture(scope="module")
def refusals(native):
    """A function that gives what each reader says of a section: a message, or None where it accepts the graph."""
    parts = parts_of(model_file(model_of(CASES["reduce max"])))

    def read(section):
        try:
            decode_graph(memoryview(section))
            python = None
        except FormatError as error:
            python = str(error)
        parts[0][4] = section
        try:
            native.Model(joined(parts), "here")
            kernel = None
        except DrupeletError as error:
            kernel = str(error)
        return python, kernel

    assert parts[0][0] == b"graph"
    return read


def assert_alike(refusals, section, what):
    python, kernel = refusals(section)
    if (
        python is not None and "uses the weights of operation" in python
    ):  # the kernel compares shapes when it reads tensors
        assert kernel is not None, f"{what}: Python says {python}"
        return
    accepts = kernel is None or LATER.match(kernel) is not None
    assert accepts == (python is None), f"{what}: the kernel says {kernel}, Python {python}"
    assert kernel is None or "memory" not in kernel, what


@pytest.mark.parametrize("make", COSTLY.values(), ids=COSTLY)
def test_both_readers_count_the_work_of_a_text_alike(refusals, make):
    tokens, _ = longest(make)
    section = encode_graph(make(tokens), "wi8")
    assert_alike(refusals, section, tokens)
    assert refusals(section)[0] is None
    python, kernel = refusals(patched(section, 8, u32(tokens + 1)))  # max_tokens
    assert python.startswith("a text takes ")
    assert kernel == f"here: a text takes more than {MAX_WORK} multiplications; shorten max_tokens"


@pytest.mark.parametrize("seed", range(2))
def test_each_number_of_every_case(refusals, seed):
    rng = random.Random(seed)  # noqa: S311
    for name, graph in CASES.items():
        section = encode_graph(graph, rng.choice(SCHEMES))
        for at in range(0, len(section), 4):
            (held,) = struct.unpack_from("<I", section, at)
            value = rng.choice((*WRONG, (held + 1) & NO_VALUE, (held - 1) & NO_VALUE, held ^ 1))
            assert_alike(refusals, patched(section, at, u32(value)), f"{name}, number {at // 4}: {held} -> {value}")


def test_a_section_that_is_cut_or_longer(refusals):
    for name in ("recurrent shared", "recurrent initial states", "recurrent stacked"):
        section = encode_graph(CASES[name], "f32")
        for size in range(len(section)):
            assert_alike(refusals, section[:size], f"{name} cut to {size}")
        assert_alike(refusals, section + b"\0", f"{name} and a byte")
        assert_alike(refusals, section + section[20:], f"{name} and more")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_random_graphs_with_wrong_numbers(refusals, data):
    section = encode_graph(data.draw(graphs()), "wi8")
    assert_alike(refusals, section, "sound")
    for _ in range(data.draw(st.integers(1, 3))):
        at = 4 * data.draw(st.integers(0, len(section) // 4 - 1))
        value = data.draw(st.one_of(st.sampled_from(WRONG), st.integers(0, 12), st.integers(0, NO_VALUE)))
        section = patched(section, at, u32(value))
    assert_alike(refusals, section, section.hex())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(refusals, content):
    assert_alike(refusals, content, content.hex())
    assert_alike(refusals, u32(0, 0, NO_VALUE, 0, 1) + content, content.hex())
