"""The folder of an unfinished run: whatever was half written is cut off, and another plan is refused."""

import errno
import json

import pytest

from drupelet.bulk import unfinished as module
from drupelet.bulk.part import Answered, BadRow, Part, Place
from drupelet.bulk.unfinished import Counts, Unfinished, unfinished_folder
from drupelet.errors import InputError

BEGIN = Place(5, 0, 1)
PLAN = {"input": [["a", 1, 2]], "bundle": "abc"}


def part(number, file=0):
    return Part(file, Place(number * 10, number, number), Place(number * 10 + 10, number + 1, number + 1))


def answered(number):
    return Answered(f"row {number}\n".encode(), 1, (BadRow(number, number, "why", "ä"),), 1)


def begun(out, again=False, plan=PLAN, names=("a.csv",)):
    found = Unfinished(out, names, names, is_folder=False)
    return found, found.begin(plan, again)


def filled(out, count):
    unfinished, _ = begun(out)
    for number in range(count):
        unfinished.add(part(number), answered(number), 10, b"head\n")
    return unfinished


def test_a_run_goes_on_where_it_was(tmp_path):
    filled(tmp_path / "out", 3)
    unfinished, goes_on = begun(tmp_path / "out")
    assert goes_on
    assert unfinished.counts == Counts(3, 3, 3)
    assert (unfinished.place(0, BEGIN), unfinished.done_bytes) == (Place(30, 3, 3), 30)
    assert unfinished.place(1, BEGIN) == BEGIN
    assert (unfinished.has_begun(0), unfinished.has_begun(1)) == (True, False)


DAMAGE = {
    "half a line": lambda folder: append(folder / "ledger.jsonl", b'{"file": 0, "pla'),
    "a line without its end": lambda folder: cut(folder / "ledger.jsonl", 1),
    "zeros in the ledger": lambda folder: append(folder / "ledger.jsonl", b"\0" * 100),
    "bytes that are no text in the ledger": lambda folder: append(folder / "ledger.jsonl", b"\xff\xfe\n"),
    "no ledger": lambda folder: (folder / "ledger.jsonl").unlink(),
    "more output": lambda folder: append(folder / "output" / "a.csv", b"row 3\nro"),
    "less output": lambda folder: cut(folder / "output" / "a.csv", 2),
    "no output": lambda folder: (folder / "output" / "a.csv").unlink(),
    "more errors": lambda folder: append(folder / "errors.jsonl", b'{"file'),
    "less errors": lambda folder: cut(folder / "errors.jsonl", 1),
    "no errors": lambda folder: (folder / "errors.jsonl").unlink(),
}


def append(path, content):
    with path.open("ab") as stream:
        stream.write(content)


def cut(path, size):
    path.write_bytes(path.read_bytes()[:-size])


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_what_was_half_written_is_cut_off(tmp_path, damage):
    filled(tmp_path / "whole", 5).finish()
    folder = filled(tmp_path / "out", 3).folder
    damage(folder)
    unfinished, goes_on = begun(tmp_path / "out")
    assert goes_on
    for number in range(unfinished.place(0, Place(0, 0, 0)).rows, 5):
        unfinished.add(part(number), answered(number), 10, b"head\n")
    assert unfinished.counts == Counts(5, 5, 5)
    unfinished.finish()
    for name in ("", ".errors.jsonl"):
        assert (tmp_path / f"out{name}").read_bytes() == (tmp_path / f"whole{name}").read_bytes()
    assert not folder.exists()


def test_a_row_group_that_is_not_whole_is_written_again(tmp_path):
    unfinished, _ = begun(tmp_path / "out")
    for number in range(3):
        unfinished.add(part(number), answered(number), 10, None)
    assert len(unfinished.groups(0)) == 3
    unfinished.group_path(0, 1).write_bytes(b"")
    unfinished, _ = begun(tmp_path / "out")
    assert unfinished.place(0, BEGIN).rows == 1
    assert len(unfinished.groups(0)) == 1


