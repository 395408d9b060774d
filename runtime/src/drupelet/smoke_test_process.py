"""The program of a smoke test's child process; :mod:`drupelet.engines.smoke_test` starts it and reads what it prints."""

from __future__ import annotations

import json
import os
import sys
from itertools import islice
from typing import NoReturn

from drupelet.bundle import open_bundle
from drupelet.classifier import Classifier
from drupelet.engines import ENGINES
from drupelet.engines.foreign_library import described, import_library, remedy_for
from drupelet.engines.smoke_test import REPORT_PREFIX
from drupelet.errors import DrupeletError

SMOKE_TEST_WORDS = 32
"""Words of the text that is answered. The model knows them, so that no part of the network is left out."""


def main(engine_name: str, place: str, file: str) -> NoReturn:
    """Prints a JSON object a line: each step before it is taken, then the result. Ends the process.

    Keys: ``doing`` before each step and the ``library`` that does it, ``version`` once all is imported, ``done`` at the end,
    with a ``reason`` or a ``refusal`` as in SmokeTestResult when it did not work.
    """
    report = os.dup(1)
    os.dup2(2, 1)  # the prints of a library do not get between the lines

    def tell(**told: object) -> None:
        os.write(report, REPORT_PREFIX + json.dumps(told).encode() + b"\n")

    _die_quietly()
    engine = ENGINES[engine_name]
    doing = ""
    version = None
    try:
        for module in engine.libraries():
            library = module.partition(".")[0]
            doing = f"importing {library}"
            tell(doing=doing, library=library)
            import_library(module)
        version = engine.version()
        tell(version=version)
        if place:
            doing = f"loading {file} with {library}"
            tell(doing=doing)
            bundle = open_bundle(place)
            model = next(model for model in bundle.manifest.models if model.entry.file == file)
            classifier = Classifier(bundle, engine, model)
            text = " ".join(islice(bundle.vocabulary(), SMOKE_TEST_WORDS))
            doing = f"answering a text with {file} on {library}"
            tell(doing=doing)
            classifier(text)
        tell(done=True)
    except DrupeletError as error:
        tell(done=True, **{"reason" if version is None else "refusal": str(error)})
    except BaseException as error:  # noqa: BLE001  # the smoke test is to find out whatever a library raises
        tell(done=True, reason=f"{doing} raised {described(error)}; {remedy_for(error)}, or use another engine")
    # Not the ordinary exit: there a library may crash as well, after its answers, or wait for a thread.
    os._exit(0)


def _die_quietly() -> None:
    """Keeps a process that a fault kills from leaving a core file on the card or a dialogue on the screen."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.SetErrorMode(msvcrt.SEM_FAILCRITICALERRORS | msvcrt.SEM_NOGPFAULTERRORBOX)
    else:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
