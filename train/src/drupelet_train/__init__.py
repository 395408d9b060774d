"""Trains a Keras text classifier on a labelled corpus, and records how it was trained."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drupelet_train.config import TrainConfig, load_config
    from drupelet_train.corpora.corpus import Corpus, load_all, load_held_out, read_corpus

__all__ = ["Corpus", "TrainConfig", "load_all", "load_config", "load_held_out", "read_corpus"]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used, because ``drupelet --help`` imports this package too."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "config" if name in ("TrainConfig", "load_config") else "corpora.corpus"
    return getattr(import_module(f"{__name__}.{home}"), name)
