"""The protocols of engines and sessions. These are types only: no module imports them at run time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from drupelet.bundle import Bundle
from drupelet.manifest import ModelEntry
from drupelet.prediction import Prediction


class Session(Protocol):
    """A loaded model that turns ids into logits. An EncodedSession makes a TextSession of it.

    It keeps no state between calls; many threads may call :meth:`run` at once. Where memory does not suffice it raises
    MemoryError, of which a Classifier makes an OutOfMemoryError.
    """

    def run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """The logits of each text, (texts, units of the last layer), for its ids as Encoder gives them.

        They are Keras's ids for an .onnx or .tflite file, and those of the file for a .drupelet file.
        """
        ...


class TextSession(Protocol):
    """A loaded model that answers texts. It keeps no state between calls; threads may share it."""

    def answer(self, texts: list[str]) -> list[Prediction]:
        """The answers for the texts, in their order. Any string is a text; anything else raises InputError."""
        ...

    def encode(self, text: str) -> list[int]:
        """The ids that the network reads for a text, as Encoder gives them."""
        ...

    def run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """The logits for rows of ids as :meth:`encode` gives them, as :meth:`Session.run` does."""
        ...


class Engine(Protocol):
    """One way to run a model file. It has a name and a format, knows whether it can run here, and loads models."""

    name: str
    format: str

    def check(self) -> str | None:
        """None when the engine can run on this machine, otherwise the reason why not and what to install.

        Imports no library. Raises InputError when the user asked for something that this engine cannot do here and no other
        engine can replace.
        """
        ...

    def libraries(self) -> tuple[str, ...]:
        """The foreign modules that :meth:`load` imports, the one that runs the model last. Empty when all code is our own.

        Such a module may kill the process, so the engine has to pass a smoke test in a child process before it is chosen for
        the user. Called only when :meth:`check` gives None.
        """
        ...

    def load(self, bundle: Bundle, model: ModelEntry) -> Session | TextSession:
        """The model, ready to run. Raises EngineUnavailableError when the engine refuses the file."""
        ...

    def version(self) -> str:
        """The library that runs the model, with its version, for reports. Called only when :meth:`check` gives None.

        May import the library. Raises EngineUnavailableError when that fails.
        """
        ...
