"""What an engine is. These are types only: nothing imports this module at run time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from drupelet.bundle import Bundle
from drupelet.manifest import ModelEntry
from drupelet.prediction import Prediction


class Session(Protocol):
    """A model that an engine has loaded, from ids to logits; an EncodedSession makes a TextSession of it.

    Keeps no state between calls; :meth:`run` may be called from many threads.
    """

    def run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """The logits of each text, (texts, units of the last layer), for the ids of each text as Encoder gives them."""
        ...


class TextSession(Protocol):
    """A model that an engine has loaded, from texts to answers. Keeps no state between calls; threads may share it."""

    def answer(self, texts: list[str]) -> list[Prediction]:
        """The answer for each text, in their order. Any strings are texts; anything else raises InputError."""
        ...

    def encode(self, text: str) -> list[int]:
        """The ids that the network reads for a text, as Encoder gives them."""
        ...


class Engine(Protocol):
    """One way to run a model file: its name, the format it reads, whether it can run here, and how it loads a model."""

    name: str
    format: str

    def check(self) -> str | None:
        """None when the engine can run on this machine, otherwise the reason why not and what to install.

        Imports no library. Raises InputError when the user asked for what this engine cannot do here, so that no other one
        may stand in.
        """
        ...

    def libraries(self) -> tuple[str, ...]:
        """The foreign modules that :meth:`load` imports, the one that runs the model last; none when all is our own code.

        Such a module may kill the process, so the engine has to pass a smoke test in a child process before it is chosen for
        the user. Called only when :meth:`check` gives None.
        """
        ...

    def load(self, bundle: Bundle, model: ModelEntry) -> Session | TextSession:
        """The model, ready to run. Raises EngineUnavailableError when this engine refuses this file."""
        ...

    def version(self) -> str:
        """The library that runs the model and its version, for reports. Called only when :meth:`check` gives None.

        May import the library. Raises EngineUnavailableError when that fails.
        """
        ...
