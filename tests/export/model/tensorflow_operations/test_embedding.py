"""Rows of tables in their stored forms, and several tables."""

import pytest

from drupelet.operations.merge import Merge
from drupelet.operations.reduce import Reduce
from drupelet_export.emitters.tflite import emit_tflite
from drupelet_export.emitters.tflite_audit import TFLITE_STORAGE
from drupelet_export.model.quantized import packed_nibbles, values_of
from export.model.small_graphs import Sketch, as_scheme, check_file


def two_tables(width=5):
    sketch = Sketch()
    steps = sketch.add(Merge("concat"), sketch.embedded(width), sketch.embedded(width + 1))
    return sketch.model(sketch.add(Reduce("sum"), steps))


@pytest.mark.parametrize("scheme", ["f32", "f16", "wi8", "wi4"])
def test_rows_of_every_scheme(scheme):
    check_file(as_scheme(two_tables(), scheme))


@pytest.mark.parametrize("bits", [8, 4])
def test_quantized_tables_stay_integers_in_the_graph(bits):
    model = as_scheme(two_tables(), f"wi{bits}")
    content = emit_tflite(model)
    found = {constant.tobytes() for _, constant in TFLITE_STORAGE.constants(content)}
    for table in model.tables.values():
        assert (table.values if bits == 8 else packed_nibbles(table.values)).tobytes() in found
        assert values_of(table).tobytes() not in found
