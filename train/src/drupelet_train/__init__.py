"""Trains a Keras text classifier on a labelled corpus, and records how it was trained.

:func:`train` trains what a :class:`Plan` says: a corpus, and a :class:`TrainConfig`. The command is ``drupelet train``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drupelet_train.config import TrainConfig, load_config
    from drupelet_train.corpora.corpus import Corpus, load_all, load_held_out, read_corpus
    from drupelet_train.corpora.reading import Reading
    from drupelet_train.run_folder import Plan
    from drupelet_train.run_record import RunRecord, read_record
    from drupelet_train.training.callbacks import Callbacks
    from drupelet_train.training_run import train

_HOMES = {
    "config": ("TrainConfig", "load_config"),
    "corpora.corpus": ("Corpus", "load_all", "load_held_out", "read_corpus"),
    "corpora.reading": ("Reading",),
    "run_folder": ("Plan",),
    "run_record": ("RunRecord", "read_record"),
    "training.callbacks": ("Callbacks",),
    "training_run": ("train",),
}

__all__ = [
    "Callbacks",
    "Corpus",
    "Plan",
    "Reading",
    "RunRecord",
    "TrainConfig",
    "load_all",
    "load_config",
    "load_held_out",
    "read_corpus",
    "read_record",
    "train",
]


def __getattr__(name: str) -> Any:
    """The public name, imported when it is first used: ``drupelet --help`` imports this package too."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
