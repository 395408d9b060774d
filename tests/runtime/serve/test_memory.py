import platform
import subprocess
import sys

import pytest

from drupelet.serve.memory import LARGE_BYTES, give_back_large_blocks

PROGRAM = """
import sys
from drupelet.serve.memory import give_back_large_blocks

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

if sys.argv[1] == "give back":
    assert give_back_large_blocks()
del bytearray(8 << 20)[:]  # glibc raises its threshold to what is freed
held = [bytearray(2 << 20) for _ in range(8)]
kept = [bytearray(1024) for _ in range(100)]  # lie behind them
before = resident()
del held
print(before - resident())
"""

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this C library has no mallopt")


@glibc
def test_what_is_freed_goes_back():
    freed = [
        int(subprocess.check_output([sys.executable, "-c", PROGRAM, what], text=True)) for what in ("give back", "keep")
    ]
    assert freed[0] >= 15 << 20
    assert freed[1] < freed[0]


@glibc
def test_there_is_such_a_threshold():
    assert give_back_large_blocks()
    assert LARGE_BYTES == 131_072


def test_another_c_library(monkeypatch):
    class Library:
        def __init__(self, name):
            assert name is None

    monkeypatch.setattr("ctypes.CDLL", Library)
    assert not give_back_large_blocks()
