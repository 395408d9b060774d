"""How the kernel is compiled: which compiler, for which system, and what is said when it cannot be."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

import pytest

from drupelet_build import kernel
from drupelet_build.kernel import FAST, KernelError, Target, compile_kernel, compiler_command, sources_by_level

RUNTIME = Path(__file__).parents[3] / "runtime"
MAC = Target("macosx_11_0_arm64")


def with_programs(monkeypatch: pytest.MonkeyPatch, *programs: str) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: name if name in programs else None)
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: "far-gcc -pthread" if name == "CC" else None)


def test_the_compiler_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with_programs(monkeypatch, "far-gcc", "cc")
    monkeypatch.setenv("CC", "python -m ziglang cc -target 'a b'")
    assert compiler_command() == ["python", "-m", "ziglang", "cc", "-target", "a b"]


def test_else_it_is_that_of_this_python_or_one_that_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    with_programs(monkeypatch, "far-gcc", "cc")
    assert compiler_command() == ["far-gcc", "-pthread"]
    with_programs(monkeypatch, "gcc", "clang")
    assert compiler_command() == ["gcc"]


def test_without_a_compiler_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    with_programs(monkeypatch)
    with pytest.raises(KernelError, match="no C compiler was found; Debian: apt install gcc python3-dev"):
        compiler_command()


def test_a_compiler_that_does_not_start_and_one_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(KernelError, match=r"the C compiler does not start: .*no-such-compiler"):
        compile_kernel(RUNTIME, Target("linux_x86_64"))
    monkeypatch.setenv("CC", "sh -c 'echo wrong >&2; exit 3' --")
    with pytest.raises(KernelError, match="exit status 3: wrong"):
        compile_kernel(RUNTIME, Target("linux_x86_64"))


@pytest.mark.parametrize(
    ("system", "pointer_bytes", "platform"),
    [
        ("linux-aarch64", 8, "linux_aarch64"),
        ("linux-aarch64", 4, "linux_armv7l"),  # Raspberry Pi OS of 32 bits has a kernel of 64
        ("linux-x86_64", 4, "linux_i686"),
        ("linux-armv6l", 4, "linux_armv6l"),
        ("macosx-11.0-arm64", 8, "macosx_11_0_arm64"),
        ("win-amd64", None, "win_amd64"),
    ],
)
def test_the_platform_is_that_of_this_python(
    monkeypatch: pytest.MonkeyPatch, system: str, pointer_bytes: int | None, platform: str
) -> None:
    monkeypatch.setattr(sysconfig, "get_platform", lambda: system)
    monkeypatch.setattr(sysconfig, "get_config_var", {"SIZEOF_VOID_P": pointer_bytes}.get)
    assert Target.of_this_machine() == Target(platform)


def test_each_system_has_its_way_to_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    for platform in ("linux_armv6l", "manylinux2014_x86_64", "musllinux_1_2_aarch64"):
        assert kernel.link_flags(Target(platform))[:2] == ["-shared", "-Wl,-s"]
        assert Target(platform).extension == "_native.abi3.so"
    assert kernel.link_flags(MAC) == ["-bundle", "-undefined", "dynamic_lookup"]
    assert kernel.link_flags(Target("win_amd64")) == ["-shared"]
    monkeypatch.setenv("CC", "python -m ziglang cc")
    shared = ["-shared", "-Wl,-install_name,@rpath/_native.abi3.so", "-undefined", "dynamic_lookup"]
    assert kernel.link_flags(MAC) == shared
    assert Target("win_amd64").extension == "_native.pyd"


def test_the_oldest_python_is_that_whose_library_has_every_name() -> None:
    assert {Target(platform).oldest_python for platform in ("linux_armv6l", "macosx_11_0_arm64")} == {"cp39"}
    assert Target("win_amd64").oldest_python == "cp310"


def test_a_mac_gets_the_processors_and_the_system_that_the_tag_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MACOSX_DEPLOYMENT_TARGET", raising=False)
    monkeypatch.setenv("ARCHFLAGS", "-arch arm64  -arch x86_64")
    assert kernel.architectures(MAC) == ["-arch", "arm64", "-arch", "x86_64"]
    assert kernel.architectures(Target("linux_x86_64")) == []
    assert kernel.environment_of(MAC)["MACOSX_DEPLOYMENT_TARGET"] == "11.0"
    assert kernel.environment_of(Target("linux_x86_64")) == dict(os.environ)


def test_every_source_is_compiled_once() -> None:
    found = [path.name for path, _ in sources_by_level(RUNTIME)]
    assert sorted(found) == sorted(path.name for path in (RUNTIME / "csrc").glob("*.c"))
    levels = {path.stem: level for path, level in sources_by_level(RUNTIME)}
    assert levels["avx2"] == "-O3"
    assert levels["model_file"] == "-Os"
    assert set(levels.values()) == {*FAST, "-Os"}
