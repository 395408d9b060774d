"""The boards that an executable can be built for, and the emulator of each."""

from __future__ import annotations

from dataclasses import dataclass

from drupelet.errors import InputError, closest_match


@dataclass(frozen=True)
class Target:
    """A processor and its operating system.

    ``triple`` and ``cpu`` are zig's names. The executable may use every instruction of that processor, and chooses higher
    tiers when it starts. ``qemu`` and ``qemu_cpu`` name the emulator and the processor that it emulates. ``runs_on`` lists
    the machines, as ``platform.machine`` names them, that may be able to run the executable without an emulator.
    """

    name: str
    boards: str
    triple: str
    cpu: str
    qemu: str
    qemu_cpu: str
    runs_on: tuple[str, ...]


def _arm32(name: str, boards: str, cpu: str, qemu_cpu: str, *runs_on: str) -> Target:
    return Target(name, boards, "arm-linux-musleabihf", cpu, "qemu-arm", qemu_cpu, (*runs_on, "aarch64"))


def _arm64(name: str, boards: str, cpu: str, qemu_cpu: str) -> Target:
    return Target(name, boards, "aarch64-linux-musl", cpu, "qemu-aarch64", qemu_cpu, ("aarch64",))


TARGETS = (
    _arm32("rpi-zero", "Pi 1, Zero, Zero W (32-bit ARMv6)", "arm1176jzf_s", "arm1176", "armv6l", "armv7l"),
    _arm32("rpi-2", "Pi 2 and any newer one with a 32-bit system (NEON)", "cortex_a7", "cortex-a7", "armv7l"),
    _arm64("rpi-3", "Pi 3, Zero 2 W with a 64-bit system", "cortex_a53", "cortex-a53"),
    _arm64("rpi-4", "Pi 4, 400 with a 64-bit system", "cortex_a72", "cortex-a72"),
    _arm64("rpi-5", "Pi 5, 500 (dot product instructions)", "cortex_a76", "cortex-a76"),
    Target(
        "linux-x86_64", "any 64-bit PC", "x86_64-linux-musl", "baseline", "qemu-x86_64", "max", ("x86_64",)
    ),
)  # fmt: skip


def named_target(name: str) -> Target:
    """The target of that name. Raises InputError, with the closest name, for a name that is not known."""
    for target in TARGETS:
        if target.name == name:
            return target
    raise InputError(f"target {name!r} is not known{closest_match(name, [target.name for target in TARGETS])}")
