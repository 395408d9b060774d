"""Kernels with all weights within 63 may be multiplied in another way (drp_kernel_i8.small): every tier gives the same bits.

Weights and states at the ends of their ranges are where sums of int16 come nearest to overflow: 4 * 127 * 63 = 32004 and
2 * 255 * 63 = 32130. One larger weight in a kernel of small ones has to be seen.
"""

import random

import pytest

from drupelet.quantization import INT8_MAX, SMALL_INT8
from runtime.format_writer import model_file
from runtime.native.file_surgery import joined, parts_of

TEXTS = [" ".join(f"w{number * step % 256:03}" for number in range(40)) for step in (1, 7, 100)]


def with_weights(content, largest, extreme):
    """The file whose recurrent weights are +-``largest`` or between them, and whose rows are all at the ends of int8.

    The last weight of each kernel is ``extreme``.
    """
    draw = random.Random(largest)  # noqa: S311
    parts = parts_of(content)
    changed = 0
    for part in parts:
        name, size = part[0].decode(), len(part[4])
        if name.endswith("kernel") and "recurrent." in name:
            values = [draw.choice((largest, largest, -largest, draw.randint(-largest, largest))) for _ in range(size)]
            values[-1] = extreme
        elif name.endswith(".table"):
            values = [draw.choice((INT8_MAX, INT8_MAX, -INT8_MAX)) for _ in range(size)]
        else:
            continue
        part[4] = bytes(value & 255 for value in values)
        changed += 1
    assert changed >= 3
    return joined(parts)


@pytest.mark.parametrize(
    ("largest", "extreme"), [(SMALL_INT8, SMALL_INT8), (SMALL_INT8, INT8_MAX), (SMALL_INT8, -INT8_MAX), (127, -127)]
)
@pytest.mark.parametrize("units", [3, 16, 17, 64])
@pytest.mark.parametrize("cell", ["lstm", "gru", "gru before"])
def test_every_tier_gives_the_bits_of_the_scalar_one(drawn_model, native, tiers, cell, units, largest, extreme):
    layer = (cell.split()[0], "bidirectional", "concat", "tanh", "sigmoid", cell == "gru")
    model = drawn_model([layer, layer], units=units, dim=units + 3, pooling="last")
    content = with_weights(model_file(model, "wi8"), largest, extreme)
    logits = {}
    for tier in tiers:
        opened = native.Model(content, "drawn", tier)
        logits[tier] = [[value.hex() for value in row] for row in opened.run([opened.encode(text) for text in TEXTS])]
    assert len({tuple(row) for row in logits["scalar"]}) == len(TEXTS)  # the texts are told apart
    assert logits == dict.fromkeys(logits, logits["scalar"])
