"""Figures of fresh processes are above those of a bare Python on the same environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.compare.failure import PeerError
from benchmarks.compare.fresh import (
    above_bare,
    bare_program,
    first_program,
    memory_mb,
    memory_program,
    run_program,
    start_ms,
)
from benchmarks.compare.peers import Peer

PYTHON = Path(sys.executable)
CORE = max(os.sched_getaffinity(0))


def fake(variant: str, module: str = "peer") -> Peer:
    return Peer("fake", "Fake", "network", module, variant, "here", "model", (), "")


def test_a_program_loads_and_labels_after_what_the_bare_one_does(fakes: Path) -> None:
    program = first_program(fake("well"), Path("/models"), CORE)
    assert program.startswith(bare_program(CORE))
    assert run_program(PYTHON, f"{program}print(answerer.label('GOOD'))", 30) == "positive\n"
    assert start_ms(PYTHON, program, 30) > 0


def test_memory_is_read_after_the_lines_of_a_file(fakes: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("one\ntwo\n")
    first = first_program(fake("well"), Path("/models"), CORE)
    assert memory_mb(PYTHON, memory_program(first, texts), 30) > 1
    assert "answerer.label" in memory_program(first, texts).removeprefix(first)
    assert "answerer.label" not in memory_program(first, None).removeprefix(first)


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (fake("crash"), "exit status 3"),
        (fake("well", "missing"), r"ModuleNotFoundError: No module named 'no_such_library' \(exit status 1\)"),
        (fake("slow"), "not done after 0.5 s"),
    ],
)
def test_a_program_that_fails_says_why(fakes: Path, peer: Peer, reason: str) -> None:
    with pytest.raises(PeerError, match=f"^{reason}$"):
        run_program(PYTHON, first_program(peer, Path("/models"), CORE), 0.5 if peer.variant == "slow" else 30)


def test_figures_are_above_the_bare_median_of_their_own_python() -> None:
    small, large = Path("small"), Path("large")
    bare = {small: iter([99.0, 10.0, 12.0, 11.0]), large: iter([99.0, 20.0, 20.0, 20.0])}
    own = {"a": iter([99.0, 15.0, 17.0, 16.0]), "b": iter([99.0, 30.0, 31.0, 32.0])}

    def figure(python: Path, program: str) -> float:
        if program == "broken":
            raise PeerError("it broke")
        return next(bare[python] if program == "bare" else own[program])

    programs = {"a": (small, "a"), "b": (large, "b"), "c": (large, "broken")}
    found, failed = above_bare(3, 1, figure, programs, "bare")
    assert found == {"a": [4.0, 6.0, 5.0], "b": [10.0, 11.0, 12.0]}
    assert failed == {"c": "it broke"}
