"""Describes the machine that a measurement ran on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

FEATURES = ("sse4_1", "avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "asimd", "asimddp", "neon", "i8mm")
"""Flags of /proc/cpuinfo that decide how fast small integers are multiplied."""


def describe_machine() -> dict[str, Any]:
    """Processor, system and Python, as a JSON object."""
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    pairs = (line.partition(":") for line in reversed(cpuinfo.splitlines()))
    fields = {name.strip(): value.strip() for name, _, value in pairs}
    flags = fields.get("flags", fields.get("Features", "")).split()
    return {
        "cpu": fields.get("model name", fields.get("Hardware", platform.processor())),
        "cpu_family": fields.get("cpu family"),
        "cpu_model": fields.get("model"),
        "architecture": platform.machine(),
        "features": [feature for feature in FEATURES if feature in flags],
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def versions_of(distributions: Sequence[str]) -> dict[str, str]:
    """The installed version of each distribution."""
    return {name: version(name) for name in distributions}


def pin_to_one_core() -> int:
    """Keeps this process and its children on one core. Returns the number of the core."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core
