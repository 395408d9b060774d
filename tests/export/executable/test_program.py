"""The C program on this machine, under AddressSanitizer and UndefinedBehaviorSanitizer, acts like ``drupelet predict``."""

import io
import json
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

import drupelet
from drupelet import _native
from drupelet.cli.main import main
from drupelet.text_source import MAX_LINE_BYTES
from drupelet.version import __version__
from export.executable.programs import BUNDLE, STRANGE_LABELS, run_program
from runtime.line_cases import CASES, CASES_OF_LONG_LINES, CONVERT

TEXTS = [
    "A wonderful film!",
    "",
    "the movie is awful, very BAD",
    "caf\u00e9 \u2003\u0130 good",
    "bad\x00good",
    "the " * 3000 + "bad",
]


def lines_of(bundle, texts):
    return [f"{p.label}\t{p.probability:.6f}" for p in drupelet.load(bundle, "native").predict(texts)]


def test_texts_as_arguments(run):
    texts = [text for text in TEXTS if "\x00" not in text]
    status, out, err = run(*texts)
    assert (status, out.splitlines(), err) == (0, lines_of(BUNDLE, texts), "")


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_texts_from_stdin(run, arguments):
    status, out, err = run(*arguments, stdin="\n".join(TEXTS).encode())
    assert (status, out.splitlines(), err) == (0, lines_of(BUNDLE, TEXTS), "")


def test_all_line_endings_are_read(run):
    status, out, _ = run(stdin=b"good\r\nbad\r\r\n\n\r\ngood")
    assert (status, out.splitlines()) == (0, lines_of(BUNDLE, ["good", "bad", "", "", "good"]))
    assert run(stdin=b"") == (0, "", "")
    assert run(stdin=b"\n") == (0, lines_of(BUNDLE, [""])[0] + "\n", "")


def test_a_text_that_looks_like_an_option_goes_after_two_hyphens(run):
    assert run("--", "--json", "-")[1].splitlines() == lines_of(BUNDLE, ["--json", "-"])
    assert run("good", "-")[1].splitlines() == lines_of(BUNDLE, ["good", "-"])


@pytest.mark.parametrize("from_stdin", [False, True])
def test_json_is_that_of_drupelet_predict_byte_for_byte(strange_file, strange_program, capsys, from_stdin):
    texts = ["", "abar b \U0001f600", "cold dard dibb", "a" * 500, "qzx", "b", "bold cumm old"]
    assert main(["predict", str(strange_file), *texts, "--json"]) == 0
    expected = capsys.readouterr().out
    given = () if from_stdin else texts
    status, out, err = run_program(strange_program, "--json", *given, stdin="\n".join(texts).encode())
    assert (status, out, err) == (0, expected, "")
    document = json.loads(out)
    assert document["predictions"][0]["probability"] is None  # nothing to average over: NaN
    assert {one["label"] for one in document["predictions"]} <= set(STRANGE_LABELS)
    plain = run_program(strange_program, *texts)[1].splitlines()
    assert plain == lines_of(strange_file, texts)
    assert plain[0] == f"{STRANGE_LABELS[0]}\tnan"


def test_json_of_no_text_is_a_document(run, capsys, monkeypatch):
    status, out, _ = run("--json", stdin=b"")
    assert (status, json.loads(out)["predictions"]) == (0, [])


