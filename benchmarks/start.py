"""Measures start, memory and size of the runtime alone: ``python -m benchmarks.start LOCATION... [--texts FILE]``.

A location is a bundle or a .drupelet file. The runtime is installed as on a device. Programs run in fresh processes, in turn;
the figures are medians, less that of a Python that does nothing. ``make bench`` measures the same beside other systems.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.device_install import DeviceInstall, install_runtime
from benchmarks.fresh_process import (
    BARE,
    FIRST_TEXT,
    Interpreter,
    first_answer,
    many_answers,
    memory_kib,
    start_times_ms,
)
from benchmarks.machine import describe_machine

RUNTIME = Path(__file__).parents[1] / "runtime"
START_REPEATS = 61
MEMORY_REPEATS = 5


def main(arguments: list[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("location", nargs="+", type=Path, help="a bundle, or a .drupelet file")
    parser.add_argument(
        "--texts", type=Path, metavar="FILE", help="texts, one a line, after which memory is measured too"
    )
    options = parser.parse_args(arguments)
    machine = describe_machine()
    print(f"{machine['cpu']}, family {machine['cpu_family']}, model {machine['cpu_model']}; Python {machine['python']}")
    with tempfile.TemporaryDirectory(prefix="drupelet-start-") as scratch:
        install = install_runtime(RUNTIME, Path(scratch))
        python = Interpreter(install.python)
        loads = {str(place): load_program(place.absolute()) for place in options.location}
        print_sizes(install, python, next(iter(loads.values())), options.location[0].absolute())
        first = {name: (python, first_answer(load)) for name, load in loads.items()}
        commands = {
            f"drupelet predict {place}": (python, predict_command(place.absolute())) for place in options.location
        }
        print_starts(start_times_ms({BARE: (python, BARE), **first, **commands}, START_REPEATS))
        print_memory(f"{FIRST_TEXT!r}", memory_kib({BARE: (python, BARE), **first}, MEMORY_REPEATS))
        if options.texts is not None:
            all_texts = {name: (python, many_answers(load, options.texts.absolute())) for name, load in loads.items()}
            print_memory(str(options.texts), memory_kib({BARE: (python, BARE), **all_texts}, MEMORY_REPEATS))
    return 0


def load_program(location: Path) -> str:
    """The lines of Python that import and load a classifier, as a user writes them, under the name ``answer``."""
    return f"import drupelet\nanswer = drupelet.load({str(location)!r})\n"


def predict_command(location: Path) -> str:
    """A program that runs ``drupelet predict`` for one text."""
    arguments = ["predict", str(location), FIRST_TEXT]
    return f"from drupelet.cli.main import main\nmain({arguments!r})\n"


def print_sizes(install: DeviceInstall, python: Interpreter, load: str, location: Path) -> None:
    """Prints the bytes that are installed, and those of the files that an answer, and the command predict, need of them."""
    kernel = sum(install.extensions.values())
    print(f"installed: {install.installed_bytes} bytes, of them {kernel} the kernel")
    answer = bytes_of_modules(python, first_answer(load))
    command = bytes_of_modules(python, predict_command(location))
    print(f"Python that the first answer imports: {answer} bytes; that drupelet predict imports: {command} bytes")


def bytes_of_modules(python: Interpreter, program: str) -> int:
    """The bytes of the Python files of the runtime that a program imports."""
    listed = (
        "import sys\nfiles = {m.__file__ for n, m in sys.modules.items() if n.partition('.')[0] == 'drupelet'}\n"
        "print('', *sorted(f for f in files if f.endswith('.py')), sep='\\n')\n"
    )
    printed = python.run(f"{program}{listed}").splitlines()
    return sum(Path(line).stat().st_size for line in printed if line.endswith(".py"))


def print_starts(times_ms: Mapping[str, list[float]]) -> None:
    """Prints the milliseconds of each program above those of the bare one."""
    bare = statistics.median(times_ms[BARE])
    print(f"bare Python: {bare:.1f} ms")
    for name, taken in times_ms.items():
        if name != BARE:
            low, middle, high = (quarter - bare for quarter in statistics.quantiles(taken, n=4))
            print(f"{name}: from start to the first label {middle:.1f} ms above it ({low:.1f} to {high:.1f})")


def print_memory(texts: str, kib: Mapping[str, Mapping[str, float]]) -> None:
    """Prints the resident memory of each program above that of the bare one."""
    for name, fields in kib.items():
        if name != BARE:
            print(f"{name}: {(fields['Rss'] - kib[BARE]['Rss']) * 1024 / 1e6:.2f} MB above it after {texts}")


if __name__ == "__main__":
    raise SystemExit(main())
