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
from drupelet.value import Value, field_names, fields_of, is_late


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


class Source:
    """Makes a Point whole, and counts how often."""

    def __init__(self, y=3, error=None):
        self.y, self.error, self.made = y, error, 0

    def __call__(self):
        self.made += 1
        if self.error:
            raise self.error
        return Late(1, self.y, ("late",))


class Late(Value):
    x: int
    y: int
    tags: tuple[str, ...]


def test_late_fields_are_made_once_and_when_they_are_asked_for():
    source = Source()
    late = Late.late({"x": 1}, source)
    assert (late.x, is_late(late), source.made) == (1, True, 0)
    assert (late.y, late.tags, is_late(late), source.made) == (3, ("late",), False, 1)


@pytest.mark.parametrize(
    "use",
    [
        lambda late, whole: late == whole and whole == late,
        lambda late, whole: hash(late) == hash(whole),
        lambda late, whole: sorted(repr(late)) == sorted(repr(whole)),
        lambda late, whole: pickle.loads(pickle.dumps(late)) == whole,  # noqa: S301 - made here
        lambda late, whole: copy.deepcopy(late) == whole,
        lambda late, whole: dataclasses.replace(late) == whole,
        lambda late, whole: dataclasses.asdict(late) == dataclasses.asdict(whole),
        lambda late, whole: fields_of(late) == fields_of(whole) == {"x": 1, "y": 3, "tags": ("late",)},
    ],
)
def test_a_late_value_is_the_value(use):
    assert use(Late.late({"x": 1}, Source()), Late(1, 3, ("late",)))


def test_a_late_value_that_cannot_be_made_says_so_each_time():
    late = Late.late({"x": 1}, Source(error=ValueError("y is missing")))
    for _ in range(2):
        with pytest.raises(ValueError, match=r"^y is missing$"):
            late.y  # noqa: B018
    assert late.x == 1


def test_a_late_value_has_no_other_attributes():
    source = Source()
    with pytest.raises(AttributeError, match=r"^'Late' object has no attribute 'z'$"):
        Late.late({"x": 1}, source).z  # noqa: B018
    assert source.made == 0
    with pytest.raises(AttributeError, match=r"^'Point' object has no attribute 'z'$"):
        Point(1).z  # noqa: B018
