"""The unit that the role ``drupelet_runtime`` writes: its command, what systemd says, and the unit of examples/systemd."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROLE = ROOT / "fleet/roles/drupelet_runtime"
EXAMPLE = ROOT / "examples/systemd/drupelet-http.service"
ANSIBLE = os.environ.get("DRUPELET_ANSIBLE")
"""The bin folder of the environment with ansible-core; make test-fleet names it."""
KEY = "RWRW6NHEuSMKf"

pytestmark = pytest.mark.skipif(ANSIBLE is None, reason="make test-fleet runs it, with Ansible")


def written(folder, keys):
    """The unit as Ansible writes it, for a home in ``folder`` whose drupelet is a program."""
    program = folder / "home/venv/bin/drupelet"
    program.parent.mkdir(parents=True)
    program.symlink_to("/bin/true")
    unit = folder / "drupelet-http.service"
    variables = {"drupelet_home": str(folder / "home"), "drupelet_keys": keys}
    command = [f"{ANSIBLE}/ansible", "localhost", "-c", "local", "-m", "ansible.builtin.template"]
    command += ["-a", f"src={ROLE / 'templates/drupelet-http.service.j2'} dest={unit} mode=0644"]
    command += ["-e", f"@{ROLE / 'defaults/main.yml'}", "-e", json.dumps(variables)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return unit


def settings(text):
    """The lines of a unit that systemd reads, but for the command."""
    return [line for line in text.splitlines() if line and not line.startswith(("#", "ExecStart="))]


@pytest.mark.parametrize("keys", [[], [KEY]])
def test_the_command_is_a_line_of_its_own(tmp_path, keys):
    text = written(tmp_path, keys).read_text()
    home = tmp_path / "home"
    command = f"ExecStart={home}/venv/bin/drupelet serve {home}/current --port 8000 --max-connections 32"
    (line,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert line == command + (f" --key {home}/keys.pub" if keys else "")
    assert settings(text) == settings(EXAMPLE.read_text())


def verdict(unit):
    """What systemd-analyze says of a unit: exit status, and its lines that name the unit."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: apt install systemd")
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, [line for line in done.stderr.splitlines() if unit.name in line]


def test_systemd_accepts_the_unit_and_no_misspelt_one(tmp_path):
    unit = written(tmp_path, [KEY])
    assert verdict(unit) == (0, [])
    unit.write_text(unit.read_text().replace("MemoryMax=", "MemroyMax="))
    assert "MemroyMax" in " ".join(verdict(unit)[1])
