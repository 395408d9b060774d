"""tests/runtime/on_python.py says what to install where a Python cannot run the tests."""

import os

import pytest

from runtime import on_python
from runtime.on_python import UnusableError, environment, interpreter, main

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the stand-ins for Python are shell scripts")


@pytest.fixture
def fake_python(tmp_path, monkeypatch):
    """A function that puts a program python3.99 on PATH: ``version`` is what it prints for one, ``venv`` its exit status."""

    def put(version, venv):
        program = tmp_path / "python3.99"
        program.write_text(
            f"#!/bin/sh\ncase $1 in\n-c) echo {version};;\n-m) echo ensurepip is not there; exit {venv};;\nesac\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr(on_python, "ROOT", tmp_path)

    return put


@pytest.fixture(autouse=True)
def no_pyenv(monkeypatch, tmp_path):
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))


def test_a_python_that_is_not_there():
    with pytest.raises(
        UnusableError, match=r"^there is no python3\.99, neither on PATH nor in pyenv; install it \(Debian: "
    ):
        environment("python3.99")


def test_a_python_of_pyenv_is_found(tmp_path):
    program = tmp_path / "pyenv" / "versions" / "3.99.1" / "bin" / "python3.99"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert interpreter("python3.99") == str(program)


def test_a_python_that_is_too_old(fake_python):
    fake_python("3 8 18", venv=0)
    with pytest.raises(UnusableError, match=r"^python3\.99 is Python 3\.8; the runtime needs 3\.9 or newer$"):
        environment("python3.99")


def test_a_python_without_venv_or_pip(fake_python):
    fake_python("3 11 2", venv=1)
    with pytest.raises(
        UnusableError,
        match=r"^python3\.99 cannot make an environment with pip \(ensurepip is not .*; Debian: apt install",
    ):
        environment("python3.99")


def test_a_python_that_cannot_be_used_is_status_2_and_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["on_python.py", "python3.99"])
    assert main() == 2
    assert capsys.readouterr().err.startswith("test-runtime: there is no python3.99")


def test_those_that_are_missing_are_named(monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(on_python, "interpreter", lambda name: name if name in ("python3.9", "python3.13") else None)
    monkeypatch.setattr(
        on_python, "run", lambda name, extras, options, output: ran.append(name) or name == "python3.13"
    )
    monkeypatch.setattr("sys.argv", ["on_python.py", "--each"])
    assert main() == 1
    assert sorted(ran, key=lambda name: int(name[8:])) == ["python3.9", "python3.13"]
    assert capsys.readouterr().out == "not installed here: python3.10, python3.11, python3.12, python3.14\n"


@pytest.mark.parametrize(("system", "inside"), [("posix", "bin/python"), ("nt", "Scripts/python.exe")])
def test_the_python_of_an_environment_lies_where_the_system_puts_it(tmp_path, system, inside):
    assert on_python.python_inside(tmp_path, system) == tmp_path / inside