def test_answers_come_before_the_next_text_is_given(golden_program):
    process = subprocess.Popen([golden_program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    expected = lines_of(BUNDLE, ["good", "bad"])
    try:
        for text, line in zip((b"good\n", b"bad\n"), expected, strict=True):
            process.stdin.write(text)
            process.stdin.flush()
            assert process.stdout.readline().decode() == line + "\n"
    finally:
        process.stdin.close()
        assert process.wait(60) == 0
        process.stdout.close()


def test_it_prompts_at_a_terminal(golden_program):
    ours, theirs = os.openpty()
    process = subprocess.Popen([golden_program], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.write(ours, b"good\n\x04")
    out, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert out.decode().splitlines() == lines_of(BUNDLE, ["good"])
    assert err == b"classify: type one text per line, end with Ctrl-D; see --help\n"


def test_a_line_that_comes_in_two_parts_is_answered_as_a_whole(golden_program):
    process = subprocess.Popen([golden_program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for piece in (b"go", b"od\nb", b"ad"):
        process.stdin.write(piece)
        process.stdin.flush()
        time.sleep(0.05)
    out, _ = process.communicate(timeout=60)
    assert out.decode().splitlines() == lines_of(BUNDLE, ["good", "bad"])


@pytest.mark.parametrize(("stdin", "lines", "error"), [case[1:] for case in CASES + CASES_OF_LONG_LINES])
def test_every_line_is_answered_up_to_the_first_that_is_no_text(run, stdin, lines, error):
    status, told = (0, "") if error is None else (2, f"classify: {error}\n")
    answers = lines_of(BUNDLE, lines)
    assert run(stdin=stdin) == (status, "".join(f"{answer}\n" for answer in answers), told)
    found, out, err = run("--json", stdin=stdin)
    assert (found, err) == (status, told)
    if error is not None and not lines:
        assert out == ""
        return
    document = json.loads(out)
    assert document.get("error") == error
    assert [one["label"] for one in document["predictions"]] == [answer.partition("\t")[0] for answer in answers]


def test_json_that_ends_with_an_error_is_that_of_drupelet_predict_byte_for_byte(run, monkeypatch, capsys):
    content = b"good\nb\xe4d\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))
    assert main(["predict", str(BUNDLE), "-", "--engine", "native", "--json"]) == 2
    assert run("--json", stdin=content)[1] == capsys.readouterr().out


def test_a_smaller_limit_of_a_line(run):
    answers = "".join(f"{line}\n" for line in lines_of(BUNDLE, ["good", "bad"]))
    assert run("--max-line-bytes", "5", stdin=b"good\nbad\n") == (0, answers, "")
    assert run("--max-line-bytes=4", stdin=b"bad\ngood\n") == (
        2, lines_of(BUNDLE, ["bad"])[0] + "\n",
        "classify: stdin: line 2 is longer than 4 bytes; expected one text per line\n",
    )  # fmt: skip


def test_a_writer_that_says_nothing_ends_it(golden_program):
    process = subprocess.Popen(
        [golden_program, "--idle-seconds", "1", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(b"good\nhalf a l")
    process.stdin.flush()
    assert process.wait(60) == 2
    document = json.load(process.stdout)
    assert (len(document["predictions"]), document["error"]) == (1, "stdin: cannot be read (nothing came for 1 s)")
    assert process.communicate()[1] == b"classify: stdin: cannot be read (nothing came for 1 s)\n"


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_a_reader_that_takes_nothing_ends_it(golden_program, arguments, tmp_path):
    (tmp_path / "lines").write_bytes(b"good\n" * 20_000)
    with (tmp_path / "lines").open("rb") as stdin:
        given = [golden_program, "--idle-seconds=1", *arguments]
        process = subprocess.Popen(given, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.wait(60) == 2
    assert process.communicate()[1] == b"classify: stdout: cannot be written (nothing was taken for 1 s)\n"


def test_work_is_no_idleness(golden_program, tmp_path):
    """A line that takes longer than the limit is answered: only waits are counted."""
    (tmp_path / "lines").write_bytes(b"good " * 3_000_000 + b"\n")
    with (tmp_path / "lines").open("rb") as stdin:
        done = subprocess.run([golden_program, "--idle-seconds", "1"], stdin=stdin, capture_output=True, timeout=120)
    assert (done.returncode, done.stderr, done.stdout.count(b"\t")) == (0, b"", 1)


def test_the_longest_line_is_answered(run):
    line = b"good " * (MAX_LINE_BYTES // 5)
    assert run(stdin=line[: MAX_LINE_BYTES - 1] + b"\n")[0] == 0


def test_an_argument_that_is_not_utf8_is_named(run):
    error = f"text 2: byte 1 (0xe4) is not UTF-8; {CONVERT}"
    assert run("good", b"b\xe4d") == (2, lines_of(BUNDLE, ["good"])[0] + "\n", f"classify: {error}\n")
    assert json.loads(run("--json", "good", b"b\xe4d")[1])["error"] == error
    assert run("--json", b"b\xe4d")[1] == ""


def test_byte_order_marks_at_its_start_are_no_part_of_an_argument(run):
    mark = b"\xef\xbb\xbf"
    error = f"text 3: byte 1 (0xe4) is not UTF-8; {CONVERT}"
    expected = "".join(f"{line}\n" for line in lines_of(BUNDLE, ["good", ""]))
    assert run(mark + b"good", mark, mark * 2 + b"b\xe4d") == (2, expected, f"classify: {error}\n")


def test_a_stream_of_odd_bytes_is_answered_or_refused(golden_program):
    generator = random.Random(5)  # noqa: S311 (a fixed seed, no secret)
    pieces = [b"good", b"\n", b"\r", b"\x00", b" ", b"caf\xc3\xa9", b"\xf0\x9f\x98\x80", b"x" * 70_000, b"bad "]
    for bad in (b"", b"\xff", b"\xc3", b"\xed\xbf\xbf"):
        for _ in range(6):
            stream = b"".join(generator.choices(pieces, k=40)) + bad + b"".join(generator.choices(pieces, k=5))
            status, out, err = run_program(golden_program, stdin=stream)
            lines = [line.rstrip(b"\r\n") for line in stream.split(b"\n")]
            if stream.endswith(b"\n") or not stream:
                lines.pop()
            texts = []
            for line in lines:
                try:
                    texts.append(line.decode())
                except UnicodeDecodeError:
                    break
            assert out.splitlines() == lines_of(BUNDLE, texts)
            assert status == (0 if len(texts) == len(lines) else 2), err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--jsno",), "no option --jsno; did you mean --json? A text that starts with a hyphen goes after --"),
        (("--verfy",), "no option --verfy; did you mean --verify? A text that starts with a hyphen goes after --"),
        (("--" + "x" * 4000,), f"no option --{'x' * 4000}; options: --json, --tier NAME, --idle-seconds N, --max-line-bytes N, "
         "--verify, --bench, --version, --help. A text that starts with a hyphen goes after --"),
        (("--tier",), "--tier needs the name of a tier; --version lists them"),
        (("--verify", "text"), "texts and --verify together; give one or the other"),
        (("--bench", "--verify"), "more than one of --verify, --bench, --version and --help; give one"),
        (("--tier", "neno"), f"--tier is 'neno', expected one of {', '.join(_native.tiers())}"),
        (("--idle-second=1",), "no option --idle-second=1; did you mean --idle-seconds? A text that starts with a hyphen goes "
         "after --"),
        (("--idle-seconds",), "--idle-seconds needs a number; see --help"),
        (("--max-line-bytes", "0"), "--max-line-bytes: '0' is no number from 1 to 16777216"),
        (("--max-line-bytes=16777217",), "--max-line-bytes: '16777217' is no number from 1 to 16777216"),
        (("--idle-seconds", "99999999999999999999"), "--idle-seconds: '99999999999999999999' is no number from 1 to 86400"),
        (("--idle-seconds", "1s"), "--idle-seconds: '1s' is no number from 1 to 86400"),
        (("--idle-seconds=",), "--idle-seconds: '' is no number from 1 to 86400"),
        (("--tier=",), f"--tier is '', expected one of {', '.join(_native.tiers())}"),
    ],
)  # fmt: skip
def test_wrong_usage(run, arguments, message):
    assert run(*arguments) == (2, "", f"classify: {message}\n")


def test_the_option_for_a_tier_overrides_the_environment(run):
    scalar = {**os.environ, "DRUPELET_TIER": "scalar"}
    assert "tier      scalar of: scalar" in run("--version", env=scalar)[1]
    assert run("good", env={**os.environ, "DRUPELET_TIER": "sclar"})[2].startswith(
        "classify: DRUPELET_TIER is 'sclar', expected one of scalar"
    )
    assert run("good", "--tier", "scalar", env={**os.environ, "DRUPELET_TIER": "sclar"})[0] == 0
    assert run("good", env={**os.environ, "DRUPELET_TIER": ""})[0] == 0


def test_every_tier_of_this_machine_gives_the_same_answers(run):
    answers = {run("--tier", name, "--json", *TEXTS[:4])[1] for name, lacks in _native.tiers().items() if lacks is None}
    assert len(answers) == 1


def test_a_tier_that_this_machine_lacks_is_an_error(run):
    lacking = {name: lacks for name, lacks in _native.tiers().items() if lacks}
    if not lacking:
        pytest.skip("this machine has every tier")
    for name, lacks in lacking.items():
        assert run("--tier", name, "good") == (2, "", f"classify: --tier: tier {name}: {lacks}\n")


def test_version_and_help(run, strange_program):
    status, out, _ = run("--version")
    assert (status, out.splitlines()[:3]) == (
        0, [f"drupelet  {__version__}", f"model     tiny: model.f32.drupelet, f32, {size_of_model()} bytes",
            "labels    negative, positive"],
    )  # fmt: skip
    assert STRANGE_LABELS[1] in run_program(strange_program, "--version")[1]
    status, out, err = run("--help")
    assert (status, err) == (0, "")
    assert all(f"{option} " in out for option in ("--verify", "--bench", "--json", "--tier", "--version"))


def size_of_model():
    return (BUNDLE / "model.f32.drupelet").stat().st_size


@pytest.mark.parametrize("arguments", [("good",), ("--verify",), ("--version",), ("--help",), ("--json", "good")])
def test_a_full_disk_is_a_failure(golden_program, arguments):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([golden_program, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stderr) == (2, b"classify: stdout: cannot be written (No space left on device)\n")


def test_a_full_disk_ends_a_long_stream(golden_program):
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen([golden_program], stdin=subprocess.PIPE, stdout=full, stderr=subprocess.PIPE)
        with pytest.raises(BrokenPipeError):
            process.stdin.write(b"good\n" * 10_000_000)
        process.stderr.read()
        assert process.wait(60) == 2


@pytest.mark.parametrize("ignored", [True, False])
def test_it_ends_when_the_reader_closes_the_pipe(golden_program, ignored):
    process = subprocess.Popen(
        [golden_program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        restore_signals=not ignored,
    )
    process.stdout.close()
    process.stdin.write(b"good\n")
    process.stdin.close()
    assert (process.wait(60), process.stderr.read()) == (141 if ignored else -13, b"")
    process.stderr.close()


def test_stdin_that_cannot_be_read(golden_program, tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    done = subprocess.run([golden_program], stdin=folder, capture_output=True, timeout=60)
    os.close(folder)
    assert (done.returncode, done.stderr) == (2, b"classify: stdin: cannot be read (Is a directory)\n")


def test_verify_says_how_many_texts_it_compared(run):
    status, out, err = run("--verify")
    assert (status, err) == (0, "")
    header, held_out, edge, verdict = out.splitlines()
    assert header.split() == ["suite", "texts", "of", "bundle", "flips", "max", "dp", "other", "bits"]
    assert held_out.split()[:4] == ["held_out", "4", "4", "0"]
    assert edge.split()[:4] == ["edge", "5", "5", "0"]
    assert verdict.endswith(
        ": verified: answers like Keras from the ids on; text to ids was not checked; bit for bit like the native engine"
    )


def test_verify_as_json(run):
    status, out, _ = run("--verify", "--json")
    document = json.loads(out)
    assert (status, document["passed"], document["failures"]) == (0, True, [])
    assert (document["name"], document["scheme"], document["file"]) == ("tiny", "f32", "model.f32.drupelet")
    edge = document["suites"]["edge"]
    assert (edge["n"], edge["n_in_bundle"], edge["flips"], edge["bit_mismatches"], edge["id_mismatches"]) == (
        5,
        5,
        0,
        0,
        0,
    )
    assert 0 < edge["max_difference"] <= 1e-5


def test_a_program_without_goldens_compares_nothing_and_fails(strange_program):
    status, out, _ = run_program(strange_program, "--verify")
    assert status == 1
    assert out.splitlines()[0].startswith(
        "failed: nothing was compared: the bundle that this was built from has no goldens"
    )
    assert out.splitlines()[-1].endswith("NOT VERIFIED")
    assert json.loads(run_program(strange_program, "--verify", "--json")[1])["passed"] is False
    status, out, err = run_program(strange_program, "--bench")
    assert (status, out) == (2, "")
    assert "no texts to measure with, apart from the edge suite" in err


def test_bench_leaves_out_the_edge_suite(run):
    status, out, err = run("--bench")
    assert (status, err) == (0, "")
    assert out.splitlines()[1].startswith("p50 ")
    document = json.loads(run("--bench", "--json")[1])
    assert document["latency_us"]["n"] == 4
    assert 0 < document["latency_us"]["p50"] <= document["latency_us"]["p95"]
    assert document["texts_per_s"] > 0
    assert document["peak_memory_mb"] > 1
