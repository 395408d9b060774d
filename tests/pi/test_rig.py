from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pi import rig
from pi.environments import InstallationError, Installed
from pi.fakes import FakePlace
from pi.outcome import WORKSTATION
from pi.rig import Played, Ready, Round, outcome_of
from pi.roots import ROOTS
from pi.rounds import Diagnosis, Finding
from pi.test_outcome import KEY, NATIVE, NETWORKS


@pytest.fixture(autouse=True)
def without_qemu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig, "_qemu_version", lambda: "7.2")


DIAGNOSIS = Diagnosis("3.11", "aarch64", {"native": None, "onnx": "has no wheel"}, {"native": "drupelet 0.1.0"})
READY = Ready(Installed("/bin", 300), DIAGNOSIS)


def played(root: str, board: str, finding: Finding, place: FakePlace) -> Played:
    memory = 4.0 if root == WORKSTATION else None
    return Played(Round(root, board, "wheel", place, READY), [finding], memory)


def test_every_board_is_judged_against_the_workstation(place: FakePlace) -> None:
    other = Finding("wheel", "native", "drupelet 0.1.0", "neon", 2, 0, 0.0, (), {KEY: [[0.5, 0.5]]}, NETWORKS)
    outcome = outcome_of(
        [
            played("arm64-bookworm", "Pi 3", NATIVE, place),
            played("arm64-bookworm", "Pi 4", other, place),
            played(WORKSTATION, WORKSTATION, NATIVE, place),
        ]
    )
    assert [(row.board, row.difference_to_x86_64, row.passed) for row in outcome.rows] == [
        ("Pi 3", 0.0, True),
        ("Pi 4", 0.25, False),
        (WORKSTATION, 0.0, True),
    ]
    assert [row.memory_mb for row in outcome.rows] == [None, None, 4.0]
    assert outcome.absent["arm64-bookworm"] == {"onnx": "has no wheel"}
    assert not outcome.passed


def test_a_failed_installation_is_a_failed_row(place: FakePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Installed:
        raise InstallationError("pip install drupelet: exit status 1: no space left")

    monkeypatch.setattr(rig, "install", fail)
    said: list[str] = []
    ready = rig._ready("wheel", place, "/opt", "python3", said.append)
    one = rig._played(Round("arm64-bookworm", "Pi 3", "wheel", place, ready), said.append)
    (row,) = outcome_of([one]).rows
    assert row.failures == (
        "pip install drupelet: exit status 1: no space left",
        "the workstation has no answers of this library",
    )
    assert said == ["fake: installing wheel"]


def test_a_board_on_which_a_command_dies_is_a_failed_row(place: FakePlace) -> None:
    place.answers = {"tiers()": subprocess.CompletedProcess([], 0, "no JSON", "")}
    one = rig._played(Round("arm64-bookworm", "Pi 3", "wheel", place, READY), lambda _: None)
    (row,) = outcome_of([one]).rows
    assert row.failures[0].endswith("printed no JSON (Expecting value: line 1 column 1 (char 0)): no JSON")


def test_a_root_that_cannot_be_built_is_a_failed_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr(rig, "ready_root", fail)
    rounds = rig._on_root(ROOTS["armhf-bookworm"], tmp_path, tmp_path, lambda _: None)
    (row,) = outcome_of([rig._played(one, lambda _: None) for one in rounds]).rows
    assert (row.root, row.failures[0]) == ("armhf-bookworm", "debootstrap: no space left: ")
