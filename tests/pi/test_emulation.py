from __future__ import annotations

import os
import shutil
import sys

import pytest

from pi import emulation
from pi.emulation import reason_not_here


@pytest.fixture(autouse=True)
def root_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake machine that has everything. The real mounts are not changed."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(emulation, "_mounts_reason", lambda: None)
    monkeypatch.setattr(emulation, "_binfmt_reason", lambda: None)


def test_a_complete_machine_has_no_reason() -> None:
    assert reason_not_here() is None


def test_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert reason_not_here() == "the system is darwin, and roots of Debian need Linux"


def test_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert reason_not_here() == "not root, which mounting and chroot need; run it with sudo or in a container"


@pytest.mark.parametrize(("program", "package"), emulation.PROGRAMS.items())
def test_a_missing_program(program: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name == program else name)
    assert reason_not_here() == f"{program} is not installed: apt install {package}"


def test_a_kernel_that_allows_no_namespaces_or_emulators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulation, "_binfmt_reason", lambda: "qemu cannot be registered with the kernel (read-only)")
    assert reason_not_here() == "qemu cannot be registered with the kernel (read-only)"
    monkeypatch.setattr(emulation, "_mounts_reason", lambda: "this machine allows no namespaces (not permitted)")
    assert reason_not_here() == "this machine allows no namespaces (not permitted)"
