"""The machines for which libraries have wheels (built packages), and the advice for machines that have none."""

from __future__ import annotations

import platform
import sys

WHEELS = {
    "ai-edge-litert": {"aarch64": (9, 14), "x86_64": (9, 14)},
    "onnxruntime": {"aarch64": (9, 14), "x86_64": (9, 14)},
    "tflite-runtime": {"aarch64": (9, 11), "armv7l": (9, 11), "x86_64": (9, 11)},
    "numpy": {"aarch64": (9, 14), "x86_64": (9, 14)},
}
"""Distribution -> Linux machine -> the first and the last CPython 3.x for which some release has a wheel.

The package index was asked in 2026-11 with ``pip install --dry-run --only-binary :all: --platform ...``, for glibc up to
2.36. The newest are ai-edge-litert 2.3.0 (3.10 and newer; 2.1.0 for 3.9), onnxruntime 1.32.0 (3.11 and
newer; 1.23.2 for 3.10, 1.19.2 for 3.9), tflite-runtime 2.14.0 (no later release is to come) and numpy 2.4.6.
"""
LOOKED_UP = "2026-11"

INSTALL = {
    "tflite-runtime": "pip install tflite-runtime 'numpy<2'",  # built against the C interface of numpy 1
}
"""Commands that install a distribution, where ``pip install`` and its name do not suffice."""


def how_to_install(*distributions: str) -> str:
    """The command that installs the first distribution with a wheel for this machine and Python, or why there is none."""
    obstacles = []
    for distribution in distributions:
        obstacle = _obstacle(distribution)
        if obstacle is None:
            return INSTALL.get(distribution, f"pip install {distribution}")
        obstacles.append(f"{distribution} has no wheel for {obstacle}")
    if distributions == ("numpy",):
        return f"{obstacles[0]}: apt install python3-numpy"
    return f"{', '.join(obstacles)}; use the native engine"


def _obstacle(distribution: str) -> str | None:
    """The machine, or the Python on it, for which there is no wheel; None where there is one, or where nothing is known."""
    if sys.platform != "linux" or platform.python_implementation() != "CPython":
        return None
    machine = _machine()
    if machine not in WHEELS[distribution]:
        return machine
    first, last = WHEELS[distribution][machine]
    minor = sys.version_info[1]
    if first <= minor <= last:
        return None
    return f"Python 3.{minor} on {machine} (3.{first} to 3.{last} in {LOOKED_UP})"


def _machine() -> str:
    """The machine in the names of wheels: a 32-bit Python on a 64-bit kernel takes wheels of 32-bit Arm."""
    machine = platform.machine()
    if machine in ("aarch64", "armv8l") and sys.maxsize < 1 << 32:
        return "armv7l"
    return machine
