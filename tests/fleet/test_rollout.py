"""The collection in fleet/ on emulated Pis, with a real ``drupelet serve``. ``make test-fleet`` runs this."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from pi.emulation import reason_not_here
from pi.roots import ROOTS, cache_folder, ready_root
from runtime.signer import key_line, signature_file

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
ANSIBLE = os.environ.get("DRUPELET_ANSIBLE")
"""The bin folder of the environment with ansible-core; make test-fleet names it."""
HOME = "/opt/fleet"
BASE_SYSTEM = [
    "base64",
    "cat",
    "chmod",
    "cut",
    "ln",
    "mkdir",
    "mv",
    "readlink",
    "rm",
    "sh",
    "sha256sum",
    "sleep",
    "sync",
    "uname",
]
"""What a host needs that gets an executable: Ansible wants some of it, and our installer."""
PORTS = {"pi-a": 18431, "pi-b": 18432, "pi-bare": 18433}

pytestmark = pytest.mark.skipif(ANSIBLE is None, reason="make test-fleet runs it, with Ansible")


def packed(name, target, signed=True):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((ROOT / "artifacts" / name).iterdir()):
            archive.write(path, path.name)
            if path.name == "manifest.json" and signed:
                archive.writestr("manifest.json.minisig", signature_file(path.read_bytes()))
    return target


class Fleet:
    """Hosts in one root, each with a folder and a port of its own; pi-bare has no Python."""

    def __init__(self, folder, root):
        self.folder, self.root = folder, root
        collections = folder / "collections/ansible_collections/drupelet"
        collections.mkdir(parents=True)
        (collections / "fleet").symlink_to(ROOT / "fleet")
        (folder / "wheels").mkdir()
        for wheel in (
            *(ROOT / "build/wheels").glob("*aarch64.whl"),
            *cache_folder().glob("inbox/index/waitress-*.whl"),
        ):
            shutil.copy(wheel, folder / "wheels")
        shutil.rmtree(self.path(""), ignore_errors=True)
        self.path("").mkdir()
        shutil.copy(HERE / "service.sh", self.path("service.sh"))
        service = ["sh", f"{HOME}/service.sh"]
        place = ["{{ drupelet_home }}", "{{ drupelet_port }}"]
        shared = {
            "ansible_connection": "rig",
            "ansible_python_interpreter": "/usr/bin/python3",
            "rig_root": str(root),
            "rig_cpu": "cortex-a72",
            "drupelet_wheels": str(folder / "wheels"),
            "drupelet_keys": [key_line()],
            "drupelet_report_folder": str(folder / "report"),
            "drupelet_service_manager": "command",
            "drupelet_service_start": [*service, "start", *place],
            "drupelet_service_reload": [*service, "reload", *place],
            "drupelet_service_stop": [*service, "stop", *place],
        }
        hosts = {
            name: {"drupelet_port": port, "drupelet_home": f"{HOME}/{name}", "rig_dies": str(folder / f"{name}.dies")}
            for name, port in PORTS.items()
        }
        hosts["pi-bare"]["rig_hides"] = "/usr/bin/python3"
        # Where nobody finds python3, but what a system without it has.
        shell_only = {**shared, **hosts["pi-a"], "drupelet_home": f"{HOME}/pi-c", "rig_path": f"{HOME}/bin"}
        self.path("bin").mkdir()
        for name in BASE_SYSTEM:
            self.path(f"bin/{name}").symlink_to(f"/usr/bin/{name}")
        inventory = {
            "boards": {"hosts": hosts, "vars": shared},
            "drupelet": {"hosts": {"pi-a": {}, "pi-b": {}}},
            "shell_only": {"hosts": {"pi-c": shell_only}},
            "bare": {"hosts": {"pi-bare": {}}},
            "others": {
                "hosts": {
                    "desk": {
                        "ansible_connection": "local",
                        "drupelet_home": str(folder / "desk"),
                        "drupelet_report_folder": shared["drupelet_report_folder"],
                    }
                }
            },
        }
        (folder / "inventory.json").write_text(json.dumps(inventory))

    def path(self, inside):
        return self.root / HOME.lstrip("/") / inside

    def play(self, name, *options, programs=""):
        """Runs a playbook: exit status, output, and what the recap says of each host. A local host finds ``programs`` first."""
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(self.folder / "collections"),
            "ANSIBLE_CONNECTION_PLUGINS": str(HERE / "connection_plugins"),
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
            "PATH": f"{programs}:{ANSIBLE}:{os.environ['PATH']}",
        }
        environment.pop("PYTHONPATH", None)
        command = [
            f"{ANSIBLE}/ansible-playbook",
            "-i",
            self.folder / "inventory.json",
            f"drupelet.fleet.{name}",
            *options,
        ]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600)
        recap = {
            host: dict(re.findall(r"(\w+)=(\d+)", line))
            for host, line in re.findall(r"^(\S+) +: (ok=.*)$", done.stdout, re.MULTILINE)
        }
        return done.returncode, " ".join((done.stdout + done.stderr).split()), recap

    def roll_out(self, bundle, *options, programs=""):
        return self.play("rollout", "-e", f"drupelet_bundle_src={bundle}", *options, programs=programs)

    def current(self, host):
        link = self.path(f"{host}/current")
        return str(link.readlink()) if link.is_symlink() else None

    def said_by(self, host):
        return json.loads((self.folder / "report" / f"{host}.json").read_text())

    def runs(self, host):
        """Whether the server that was started last runs; a process that has ended and that nobody waits for does not."""
        pid = self.path(f"{host}/serve.pid")
        try:
            status = Path("/proc", pid.read_text().strip(), "stat").read_text()
        except FileNotFoundError:
            return False
        return status.rpartition(")")[2].split()[0] != "Z"

    def has_ended(self, host):
        """Whether it ends within the time that a server needs to answer what it was asked."""
        end = time.monotonic() + 30
        while self.runs(host) and time.monotonic() < end:
            time.sleep(0.5)
        return not self.runs(host)

    def stop(self):
        for pid in self.path("").glob("*/serve.pid"):
            subprocess.run(["kill", pid.read_text().strip()], check=False)
        shutil.rmtree(self.path(""), ignore_errors=True)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    reason = reason_not_here()
    if reason is not None:
        pytest.skip(reason)
    for port in PORTS.values():
        with socket.socket() as asked:
            taken = asked.connect_ex(("127.0.0.1", port)) == 0
        assert not taken, (
            f"port {port} answers: another run of this test goes on, or left a server (drupelet serve); end it"
        )
    one = Fleet(tmp_path_factory.mktemp("fleet"), ready_root(ROOTS["arm64-bookworm"], cache_folder(), print))
    yield one
    one.stop()


def test_from_the_first_roll_out_to_a_rollback(fleet, tmp_path):
    nano, tiny = packed("imdb-nano", tmp_path / "nano.zip"), packed("imdb-tiny", tmp_path / "tiny.zip")
    status, said, recap = fleet.roll_out(nano, "-e", "drupelet_seconds=0")
    assert (status != 0, set(recap), fleet.current("pi-a")) == (True, {"pi-a"}, None), said
    assert fleet.has_ended("pi-a"), "a bundle that was not taken does not go on answering"
    assert fleet.said_by("pi-a")["verdict"] == "failed"

    status, said, recap = fleet.roll_out(nano)
    assert status == 0, said
    assert fleet.runs("pi-a")
    assert len(list(fleet.path("pi-a/venv").glob("*.installed"))) == 1
    first = fleet.current("pi-a")
    assert first == fleet.current("pi-b").replace("pi-b", "pi-a")

    status, said, recap = fleet.roll_out(nano)
    assert (status, {host["changed"] for host in recap.values()}) == (0, {"0"}), said

    status, said, recap = fleet.roll_out(packed("imdb-tiny", tmp_path / "unsigned.zip", signed=False))
    assert status != 0
    assert "is not signed, for manifest.json.minisig is missing" in said
    assert (set(recap), fleet.current("pi-a")) == ({"pi-a"}, first)

    (fleet.folder / "pi-b.dies").write_text("9")
    status, said, recap = fleet.roll_out(tiny)
    assert (status, recap["pi-b"]["unreachable"]) == (4, "1"), said
    assert (fleet.current("pi-a") == first, fleet.current("pi-b").replace("pi-b", "pi-a")) == (False, first)
    assert fleet.said_by("pi-b")["verdict"] == "not finished", "what it said in an earlier run is no longer true"
    (fleet.folder / "pi-b.dies").unlink()
    status, said, recap = fleet.roll_out(tiny)
    assert (status, recap["pi-a"]["changed"]) == (0, "0"), said
    second = fleet.current("pi-a")
    assert second == fleet.current("pi-b").replace("pi-b", "pi-a")

    fleet.path("pi-a/refuse").touch()
    status, said, recap = fleet.roll_out(nano)
    assert (status != 0, recap["pi-a"]["rescued"], set(recap)) == (True, "1", {"pi-a"}), said
    assert fleet.current("pi-a") == second

    assert fleet.play("report")[0] == 0
    hosts = json.loads((fleet.folder / "report.json").read_text())["hosts"]
    assert [(host["host"], host["verdict"]) for host in hosts] == [("pi-a", "rolled back"), ("pi-b", "verified")]

    status, said, recap = fleet.roll_out(nano, "-e", '{"drupelet_hosts": ["pi-b", "pi-bare", "pi-a"]}')
    assert (status != 0, recap["pi-b"]["failed"], recap["pi-bare"]["failed"]) == (True, "0", "1"), said
    assert (fleet.current("pi-b").replace("pi-b", "pi-a"), fleet.current("pi-a")) == (first, second), (
        "a refused host leaves those of its batch as they are"
    )
    assert [fleet.said_by(host)["verdict"] for host in ("pi-b", "pi-bare", "pi-a")] == [
        "verified",
        "refused",
        "not finished",
    ]


def compiled(name, target, folder):
    """An executable, signed."""
    program = folder / f"{name}-{target}"
    command = [sys.executable, "-m", "drupelet", "compile", ROOT / "artifacts" / name, "--target", target]
    subprocess.run([*command, "--out", program], check=True)
    return signed(program)


def signed(program):
    program.with_name(f"{program.name}.minisig").write_bytes(signature_file(program.read_bytes()))
    return program


def test_executables_verify_themselves_where_there_is_no_python(fleet, tmp_path):
    def roll_out(program, **others):
        settings = {
            "drupelet_hosts": ["pi-c", "desk"],
            "drupelet_executables": {"aarch64": str(program), "x86_64": str(for_desk)},
            "drupelet_keys": [key_line()],
            "drupelet_command": str(Path(sys.executable).with_name("drupelet")),
            **others,
        }
        return fleet.play("executable", "-e", json.dumps(settings))

    def restarting(status):
        return {"drupelet_executable_restart": ["sh", "-c", f"readlink {home}/program >> {home}/log; exit {status}"]}

    home, on_board, link = f"{HOME}/pi-c", fleet.path("pi-c"), fleet.path("pi-c/program")
    nano, tiny = compiled("imdb-nano", "rpi-4", tmp_path), compiled("imdb-tiny", "rpi-4", tmp_path)
    for_desk = compiled("imdb-nano", "linux-x86_64", tmp_path)

    status, said, _ = roll_out(nano, drupelet_executables={"x86_64": str(for_desk)})
    reason = "pi-c is Linux on aarch64, and drupelet_executables has one for x86_64; build it"
    row = fleet.said_by("pi-c")
    assert (status != 0, row["verdict"], row["errors"].startswith(reason)) == (True, "refused", True), said

    status, said, _ = roll_out(for_desk)
    reason = f"{for_desk} is no executable for aarch64, as which drupelet_executables has it"
    assert (status != 0, fleet.said_by("pi-c")["errors"]) == (True, reason), said

    sync = fleet.path("bin/sync")
    sync.rename(fleet.path("sync"))
    status, said, _ = roll_out(nano)
    assert (status != 0, fleet.said_by("pi-c")["errors"]) == (
        True,
        "pi-c lacks sync; install coreutils or busybox there",
    )
    fleet.path("sync").rename(sync)

    unsigned = tmp_path / "unsigned"
    unsigned.write_bytes(nano.read_bytes())
    status, said, _ = roll_out(unsigned)
    row = fleet.said_by("pi-c")
    assert (status != 0, row["verdict"], on_board.exists()) == (True, "refused", False), said
    assert "unsigned.minisig" in row["errors"]

    status, said, recap = roll_out(nano)
    assert (status, {host["changed"] for host in recap.values()}) == (0, {"1"}), said
    first = link.readlink()
    assert (on_board / "programs" / first.name).read_bytes() == nano.read_bytes()
    assert (fleet.folder / "desk/program").resolve().read_bytes() == for_desk.read_bytes()
    for host in ("pi-c", "desk"):
        row = fleet.said_by(host)
        assert (row["verdict"], row["engines"]) == ("verified", {"executable": 0})
    assert fleet.said_by("pi-c")["sha256"] == first.name

    status, said, recap = roll_out(nano)
    assert (status, {host["changed"] for host in recap.values()}) == (0, {"0"}), said

    content = bytearray(tiny.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content)
    status, said, recap = roll_out(signed(damaged))
    assert (status != 0, set(recap), link.readlink()) == (True, {"pi-c"}, first), said
    row = fleet.said_by("pi-c")
    assert (row["verdict"], row["answers_with"], row["engines"]) == ("rolled back", str(first), {"executable": 1})
    assert "--verify ended with status" in row["errors"]
    assert [path.name for path in (on_board / "programs").iterdir()] == [first.name]

    status, said, _ = roll_out(tiny, drupelet_executable_restart=["sh", "-c", "kill -9 $PPID"])
    second = link.readlink()
    assert (status != 0, second != first, fleet.said_by("pi-c")["verdict"]) == (True, True, "not finished"), said
    status, said, _ = roll_out(tiny, **restarting(1))
    assert (status != 0, link.readlink()) == (True, first), "the run before did not restart what uses the second"
    row = fleet.said_by("pi-c")
    assert (row["verdict"], row["answers_with"], row["engines"]) == ("rolled back", str(first), {"executable": 0})
    assert (on_board / "log").read_text().split() == [str(second), str(first)]

    (on_board / "programs" / second.name).write_bytes(content)
    status, said, recap = roll_out(tiny, **restarting(0))
    assert (status, recap["pi-c"]["changed"], link.readlink()) == (0, "1", second), said
    assert (on_board / "programs" / second.name).read_bytes() == tiny.read_bytes(), "what lay there was damaged"
    assert (on_board / "log").read_text().split()[2:] == [str(second)]
    assert {path.name for path in on_board.iterdir()} == {"log", "program", "programs"}


def test_a_host_that_is_no_pi_is_said(fleet, tmp_path):
    status, said, _ = fleet.roll_out(tmp_path / "none.zip", "-e", "drupelet_hosts=others")
    reason = "desk is Linux on x86_64, expected Linux on aarch64, armv7l, armv6l"
    assert (status != 0, reason in said) == (True, True), said
    row = fleet.said_by("desk")
    assert (row["verdict"], row["errors"].startswith(reason)) == ("refused", True)


def test_a_host_without_python_is_said(fleet, tmp_path):
    status, said, _ = fleet.roll_out(tmp_path / "none.zip", "-e", "drupelet_hosts=bare")
    reason = "pi-bare has no python3; Ansible and the runtime need Python 3.9 or newer"
    assert (status != 0, reason in said, "sudo apt install python3 python3-venv" in said) == (True, True, True), said
    row = fleet.said_by("pi-bare")
    assert (row["verdict"], row["errors"].startswith(reason)) == ("refused", True)
    assert not fleet.path("pi-bare").exists()


@pytest.mark.parametrize(("refuses", "has"), [("version_info", "an old python3"), ("ensurepip", "no venv")])
def test_a_host_with_half_of_python_is_said(fleet, tmp_path, refuses, has):
    python = tmp_path / "bin/python3"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\ncase "$2" in *{refuses}*) exit 1 ;; esac\n')
    python.chmod(0o755)
    options = ("-e", '{"drupelet_hosts": "others", "drupelet_machines": ["x86_64"]}')
    status, said, _ = fleet.roll_out(tmp_path / "none.zip", *options, programs=python.parent)
    assert (status != 0, f"desk has {has}; Ansible and the runtime need Python 3.9" in said) == (True, True), said
    assert fleet.said_by("desk")["verdict"] == "refused"
