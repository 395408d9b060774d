"""JSON becomes dataclasses as their annotations allow. An error names the field of anything else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from drupelet.errors import FormatError
from drupelet_export.report.typed_json import from_json, missing_fields, to_json


@dataclass(frozen=True, kw_only=True)
class Leaf:
    word: str
    weight: float | None = None

    def __post_init__(self) -> None:
        if self.word == "bad":
            raise FormatError("a bad word")


@dataclass(frozen=True, kw_only=True)
class Other:
    number: int


@dataclass(frozen=True, kw_only=True)
class Tree:
    count: int
    share: float
    whole: bool
    pair: tuple[float | None, float | None] = (None, None)
    leaves: tuple[Leaf, ...] = ()
    named: Mapping[str, Leaf | None] | None = None
    mixed: tuple[Leaf | Other, ...] = ()


TREE = {"count": 3, "share": 1, "whole": True}


def read(**changes: Any) -> Tree:
    return from_json(Tree, {**TREE, **changes}, "tree")


def test_json_becomes_a_dataclass_and_json_again() -> None:
    tree = read(
        pair=[0.5, math.inf],
        leaves=[{"word": "a", "weight": -1}, {"word": "b"}],
        named={"x": {"word": "c", "weight": None}, "y": None},
        mixed=[{"number": 7}, {"word": "d"}],
    )
    assert tree == Tree(
        count=3, share=1.0, whole=True, pair=(0.5, None), leaves=(Leaf(word="a", weight=-1.0), Leaf(word="b")),
        named={"x": Leaf(word="c"), "y": None}, mixed=(Other(number=7), Leaf(word="d")),
    )  # fmt: skip
    assert type(tree.share) is float
    assert to_json(tree) == {
        "count": 3, "share": 1.0, "whole": True, "pair": [0.5, None],
        "leaves": [{"word": "a", "weight": -1.0}, {"word": "b", "weight": None}],
        "named": {"x": {"word": "c", "weight": None}, "y": None}, "mixed": [{"number": 7}, {"word": "d", "weight": None}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 1.0}, r"tree: count is 1.0, expected a whole number from 0 to 1e15$"),
        ({"count": True}, "tree: count is True, expected a whole number"),
        ({"count": -1}, "tree: count is -1, expected a whole number"),
        ({"count": None}, "tree: count is None, expected a whole number"),
        ({"share": math.nan}, "tree: share is nan, expected a number$"),
        ({"share": False}, "tree: share is False, expected a number"),
        ({"share": 10**16}, "tree: share is 10000000000000000, expected a number"),
        ({"whole": 0}, "tree: whole is 0, expected true or false"),
        ({"pair": [1.0]}, r"tree: pair is \[1.0\], expected 2 values"),
        ({"leaves": {}}, r"tree: leaves is {}, expected a list"),
        ({"leaves": [{"word": "a"}, {"word": 7}]}, r"tree: leaves\[1\]: word is 7, expected text"),
        ({"leaves": [{"weight": 7}]}, r"tree: leaves\[0\]: field 'word' is missing; export it again"),
        ({"leaves": [{"word": "bad"}]}, r"^tree: leaves\[0\]: a bad word$"),
        (
            {"named": {"x\n": {"word": "c", "wait": 1}}},
            r"tree: named: 'x\\n': unknown fields 'wait'; upgrade drupelet or",
        ),
        ({"named": []}, r"tree: named is \[\], expected an object"),
        ({"mixed": [{}]}, r"tree: mixed\[0\]: field 'word' is missing"),
        ({"mixed": ["a"]}, r"tree: mixed\[0\] is 'a', expected an object"),
        ({7: 7}, "tree: unknown fields 7; upgrade"),
    ],
)
def test_a_value_that_the_annotations_do_not_allow_is_named(changes: dict[Any, Any], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        from_json(Tree, {**TREE, **changes}, "tree")


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(FormatError) as caught:
        read(whole="x" * 1_000_000)
    assert len(str(caught.value)) < 120


def test_missing_fields_are_those_without_a_default() -> None:
    assert missing_fields(Tree, {"whole": True}) == ["count", "share"]
