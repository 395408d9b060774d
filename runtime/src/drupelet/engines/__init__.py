"""The engines that run model files on a device. ``docs/adding_an_engine.md`` explains how to add one."""

from __future__ import annotations

from _collections_abc import Mapping  # collections.abc re-exports it; this module is always loaded, collections is not

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drupelet.engines.protocol import Engine


def _native() -> Engine:
    from drupelet.engines.native_engine import NativeEngine

    return NativeEngine()


def _litert() -> Engine:
    from drupelet.engines.litert_engine import LitertEngine

    return LitertEngine()


def _onnx() -> Engine:
    from drupelet.engines.onnx_engine import OnnxEngine

    return OnnxEngine()


def _numpy() -> Engine:
    from drupelet.engines.numpy_engine import NumpyEngine

    return NumpyEngine()


class _Engines(Mapping[str, "Engine"]):
    """Engines by name. Each is made when it is first asked for, so that the others cost nothing."""

    def __init__(self, makers: dict[str, Callable[[], Engine]]) -> None:
        self._makers = makers
        self._made: dict[str, Engine] = {}

    def __getitem__(self, name: str) -> Engine:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


ENGINES = _Engines({"native": _native, "litert": _litert, "onnx": _onnx, "numpy": _numpy})
"""Every engine by name, in the order in which ``auto`` tries them."""
