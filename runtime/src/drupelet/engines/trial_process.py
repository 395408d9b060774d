"""What runs in the child process of a trial; see :mod:`drupelet.engines.trial`."""

from __future__ import annotations

import json
import os
import sys
from itertools import islice
from typing import NoReturn

from drupelet.bundle import open_bundle
from drupelet.classifier import Classifier
from drupelet.engines import ENGINES
from drupelet.engines.probing import described, import_library, remedy_for
from drupelet.errors import DrupeletError

TELLS = b"drupelet-trial "
"""How the lines for the parent begin: what starts with Python (``sitecustomize``) may have printed others before."""
TRIAL_WORDS = 32
"""Words of the text that is answered: some that the model knows, so that no part of the network is left out."""


def main(engine_name: str, place: str, file: str) -> NoReturn:
    """Tells stdout, a JSON object a line, what it is about to do and then what came of it, and ends the process.

    Keys: ``doing`` before each step and the ``library`` that does it, ``version`` once all is imported, ``done`` at the end,
    with a ``reason`` or a ``refusal`` as in Trial when it did not work.
    """
    outcomes = os.dup(1)
    os.dup2(2, 1)  # what a library prints does not get between the lines

    def tell(**told: object) -> None:
        os.write(outcomes, TELLS + json.dumps(told).encode() + b"\n")

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
            text = " ".join(islice(bundle.vocabulary(), TRIAL_WORDS))
            doing = f"answering a text with {file} on {library}"
            tell(doing=doing)
            classifier(text)
        tell(done=True)
    except DrupeletError as error:
        tell(done=True, **{"reason" if version is None else "refusal": str(error)})
    except BaseException as error:  # noqa: BLE001  # whatever a library raises is what the trial is to find out
        tell(done=True, reason=f"{doing} raised {described(error)}; {remedy_for(error)}, or use another engine")
    # Not the ordinary way out: a library may crash there as well, after its answers, or wait for a thread.
    os._exit(0)


def _die_quietly() -> None:
    """No core file on the card, no dialogue on the screen when the process is killed by a fault of its own."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.SetErrorMode(msvcrt.SEM_FAILCRITICALERRORS | msvcrt.SEM_NOGPFAULTERRORBOX)
    else:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
