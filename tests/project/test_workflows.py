"""The workflows call what anyone can call: make targets and .ci/run. They cannot run here; actionlint reads them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from project import makefile

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))
SETTING_UP_A_CONTAINER = "apt-get update && apt-get install --yes "
"""A bare container has no make yet."""


def load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def steps() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path.name}: {job}", step)
        for path in WORKFLOWS
        for job, content in load(path)["jobs"].items()
        for step in content["steps"]
    ]


def test_every_step_that_runs_something_can_be_run_by_hand() -> None:
    commands = [(where, step["run"].strip()) for where, step in steps() if "run" in step]
    assert len(commands) >= 8
    for where, command in commands:
        if command.startswith(SETTING_UP_A_CONTAINER):
            continue
        assert "\n" not in command, where
        if command.startswith("make "):
            assert makefile.unknown_targets(command) == [], where
        else:
            assert (ROOT / command).is_file(), f"{where}: {command}"


def test_every_action_is_pinned_by_commit_and_says_its_release() -> None:
    lines = [line.strip() for path in WORKFLOWS for line in path.read_text(encoding="utf-8").splitlines()]
    uses = [line for line in lines if re.match(r"(- )?uses:", line)]
    assert len(uses) == sum("uses" in step for _, step in steps())
    pins: dict[str, str] = {}
    for line in uses:
        found = re.fullmatch(r"(?:- )?uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", line)
        assert found, line
        assert pins.setdefault(found[1], found[2]) == found[2], f"two commits of {found[1]}"


def test_every_job_ends_some_time_and_may_read_only() -> None:
    for path in WORKFLOWS:
        workflow = load(path)
        assert workflow["permissions"] == {"contents": "read"}, path.name
        for name, job in workflow["jobs"].items():
            assert 0 < job["timeout-minutes"] <= 90, f"{path.name}: {name}"


def test_the_runtime_is_tested_on_every_python_that_it_supports() -> None:
    oldest = tomllib.loads((ROOT / "runtime" / "pyproject.toml").read_text())["project"]["requires-python"]
    matrix = load(GITHUB / "workflows" / "tests.yml")["jobs"]["runtime"]["strategy"]["matrix"]
    assert oldest == f">={matrix['python'][0]}"
    minors = [int(python.removeprefix("3.")) for python in matrix["python"]]
    assert minors == list(range(minors[0], minors[-1] + 1))
    systems = {*matrix["os"], *(entry["os"] for entry in matrix["include"])}
    assert {system.split("-")[0] for system in systems} == {"ubuntu", "macos", "windows"}


def test_only_the_last_job_of_a_release_may_publish() -> None:
    jobs = load(GITHUB / "workflows" / "release.yml")["jobs"]
    assert [name for name, job in jobs.items() if "permissions" in job] == ["publish"]
    assert jobs["publish"]["needs"] == [name for name in jobs if name != "publish"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}


def test_actionlint_accepts_the_workflows_and_refuses_a_broken_one(tmp_path: Path) -> None:
    actionlint = shutil.which("actionlint", path=str(Path(sys.executable).parent))
    if actionlint is None:
        pytest.skip("actionlint is not installed: make install")
    accepted = subprocess.run([actionlint, *map(str, WORKFLOWS)], capture_output=True, text=True)
    assert accepted.returncode == 0, accepted.stdout
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[-1].read_text(encoding="utf-8").replace("runs-on:", "run-on:"))
    refused = subprocess.run([actionlint, str(broken)], capture_output=True, text=True)
    assert refused.returncode != 0
    assert "run-on" in refused.stdout


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_issue_forms_name_each_field_once_and_ask_for_something(path: Path) -> None:
    form = load(path)
    assert {"name", "description", "body"} <= set(form)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    names = [field["id"] for field in fields]
    assert len(set(names)) == len(names)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_a_report_of_a_fault_asks_what_doctor_says() -> None:
    for name in ("bug", "model"):
        fields = {field.get("id"): field for field in load(GITHUB / "ISSUE_TEMPLATE" / f"{name}.yml")["body"]}
        assert "drupelet doctor --json" in fields["doctor"]["attributes"]["label"]
        assert fields["doctor"]["validations"]["required"]


def test_hooks_before_a_commit_are_programs_of_this_project() -> None:
    (repository,) = load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"  # versions stand in constraints.txt and nowhere else
    called = {hook["entry"].split()[0] for hook in repository["hooks"]}
    recipes = re.findall(r"^lint.*?:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert called == {f".venv/bin/{program}" for program in re.findall(r"\$\(BIN\)/(\S+)", "".join(recipes))}
