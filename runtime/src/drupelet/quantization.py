"""The grid on which integer weights lie: whole numbers times a scale, and scales a whole number of steps apart.

A writer that finds its weights on the grid stores them without any loss, and every reader computes the same float32 from
the stored step.
"""

from __future__ import annotations

import struct

INT4_MAX = 7
"""Largest magnitude of an int4 weight. -8 is left out, so that a weight and its negative are held equally well."""

INT8_MAX = 127
"""Largest magnitude of an int8 weight; -128 is left out for the same reason."""

SCALE_STEPS_PER_OCTAVE = 16
"""Scales per doubling. Neighbours differ by 4.4 %, so that a scale is missed by 2.2 % at most, which costs next to
nothing; and one byte tells ``SCALE_STEPS`` of them apart, a window of 16 octaves."""

SCALE_STEPS = 256
"""Steps that one byte tells apart: all scales of one matrix lie within a window of so many."""

_FLOAT32 = struct.Struct("<f")


def grid_scale(step: int) -> float:
    """The scale 2 ** (step / 16), rounded to float32.

    For steps from -2016 to 2047 that is a normal float32. A weight w lies on the grid when, in float32,
    ``w == rint(w / scale) * scale`` exactly; for whole numbers up to ``INT8_MAX`` the quotient may miss the whole number by
    a rounding, and ``rint`` mends that.
    """
    scale: float = _FLOAT32.unpack(_FLOAT32.pack(2.0 ** (step / SCALE_STEPS_PER_OCTAVE)))[0]
    return scale
