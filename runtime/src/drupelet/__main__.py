"""The command ``drupelet`` as a process: ``python -m drupelet``, and what the console script calls.

It imports next to nothing itself, so that an interrupt while the rest is imported ends it in a sentence.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Runs the command that the arguments of the process name, and returns the exit status."""
    try:
        from drupelet.cli.process import run_process

        return run_process()
    except KeyboardInterrupt:
        if sys.stderr is not None:
            sys.stderr.write("drupelet: interrupted\n")
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
