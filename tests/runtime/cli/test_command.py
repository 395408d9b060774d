"""A subcommand is a value, and other distributions find the group where theirs are looked for."""

import re
from pathlib import Path

import pytest

from drupelet.cli.command import ENTRY_POINT_GROUP, EXIT_CHECK_FAILED, EXIT_OK, EXIT_USAGE, Command
from drupelet.cli.main import DEVICE_COMMANDS, WORKSTATION_COMMANDS, device_commands

ROOT = Path(__file__).parents[3]


def test_exit_statuses_are_those_that_the_help_names():
    assert (EXIT_OK, EXIT_CHECK_FAILED, EXIT_USAGE) == (0, 1, 2)


def test_options_stand_behind_positional_arguments_unless_the_command_says_otherwise():
    command = Command("greet", "say hello", lambda parser: None, lambda options: EXIT_OK)
    assert not command.intermixed
    assert [name for name, each in device_commands().items() if each.intermixed] == ["predict", "tokens", "explain"]


def test_the_commands_of_a_device_are_those_of_their_modules():
    assert {name: each.name for name, each in device_commands().items()} == {name: name for name in DEVICE_COMMANDS}


def test_a_command_cannot_be_changed():
    command = Command("greet", "say hello", lambda parser: None, lambda options: EXIT_OK)
    with pytest.raises(AttributeError):
        command.name = "bye"


def test_the_other_distributions_offer_their_commands_in_the_group():
    offered = {}
    for distribution in ("export", "train"):
        text = (ROOT / distribution / "pyproject.toml").read_text(encoding="utf-8")
        table = text.partition(f'[project.entry-points."{ENTRY_POINT_GROUP}"]\n')[2].partition("\n[")[0]
        offered.update((name, f"drupelet-{distribution}") for name in re.findall(r"^(\w+) = ", table, re.MULTILINE))
    assert {name: re.match(r'"?([\w-]+)', held).group(1) for name, held in WORKSTATION_COMMANDS.items()} == offered
