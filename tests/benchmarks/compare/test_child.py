"""A peer in a process answers over pipes; one that hangs, crashes or lacks its package is a reason and no crash."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from benchmarks.compare.child import PeerProcess, quiet_environment
from benchmarks.compare.failure import PeerError

TEXTS = ["a good film", "a bad film", "good"]


def start(variant: str, module: str = "fakes.peer") -> PeerProcess:
    return PeerProcess(Path(sys.executable), module, Path("/"), variant, 1, None)


@pytest.mark.parametrize("variant", ["well", "prints"])
def test_a_peer_answers_requests(fakes: Path, variant: str) -> None:
    with start(variant) as peer:
        assert peer.ask(30, "load")["about"] == f"a fake, {variant}"
        assert peer.ask(30, "keep", name="x", texts=TEXTS) == {"texts": 3}
        assert peer.ask(30, "label", name="x") == {"labels": ["positive", "negative", "positive"]}
        timed = peer.ask(30, "time", name="x", seconds=10, warm_up=1)
        assert len(timed["us"]) == 3
        assert 0 <= timed["cpu_share"] < 2
        assert peer.ask(30, "batch", name="x", seconds=10, most=2, together=1)["texts"] == 2


def test_a_peer_that_hangs_is_ended_at_its_limit(fakes: Path) -> None:
    began = time.monotonic()
    with start("slow") as peer:
        peer.ask(30, "load")
        peer.ask(30, "keep", name="x", texts=TEXTS)
        with pytest.raises(PeerError, match=r"^label: not done after 0\.5 s$"):
            peer.ask(0.5, "label", name="x")
    assert time.monotonic() - began < 20


def test_a_peer_that_crashes_says_how(fakes: Path) -> None:
    with start("crash on load") as peer, pytest.raises(PeerError, match=r"^out of luck \(killed by SIGABRT\)$"):
        peer.ask(30, "load")
    with start("crash") as peer:
        peer.ask(30, "load")
        peer.ask(30, "keep", name="x", texts=TEXTS)
        with pytest.raises(PeerError, match=r"^exit status 3$"):
            peer.ask(30, "label", name="x")
        with pytest.raises(PeerError, match=r"^exit status 3$"):
            peer.ask(30, "label", name="x")


def test_a_peer_without_its_package_says_which(fakes: Path) -> None:
    with (
        start("well", "fakes.missing") as peer,
        pytest.raises(PeerError, match=r"^ModuleNotFoundError: No module named 'no_such_library'$"),
    ):
        peer.ask(30, "load")


def test_an_error_of_a_library_is_one_line_and_the_peer_goes_on(fakes: Path) -> None:
    with start("raises") as peer:
        peer.ask(30, "load")
        peer.ask(30, "keep", name="x", texts=TEXTS)
        with pytest.raises(PeerError, match=r"^ValueError: no such word$"):
            peer.ask(30, "label", name="x")
        assert peer.ask(30, "keep", name="y", texts=TEXTS) == {"texts": 3}


def test_a_python_that_is_not_there_is_a_reason(fakes: Path) -> None:
    with pytest.raises(PeerError, match="does not start: No such file or directory"):
        PeerProcess(fakes / "no-python", "fakes.peer", Path("/"), "", 1, None)


def test_a_peer_may_be_kept_on_one_core(fakes: Path) -> None:
    (fakes / "fakes" / "cores.py").write_text(
        "import os\nclass Answerer:\n    def about(self):\n        return str(os.sched_getaffinity(0))\n"
        "def load(folder, variant, threads):\n    return Answerer()\n"
    )
    core = max(os.sched_getaffinity(0))
    with PeerProcess(Path(sys.executable), "fakes.cores", Path("/"), "", 1, core) as peer:
        assert peer.ask(30, "load")["about"] == str({core})


def test_the_environment_of_a_peer_redirects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    found = quiet_environment(3)
    assert found["OMP_NUM_THREADS"] == found["OPENBLAS_NUM_THREADS"] == "3"
    assert not {"PYTHONPATH", "OPENBLAS_CORETYPE"} & set(found)
