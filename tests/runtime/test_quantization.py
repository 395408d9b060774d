import struct

import pytest

from drupelet.quantization import INT4_MAX, INT8_MAX, SCALE_STEPS, SCALE_STEPS_PER_OCTAVE, grid_scale
from runtime.networks import float32

OCTAVE = [
    0x3F800000, 0x3F85AAC3, 0x3F8B95C2, 0x3F91C3D3, 0x3F9837F0, 0x3F9EF532, 0x3FA5FED7, 0x3FAD583F,
    0x3FB504F3, 0x3FBD08A4, 0x3FC5672A, 0x3FCE248C, 0x3FD744FD, 0x3FE0CCDF, 0x3FEAC0C7, 0x3FF5257D,
]  # fmt: skip


def bits(scale):
    return struct.unpack("<I", struct.pack("<f", scale))[0]


def test_the_constants_are_those_of_the_format():
    assert (INT4_MAX, INT8_MAX, SCALE_STEPS_PER_OCTAVE, SCALE_STEPS) == (7, 127, 16, 256)


def test_one_octave_bit_by_bit():
    assert [bits(grid_scale(step)) for step in range(16)] == OCTAVE


@pytest.mark.parametrize("octave", [-126, -20, -1, 1, 30, 127])
def test_every_other_octave_is_that_one_doubled_or_halved(octave):
    for step in range(16):
        scale = grid_scale(16 * octave + step)
        assert scale == grid_scale(step) * 2.0**octave
        assert scale == float32(scale)


def test_neighbours_differ_by_4_4_percent():
    ratios = [grid_scale(step + 1) / grid_scale(step) for step in range(-40, 40)]
    assert ratios == pytest.approx([2 ** (1 / 16)] * 80, rel=2e-7)


def test_a_whole_number_survives_the_scale():
    # Products and quotients of two float32 are exact enough in float64 that one rounding more gives the float32 result.
    for step in range(-160, 160):
        scale = grid_scale(step)
        for whole in range(-INT8_MAX, INT8_MAX + 1):
            assert round(float32(float32(whole * scale) / scale)) == whole
