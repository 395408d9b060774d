"""The units of examples/systemd under a systemd of their own, which systemd-nspawn boots, against clients that mean harm.

The container is this system with an overlay in memory: nothing of it changes. Where the memory controller cannot be given to a
container (cgroups of version 1), MemoryMax is not enforced in it; the memory of the processes is compared with it instead.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import drupelet

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "examples" / "systemd"
IDLE_SECONDS, MEMORY_MAX, SLICE_MEMORY_MAX = 10, 64 << 20, 192 << 20
HTTP_MEMORY_MAX = 128 << 20
TOTAL_SECONDS = 20
"""RuntimeMaxSec in place of the five minutes of the unit."""
START_SECONDS = 10
"""Time that this machine may take to notice, and to start processes, while other tests run."""

TRIAL_SERVICE = """[Unit]
Wants=drupelet.socket
After=drupelet.socket
[Service]
Type=oneshot
ExecStart={python} -I /mnt/trial.py /mnt/out/results.json
StandardOutput=file:/mnt/out/log
StandardError=file:/mnt/out/log
ExecStopPost=/bin/systemctl --no-block exit
TimeoutStartSec=500
"""
TRIAL_TARGET = """[Unit]
Requires=basic.target
Wants=trial.service
After=basic.target
"""
COMMAND = """#!{python} -I
import sys
sys.path.insert(0, "/opt/drupelet/packages")
from drupelet.__main__ import main
sys.exit(main())
"""

pytestmark = pytest.mark.long


def needed(program: str, package: str, path: str | None = None) -> str:
    found = shutil.which(program, path=path)
    if found is None:
        pytest.skip(f"no {program}: apt install {package}")
    return found


def device(folder: Path, python: str) -> None:
    """What a Pi has in /opt/drupelet: the runtime behind the command of the unit, and the bundle."""
    package = Path(drupelet.__file__).parent
    shutil.copytree(package, folder / "packages" / "drupelet", ignore=shutil.ignore_patterns("__pycache__"))
    waitress = find_spec("waitress")
    if waitress is not None and waitress.origin is not None:
        shutil.copytree(
            Path(waitress.origin).parent, folder / "packages" / "waitress", ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copytree(ROOT / "artifacts" / "imdb", folder / "bundle")
    command = folder / "venv" / "bin" / "drupelet"
    command.parent.mkdir(parents=True)
    command.write_text(COMMAND.format(python=python))
    command.chmod(0o755)


@contextlib.contextmanager
def overlay(memory: Path) -> Iterator[Path]:
    """This system's root folder; what is written there goes to memory. Skips where that cannot be mounted."""
    memory.mkdir()
    mounted: list[Path] = []

    def mount(*arguments: str | Path) -> None:
        done = subprocess.run(["mount", "-t", *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"no overlay of the root folder can be mounted here: {done.stderr.strip()}")
        mounted.append(Path(arguments[-1]))

    try:
        mount("tmpfs", "tmpfs", "-o", "size=1g", memory)
        upper, work, root = (memory / name for name in ("upper", "work", "root"))
        for folder in (upper, work, root):
            folder.mkdir()
        mount("overlay", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", root)
        # Nothing else that this system starts belongs into the trial.
        for wants in ("sockets", "timers", "sysinit", "basic"):
            shutil.rmtree(root / "etc/systemd/system" / f"{wants}.target.wants", ignore_errors=True)
        yield root
    finally:
        for place in reversed(mounted):
            subprocess.run(["umount", place], check=True)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What systemd_trial.py saw in the container."""
    nspawn = needed("systemd-nspawn", "systemd-container")
    needed("systemctl", "systemd")
    if os.geteuid() != 0:
        pytest.skip("not root, which systemd-nspawn needs")
    # The service sees no home folder: a Python in one, as of pyenv, would not start.
    python = needed("python3", "python3", path="/usr/bin:/usr/local/bin")
    folder = tmp_path_factory.mktemp("container")
    folder.chmod(0o755)
    device(folder / "drupelet", python)
    (folder / "out").mkdir()
    shutil.copy(Path(__file__).with_name("systemd_trial.py"), folder / "trial.py")
    (folder / "trial.service").write_text(TRIAL_SERVICE.format(python=python))
    (folder / "trial.target").write_text(TRIAL_TARGET)
    (folder / "short.conf").write_text(f"[Service]\nRuntimeMaxSec={TOTAL_SECONDS}\n")
    units = "/etc/systemd/system"
    shown = {
        **{unit: f"{units}/{unit.name}" for unit in UNITS.iterdir()},
        folder / "trial.service": f"{units}/trial.service",
        folder / "trial.target": f"{units}/trial.target",
        folder / "short.conf": f"{units}/drupelet@.service.d/short.conf",
        folder / "drupelet": "/opt/drupelet",
        folder / "trial.py": "/mnt/trial.py",
    }
    binds = [f"--bind-ro={here}:{there}" for here, there in shown.items()]
    options = ["--private-network", "--register=no", "--keep-unit", "--machine=drupelet-trial"]
    with overlay(folder / "memory") as root:
        done = subprocess.run(
            [nspawn, "--quiet", f"--directory={root}", *options, *binds, f"--bind={folder / 'out'}:/mnt/out", "--boot",
             "systemd.unit=trial.target"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=580,
        )  # fmt: skip
    written = folder / "out" / "results.json"
    if not written.exists():
        log = folder / "out" / "log"
        assert not log.exists(), log.read_text()
        why = (done.stdout + done.stderr)[-1500:]
        pytest.skip(f"no container boots here: {why}")
    found: dict[str, Any] = json.loads(written.read_text())
    print(json.dumps(found, indent=1)[:6000])
    return found


def test_it_answers(results: dict[str, Any]) -> None:
    assert results["first"].startswith("positive\t0.")


@pytest.mark.parametrize("number", range(3))
def test_a_flood_of_connections_ends_with_an_answer(results: dict[str, Any], number: int) -> None:
    flood = results["floods"][number]
    assert flood["connections"] > 200  # of which systemd's own limit stops the socket for good
    assert flood["until_answered"] < START_SECONDS


def test_a_flood_writes_little_into_the_journal(results: dict[str, Any]) -> None:
    assert max(flood["lines"] for flood in results["floods"]) <= 20


@pytest.mark.parametrize(
    ("kind", "seconds"), [("silent", IDLE_SECONDS), ("unread", IDLE_SECONDS), ("drip", TOTAL_SECONDS)]
)
def test_clients_that_take_every_connection_lose_them(results: dict[str, Any], kind: str, seconds: int) -> None:
    assert results[kind]["refused"]
    assert results[kind]["until_answered"] < seconds + START_SECONDS


def test_the_longest_line_everywhere_stays_within_the_memory(results: dict[str, Any]) -> None:
    found = results["long"]
    assert [one.partition("\t")[0] for one in found["answers"]] == ["positive"] * 8
    assert len(found["peaks"]) == 8
    assert max(found["peaks"]) < MEMORY_MAX
    limits = found["slice"]
    assert limits["ActiveState"] == "active"
    assert limits["MemoryMax"] == str(SLICE_MEMORY_MAX)
    assert limits["TasksMax"] == "64"


def test_a_longer_line_is_refused_and_the_journal_says_why(results: dict[str, Any]) -> None:
    assert results["long"]["longer"] == ""
    assert "stdin: line 1 is longer than 1048576 bytes" in "\n".join(results["long"]["journal"])


@pytest.fixture
def http(results: dict[str, Any]) -> dict[str, Any]:
    """What happened to drupelet-http.service."""
    if results["http"] is None:
        pytest.skip("waitress is not installed: pip install 'drupelet[serve]'")
    found: dict[str, Any] = results["http"]
    return found


def test_the_service_of_http_answers_and_shows_its_page(http: dict[str, Any]) -> None:
    assert http["answer"]["data"][0]["label"] == "positive"
    assert http["page"] == 200


def test_it_loads_its_bundle_again(http: dict[str, Any]) -> None:
    assert 'drupelet_swaps_total{model="bundle",outcome="swapped"} 1' in http["figures"]


def test_killed_it_comes_again_and_stopped_it_ends(http: dict[str, Any]) -> None:
    assert http["again"]["data"] == http["answer"]["data"]
    assert http["killed"]["NRestarts"] == "1"
    assert (http["stopped"]["ActiveState"], http["stopped"]["Result"]) == ("inactive", "success")
    assert "drupelet serve: stopped" in http["journal"]


def test_it_stays_within_its_memory(http: dict[str, Any]) -> None:
    assert max(http["peaks"]) < HTTP_MEMORY_MAX
    assert http["killed"]["MemoryMax"] == str(HTTP_MEMORY_MAX)


def test_the_socket_listens_in_the_end(results: dict[str, Any]) -> None:
    assert (results["socket"]["ActiveState"], results["socket"]["Result"], results["failed"]) == (
        "active",
        "success",
        "",
    )
