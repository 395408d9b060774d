"""Whole runs: the same bytes for any number of processes and after any interruption; one bad file is not the end."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from drupelet.bulk import run as module
from drupelet.bulk import unfinished as unfinished_module
from drupelet.bulk.run import Ask, files_of, score
from drupelet.bulk.scorer import Scorer
from drupelet.decision import Decision, float32
from drupelet.errors import InputError
from runtime.bulk.scoring import csv_rows, errors_of, files_below, scored
from runtime.decided_files import decided_file

ROWS = [
    "a good film",
    "awful",
    '"a\nbad, bad film"',
    "zzz",
    "",
    "too,many,fields",
    '"good"x',
    "very good",
    "wonderful",
] * 3
TABLE = "text,n\n" + "".join(f"{row},{number}\n" for number, row in enumerate(ROWS))


@pytest.fixture
def inputs(tmp_path):
    """A folder of two CSV files of one name, a file of JSON lines, and one with a header alone."""
    folder = tmp_path / "in"
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "a.csv").write_text(TABLE)
    (folder / "deep" / "deeper" / "a.csv").write_text(TABLE.replace("good", "bad").replace("\n", "\r\n"))
    (folder / "deep" / "b.jsonl").write_text('{"text": "good"}\n{"txt": "bad"}\n' * 5)
    (folder / "empty.csv").write_text("text,n\n")
    (folder / "notes.md").write_text("no table")
    return folder


@pytest.fixture
def whole(tmp_path, inputs, scorer, small_parts):
    """The output of a run that nothing disturbed, with its errors."""
    scored(inputs, tmp_path / "whole", scorer)
    return files_below(tmp_path / "whole"), (tmp_path / "whole.errors.jsonl").read_bytes()


def result(out):
    """The output of a run with its errors; the folder of the unfinished run is gone."""
    assert not Path(f"{out}.unfinished").exists()
    return files_below(out), Path(f"{out}.errors.jsonl").read_bytes()


def test_a_folder_gives_a_folder_with_its_names(whole):
    files, errors = whole
    assert list(files) == ["a.csv", "deep/b.jsonl", "deep/deeper/a.csv", "empty.csv"]
    assert files["empty.csv"] == b"text,n,label,probability\n"
    assert len(csv_rows(files["a.csv"])) == 1 + 7 * 3
    assert files["deep/deeper/a.csv"].count(b"\r\n") >= 1 + 7 * 3
    assert len(errors.splitlines()) == 2 * 3 + 2 * 3 + 5


@pytest.mark.parametrize("jobs", [2, 3])
def test_processes_give_the_same_bytes(tmp_path, inputs, scorer, whole, jobs):
    scored(inputs, tmp_path / "out", scorer, jobs=jobs)
    assert result(tmp_path / "out") == whole


class Stopped(BaseException):
    """A run is stopped here, as by kill -9."""


def stop_at(patch, owner, name, call, before):
    """The call number ``call`` of a function is the last one; ``before`` does half of it."""
    real, calls = getattr(owner, name), [0]

    def counted(*arguments, **options):
        calls[0] += 1
        if calls[0] == call:
            before(*arguments)
            raise Stopped
        return real(*arguments, **options)

    patch.setattr(owner, name, counted)


def half_of(path, content):
    with path.open("ab") as stream:
        stream.write(content[: len(content) // 2])


def all_of(path, content):
    with path.open("ab") as stream:
        stream.write(content)


def nothing(*_):
    pass


def interrupted_everywhere(tmp_path, inputs, scorer, owner, name, before):
    """Runs that stop at the first call, at the second, and so on; each begun again. Gives what each becomes."""
    call = 0
    while True:
        call += 1
        out = tmp_path / f"{name}{call}"
        with pytest.MonkeyPatch.context() as patch:
            stop_at(patch, owner, name, call, before)
            try:
                scored(inputs, out, scorer)
            except Stopped:
                pass
            else:
                assert call > 1
                return
        scored(inputs, out, scorer, overwrite=out.exists())
        yield result(out)


@pytest.mark.parametrize("before", [nothing, half_of, all_of])
def test_a_run_that_is_killed_at_a_write_goes_on_to_the_same_bytes(tmp_path, inputs, scorer, whole, before):
    (inputs / "deep" / "deeper" / "a.csv").write_text("text\n" + "good\n" * 7)
    (inputs / "a.csv").write_text(TABLE[:200])
    scored(inputs, tmp_path / "whole", scorer, overwrite=True)
    expected = result(tmp_path / "whole")
    found = list(interrupted_everywhere(tmp_path, inputs, scorer, unfinished_module, "_append", before))
    assert len(found) > 15
    assert found == [expected] * len(found)


@pytest.mark.parametrize(
    ("owner", "name"),
    [(Path, "replace"), (Path, "mkdir"), (Path, "write_bytes"), (shutil, "rmtree")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_run_that_is_killed_between_two_files_goes_on_to_the_same_bytes(tmp_path, inputs, scorer, whole, owner, name):
    for found in interrupted_everywhere(tmp_path, inputs, scorer, owner, name, nothing):
        assert found == whole


def test_a_header_that_was_half_written_is_written_again(tmp_path, inputs, scorer, whole):
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, Path, "write_bytes", 1, lambda path, content: half_of(path, content))
        with pytest.raises(Stopped):
            scored(inputs, tmp_path / "out", scorer)
    assert (tmp_path / "out.unfinished" / "output" / "empty.csv").read_bytes() == b"text,n,label"
    scored(inputs, tmp_path / "out", scorer)
    assert result(tmp_path / "out") == whole


def stopped_after(parts, inputs, out, scorer, **options):
    """A run that ends behind so many parts."""
    left = [parts]

    def told(*_):
        left[0] -= 1
        if not left[0]:
            raise Stopped

    with pytest.raises(Stopped):
        score(Ask((str(inputs),), out, **options), scorer, told, lambda _: None)


def test_a_run_goes_on_with_another_number_of_processes(tmp_path, inputs, scorer, whole):
    stopped_after(4, inputs, tmp_path / "out", scorer)
    run = scored(inputs, tmp_path / "out", scorer, jobs=2)
    assert run.notices == [f"{tmp_path / 'out'}.unfinished: goes on behind row 12"]
    assert run.done.goes_on_from == 12
    assert sum(count for count, _ in run.told) == run.counts.answered + run.counts.bad - 12
    shares = [share for _, share in run.told]
    assert shares == sorted(shares)
    assert (0 < shares[0] < 0.2, shares[-1]) == (True, pytest.approx(1, abs=0.05))
    assert result(tmp_path / "out") == whole


def test_what_is_not_the_same_is_refused(tmp_path, inputs, scorer, bundle_folder, small_parts):
    out = tmp_path / "out"
    stopped_after(2, inputs, out, scorer)
    before = files_below(tmp_path)
    os.utime(inputs / "a.csv", (1, 1))
    with pytest.raises(InputError, match="an unfinished run with another input; nothing was changed"):
        scored(inputs, out, scorer)
    other = Scorer(bundle_folder, prefix="x_")
    with pytest.raises(InputError, match="another input, another choice of columns; nothing was changed"):
        scored(inputs, out, other)
    assert files_below(tmp_path) == before
    scored(inputs, out, other, begin_again=True)
    assert csv_rows((out / "a.csv").read_bytes())[0][-2:] == ["x_label", "x_probability"]


def test_another_bundle_is_refused(tmp_path, inputs, model, drupelet_file, small_parts):
    (tmp_path / "bundle.drupelet").write_bytes(drupelet_file)
    stopped_after(2, inputs, tmp_path / "out", Scorer(tmp_path / "bundle.drupelet"))
    (tmp_path / "bundle.drupelet").write_bytes(decided_file(model, Decision((), float32(0.6))))
    with pytest.raises(InputError, match="an unfinished run with another bundle; nothing was changed"):
        scored(inputs, tmp_path / "out", Scorer(tmp_path / "bundle.drupelet"))


@pytest.mark.parametrize("bad", [b"", b"PAR1 cut", b"\xff\xfea\0", b"a,b\n1,2\n", b"text,label\ngood,x\n"])
def test_a_file_that_cannot_be_read_is_not_the_end(tmp_path, inputs, scorer, whole, bad):
    (inputs / "deep" / "aa.csv").write_bytes(bad)
    run = scored(inputs, tmp_path / "out", scorer)
    name = str(inputs / "deep" / "aa.csv")
    assert list(run.failed) == [name]
    assert run.notices == [run.failed[name]]
    assert run.failed[name].startswith(name)
    assert result(tmp_path / "out") == whole


def test_a_file_that_vanishes_is_not_the_end(tmp_path, inputs, scorer, whole):
    gone = inputs / "deep" / "b.jsonl"

    def told(*_):
        gone.unlink(missing_ok=True)

    done = score(Ask((str(inputs),), tmp_path / "out"), scorer, told, lambda _: None)
    assert list(done.failed) == [str(gone)]
    assert "No such file" in done.failed[str(gone)]
    files, _ = whole
    assert files_below(tmp_path / "out") == {name: content for name, content in files.items() if name != "deep/b.jsonl"}
    assert {error["file"] for error in errors_of(tmp_path / "out")} == {
        str(inputs / "a.csv"),
        str(inputs / "deep" / "deeper" / "a.csv"),
    }


def test_a_file_that_becomes_shorter_fails_alone(tmp_path, inputs, scorer, small_parts):
    def told(*_):
        (inputs / "a.csv").write_text("text,n\n")

    # The first part is answered; the second one is cut from what is in the reader's buffer, and is not there any more.
    done = score(Ask((str(inputs),), tmp_path / "out"), scorer, told, lambda _: None)
    assert "became shorter while it was read" in done.failed[str(inputs / "a.csv")]
    assert "a.csv" not in files_below(tmp_path / "out")


def test_where_no_file_can_be_read_the_first_reason_is_the_error(tmp_path, inputs, scorer):
    with pytest.raises(InputError, match=r"a\.csv: no single column 'txet'"):
        scored(inputs, tmp_path / "out", scorer, text_column="txet")
    (tmp_path / "one.csv").write_bytes(b"")
    with pytest.raises(InputError, match="line 1: no row of CSV"):
        scored(tmp_path / "one.csv", tmp_path / "out.csv", scorer)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "one.csv"]


def test_a_full_disk_is_told_and_the_same_command_goes_on(tmp_path, inputs, scorer, whole, monkeypatch):
    real, calls = unfinished_module._append, [0]

    def full(path, content):
        calls[0] += 1
        if calls[0] == 9:
            real(path, content[:5])
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, content)

    monkeypatch.setattr(unfinished_module, "_append", full)
    with pytest.raises(
        InputError, match=r"out\.unfinished: cannot be written \(No space left on device\).*same command again"
    ):
        scored(inputs, tmp_path / "out", scorer)
    scored(inputs, tmp_path / "out", scorer)
    assert result(tmp_path / "out") == whole


def test_the_output_is_replaced_only_when_asked(tmp_path, inputs, scorer, whole):
    out = tmp_path / "out"
    scored(inputs, out, scorer)
    with pytest.raises(InputError, match="is there already; nothing was changed"):
        scored(inputs, out, scorer)
    (out / "a.csv").write_text("changed")
    scored(inputs, out, scorer, overwrite=True)
    assert result(out) == whole
    (out / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds 'mine\.txt', which is none of the output"):
        scored(inputs, out, scorer, overwrite=True)
    assert (out / "mine.txt").read_text() == "mine"


def test_one_file_gives_one_file(tmp_path, inputs, scorer):
    run = scored(inputs / "empty.csv", tmp_path / "new" / "out.csv", scorer)
    assert (run.done.files, run.counts.answered) == (1, 0)
    assert (tmp_path / "new" / "out.csv").read_bytes() == b"text,n,label,probability\n"


@pytest.mark.parametrize(
    ("given", "out", "message"),
    [
        ("in", "in", "holds the input"),
        ("in/a.csv", "in/../in/a.csv", "holds the input"),
        ("in/deep", ".", "holds the input"),
        ("in/deep/..", "in", "holds the input"),
        ("in", "in/out", "lies in the input folder in, whose files are read"),
        ("in", "in/deep/out", "lies in the input folder in"),
        ("in/a.csv", "there", "the output is a file, and there is a folder"),
        ("in/*.csv", "there.csv", "the output is a folder, and there is a file"),
        ("in/a.csv", "out.jsonl", "has the format of the input, which ends with .csv"),
        ("nothing*", "out", "no such file or folder, and no file matches it as a pattern"),
        ("there", "out", "no file that ends with .csv, .tsv"),
        ("/dev/null", "out", "no regular file"),
    ],
)
def test_places_that_do_not_fit_are_refused(tmp_path, inputs, scorer, monkeypatch, given, out, message):
    (tmp_path / "there").mkdir()
    (tmp_path / "there.csv").write_text("mine")
    monkeypatch.chdir(tmp_path)
    before = files_below(tmp_path)
    with pytest.raises(InputError) as refused:
        scored(given, Path(out), scorer, overwrite=True)
    assert message in str(refused.value)
    assert files_below(tmp_path) == before


def test_the_files_of_a_pattern_and_each_but_once(inputs, monkeypatch):
    monkeypatch.chdir(inputs.parent)
    assert list(map(str, files_of(["in/**/a.csv"]))) == ["in/a.csv", "in/deep/deeper/a.csv"]
    given = ["in/a.csv", "in", str(inputs / "a.csv"), "in/deep/../a.csv", "in/*.csv"]
    assert list(map(str, files_of(given))) == [
        "in/a.csv",
        "in/deep/b.jsonl",
        "in/deep/deeper/a.csv",
        "in/empty.csv",
    ]
    (inputs / "[a].csv").write_text("text\n")
    assert list(map(str, files_of(["in/[a].csv"]))) == ["in/[a].csv"]


def test_names_stand_below_what_all_have_in_common(tmp_path, inputs, monkeypatch):
    monkeypatch.chdir(inputs)
    paths = [inputs / "a.csv", Path("deep/../deep/b.jsonl")]
    assert module._names(paths) == ["a.csv", "deep/b.jsonl"]
    assert module._names(paths[1:]) == ["b.jsonl"]