def test_another_plan_is_refused_and_nothing_is_changed(tmp_path):
    folder = filled(tmp_path / "out", 2).folder
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=r"an unfinished run with another input, another bundle; nothing was changed"):
        begun(tmp_path / "out", plan={"input": [], "bundle": "x"})
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    unfinished, goes_on = begun(tmp_path / "out", again=True, plan={"input": [], "bundle": "x"})
    assert (goes_on, unfinished.counts) == (False, Counts())
    assert [path.name for path in folder.iterdir()] == ["plan.json"]


def test_a_plan_that_was_never_whole_is_none(tmp_path):
    folder = unfinished_folder(tmp_path / "out")
    folder.mkdir()
    (folder / "plan.json.part").write_text('{"inp')
    _, goes_on = begun(tmp_path / "out")
    assert not goes_on
    assert json.loads((folder / "plan.json").read_text()) == PLAN


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_a_damaged_plan_is_refused(tmp_path, content):
    folder = filled(tmp_path / "out", 1).folder
    (folder / "plan.json").write_bytes(content)
    with pytest.raises(InputError, match=r"its plan\.json cannot be read; begin anew with --begin-again"):
        begun(tmp_path / "out")


def test_what_was_answered_of_a_file_that_failed_is_no_output(tmp_path):
    unfinished = Unfinished(tmp_path / "out", ["a.csv", "in/a.csv"], ["a.csv", "in/a.csv"], is_folder=True)
    unfinished.begin(PLAN, again=False)
    for file in (0, 1):
        unfinished.add(part(0, file), answered(file), 10, b"head\n")
    unfinished.fail(0, "unreadable")
    assert unfinished.counts == Counts(1, 1, 1)
    unfinished.finish()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["in"]
    (line,) = (tmp_path / "out.errors.jsonl").read_text().splitlines()
    assert json.loads(line)["file"] == "in/a.csv"


def test_old_errors_go_where_there_are_none(tmp_path):
    (tmp_path / "out.errors.jsonl").write_text("old")
    unfinished, _ = begun(tmp_path / "out")
    unfinished.add(part(0), Answered(b"row\n", 1, (), 0), 10, b"")
    unfinished.finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_a_full_disk_is_told_and_what_is_there_stays(tmp_path, monkeypatch):
    unfinished = filled(tmp_path / "out", 2)

    def full(path, content):
        append(path, content[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_append", full)
        with pytest.raises(
            InputError, match=r"cannot be written \(No space left on device\); what was answered so far is kept"
        ):
            unfinished.add(part(2), answered(2), 10, b"head\n")
    unfinished, _ = begun(tmp_path / "out")
    assert unfinished.place(0, BEGIN) == Place(20, 2, 2)
    assert unfinished.path(0).read_bytes() == b"head\nrow 0\nrow 1\n"


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        begun(tmp_path / "file" / "out")


def test_one_run_at_a_time(tmp_path):
    first, second = (Unfinished(tmp_path / "a.csv", ["a.csv"], ["a.csv"], is_folder=False) for _ in range(2))
    with first.alone():
        first.begin(PLAN, again=False)
        with pytest.raises(InputError, match=r"a\.csv\.unfinished: another run is writing this output"), second.alone():
            pass
    with second.alone():
        assert second.begin(PLAN, again=False)


@pytest.mark.parametrize("name", ["notes.txt", "plan.json.bak", "1-2.parquet"])
def test_a_folder_that_holds_something_else_is_left_alone(tmp_path, name):
    folder = tmp_path / "a.csv.unfinished"
    folder.mkdir()
    (folder / name).write_text("precious")
    (folder / "plan.json").write_text("{}")
    unfinished = Unfinished(tmp_path / "a.csv", ["a.csv"], ["a.csv"], is_folder=False)
    with (
        pytest.raises(InputError, match=f"holds '{name}', which no run has written; nothing was changed"),
        unfinished.alone(),
    ):
        pass
    assert (folder / name).read_text() == "precious"


def test_what_a_run_writes_is_known_as_its_own(tmp_path):
    unfinished = filled(tmp_path / "a.csv", 2)
    unfinished.group_path(0, 1_234_567).touch()
    (unfinished.folder / "errors.jsonl.part").touch()
    with unfinished.alone():
        assert unfinished.begin(PLAN, again=True) is False
    assert [path.name for path in unfinished.folder.iterdir()] == ["plan.json"]
