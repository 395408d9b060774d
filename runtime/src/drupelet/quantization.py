"""The grid of integer weights: whole numbers times a scale, where scales lie a whole number of steps apart.

A writer stores weights on the grid without loss, and every reader computes the same float32 from the stored step.
"""

from __future__ import annotations

import struct

INT4_MAX = 7
"""Largest magnitude of an int4 weight. -8 is not used, so that a weight and its negative are equally precise."""

INT8_MAX = 127
"""Largest magnitude of an int8 weight. -128 is not used, for the same reason."""

SMALL_INT8 = 63
"""Largest magnitude of small int8 weights, which a recurrent layer may have. Four products with a state of at most 127 fit into
int16 (4 * 127 * 63 = 32004), and two with an input of 0 to 255 (32130): kernels need fewer instructions for them where a
processor has none for dot products."""

WEIGHT_RANGES = (INT8_MAX, SMALL_INT8)
"""The largest magnitudes that int8 weights of recurrent layers can be exported with."""

SCALE_STEPS_PER_OCTAVE = 16
"""Scales per doubling. Neighbours differ by 4.4 %, so rounding to the nearest scale errs by at most 2.2 %, which costs next to
no accuracy. The ``SCALE_STEPS`` scales of one byte cover 16 octaves."""

SCALE_STEPS = 256
"""Number of steps in one byte: all scales of a matrix lie within a window of that size."""

_FLOAT32 = struct.Struct("<f")


def grid_scale(step: int) -> float:
    """The scale 2 ** (step / 16), rounded to float32.

    The scale is a normal float32 for steps from -2016 to 2047. A weight w lies on the grid when, in float32,
    ``w == rint(w / scale) * scale`` exactly. For whole numbers up to ``INT8_MAX`` the quotient may differ from the whole number
    by one rounding, which ``rint`` removes.
    """
    scale: float = _FLOAT32.unpack(_FLOAT32.pack(2.0 ** (step / SCALE_STEPS_PER_OCTAVE)))[0]
    return scale
