import copy
import dataclasses
import pickle
import pydoc
import subprocess
import sys

import pytest

from drupelet.graph import Graph
from drupelet.manifest import Manifest
from drupelet.operations.operation import Operation
from drupelet.value import Value, field_names


class Point(Value):
    x: int
    y: int = 2
    tags: tuple[str, ...] = ()

    def __post_init__(self):
        if self.x < 0:
            raise ValueError(f"x is {self.x}")

    @property
    def sum(self):
        return self.x + self.y


@dataclasses.dataclass(frozen=True)
class Like:
    x: int
    y: int = 2
    tags: tuple[str, ...] = ()


class Other(Value):
    x: int
    y: int
    tags: tuple[str, ...]


@pytest.mark.parametrize(
    ("given", "named"),
    [((1,), {}), ((1, 3), {}), ((1, 3, ("a",)), {}), ((), {"x": 1}), ((1,), {"tags": ()}), ((), {"y": 3, "x": 1})],
)
def test_it_is_built_like_a_dataclass(given, named):
    value, like = Point(*given, **named), Like(*given, **named)
    assert list(vars(value).items()) == list(vars(like).items())
    assert repr(value) == repr(like).replace("Like", "Point")
    assert hash(value) == hash(like)


@pytest.mark.parametrize("cls", [Value, Operation, Point, Graph, Manifest])
def test_help_shows_a_class(cls):
    assert f"class {cls.__name__}" in pydoc.render_doc(cls, renderer=pydoc.plaintext)


def test_a_class_without_fields_is_a_dataclass_without_fields():
    assert dataclasses.fields(Value) == dataclasses.fields(Operation) == ()
    assert field_names(Value) == field_names(Operation) == ()


@pytest.mark.parametrize(
    ("given", "named", "message"),
    [
        ((), {}, r"^Point lacks its field 'x'$"),
        ((), {"y": 1}, r"^Point lacks its field 'x'$"),
        ((1,), {"z": 1}, r"^Point got 1 values and \['z'\], expected its fields \('x', 'y', 'tags'\)$"),
        ((1,), {"x": 1}, r"^Point got 1 values and \['x'\], expected its fields"),
        ((1, 2, (), 4), {}, r"^Point got 4 values and \[\], expected its fields"),
    ],
)
def test_other_fields_than_it_has(given, named, message):
    with pytest.raises(TypeError, match=message):
        Point(*given, **named)


def test_it_rejects_what_cannot_be():
    with pytest.raises(ValueError, match="x is -1"):
        Point(-1)
    with pytest.raises(ValueError, match="x is -1"):
        dataclasses.replace(Point(1), x=-1)


def test_it_equals_values_of_its_class_with_equal_fields():
    assert Point(1) == Point(1, 2)
    assert Point(1) != Point(1, 3)
    assert Point(1) != Other(1, 2, ())
    assert Point(1) != (1, 2, ())
    assert len({Point(1), Point(1, 2), Point(2)}) == 2


def test_a_value_with_a_field_that_has_no_hash_has_none():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(1, 2, []))


def test_it_never_changes():
    value = Point(1)
    with pytest.raises(AttributeError, match=r"^Point is a value: 'x' cannot be set, make another one$"):
        value.x = 2
    with pytest.raises(AttributeError, match=r"^Point is a value: 'new' cannot be set"):
        value.new = 2
    with pytest.raises(AttributeError, match=r"^Point is a value: 'x' cannot be deleted, make another one$"):
        del value.x
    assert value == Point(1)


def test_the_functions_of_dataclasses_work_on_it():
    value = Point(1, tags=("a",))
    assert dataclasses.is_dataclass(value)
    assert dataclasses.is_dataclass(Point)
    assert dataclasses.replace(value, y=5) == Point(1, 5, ("a",))
    assert dataclasses.asdict(value) == {"x": 1, "y": 2, "tags": ("a",)}
    assert [(field.name, field.default) for field in dataclasses.fields(Point)] == [
        ("x", dataclasses.MISSING), ("y", 2), ("tags", ())
    ]  # fmt: skip
    assert field_names(Point) == ("x", "y", "tags")


def test_copies_and_pickles_are_equal():
    value = Point(1, tags=("a",))
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):  # noqa: S301
        assert other == value
        assert other.sum == 3


def test_making_values_imports_nothing():
    code = (
        "import sys; before = set(sys.modules)\n"
        "from drupelet.value import Value\n"
        "class A(Value):\n    x: int\n"
        "A(1) == A(x=2); repr(A(3))\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {name for name in imported.split() if name.partition(".")[0] != "drupelet"} == {"__future__"}
