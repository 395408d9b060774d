"""``drupelet compile``: parse, call the library, print."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from drupelet.cli.command import EXIT_CHECK_FAILED, EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.errors import InputError

if TYPE_CHECKING:
    from drupelet_export.executable.build import Executable, Prepared


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    from drupelet_export.executable.targets import TARGETS

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "targets:\n" + "\n".join(f"  {target.name:<13} {target.boards}" for target in TARGETS)
    parser.add_argument("bundle", help="bundle folder, .zip of one, or .drupelet file")
    parser.add_argument("--target", metavar="T", help=", ".join(target.name for target in TARGETS))
    parser.add_argument("--emit", choices=("c",), help="write C sources and a Makefile instead, for any target")
    parser.add_argument("--scheme", help="quantization scheme, when the bundle has several (default: its first)")
    parser.add_argument("--out", metavar="FILE", help="executable or folder to write (default: NAME-TARGET or NAME-c)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Writes an executable or a folder of sources; exit status 1 when the executable fails its self-check."""
    from drupelet.bundle import open_bundle
    from drupelet_export.executable.build import ExecutableError, build_executable, emit_sources, prepare
    from drupelet_export.executable.targets import TARGETS, named_target

    if (options.target is None) == (options.emit is None):
        names = ", ".join(target.name for target in TARGETS)
        raise InputError(f"give either --target (one of {names}) or --emit c, which writes C sources for any target")
    target = None if options.target is None else named_target(options.target)
    prepared = prepare(open_bundle(options.bundle), options.scheme)
    out = Path(options.out or f"{prepared.content.name}-{options.target or 'c'}")
    if target is None:
        emit_sources(prepared, out)
        if options.json:
            print_document({**prepared.to_json(), "out": str(out)})
        else:
            print(_render_sources(prepared, out))
        return EXIT_OK
    try:
        executable = build_executable(prepared, target, out, _progress)
    except ExecutableError as error:
        print(f"drupelet compile: {error}", file=sys.stderr)
        return EXIT_CHECK_FAILED
    if options.json:
        print_document(executable.to_json())
    else:
        print(_render(executable))
    return EXIT_OK


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


def _goldens(prepared: Prepared) -> str:
    suites = [f"{len(suite.goldens)} of {suite.in_bundle} {suite.name}" for suite in prepared.suites]
    left_out = ""
    if prepared.without_text:
        left_out = f"; not inside: {prepared.without_text} goldens whose texts the bundle leaves out"
    if not suites:
        return f"no texts inside{left_out or ': the bundle has no goldens'}"
    return f"texts inside: {', '.join(suites)}{left_out}"


def _render_sources(prepared: Prepared, out: Path) -> str:
    return f"{out}: C sources with {prepared.content.file} inside; build them with make -C {out}\n{_goldens(prepared)}"


def _render(executable: Executable) -> str:
    check = executable.self_check
    size = f"{executable.size_bytes} bytes, {executable.beside_model_bytes} besides the model"
    if check.report is not None:
        verdict = (
            f"verified {check.how}, tier {check.report['tier']}: {executable.prepared.content.claim}; bit for bit like the "
            "native engine"
        )
    else:
        verdict = f"NOT verified here: {check.reason}"
        if executable.prepared.suites:
            verdict += f". Run ./{executable.path.name} --verify on the device"
    first = f"{executable.path}: {executable.prepared.content.file} for {executable.target.boards}"
    beside = f"beside it: {' and '.join(path.name for path in executable.accompanying)}"
    return "\n".join([first, size, beside, _goldens(executable.prepared), verdict])


COMPILE = Command("compile", "build one executable from a bundle, for a device without Python", configure, run)
