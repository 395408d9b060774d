"""How many steps TensorFlow puts around a text for padding ``same``."""

from __future__ import annotations

from drupelet_export.reading.layers.call import Call


def same_padding(call: Call, length: int | None, span: int, stride: int) -> tuple[int, int]:
    """Steps in front and behind, so that there are ``length / stride`` windows, rounded up. The odd one stands behind."""
    if length is None and stride > 1:
        call.refuse("moves by more than one step over texts of any length; give --max-tokens and --padding")
    windows = -(-(length or span) // stride)
    total = span - 1 if stride == 1 else max((windows - 1) * stride + span - (length or 0), 0)
    return total // 2, total - total // 2
