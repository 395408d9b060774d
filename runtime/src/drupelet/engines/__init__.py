"""The engines that run a model file on a device. ``docs/adding_an_engine.md`` says how to write another one."""

from __future__ import annotations

from drupelet.engines.litert_engine import LitertEngine
from drupelet.engines.numpy_engine import NumpyEngine
from drupelet.engines.onnx_engine import OnnxEngine
from drupelet.engines.protocol import Engine, Session

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (LitertEngine(), OnnxEngine(), NumpyEngine())}
"""Every engine by name, in the order in which ``auto`` tries them."""

__all__ = ["ENGINES", "Engine", "Session"]
