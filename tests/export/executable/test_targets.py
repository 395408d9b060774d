import dataclasses

import pytest

from drupelet.errors import InputError
from drupelet_export.executable.targets import TARGETS, named_target


def test_the_names_are_those_of_the_contract():
    assert [target.name for target in TARGETS] == ["rpi-zero", "rpi-2", "rpi-3", "rpi-4", "rpi-5", "linux-x86_64"]


def test_a_target_is_found_by_its_name():
    target = named_target("rpi-zero")
    assert (target.triple, target.cpu, target.qemu_cpu) == ("arm-linux-musleabihf", "arm1176jzf_s", "arm1176")
    with pytest.raises(dataclasses.FrozenInstanceError):
        target.cpu = "another"


def test_an_unknown_target_gets_the_closest_name():
    with pytest.raises(
        InputError, match=r"target 'rpi-6' is not known; did you mean 'rpi-\d'\? \(known: rpi-zero, rpi-2"
    ):
        named_target("rpi-6")
    with pytest.raises(InputError, match=r"target 'x' is not known \(known: rpi-zero, .*linux-x86_64\)"):
        named_target("x")
