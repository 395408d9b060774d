"""The models of a server: loaded and checked beside each other, and swapped when their bundle is another one."""

from __future__ import annotations

import os
import threading
import time

from drupelet.classifier import load
from drupelet.errors import DrupeletError, InputError, closest_match
from drupelet.serve.refusal import Refusal
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drupelet.classifier import Classifier
    from drupelet.serve.self_check import SelfCheck

WATCH_SECONDS = 2
"""Time between two looks at where a bundle lies."""
NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
MAX_NAME_CHARACTERS = 64


class Model(Value):
    """A model that has checked itself. ``loaded_at`` is a Unix time in seconds."""

    name: str
    classifier: Classifier
    check: SelfCheck
    loaded_at: int


class Models:
    """Models by name. A request takes one and keeps it to its end, whatever is swapped meanwhile.

    ``check`` is the self-check of a classifier, which raises what is wrong with it; ``log`` takes a line, ``swapped`` the
    name of a model and whether it was swapped. ``keys``: only bundles that one of them signed are loaded.
    :meth:`keep` runs in one thread, all others may be called from any.
    """

    def __init__(
        self,
        places: Mapping[str, str],
        engine: str,
        scheme: str | None,
        check: Callable[[Classifier], SelfCheck],
        log: Callable[[str], None],
        swapped: Callable[[str, bool], None] = lambda name, success: None,
        keys: Sequence[str] | None = None,
    ) -> None:
        self._places = dict(places)
        self._engine = engine
        self._scheme = scheme
        self._check = check
        self._log = log
        self._swapped = swapped
        self._keys = keys
        self._models: dict[str, Model] = {}
        self._identities: dict[str, object] = {}
        self._wake = threading.Event()
        self._wants_all = False
        self._stopped = False

    @property
    def loaded(self) -> list[Model]:
        """The models that answer, in the order in which they were named."""
        return [self._models[name] for name in self._places if name in self._models]

    @property
    def missing(self) -> list[str]:
        """The names of models that have not checked themselves yet."""
        return [name for name in self._places if name not in self._models]

    def get(self, name: str | None) -> Model:
        """The model of that name; without a name, the only one.

        Raises Refusal: 400 where a name is missing, 404 for one that is not served, 503 for a model that is not ready.
        """
        if name is None:
            if len(self._places) > 1:
                raise Refusal(
                    400, "missing_field", f"model is missing, expected one of {', '.join(self._places)}", "model"
                )
            (name,) = self._places
        if name not in self._places:
            raise Refusal(
                404,
                "model_not_found",
                f"model {name[:MAX_NAME_CHARACTERS]!r} is not served{closest_match(name[:MAX_NAME_CHARACTERS], self._places)}",
                "model",
            )
        model = self._models.get(name)
        if model is None:
            raise Refusal(
                503, "not_ready", f"model {name!r} is being loaded; ask again", "model", (("Retry-After", "1"),)
            )
        return model

    def load_all(self) -> None:
        """Loads and checks every model. Raises DrupeletError for the first that fails."""
        for name in self._places:
            self._load(name)

    def keep(self) -> None:
        """Swaps models whose bundle lies elsewhere by now, or all after :meth:`reload`, until :meth:`stop`."""
        while not self._stopped:
            self._wake.wait(WATCH_SECONDS)
            self._wake.clear()
            wants_all, self._wants_all = self._wants_all, False
            for name in self._places:
                if not self._stopped and (wants_all or self._lies_elsewhere(name)):
                    self._swap(name)

    def reload(self) -> None:
        """Has every model loaded again, and checked, and swapped."""
        self._wants_all = True
        self._wake.set()

    def stop(self) -> None:
        """Ends :meth:`keep`."""
        self._stopped = True
        self._wake.set()

    def _load(self, name: str) -> None:
        place = self._places[name]
        self._identities[name] = identity(place)
        classifier = load(place, self._engine, self._scheme, keys=self._keys)
        model = Model(name, classifier, self._check(classifier), int(time.time()))
        self._models[name] = model
        file, texts = classifier.model.entry.file, model.check.texts
        self._log(f"{name}: {place} {model.check.claim}: {file} on {classifier.engine}, {texts} texts")

    def _swap(self, name: str) -> None:
        """Loads a model beside the one that answers, which goes on where the new one fails."""
        try:
            self._load(name)
        except DrupeletError as error:
            if not self._stopped:
                self._log(f"{name}: goes on with the bundle that it has, for the new one failed: {error}")
                self._swapped(name, False)
        else:
            self._swapped(name, True)

    def _lies_elsewhere(self, name: str) -> bool:
        """Whether another bundle lies at the place of a model. Where none lies, or part of one, that is not so."""
        found = identity(self._places[name])
        return found is not None and found != self._identities[name]


def identity(place: str) -> object:
    """What tells the bundle at a place from another one that is moved there: where links lead, and which folder it is."""
    try:
        found = os.stat(place)
    except OSError:
        return None
    return os.path.realpath(place), found.st_dev, found.st_ino


def places_by_name(bundles: Sequence[str]) -> dict[str, str]:
    """The places of bundles, by name: ``NAME=BUNDLE``, or the name of the folder or file. Raises InputError."""
    places: dict[str, str] = {}
    for given in bundles:
        name, separator, place = given.partition("=")
        if not separator or not is_name(name):
            place = given
            name = os.path.basename(os.path.abspath(given))
            name = name[: -len(".zip")] if name.endswith(".zip") else name
        if not is_name(name):
            raise InputError(
                f"{given!r}: {name!r} is no name of a model (letters, digits, '.', '_', '-', at most {MAX_NAME_CHARACTERS}); "
                "give one as NAME=BUNDLE"
            )
        if name in places:
            raise InputError(f"{given!r}: a second model {name!r}; give it another name as NAME=BUNDLE")
        places[name] = place
    return places


def is_name(name: str) -> bool:
    """Whether a model may be called so: it stands in addresses, logs and metrics."""
    return 0 < len(name) <= MAX_NAME_CHARACTERS and not set(name) - NAME_CHARACTERS
