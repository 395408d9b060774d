"""The sessions of a page are read, run, compared and written."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from docs.tools import sessions
from docs.tools.sessions import File, Printed, SessionError, Step

PAGE = """\
# A page

```python
# greet.py: says hello
print("hello", 1.25, 48)
```

```sh
exit 1
```

```console
$ python greet.py
hello 7.5 48
pi$ echo a; echo b
a
b
$ true
```
"""


def is_running(number: int) -> bool:
    """Whether there is a process of that number, one that nobody has waited for aside."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True).stdout.strip()
    return bool(listed) and not listed.startswith("Z")


def test_files_and_commands_are_read_in_order() -> None:
    assert sessions.read_session(PAGE) == [
        File("greet.py", '# greet.py: says hello\nprint("hello", 1.25, 48)\n'),
        Step("python greet.py", 13, 14),
        Step("echo a; echo b", 15, 17),
        Step("true", 18, 18),
    ]


def test_a_block_without_an_end() -> None:
    with pytest.raises(SessionError, match=r"^line 2: a block that does not end$"):
        sessions.read_session("\n```console\n$ true\n")


def test_a_console_block_without_a_command() -> None:
    with pytest.raises(
        SessionError, match=r"^line 2: a console block begins with 'true', expected a command behind \$$"
    ):
        sessions.read_session("```console\ntrue\n```\n")


def test_commands_run_in_the_folder_and_measured_numbers_may_differ(tmp_path: Path) -> None:
    printed = sessions.run_session(sessions.read_session(PAGE), tmp_path)
    assert [answer.lines for answer in printed] == [("hello 1.25 48",), ("a", "b"), ()]
    assert sessions.differences(PAGE, printed) == []


def test_another_answer_shows() -> None:
    (difference,) = sessions.differences(PAGE, [Printed(Step("python greet.py", 13, 14), ("bye 7.5 48",))])
    assert difference == "line 13: `python greet.py` prints\nbye 7.5 48\nthe page shows\nhello 7.5 48"


@pytest.mark.parametrize("lines", [(), ("a",), ("a", "b", "c"), ("b", "a")])
def test_a_line_too_few_or_too_many_shows(lines: tuple[str, ...]) -> None:
    assert len(sessions.differences(PAGE, [Printed(Step("echo a; echo b", 15, 17), lines)])) == 1


def test_a_command_that_fails(tmp_path: Path) -> None:
    session = sessions.read_session("```console\n$ echo no >&2; exit 3\n```\n")
    with pytest.raises(SessionError, match=r"^line 2: `echo no >&2; exit 3` ended with exit status 3:\nno\n$"):
        sessions.run_session(session, tmp_path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("max dp 1.5e-02, 48 texts", "max dp 2.25e-03, 48 texts"),
        ("max dp 1e-5", "max dp 1.0e-05"),
        ("native (drupelet 0.1.0, avx512vnni)", "native (drupelet 0.10.0, neon)"),
        ("| 2.79 µs | passed", "| 1 ms | passed"),
        (
            f'{{"id":"classify-{"0a" * 16}","object":"list","created":1795869449}}',
            f'{{"id":"classify-{"b1" * 16}","object":"list","created":1800000000}}',
        ),
        ("trained in 2 seconds;", "trained in 1 second;"),
        ("measured on 2025-01-31", "measured on 2026-12-01"),
        ("|------|--|", "|---|--|"),
        ("delivery\t0.80", "delivery   0.7531"),
        (
            "best of 2 epochs with the embedding on its 8-bit grid is 10",
            "best of 2 epochs with the embedding on its 8-bit grid is 9",
        ),
        (
            "drupelet 0.1.0, Python 3.11.7, x86_64, Linux-6.1.0-x86_64-with-glibc2.36",
            "drupelet 0.1.0, Python 3.12.1, arm64, macOS-15.1-arm64-arm-64bit",
        ),
    ],
)
def test_what_may_differ_between_machines(one: str, other: str) -> None:
    assert sessions.shape(one) == sessions.shape(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("passed", "failed"),
        ("delivery 0.8", "billing 0.8"),
        ("1 flip", "no flip"),
        ("| 48904 | 3     | 1.8e-02 |", "| 48904 | 4     | 1.8e-02 |"),
        ("| 48904 | 3     | 1.8e-02 |", "| 48905 | 3     | 1.8e-02 |"),
        ("texts: 2,000 held-out", "texts: 2,001 held-out"),
        ("held_out  256      1  1.77e-02", "held_out  255      1  1.77e-02"),
        ('{"n_tokens": 4}', '{"n_tokens": 3}'),
        ("model.wi4.onnx", "model.wi8.onnx"),
        ("max dp 1.5e-02", "max dp 0"),
        ("best of 2 epochs with it is 10", "best of 3 epochs with it is 10"),
    ],
)
def test_what_may_not_differ(one: str, other: str) -> None:
    assert sessions.shape(one) != sessions.shape(other)


def test_what_a_command_leaves_running_is_ended(tmp_path: Path) -> None:
    session = sessions.read_session("```console\n$ sleep 1000 > log 2>&1 & echo $! > pid\n```\n")
    sessions.run_session(session, tmp_path)
    number = (tmp_path / "pid").read_text().strip()
    deadline = time.monotonic() + 30
    while is_running(int(number)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_was_printed_is_written_into_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert sessions.run(["--write", str(page)]) == 0
    assert page.read_text() == PAGE.replace("hello 7.5 48", "hello 1.25 48")


def test_a_page_that_says_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE.replace("hello 7.5 48", "good morning"))
    assert sessions.run([str(page)]) == 1
    assert "`python greet.py` prints\nhello 1.25 48\nthe page shows\ngood morning" in capsys.readouterr().err


def test_a_page_whose_command_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ false\n```\n")
    assert sessions.run(["--write", str(page)]) == 1
    assert capsys.readouterr().err == f"{page}: line 2: `false` ended with exit status 1:\n\n"


def test_a_page_keeps_the_machine_that_it_names(tmp_path: Path) -> None:
    machine = "drupelet 0.1.0, Python 3.11.7, x86_64, Linux-6.1.0-x86_64-with-glibc2.36"
    command = "$ echo drupelet 0.1.0, Python 3.12.0, aarch64, Linux-6.6.9; echo 2.5; echo"
    page = tmp_path / "page.md"
    page.write_text(f"```console\n{command} other\n{machine}\n1.5\nlines\n```\n")
    assert sessions.run(["--write", str(page)]) == 0
    assert page.read_text() == f"```console\n{command} other\n{machine}\n2.5\nother\n```\n"
