import sys

import pytest

from drupelet.errors import InputError
from drupelet_export.executable import c_compiler
from drupelet_export.executable.targets import named_target

TARGET = named_target("linux-x86_64")


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return (str(path),)


def test_the_ziglang_package_is_preferred_to_a_zig_on_the_path(monkeypatch):
    monkeypatch.setattr(c_compiler.importlib.util, "find_spec", lambda name: name == "ziglang" or None)
    assert c_compiler.find_compiler() == (sys.executable, "-m", "ziglang", "cc")
    monkeypatch.setattr(c_compiler.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(c_compiler.shutil, "which", lambda name: f"/opt/{name}")
    assert c_compiler.find_compiler() == ("/opt/zig", "cc")


def test_without_a_compiler_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(c_compiler.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(c_compiler.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match=r'no compiler: .*pip install "drupelet-export\[compile\]", or .* --emit c'):
        c_compiler.find_compiler()


def test_the_compiler_gets_the_processor_and_every_file(tmp_path):
    zig = script(tmp_path / "zig", 'printf "%s\\n" "$*" >> commands; pwd > folder; touch classify')
    (tmp_path / "c").mkdir()
    c_compiler.build_folder(zig, tmp_path / "c", named_target("rpi-zero"), "classify")
    commands = [line.split() for line in (tmp_path / "c" / "commands").read_text().splitlines()]
    assert all(command[:3] == ["-target", "arm-linux-musleabihf", "-mcpu=arm1176jzf_s"] for command in commands)
    assert not any(argument.startswith("/") for command in commands for argument in command)
    tiers, network, rest = commands
    assert {"-static", "-ffp-contract=off", "-O3", "-r", "kernel/scalar.c", "fast0.o"} <= set(tiers)
    assert {"-ffp-contract=off", "-O2", "-fno-unroll-loops", "-r", "kernel/network.c", "fast1.o"} <= set(network)
    assert {"-ffp-contract=off", "-Os", "-s", "embedded.S", "program/main.c", "fast0.o", "fast1.o"} <= set(rest)
    assert (tmp_path / "c" / "folder").read_text().strip() == str(tmp_path / "c")


def test_the_message_of_a_failed_compiler_is_shown(tmp_path):
    zig = script(tmp_path / "zig", "for n in 1 2 3 4 5 6 7 8 9; do echo line $n >&2; done; exit 3")
    with pytest.raises(InputError) as raised:
        c_compiler.build_folder(zig, tmp_path, TARGET, "classify")
    first, *lines = str(raised.value).splitlines()
    assert first == f"{tmp_path}/zig: failed for target linux-x86_64, exit status 3; it said:"
    assert lines == [f"  line {n}" for n in range(1, 9)]


def test_a_compiler_that_fails_without_a_message(tmp_path):
    with pytest.raises(InputError, match=r"\(it said nothing\)"):
        c_compiler.build_folder(script(tmp_path / "zig", "exit 1"), tmp_path, TARGET, "classify")


def test_a_compiler_that_cannot_be_started(tmp_path):
    with pytest.raises(InputError, match=r"zig: the compiler cannot be started \(No such file or directory\)"):
        c_compiler.build_folder((str(tmp_path / "zig"),), tmp_path, TARGET, "classify")


def test_a_compiler_that_writes_no_program(tmp_path):
    with pytest.raises(InputError, match="wrote no program for target linux-x86_64; install zig again"):
        c_compiler.build_folder(script(tmp_path / "zig", "exit 0"), tmp_path, TARGET, "classify")


def test_a_compiler_that_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr(c_compiler, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(
        InputError, match=r"not finished after 0.2 s; try again on a less busy machine, or use --emit c"
    ):
        c_compiler.build_folder(script(tmp_path / "zig", "exec sleep 20"), tmp_path, TARGET, "classify")
