"""The life of a process that runs the command: its standard streams, its signals, its exit status."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
from errno import EBADF

from drupelet.cli.command import EXIT_USAGE
from drupelet.cli.main import main
from drupelet.cli.signals import Terminated, turn_into_exceptions
from drupelet.cli.standard_streams import occupy_closed_descriptors, unfailing_text


def run_process(command: Callable[[], int] = main) -> int:
    """Runs the command and returns the exit status of the process.

    A signal that ends it, SIGINT aside, ends it after what was begun is put away, with the status of the signal. Where stdout
    is closed nothing is begun. A message that stderr does not take changes nothing.
    """
    turn_into_exceptions()
    occupy_closed_descriptors()
    sys.stderr = unfailing_text(2)
    if sys.stdout is None:
        print(f"drupelet: stdout: cannot be written ({os.strerror(EBADF)})", file=sys.stderr)
        return EXIT_USAGE
    try:
        return command()
    except Terminated as terminated:
        signal.signal(terminated.number, signal.SIG_DFL)
        atexit._run_exitfuncs()  # a signal ends the process without them; TensorFlow removes its temporary files there
        os.kill(os.getpid(), terminated.number)
        raise
