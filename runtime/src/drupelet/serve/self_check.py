"""The self-check of a model before it is served: a child process answers the goldens of its bundle."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

from drupelet.errors import DrupeletError
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import Any

    from drupelet.classifier import Classifier

SELF_CHECK_SECONDS = 900
"""A self-check that takes longer hangs: a Pi Zero takes a minute with the native engine, and some with the numpy engine."""

PROGRAM = (
    "import sys; sys.path[:] = sys.argv[5:]; from drupelet.serve.self_check_process import main; main(*sys.argv[1:5])"
)
"""Program of the child. Its arguments: bundle, engine, scheme, digest of the manifest, and the parent's ``sys.path``."""


class SelfCheckError(DrupeletError):
    """A model does not answer like Keras here, or could not be asked: it is not served."""


class SelfCheck(Value):
    """A self-check that passed: how many goldens were answered, what that proves, and how often the model is right.

    ``accuracy`` is that of the export on ``accuracy_texts`` held-out texts with labels, else that on the goldens; None where
    no true labels are known. ``accuracy_95`` is its 95 % interval.
    """

    texts: int
    claim: str
    accuracy: float | None
    accuracy_95: tuple[float, float] | None
    accuracy_texts: int


class SelfChecks:
    """Runs self-checks, one at a time. :meth:`stop` ends the one that runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self, classifier: Classifier) -> SelfCheck:
        """Checks the very bundle that a classifier has loaded.

        Raises SelfCheckError where an answer is not Keras's or the process fails, and for what is wrong with the bundle.
        """
        bundle, model = classifier.bundle, classifier.model
        arguments = [bundle.path, classifier.engine, model.scheme, bundle.manifest.digest]
        path = [entry for entry in sys.path if isinstance(entry, str)]
        # -I leaves out PYTHONDONTWRITEBYTECODE, too.
        flags = ["-I", "-B"] if sys.dont_write_bytecode else ["-I"]
        printed, status = self._output([sys.executable, *flags, "-c", PROGRAM, *arguments, *path])
        if status != 0:
            raise SelfCheckError(f"{bundle.path}: the process of its self-check failed (exit status {status})")
        outcome: dict[str, Any] = json.loads(printed)
        if "error" in outcome:
            raise SelfCheckError(outcome["error"])
        failures = outcome.pop("failures")
        if failures:
            raise SelfCheckError(
                f"{bundle.path}: {model.entry.file} does not answer like Keras on {classifier.engine}: {'; '.join(failures)}; "
                "run drupelet verify"
            )
        interval = outcome.pop("accuracy_95")
        return SelfCheck(**outcome, accuracy_95=None if interval is None else tuple(interval))

    def _output(self, command: list[str]) -> tuple[bytes, int]:
        """What a command prints, and its exit status; it is killed when it takes too long or :meth:`stop` is called."""
        with self._lock:
            if self._stopped:
                raise SelfCheckError("the server stops; no self-check begins")
            try:
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            except OSError as error:
                raise SelfCheckError(f"the process of a self-check cannot be started ({error.strerror})") from error
            self._process = process
        with process:
            try:
                printed, _ = process.communicate(timeout=SELF_CHECK_SECONDS)
            except subprocess.TimeoutExpired as error:
                process.kill()
                raise SelfCheckError(f"a self-check took more than {SELF_CHECK_SECONDS} s") from error
        return printed, process.returncode

    def stop(self) -> None:
        """Ends a self-check that runs, and begins no other."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()
