"""The device rig: installs the runtime on emulated Raspberry Pis as a user would, and verifies it there.

python -m pi --wheels FOLDER --packages FOLDER [--json FILE] [--root NAME]...
"""

from __future__ import annotations

import argparse
import fcntl
import json
import sys
from pathlib import Path

from pi.emulation import reason_not_here
from pi.rig import run_rig
from pi.roots import CACHE_VARIABLE, ROOTS, cache_folder
from pi.table import render


def main() -> int:
    """Runs the rig; exit status 1 when anything is not verified. When it cannot run here, it prints why; that is no failure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--wheels", type=Path, required=True, help="folder with the wheels of build_wheels.py")
    parser.add_argument("--packages", type=Path, required=True, help="folder with the packages of build_debs.py")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the outcome as JSON")
    parser.add_argument("--memory", action="store_true", help="also measure the memory of each engine on this machine")
    parser.add_argument("--root", action="append", choices=list(ROOTS), help="only this root; may be repeated")
    options = parser.parse_args()
    if not list(options.wheels.glob("drupelet-*.whl")):
        parser.error(f"{options.wheels}: no wheel of drupelet in it; make wheels writes them to build/wheels")
    if not list(options.packages.glob("drupelet_*.deb")):
        parser.error(f"{options.packages}: no Debian package of drupelet in it; make deb writes them to build/deb")
    reason = reason_not_here()
    if reason is not None:
        print(f"skipped: {reason}")
        return 0
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"another run uses {cache}; wait for it, or set {CACHE_VARIABLE} to another folder", file=sys.stderr)
            return 2
        roots = [ROOTS[name] for name in options.root or ROOTS]

        def progress(line: str) -> None:
            print(line, file=sys.stderr, flush=True)

        outcome = run_rig(options.wheels, options.packages, cache, roots, options.memory, progress)
    document = outcome.to_json()
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(document, indent=1) + "\n")
    print(render(document))
    failed = [row for row in outcome.rows if not row.passed]
    for row in failed:
        print(
            f"FAILED: {row.root}, {row.board}, {row.environment}, {row.engine} {row.tier or ''}: {'; '.join(row.failures)}"
        )
    print(f"{len(outcome.rows) - len(failed)} of {len(outcome.rows)} verified")
    return 0 if outcome.passed else 1


if __name__ == "__main__":
    sys.exit(main())
