"""``drupelet score`` as users run it: what it prints, its exit status, and runs that are interrupted, killed or out of room."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from runtime.bulk.scoring import csv_rows, errors_of, files_below

TABLE = 'text,n\na good film,1\nbad\n"very, very bad",3\nzzz,4\n'


@pytest.fixture
def given(tmp_path):
    """A file with a bad row, and one of words that the network does not know."""
    path = tmp_path / "in.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def large(tmp_path):
    """A file of many parts."""
    path = tmp_path / "large.csv"
    path.write_text("text,n\n" + "".join(f"{'a good film ' * 40}{number},{number}\n" for number in range(30_000)))
    return path


def test_what_it_prints(run, given, bundle_folder, tmp_path):
    out = tmp_path / "out.csv"
    status, printed, said = run("score", given, "--bundle", bundle_folder, "--out", out)
    assert (status, said) == (0, "")
    first, *others = printed.splitlines()
    assert re.fullmatch(re.escape(f"{out}: 3 rows answered, ") + r"[\d,]+ rows a second", first)
    assert others == [
        f"{out}.errors.jsonl: 1 row that could not be answered, each with the reason",
        "1 of the texts have no word that the network knows",
    ]
    rows = csv_rows(out.read_bytes())
    assert [row[0] for row in rows] == ["text", "a good film", "very, very bad", "zzz"]
    status, printed, _ = run("predict", bundle_folder, "a good film", "--json")
    answer = json.loads(printed)["predictions"][0]
    assert rows[1][2:] == [answer["label"], f"{answer['probability']:.6f}"]


def test_the_document(run_json, given, bundle_folder, tmp_path):
    status, document = run_json("score", given, "--bundle", bundle_folder, "--out", tmp_path / "out.csv", "--strict")
    assert status == 1
    assert document.pop("seconds") > 0
    assert document == {
        "schema_version": 1,
        "bundle": str(bundle_folder),
        "model": document["model"],
        "engine": document["engine"],
        "out": str(tmp_path / "out.csv"),
        "files": 1,
        "answered": 3,
        "bad": 1,
        "without_words": 1,
        "failed": {},
    }
    assert (Path(document["bundle"]) / document["model"]).is_file()


def test_options_reach_the_reader(run, bundle_folder, tmp_path):
    (tmp_path / "in.txt").write_text("1;good;x\n2;bad;y\n")
    out = tmp_path / "out.txt"
    options = ("--no-header", "--text-column", "2", "--delimiter", "semicolon", "--prefix", "p_", "--probabilities")
    status, _, _ = run("score", tmp_path / "in.txt", "--bundle", bundle_folder, "--out", out, *options, "--strict")
    assert status == 0
    rows = csv_rows(out.read_bytes(), ";")
    assert [row[:3] for row in rows] == [["1", "good", "x"], ["2", "bad", "y"]]
    assert [len(row) for row in rows] == [3 + 2 + 2] * 2


def test_a_file_that_cannot_be_read_is_named_and_the_status_is_1(run, given, bundle_folder, tmp_path):
    (tmp_path / "broken.csv").write_bytes(b"\xff\n")
    out = tmp_path / "out"
    status, printed, said = run("score", given, tmp_path / "broken.csv", "--bundle", bundle_folder, "--out", out)
    reason = f"{tmp_path / 'broken.csv'}: line 1: no row of CSV; expected the names of its columns, or --no-header"
    assert status == 1
    assert printed.splitlines()[-1] == f"not in the output: {reason}"
    assert said == f"{reason}\n"
    assert list(files_below(out)) == ["in.csv"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--text-column", "txt"], "no single column 'txt'; did you mean 'text'"),
        (["--prefix", "\udcff"], "the prefix '\\udcff' has half a character, or a byte that is not UTF-8"),
        (["--jobs", "0"], "'0' is no number from 1 to 256"),
        (["--delimiter", '"'], "is no delimiter"),
        (["--engine", "none"], "none"),
    ],
)
def test_what_does_not_fit_is_refused(run, given, bundle_folder, tmp_path, options, message):
    status, printed, said = run("score", given, "--bundle", bundle_folder, "--out", tmp_path / "out.csv", *options)
    assert (status, printed) == (2, "")
    assert message in said
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_columns_that_are_there_already_want_a_prefix(run, bundle_folder, tmp_path):
    (tmp_path / "in.csv").write_text("text,label\ngood,x\n")
    arguments = ("score", tmp_path / "in.csv", "--bundle", bundle_folder, "--out", tmp_path / "out.csv")
    status, _, said = run(*arguments)
    assert status == 2
    assert "have a column 'label' already, as the answers would be called; give them a prefix, such as answer_" in said
    assert run(*arguments, "--prefix", "answer_")[0] == 0
    assert csv_rows((tmp_path / "out.csv").read_bytes())[0] == ["text", "label", "answer_label", "answer_probability"]


def wait_for_parts(process, ledger, count=1):
    """Until so many parts are in the ledger."""
    end = time.monotonic() + 60
    while not (ledger.exists() and ledger.read_bytes().count(b"\n") >= count):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.002)


def children(process):
    """The processes that a process has started."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in found.stdout.split()]


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError):  # a zombie is gone, though nobody has asked for its status
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_run_that_is_interrupted_or_killed_goes_on_to_the_same_bytes(start, large, bundle_folder, tmp_path):
    out, ledger = tmp_path / "out.csv", tmp_path / "out.csv.unfinished" / "ledger.jsonl"
    command = ("score", large, "--bundle", bundle_folder, "--jobs", 2)
    process = start(*command, "--out", out)
    wait_for_parts(process, ledger)
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=60)
    assert (process.returncode, printed) == (130, b"")
    assert said.decode() == (
        f"{ledger.parent}: what was answered so far; the same command goes on from there\ndrupelet score: interrupted\n"
    )
    before = ledger.read_bytes().count(b"\n")
    process = start(*command, "--out", out)
    wait_for_parts(process, ledger, before + 1)
    workers = children(process)
    process.kill()
    process.wait()
    end = time.monotonic() + 20
    while any(map(is_there, workers)):
        assert time.monotonic() < end, "processes that nobody waits for"
        time.sleep(0.01)
    assert not out.exists()
    process = start(*command, "--out", out)
    printed, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "goes on behind row" in said.decode()
    assert "30,000 rows answered" in printed.decode()
    start("score", large, "--bundle", bundle_folder, "--out", tmp_path / "one.csv").communicate(timeout=60)
    assert out.read_bytes() == (tmp_path / "one.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large.csv", "one.csv", "out.csv"]


def test_where_there_is_no_room_the_same_command_goes_on(start, large, bundle_folder, tmp_path):
    resource = pytest.importorskip("resource", reason="limits of POSIX")
    out = tmp_path / "out.csv"
    command = ("score", large, "--bundle", bundle_folder, "--out", out)
    limit = 3_000_000
    process = start(*command, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    printed, said = process.communicate(timeout=60)
    assert (process.returncode, printed) == (2, b"")
    assert "cannot be written (File too large); what was answered so far is kept there: make room" in said.decode()
    assert not out.exists()
    process = start(*command)
    printed, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert [row[1] for row in csv_rows(out.read_bytes())] == ["n", *map(str, range(30_000))]
    assert errors_of(out) == []
