"""The Raspberry Pis that qemu emulates, and the tiers that each of them runs."""

from __future__ import annotations

from device.toolchains import Machine

NO_DOT = "this processor lacks the dot product instructions"
NO_NEON = "this processor lacks NEON"


def arm64(name: str, processor: str, neondot: str = "", toolchain: str = "aarch64") -> Machine:
    emulator = ("qemu-aarch64-static", "-cpu", processor)
    return Machine(name, toolchain, emulator, {"scalar": "", "neon": "", "neondot": neondot})


def arm32(name: str, processor: str, neon: str = "", toolchain: str = "armv7") -> Machine:
    return Machine(name, toolchain, ("qemu-arm-static", "-cpu", processor), {"scalar": "", "neon": neon})


MACHINES = (
    arm64("Pi 3", "cortex-a53", NO_DOT),
    arm64("Pi 4", "cortex-a72", NO_DOT),
    arm64("Pi 5", "cortex-a76"),
    arm32("Pi 2, 32-bit", "cortex-a7"),
    arm32("32-bit with fused multiply-add", "cortex-a15"),
    arm32("32-bit without NEON", "cortex-a7,neon=off", NO_NEON),
    arm64("Pi 5, zig", "cortex-a76", toolchain="aarch64-zig"),
    arm32("Pi 2, 32-bit, zig", "cortex-a7", toolchain="armv7-zig"),
    Machine("Pi Zero, zig", "armv6-zig", ("qemu-arm-static", "-cpu", "arm1176"), {"scalar": ""}),
)
