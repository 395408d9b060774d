"""A file or a folder takes its place in one step; what must not be replaced stays, whenever it came."""

import ctypes
import errno
import re
from pathlib import Path

import pytest

from drupelet.errors import InputError
from drupelet_export.bundle import taking_place
from drupelet_export.bundle.taking_place import take_place


class ForeignError(Exception):
    """What is there must stay."""


def check(path):
    """Only "old" may be replaced."""
    if path.is_file() and path.read_text() != "old":
        raise ForeignError
    if path.is_dir() and any(inside.name != "old" for inside in path.iterdir()):
        raise ForeignError


def make(path, kind, content):
    if kind == "file":
        path.write_text(content)
    else:
        path.mkdir()
        (path / content).write_text("")
    return path


def content_of(path):
    return path.read_text() if path.is_file() else " ".join(sorted(inside.name for inside in path.iterdir()))


@pytest.fixture(params=["file", "folder"])
def kind(request):
    return request.param


@pytest.fixture(params=["one step", errno.EINVAL, errno.ENOSYS, "no such function"])
def system(request, monkeypatch):
    """Systems with and without a rename that exchanges."""
    if request.param == "no such function":
        monkeypatch.setattr(taking_place.ctypes, "CDLL", lambda *_, **__: object())
    elif request.param != "one step":
        fails_with(monkeypatch, request.param)
    return request.param


def fails_with(monkeypatch, code):
    """A system whose renameat2 fails with this error."""

    class Libc:
        @staticmethod
        def renameat2(*_):
            ctypes.set_errno(code)
            return -1

    monkeypatch.setattr(taking_place.ctypes, "CDLL", lambda *_, **__: Libc)


@pytest.mark.usefixtures("system")
def test_a_free_place_is_taken(kind, tmp_path):
    take_place(make(tmp_path / "new", kind, "new"), tmp_path / "place", check)
    assert content_of(tmp_path / "place") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


@pytest.mark.usefixtures("system")
def test_what_is_replaced_lies_where_the_new_was(kind, tmp_path):
    make(tmp_path / "place", kind, "old")
    take_place(make(tmp_path / "new", kind, "new"), tmp_path / "place", check)
    assert (content_of(tmp_path / "place"), content_of(tmp_path / "new")) == ("new", "old")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "place"]


@pytest.mark.usefixtures("system")
def test_what_must_stay_stays(kind, tmp_path):
    make(tmp_path / "place", kind, "work")
    with pytest.raises(ForeignError):
        take_place(make(tmp_path / "new", kind, "new"), tmp_path / "place", check)
    assert (content_of(tmp_path / "place"), content_of(tmp_path / "new")) == ("work", "new")


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("before", ["nothing", "old"])
def test_what_comes_between_the_look_and_the_move_stays(kind, tmp_path, before):
    place = tmp_path / "place"
    if before == "old":
        make(place, kind, "old")
    looks = []

    def late(path):
        looks.append(path)
        check(path)
        if len(looks) == 1:
            if kind == "file":
                place.write_text("work")
            else:
                place.mkdir(exist_ok=True)
                (place / "work").write_text("")

    with pytest.raises(ForeignError):
        take_place(make(tmp_path / "new", kind, "new"), place, late)
    assert "work" in content_of(place)
    assert content_of(tmp_path / "new") == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "place"]


def test_what_goes_away_between_the_look_and_the_move_is_no_failure(tmp_path, monkeypatch):
    make(tmp_path / "place", "file", "old")
    exchange = taking_place._exchange

    def gone(new, place):
        place.unlink(missing_ok=True)
        exchange(new, place)

    monkeypatch.setattr(taking_place, "_exchange", gone)
    take_place(make(tmp_path / "new", "file", "new"), tmp_path / "place", check)
    assert content_of(tmp_path / "place") == "new"


def test_a_place_that_never_keeps_still_is_given_up(tmp_path, monkeypatch):
    def gone(new, place):
        raise FileNotFoundError

    make(tmp_path / "place", "file", "old")
    monkeypatch.setattr(taking_place, "_exchange", gone)
    with pytest.raises(OSError, match="another program keeps changing it"):
        take_place(make(tmp_path / "new", "file", "new"), tmp_path / "place", check)


def test_another_error_is_passed_on(kind, tmp_path, monkeypatch):
    fails_with(monkeypatch, errno.EACCES)
    make(tmp_path / "place", kind, "old")
    with pytest.raises(PermissionError):
        take_place(make(tmp_path / "new", kind, "new"), tmp_path / "place", check)
    assert content_of(tmp_path / "place") == "old"


def failing_rename(monkeypatch, fails):
    rename = Path.rename

    def renamed(self, target):
        if fails(self):
            raise OSError(errno.EIO, "Input/output error", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", renamed)


def test_what_was_moved_aside_is_moved_back_when_the_new_one_cannot_take_its_place(kind, tmp_path, monkeypatch):
    fails_with(monkeypatch, errno.EINVAL)
    make(tmp_path / "place", kind, "old")
    failing_rename(monkeypatch, lambda path: path.name == "new")
    with pytest.raises(OSError, match="Input/output error"):
        take_place(make(tmp_path / "new", kind, "new"), tmp_path / "place", check)
    assert content_of(tmp_path / "place") == "old"


def test_an_error_says_where_the_old_one_is_when_it_cannot_be_moved_back(kind, tmp_path, monkeypatch):
    fails_with(monkeypatch, errno.EINVAL)
    make(tmp_path / "place", kind, "old")
    failing_rename(monkeypatch, lambda path: path.name != "place")
    message = r"place: cannot be written \(Input/output error\); what was there is now at (\S+\.old), move it back"
    with pytest.raises(InputError, match=message) as caught:
        take_place(make(tmp_path / "new", kind, "new"), tmp_path / "place", check)
    found = re.search(message, str(caught.value))
    assert found is not None
    assert content_of(Path(found.group(1))) == "old"
